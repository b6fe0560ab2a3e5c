//! The rules of the time line.

use super::event::{About, Kind, TimelineEvent};
use super::facts::{AlarmChange, RdsEvent, TrailEvent};
use super::local::{Run, changes, runs};
use super::merge::merge;
use super::near::before;
use super::{gather, trail};
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

/// A web service with one deployment.
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
    estate.services.learn([("shop-web".to_owned(), service)].into(), at(100));
    let rollout = ServiceDeployment {
        id: "d1".into(),
        status: RolloutStatus::Successful,
        created_at: Some(at(12)),
        finished_at: Some(at(94)),
        target: Some("web:2".into()),
        ..ServiceDeployment::default()
    };
    estate.rollouts.entry("shop-web".into()).or_default().learn(vec![rollout], at(100));
    estate
}

#[test]
fn a_deployment_is_told_once_by_its_history_and_not_again_by_the_service() {
    let told = merge(gather::gather(&estate(), &[], None, at(0), at(200)));
    let words: Vec<_> = told.iter().map(|event| (event.kind, event.what.as_str(), event.routine)).collect();
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
fn a_deployment_knows_who_asked_for_it_and_is_told_once_whoever_tells_of_it() {
    let mut all = gather::gather(&estate(), &[], None, at(0), at(200));
    all.extend(trail::happenings(&[write("UpdateService", 10, "anna")], &services(), &[], None));
    let told = merge(all.clone());
    assert_eq!(told.iter().filter(|event| event.kind == Kind::Write).count(), 0, "{told:?}");
    assert_eq!(told[0].who.as_deref(), Some("anna"));
    // Our own audit file tells the same: one event from three sources.
    all.extend(changes(&[record(9, "started"), record(96, "done")], SignedDuration::ZERO, &services(), &[]));
    let told = merge(all);
    let first = &told[0];
    assert_eq!(first.kind, Kind::Deployment);
    assert_eq!(first.what, "deployment of web:2 began (cockpit deploy web --image 2 --env staging)");
    assert_eq!(told.iter().filter(|event| event.kind == Kind::Write).count(), 0, "{told:?}");
    assert!(told.iter().all(|event| event.kind != Kind::Change), "{told:?}");
    let last = told.last().map(|event| event.what.as_str());
    assert_eq!(last, Some("deployment of web:2 successful (cockpit deploy web --image 2 --env staging: done)"));
}

/// The web service's deployment of a moment ago, taken back, with the event that ECS makes of it half-way.
fn taken_back(failed: u32) -> Estate {
    let mut estate = estate();
    let mut services = estate.services.value().expect("known").clone();
    let web = services.get_mut("shop-web").expect("there");
    let message = "(service shop-web) (deployment ecs-svc/1234567890123456789) deployment failed: stopped.".into();
    web.events = vec![ServiceEvent { id: "e1".into(), at: Some(at(500)), message }];
    estate.services.learn(services, at(1_000));
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
    estate.rollouts.entry("shop-web".into()).or_default().learn(vec![rollout], at(1_000));
    estate
}

#[test]
fn what_a_person_took_back_has_not_failed_and_nothing_is_named_by_its_number() {
    let told = |estate: &Estate, changes: Vec<TimelineEvent>| {
        let mut all = gather::gather(estate, &changes, None, at(100), at(1_000));
        all.extend(changes);
        merge(all)
    };
    let last = |all: &[TimelineEvent]| all.last().map(|event| (event.what.clone(), event.who.clone(), event.health));
    // Nobody knows who it was: AWS's own words stand.
    let all = told(&taken_back(0), Vec::new());
    let words: Vec<&str> = all.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(words, ["deployment began", "deployment rolled back: AWS says what it says"]);
    assert_eq!(all[1].health, Health::Down);
    // CloudTrail does, and its request is not told again.
    let mut estate = taken_back(0);
    let mut stop = write("StopServiceDeployment", 480, "anna");
    stop.names = vec!["shop-web".into(), "d2".into()];
    estate.trail.learn(vec![stop.clone()], at(1_000));
    let all = told(&estate, Vec::new());
    assert_eq!(last(&all), Some(("deployment rolled back by hand".into(), Some("anna".into()), Health::Degraded)));
    assert!(all.iter().all(|event| event.kind != Kind::Write), "{all:?}");
    // One that was refused has ended nothing, and one of another deployment has not ended this one.
    for other in [
        TrailEvent { error: Some("AccessDenied".into()), ..stop.clone() },
        TrailEvent { names: vec!["shop-web".into(), "d1".into()], ..stop.clone() },
    ] {
        estate.trail.learn(vec![other], at(1_000));
        assert!(!last(&told(&estate, Vec::new())).expect("something").0.contains("by hand"));
    }
    // So does the audit file of this machine, before CloudTrail tells of it; but not where the breaker was faster.
    let back = |second, outcome| Record { command: "cockpit rollback web --env a".into(), ..record(second, outcome) };
    let here = changes(&[back(470, "started"), back(910, "done")], SignedDuration::ZERO, &services(), &[]);
    let ended = |all: &[TimelineEvent]| {
        let ended = all.iter().find(|event| event.key == "rollout/d2/ended").expect("it ended");
        (ended.what.clone(), ended.who.clone())
    };
    let (what, who) = ended(&told(&taken_back(2), here.clone()));
    assert_eq!((what.as_str(), who.as_deref()), ("deployment rolled back by hand", Some("anna")));
    assert_eq!(ended(&told(&taken_back(3), here)).0, "deployment rolled back: AWS says what it says");
    // What the cockpit took back by itself was not done by hand.
    let deployed = Record { request_ids: vec!["r480".into()], ..record(910, "rolled_back") };
    let here = changes(&[record(190, "started"), deployed], SignedDuration::ZERO, &services(), &[]);
    estate.trail.learn(vec![stop], at(1_000));
    assert_eq!(ended(&told(&estate, here)).0, "deployment rolled back by cockpit deploy");
}

#[test]
fn what_autoscaling_sets_is_not_told_again_by_cloudtrail() {
    let mut write = write("UpdateService", 30, "AWSServiceRoleForApplicationAutoScaling_ECSService");
    write.who = "ecs.application-autoscaling.amazonaws.com".into();
    let mut all = trail::happenings(&[write], &services(), &[], None);
    all.push(TimelineEvent::new(
        at(29),
        Kind::Scaling,
        About::Service("shop-web".into()),
        "desired count to 3",
        "scaling/1",
    ));
    let told = merge(all);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, Kind::Scaling);
}

