//! The environment in suggested commands: a command suggested by a plan, a verdict or an error names it, and two contradicting
//! ones are refused. The default environment has services with the same names as the requested one.

use super::home;
use crate::support::{World, line, run};
use aws_sim::Scenario;
use cockpit::model::suggested_commands::{names_environment, suggested_commands};

#[test]
fn each_command_suggested_by_a_plan_names_its_environment() {
    let (home, world) = (home(""), World::start(Scenario::Prod));
    for (typed, undo) in [
        ("scale web 3", "`cockpit scale web 1 --env prod` undoes it"),
        ("scale web 20 --move-limits", "`cockpit scale web 1 --min 1 --max 10 --env prod`"),
        ("autoscaling web --suspend", "`cockpit autoscaling web --resume --env prod`"),
        ("autoscaling web --max 15", "`cockpit autoscaling web --min"),
        ("stop", "`cockpit start --env prod`"),
        ("stop --databases", "`cockpit start --databases --env prod`"),
        ("rollback web", "`cockpit rollback web --to"),
        ("deploy web --force", "`cockpit rollback web --env prod`"),
        ("deploy web --image c0ffee1", "`cockpit rollback web --env prod`"),
        ("failover", "`cockpit failover bookmark-manager-prod-aurora --to"),
        ("db --stop", "`cockpit db bookmark-manager-prod-aurora --start --env prod`"),
        ("alarms mute bookmark-manager-prod-web-cpu --for 1h", "`cockpit alarms unmute"),
    ] {
        let output = line(&mut home.on(&world), &format!("--env prod {typed} --dry-run -o table"));
        let printed = format!("{}\n{}", output.out, output.err);
        assert!(printed.contains(undo), "{typed}: {printed}");
        all_name_it(typed, &printed);
    }
}

#[test]
fn each_command_suggested_by_an_error_names_the_opened_environment() {
    let (home, world) = (home(""), World::start(Scenario::Prod));
    for typed in [
        "scale web",
        "services none",
        "deploy none --force",
        "rollback none",
        "autoscaling none --max 4",
        "failover none",
        "db none --stop",
        "stop-task ffff",
        "alarms mute none --for 1h",
        "params get /none",
        "exec prod none",
        "tunnel prod --to none",
        "infra runs",
        "infra attach",
    ] {
        let output = line(&mut home.on(&world), &format!("--env prod {typed} --yes"));
        assert!(output.code != 0 || typed.starts_with("infra"), "{typed}: {output:?}");
        all_name_it(typed, &output.err);
    }
}

fn all_name_it(typed: &str, text: &str) {
    for offered in suggested_commands(text) {
        assert!(names_environment(offered, "prod"), "{typed} offers `{offered}`: {text}");
    }
}

/// If they were not refused, the second one would be used, and the first argument ignored.
#[test]
fn environment_contradicting_the_flag_is_refused_by_every_command() {
    let (home, world) = (home(""), World::start(Scenario::Staging));
    for typed in [
        "exec staging web --yes -- ls",
        "with-db staging --yes -- true",
        "tunnel staging --yes",
        "sql staging -c select --yes",
        "sql staging --er",
        "infra plan staging",
        "cost staging",
    ] {
        let output = line(&mut home.on(&world), &format!("--env prod --timeout 20s {typed}")).exits(2);
        assert!(output.err.contains("two environments are named: staging, and prod with --env"), "{typed}: {output:?}");
    }
    for (typed, why) in [
        ("tunnel staging staging", "staging is named twice"),
        ("tunnel staging prod --port 5433", "one place is given for 2 tunnels"),
    ] {
        let output = line(&mut home.on(&world), &format!("--timeout 20s {typed}")).exits(2);
        assert!(output.err.contains(why), "{typed}: {output:?}");
    }
    assert_eq!(world.requests("sts:GetCallerIdentity"), 0);
    // The shell's variable is only a default; an argument takes precedence.
    let mut command = home.on(&world);
    command.env("COCKPIT_ENV", "prod");
    let output = run(&mut command, ["exec", "staging", "none", "--", "ls"]).exits(2);
    assert!(output.err.contains("none") && !output.err.contains("two environments"), "{output:?}");
}
