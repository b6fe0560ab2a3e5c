//! Which environment is meant: what a plan, a verdict or an error offers to type names it, and two that contradict each other
//! are refused. The default environment has services of the same names as the one that is asked for.

use super::home;
use crate::support::{World, line, run};
use aws_sim::Scenario;
use cockpit::model::offered::{commands, names_it};

#[test]
fn each_command_that_a_plan_offers_names_the_environment_that_it_is_about() {
    let (home, world) = (home(""), World::start(Scenario::Prod));
    for (typed, undo) in [
        ("scale web 3", "`cockpit scale web 1 --env prod` takes it back"),
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
        let said = line(&mut home.on(&world), &format!("--env prod {typed} --dry-run -o table"));
        let all = format!("{}\n{}", said.out, said.err);
        assert!(all.contains(undo), "{typed}: {all}");
        all_name_it(typed, &all);
    }
}

#[test]
fn each_command_that_an_error_offers_names_the_environment_that_was_opened() {
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
        let said = line(&mut home.on(&world), &format!("--env prod {typed} --yes"));
        assert!(said.code != 0 || typed.starts_with("infra"), "{typed}: {said:?}");
        all_name_it(typed, &said.err);
    }
}

fn all_name_it(typed: &str, text: &str) {
    for offered in commands(text) {
        assert!(names_it(offered, "prod"), "{typed} offers `{offered}`: {text}");
    }
}

/// Where they are not refused, the second one is acted on, and what was typed first is lost.
#[test]
fn an_environment_that_contradicts_the_flag_is_refused_by_every_command_that_takes_one() {
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
        let said = line(&mut home.on(&world), &format!("--env prod --timeout 20s {typed}")).coded(2);
        assert!(said.err.contains("two environments are named: staging, and prod with --env"), "{typed}: {said:?}");
    }
    for (typed, why) in [
        ("tunnel staging staging", "staging is named twice"),
        ("tunnel staging prod --port 5433", "one place is given for 2 tunnels"),
    ] {
        let said = line(&mut home.on(&world), &format!("--timeout 20s {typed}")).coded(2);
        assert!(said.err.contains(why), "{typed}: {said:?}");
    }
    assert_eq!(world.asked("sts:GetCallerIdentity"), 0);
    // What the shell's variable says is a default, which a word goes before.
    let mut command = home.on(&world);
    command.env("COCKPIT_ENV", "prod");
    let said = run(&mut command, ["exec", "staging", "none", "--", "ls"]).coded(2);
    assert!(said.err.contains("none") && !said.err.contains("two environments"), "{said:?}");
}
