//! Schedules that are skipped, and services that have no count to set.

use super::Operations;
use super::call::{Answered, Call, Read, Reply, Write};
use super::outcome::Verdict;
use super::steps::Wanted;
use super::tests::{at, environment, get, healthy, me, ok, service, settle, steps, to_its_end};
use crate::app::effect::Effect;
use crate::model::ScalableTarget;
use crate::model::Service;
use crate::model::scaling::Suspended;
use crate::model::timer::{Power, Timer};
use crate::model::{Failure, FailureKind};
use jiff::{Timestamp, tz::TimeZone};

/// A stop schedule.
fn stops(name: &str, expression: &str) -> Timer {
    Timer {
        name: name.into(),
        expression: expression.into(),
        enabled: true,
        input: r#"{"action":"stop"}"#.into(),
        ..Timer::default()
    }
}

/// What is sent: schedules by their names, each with its new start; and how the operation ended.
type Sent = (Vec<(String, Option<String>)>, String);

/// What is sent for a skip, or why nothing is.
fn skip(undo: bool, timers: &[Timer], actions: &[Timer]) -> Result<Sent, String> {
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().expect("valid");
    let mut operations = Operations::new("t", TimeZone::UTC);
    let wanted = Wanted::Skip { power: Power::Stop, undo };
    let (id, effects) = operations.start(steps(wanted), &environment(), now);
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Timers { .. }) => ok(Reply::Timers(timers.to_vec())),
        Call::Read(Read::Actions { .. }) => ok(Reply::Timers(actions.to_vec())),
        _ => ok(Reply::Done),
    };
    let none = settle(&mut operations, effects, now, &mut answer);
    assert_eq!(none, [], "nothing is sent before the yes");
    let effects = operations.confirm(id, now);
    let writes = settle(&mut operations, effects, now, &mut answer);
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    if outcome.verdict != Verdict::Done {
        assert_eq!(writes, [], "nothing is sent where it is refused");
        return Err(outcome.summary);
    }
    let sent = writes.into_iter().map(|write| match write {
        Write::Skip { timer, until } => (timer.name, until.map(|at| at.to_string())),
        other => panic!("{other:?}"),
    });
    Ok((sent.collect(), outcome.summary))
}

