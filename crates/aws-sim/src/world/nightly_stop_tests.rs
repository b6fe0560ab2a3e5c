//! Environments that are stopped at night, and databases that are stopped; driven only by the clock.

use super::nightly_stop::{COUNT, Invocation};
use super::power::Database;
use super::*;
use serde_json::{Value, json};

const WEB: &str = "bookmark-manager-staging-web";
const API: &str = "bookmark-manager-staging-api";

fn ms(text: &str) -> Ms {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// A world on a Friday in Japan, at a time of day given in UTC.
fn friday(scenario: Scenario, time: &str) -> World {
    World::new(scenario, 1, ms(&format!("2026-11-20T{time}Z")))
}

fn service_named(world: &World, name: &str) -> usize {
    *world.service_index.iter().find(|((_, n), _)| n == name).unwrap().1
}

fn after(world: &mut World, time: Ms) {
    world.run_until(world.now + time);
}

fn call(world: &mut World, input: &Value) -> Invocation {
    world.invoke(0, input)
}

fn count(world: &World, service: usize) -> Option<&str> {
    world.services[service].tags.iter().find(|(k, _)| k == COUNT).map(|(_, v)| v.as_str())
}

#[test]
fn stop_stores_the_counts_and_start_restores_them() {
    let mut w = friday(Scenario::Staging, "03:00:00");
    let (web, api) = (service_named(&w, WEB), service_named(&w, API));
    w.set_desired(web, 2);
    after(&mut w, 2 * MINUTE);
    let done = call(&mut w, &json!({"action": "stop"}));
    assert!(!done.failed);
    let services = json!([{"service": API, "from": 1, "to": 0}, {"service": WEB, "from": 2, "to": 0}]);
    assert_eq!(done.payload["changed"], services);
    assert!(done.log.starts_with("START RequestId: ") && done.log.contains("INFO\t{\"action\":\"stop\""));
    after(&mut w, 2 * MINUTE);
    assert_eq!((w.running(web), w.running(api), count(&w, web)), (0, 0, Some("2")));
    // A second stop keeps the stored counts.
    let done = call(&mut w, &json!({"action": "stop"}));
    assert_eq!((&done.payload["changed"], &done.payload["unchanged"]), (&json!([]), &json!([API, WEB])));
    let done = call(&mut w, &json!({"action": "start"}));
    assert_eq!(done.payload["changed"][1], json!({"service": WEB, "from": 0, "to": 2}));
    after(&mut w, 2 * MINUTE);
    assert_eq!((w.running(web), w.running(api), count(&w, web)), (2, 1, None));
    let done = call(&mut w, &json!({"action": "restart"}));
    assert!(done.failed && done.payload["errorMessage"] == "action is \"start\" or \"stop\", not \"restart\"");
    let done = call(&mut w, &json!({"action": "stop", "services": [WEB, "none"]}));
    assert_eq!((&done.payload["gone"], &done.payload["changed"][0]["service"]), (&json!(["none"]), &json!(WEB)));
}

#[test]
fn service_at_0_stays_at_0_and_a_daemon_is_skipped() {
    let mut w = friday(Scenario::Staging, "03:00:00");
    let (web, api) = (service_named(&w, WEB), service_named(&w, API));
    w.set_desired(web, 0);
    w.services[api].daemon = true;
    after(&mut w, 2 * MINUTE);
    let done = call(&mut w, &json!({"action": "stop"}));
    assert_eq!((&done.payload["unchanged"], &done.payload["skipped"]), (&json!([WEB]), &json!([API])));
    assert_eq!((count(&w, web), count(&w, api)), (Some("0"), None));
    let done = call(&mut w, &json!({"action": "start"}));
    assert_eq!((&done.payload["unchanged"], &done.payload["skipped"]), (&json!([WEB]), &json!([API])));
    assert_eq!((w.services[web].desired, count(&w, web)), (0, None));
}

#[test]
fn schedules_and_scheduled_actions_have_the_same_effect() {
    let mut w = friday(Scenario::Staging, "12:59:00");
    let web = service_named(&w, WEB);
    w.set_desired(web, 2);
    after(&mut w, MINUTE + 2 * SECOND);
    assert_eq!((w.services[web].desired, count(&w, web)), (0, Some("2")));
    let target = w.scaling.iter().find(|t| t.service == web).unwrap();
    assert_eq!((target.min, target.max), (0, 0));
    w.run_until(ms("2026-11-23T00:02:00Z"));
    assert_eq!((w.services[web].desired, w.running(web)), (2, 2), "what was there before the night");
    let target = w.scaling.iter().find(|t| t.service == web).unwrap();
    assert_eq!((target.min, target.max), (1, 2));
}

#[test]
fn start_date_skips_the_next_stop() {
    for (start, stopped) in [(None, true), (Some("2026-11-20T13:00:01Z"), false), (Some("2026-11-20T13:00:00Z"), true)]
    {
        let mut w = friday(Scenario::Staging, "12:59:00");
        w.control(&json!({"scheduled_actions": false})).unwrap();
        let web = service_named(&w, WEB);
        let mut s = w.schedules.iter().find(|s| s.name.ends_with("-stop")).unwrap().clone();
        s.start = start.map(ms);
        w.put_schedule(s);
        after(&mut w, 2 * MINUTE);
        assert_eq!(w.services[web].desired == 0, stopped, "{start:?}");
        // The stop after that happens as usual.
        w.run_until(ms("2026-11-23T13:01:00Z"));
        assert_eq!(w.services[web].desired, 0);
    }
    let mut w = friday(Scenario::Staging, "12:59:00");
    w.control(&json!({"scheduled_actions": false})).unwrap();
    let web = service_named(&w, WEB);
    let mut s = w.schedules.iter().find(|s| s.name.ends_with("-stop")).unwrap().clone();
    s.enabled = false;
    w.put_schedule(s.clone());
    after(&mut w, 2 * MINUTE);
    assert_eq!(w.services[web].desired, 1);
    s.enabled = true;
    s.expression = "at(2026-11-20T22:05:00)".to_owned();
    w.put_schedule(s);
    after(&mut w, 5 * MINUTE);
    assert_eq!(w.services[web].desired, 0);
}

#[test]
fn databases_stop_and_start_through_their_states() {
    let mut w = friday(Scenario::Prod, "03:00:00");
    for database in [Database::Instance(0), Database::Cluster(0)] {
        let mut seen = vec![w.database_status(database)];
        for on in [false, true] {
            w.switch(database, on);
            for _ in 0..240 {
                seen.push(w.database_status(database));
                after(&mut w, SECOND);
            }
        }
        seen.push(w.database_status(database));
        seen.dedup();
        assert_eq!(seen, ["available", "stopping", "stopped", "starting", "available"]);
    }
    let messages: Vec<&str> = w.databases.events.iter().map(|e| e.message.as_str()).collect();
    for text in ["DB instance stopped", "DB instance started", "DB cluster stopped", "DB cluster started"] {
        assert_eq!(messages.iter().filter(|m| **m == text).count(), 1, "{text}");
    }
    let cpu = metrics::MetricName::new(
        "AWS/RDS",
        "CPUUtilization",
        &[("DBInstanceIdentifier", "bookmark-manager-staging-db")],
    );
    let source = w.resolve("ap-northeast-1", &cpu).unwrap();
    let first = w.start.div_euclid(MINUTE);
    let values: Vec<bool> = (first..first + 10).map(|m| w.metric(source, m).is_some()).collect();
    assert!(values[0] && !values[4] && values[9], "{values:?}");
}

#[test]
fn scenarios_start_as_described() {
    let w = friday(Scenario::Stopped, "03:00:00");
    for name in [WEB, API] {
        let at = service_named(&w, name);
        assert_eq!((w.services[at].desired, w.services[at].live.len(), count(&w, at)), (0, 0, Some("1")));
    }
    let mut w = friday(Scenario::BadImage, "03:00:00");
    let web = service_named(&w, WEB);
    let release = &w.services[web].releases[0];
    assert_eq!((release.status, w.services[web].deployments.len(), w.running(web)), ("IN_PROGRESS", 2, 1));
    after(&mut w, 5 * MINUTE);
    assert_eq!(w.services[web].releases[0].status, "ROLLBACK_SUCCESSFUL");
    let mut w = friday(Scenario::SlowRollout, "03:00:00");
    let def = w.services[web].deployments[0].def.clone();
    w.deploy(web, def);
    after(&mut w, 2 * MINUTE);
    assert_eq!(w.services[web].releases[0].status, "IN_PROGRESS");
    after(&mut w, 3 * MINUTE);
    assert_eq!(w.services[web].releases[0].status, "SUCCESSFUL");
    for (scenario, ended) in [(Scenario::Breaker, "ROLLBACK_SUCCESSFUL"), (Scenario::NoBreaker, "IN_PROGRESS")] {
        let mut w = friday(scenario, "03:00:00");
        let before = w.services[web].deployments[0].def.clone();
        w.control(&json!({"deploy": {"service": WEB, "image": "c0ffee1"}})).unwrap();
        after(&mut w, 10 * MINUTE);
        assert_eq!(w.services[web].releases[0].status, ended);
        // A rollback is possible.
        if scenario == Scenario::NoBreaker {
            w.deploy(web, before);
            after(&mut w, 5 * MINUTE);
            assert_eq!(w.services[web].releases[0].status, "SUCCESSFUL");
        }
    }
}
