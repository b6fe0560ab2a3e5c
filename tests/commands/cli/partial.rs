//! One of several requests is refused or hangs: the other results are printed, and the missing ones reported.

use super::*;

#[test]
fn one_kind_of_schedules_is_shown_when_the_other_fails() {
    let (home, world) = (Home::new(), World::staging());
    let complete = line(&mut home.on(&world), "schedule -o json").exits(0).json();
    follows_schema(&home, "schedule", &complete);
    let services = |list: &Value| -> Vec<Option<String>> {
        let schedules = list["schedules"].as_array().unwrap().iter();
        schedules.map(|one| one["service"].as_str().map(str::to_owned)).collect()
    };
    // Those of the environment come first, then those of each service, which is named.
    let schedules = services(&complete);
    assert!(schedules.iter().any(Option::is_none) && schedules.contains(&Some(SERVICE.to_owned())), "{schedules:?}");
    let rows = line(&mut home.on(&world), "schedule").exits(0).out;
    let lines: std::collections::BTreeSet<&str> = rows.lines().collect();
    assert_eq!(lines.len(), rows.lines().count(), "duplicate rows: {rows}");
    for (fault, name, kept) in [
        ("application-autoscaling:DescribeScheduledActions", "autoscaling.scheduled_actions", true),
        ("scheduler:ListSchedules", "scheduler.schedules", false),
    ] {
        for kind in ["denied", "hang"] {
            world.fault(fault, kind);
            let late = kind == "hang";
            let arguments = if late { "schedule -o json --timeout 4s" } else { "schedule -o json" };
            let list = line(&mut home.on(&world), arguments).exits(if late { 7 } else { 3 }).json();
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
    let none = line(&mut home.on(&world), "schedule -o json").exits(3).json();
    assert_eq!(none["schedules"], Value::Null, "unknown does not mean none");
}

#[test]
fn alarms_do_not_wait_for_their_mute_rules() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    let count = |list: &Value| list["alarms"].as_array().map(Vec::len);
    let complete = line(&mut home.on(&world), "--env prod alarms --all -o json").exits(0).json();
    assert!(count(&complete) > Some(0));
    for (kind, arguments, code) in [
        ("denied", "--env prod alarms --all -o json", 3),
        ("hang", "--env prod alarms --all -o json --timeout 4s", 7),
        ("denied", "--env prod snapshot -o json", 3),
        ("hang", "--env prod snapshot -o json --timeout 6s", 7),
    ] {
        world.fault("cloudwatch:ListAlarmMuteRules", kind);
        let list = line(&mut home.on(&world), arguments).exits(code).json();
        assert_eq!((count(&list), &list["complete"]), (count(&complete), &json!(false)), "{arguments}");
        let row = source(&list, "cloudwatch.alarm_mutes");
        assert!(row["status"] == "failed" && row["error"].is_string(), "{row}");
        assert_eq!(source(&list, "cloudwatch.alarms")["status"], "ok");
        world.clear_faults();
    }
}

#[test]
fn instances_do_not_wait_for_their_metrics() {
    let (home, world) = (Home::new(), World::start(Scenario::Minimal));
    world.fault("cloudwatch:GetMetricData", "hang");
    let list = line(&mut home.on(&world), "--env minimal instances -o json --timeout 4s").exits(7).json();
    assert!(!list["instances"].as_array().unwrap().is_empty(), "{list}");
    assert!(list["missing"].to_string().contains("cloudwatch:GetMetricData"), "{list}");
    world.clear_faults();
    world.fault("ec2:DescribeInstances", "hang");
    let output = line(&mut home.on(&world), "--env minimal instances --timeout 2s").exits(7);
    assert!(output.err.contains("the instances were not read"), "{output:?}");
    assert!(!output.err.contains("nothing was changed"), "the command only reads: {output:?}");
}

#[test]
fn environment_without_cluster_reads_its_configured_log_groups() {
    let (home, world) = (Home::new(), World::start(Scenario::Minimal));
    for command in ["logs", "insights errors"] {
        let output = line(&mut home.on(&world), &format!("--env minimal {command}")).exits(2);
        assert!(output.err.contains("has no cluster") && output.err.contains("--group"), "{output:?}");
        assert!(!output.err.contains("--timeout"), "nothing timed out: {output:?}");
    }
    let output = line(&mut home.on(&world), "--env minimal logs web").exits(2);
    assert!(output.err.contains("minimal has no services"), "{output:?}");
    let config = include_str!("../../../config.toml")
        .replace("[environments.minimal]\n", "[environments.minimal]\nlogs = [\"/minimal/*\"]\n");
    let home = Home::with(&config);
    // It lists the existing groups: services are not mentioned.
    let output = line(&mut home.on(&world), "--env minimal logs");
    assert!(!output.err.contains("cluster") && !output.err.contains("services"), "{output:?}");
    assert!(world.requests("logs:DescribeLogGroups") > 0);
}

#[cfg(target_os = "linux")]
#[test]
fn blocking_file_delays_neither_the_time_limit_nor_a_signal() {
    let (home, world) = (Home::new(), World::staging());
    // The holder of the other end of stdin writes nothing.
    let typed = |arguments: &str| {
        let mut typed = home.on(&world);
        typed.args(["--config", "/dev/stdin"]).args(arguments.split(' ')).stdin(Stdio::piped());
        typed.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let output = finish(typed("services --timeout 1s")).exits(7);
    assert!(output.err.contains("the time is up") && output.err.contains("does not answer"), "{output:?}");
    let child = typed("services");
    let takes_it = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
        // HUP is handled last: a signal during the installation of a handler would be lost.
        (caught & (1 << (Signal::HUP.as_raw() - 1)) != 0).then_some(())
    };
    until("its signal handlers", PATIENCE, takes_it);
    signal(child.id(), Signal::TERM);
    finish(child).exits(1);
}

#[test]
fn pipe_as_configuration_is_refused_at_once() {
    let (home, world) = (Home::new(), World::staging());
    let pipe = home.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    for command in ["services", "config check", "config show"] {
        let typed = ["--config", pipe].into_iter().chain(command.split(' '));
        let output = run(&mut home.on(&world), typed).exits(2);
        assert!(format!("{output:?}").contains("is a pipe"), "{command}: {output:?}");
    }
    // A pipe opened for writing blocks until it has a reader.
    let output = line(&mut home.on(&world), &format!("--log-file {pipe} services")).exits(2);
    assert!(output.err.contains("is a pipe"), "{output:?}");
    let themed = Home::with("ui.theme = \"pipe\"\n[environments.a]\n");
    assert!(std::process::Command::new("mkfifo").arg(themed.path().join("pipe")).status().unwrap().success());
    let output = line(&mut themed.at(None), "config check").exits(2);
    assert!(format!("{output:?}").contains("is a pipe"), "{output:?}");
    // A pipe passed by a shell has its writer.
    let mut handed = std::process::Command::new("bash");
    let script = "\"$0\" --config <(cat config.toml) config check";
    handed.env_clear().envs(home.variables(None)).current_dir(home.path()).stdin(Stdio::null());
    run(&mut handed, ["-c", script, env!("CARGO_BIN_EXE_cockpit")]).exits(0);
}

/// Data that AWS has deleted looks as if it had never existed.
#[test]
fn expired_part_of_the_requested_time_range_is_reported() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    for (arguments, gone) in [
        ("alarms --all --history 1000d", &["changes of alarms for 30 days"][..]),
        ("metrics --since 1000d", &["metrics for 455 days", "service deployments for 90 days", "events for 14 days"]),
    ] {
        let output = line(&mut home.on(&world), &format!("--env prod {arguments} -o table")).exits(0);
        for words in gone {
            assert!(output.out.contains(words), "{arguments}: {output:?}");
        }
    }
    let lately = line(&mut home.on(&world), "--env prod alarms --all --history 20d -o table").exits(0);
    assert!(!lately.out.contains("it tells nothing"), "{lately:?}");
}

