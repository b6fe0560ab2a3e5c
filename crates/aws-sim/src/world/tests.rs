//! The behaviour of the world, driven only by its clock.

use super::alarms::State;
use super::ecs::{Rollout, Status, Target};
use super::*;

/// A Wednesday noon in Japan.
const NOON: &str = "2026-11-18T03:00:00Z";

fn ms(text: &str) -> Ms {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn world(scenario: Scenario) -> World {
    World::new(scenario, 1, ms(NOON))
}

fn service(world: &World, name: &str) -> usize {
    *world.service_index.iter().find(|((_, n), _)| n == name).unwrap().1
}

fn after(world: &mut World, time: Ms) {
    world.run_until(world.now + time);
}

const WEB: &str = "bookmark-manager-staging-web";
const API: &str = "bookmark-manager-staging-api";
const PROD_WEB: &str = "bookmark-manager-prod-web";

/// The complete visible state of a world.
fn fingerprint(world: &World) -> String {
    format!("{:?}\n{:?}\n{:?}\n{:?}\n{:?}", world.services, world.tasks, world.scaling, world.alarms, world.databases)
}

#[test]
fn one_jump_and_many_steps_give_the_same_world() {
    for scenario in Scenario::ALL {
        // The last hour before the night, so that the schedule is included.
        let start = ms("2026-11-18T12:30:00Z");
        let hour = if *scenario == Scenario::Big { 2 * MINUTE } else { HOUR };
        let (mut jump, mut steps) = (World::new(*scenario, 3, start), World::new(*scenario, 3, start));
        jump.run_until(start + hour);
        for second in 1..=hour / SECOND {
            steps.run_until(start + second * SECOND);
        }
        assert!(fingerprint(&jump) == fingerprint(&steps), "{}", scenario.name());
    }
}

#[test]
fn worlds_depend_on_the_seed_only() {
    let of = |seed| fingerprint(&World::new(Scenario::Staging, seed, ms(NOON)));
    assert!(of(1) == of(1));
    assert!(of(1) != of(2));
}

#[test]
fn task_goes_through_its_states() {
    let mut w = world(Scenario::Staging);
    let web = service(&w, WEB);
    w.set_desired(web, 2);
    let mut seen = Vec::new();
    let mut targets = Vec::new();
    for _ in 0..60 {
        after(&mut w, SECOND);
        if let Some(id) = w.services[web].live.get(1) {
            let t = &w.tasks[&(w.services[web].cluster, *id)];
            seen.push(t.status);
            targets.push(t.target);
        }
    }
    seen.dedup();
    targets.dedup();
    assert_eq!(seen, [Status::Provisioning, Status::Pending, Status::Activating, Status::Running]);
    assert_eq!(targets, [Target::None, Target::Initial, Target::Healthy]);
    let newest = &w.services[web].events[0].message;
    assert!(newest.ends_with("has reached a steady state."), "{newest}");
    assert!(w.services[web].events.iter().any(|e| e.message.contains("registered 1 targets in (target-group arn:")));
    // Scaling in takes time too.
    w.set_desired(web, 0);
    let mut down = Vec::new();
    let first = w.services[web].live[0];
    for _ in 0..60 {
        after(&mut w, SECOND);
        down.push(w.tasks[&(w.services[web].cluster, first)].status);
    }
    down.dedup();
    let states = [Status::Running, Status::Deactivating, Status::Stopping, Status::Deprovisioning, Status::Stopped];
    assert!(down == states || down == states[1..], "{down:?}");
    assert_eq!((w.running(web), w.services[web].stopped.len()), (0, 2));
    after(&mut w, HOUR + MINUTE);
    assert_eq!(w.services[web].stopped.len(), 0);
}

#[test]
fn rollout_never_goes_below_the_minimum() {
    let mut w = world(Scenario::Pantri);
    let at = service(&w, "pantri-service");
    let def = w.services[at].deployments[0].def.clone();
    w.deploy(at, def);
    let mut most = 0;
    for _ in 0..300 {
        after(&mut w, SECOND);
        assert!(w.running(at) >= 2);
        most = most.max(w.services[at].live.len());
    }
    assert!(most <= 4, "{most}");
    assert_eq!(w.services[at].deployments.len(), 1);
    assert_eq!(w.services[at].deployments[0].rollout, Rollout::Completed);
    assert_eq!(w.services[at].releases[0].status, "SUCCESSFUL");
    let zones: std::collections::BTreeSet<_> =
        w.services[at].live.iter().map(|id| w.tasks[&(w.services[at].cluster, *id)].zone).collect();
    assert_eq!(zones.len(), 2);
}

#[test]
fn breaker_rolls_back() {
    let mut w = world(Scenario::Staging);
    w.poke(&serde_json::json!({"break_task_definition": format!("{API}:2")})).unwrap();
    let api = service(&w, API);
    let before = w.services[api].deployments[0].id;
    let def = w.families[&("ap-northeast-1", API.to_owned())][1].clone();
    w.deploy(api, def);
    for _ in 0..600 {
        after(&mut w, SECOND);
        assert_eq!(w.running(api), 1);
    }
    let s = &w.services[api];
    assert_eq!(s.deployments.len(), 1);
    assert_eq!((s.deployments[0].id, s.deployments[0].rollout), (before, Rollout::Completed));
    let r = &s.releases[0];
    assert_eq!((r.status, r.failures, r.triggered), ("ROLLBACK_SUCCESSFUL", 3, true));
    let has = |text: &str| s.events.iter().any(|e| e.message.contains(text));
    assert!(has("deployment failed: tasks failed to start.") && has("rolling back to deployment ecs-svc/"));
}

#[test]
fn breaker_threshold_depends_on_desired_count() {
    let mut w = world(Scenario::Staging);
    let api = service(&w, API);
    let of = [(1, 3), (6, 3), (7, 4), (25, 13), (1000, 200)];
    for (desired, threshold) in of {
        w.services[api].desired = desired;
        assert_eq!(w.breaker_threshold(api), threshold);
    }
}

#[test]
fn crash_loop_starts_with_three_stopped_and_never_ends() {
    for seed in 1..=30 {
        let mut w = World::new(Scenario::CrashLoop, seed, ms(NOON));
        let api = service(&w, API);
        let s = &w.services[api];
        assert_eq!((w.running(api), s.stopped.len(), s.desired), (0, 3, 1), "seed {seed}");
        let stop = w.tasks[&(s.cluster, s.stopped[0])].stop.as_ref().unwrap();
        assert_eq!((stop.exit, stop.code), (Some(137), "EssentialContainerExited"));
        assert!(stop.container.as_deref().unwrap().starts_with("OutOfMemoryError"));
        after(&mut w, 30 * MINUTE);
        let s = &w.services[api];
        assert!((25..=28).contains(&s.stopped.len()), "{}", s.stopped.len());
        assert_eq!(s.deployments.len(), 1);
        assert_eq!(s.releases[0].status, "IN_PROGRESS");
        after(&mut w, 3 * HOUR);
        assert!(w.services[api].stopped.len() < 50, "forgotten after an hour");
    }
}

#[test]
fn staging_is_stopped_at_night_and_at_weekends() {
    // A Friday, 21:59 in Japan.
    let mut w = World::new(Scenario::Staging, 1, ms("2026-11-20T12:59:00Z"));
    let web = service(&w, WEB);
    assert_eq!(w.running(web), 1);
    after(&mut w, 3 * MINUTE);
    assert_eq!((w.services[web].desired, w.running(web)), (0, 0));
    let target = w.scaling.iter().find(|t| t.service == web).unwrap();
    assert_eq!((target.min, target.max), (0, 0));
    let causes: Vec<&str> = target.activities.iter().map(|a| a.cause.as_str()).collect();
    // The schedule fired a moment before, so the action found nothing left to scale.
    assert_eq!(causes, ["scheduled action name stop-at-night was triggered"]);
    assert!(target.activities.iter().all(|a| a.status == "Successful"));
    w.run_until(ms("2026-11-22T23:59:00Z"));
    assert_eq!(w.services[web].desired, 0);
    w.run_until(ms("2026-11-23T00:03:00Z"));
    assert_eq!((w.services[web].desired, w.running(web)), (1, 1));
}

#[test]
fn suspended_schedule_does_nothing() {
    let mut w = World::new(Scenario::Staging, 1, ms("2026-11-20T12:59:00Z"));
    w.schedules.clear();
    w.poke(&serde_json::json!({"suspend": {"service": WEB}})).unwrap();
    after(&mut w, 3 * MINUTE);
    assert_eq!(w.services[service(&w, WEB)].desired, 1);
}

#[test]
fn failover_swaps_the_writer_and_repeats() {
    let mut w = world(Scenario::Failover);
    let writer = |w: &World| w.databases.clusters[0].writer();
    let first = writer(&w);
    after(&mut w, 29 * SECOND);
    assert_eq!(w.databases.clusters[0].status, "available");
    after(&mut w, 2 * SECOND);
    assert_eq!((w.databases.clusters[0].status, writer(&w)), ("failing-over", first));
    after(&mut w, 40 * SECOND);
    assert_eq!(w.databases.clusters[0].status, "available");
    assert_ne!(writer(&w), first);
    let lag = metrics::MetricName::new(
        "AWS/RDS",
        "AuroraReplicaLag",
        &[("DBInstanceIdentifier", "bookmark-manager-prod-aurora-1")],
    );
    let source = w.resolve("ap-northeast-1", &lag).unwrap();
    let minute = w.start.div_euclid(MINUTE);
    assert!(w.metric(source, minute).unwrap() > 1_000.0);
    assert!(w.metric(source, minute + 5).unwrap() < 100.0);
    after(&mut w, 10 * MINUTE);
    assert_eq!(writer(&w), first);
    let messages: Vec<&str> = w.databases.events.iter().map(|e| e.message.as_str()).collect();
    assert_eq!(messages.iter().filter(|m| m.starts_with("Completed failover")).count(), 2);
}

#[test]
fn cluster_names_follow_a_failover_after_five_seconds() {
    let mut w = world(Scenario::Failover);
    let names = |w: &World| {
        let instance = |host: &str| w.databases.resolve(host, w.now).map(|at| w.databases.instances[at].id.clone());
        let (cluster, member) = (&w.databases.clusters[0], &w.databases.instances[w.databases.clusters[0].members[0]]);
        (instance(&cluster.host(false)), instance(&cluster.host(true)), instance(&member.host()))
    };
    let (writer, reader, member) = names(&w);
    assert!(writer.is_some() && writer != reader && member == writer);
    assert_eq!(w.databases.resolve("db.internal", w.now), None);
    after(&mut w, 29 * SECOND);
    let first = w.databases.clusters[0].writer();
    while w.databases.clusters[0].writer() == first {
        after(&mut w, SECOND);
    }
    let swapped = w.now;
    assert_eq!(names(&w).0, writer, "the name is still known from before");
    assert!(w.databases.instances[first].restarted > swapped - 2 * SECOND, "and its connections are cut");
    after(&mut w, 6 * SECOND);
    assert_eq!(names(&w), (reader, writer, member));
}

#[test]
fn load_scales_out_to_the_maximum_and_back() {
    for seed in 1..=10 {
        let mut w = World::new(Scenario::ScaleOut, seed, ms(NOON));
        let (web, api) = (service(&w, PROD_WEB), service(&w, "bookmark-manager-prod-api"));
        assert_eq!(w.services[web].desired, 1);
        after(&mut w, 4 * MINUTE);
        assert!(w.services[web].desired < 10, "seed {seed}: not at once");
        after(&mut w, 11 * MINUTE);
        assert_eq!((w.services[web].desired, w.running(web)), (10, 10), "seed {seed}");
        let n = w.services[api].desired;
        assert!((4..10).contains(&n), "seed {seed}: api at {n}");
        after(&mut w, 15 * MINUTE);
        assert_eq!(w.services[web].desired, 10, "it stays there");
        let target = w.scaling.iter().find(|t| t.service == web).unwrap();
        let alarm = &w.alarms[target.policies[0].high];
        assert!(target.activities.iter().any(|a| a.cause.contains(&alarm.name)));
        after(&mut w, 2 * HOUR);
        assert!(w.services[web].desired <= 2, "seed {seed}: {}", w.services[web].desired);
        assert_eq!(w.running(web), w.services[web].desired);
    }
}

#[test]
fn suspended_scaling_does_not_change_the_count() {
    let mut w = world(Scenario::ScaleOut);
    w.poke(&serde_json::json!({"suspend": {"service": PROD_WEB}})).unwrap();
    after(&mut w, 20 * MINUTE);
    let web = service(&w, PROD_WEB);
    assert_eq!(w.services[web].desired, 1);
    let target = w.scaling.iter().find(|t| t.service == web).unwrap();
    assert_eq!(w.alarms[target.policies[0].high].state, State::Alarm);
    assert_eq!(w.service_cpu(web, w.now / MINUTE - 1), Some(100.0));
}

#[test]
fn calm_worlds_stay_calm_for_a_day() {
    for scenario in [Scenario::Staging, Scenario::Prod, Scenario::Pantri, Scenario::Minimal] {
        for seed in 1..=5 {
            let mut w = World::new(scenario, seed, ms(NOON));
            for _ in 0..24 {
                after(&mut w, HOUR);
                let bad = |a: &&alarms::Alarm| a.state != State::Ok && !a.name.starts_with("TargetTracking");
                let night = |a: &&alarms::Alarm| a.name.contains("staging");
                let loud: Vec<_> = w.alarms.iter().filter(bad).filter(|a| !night(a)).map(|a| &a.name).collect();
                assert!(loud.is_empty(), "{}: {loud:?}", scenario.name());
                assert_eq!(w.services[service(&w, PROD_WEB)].desired, 1);
                assert_eq!(w.services[service(&w, "pantri-service")].desired, 2);
            }
        }
    }
}

#[test]
fn alarm_follows_its_metric() {
    let mut w = world(Scenario::Staging);
    let at = w.alarms.iter().position(|a| a.name == "bookmark-manager-staging-api-cpu-high").unwrap();
    assert_eq!(w.alarms[at].state, State::Ok);
    w.poke(&serde_json::json!({"load": {"service": API, "factor": 20}})).unwrap();
    after(&mut w, 4 * MINUTE);
    assert_eq!(w.alarms[at].state, State::Ok);
    after(&mut w, 3 * MINUTE);
    let alarm = &w.alarms[at];
    assert_eq!(alarm.state, State::Alarm);
    assert!(alarm.updated > w.start);
    assert!(alarm.reason.starts_with("Threshold Crossed: 5 out of the last 5 datapoints ["), "{}", alarm.reason);
}

#[test]
fn more_tasks_lower_the_usage_per_task() {
    let mut w = world(Scenario::Staging);
    let api = service(&w, API);
    let before = w.service_cpu(api, w.now / MINUTE - 1).unwrap();
    w.set_desired(api, 4);
    after(&mut w, 5 * MINUTE);
    let later = w.service_cpu(api, w.now / MINUTE - 1).unwrap();
    assert!(later < before / 2.5, "{later} of {before}");
}

#[test]
fn without_capacity_no_task_is_placed() {
    let mut w = world(Scenario::Staging);
    let web = service(&w, WEB);
    w.poke(&serde_json::json!({"no_capacity": {"service": WEB}})).unwrap();
    w.set_desired(web, 3);
    after(&mut w, 10 * MINUTE);
    assert_eq!(w.running(web), 1);
    let unable =
        |w: &World| w.services[web].events.iter().filter(|e| e.message.contains("was unable to place a task")).count();
    assert!((9..=11).contains(&unable(&w)), "{}", unable(&w));
    w.poke(&serde_json::json!({"no_capacity": {"service": WEB, "on": false}})).unwrap();
    after(&mut w, 2 * MINUTE);
    assert_eq!(w.running(web), 3);
}

#[test]
fn unhealthy_targets_are_replaced() {
    let mut w = world(Scenario::Staging);
    let web = service(&w, WEB);
    w.poke(&serde_json::json!({"unhealthy": {"service": WEB}})).unwrap();
    let first = w.services[web].live[0];
    let key = (w.services[web].cluster, first);
    assert_eq!((w.tasks[&key].target, w.running(web)), (Target::Unhealthy, 1));
    after(&mut w, 3 * MINUTE);
    assert!(w.tasks[&key].stop.as_ref().unwrap().reason.starts_with("Task failed ELB health checks in"));
    assert_eq!(w.running(web), 1);
    assert!(w.services[web].steady && w.services[web].live != [first]);
}

#[test]
fn failing_wide_service_is_retried_with_growing_delays() {
    let mut w = world(Scenario::Big);
    let failing = service(&w, "svc-0007");
    let before = w.services[failing].deployments[0].failures;
    after(&mut w, 3 * HOUR);
    let d = &w.services[failing].deployments[0];
    assert!(d.failures > before && d.failures - before < 60, "{}", d.failures - before);
    assert_eq!(w.running(failing), 10, "the old tasks stay");
    assert!(w.services[failing].events.iter().any(|e| e.message.contains("is unable to consistently start tasks")));
    assert!(w.queue.len() < 12_000, "{}", w.queue.len());
}

#[test]
fn big_scenario_has_its_size_and_runs_quickly() {
    let mut w = world(Scenario::Big);
    let in_cluster: Vec<usize> =
        w.service_index.iter().filter(|((c, _), _)| w.clusters[*c].name == "big-cluster").map(|(_, s)| *s).collect();
    assert_eq!(in_cluster.len(), 1_000);
    let running: u32 = in_cluster.iter().map(|s| w.running(*s)).sum();
    assert!((10_000..=10_050).contains(&running), "{running}");
    assert_eq!(in_cluster.iter().filter(|s| w.services[**s].deployments[0].rollout == Rollout::InProgress).count(), 5);
    assert_eq!(w.scaling.iter().filter(|t| t.suspended_in).count(), 3);
    assert_eq!(w.scaling.iter().filter(|t| in_cluster.contains(&t.service)).count(), 200);
    let began = std::time::Instant::now();
    after(&mut w, HOUR);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn services_can_be_added_and_renamed() {
    let mut w = world(Scenario::Staging);
    let request = serde_json::json!({"add_services": {"cluster": "bookmark-manager-staging-cluster", "count": 10_000, "prefix": "x-"}});
    w.poke(&request).unwrap();
    assert_eq!(w.service_index.range((0, String::new())..(1, String::new())).count(), 10_002);
    w.poke(&serde_json::json!({"rename_service": {"from": WEB, "to": "ウェブ🚀"}})).unwrap();
    assert!(w.find_service(0, "ウェブ🚀").is_some() && w.find_service(0, WEB).is_none());
    assert!(w.poke(&serde_json::json!({"nonsense": 1})).is_err());
    assert!(w.poke(&serde_json::json!({"set_desired": {"service": "none", "desired": 1}})).is_err());
}
