//! Each read that something of the cockpit needs is told by the doctor: allowed, refused, or not tried and why.

use super::*;
use std::collections::BTreeMap;

/// What the doctor says of each action, and in which words.
fn told(doctor: &Value) -> BTreeMap<String, (String, String)> {
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let all = doctor["checks"].as_array().unwrap().iter().filter(|check| text(check, "name").contains(':'));
    all.map(|check| (text(check, "name"), (text(check, "status"), text(check, "detail")))).collect()
}

/// The reads of the table that an environment with everything needs.
fn needed(without: &[&str]) -> Vec<String> {
    let table: Value = serde_json::from_str(include_str!("../../src/commands/doctor/actions.json")).unwrap();
    let rows = table["read"].as_array().unwrap().iter();
    let rows = rows.filter(|row| {
        let needs = row["needs"].as_array().unwrap();
        needs.is_empty() || needs.iter().any(|need| !without.contains(&need.as_str().unwrap()))
    });
    rows.map(|row| row["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_doctor_tells_each_read_that_the_environment_needs_as_allowed_refused_or_not_tried() {
    let (home, world) = (Home::new(), World::staging());
    // Without what is not there: staging has everything, prod no function that stops it, minimal no services.
    let services: &[&str] = &["cluster", "target_groups", "repositories", "scheduler"];
    for (environment, without) in [("staging", &[][..]), ("prod", &["scheduler"][..]), ("minimal", services)] {
        let doctor = line(&mut home.on(&world), &format!("doctor --env {environment} -o json")).json();
        let told = told(&doctor);
        for action in needed(without) {
            let (status, detail) = told.get(&action).unwrap_or_else(|| panic!("{environment}: nothing of {action}"));
            match status.as_str() {
                "ok" => {}
                "untried" => assert!(detail.starts_with("not tried: "), "{action}: {detail}"),
                other => panic!("{environment}: {action} is {other}: {detail}"),
            }
        }
    }
    // Nothing that costs was asked.
    assert_eq!(
        world.asked("ce:GetCostAndUsage") + world.asked("logs:StartQuery") + world.asked("logs:StartLiveTail"),
        0
    );
    // One that only one pane needs is told, and is a warning.
    world.fault("cognito-idp:ListUsers", "denied");
    let doctor = line(&mut home.on(&world), "doctor --env staging -o json").json();
    let told = told(&doctor);
    let (status, detail) = &told["cognito-idp:ListUsers"];
    assert!(status == "warn" && detail.contains("not allowed"), "{status}: {detail}");
    assert_eq!(told["cognito-idp:ListUserPools"].0, "ok");
}
