//! Tests of the scheduler from outside: what is requested when, and how answers are handled.

use super::*;
use crate::app::App;
use crate::app::event::Event;
use crate::app::testing::{ACCOUNT, at, broken, environment, fetches, name, open, part, read, world};
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Part};
use crate::model::{FailureKind, MetricKey};
use crate::model::{Freshness, Identity};

fn count(asked: &[Query], source: Source) -> usize {
    asked.iter().filter(|query| query.source() == source).count()
}

/// Ticks second by second; returns the seconds at which a source was requested.
fn request_times(
    world: &crate::app::testing::World,
    app: &mut App,
    source: Source,
    seconds: std::ops::Range<i64>,
) -> Vec<i64> {
    seconds.filter(|second| count(&world.tick(app, *second), source) > 0).collect()
}

#[test]
fn answers_for_the_previous_environment_are_dropped() {
    let world = world(3, 1);
    let (mut app, effects) = open(Wants::default());
    world.press(&mut app, "e down enter");
    assert_eq!(app.environment.name, "prod");
    let before = app.estate.clone();
    for effect in effects.iter().filter(|effect| matches!(effect, Effect::Fetch { .. })) {
        let Effect::Fetch { ask: Ask::Aws(query), .. } = effect else { continue };
        app.update(world.event(effect, query).unwrap());
    }
    // The new environment's own answers came while keys were pressed; nothing was added to them.
    assert_eq!(app.estate.services.value(), before.services.value());
    assert_eq!(app.estate.identity, before.identity);
    assert_eq!(app.estate.db_instances, before.db_instances);
}

#[test]
fn unrequested_answer_changes_nothing() {
    let world = world(3, 1);
    let (mut app, effects) = open(Wants::default());
    world.answer(&mut app, effects.clone());
    let before = app.estate.services.clone();
    for effect in effects.iter().filter(|effect| matches!(effect, Effect::Fetch { .. })) {
        // The fetch has ended: the same answer comes again.
        app.update(part(effect, Part::Last(Fact::ServiceNames(vec!["stranger".into()]))));
    }
    assert_eq!(app.estate.services.value(), before.value());
}

#[test]
fn wrong_account_clears_everything_and_stops_requests() {
    let mut world = world(3, 1);
    let mut app = read(&world);
    assert_eq!(app.estate.services.value().unwrap().len(), 3);
    world.account = "999999999999";
    world.tick(&mut app, 301);
    assert!(app.estate.services.value().is_none());
    assert!(app.estate.db_instances.value().is_none());
    let failure = app.estate.identity.failure().unwrap();
    assert_eq!(failure.kind, FailureKind::WrongAccount);
    assert!(failure.message.contains("999999999999") && failure.message.contains(ACCOUNT), "{failure}");
    for second in 302..340 {
        let queries = world.tick(&mut app, second);
        assert!(queries.iter().all(|query| *query == Query::Identity), "{queries:?}");
    }
    // The right credentials come back: everything is read again.
    world.account = ACCOUNT;
    for second in 340..460 {
        world.tick(&mut app, second);
    }
    assert_eq!(app.estate.services.value().unwrap().len(), 3);
    assert!(app.estate.identity.failure().is_none());
}

#[test]
fn answers_wait_until_the_account_is_known() {
    let world = world(3, 1);
    let (mut app, effects) = open(Wants::default());
    let (identity, others): (Vec<Effect>, Vec<Effect>) =
        effects.into_iter().partition(|effect| matches!(effect, Effect::Fetch { ask: Ask::Aws(Query::Identity), .. }));
    world.answer(&mut app, others);
    assert!(app.estate.db_instances.value().is_none() && app.estate.services.value().is_none());
    assert!(!app.all_read());
    world.answer(&mut app, identity);
    assert_eq!(app.estate.services.value().unwrap().len(), 3);
    assert!(app.estate.db_instances.value().is_some());
}

#[test]
fn answers_that_waited_for_a_wrong_account_are_never_shown() {
    let world = world(3, 1);
    let (mut app, effects) = open(Wants::default());
    let (identity, others): (Vec<Effect>, Vec<Effect>) =
        effects.into_iter().partition(|effect| matches!(effect, Effect::Fetch { ask: Ask::Aws(Query::Identity), .. }));
    world.answer(&mut app, others);
    let stranger = Identity { account: "999999999999".into(), arn: "arn:other".into(), ..Identity::default() };
    app.update(part(&identity[0], Part::Last(Fact::Identity(stranger))));
    app.settle();
    assert!(app.estate.services.value().is_none() && app.estate.db_instances.value().is_none());
    assert!(app.all_read(), "there is nothing more to read");
}

