//! A missing permission, for each call of each command that shows more than services: the denied action is named,
//! and the rest is shown.

use super::*;
use std::collections::BTreeMap;

/// A command, and its world.
const COMMANDS: &[(&str, Scenario)] = &[
    ("health --env prod --no-probe", Scenario::Prod),
    ("params ls", Scenario::Staging),
    ("params check", Scenario::Staging),
    ("users --env pantri", Scenario::Pantri),
    ("instances --env minimal", Scenario::Minimal),
    ("timeline --since 1h", Scenario::Staging),
    ("metrics --since 1h", Scenario::Staging),
    ("cost", Scenario::Staging),
    ("alarms --all --history 1h", Scenario::Staging),
];

/// Number of requests for each operation, as named in IAM.
fn request_counts(world: &World) -> BTreeMap<String, u64> {
    let requests = world.get("/_sim/requests");
    let count = |value: &Value| value.as_u64().or_else(|| value["count"].as_u64()).unwrap_or(0);
    requests["operations"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), count(value))).collect()
}

#[test]
fn denied_call_is_named_by_each_command_and_the_rest_is_shown() {
    let mut silent = Vec::new();
    for (command, scenario) in COMMANDS {
        let (home, world) = (Home::new(), World::start(*scenario));
        let complete = line(&mut home.on(&world), command);
        assert!(matches!(complete.code, 0 | 1 | 3), "{command}: {complete:#?}");
        let rows = complete.out.lines().count();
        for operation in request_counts(&world).keys().filter(|name| !name.ends_with(":GetCallerIdentity")) {
            world.fault(operation, "denied");
            let home = Home::new();
            let output = line(&mut home.on(&world), command);
            world.clear_faults();
            let name = operation.rsplit(':').next().unwrap();
            let printed = output.out.clone() + &output.err;
            // These are not needed for the list of parameters, so it need not report them.
            let apart = [("params ls", "ListTasks"), ("params ls", "DescribeTasks")];
            if apart.contains(&(*command, name)) {
                continue;
            }
            if !printed.contains(&format!(":{name}")) {
                silent.push(format!("{command}: {operation} ({})", output.code));
                continue;
            }
            assert!(matches!(output.code, 1 | 3), "{command}, {operation}: {output:#?}");
            assert!(!printed.contains("sso login"), "a denied request is not a sign-in problem: {output:#?}");
            // A list from several reads still has some rows.
            let left = output.out.lines().count();
            assert!(left > 0 || rows == 0 || output.err.contains("error: "), "{command}, {operation}: {output:#?}");
        }
    }
    assert!(silent.is_empty(), "not reported: {silent:#?}");
}
