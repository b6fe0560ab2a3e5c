//! Commands ended by a signal, by `--timeout`, or left, while Terraform and Terragrunt are slow.

use crate::infra_runs::{PLAIN, terraform, unit, wait_for};
use crate::support::{Home, Output, finish, run, signal};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Installs a program in a folder that is first in PATH.
fn program(home: &Home, name: &str, script: &str) {
    let folder = home.path().join("bin");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// A Terraform that reports its start and never ends if this is among its arguments.
fn hanging(home: &Home, at: &str) {
    let real = terraform();
    let script = format!(
        "case \" $* \" in *\" {at} \"*) touch \"$HOME/begun\"; exec sleep 600;; esac\nexec {} \"$@\"",
        real.display()
    );
    program(home, "terraform", &script);
}

fn command(home: &Home) -> Command {
    let mut command = home.at(None);
    let path = format!("{}:{}", home.path().join("bin").display(), std::env::var("PATH").expect("PATH"));
    command.env("PATH", path);
    command
}

fn begin(home: &Home, words: &[&str]) -> Child {
    command(home).args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
}

fn typed(home: &Home, words: &[&str]) -> Output {
    run(&mut command(home), words)
}

fn begun(home: &Home) -> PathBuf {
    home.path().join("begun")
}

/// One unit.
fn lab() -> Home {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    unit(&home, "a", &[], PLAIN);
    home
}

#[test]
fn signal_ends_a_run_during_unit_discovery() {
    for words in [
        &["infra", "plan", "lab"][..],
        &["infra", "apply", "lab", "--yes"],
        &["infra", "drift", "lab"],
        &["infra", "unlock", "lab"],
        &["cost", "lab", "--estimate", "--now"],
    ] {
        let home = Home::with(
            "[environments.lab]\nregion = \"ap-northeast-1\"\n[environments.lab.infra]\nkind = \"terragrunt\"\ndir = \"live\"\n",
        );
        std::fs::create_dir_all(home.path().join("live/a")).expect("a folder");
        home.write("live/a/terragrunt.hcl", "");
        program(&home, "terragrunt", "touch \"$HOME/begun\"; exec sleep 600");
        let child = begin(&home, words);
        wait_for(&begun(&home));
        signal(child.id(), Signal::TERM);
        let output = finish(child);
        assert!(output.code == 1 && output.err.contains("ended from outside, by SIGTERM"), "{words:?}: {output:?}");
    }
}

#[test]
fn plan_continues_when_a_follower_leaves_and_is_cancelled_when_its_starter_does() {
    let home = lab();
    hanging(&home, "plan");
    let child = begin(&home, &["infra", "plan", "lab"]);
    wait_for(&begun(&home));
    let left = typed(&home, &["infra", "attach", "--env", "lab", "--watch", "--timeout", "1s"]).exits(7);
    assert!(left.err.contains("the run continues"), "{left:?}");
    let requests = |home: &Home| {
        let runs = home.path().join(".local/state/cockpit/runs");
        let all = walk(&runs).into_iter().filter(|path| path.ends_with("requests.jsonl"));
        all.map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect::<String>()
    };
    assert!(!requests(&home).contains("cancel"), "{}", requests(&home));
    signal(child.id(), Signal::TERM);
    let output = finish(child);
    assert!(output.code == 1 && output.err.contains("by SIGTERM: the run is cancelled"), "{output:?}");
    assert!(requests(&home).contains("cancel"), "{}", requests(&home));
}

/// All files below a folder.
fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() { found.extend(walk(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

#[test]
fn state_push_is_audited_however_it_ends() {
    let home = lab();
    typed(&home, &["infra", "apply", "lab", "--yes"]).exits(0);
    let state = std::fs::read(home.path().join("units/a/terraform.tfstate")).expect("a state");
    let kept = home.write("kept.tfstate", state);
    hanging(&home, "push");
    let words = ["infra", "state", "push", "lab", "--from", kept.to_str().expect("text"), "--yes"];
    let child = begin(&home, &words);
    wait_for(&begun(&home));
    signal(child.id(), Signal::TERM);
    let output = finish(child);
    assert!(output.code == 1 && output.err.contains("it may have been done"), "{output:?}");
    let late = typed(&home, &[&words[..], &["--timeout", "20s"]].concat()).exits(7);
    assert!(late.err.contains("it may have been done"), "{late:?}");
    let audit = std::fs::read_to_string(home.path().join(".local/state/cockpit/audit.jsonl")).expect("an audit file");
    let lines: Vec<&str> = audit.lines().filter(|line| line.contains("cockpit infra state push")).collect();
    assert!(lines.len() == 2 && lines.iter().all(|line| line.contains("it may have been done")), "{audit}");
}