#[test]
fn a_write_of_another_service_or_another_time_stays_what_it_is() {
    let mut all = gather::gather(&estate(), &[], None, at(0), at(400));
    all.extend(trail::happenings(&[write("UpdateService", 300, "ben")], &services(), &[], None));
    assert_eq!(
        merge(all).last().map(|event| (event.kind, event.what.clone())),
        Some((Kind::Write, "UpdateService shop-web".into()))
    );
}

#[test]
fn changes_of_this_machine_stand_at_the_services_time() {
    let told = changes(&[record(9, "started"), record(20, "done")], SignedDuration::from_secs(100), &services(), &[]);
    assert_eq!(told.len(), 1, "a brief change is one thing");
    assert_eq!((told[0].at, told[0].health), (at(109), Health::Healthy));
    assert_eq!(told[0].about, About::Service("shop-web".into()));
    let told = changes(&[record(9, "started"), record(200, "rolled_back")], SignedDuration::ZERO, &services(), &[]);
    assert_eq!(told.len(), 2);
    assert!(told[1].what.ends_with(": rolled back"), "{}", told[1].what);
    let run = Run {
        run: "r".into(),
        goal: "apply".into(),
        began: at(0),
        ended: Some((at(50), "failed".into(), false)),
        by: "anna@host".into(),
        looks: false,
    };
    let told = runs(&[run], SignedDuration::from_secs(-7));
    assert_eq!((told[0].at, told[1].at, told[1].health), (at(-7), at(43), Health::Degraded));
}

#[test]
fn an_event_of_the_future_is_marked_and_a_clock_of_seconds_is_not() {
    assert!(of(Kind::Service, 60, "a").is_of_the_future(at(0)));
    assert!(!of(Kind::Service, 3, "a").is_of_the_future(at(0)));
}