#[test]
fn truncated_list_is_partial_and_keeps_known_values() {
    let world = world(30, 1);
    let mut app = read(&world);
    let effects = app.update(Event::Tick(at(11)));
    let list =
        effects.iter().find(|e| matches!(e, Effect::Fetch { ask: Ask::Aws(Query::ServiceNames { .. }), .. })).unwrap();
    let some = (0..10).map(name).collect();
    let batch = app.update(part(list, Part::Page(Fact::ServiceNames(some))));
    let rest = app.update(broken(list, FailureKind::Malformed));
    world.answer(&mut app, batch);
    world.answer(&mut app, rest);
    app.settle();
    let services = &app.estate.services;
    assert_eq!(services.value().unwrap().len(), 30, "the last good ones stay");
    assert!(services.partial().unwrap().contains("ended early, after 10"), "{:?}", services.partial());
    assert_eq!(services.freshness(app.now, SignedDuration::from_secs(10)), Freshness::Partial);
}

#[test]
fn failed_batch_leaves_the_others() {
    let world = world(25, 1);
    let (mut app, effects) = open(Wants { service_metrics: false, ..Wants::default() });
    let mut waiting: VecDeque<Effect> = effects.into();
    let mut failed = false;
    while let Some(effect) = waiting.pop_front() {
        let Effect::Fetch { ask: Ask::Aws(query), .. } = &effect else { continue };
        let first = !failed && matches!(query, Query::Services { .. });
        failed |= first;
        let event = if first { broken(&effect, FailureKind::Timeout) } else { world.event(&effect, query).unwrap() };
        waiting.extend(app.update(event));
    }
    app.settle();
    assert_eq!(app.estate.services.value().unwrap().len(), 15);
    assert!(app.estate.services.partial().unwrap().starts_with("10 of 25 services could not be read"));
}

#[test]
fn throttling_slows_only_that_source_and_more_each_time() {
    let mut world = world(3, 1);
    let mut app = read(&world);
    world.failing.insert(Source::DbInstances, FailureKind::Throttled);
    let seconds = request_times(&world, &mut app, Source::DbInstances, 2..400);
    let gaps: Vec<i64> = seconds.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps[..2], [60, 120], "{gaps:?}");
    assert_eq!(app.estate.db_instances.value().unwrap().len(), 1, "the last good value stays");
    assert_eq!(app.estate.db_instances.failure().unwrap().kind, FailureKind::Throttled);
    // Other sources keep their pace.
    let services = request_times(&world, &mut app, Source::Services, 400..440);
    assert_eq!(services.len(), 4, "{services:?}");
    world.failing.clear();
    request_times(&world, &mut app, Source::DbInstances, 440..800);
    assert!(app.estate.db_instances.failure().is_none());
    let seconds = request_times(&world, &mut app, Source::DbInstances, 800..900);
    assert!(seconds.windows(2).all(|pair| pair[1] - pair[0] == 30), "{seconds:?}");
}

#[test]
fn hanging_source_is_requested_once_and_stops_no_other() {
    let mut world = world(3, 1);
    let mut app = read(&world);
    world.silent.insert(Source::Tasks);
    assert_eq!(request_times(&world, &mut app, Source::Tasks, 2..100).len(), 1);
    assert_eq!(request_times(&world, &mut app, Source::Services, 100..140).len(), 4);
    assert_eq!(app.estate.tasks.value().unwrap().len(), 3);
}

#[test]
fn reads_are_half_as_frequent_without_focus() {
    let world = world(3, 1);
    let mut app = read(&world);
    let focused = request_times(&world, &mut app, Source::Services, 2..122).len();
    app.update(Event::Focus(false));
    let unfocused = request_times(&world, &mut app, Source::Services, 122..242).len();
    assert_eq!((focused, unfocused), (12, 6));
    let effects = app.update(Event::Focus(true));
    world.answer(&mut app, effects);
    assert_eq!(request_times(&world, &mut app, Source::Services, 242..302).len(), 6);
}

#[test]
fn thousands_of_services_are_read_once_in_batches_of_ten() {
    let world = world(2_500, 0);
    let sources = [Source::Services].into();
    let (mut app, effects) = open(Wants { sources, service_metrics: false, once: true, ..Wants::default() });
    let queries = world.answer(&mut app, effects);
    let mut seen = BTreeSet::new();
    let mut calls = 0;
    for query in &queries {
        if let Query::Services { names, .. } = query {
            calls += 1;
            assert!(names.len() <= SERVICES_PER_CALL);
            assert!(names.iter().all(|name| seen.insert(name.clone())), "one twice");
        }
    }
    assert_eq!((calls, seen.len()), (250, 2_500));
    assert!(app.all_read());
    assert_eq!(app.estate.derived.services.len(), 2_500);
    assert!(app.estate.services.partial().is_none());
}