#[test]
fn only_the_next_stop_of_all_schedules_is_skipped() {
    let night = stops("night", "cron(0 22 * * ? *)");
    let noon = stops("noon", "cron(0 13 * * ? *)");
    let (sent, summary) = skip(false, &[night.clone(), noon.clone()], &[]).expect("it can be skipped");
    assert_eq!(sent, [("noon".to_owned(), Some("2026-11-20T13:00:01Z".to_owned()))]);
    assert_eq!(summary, "the next stop is 22:00 UTC");
    // Two at the same moment are one stop.
    let other = stops("other", "cron(0 13 ? * FRI *)");
    let (sent, _) = skip(false, &[night.clone(), noon.clone(), other], &[]).expect("it can be skipped");
    assert_eq!(sent.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["noon", "other"]);
    // A start schedule, and one that is disabled, are none.
    let start = Timer { input: r#"{"action":"start"}"#.into(), ..stops("start", "cron(0 12 * * ? *)") };
    let off = Timer { enabled: false, ..stops("off", "rate(5 minutes)") };
    let (sent, _) = skip(false, &[night, noon.clone(), start, off], &[]).expect("it can be skipped");
    assert_eq!(sent.len(), 1);
    // Twice is refused: who pressed twice meant once.
    let skipped = Timer { start: Some("2026-11-20T13:00:01Z".parse().expect("valid")), ..noon };
    let why = skip(false, &[skipped], &[]).unwrap_err();
    assert!(why.contains("skipped already"), "{why}");
}

#[test]
fn what_cannot_be_computed_is_refused_and_nothing_is_sent() {
    let night = stops("night", "cron(0 22 * * ? *)");
    for (odd, words) in [
        (stops("odd", "cron(0 22 L-2 * ? *)"), "odd next does a stop cannot be computed"),
        (stops("odd", "rate(12 hours)"), "no StartDate"),
        (stops("odd", "at(2026-11-20T13:00:00)"), "takes no notice of a StartDate"),
        (Timer { timezone: Some("Moon/Sea".into()), ..stops("odd", "cron(0 13 * * ? *)") }, "Moon/Sea"),
        (
            Timer { end: Some("2026-11-20T14:00:00Z".parse().expect("valid")), ..stops("odd", "cron(0 13 * * ? *)") },
            "the last time",
        ),
    ] {
        let why = skip(false, &[night.clone(), odd], &[]).unwrap_err();
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn scheduled_actions_are_skipped_like_schedules() {
    let night = stops("night", "cron(0 22 * * ? *)");
    let action = crate::model::ScheduledAction {
        resource: "service/app/web".into(),
        name: "evening".into(),
        schedule: "cron(0 18 * * ? *)".into(),
        max: Some(0),
        ..crate::model::ScheduledAction::default()
    };
    let (sent, summary) = skip(false, &[night], &[action.timer()]).expect("it can be skipped");
    assert_eq!(sent, [("evening".to_owned(), Some("2026-11-20T18:00:01Z".to_owned()))]);
    assert_eq!(summary, "the next stop is 22:00 UTC");
    let resize = crate::model::ScheduledAction { max: Some(4), ..action.clone() };
    assert!(skip(false, &[], &[resize.timer()]).unwrap_err().contains("no schedule stops the environment"));
    // Timers of several services share a name; those of another environment's service are not touched.
    assert_eq!(action.timer().title(), "evening of web");
    let mut operations = Operations::new("t", TimeZone::UTC);
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().expect("valid");
    let environment = crate::config::EnvironmentConfig { services: vec!["shop-*".into()], ..environment() };
    let wanted = Wanted::Skip { power: Power::Stop, undo: false };
    let (id, effects) = operations.start(steps(wanted), &environment, now);
    settle(&mut operations, effects, now, &mut |call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Actions { .. }) => ok(Reply::Timers(vec![action.timer()])),
        _ => ok(Reply::Timers(Vec::new())),
    });
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert!(outcome.summary.contains("no schedule stops the environment"), "{outcome:?}");
}

#[test]
fn taking_a_skip_back_brings_back_that_time_and_no_start_that_somebody_set() {
    let start = |at: &str| Some(at.parse().expect("valid"));
    let tonight = Timer { start: start("2026-11-20T22:00:01Z"), ..stops("night", "cron(0 22 * * ? *)") };
    let (sent, summary) = skip(true, &[tonight], &[]).expect("it is skipped");
    assert_eq!((sent, summary.as_str()), (vec![("night".to_owned(), None)], "the next stop is 22:00 UTC"));
    // Somebody let it begin on the first; the time after that was skipped.
    let first = Timer { start: start("2026-12-01T22:00:01Z"), ..stops("night", "cron(0 22 * * ? *)") };
    let (sent, _) = skip(true, &[first], &[]).expect("it is skipped");
    assert_eq!(sent, [("night".to_owned(), Some("2026-12-01T22:00:00Z".to_owned()))]);
    let theirs = Timer { start: start("2026-12-01T00:00:00Z"), ..stops("night", "cron(0 22 * * ? *)") };
    assert!(skip(true, &[theirs], &[]).unwrap_err().contains("no time is skipped"));
}

#[test]
fn a_daemon_service_has_no_count_to_set() {
    let daemon = || Service { scheduling: "DAEMON".into(), ..service("agent", 3, 3) };
    let plan = |wanted: Wanted, services: Vec<Service>| {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        let mut answer = |call: &Call| match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Timers { .. }) => ok(Reply::Timers(Vec::new())),
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
            Call::Read(_) => ok(Reply::Services(services.clone())),
            _ => ok(Reply::Done),
        };
        settle(&mut operations, effects, at(0), &mut answer);
        get(&operations, id).clone()
    };
    let scale = Wanted::Scale { service: "agent".into(), desired: 5, min: None, max: None, move_limits: false };
    let summary = plan(scale, vec![daemon()]).outcome.expect("it is refused").summary;
    assert!(summary.contains("DAEMON service"), "{summary}");
    for power in [Power::Stop, Power::Start] {
        let services = vec!["web".to_owned(), "agent".to_owned()];
        let wanted = Wanted::Power { power, services, databases: false, direct: true };
        let web = if power == Power::Stop { service("web", 2, 2) } else { service("web", 0, 0) };
        let planned = plan(wanted, vec![web, daemon()]).plan.expect("a plan");
        let updates: Vec<&Write> =
            planned.writes.iter().filter(|write| matches!(write, Write::Update { .. })).collect();
        assert!(matches!(updates.as_slice(), [Write::Update { service, .. }] if service == "web"), "{updates:?}");
        assert!(planned.checks.iter().any(|check| check.text.contains("agent is a DAEMON")), "{:?}", planned.checks);
        let wanted = Wanted::Power { power, services: vec!["agent".to_owned()], databases: false, direct: true };
        let summary = plan(wanted, vec![daemon()]).outcome.expect("it is refused").summary;
        assert!(summary.contains("no service that could be"), "{summary}");
    }
}

