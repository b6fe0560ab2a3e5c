//! Changes as typed: exit codes, the streams of the output, confirmations, and
//! that nothing is changed without one. The simulated world runs faster than this machine's clock.

mod clock;
mod partial_reads;

use crate::support::{Home, Output, World, finish, follows_schema, line, run, signal, until};
use aws_sim::Scenario;
use serde_json::Value;
use std::process::Stdio;

const SPEED: f64 = 40.0;

/// The example configuration, polling a deployment once a second, with `more` appended.
fn home(more: &str) -> Home {
    let config = include_str!("../../config.toml")
        .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
        .replace("# watch = \"3s\" ", "watch = \"1s\" ");
    Home::with(&format!("{config}\n{more}"))
}

fn world(scenario: Scenario) -> World {
    World::run_at(scenario, SPEED)
}

fn validated(home: &Home, output: &Output) -> Value {
    let report = output.json();
    follows_schema(home, "operation", &report);
    report
}

fn requests(world: &World, operation: &str) -> u64 {
    world.requests(operation)
}

#[test]
fn each_verdict_has_its_exit_code_and_names_the_running_version() {
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
        // A slow rollout continues after its time limit.
        let speed = if scenario == Scenario::SlowRollout { SPEED / 10.0 } else { SPEED };
        let (home, world) = (home(""), World::run_at(scenario, speed));
        let mut arguments = arguments.to_owned();
        if scenario == Scenario::BadImage {
            // The scenario decides which of the two is deploying.
            let busy = world.get("/_sim/state");
            let services = busy["clusters"][0]["services"].as_array().unwrap().clone();
            let busy = services.iter().find(|other| other["releases"][0]["status"] != "SUCCESSFUL").unwrap();
            arguments = format!("deploy {} --attach -o json", busy["name"].as_str().unwrap());
        }
        let output = line(&mut home.on(&world), &arguments).exits(code);
        let report = validated(&home, &output);
        let operation = &report["operations"][0];
        assert_eq!(operation["verdict"], verdict, "{output:#?}");
        if verdict != "done" && scenario != Scenario::Expires {
            assert!(operation["runs"].as_str().unwrap().contains(" × "), "{output:#?}");
        }
        assert!(!output.err.is_empty(), "events are printed on stderr");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn exit_code_is_the_verdict_even_if_output_fails() {
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
        let output = crate::support::on_a_full_disk(&mut home.on(&world), arguments).exits(code);
        assert!(output.err.contains("the output cannot be written"), "{output:#?}");
        assert!(output.err.to_lowercase().contains(verdict), "{output:#?}");
    }
    let (home, world) = (home(""), World::staging());
    crate::support::on_a_full_disk(&mut home.on(&world), "snapshot --wait environment==staging").exits(0);
    let broken = Home::with("default_environment = \"stagin\"\n");
    crate::support::on_a_full_disk(&mut broken.at(None), "config check").exits(2);
}

#[cfg(target_os = "linux")]
#[test]
fn printing_command_fails_when_output_cannot_be_written() {
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
        let output = crate::support::on_a_full_disk(&mut home.on(&world), arguments).exits(1);
        assert!(output.err.contains("the output cannot be written"), "{arguments}: {output:#?}");
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
        let output = line(&mut home.on(world), arguments).exits(code);
        assert!(output.err.contains(text), "{arguments}: {output:#?}");
    }
    for world in [&world, &prod] {
        assert_eq!(requests(world, "ecs:UpdateService") + requests(world, "ecs:RegisterTaskDefinition"), 0);
        assert_eq!(requests(world, "lambda:InvokeFunction") + requests(world, "scheduler:UpdateSchedule"), 0);
    }
    assert!(!home.path().join(".local/state/cockpit/audit.jsonl").exists(), "and nothing was audited");
}

