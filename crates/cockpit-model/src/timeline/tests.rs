//! Tests of the timeline rules.

use super::event::{About, Kind, TimelineEvent};
use super::facts::{AlarmChange, RdsEvent, TrailEvent};
use super::local::{Run, changes, runs};
use super::merge::merge;
use super::possible_causes::likely_causes;
use super::{cloudtrail, collect};
use crate::audit::Record;
use crate::{AlarmState, Estate, Health, RolloutStatus, Service, ServiceDeployment, ServiceEvent};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("in range")
}

fn of(kind: Kind, second: i64, key: &str) -> TimelineEvent {
    TimelineEvent::new(at(second), kind, About::Service("web".into()), "x", key)
}

fn write(name: &str, second: i64, who: &str) -> TrailEvent {
    TrailEvent {
        id: format!("{name}{second}"),
        at: at(second),
        name: name.into(),
        source: "ecs.amazonaws.com".into(),
        who: who.into(),
        names: vec!["shop-web".into()],
        request: Some(format!("r{second}")),
        ..TrailEvent::default()
    }
}

fn services() -> Vec<(String, String)> {
    vec![("shop-web".into(), "web".into()), ("shop-api".into(), "api".into())]
}

fn record(second: i64, outcome: &str) -> Record {
    Record {
        time: at(second),
        operation: "op1".into(),
        who: "arn:aws:sts::1:assumed-role/admin/anna".into(),
        command: "cockpit deploy web --image 2 --env staging".into(),
        outcome: outcome.into(),
        request_ids: if outcome == "started" { Vec::new() } else { vec!["r10".into()] },
        ..Record::default()
    }
}

/// Returns an estate with a web service and one deployment.
fn estate() -> Estate {
    let mut estate = Estate::default();
    let event = |id: &str, second: i64, message: &str| ServiceEvent {
        id: id.into(),
        at: Some(at(second)),
        message: format!("(service shop-web) {message}"),
    };
    let service = Service {
        name: "shop-web".into(),
        events: vec![
            event("e1", 95, "(deployment ecs-svc/1) deployment completed."),
            event("e2", 50, "has reached a steady state."),
            event("e3", 60, "was unable to place a task. Reason: no room."),
        ],
        ..Service::default()
    };
    estate.services.record([("shop-web".to_owned(), service)].into(), at(100));
    let rollout = ServiceDeployment {
        id: "d1".into(),
        status: RolloutStatus::Successful,
        created_at: Some(at(12)),
        finished_at: Some(at(94)),
        target: Some("web:2".into()),
        ..ServiceDeployment::default()
    };
    estate.rollouts.entry("shop-web".into()).or_default().record(vec![rollout], at(100));
    estate
}

#[test]
fn deployment_is_listed_once_from_its_history() {
    let events = merge(collect::gather(&estate(), &[], None, at(0), at(200)));
    let words: Vec<_> = events.iter().map(|event| (event.kind, event.what.as_str(), event.routine)).collect();
    assert_eq!(
        words,
        [
            (Kind::Deployment, "deployment of web:2 began", false),
            (Kind::Service, "ECS has reached a steady state", true),
            (Kind::Service, "ECS was unable to place a task. Reason: no room", false),
            (Kind::Deployment, "deployment of web:2 successful", false),
        ]
    );
}

#[test]
fn deployment_has_its_actor_and_is_listed_once() {
    let mut all = collect::gather(&estate(), &[], None, at(0), at(200));
    all.extend(cloudtrail::trail_events(&[write("UpdateService", 10, "anna")], &services(), &[], None));
    let merged = merge(all.clone());
    assert_eq!(merged.iter().filter(|event| event.kind == Kind::Write).count(), 0, "{merged:?}");
    assert_eq!(merged[0].who.as_deref(), Some("anna"));
    // The audit file of this machine has the same event: one event from three sources.
    all.extend(changes(&[record(9, "started"), record(96, "done")], SignedDuration::ZERO, &services(), &[]));
    let merged = merge(all);
    let first = &merged[0];
    assert_eq!(first.kind, Kind::Deployment);
    assert_eq!(first.what, "deployment of web:2 began (cockpit deploy web --image 2 --env staging)");
    assert_eq!(merged.iter().filter(|event| event.kind == Kind::Write).count(), 0, "{merged:?}");
    assert!(merged.iter().all(|event| event.kind != Kind::Change), "{merged:?}");
    let last = merged.last().map(|event| event.what.as_str());
    assert_eq!(last, Some("deployment of web:2 successful (cockpit deploy web --image 2 --env staging: done)"));
}