#[test]
fn skipping_moves_the_start_right_behind_the_next_time() {
    let timer = Timer {
        name: "app-stop".into(),
        expression: "cron(0 22 ? * MON-FRI *)".into(),
        timezone: Some("Asia/Tokyo".into()),
        enabled: true,
        input: r#"{"action":"stop"}"#.into(),
        ..Timer::default()
    };
    let now: Timestamp = "2026-11-20T11:00:00Z".parse().expect("valid");
    let mut operations = Operations::new("t", TimeZone::get("Asia/Tokyo").expect("bundled"));
    let wanted = Wanted::Skip { power: Power::Stop, undo: false };
    let (id, effects) = operations.start(steps(wanted), &environment(), now);
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Timers { .. }) => ok(Reply::Timers(vec![timer.clone()])),
        Call::Read(Read::Actions { .. }) => ok(Reply::Timers(Vec::new())),
        _ => ok(Reply::Done),
    };
    settle(&mut operations, effects, now, &mut answer);
    let effects = operations.confirm(id, now);
    let writes = settle(&mut operations, effects, now, &mut answer);
    let [Write::Skip { until, .. }] = writes.as_slice() else { panic!("{writes:?}") };
    assert_eq!(*until, Some("2026-11-20T13:00:01Z".parse().expect("valid")));
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert_eq!(outcome.summary, "the next stop is Mon 22:00 JST");
}

#[test]
fn where_there_is_no_schedule_it_says_that_rules_are_not_looked_at() {
    for prefix in [None, Some("app-".to_owned())] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let environment = crate::config::EnvironmentConfig { schedules: prefix, cluster: None, ..environment() };
        let wanted = Wanted::Skip { power: Power::Stop, undo: false };
        let (id, effects) = operations.start(steps(wanted), &environment, at(0));
        settle(&mut operations, effects, at(0), &mut |call| match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(_) => ok(Reply::Timers(Vec::new())),
            _ => ok(Reply::Done),
        });
        let outcome = get(&operations, id).outcome.clone().expect("it ended");
        assert_eq!(outcome.verdict, Verdict::Impossible);
        assert!(outcome.hint.is_some_and(|hint| hint.contains("disable the rule")), "{:?}", outcome.summary);
    }
}

