//! What this machine has kept of an environment, in its snapshot.

use super::*;

/// What this machine keeps of an environment is in its snapshot, and nothing is asked for it.
#[test]
fn the_snapshot_has_what_was_charged_and_the_latest_run() {
    const EVENTS: &str = include_str!("../../src/runtime/demo_infra/recorded/events.jsonl");
    const REQUEST: &str = include_str!("../../src/runtime/demo_infra/recorded/request.json");
    let (home, world) = (Home::new(), World::staging());
    let taken = || {
        let said = line(&mut home.on(&world), "snapshot --env staging -o json").coded(0);
        assert_eq!(said.err, "");
        follows_schema(&home, "snapshot", &said.json());
        said.json()
    };
    let before = taken();
    assert_eq!((&before["cost"], &before["infra"]["run"]), (&Value::Null, &Value::Null));
    assert_eq!(source(&before, "ce.costs")["status"], "skipped");
    assert!(source(&before, "ce.costs")["error"].as_str().unwrap().contains("`cockpit cost` asks"), "{before:#}");
    assert_eq!(
        (&before["infra"]["kind"], &source(&before, "infra.runs")["status"]),
        (&json!("terragrunt"), &json!("ok"))
    );
    let cost = line(&mut home.on(&world), "cost -o json").coded(0).json();
    let run = home.path().join(".local/state/cockpit/runs/staging/20261129T075204Z-apply-6f8a");
    std::fs::create_dir_all(&run).unwrap();
    std::fs::write(run.join("request.json"), REQUEST).unwrap();
    std::fs::write(run.join("events.jsonl"), EVENTS).unwrap();
    let asked = world.asked("ce:GetCostAndUsage");
    let after = taken();
    assert_eq!(world.asked("ce:GetCostAndUsage"), asked, "what is kept is not asked again");
    for field in ["month", "forecast", "yesterday", "usual", "currency", "read_at"] {
        assert!(!cost[field].is_null() && after["cost"][field] == cost[field], "{field}: {after:#}");
    }
    assert_eq!((&after["cost"]["budgets_exceeded"], &source(&after, "ce.costs")["status"]), (&json!([]), &json!("ok")));
    let infra = json!({
        "run": "20261129T075204Z-apply-6f8a", "goal": "apply", "state": "done", "began": "2026-11-29T07:52:04Z",
        "ended": "2026-11-29T07:53:29Z", "by": "kenta@mac", "units": 7, "over": 7,
    });
    assert_eq!(after["infra"]["run"], infra);
    let units = line(&mut home.on(&world), "snapshot --env pantri -o json").coded(0).json();
    assert_eq!(units["infra"]["units"], json!(["pantri"]));
    // What cannot be read is no run, and said.
    std::fs::write(run.parent().unwrap().with_file_name("minimal"), "no folder").unwrap();
    let broken = line(&mut home.on(&world), "snapshot --env minimal -o json").coded(3).json();
    assert_eq!((&broken["infra"]["run"], &source(&broken, "infra.runs")["status"]), (&Value::Null, &json!("failed")));
    let none = World::staging();
    none.fault("sts:GetCallerIdentity", "denied");
    let unsure = line(&mut home.on(&none), "snapshot --env staging -o json").coded(3).json();
    assert_eq!(unsure["cost"], Value::Null, "whose costs these would be is not known");
}
