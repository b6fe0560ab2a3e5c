//! No permission, for each call of each command that looks at more than services: the action is named where it is missing,
//! and what else could be read stands.

use super::*;
use std::collections::BTreeMap;

/// What is typed, and the world that it is typed in.
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

/// How often each operation was asked, as IAM names it.
fn asked(world: &World) -> BTreeMap<String, u64> {
    let requests = world.get("/_sim/requests");
    let count = |value: &Value| value.as_u64().or_else(|| value["count"].as_u64()).unwrap_or(0);
    requests["operations"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), count(value))).collect()
}

#[test]
fn a_call_that_is_not_allowed_is_named_by_each_command_and_the_rest_stands() {
    let mut silent = Vec::new();
    for (command, scenario) in COMMANDS {
        let (home, world) = (Home::new(), World::start(*scenario));
        let whole = line(&mut home.on(&world), command);
        assert!(matches!(whole.code, 0 | 1 | 3), "{command}: {whole:#?}");
        let rows = whole.out.lines().count();
        for operation in asked(&world).keys().filter(|name| !name.ends_with(":GetCallerIdentity")) {
            world.fault(operation, "denied");
            let home = Home::new();
            let said = line(&mut home.on(&world), command);
            world.clear_faults();
            let name = operation.rsplit(':').next().unwrap();
            let told = said.out.clone() + &said.err;
            // What a list of parameters and curves are not made of need not be told with them.
            let apart = [("params ls", "ListTasks"), ("params ls", "DescribeTasks")];
            if apart.contains(&(*command, name)) {
                continue;
            }
            if !told.contains(&format!(":{name}")) {
                silent.push(format!("{command}: {operation} ({})", said.code));
                continue;
            }
            assert!(matches!(said.code, 1 | 3), "{command}, {operation}: {said:#?}");
            assert!(!told.contains("sso login"), "what may not be asked is no fault of the sign-in: {said:#?}");
            // Of a list with several reads something is left.
            let left = said.out.lines().count();
            assert!(left > 0 || rows == 0 || said.err.contains("error: "), "{command}, {operation}: {said:#?}");
        }
    }
    assert!(silent.is_empty(), "nothing was said of: {silent:#?}");
}