#[test]
fn a_direct_stop_remembers_counts_in_reverse_order_and_a_start_brings_them_back() {
    let target = ScalableTarget { resource: "service/app/web".into(), min: 1, max: 4, ..ScalableTarget::default() };
    let suspended = ScalableTarget { suspended: Suspended::ALL, ..target.clone() };
    let run = |power: Power, services: Vec<Service>, target: ScalableTarget| {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let names = vec!["web".to_owned(), "api".to_owned()];
        let wanted = Wanted::Power { power, services: names, databases: false, direct: true };
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        let counts = std::cell::RefCell::new(services);
        let mut answer = |call: &Call| match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Timers { .. }) => ok(Reply::Timers(Vec::new())),
            Call::Read(Read::Scalable { resource }) => {
                ok(Reply::Scalable(Some(target.clone()).filter(|target| target.resource == *resource)))
            }
            Call::Write { write: Write::Update { service, desired: Some(count), .. }, .. } => {
                for other in counts.borrow_mut().iter_mut().filter(|other| other.name == *service) {
                    (other.desired, other.running) = (*count, *count);
                }
                ok(Reply::Services(counts.borrow().clone()))
            }
            Call::Read(Read::Tasks { service, .. }) => {
                let count = counts.borrow().iter().find(|other| other.name == *service).map(|other| other.running);
                healthy(service, count.unwrap_or_default())
            }
            Call::Read(_) => ok(Reply::Services(counts.borrow().clone())),
            _ => ok(Reply::Done),
        };
        settle(&mut operations, effects, at(0), &mut answer);
        let effects = operations.confirm(id, at(1));
        let writes = to_its_end(&mut operations, id, effects, 1, &mut answer);
        assert_eq!(get(&operations, id).outcome.as_ref().map(|outcome| outcome.verdict), Some(Verdict::Done));
        let words = |write: &Write| match write {
            Write::Update { service, desired, .. } => format!("{service}={}", desired.unwrap_or_default()),
            Write::Remember { arn, desired, suspended } => {
                let name = arn.rsplit('/').next().unwrap_or_default();
                format!(
                    "tag {name} {} {}",
                    desired.unwrap_or_default(),
                    suspended.map(Suspended::tag).unwrap_or_default()
                )
            }
            Write::Forget { arn, keys } => {
                format!("untag {} {}", arn.rsplit('/').next().unwrap_or_default(), keys.len())
            }
            Write::Limits { suspended, .. } => format!("suspended {}", suspended.unwrap_or_default().tag()),
            other => format!("{other:?}"),
        };
        writes.iter().map(words).collect::<Vec<_>>()
    };
    let stopped = run(Power::Stop, vec![service("web", 2, 2), service("api", 1, 1)], target.clone());
    assert_eq!(stopped, ["tag api 1 ", "api=0", "tag web 2 none", "suspended in+out+scheduled", "web=0"]);
    let asleep = |name: &str, remembered| Service { remembered, ..service(name, 0, 0) };
    let web =
        |kept: Option<&str>| Service { remembered_scaling: kept.and_then(Suspended::of_tag), ..asleep("web", Some(2)) };
    let api = asleep("api", Some(1));
    let started = run(Power::Start, vec![web(Some("none")), api.clone()], suspended.clone());
    assert_eq!(started, ["web=2", "suspended none", "untag web 2", "api=1", "untag api 1"]);
    // What a person had suspended before is suspended again, and no more than that.
    let theirs = Suspended { scale_in: true, ..Suspended::default() };
    let part = ScalableTarget { suspended: theirs, ..target.clone() };
    let stopped = run(Power::Stop, vec![service("web", 2, 2), service("api", 0, 0)], part);
    assert_eq!(stopped, ["tag api 0 ", "tag web 2 in", "suspended in+out+scheduled", "web=0"]);
    let started = run(Power::Start, vec![web(Some("in")), api.clone()], suspended.clone());
    assert_eq!(started[..3], ["web=2", "suspended in", "untag web 2"]);
    // All of it: there is nothing to suspend, and nothing to let go on.
    let stopped = run(Power::Stop, vec![service("web", 2, 2), service("api", 0, 0)], suspended.clone());
    assert_eq!(stopped, ["tag api 0 ", "tag web 2 in+out+scheduled", "web=0"]);
    let started = run(Power::Start, vec![web(Some("in+out+scheduled")), api.clone()], suspended.clone());
    assert_eq!(started[..2], ["web=2", "untag web 2"]);
    // Stopped by something that keeps only the count: what is suspended is a person's.
    let started = run(Power::Start, vec![web(None), api], suspended);
    assert_eq!(started[..2], ["web=2", "untag web 1"]);
    // A second stop does not take the first one's suspension for a person's.
    let up_by_hand = Service { desired: 1, running: 1, ..web(Some("none")) };
    let all = ScalableTarget { suspended: Suspended::ALL, ..target };
    let stopped = run(Power::Stop, vec![up_by_hand, service("api", 0, 0)], all);
    assert_eq!(stopped, ["tag api 0 ", "tag web 1 ", "web=0"]);
}

#[test]
fn a_service_that_was_at_0_when_it_was_stopped_is_not_started() {
    let planned = |power, databases, services: Vec<Service>| {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let names = services.iter().map(|service| service.name.clone()).collect();
        let wanted = Wanted::Power { power, services: names, databases, direct: true };
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        settle(&mut operations, effects, at(0), &mut |call: &Call| match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Timers { .. }) => ok(Reply::Timers(Vec::new())),
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
            _ => ok(Reply::Services(services.clone())),
        });
        get(&operations, id).plan.clone().unwrap()
    };
    let asleep = |name: &str, count| Service { remembered: Some(count), ..service(name, 0, 0) };
    let plan = planned(Power::Start, false, vec![asleep("web", 2), asleep("api", 0)]);
    let desired = |write: &Write| match write {
        Write::Update { service, desired, .. } => Some((service.clone(), *desired)),
        _ => None,
    };
    assert_eq!(plan.writes.iter().filter_map(desired).collect::<Vec<_>>(), [("web".to_owned(), Some(2))]);
    assert!(plan.checks.iter().any(|check| check.text == "api was at 0 when it was stopped, and stays there"));
    assert_eq!(plan.undo, "`cockpit stop --env staging` takes it back");
    let plan = planned(Power::Start, false, vec![asleep("web", 0)]);
    assert!(
        !plan.possible() && plan.checks.iter().any(|check| check.text == "everything was at 0 when it was stopped")
    );
    // What would be stopped along with it is said.
    let plan = planned(Power::Start, false, vec![asleep("web", 2), service("api", 1, 1)]);
    assert_eq!(plan.undo, "`cockpit stop --env staging` takes it back, and stops the one that runs now as well");
    let plan = planned(Power::Stop, true, vec![service("web", 2, 2)]);
    assert_eq!(plan.undo, "`cockpit start --databases --env staging` brings the present counts back");
}