/// An empty answer would mean that nothing was there, and an endless read gives no answer.
#[test]
fn time_range_without_any_data_is_a_usage_error() {
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
        let output = line(&mut home.on(&world), &format!("--env prod {arguments}")).exits(2);
        assert!(output.err.contains(words) && output.err.contains("hint:"), "{arguments}: {output:?}");
    }
    assert_eq!(world.requests("cloudwatch:GetMetricData"), 0);
    // Of a longer range only the retained part is read.
    let report = line(&mut home.on(&world), "--env prod metrics web --since 5000d -o json").exits(0).json();
    let since: jiff::Timestamp = report["since"].as_str().unwrap().parse().unwrap();
    let back = report["until"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().duration_since(since);
    assert!((454..=455).contains(&(back.as_hours() / 24)), "{since}");
    let old = line(&mut home.on(&world), "--env prod timeline --before 2020-01-01 -o table").exits(0);
    assert!(old.out.contains("of what is still kept nothing has happened"), "{old:?}");
}

/// Exit code 1 means that a site is unhealthy.
#[test]
fn unchecked_site_is_not_reported_as_down() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    world.fault("*", "denied");
    let output = line(&mut home.on(&world), "--env prod health --no-probe").exits(3);
    assert!(output.out.contains("could not be read"), "{output:?}");
}

#[test]
fn doctor_exit_code_shows_expired_credentials() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("*", "expired");
    let output = line(&mut home.on(&world), "--env staging doctor").exits(8);
    assert!(output.out.contains("identity"), "{output:?}");
    let refused = output.out.lines().filter(|line| line.contains("AWS refuses the credentials")).count();
    assert_eq!(refused, 1, "one row per key, with what is unknown because of it: {output:?}");
    assert!(output.out.contains("ecs:DescribeServices"), "{output:?}");
}