#[test]
fn tasks_are_read_in_batches_of_a_hundred_and_settled_ones_only_once() {
    let world = world(50, 9);
    let mut app = read(&world);
    assert_eq!(app.estate.tasks.value().unwrap().len(), 450);
    let described = |asked: &[Query]| -> Vec<usize> {
        asked
            .iter()
            .filter_map(|query| if let Query::Tasks { ids, .. } = query { Some(ids.len()) } else { None })
            .collect()
    };
    let mut before_a_minute = Vec::new();
    for second in 2..55 {
        before_a_minute.extend(described(&world.tick(&mut app, second)));
    }
    assert_eq!(before_a_minute, Vec::<usize>::new());
    let mut after = Vec::new();
    for second in 55..75 {
        after.extend(described(&world.tick(&mut app, second)));
    }
    assert_eq!(after, [100, 100, 100, 100, 50]);
}

#[test]
fn pause_freezes_the_screen_and_stops_requests() {
    let mut world = world(3, 1);
    let mut app = read(&world);
    let effects = app.update(Event::Tick(at(30)));
    world.press(&mut app, "p");
    assert!(app.screen.paused.is_some());
    world.services = 5;
    world.answer(&mut app, effects);
    for second in 31..100 {
        assert_eq!(world.tick(&mut app, second), []);
    }
    assert_eq!(app.estate.services.value().unwrap().len(), 3);
    world.press(&mut app, "p");
    world.tick(&mut app, 101);
    assert_eq!(app.estate.services.value().unwrap().len(), 5);
}

#[test]
fn requests_of_a_person_take_priority_over_polling() {
    let world = world(3, 1);
    let mut app = read(&world);
    let priorities = |effects: &[Effect]| -> BTreeSet<bool> {
        effects
            .iter()
            .filter_map(|effect| {
                if let Effect::Fetch { priority, .. } = effect { Some(*priority == Priority::Operator) } else { None }
            })
            .collect()
    };
    let polled = app.update(Event::Tick(at(12)));
    assert_eq!(priorities(&polled), [false].into());
    world.answer(&mut app, polled);
    let pressed = app.update(Event::Key("r".parse().unwrap()));
    assert_eq!(priorities(&pressed), [true].into());
    assert!(fetches(&pressed).iter().any(|query| matches!(query, Query::ServiceNames { .. })));
}

#[test]
fn metrics_of_many_services_are_read_only_for_those_on_the_screen() {
    let few = world(100, 0);
    let (mut app, effects) = open(Wants::default());
    let metrics = |asked: &[Query]| -> BTreeSet<String> {
        let keys =
            asked.iter().filter_map(|query| if let Query::Metrics { keys, .. } = query { Some(keys) } else { None });
        keys.flatten()
            .filter_map(|key| if let MetricKey::ServiceCpu(name) = key { Some(name.clone()) } else { None })
            .collect()
    };
    let mut queries = few.answer(&mut app, effects);
    queries.extend(few.tick(&mut app, 1));
    assert_eq!(metrics(&queries).len(), 100);
    let many = world(101, 0);
    let (mut app, effects) = open(Wants::default());
    let mut queries = many.answer(&mut app, effects);
    for second in 1..70 {
        queries.extend(many.tick(&mut app, second));
    }
    let read = metrics(&queries);
    let visible: BTreeSet<String> = crate::app::plan::visible_services(&app).into_iter().collect();
    assert!(!visible.is_empty() && visible.len() < 101);
    assert_eq!(read, visible);
}

#[test]
fn every_query_names_only_its_environment() {
    let (_, effects) = open(Wants::default());
    for query in fetches(&effects) {
        if let Query::ServiceNames { cluster } | Query::Cluster { cluster } = query {
            assert_eq!(Some(cluster), environment("staging").cluster.as_ref());
        }
    }
}

/// CloudWatch has no points for its own future: a query by a clock that is ahead gets none.
#[test]
fn metrics_are_requested_once_the_service_time_is_known() {
    let named = EnvironmentConfig { services: vec![name(0)], ..environment("staging") };
    let wants = Wants { service_metrics: true, once: true, ..Wants::default() };
    let (mut poller, mut estate) = (Poller::new(1, wants, &named), Estate::default());
    let until = |effects: &[Effect]| {
        let of = |query: &&Query| if let Query::Metrics { until, .. } = query { Some(*until) } else { None };
        fetches(effects).iter().find_map(of)
    };
    let first = poller.plan(&estate, &named, &[], 1, at(3600));
    assert_eq!(until(&first), None);
    let of_identity = |effect: &&Effect| matches!(effect, Effect::Fetch { ask: Ask::Aws(Query::Identity), .. });
    let Some(Effect::Fetch { ticket, .. }) = first.iter().find(of_identity) else { panic!("{first:?}") };
    // The answer shows that this machine is ten minutes ahead.
    poller.ahead = -SignedDuration::from_mins(10);
    let identity = Fact::Identity(Identity { account: ACCOUNT.into(), ..Identity::default() });
    let answer = crate::app::event::Answer { ticket: *ticket, requests: 1, part: Part::Last(identity) };
    poller.absorb(&mut estate, &named, answer, at(3600));
    let second = poller.plan(&estate, &named, &[], 1, at(3600));
    assert!(until(&second).is_some_and(|until| until <= at(3600 - 9 * 60)), "{second:?}");
}