#[test]
fn a_deleted_service_takes_no_change_of_its_autoscaling_and_is_left_out_of_a_stop() {
    let target = ScalableTarget { resource: "service/app/web".into(), min: 1, max: 2, ..ScalableTarget::default() };
    for status in ["DRAINING", "INACTIVE"] {
        let gone = Service { status: status.into(), ..service("web", 0, 0) };
        for (wanted, all, possible) in [
            (
                Wanted::Limits { service: "web".into(), min: None, max: Some(3), suspended: None },
                vec![gone.clone()],
                false,
            ),
            (power(&["web"]), vec![gone.clone()], false),
            (power(&["web", "api"]), vec![gone.clone(), service("api", 1, 1)], true),
        ] {
            let mut operations = Operations::new("t", TimeZone::UTC);
            let (id, effects) = operations.start(steps(wanted.clone()), &environment(), at(0));
            settle(&mut operations, effects, at(0), &mut |call: &Call| match call {
                Call::Read(Read::Identity) => me("123456789012"),
                Call::Read(Read::Services { .. }) => ok(Reply::Services(all.clone())),
                Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(Some(target.clone()))),
                Call::Read(Read::Timers { .. }) => ok(Reply::Timers(Vec::new())),
                _ => ok(Reply::Done),
            });
            let plan = get(&operations, id).plan.clone().unwrap();
            assert_eq!(plan.possible(), possible, "{wanted:?}: {plan:?}");
            let told =
                |check: &crate::model::deploy::Check| check.text.contains(&format!("is {status}: it was deleted"));
            assert!(plan.checks.iter().any(told), "{wanted:?}: {plan:?}");
            assert!(!possible || !plan.writes.iter().any(|write| format!("{write:?}").contains("web")), "{plan:?}");
        }
    }
}

fn power(services: &[&str]) -> Wanted {
    let services = services.iter().map(ToString::to_string).collect();
    Wanted::Power { power: Power::Stop, services, databases: false, direct: true }
}

/// The time of `--timeout` is over while it is looked at once more, after the yes.
#[test]
fn one_whose_time_is_up_before_its_first_change_is_no_refusal() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    operations.deadline = Some(at(100));
    let wanted = Wanted::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
    let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Services { .. }) => ok(Reply::Services(vec![service("web", 1, 1)])),
        Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
        _ => ok(Reply::Done),
    };
    settle(&mut operations, effects, at(0), &mut answer);
    let recording = operations.confirm(id, at(50));
    let started = recording.iter().find_map(|effect| match effect {
        Effect::Call { id, .. } => Some(*id),
        _ => None,
    });
    operations.answered(started.expect("it is written down"), &ok(Reply::Done), at(50));
    operations.tick(at(100));
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert_eq!(outcome.verdict, Verdict::Unknown, "as of a deployment: exit code 7");
    assert_eq!(outcome.summary, "scale web to 3: the time is up before anything was changed");
}

/// Also while the next look is on its way.
#[test]
fn why_it_could_not_be_looked_at_is_told_when_the_time_is_up() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    operations.deadline = Some(at(100));
    let wanted = Wanted::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
    let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
    let mut changed = false;
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
        Call::Read(_) if changed => {
            Answered::new(Err(Failure::new(FailureKind::Timeout, "ecs:DescribeServices: no answer")))
        }
        Call::Read(_) => ok(Reply::Services(vec![service("web", 2, 2)])),
        Call::Write { .. } => {
            changed = true;
            ok(Reply::Services(vec![service("web", 3, 2)]))
        }
        _ => ok(Reply::Done),
    };
    settle(&mut operations, effects, at(0), &mut answer);
    let effects = operations.confirm(id, at(1));
    settle(&mut operations, effects, at(1), &mut answer);
    let mut on_its_way = false;
    for second in 2..=100 {
        let asked = operations.tick(at(second));
        // The first looks fail; the last one is never answered.
        if second < 30 {
            settle(&mut operations, asked, at(second), &mut answer);
        } else if second < 100 {
            on_its_way |= !asked.is_empty();
        }
    }
    assert!(on_its_way, "it is asked again and again");
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert!(outcome.causes.contains(&"ecs:DescribeServices: no answer".to_owned()), "{outcome:?}");
}