/// Returns the web service's latest deployment, manually rolled back, with the event that ECS creates in between.
fn taken_back(failed: u32) -> Estate {
    let mut estate = estate();
    let mut services = estate.services.value().expect("known").clone();
    let web = services.get_mut("shop-web").expect("there");
    let message = "(service shop-web) (deployment ecs-svc/1234567890123456789) deployment failed: stopped.".into();
    web.events = vec![ServiceEvent { id: "e1".into(), at: Some(at(500)), message }];
    estate.services.record(services, at(1_000));
    let rollout = ServiceDeployment {
        id: "d2".into(),
        status: RolloutStatus::RollbackSuccessful,
        reason: "AWS says what it says".into(),
        created_at: Some(at(200)),
        finished_at: Some(at(900)),
        target_revision: "9876543210987654321".into(),
        breaker: Some((failed, 3)),
        ..ServiceDeployment::default()
    };
    estate.rollouts.entry("shop-web".into()).or_default().record(vec![rollout], at(1_000));
    estate
}

#[test]
fn manual_rollback_is_not_a_failure() {
    let told = |estate: &Estate, changes: Vec<TimelineEvent>| {
        let mut all = collect::gather(estate, &changes, None, at(100), at(1_000));
        all.extend(changes);
        merge(all)
    };
    let last = |all: &[TimelineEvent]| all.last().map(|event| (event.what.clone(), event.who.clone(), event.health));
    // The actor is unknown: AWS's own reason is kept.
    let all = told(&taken_back(0), Vec::new());
    let words: Vec<&str> = all.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(words, ["deployment began", "deployment rolled back: AWS says what it says"]);
    assert_eq!(all[1].health, Health::Down);
    // CloudTrail knows the actor, and its request is not listed separately.
    let mut estate = taken_back(0);
    let mut stop = write("StopServiceDeployment", 480, "anna");
    stop.names = vec!["shop-web".into(), "d2".into()];
    estate.trail.record(vec![stop.clone()], at(1_000));
    let all = told(&estate, Vec::new());
    assert_eq!(last(&all), Some(("deployment rolled back by hand".into(), Some("anna".into()), Health::Degraded)));
    assert!(all.iter().all(|event| event.kind != Kind::Write), "{all:?}");
    // A denied request has ended nothing, and neither has one for another deployment.
    for other in [
        TrailEvent { error: Some("AccessDenied".into()), ..stop.clone() },
        TrailEvent { names: vec!["shop-web".into(), "d1".into()], ..stop.clone() },
    ] {
        estate.trail.record(vec![other], at(1_000));
        assert!(!last(&told(&estate, Vec::new())).expect("something").0.contains("by hand"));
    }
    // The audit file of this machine knows it before CloudTrail does; but not if the circuit breaker was faster.
    let back = |second, outcome| Record { command: "cockpit rollback web --env a".into(), ..record(second, outcome) };
    let here = changes(&[back(470, "started"), back(910, "done")], SignedDuration::ZERO, &services(), &[]);
    let ended = |all: &[TimelineEvent]| {
        let ended = all.iter().find(|event| event.key == "rollout/d2/ended").expect("it ended");
        (ended.what.clone(), ended.who.clone())
    };
    let (what, who) = ended(&told(&taken_back(2), here.clone()));
    assert_eq!((what.as_str(), who.as_deref()), ("deployment rolled back by hand", Some("anna")));
    assert_eq!(ended(&told(&taken_back(3), here)).0, "deployment rolled back: AWS says what it says");
    // A rollback by the cockpit itself is not a manual one.
    let deployed = Record { request_ids: vec!["r480".into()], ..record(910, "rolled_back") };
    let here = changes(&[record(190, "started"), deployed], SignedDuration::ZERO, &services(), &[]);
    estate.trail.record(vec![stop], at(1_000));
    assert_eq!(ended(&told(&estate, here)).0, "deployment rolled back by cockpit deploy");
}

