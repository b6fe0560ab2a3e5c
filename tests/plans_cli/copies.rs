//! What AWS answers and this program does not know is not lost without a word where it copies a description: of a task
//! definition, of a schedule, of what is suspended of a scalable target.

use super::support::{World, line};
use super::{Other, WEB, checks, home, without_actions};
use aws_sim::Scenario;
use serde_json::json;

#[test]
fn a_field_that_a_copy_would_lose_is_in_the_plan() {
    let (home, world) = (home(""), World::staging());
    let other = Other::new(&world);
    let revision = other.register(|_| {}, Some(("gpuProfile", json!({"kind": "hush"}))));
    let plan = format!("deploy web --image c0ffee1 --from {revision} --dry-run -o json");
    let said = line(&mut home.on(&world), &plan).coded(0);
    assert!(checks(&said).contains("would not have `gpuProfile`"), "{said:#?}");
    assert!(!said.out.contains("hush") && !said.err.contains("hush"), "a value is nobody's business: {said:#?}");
    let said = line(&mut home.on(&world), "deploy web --image c0ffee1 --dry-run -o json").coded(0);
    assert!(!checks(&said).contains("would not have"), "{said:#?}");
}

#[test]
fn a_field_of_a_schedule_that_a_skip_would_lose_keeps_it_from_being_done() {
    for (at, field) in [("", "Retries"), ("Target", "GpuProfile"), ("FlexibleTimeWindow", "Jitter")] {
        let (home, world) = (home(""), World::staging());
        let other = Other::new(&world);
        without_actions(&other);
        let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
        let said = cockpit("schedule --skip stop --dry-run -o json").coded(0);
        assert!(!checks(&said).contains("would be lost"), "{said:#?}");
        let newer = json!({"operation": "scheduler:GetSchedule", "at": at, "field": field, "value": "hush"});
        world.poke(&json!({"newer_field": newer}));
        let path = if at.is_empty() { field.to_owned() } else { format!("{at}.{field}") };
        for arguments in ["schedule --skip stop --yes -o json", "schedule --skip start --yes -o json"] {
            let said = cockpit(arguments).coded(1);
            assert!(said.err.contains(&format!("`{path}` is not known here and would be lost")), "{said:#?}");
            assert!(!said.out.contains("hush") && !said.err.contains("hush"), "{said:#?}");
        }
        assert_eq!(world.asked("scheduler:UpdateSchedule"), 0, "{path}");
        cockpit("schedule").coded(0);
    }
}

#[test]
fn what_is_suspended_of_a_target_and_not_known_here_keeps_it_from_being_written() {
    let (home, world) = (home(""), World::run_at(Scenario::Staging, 40.0));
    let newer = json!({
        "operation": "application-autoscaling:DescribeScalableTargets",
        "at": "ScalableTargets.SuspendedState", "field": "PredictiveScalingSuspended", "value": "hush",
    });
    world.poke(&json!({"suspend": {"service": WEB, "on": true}, "newer_field": newer}));
    let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
    let lost = "`SuspendedState.PredictiveScalingSuspended` is not known here and would be lost";
    for arguments in ["autoscaling web --resume --yes -o json", "autoscaling web --suspend --yes -o json"] {
        let said = cockpit(arguments).coded(1);
        assert!(said.err.contains(lost), "{said:#?}");
        assert!(!said.out.contains("hush") && !said.err.contains("hush"), "{said:#?}");
    }
    assert_eq!(world.asked("application-autoscaling:RegisterScalableTarget"), 0);
    // What is not given stays as it is: limits are no copy.
    cockpit("autoscaling web --max 7 --yes").coded(0);
    cockpit("scale web 2 --yes").coded(0);
    // A field beside it that is new is not touched, either.
    let world = World::staging();
    let newer = json!({
        "operation": "application-autoscaling:DescribeScalableTargets",
        "at": "ScalableTargets", "field": "Newer", "value": "hush",
    });
    world.poke(&json!({"newer_field": newer}));
    line(&mut home.on(&world), "autoscaling web --suspend --yes").coded(0);
}
