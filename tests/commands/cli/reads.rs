//! The doctor reports each read that some part of the cockpit needs: allowed, refused, or not tried and why.

use super::*;
use std::collections::BTreeMap;

/// The doctor's status and message for each action.
fn results(doctor: &Value) -> BTreeMap<String, (String, String)> {
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let checks = doctor["checks"].as_array().unwrap().iter().filter(|check| text(check, "name").contains(':'));
    checks.map(|check| (text(check, "name"), (text(check, "status"), text(check, "detail")))).collect()
}

/// The reads in the table, except those needed only by these features.
fn needed(without: &[&str]) -> Vec<String> {
    let table: Value = serde_json::from_str(include_str!("../../../src/commands/doctor/actions.json")).unwrap();
    let rows = table["read"].as_array().unwrap().iter();
    let rows = rows.filter(|row| {
        let needs = row["needs"].as_array().unwrap();
        needs.is_empty() || needs.iter().any(|need| !without.contains(&need.as_str().unwrap()))
    });
    rows.map(|row| row["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn doctor_lists_each_needed_read_as_allowed_refused_or_not_tried() {
    let (home, world) = (Home::new(), World::staging());
    // Missing features: staging has all, prod no scheduler function, minimal no services.
    let services: &[&str] = &["cluster", "target_groups", "repositories", "scheduler"];
    for (environment, without) in [("staging", &[][..]), ("prod", &["scheduler"][..]), ("minimal", services)] {
        let doctor = line(&mut home.on(&world), &format!("doctor --env {environment} -o json")).json();
        let results = results(&doctor);
        for action in needed(without) {
            let (status, detail) = results.get(&action).unwrap_or_else(|| panic!("{environment}: {action} is missing"));
            match status.as_str() {
                "ok" => {}
                "untried" => assert!(detail.starts_with("not tried: "), "{action}: {detail}"),
                other => panic!("{environment}: {action} is {other}: {detail}"),
            }
        }
    }
    // No request that is charged was sent.
    assert_eq!(
        world.requests("ce:GetCostAndUsage") + world.requests("logs:StartQuery") + world.requests("logs:StartLiveTail"),
        0
    );
    // A read needed by only one pane is reported as a warning.
    world.fault("cognito-idp:ListUsers", "denied");
    let doctor = line(&mut home.on(&world), "doctor --env staging -o json").json();
    let results = results(&doctor);
    let (status, detail) = &results["cognito-idp:ListUsers"];
    assert!(status == "warn" && detail.contains("not allowed"), "{status}: {detail}");
    assert_eq!(results["cognito-idp:ListUserPools"].0, "ok");
}
