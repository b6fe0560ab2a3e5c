//! One question of several is refused or hangs: what the others told is printed, and it is said what is missing.

use super::*;

#[test]
fn one_of_two_kinds_of_schedules_stands_without_the_other() {
    let (home, world) = (Home::new(), World::staging());
    let whole = line(&mut home.on(&world), "schedule -o json").coded(0).json();
    follows_schema(&home, "schedule", &whole);
    let services = |list: &Value| -> Vec<Option<String>> {
        let all = list["schedules"].as_array().unwrap().iter();
        all.map(|one| one["service"].as_str().map(str::to_owned)).collect()
    };
    // Those of the environment come first, then those of each service, which is named.
    let all = services(&whole);
    assert!(all.iter().any(Option::is_none) && all.contains(&Some(SERVICE.to_owned())), "{all:?}");
    let rows = line(&mut home.on(&world), "schedule").coded(0).out;
    let lines: std::collections::BTreeSet<&str> = rows.lines().collect();
    assert_eq!(lines.len(), rows.lines().count(), "no two rows are the same: {rows}");
    for (fault, name, kept) in [
        ("application-autoscaling:DescribeScheduledActions", "autoscaling.scheduled_actions", true),
        ("scheduler:ListSchedules", "scheduler.schedules", false),
    ] {
        for kind in ["denied", "hang"] {
            world.fault(fault, kind);
            let late = kind == "hang";
            let arguments = if late { "schedule -o json --timeout 4s" } else { "schedule -o json" };
            let list = line(&mut home.on(&world), arguments).coded(if late { 7 } else { 3 }).json();
            assert_eq!(list["complete"], false);
            assert_eq!(source(&list, name)["status"], "failed", "{list}");
            let some = services(&list);
            assert!(!some.is_empty() && some.iter().all(|service| service.is_none() == kept), "{list}");
            world.clear_faults();
        }
    }
    for fault in ["application-autoscaling:DescribeScheduledActions", "scheduler:ListSchedules"] {
        world.fault(fault, "denied");
    }
    let none = line(&mut home.on(&world), "schedule -o json").coded(3).json();
    assert_eq!(none["schedules"], Value::Null, "nothing is known, which is not that there is none");
}

#[test]
fn alarms_do_not_wait_for_whether_they_are_muted() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    let count = |list: &Value| list["alarms"].as_array().map(Vec::len);
    let whole = line(&mut home.on(&world), "--env prod alarms --all -o json").coded(0).json();
    assert!(count(&whole) > Some(0));
    for (kind, arguments, code) in [
        ("denied", "--env prod alarms --all -o json", 3),
        ("hang", "--env prod alarms --all -o json --timeout 4s", 7),
        ("denied", "--env prod snapshot -o json", 3),
        ("hang", "--env prod snapshot -o json --timeout 6s", 7),
    ] {
        world.fault("cloudwatch:ListAlarmMuteRules", kind);
        let list = line(&mut home.on(&world), arguments).coded(code).json();
        assert_eq!((count(&list), &list["complete"]), (count(&whole), &json!(false)), "{arguments}");
        let row = source(&list, "cloudwatch.alarm_mutes");
        assert!(row["status"] == "failed" && row["error"].is_string(), "{row}");
        assert_eq!(source(&list, "cloudwatch.alarms")["status"], "ok");
        world.clear_faults();
    }
}

#[test]
fn instances_do_not_wait_for_their_figures() {
    let (home, world) = (Home::new(), World::start(Scenario::Minimal));
    world.fault("cloudwatch:GetMetricData", "hang");
    let list = line(&mut home.on(&world), "--env minimal instances -o json --timeout 4s").coded(7).json();
    assert!(!list["instances"].as_array().unwrap().is_empty(), "{list}");
    assert!(list["missing"].to_string().contains("cloudwatch:GetMetricData"), "{list}");
    world.clear_faults();
    world.fault("ec2:DescribeInstances", "hang");
    let said = line(&mut home.on(&world), "--env minimal instances --timeout 2s").coded(7);
    assert!(said.err.contains("the instances were not read"), "{said:?}");
    assert!(!said.err.contains("nothing was changed"), "it only reads: {said:?}");
}