#[test]
fn other_account_and_missing_credentials_have_their_own_exit_codes() {
    let (home, world) = (home(""), World::staging());
    let other = Home::with(&include_str!("../../config.toml").replace("123456789012", "210987654321"));
    let output = line(&mut other.on(&world), "deploy web --image c0ffee1 --yes -o json").exits(4);
    assert_eq!(output.error()["kind"], "wrong_account", "{output:#?}");
    world.fault("*", "expired");
    let output = line(&mut home.on(&world), "scale web 2 --yes").exits(8);
    assert!(output.err.contains("export a new key"), "{output:#?}");
}

#[test]
fn dry_run_prints_the_calls_and_sends_none() {
    let (home, world) = (home(""), World::staging());
    let output = line(&mut home.on(&world), "deploy web api --image c0ffee1 --dry-run -o json").exits(0);
    let report = validated(&home, &output);
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
        let output = line(&mut home.on(&world), arguments).exits(0);
        assert!(output.out.contains("CALL"), "{output:#?}");
    }
    assert_eq!(requests(&world, "ecs:UpdateService") + requests(&world, "lambda:InvokeFunction"), 0);
}

#[test]
fn several_services_deploy_in_configured_order_until_the_first_failure() {
    let (home, world) = (home(""), world(Scenario::Staging));
    // The configuration names web before api.
    let output = line(&mut home.on(&world), "deploy api web --image badc0de --yes -o json").exits(5);
    let report = validated(&home, &output);
    let operations = report["operations"].as_array().unwrap();
    assert_eq!(operations[0]["service"], "bookmark-manager-staging-web");
    assert_eq!(operations[1]["verdict"], "cancelled", "the second one was not started");
    assert_eq!(requests(&world, "ecs:UpdateService"), 1);
}

#[test]
fn each_attached_operation_is_followed_and_the_worst_verdict_is_the_exit_code() {
    let (home, world) = (home(""), world(Scenario::FirstDeployment));
    line(&mut home.on(&world), "deploy web --image badc0de --yes -o json").exits(5);
    let report = validated(&home, &line(&mut home.on(&world), "deploy api web --attach -o json").exits(6));
    let ends = report["operations"].as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap());
    assert_eq!(ends.collect::<Vec<_>>(), ["rolled_back", "failed"]);
}

#[test]
fn each_signal_stops_watching_and_prints_how_to_attach_again() {
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
    until("the change", crate::support::PATIENCE, || (requests(&world, "ecs:UpdateService") > 0).then_some(()));
    // The reply has arrived once it is being watched.
    until("watching", crate::support::PATIENCE, || {
        (requests(&world, "ecs:DescribeServiceDeployments") > 1).then_some(())
    });
    signal(child.id(), number);
    let output = finish(child).exits(7);
    assert!(output.out.contains("cockpit deploy --attach web --env staging"), "{output:#?}");
    let output = line(&mut home.on(&world), "audit -o json").exits(0);
    assert_eq!(output.json()["operations"][0]["outcome"], "unknown");
    // It continues, and can be watched again.
    let mut again = home.on(&world);
    let output = line(again.env("COCKPIT_ENV", "staging"), "deploy --attach web --timeout 3s -o json").exits(7);
    assert_eq!(output.json()["operations"][0]["verdict"], "unknown");
}

