//! Unknown fields in AWS's answers are not silently lost when the program copies a description: of a task
//! definition, of a schedule, of the suspended state of a scalable target.

use super::{OtherClient, WEB, checks, home, without_actions};
use crate::support::{World, line};
use aws_sim::Scenario;
use serde_json::json;

#[test]
fn plan_lists_fields_a_copy_would_lose() {
    let (home, world) = (home(""), World::staging());
    let other = OtherClient::new(&world);
    let revision = other.register(|_| {}, Some(("gpuProfile", json!({"kind": "hush"}))));
    let plan = format!("deploy web --image c0ffee1 --from {revision} --dry-run -o json");
    let output = line(&mut home.on(&world), &plan).exits(0);
    assert!(checks(&output).contains("would not have `gpuProfile`"), "{output:#?}");
    assert!(!output.out.contains("hush") && !output.err.contains("hush"), "the value is printed: {output:#?}");
    let output = line(&mut home.on(&world), "deploy web --image c0ffee1 --dry-run -o json").exits(0);
    assert!(!checks(&output).contains("would not have"), "{output:#?}");
}

#[test]
fn skip_that_would_lose_a_schedule_field_is_refused() {
    for (at, field) in [("", "Retries"), ("Target", "GpuProfile"), ("FlexibleTimeWindow", "Jitter")] {
        let (home, world) = (home(""), World::staging());
        let other = OtherClient::new(&world);
        without_actions(&other);
        let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
        let output = cockpit("schedule --skip stop --dry-run -o json").exits(0);
        assert!(!checks(&output).contains("would be lost"), "{output:#?}");
        let newer = json!({"operation": "scheduler:GetSchedule", "at": at, "field": field, "value": "hush"});
        world.poke(&json!({"newer_field": newer}));
        let path = if at.is_empty() { field.to_owned() } else { format!("{at}.{field}") };
        for arguments in ["schedule --skip stop --yes -o json", "schedule --skip start --yes -o json"] {
            let output = cockpit(arguments).exits(1);
            assert!(output.err.contains(&format!("`{path}` is not known here and would be lost")), "{output:#?}");
            assert!(!output.out.contains("hush") && !output.err.contains("hush"), "{output:#?}");
        }
        assert_eq!(world.requests("scheduler:UpdateSchedule"), 0, "{path}");
        cockpit("schedule").exits(0);
    }
}

#[test]
fn unknown_suspension_of_a_target_prevents_its_write() {
    let (home, world) = (home(""), World::run_at(Scenario::Staging, 40.0));
    let newer = json!({
        "operation": "application-autoscaling:DescribeScalableTargets",
        "at": "ScalableTargets.SuspendedState", "field": "PredictiveScalingSuspended", "value": "hush",
    });
    world.poke(&json!({"suspend": {"service": WEB, "on": true}, "newer_field": newer}));
    let cockpit = |arguments: &str| line(&mut home.on(&world), arguments);
    let lost = "`SuspendedState.PredictiveScalingSuspended` is not known here and would be lost";
    for arguments in ["autoscaling web --resume --yes -o json", "autoscaling web --suspend --yes -o json"] {
        let output = cockpit(arguments).exits(1);
        assert!(output.err.contains(lost), "{output:#?}");
        assert!(!output.out.contains("hush") && !output.err.contains("hush"), "{output:#?}");
    }
    assert_eq!(world.requests("application-autoscaling:RegisterScalableTarget"), 0);
    // Fields that are not sent stay unchanged: limits are not copied.
    cockpit("autoscaling web --max 7 --yes").exits(0);
    cockpit("scale web 2 --yes").exits(0);
    // A new field beside it is not touched, either.
    let world = World::staging();
    let newer = json!({
        "operation": "application-autoscaling:DescribeScalableTargets",
        "at": "ScalableTargets", "field": "Newer", "value": "hush",
    });
    world.poke(&json!({"newer_field": newer}));
    line(&mut home.on(&world), "autoscaling web --suspend --yes").exits(0);
}