#[test]
fn autoscaling_change_is_not_repeated_from_cloudtrail() {
    let mut write = write("UpdateService", 30, "AWSServiceRoleForApplicationAutoScaling_ECSService");
    write.who = "ecs.application-autoscaling.amazonaws.com".into();
    let mut all = cloudtrail::trail_events(&[write], &services(), &[], None);
    all.push(TimelineEvent::new(
        at(29),
        Kind::Scaling,
        About::Service("shop-web".into()),
        "desired count to 3",
        "scaling/1",
    ));
    let merged = merge(all);
    assert_eq!(merged.len(), 1);
    assert_eq!(merged[0].kind, Kind::Scaling);
}

#[test]
fn unrelated_write_is_not_merged() {
    let mut all = collect::gather(&estate(), &[], None, at(0), at(400));
    all.extend(cloudtrail::trail_events(&[write("UpdateService", 300, "ben")], &services(), &[], None));
    assert_eq!(
        merge(all).last().map(|event| (event.kind, event.what.clone())),
        Some((Kind::Write, "UpdateService shop-web".into()))
    );
}

#[test]
fn local_changes_use_the_clock_of_aws() {
    let events = changes(&[record(9, "started"), record(20, "done")], SignedDuration::from_secs(100), &services(), &[]);
    assert_eq!(events.len(), 1, "a brief change is one thing");
    assert_eq!((events[0].at, events[0].health), (at(109), Health::Healthy));
    assert_eq!(events[0].about, About::Service("shop-web".into()));
    let events = changes(&[record(9, "started"), record(200, "rolled_back")], SignedDuration::ZERO, &services(), &[]);
    assert_eq!(events.len(), 2);
    assert!(events[1].what.ends_with(": rolled back"), "{}", events[1].what);
    let run = Run {
        run: "r".into(),
        goal: "apply".into(),
        began: at(0),
        ended: Some((at(50), "failed".into(), false)),
        by: "anna@host".into(),
        read_only: false,
    };
    let events = runs(&[run], SignedDuration::from_secs(-7));
    assert_eq!((events[0].at, events[1].at, events[1].health), (at(-7), at(43), Health::Degraded));
}

#[test]
fn future_event_is_recognized_beyond_the_tolerance() {
    assert!(of(Kind::Service, 60, "a").is_in_future(at(0)));
    assert!(!of(Kind::Service, 3, "a").is_in_future(at(0)));
}

#[test]
fn alarm_database_and_parameter_events_have_a_health() {
    let mut estate = Estate::default();
    let change = |alarm: &str, to| AlarmChange {
        at: at(5),
        alarm: alarm.into(),
        summary: "Alarm updated".into(),
        states: Some((AlarmState::Ok, to)),
        reason: "Threshold Crossed".into(),
    };
    estate.alarm_changes.record(
        vec![change("high-cpu", AlarmState::Alarm), change("TargetTracking-service/x", AlarmState::Alarm)],
        at(9),
    );
    let event = |message: &str, category: &str| RdsEvent {
        at: at(6),
        source: "db".into(),
        cluster: true,
        categories: vec![category.into()],
        message: message.into(),
    };
    estate.rds_events.record(
        vec![event("Started cross AZ failover to DB instance: db-2", "failover"), event("Backup done", "backup")],
        at(9),
    );
    let mut write_event = write("PutParameter", 7, "anna");
    (write_event.source, write_event.names) = ("ssm.amazonaws.com".into(), vec!["/shop/KEY".into()]);
    let mut denied = write("UpdateService", 8, "ben");
    denied.error = Some("AccessDenied".into());
    estate.trail.record(vec![write_event, denied], at(9));
    let merged = merge(collect::gather(&estate, &[], None, at(0), at(9)));
    let words: Vec<_> =
        merged.iter().map(|event| (event.kind, event.health, event.routine, event.what.as_str())).collect();
    assert_eq!(words[0], (Kind::Alarm, Health::Down, true, "OK → ALARM: Threshold Crossed"));
    assert_eq!(words[1], (Kind::Alarm, Health::Down, false, "OK → ALARM: Threshold Crossed"));
    assert_eq!(words[2].0, Kind::Failover);
    assert_eq!((words[3].0, words[3].2), (Kind::Database, true));
    assert_eq!(words[4], (Kind::Parameter, Health::Changing, false, "PutParameter /shop/KEY"));
    assert_eq!(words[5], (Kind::Write, Health::Stopped, true, "UpdateService shop-web: failed with AccessDenied"));
}