#[test]
fn an_environment_without_a_cluster_has_the_logs_that_it_names() {
    let (home, world) = (Home::new(), World::start(Scenario::Minimal));
    for command in ["logs", "insights errors"] {
        let said = line(&mut home.on(&world), &format!("--env minimal {command}")).coded(2);
        assert!(said.err.contains("has no cluster") && said.err.contains("--group"), "{said:?}");
        assert!(!said.err.contains("--timeout"), "nothing was late: {said:?}");
    }
    let said = line(&mut home.on(&world), "--env minimal logs web").coded(2);
    assert!(said.err.contains("minimal has no services"), "{said:?}");
    let config = include_str!("../../config.toml")
        .replace("[environments.minimal]\n", "[environments.minimal]\nlogs = [\"/minimal/*\"]\n");
    let home = Home::with(&config);
    // Which there are is asked: nothing is said of services.
    let said = line(&mut home.on(&world), "--env minimal logs");
    assert!(!said.err.contains("cluster") && !said.err.contains("services"), "{said:?}");
    assert!(world.asked("logs:DescribeLogGroups") > 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_does_not_answer_holds_up_neither_the_limit_nor_a_signal() {
    let (home, world) = (Home::new(), World::staging());
    // Who holds the other end of the standard input writes nothing into it.
    let typed = |arguments: &str| {
        let mut typed = home.on(&world);
        typed.args(["--config", "/dev/stdin"]).args(arguments.split(' ')).stdin(Stdio::piped());
        typed.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let said = finish(typed("services --timeout 1s")).coded(7);
    assert!(said.err.contains("the time is up") && said.err.contains("does not answer"), "{said:?}");
    let child = typed("services");
    let takes_it = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
        // The last that is taken: one that came while a handler is being installed would be lost.
        (caught & (1 << (Signal::HUP.as_raw() - 1)) != 0).then_some(())
    };
    until("its handler of signals", PATIENCE, takes_it);
    signal(child.id(), Signal::TERM);
    finish(child).coded(1);
}

#[test]
fn a_pipe_is_no_configuration_and_is_refused_at_once() {
    let (home, world) = (Home::new(), World::staging());
    let pipe = home.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    for command in ["services", "config check", "config show"] {
        let typed = ["--config", pipe].into_iter().chain(command.split(' '));
        let said = run(&mut home.on(&world), typed).coded(2);
        assert!(format!("{said:?}").contains("is a pipe"), "{command}: {said:?}");
    }
    // One that is written into waits for who reads it.
    let said = line(&mut home.on(&world), &format!("--log-file {pipe} services")).coded(2);
    assert!(said.err.contains("is a pipe"), "{said:?}");
    let themed = Home::with("ui.theme = \"pipe\"\n[environments.a]\n");
    assert!(std::process::Command::new("mkfifo").arg(themed.path().join("pipe")).status().unwrap().success());
    let said = line(&mut themed.at(None), "config check").coded(2);
    assert!(format!("{said:?}").contains("is a pipe"), "{said:?}");
    // One that a shell hands in has its writer.
    let mut handed = std::process::Command::new("bash");
    let script = "\"$0\" --config <(cat config.toml) config check";
    handed.env_clear().envs(home.variables(None)).current_dir(home.path()).stdin(Stdio::null());
    run(&mut handed, ["-c", script, env!("CARGO_BIN_EXE_cockpit")]).coded(0);
}

/// What AWS keeps no longer looks as if it had not happened.
#[test]
fn what_of_the_time_that_is_asked_for_is_gone_at_aws_is_said() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    for (arguments, gone) in [
        ("alarms --all --history 1000d", &["changes of alarms for 30 days"][..]),
        ("metrics --since 1000d", &["metrics for 455 days", "service deployments for 90 days", "events for 14 days"]),
    ] {
        let said = line(&mut home.on(&world), &format!("--env prod {arguments} -o table")).coded(0);
        for words in gone {
            assert!(said.out.contains(words), "{arguments}: {said:?}");
        }
    }
    let lately = line(&mut home.on(&world), "--env prod alarms --all --history 20d -o table").coded(0);
    assert!(!lately.out.contains("it tells nothing"), "{lately:?}");
}

/// An answer without anything in it would say that nothing was there, and reading for ever says nothing.
#[test]
fn a_time_of_which_nothing_can_be_known_is_wrong_usage() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    for (arguments, words) in [
        ("metrics --since 99999d", "before 1970"),
        ("metrics --since 2000-01-01 --until 2001-01-01", "keeps metrics for 455 days"),
        ("metrics --since 1h --against 2000d", "keeps metrics for 455 days"),
        ("timeline --since 99999d", "before 1970"),
        ("timeline --before 2020-01-01 --window 99999d", "`--window` reaches back to before 1970"),
        ("alarms --history 99999d", "`--history` reaches back to before 1970"),
        ("logs --since 99999d", "before 1970"),
        ("insights errors --since 99999d", "before 1970"),
    ] {
        let said = line(&mut home.on(&world), &format!("--env prod {arguments}")).coded(2);
        assert!(said.err.contains(words) && said.err.contains("hint:"), "{arguments}: {said:?}");
    }
    assert_eq!(world.asked("cloudwatch:GetMetricData"), 0);
    // What is kept of a longer time is read, and no more than that.
    let said = line(&mut home.on(&world), "--env prod metrics web --since 5000d -o json").coded(0).json();
    let since: jiff::Timestamp = said["since"].as_str().unwrap().parse().unwrap();
    let back = said["until"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().duration_since(since);
    assert!((454..=455).contains(&(back.as_hours() / 24)), "{since}");
    let old = line(&mut home.on(&world), "--env prod timeline --before 2020-01-01 -o table").coded(0);
    assert!(old.out.contains("of what is still kept nothing has happened"), "{old:?}");
}

/// 1 says of a site that it is not well.
#[test]
fn a_site_that_could_not_be_looked_at_is_not_known_to_be_down() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    world.fault("*", "denied");
    let said = line(&mut home.on(&world), "--env prod health --no-probe").coded(3);
    assert!(said.out.contains("could not be read"), "{said:?}");
}

#[test]
fn the_doctor_tells_credentials_that_have_expired_by_its_exit_code() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("*", "expired");
    let said = line(&mut home.on(&world), "--env staging doctor").coded(8);
    assert!(said.out.contains("identity"), "{said:?}");
    let refused = said.out.lines().filter(|line| line.contains("AWS refuses the credentials")).count();
    assert_eq!(refused, 1, "one key is one row, with what it keeps from being known: {said:?}");
    assert!(said.out.contains("ecs:DescribeServices"), "{said:?}");
}