#[test]
fn alarms_databases_and_parameters_are_told_with_how_they_stand() {
    let mut estate = Estate::default();
    let change = |alarm: &str, to| AlarmChange {
        at: at(5),
        alarm: alarm.into(),
        summary: "Alarm updated".into(),
        states: Some((AlarmState::Ok, to)),
        reason: "Threshold Crossed".into(),
    };
    estate.alarm_changes.learn(
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
    estate.rds_events.learn(
        vec![event("Started cross AZ failover to DB instance: db-2", "failover"), event("Backup done", "backup")],
        at(9),
    );
    let mut put = write("PutParameter", 7, "anna");
    (put.source, put.names) = ("ssm.amazonaws.com".into(), vec!["/shop/KEY".into()]);
    let mut denied = write("UpdateService", 8, "ben");
    denied.error = Some("AccessDenied".into());
    estate.trail.learn(vec![put, denied], at(9));
    let told = merge(gather::gather(&estate, &[], None, at(0), at(9)));
    let words: Vec<_> =
        told.iter().map(|event| (event.kind, event.health, event.routine, event.what.as_str())).collect();
    assert_eq!(words[0], (Kind::Alarm, Health::Down, true, "OK → ALARM: Threshold Crossed"));
    assert_eq!(words[1], (Kind::Alarm, Health::Down, false, "OK → ALARM: Threshold Crossed"));
    assert_eq!(words[2].0, Kind::Failover);
    assert_eq!((words[3].0, words[3].2), (Kind::Database, true));
    assert_eq!(words[4], (Kind::Parameter, Health::Changing, false, "PutParameter /shop/KEY"));
    assert_eq!(words[5], (Kind::Write, Health::Stopped, true, "UpdateService shop-web: failed with AccessDenied"));
}

#[test]
fn the_likeliest_cause_is_a_deployment_that_is_near_and_not_the_alarm_that_follows_from_it() {
    let events = [
        of(Kind::Deployment, -120, "deployment"),
        of(Kind::Alarm, -10, "alarm").stands(Health::Down),
        of(Kind::Deployment, -800, "old"),
        of(Kind::Scaling, -100, "scaling"),
        of(Kind::Deployment, 5, "after"),
        of(Kind::Deployment, -2_000, "too old"),
    ];
    let ranked: Vec<_> =
        before(&events, at(0), super::near::WINDOW).into_iter().map(|ranked| ranked.event.key.as_str()).collect();
    assert_eq!(ranked, ["deployment", "scaling", "alarm", "old"]);
}

#[test]
fn a_filter_finds_the_fields_of_a_thing() {
    let event = of(Kind::Alarm, 0, "a").by(Some("anna b".into()));
    assert_eq!(event.text(), "x kind=alarm name=web who=\"anna b\"");
}

fn some() -> impl Strategy<Value = Vec<TimelineEvent>> {
    let one = (0i64..300, 0usize..Kind::ALL.len(), 0u8..20, any::<bool>(), 0u8..4).prop_map(
        |(second, kind, key, routine, words)| {
            let kind = Kind::ALL[kind];
            let what = ["UpdateService web", "cockpit deploy web", "failover", "x"][usize::from(words)];
            let about = if key % 2 == 0 { About::Service("web".into()) } else { About::Database("db".into()) };
            let mut made =
                TimelineEvent::new(at(second), kind, about, what, format!("{}/{key}", kind.word())).routine(routine);
            if key % 3 == 0 {
                made = made.by(Some(format!("who{key}")));
            }
            made.requests = vec![format!("r{}", key % 5)];
            made
        },
    );
    proptest::collection::vec(one, 0..40)
}

proptest! {
    #[test]
    fn the_order_in_which_parts_come_does_not_matter(events in some(), turn in 0usize..40) {
        let mut turned = events.clone();
        turned.rotate_left(turn.min(events.len()));
        let mut reversed = events.clone();
        reversed.reverse();
        let merged = merge(events);
        prop_assert_eq!(&merge(turned), &merged);
        prop_assert_eq!(&merge(reversed), &merged);
    }

    #[test]
    fn it_is_in_the_order_of_time_and_has_nothing_twice(events in some()) {
        let merged = merge(events.clone());
        prop_assert!(merged.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let keys: std::collections::BTreeSet<_> = merged.iter().map(|event| event.key.as_str()).collect();
        prop_assert_eq!(keys.len(), merged.len());
        // Only what another tells of is left out.
        for event in &events {
            if !matches!(event.kind, Kind::Write | Kind::Change) {
                prop_assert!(keys.contains(event.key.as_str()), "{} is lost", event.key);
            }
        }
    }

    #[test]
    fn of_one_kind_the_nearer_ranks_first_and_nothing_is_after_the_moment(events in some(), moment in 0i64..300) {
        let ranked = before(&events, at(moment), super::near::WINDOW);
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
