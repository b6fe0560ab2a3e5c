//! The end of a deployment is judged by reads sent after it, whatever order the answers come in.

use crate::app::operation::call::{CallResult, Reply};
use crate::app::operation::step::{Ctx, Slot};
use crate::app::operation::tests::{at, environment, ok, service};
use crate::app::operation::watch::{Subject, Watch, WatchState};
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::{Deployment, Service};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// The service with our deployment, with this many running tasks.
fn running(count: u32) -> Service {
    let ours = Deployment {
        id: "ecs-svc/2".into(),
        status: "PRIMARY".into(),
        task_definition: "web:6".into(),
        running: count,
        created_at: Some(at(0)),
        ..Deployment::default()
    };
    Service { deployments: vec![ours], ..service("web", 1, count) }
}

fn ended() -> CallResult {
    ok(Reply::Releases(vec![ServiceDeployment {
        arn: "arn:new".into(),
        status: RolloutStatus::Successful,
        target: Some("web:6".into()),
        ..ServiceDeployment::default()
    }]))
}

#[test]
fn late_answer_to_a_read_from_before_the_end_proves_nothing() {
    let (environment, zone) = (environment(), TimeZone::UTC);
    let mut ctx = Ctx::new(at(60), &environment, &zone, 1);
    let subject = Subject {
        cluster: "app".into(),
        service: "web".into(),
        deployment: "ecs-svc/2".into(),
        revision: "web:6".into(),
        known: BTreeSet::new(),
        since: at(0),
    };
    let mut watch = Watch::new(subject, None);
    watch.set_initial(running(1), &mut ctx);
    watch.tick(&mut ctx);
    assert_eq!(watch.reply(&Slot::History, ended(), &mut ctx), WatchState::InProgress, "it is looked at once more");
    let last = watch.reply(&Slot::Last("service"), ok(Reply::Services(vec![running(0)])), &mut ctx);
    assert_eq!(last, WatchState::InProgress);
    let early = watch.reply(&Slot::Service, ok(Reply::Services(vec![running(1)])), &mut ctx);
    assert_eq!(early, WatchState::InProgress);
    let seen = watch.reply(&Slot::Last("tasks"), ok(Reply::Tasks(Vec::new())), &mut ctx);
    assert_eq!(seen, WatchState::InProgress, "its task has ended since, and is waited for");
    assert!(watch.running_version().is_some_and(|runs| runs.starts_with("nothing")), "{:?}", watch.running_version());
}
