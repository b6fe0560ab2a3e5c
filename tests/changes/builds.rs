//! The programs that a deployment runs: builds, hooks, and their child processes, and their entries in the log file.

mod own_commands;

use crate::support::{Home, PATIENCE, SECRET, World, finish, line, signal, until};
use aws_sim::Scenario;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

/// A home whose service web is built by these stand-ins for docker and git.
struct Builder {
    home: Home,
    path: String,
}

impl Builder {
    fn new(docker: &str, more: &str) -> Self {
        let config = include_str!("../../config.toml")
            .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
            .replace("# watch = \"3s\" ", "watch = \"1s\" ");
        let home = Home::with(&format!("{config}\n[build.web]\ncontext = \".\"\n{more}"));
        let bin = home.path().join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        let git = "[ \"$1\" = status ] || echo c0ffee1";
        for (program, text) in [("docker", docker), ("git", git)] {
            let file = bin.join(program);
            std::fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        Self { home, path }
    }

    fn on(&self, world: &World) -> Command {
        let mut command = self.home.on(world);
        command.env("PATH", &self.path).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.home.path().join(name)).ok().filter(|text| text.ends_with('\n'))
    }
}

/// Whether a process is still running.
fn alive(id: &str) -> bool {
    Command::new("kill").args(["-0", id.trim()]).stderr(Stdio::null()).status().unwrap().success()
}

/// A program that starts a child, prints its id, and waits for it; both ignore SIGTERM.
const STUBBORN: &str = "trap '' TERM INT; sleep 600 & echo $! > \"$HOME/child\"; wait; sleep 600";

#[test]
fn interrupt_during_a_build_or_hook_exits_130_and_kills_its_children() {
    use rustix::process::Signal;
    let world = World::staging();
    let docker = format!("[ \"$2\" = version ] || [ \"$1\" = login ] || {{ {STUBBORN}; }}");
    let hook = format!("[hooks]\nbefore_deploy = '''{STUBBORN}'''\n");
    for (builder, arguments) in [
        (Builder::new(&docker, ""), "deploy web --build --yes"),
        (Builder::new("", &hook), "deploy web --image c0ffee1 --yes"),
    ] {
        for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 1), (Signal::HUP, 1)] {
            let _ = std::fs::remove_file(builder.home.path().join("child"));
            let child = builder.on(&world).args(arguments.split(' ')).spawn().unwrap();
            let id = until("the program's own child", PATIENCE, || builder.read("child"));
            signal(child.id(), sent);
            let output = finish(child).exits(code);
            assert!(output.out.contains("it was left before the service was changed"), "{arguments}: {output:#?}");
            until("the end of its child processes", PATIENCE, || (!alive(&id)).then_some(()));
        }
    }
    // The same applies when the time limit is exceeded.
    let builder = Builder::new("", &hook);
    line(&mut builder.on(&world), "deploy web --image c0ffee1 --yes --timeout 2s").exits(7);
    let id = builder.read("child").unwrap();
    until("the end of its child processes", PATIENCE, || (!alive(&id)).then_some(()));
    assert_eq!(world.requests("ecs:UpdateService") + world.requests("ecs:RegisterTaskDefinition"), 0);
}

#[test]
fn log_file_of_a_deployment_lists_requests_commands_and_results() {
    let world = World::run_at(Scenario::Staging, 40.0);
    let builder = Builder::new("", "[hooks]\nbefore_deploy = \"echo migrated with hush\"\n");
    let arguments = "deploy web --image c0ffee1 --yes -vvv --log-file whole.log";
    line(&mut builder.on(&world), arguments).exits(0);
    let log = builder.read("whole.log").unwrap();
    for part in [
        "deploy web in staging: this is the plan",
        "sts:GetCallerIdentity answered",
        "sh is run",
        "sh has ended",
        "ecs:RegisterTaskDefinition is sent",
        "ecs:RegisterTaskDefinition was taken",
        "ecs:UpdateService is sent",
        "ecs:UpdateService was taken",
        "ecs:DescribeServiceDeployments answered",
        "deploy web ended: done web runs bookmark-manager-staging-web:6",
        "it ends with 0",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert!(!log.contains("hush") && !log.contains(SECRET), "the output of a hook may be secret: {log}");
}