#[test]
fn recent_deployment_ranks_above_its_alarm() {
    let events = [
        of(Kind::Deployment, -120, "deployment"),
        of(Kind::Alarm, -10, "alarm").with_health(Health::Down),
        of(Kind::Deployment, -800, "old"),
        of(Kind::Scaling, -100, "scaling"),
        of(Kind::Deployment, 5, "after"),
        of(Kind::Deployment, -2_000, "too old"),
    ];
    let ranked: Vec<_> = likely_causes(&events, at(0), super::possible_causes::WINDOW)
        .into_iter()
        .map(|ranked| ranked.event.key.as_str())
        .collect();
    assert_eq!(ranked, ["deployment", "scaling", "alarm", "old"]);
}

#[test]
fn filter_text_contains_the_fields() {
    let event = of(Kind::Alarm, 0, "a").with_actor(Some("anna b".into()));
    assert_eq!(event.text(), "x kind=alarm name=web who=\"anna b\"");
}

fn some() -> impl Strategy<Value = Vec<TimelineEvent>> {
    let one = (0i64..300, 0usize..Kind::ALL.len(), 0u8..20, any::<bool>(), 0u8..4).prop_map(
        |(second, kind, key, routine, words)| {
            let kind = Kind::ALL[kind];
            let what = ["UpdateService web", "cockpit deploy web", "failover", "x"][usize::from(words)];
            let about = if key % 2 == 0 { About::Service("web".into()) } else { About::Database("db".into()) };
            let mut made = TimelineEvent::new(at(second), kind, about, what, format!("{}/{key}", kind.name()))
                .mark_routine(routine);
            if key % 3 == 0 {
                made = made.with_actor(Some(format!("who{key}")));
            }
            made.requests = vec![format!("r{}", key % 5)];
            made
        },
    );
    proptest::collection::vec(one, 0..40)
}

proptest! {
    #[test]
    fn merge_does_not_depend_on_the_input_order(events in some(), turn in 0usize..40) {
        let mut turned = events.clone();
        turned.rotate_left(turn.min(events.len()));
        let mut reversed = events.clone();
        reversed.reverse();
        let merged = merge(events);
        prop_assert_eq!(&merge(turned), &merged);
        prop_assert_eq!(&merge(reversed), &merged);
    }

    #[test]
    fn merged_events_are_sorted_and_unique(events in some()) {
        let merged = merge(events.clone());
        prop_assert!(merged.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let keys: std::collections::BTreeSet<_> = merged.iter().map(|event| event.key.as_str()).collect();
        prop_assert_eq!(keys.len(), merged.len());
        // Only events that another one includes may be missing.
        for event in &events {
            if !matches!(event.kind, Kind::Write | Kind::Change) {
                prop_assert!(keys.contains(event.key.as_str()), "{} is lost", event.key);
            }
        }
    }

    #[test]
    fn nearer_event_of_a_kind_ranks_first_and_none_is_later(events in some(), moment in 0i64..300) {
        let ranked = likely_causes(&events, at(moment), super::possible_causes::WINDOW);
        prop_assert!(ranked.iter().all(|one| one.event.at <= at(moment)));
        for (place, one) in ranked.iter().enumerate() {
            for later in &ranked[place + 1..] {
                let alike = one.event.kind == later.event.kind && one.event.routine == later.event.routine;
                prop_assert!(!alike || one.event.at >= later.event.at);
            }
        }
        prop_assert!(ranked.windows(2).all(|pair| pair[0].score >= pair[1].score));
    }
}