#[test]
fn interrupt_before_any_change_exits_130() {
    let world = world(Scenario::Staging);
    let home = home("[hooks]\nbefore_deploy = \"touch \\\"$HOME/begun\\\"; exec sleep 600\"\n");
    let mut command = home.on(&world);
    command.args(["deploy", "web", "--image", "c0ffee1", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // It was approved, and the hook runs first.
    until("the hook", crate::support::PATIENCE, || home.path().join("begun").exists().then_some(()));
    signal(child.id(), rustix::process::Signal::INT);
    let output = finish(child).exits(130);
    assert!(output.out.contains("it was left before the service was changed"), "{output:#?}");
    assert_eq!(requests(&world, "ecs:UpdateService") + requests(&world, "ecs:RegisterTaskDefinition"), 0);
}

#[test]
fn failing_before_hook_stops_the_change_and_a_failing_after_hook_does_not() {
    let world = world(Scenario::Staging);
    let stopping = home("[hooks]\nbefore_deploy = \"echo the migration broke; exit 3\"\n");
    let output = line(&mut stopping.on(&world), "deploy web --image c0ffee1 --yes").exits(1);
    assert!(output.out.contains("the before-hook exited 3: the migration broke"), "{output:#?}");
    assert_eq!(requests(&world, "ecs:UpdateService"), 0);
    let after = home("[hooks]\nafter_deploy = \"exit 4\"\n");
    let output = line(&mut after.on(&world), "deploy web --image c0ffee1 --yes").exits(0);
    assert!(output.out.contains("the after-hook exited 4"), "{output:#?}");
}

#[test]
fn unwritable_audit_end_is_reported_and_keeps_the_verdict() {
    let (home, world) =
        (home("[hooks]\nafter_deploy = \"rm -f audit.jsonl; mkdir audit.jsonl\"\n"), world(Scenario::Staging));
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    home.write("config.toml", format!("audit_file = {:?}\n{config}", home.path().join("audit.jsonl")));
    let output = line(&mut home.on(&world), "deploy web --image c0ffee1 --yes -o json").exits(0);
    let why = &validated(&home, &output)["operations"][0]["audit_error"];
    assert!(why.as_str().is_some_and(|why| why.contains("audit.jsonl")), "{why}");
}

#[test]
fn scale_stop_start_and_schedule_commands_work() {
    let (home, world) = (home(""), world(Scenario::Staging));
    let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
    let output = cockpit("scale web 2 --yes").exits(0);
    assert!(output.out.contains("web runs 2 of 2"), "{output:#?}");
    let output = cockpit("stop --yes").exits(0);
    assert!(output.out.contains("staging is stopped") && output.err.contains("the function answered"), "{output:#?}");
    let output = cockpit("start --yes").exits(0);
    assert!(output.out.contains("staging runs"), "{output:#?}");
    let services = cockpit("services web -o json").exits(0).json();
    assert_eq!(services["services"][0]["desired"], 2, "as it was");
    let output = cockpit("schedule").exits(0);
    assert!(output.out.contains("bookmark-manager-staging-stop") && output.out.contains("JST"), "{output:#?}");
    let before = cockpit("schedule -o json").exits(0).json();
    let output = cockpit("schedule --skip stop --yes").exits(0);
    assert!(output.out.contains("the next stop is"), "{output:#?}");
    let after = cockpit("schedule -o json").exits(0).json();
    let stop = |list: &Value| {
        let schedules = list["schedules"].as_array().unwrap().clone();
        schedules.into_iter().find(|other| other["action"] == "stop").unwrap()
    };
    assert_eq!(stop(&after)["skipped"], stop(&before)["next"]);
    assert_ne!(stop(&after)["next"], stop(&before)["next"]);
    cockpit("schedule --unskip stop --yes").exits(0);
    assert_eq!(stop(&cockpit("schedule -o json").exits(0).json())["skipped"], Value::Null);
    let output = cockpit("autoscaling web --max 4 --yes").exits(0);
    assert!(output.out.contains("autoscaling of web is between"), "{output:#?}");
    let output = cockpit("autoscaling web --suspend --yes").exits(0);
    assert!(output.out.contains("autoscaling of web is suspended"), "{output:#?}");
    cockpit("autoscaling web --resume --yes").exits(0);
    let tasks = cockpit("tasks api -o json").exits(0).json();
    let id = tasks["tasks"][0]["id"].as_str().unwrap().to_owned();
    let output = cockpit(&format!("stop-task {} --yes", &id[..8])).exits(0);
    assert!(output.out.contains("has stopped"), "{output:#?}");
    let output = cockpit("audit").exits(0);
    for word in ["cockpit scale web 2 --env staging", "cockpit stop --env staging", "done"] {
        assert!(output.out.contains(word), "{word}: {output:#?}");
    }
}

#[test]
fn change_that_cannot_be_audited_is_not_made() {
    let world = World::staging();
    let home = Home::with(&format!("audit_file = \"/proc/none/audit.jsonl\"\n{}", include_str!("../../config.toml")));
    let output = run(&mut home.on(&world), ["scale", "web", "2", "--yes"]).exits(4);
    assert!(output.out.contains("it cannot be written down"), "{output:#?}");
    assert_eq!(requests(&world, "ecs:UpdateService"), 0);
}

#[test]
fn audit_file_contains_region_endpoint_user_and_machine() {
    let world = world(Scenario::Staging);
    let config = include_str!("../../config.toml");
    let config = config.lines().filter(|line| !line.starts_with("region")).collect::<Vec<_>>().join("\n");
    let home = Home::with(&format!("audit_file = \"~/kept/audit.jsonl\"\n{config}"));
    let inner = home.path().join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    let cockpit = |arguments: &str| {
        let mut command = home.on(&world);
        // From another folder: the file is in the same place.
        line(command.env("AWS_REGION", "ap-northeast-1").current_dir(&inner), arguments)
    };
    let output = cockpit("scale web 2 --yes -o json").exits(0);
    let report = output.json();
    assert_eq!(
        (report["region"].as_str(), report["endpoint"].as_str()),
        (Some("ap-northeast-1"), Some(world.endpoint().as_str()))
    );
    assert!(output.err.contains("ap-northeast-1") && output.err.contains("which is not AWS"), "{output:#?}");
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
    let audit = cockpit("audit").exits(0);
    assert!(audit.out.contains("staging (simulated)"), "{audit:#?}");
    let snapshot = cockpit("snapshot -o json").json();
    assert_eq!(snapshot["region"], "ap-northeast-1");
    // An entry left open by a dead process is closed, and reported.
    let mut gone = std::process::Command::new("true").spawn().unwrap();
    let number = gone.id();
    gone.wait().unwrap();
    let left = format!(
        "{{\"operation\":\"1700000000-{number}-1\",\"environment\":\"staging\",\"outcome\":\"started\",\"command\":\"cockpit deploy api --force --env staging\"}}\n{{\"half"
    );
    std::fs::write(&path, text + &left).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let output = cockpit("scale web 1 --yes").exits(0);
    assert!(
        output.err.contains("was left before its end was known") && output.err.contains("can be read by others"),
        "{output:#?}"
    );
    let audit = cockpit("audit -o json").exits(0).json();
    let operations = audit["operations"].as_array().unwrap();
    let left = operations.iter().find(|one| one["command"].as_str().unwrap().contains("deploy api")).unwrap();
    assert_eq!(left["outcome"], "unknown");
    assert_eq!((operations.len(), audit["unreadable"].as_u64()), (3, Some(1)));
    let table = cockpit("audit").exits(0).out;
    assert!(table.contains("1 line of "), "{table}");
}

#[test]
fn audit_file_that_is_a_pipe_is_refused_at_once() {
    let world = World::staging();
    let home = Home::with(&format!("audit_file = \"pipe\"\n{}", include_str!("../../config.toml")));
    assert!(std::process::Command::new("mkfifo").arg(home.path().join("pipe")).status().unwrap().success());
    let output = run(&mut home.on(&world), ["scale", "web", "2", "--yes"]).exits(4);
    assert!(format!("{output:?}").contains("it is not a regular file"), "{output:#?}");
    assert_eq!(requests(&world, "ecs:UpdateService"), 0);
    let output = line(&mut home.on(&world), "audit").exits(1);
    assert!(output.err.contains("it is not a regular file"), "{output:#?}");
}

#[test]
fn terminal_user_is_asked_and_can_decline() {
    let (home, world) = (home(""), World::staging());
    for (arguments, typed, words, code) in [
        ("scale web 2", "n\n", "do it? [Y/n]", 4),
        ("stop", "\n", "do it? [y/N]", 4),
        // Ctrl-C, and no further line.
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
        until("the question", crate::support::PATIENCE, || {
            seen.extend(text.try_iter());
            seen.contains(words).then_some(())
        });
        let mut writer = pair.master.take_writer().unwrap();
        std::io::Write::write_all(&mut writer, typed.as_bytes()).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.exit_code(), code, "{seen}");
    }
    assert_eq!(requests(&world, "ecs:UpdateService") + requests(&world, "lambda:InvokeFunction"), 0);
}