/// Renewed credentials may be another account's: nothing obtained with them is shown before the account is known.
#[test]
fn facts_wait_for_the_account_after_new_credentials() {
    let mut world = world(3, 1);
    let mut app = read(&world);
    let before = app.estate.db_instances.at();
    assert!(before.is_some());
    // A query is in flight when the credentials are refused and reloaded.
    app.poller.make_due(&[Source::DbInstances], app.now);
    let effects = app.update(Event::Tick(at(2)));
    let of_databases = |effect: &&Effect| matches!(effect, Effect::Fetch { ask: Ask::Aws(Query::DbInstances), .. });
    let fetch = effects.iter().find(of_databases).unwrap();
    let Effect::Fetch { ticket, ask: Ask::Aws(query), .. } = fetch else { panic!("{fetch:?}") };
    let identity = app.update(Event::CredentialsRenewed(*ticket));
    app.update(world.event(fetch, query).unwrap());
    assert_eq!(app.estate.db_instances.at(), before, "it waits");
    // They are another account's: nothing stays under this environment's name.
    world.account = "999999999999";
    world.answer(&mut app, identity);
    assert_eq!(app.estate.db_instances.value(), None);
    assert_eq!(app.estate.identity.failure().unwrap().kind, FailureKind::WrongAccount);
}

/// Answers that come while the screen is paused are dropped; half of a list must not pass for all of it.
#[test]
fn read_interrupted_by_a_pause_starts_again() {
    let world = world(3, 2);
    let mut app = read(&world);
    let tasks = app.estate.tasks.value().unwrap().len();
    // A round is in flight: its lists have two parts each.
    let effects = app.update(Event::Tick(at(12)));
    let lists: Vec<&Effect> = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Fetch { ask: Ask::Aws(Query::TaskIds { .. }), .. }))
        .collect();
    assert_eq!(lists.len(), 2);
    app.update(Event::Key("p".parse().unwrap()));
    app.update(part(lists[0], Part::Page(Fact::TaskIds(vec!["00000000".into()]))));
    let mut resumed = app.update(Event::Key("p".parse().unwrap()));
    // Late answers of the previous round belong to no fetch.
    app.update(part(lists[0], Part::Last(Fact::TaskIds(Vec::new()))));
    app.update(part(lists[1], Part::Last(Fact::TaskIds(Vec::new()))));
    assert_eq!(app.estate.tasks.value().unwrap().len(), tasks, "nothing was taken for the whole list");
    resumed.extend(app.update(Event::Tick(at(13))));
    assert!(fetches(&resumed).iter().any(|query| matches!(query, Query::TaskIds { .. })), "{resumed:?}");
    world.answer(&mut app, resumed);
    assert_eq!(app.estate.tasks.at(), Some(app.now), "tasks are read again");
}

/// A wrong account clears keyed facts too: they all come back with the right one.
#[test]
fn images_and_histories_come_back_with_the_right_account() {
    let mut world = world(3, 1);
    let mut app = read(&world);
    let known = app.estate.task_definitions.len();
    assert!(known > 0);
    world.account = "999999999999";
    world.tick(&mut app, 301);
    assert!(app.estate.task_definitions.is_empty());
    world.account = ACCOUNT;
    for second in 302..420 {
        world.tick(&mut app, second);
    }
    assert_eq!(app.estate.task_definitions.len(), known);
}

#[test]
fn infrastructure_only_environment_requests_no_identity() {
    let (app, _) = open(Wants::default());
    let text = "[environments.e]\ninfra = { kind = \"terragrunt\", dir = \"x\" }\n";
    let bare = crate::config::parse("config.toml", text).config.environments[0].clone();
    assert!(app.poller.sources(&bare).is_empty());
    let in_aws = EnvironmentConfig { region: Some("eu-west-1".into()), ..bare };
    assert_eq!(app.poller.sources(&in_aws).into_iter().collect::<Vec<_>>(), [Source::Identity]);
}
