//! Locally stored data of an environment in its snapshot.

use super::*;

/// Locally stored data of an environment is in its snapshot, without requests.
#[test]
fn snapshot_contains_costs_and_the_latest_run() {
    const EVENTS: &str = include_str!("../../../src/runtime/demo_infra/recorded/events.jsonl");
    const REQUEST: &str = include_str!("../../../src/runtime/demo_infra/recorded/request.json");
    let (home, world) = (Home::new(), World::staging());
    let taken = || {
        let output = line(&mut home.on(&world), "snapshot --env staging -o json").exits(0);
        assert_eq!(output.err, "");
        follows_schema(&home, "snapshot", &output.json());
        output.json()
    };
    let before = taken();
    assert_eq!((&before["cost"], &before["infra"]["run"]), (&Value::Null, &Value::Null));
    assert_eq!(source(&before, "ce.costs")["status"], "skipped");
    assert!(source(&before, "ce.costs")["error"].as_str().unwrap().contains("`cockpit cost` asks"), "{before:#}");
    assert_eq!(
        (&before["infra"]["kind"], &source(&before, "infra.runs")["status"]),
        (&json!("terragrunt"), &json!("ok"))
    );
    let cost = line(&mut home.on(&world), "cost -o json").exits(0).json();
    let run = home.path().join(".local/state/cockpit/runs/staging/20261129T075204Z-apply-6f8a");
    std::fs::create_dir_all(&run).unwrap();
    std::fs::write(run.join("request.json"), REQUEST).unwrap();
    std::fs::write(run.join("events.jsonl"), EVENTS).unwrap();
    let before = world.requests("ce:GetCostAndUsage");
    let after = taken();
    assert_eq!(world.requests("ce:GetCostAndUsage"), before, "cached costs are not requested again");
    for field in ["month", "forecast", "yesterday", "usual", "currency", "read_at"] {
        assert!(!cost[field].is_null() && after["cost"][field] == cost[field], "{field}: {after:#}");
    }
    assert_eq!((&after["cost"]["budgets_exceeded"], &source(&after, "ce.costs")["status"]), (&json!([]), &json!("ok")));
    let infra = json!({
        "run": "20261129T075204Z-apply-6f8a", "goal": "apply", "state": "done", "began": "2026-11-29T07:52:04Z",
        "ended": "2026-11-29T07:53:29Z", "by": "kenta@mac", "units": 7, "over": 7,
    });
    assert_eq!(after["infra"]["run"], infra);
    let units = line(&mut home.on(&world), "snapshot --env pantri -o json").exits(0).json();
    assert_eq!(units["infra"]["units"], json!(["pantri"]));
    // An unreadable folder is not a run, and is reported.
    std::fs::write(run.parent().unwrap().with_file_name("minimal"), "no folder").unwrap();
    let broken = line(&mut home.on(&world), "snapshot --env minimal -o json").exits(3).json();
    assert_eq!((&broken["infra"]["run"], &source(&broken, "infra.runs")["status"]), (&Value::Null, &json!("failed")));
    let none = World::staging();
    none.fault("sts:GetCallerIdentity", "denied");
    let unsure = line(&mut home.on(&none), "snapshot --env staging -o json").exits(3).json();
    assert_eq!(unsure["cost"], Value::Null, "the account of the costs is unknown");
}
