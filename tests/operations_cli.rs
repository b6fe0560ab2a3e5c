//! Changes from the command line, as they are typed: exit codes, what is printed where, who may say yes, and
//! that nothing is changed without it. The simulated world runs faster than this machine's clock.
#![allow(clippy::unwrap_used)]

#[path = "support/operations_clock.rs"]
mod clock;
mod support;
#[path = "operations_cli/whole.rs"]
mod whole;

use aws_sim::Scenario;
use serde_json::Value;
use std::process::Stdio;
use support::{Home, Said, World, finish, follows_schema, line, run, signal, until};

const SPEED: f64 = 40.0;

/// The example configuration, in which a deployment is read once a second, with more at its end.
fn home(more: &str) -> Home {
    let config = include_str!("../config.toml")
        .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
        .replace("# watch = \"3s\" ", "watch = \"1s\" ");
    Home::with(&format!("{config}\n{more}"))
}

fn world(scenario: Scenario) -> World {
    World::run_at(scenario, SPEED)
}

fn validated(home: &Home, said: &Said) -> Value {
    let report = said.json();
    follows_schema(home, "operation", &report);
    report
}

fn asked(world: &World, operation: &str) -> u64 {
    world.asked(operation)
}

#[test]
fn each_end_has_its_exit_code_and_says_what_runs() {
    for (scenario, arguments, code, verdict) in [
        (Scenario::Staging, "deploy web --image c0ffee1 --yes -o json", 0, "done"),
        (Scenario::Breaker, "deploy web --image c0ffee1 --yes -o json", 5, "rolled_back"),
        (Scenario::NoBreaker, "deploy web --image c0ffee1 --yes -o json", 5, "rolled_back"),
        (Scenario::NoBreaker, "deploy web --image c0ffee1 --no-rollback --timeout 10s --yes -o json", 7, "unknown"),
        (Scenario::OtherDeploy, "deploy web --image 51005e1 --yes -o json", 6, "failed"),
        (Scenario::LostAnswer, "deploy web --image c0ffee1 --yes -o json", 0, "done"),
        (Scenario::Stopped, "deploy web --image c0ffee1 --yes -o json", 0, "done"),
        (Scenario::SlowRollout, "deploy web --image c0ffee1 --timeout 10s --yes -o json", 7, "unknown"),
        (Scenario::BadImage, "deploy api --attach -o json", 5, "rolled_back"),
        // The key is in the environment: it cannot be renewed.
        (Scenario::Expires, "deploy web --image 51005e1 --yes -o json", 8, "unknown"),
    ] {
        // A rollout that is slow goes on after the time that is given to it.
        let speed = if scenario == Scenario::SlowRollout { SPEED / 10.0 } else { SPEED };
        let (home, world) = (home(""), World::run_at(scenario, speed));
        let mut arguments = arguments.to_owned();
        if scenario == Scenario::BadImage {
            // Which of the two is under way is the scenario's business.
            let busy = world.get("/_sim/state");
            let services = busy["clusters"][0]["services"].as_array().unwrap().clone();
            let busy = services.iter().find(|other| other["releases"][0]["status"] != "SUCCESSFUL").unwrap();
            arguments = format!("deploy {} --attach -o json", busy["name"].as_str().unwrap());
        }
        let said = line(&mut home.on(&world), &arguments).coded(code);
        let report = validated(&home, &said);
        let operation = &report["operations"][0];
        assert_eq!(operation["verdict"], verdict, "{said:#?}");
        if verdict != "done" && scenario != Scenario::Expires {
            assert!(operation["runs"].as_str().unwrap().contains(" × "), "{said:#?}");
        }
        assert!(!said.err.is_empty(), "what happens is told on stderr");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_verdict_is_the_exit_code_though_the_output_cannot_be_written() {
    for (scenario, arguments, code, verdict) in [
        (Scenario::Staging, "deploy web --image c0ffee1 --yes -o json", 0, "web runs"),
        (Scenario::Breaker, "deploy web --image c0ffee1 --yes", 5, "rolled back"),
        (
            Scenario::NoBreaker,
            "deploy web --image c0ffee1 --no-rollback --timeout 10s --yes -o yaml",
            7,
            "the time is up",
        ),
        (Scenario::OtherDeploy, "deploy web --image 51005e1 --yes", 6, "web"),
        (Scenario::Staging, "scale web 2 --yes", 0, "web"),
    ] {
        let (home, world) = (home(""), world(scenario));
        let said = support::on_a_full_disk(&mut home.on(&world), arguments).coded(code);
        assert!(said.err.contains("the output cannot be written"), "{said:#?}");
        assert!(said.err.to_lowercase().contains(verdict), "{said:#?}");
    }
    let (home, world) = (home(""), World::staging());
    support::on_a_full_disk(&mut home.on(&world), "snapshot --wait environment==staging").coded(0);
    let broken = Home::with("default_environment = \"stagin\"\n");
    support::on_a_full_disk(&mut broken.at(None), "config check").coded(2);
}

#[cfg(target_os = "linux")]
#[test]
fn what_only_prints_has_failed_where_it_cannot_be_written() {
    let (home, world) = (home(""), World::staging());
    for arguments in [
        "--help",
        "--version",
        "deploy --help",
        "man",
        "completions bash",
        "schema snapshot",
        "services",
        "audit",
        "logs web --since 1m",
        "logs web --tail 5",
        "logs web -f --since 1m",
    ] {
        let said = support::on_a_full_disk(&mut home.on(&world), arguments).coded(1);
        assert!(said.err.contains("the output cannot be written"), "{arguments}: {said:#?}");
    }
}

#[test]
fn nothing_is_changed_without_a_yes() {
    let (home, world) = (home(""), World::staging());
    let prod = World::start(Scenario::Prod);
    for (world, arguments, code, text) in [
        (&world, "deploy web --image c0ffee1", 4, "confirm it with --yes"),
        (&world, "deploy web --image c0ffee1 --yes --read-only", 4, "--read-only refuses every change"),
        (&world, "deploy web --image c0ffee1 --yes --confirm prod", 4, "--confirm names prod, but this is staging"),
        (&prod, "--env prod deploy web --image c0ffee1 --yes", 4, "confirm it with --yes --confirm prod"),
        (&prod, "--env prod scale web 3", 4, "confirm it with --yes --confirm prod"),
        (&world, "stop", 4, "confirm it with --yes"),
        (&world, "deploy web", 2, "required"),
        (&world, "deploy web --image c0ffee1 --force", 2, "cannot be used with"),
        (&world, "deploy wbe --image c0ffee1 --yes", 2, "there is no service `wbe`"),
        (&world, "deploy web --build --yes", 2, "how web is built is not configured"),
        (&world, "deploy web --image n0tthere --yes", 1, "there is no such image"),
        (&world, "scale web 6000 --yes", 2, "6000"),
        (&world, "rollback web --to 99 --yes", 1, "the task definition cannot be read"),
        (&world, "autoscaling --suspend --yes", 2, "needs one service"),
        (&world, "schedule --unskip stop --yes", 1, "no time is skipped"),
    ] {
        let said = line(&mut home.on(world), arguments).coded(code);
        assert!(said.err.contains(text), "{arguments}: {said:#?}");
    }
    for world in [&world, &prod] {
        assert_eq!(asked(world, "ecs:UpdateService") + asked(world, "ecs:RegisterTaskDefinition"), 0);
        assert_eq!(asked(world, "lambda:InvokeFunction") + asked(world, "scheduler:UpdateSchedule"), 0);
    }
    assert!(!home.path().join(".local/state/cockpit/audit.jsonl").exists(), "and nothing was written down");
}

#[test]
fn another_account_and_no_credentials_have_codes_of_their_own() {
    let (home, world) = (home(""), World::staging());
    let other = Home::with(&include_str!("../config.toml").replace("123456789012", "210987654321"));
    let said = line(&mut other.on(&world), "deploy web --image c0ffee1 --yes -o json").coded(4);
    assert_eq!(said.error()["kind"], "wrong_account", "{said:#?}");
    world.fault("*", "expired");
    let said = line(&mut home.on(&world), "scale web 2 --yes").coded(8);
    assert!(said.err.contains("export a new key"), "{said:#?}");
}

#[test]
fn a_dry_run_prints_the_calls_and_makes_none() {
    let (home, world) = (home(""), World::staging());
    let said = line(&mut home.on(&world), "deploy web api --image c0ffee1 --dry-run -o json").coded(0);
    let report = validated(&home, &said);
    assert_eq!(report["dry_run"], true);
    let calls: Vec<&str> = report["operations"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|operation| operation["calls"].as_array().unwrap())
        .map(|call| call["action"].as_str().unwrap())
        .collect();
    let pair = ["ecs:RegisterTaskDefinition", "ecs:UpdateService"];
    assert_eq!(calls, [pair, pair].concat());
    let image = report["operations"][0]["calls"][0]["parameters"]["images"]["web"].as_str().unwrap();
    assert!(image.contains("@sha256:"), "{image}");
    for arguments in ["stop --dry-run", "stop --direct --databases --dry-run", "scale api 2 --move-limits --dry-run"] {
        let said = line(&mut home.on(&world), arguments).coded(0);
        assert!(said.out.contains("CALL"), "{said:#?}");
    }
    assert_eq!(asked(&world, "ecs:UpdateService") + asked(&world, "lambda:InvokeFunction"), 0);
}

#[test]
fn several_services_go_in_the_configured_order_up_to_the_first_failure() {
    let (home, world) = (home(""), world(Scenario::Staging));
    // The configuration names web before api.
    let said = line(&mut home.on(&world), "deploy api web --image badc0de --yes -o json").coded(5);
    let report = validated(&home, &said);
    let operations = report["operations"].as_array().unwrap();
    assert_eq!(operations[0]["service"], "bookmark-manager-staging-web");
    assert_eq!(operations[1]["verdict"], "cancelled", "the second was not begun");
    assert_eq!(asked(&world, "ecs:UpdateService"), 1);
}

#[test]
fn each_that_is_attached_to_is_followed_to_its_own_end_and_the_worst_is_the_exit_code() {
    let (home, world) = (home(""), world(Scenario::FirstDeployment));
    line(&mut home.on(&world), "deploy web --image badc0de --yes -o json").coded(5);
    let report = validated(&home, &line(&mut home.on(&world), "deploy api web --attach -o json").coded(6));
    let ends = report["operations"].as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap());
    assert_eq!(ends.collect::<Vec<_>>(), ["rolled_back", "failed"]);
}

#[test]
fn each_signal_leaves_what_is_watched_and_says_how_to_look_again() {
    use rustix::process::Signal;
    for number in [Signal::INT, Signal::TERM, Signal::HUP] {
        left_by(number);
    }
}

fn left_by(number: rustix::process::Signal) {
    let (home, world) = (home(""), World::run_at(Scenario::SlowRollout, 1.0));
    let mut command = home.on(&world);
    command.args(["deploy", "web", "--image", "c0ffee1", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    until("the change", support::PATIENCE, || (asked(&world, "ecs:UpdateService") > 0).then_some(()));
    // The reply has come when it is being watched.
    until("watching", support::PATIENCE, || (asked(&world, "ecs:DescribeServiceDeployments") > 1).then_some(()));
    signal(child.id(), number);
    let said = finish(child).coded(7);
    assert!(said.out.contains("cockpit deploy --attach web --env staging"), "{said:#?}");
    let said = line(&mut home.on(&world), "audit -o json").coded(0);
    assert_eq!(said.json()["operations"][0]["outcome"], "unknown");
    // It goes on, and can be watched again.
    let mut again = home.on(&world);
    let said = line(again.env("COCKPIT_ENV", "staging"), "deploy --attach web --timeout 3s -o json").coded(7);
    assert_eq!(said.json()["operations"][0]["verdict"], "unknown");
}

#[test]
fn an_interrupt_before_anything_was_changed_ends_with_130() {
    let world = world(Scenario::Staging);
    let home = home("[hooks]\nbefore_deploy = \"touch \\\"$HOME/begun\\\"; exec sleep 600\"\n");
    let mut command = home.on(&world);
    command.args(["deploy", "web", "--image", "c0ffee1", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // It was said yes to, and the hook is what comes first.
    until("the hook", support::PATIENCE, || home.path().join("begun").exists().then_some(()));
    signal(child.id(), rustix::process::Signal::INT);
    let said = finish(child).coded(130);
    assert!(said.out.contains("it was left before the service was changed"), "{said:#?}");
    assert_eq!(asked(&world, "ecs:UpdateService") + asked(&world, "ecs:RegisterTaskDefinition"), 0);
}

#[test]
fn a_failing_before_hook_stops_it_and_a_failing_after_hook_changes_nothing() {
    let world = world(Scenario::Staging);
    let stopping = home("[hooks]\nbefore_deploy = \"echo the migration broke; exit 3\"\n");
    let said = line(&mut stopping.on(&world), "deploy web --image c0ffee1 --yes").coded(1);
    assert!(said.out.contains("the before-hook exited 3: the migration broke"), "{said:#?}");
    assert_eq!(asked(&world, "ecs:UpdateService"), 0);
    let after = home("[hooks]\nafter_deploy = \"exit 4\"\n");
    let said = line(&mut after.on(&world), "deploy web --image c0ffee1 --yes").coded(0);
    assert!(said.out.contains("the after-hook exited 4"), "{said:#?}");
}

#[test]
fn an_end_that_cannot_be_written_down_is_told_and_changes_no_verdict() {
    let (home, world) =
        (home("[hooks]\nafter_deploy = \"rm -f audit.jsonl; mkdir audit.jsonl\"\n"), world(Scenario::Staging));
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.write("config.toml", format!("audit_file = {:?}\n{config}", home.path().join("audit.jsonl")));
    let said = line(&mut home.on(&world), "deploy web --image c0ffee1 --yes -o json").coded(0);
    let why = &validated(&home, &said)["operations"][0]["audit_error"];
    assert!(why.as_str().is_some_and(|why| why.contains("audit.jsonl")), "{why}");
}

#[test]
fn scale_stop_start_and_the_schedule_as_they_are_typed() {
    let (home, world) = (home(""), world(Scenario::Staging));
    let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
    let said = cockpit("scale web 2 --yes").coded(0);
    assert!(said.out.contains("web runs 2 of 2"), "{said:#?}");
    let said = cockpit("stop --yes").coded(0);
    assert!(said.out.contains("staging is stopped") && said.err.contains("the function answered"), "{said:#?}");
    let said = cockpit("start --yes").coded(0);
    assert!(said.out.contains("staging runs"), "{said:#?}");
    let services = cockpit("services web -o json").coded(0).json();
    assert_eq!(services["services"][0]["desired"], 2, "as it was");
    let said = cockpit("schedule").coded(0);
    assert!(said.out.contains("bookmark-manager-staging-stop") && said.out.contains("JST"), "{said:#?}");
    let before = cockpit("schedule -o json").coded(0).json();
    let said = cockpit("schedule --skip stop --yes").coded(0);
    assert!(said.out.contains("the next stop is"), "{said:#?}");
    let after = cockpit("schedule -o json").coded(0).json();
    let stop = |list: &Value| {
        let all = list["schedules"].as_array().unwrap().clone();
        all.into_iter().find(|other| other["action"] == "stop").unwrap()
    };
    assert_eq!(stop(&after)["skipped"], stop(&before)["next"]);
    assert_ne!(stop(&after)["next"], stop(&before)["next"]);
    cockpit("schedule --unskip stop --yes").coded(0);
    assert_eq!(stop(&cockpit("schedule -o json").coded(0).json())["skipped"], Value::Null);
    let said = cockpit("autoscaling web --max 4 --yes").coded(0);
    assert!(said.out.contains("autoscaling of web is between"), "{said:#?}");
    let said = cockpit("autoscaling web --suspend --yes").coded(0);
    assert!(said.out.contains("autoscaling of web is suspended"), "{said:#?}");
    cockpit("autoscaling web --resume --yes").coded(0);
    let tasks = cockpit("tasks api -o json").coded(0).json();
    let id = tasks["tasks"][0]["id"].as_str().unwrap().to_owned();
    let said = cockpit(&format!("stop-task {} --yes", &id[..8])).coded(0);
    assert!(said.out.contains("has stopped"), "{said:#?}");
    let said = cockpit("audit").coded(0);
    for word in ["cockpit scale web 2 --env staging", "cockpit stop --env staging", "done"] {
        assert!(said.out.contains(word), "{word}: {said:#?}");
    }
}

#[test]
fn what_cannot_be_written_down_is_not_done() {
    let world = World::staging();
    let home = Home::with(&format!("audit_file = \"/proc/none/audit.jsonl\"\n{}", include_str!("../config.toml")));
    let said = run(&mut home.on(&world), ["scale", "web", "2", "--yes"]).coded(4);
    assert!(said.out.contains("it cannot be written down"), "{said:#?}");
    assert_eq!(asked(&world, "ecs:UpdateService"), 0);
}

#[test]
fn the_audit_file_has_region_endpoint_user_and_machine_wherever_they_come_from() {
    let world = world(Scenario::Staging);
    let config = include_str!("../config.toml");
    let config = config.lines().filter(|line| !line.starts_with("region")).collect::<Vec<_>>().join("\n");
    let home = Home::with(&format!("audit_file = \"~/kept/audit.jsonl\"\n{config}"));
    let inner = home.path().join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    let cockpit = |arguments: &str| {
        let mut command = home.on(&world);
        // From another folder: the file is where it was.
        line(command.env("AWS_REGION", "ap-northeast-1").current_dir(&inner), arguments)
    };
    let said = cockpit("scale web 2 --yes -o json").coded(0);
    let report = said.json();
    assert_eq!(
        (report["region"].as_str(), report["endpoint"].as_str()),
        (Some("ap-northeast-1"), Some(world.endpoint().as_str()))
    );
    assert!(said.err.contains("ap-northeast-1") && said.err.contains("which is not AWS"), "{said:#?}");
    assert!(report["operations"][0]["audit_error"].is_null());
    let path = home.path().join("kept/audit.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(
            (line["region"].as_str(), line["endpoint"].as_str()),
            (Some("ap-northeast-1"), Some(world.endpoint().as_str()))
        );
        assert!(line["user"].as_str().is_some_and(|user| !user.is_empty()) && line["host"].is_string(), "{line}");
    }
    let audit = cockpit("audit").coded(0);
    assert!(audit.out.contains("staging (simulated)"), "{audit:#?}");
    let snapshot = cockpit("snapshot -o json").json();
    assert_eq!(snapshot["region"], "ap-northeast-1");
    // One that was left by a process that is no more is closed, and said.
    let mut gone = std::process::Command::new("true").spawn().unwrap();
    let number = gone.id();
    gone.wait().unwrap();
    let left = format!(
        "{{\"operation\":\"1700000000-{number}-1\",\"environment\":\"staging\",\"outcome\":\"started\",\"command\":\"cockpit deploy api --force --env staging\"}}\n{{\"half"
    );
    std::fs::write(&path, text + &left).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let said = cockpit("scale web 1 --yes").coded(0);
    assert!(
        said.err.contains("was left before its end was known") && said.err.contains("can be read by others"),
        "{said:#?}"
    );
    let audit = cockpit("audit -o json").coded(0).json();
    let all = audit["operations"].as_array().unwrap();
    let left = all.iter().find(|one| one["command"].as_str().unwrap().contains("deploy api")).unwrap();
    assert_eq!(left["outcome"], "unknown");
    assert_eq!((all.len(), audit["unreadable"].as_u64()), (3, Some(1)));
    let table = cockpit("audit").coded(0).out;
    assert!(table.contains("1 line of "), "{table}");
}

#[test]
fn an_audit_file_that_is_a_pipe_is_refused_at_once() {
    let world = World::staging();
    let home = Home::with(&format!("audit_file = \"pipe\"\n{}", include_str!("../config.toml")));
    assert!(std::process::Command::new("mkfifo").arg(home.path().join("pipe")).status().unwrap().success());
    let said = run(&mut home.on(&world), ["scale", "web", "2", "--yes"]).coded(4);
    assert!(format!("{said:?}").contains("it is not a regular file"), "{said:#?}");
    assert_eq!(asked(&world, "ecs:UpdateService"), 0);
    let said = line(&mut home.on(&world), "audit").coded(1);
    assert!(said.err.contains("it is not a regular file"), "{said:#?}");
}

#[test]
fn a_person_at_a_terminal_is_asked_and_may_say_no() {
    let (home, world) = (home(""), World::staging());
    for (arguments, typed, words, code) in [
        ("scale web 2", "n\n", "do it? [Y/n]", 4),
        ("stop", "\n", "do it? [y/N]", 4),
        // Ctrl-C, and no line after it.
        ("scale web 2", "\x03", "do it? [Y/n]", 130),
    ] {
        let pair = portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
        let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_cockpit"));
        command.env_clear();
        for (name, value) in home.variables(Some(&world.endpoint())) {
            command.env(name, value);
        }
        command.cwd(home.path());
        command.args(arguments.split(' '));
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (out, text) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count) = std::io::Read::read(&mut reader, &mut buffer) {
                if count == 0 || out.send(String::from_utf8_lossy(&buffer[..count]).into_owned()).is_err() {
                    return;
                }
            }
        });
        let mut seen = String::new();
        until("the question", support::PATIENCE, || {
            seen.extend(text.try_iter());
            seen.contains(words).then_some(())
        });
        let mut writer = pair.master.take_writer().unwrap();
        std::io::Write::write_all(&mut writer, typed.as_bytes()).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.exit_code(), code, "{seen}");
    }
    assert_eq!(asked(&world, "ecs:UpdateService") + asked(&world, "lambda:InvokeFunction"), 0);
}
