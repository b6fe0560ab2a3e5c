//! Changes while this machine's clock is wrong.

use super::*;

#[test]
fn skipped_stop_is_the_next_one_by_the_service_clock() {
    // The service's clock is five minutes before a stop, days away from this machine's clock, in either direction.
    for (service, stop) in [
        ("2030-03-01T12:55:00Z", "2030-03-01T13:00:00Z"),
        ("2024-03-01T12:55:00Z", "2024-03-01T13:00:00Z"),
        ("2030-03-01T13:05:00Z", "2030-03-04T13:00:00Z"),
    ] {
        let ahead = service.parse::<jiff::Timestamp>().unwrap().duration_since(jiff::Timestamp::now());
        let (home, world) = (home(""), World::off_by(Scenario::Staging, ahead));
        line(&mut home.on(&world), "schedule --skip stop --yes").exits(0);
        let list = line(&mut home.on(&world), "schedule -o json").exits(0).json();
        let schedules = list["schedules"].as_array().unwrap();
        let skipped = schedules.iter().find(|other| other["action"] == "stop").unwrap()["skipped"].clone();
        assert_eq!(skipped, stop, "{service}: {list:#}");
    }
}

#[test]
fn reported_and_audited_times_are_those_of_aws() {
    let ahead = jiff::SignedDuration::from_hours(30);
    let (home, world) = (home(""), World::off_by(Scenario::Staging, ahead));
    let output = line(&mut home.on(&world), "stop --yes --timeout 2m -o json");
    let there = |text: &Value| {
        let at: jiff::Timestamp = text.as_str().unwrap().parse().unwrap();
        at.duration_since(jiff::Timestamp::now()) > jiff::SignedDuration::from_hours(29)
    };
    let operations = output.json()["operations"].clone();
    assert!(there(&operations[0]["began_at"]) && there(&operations[0]["ended_at"]), "{operations:#}");
    let lines = std::fs::read_to_string(home.path().join(".local/state/cockpit/audit.jsonl")).unwrap();
    for record in lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        assert!(there(&record["time"]), "{record:#}");
    }
    // The timeline does not shift it a second time.
    let timeline = line(&mut home.on(&world), "timeline --since 1h --filter kind:change -o json").json();
    let events = timeline["events"].as_array().unwrap();
    assert!(
        !events.is_empty() && events.iter().all(|event| there(&event["at"]) && event["of_the_future"] == false),
        "{timeline:#}"
    );
}
