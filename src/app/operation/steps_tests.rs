//! Tests of skipping schedules, and of services without a count to set.

use super::Operations;
use super::call::{Call, CallResult, Read, Reply, Write};
use super::outcome::Verdict;
use super::steps::StepChange;
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

/// The changes sent, as schedule names with their new starts; and how the operation ended.
type Sent = (Vec<(String, Option<String>)>, String);

/// Runs a skip; returns what was sent, or why nothing was.
fn skip(undo: bool, timers: &[Timer], actions: &[Timer]) -> Result<Sent, String> {
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().expect("valid");
    let mut operations = Operations::new("t", TimeZone::UTC);
    let wanted = StepChange::Skip { power: Power::Stop, undo };
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
fn skip_affects_only_the_next_stop_of_all_schedules() {
    let night = stops("night", "cron(0 22 * * ? *)");
    let noon = stops("noon", "cron(0 13 * * ? *)");
    let (sent, summary) = skip(false, &[night.clone(), noon.clone()], &[]).expect("it can be skipped");
    assert_eq!(sent, [("noon".to_owned(), Some("2026-11-20T13:00:01Z".to_owned()))]);
    assert_eq!(summary, "the next stop is 22:00 UTC");
    // Two at the same moment are one stop.
    let other = stops("other", "cron(0 13 ? * FRI *)");
    let (sent, _) = skip(false, &[night.clone(), noon.clone(), other], &[]).expect("it can be skipped");
    assert_eq!(sent.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["noon", "other"]);
    // A start schedule and a disabled one do not count.
    let start = Timer { input: r#"{"action":"start"}"#.into(), ..stops("start", "cron(0 12 * * ? *)") };
    let off = Timer { enabled: false, ..stops("off", "rate(5 minutes)") };
    let (sent, _) = skip(false, &[night, noon.clone(), start, off], &[]).expect("it can be skipped");
    assert_eq!(sent.len(), 1);
    // A second skip is refused: pressing the key twice meant one skip.
    let skipped = Timer { start: Some("2026-11-20T13:00:01Z".parse().expect("valid")), ..noon };
    let why = skip(false, &[skipped], &[]).unwrap_err();
    assert!(why.contains("skipped already"), "{why}");
}

#[test]
fn uncomputable_schedule_is_refused_and_nothing_is_sent() {
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
    // Timers of several services share a name; the timer of another environment's service is not touched.
    assert_eq!(action.timer().title(), "evening of web");
    let mut operations = Operations::new("t", TimeZone::UTC);
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().expect("valid");
    let environment = crate::config::EnvironmentConfig { services: vec!["shop-*".into()], ..environment() };
    let wanted = StepChange::Skip { power: Power::Stop, undo: false };
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
fn undoing_a_skip_restores_that_time_and_keeps_starts_set_by_others() {
    let start = |at: &str| Some(at.parse().expect("valid"));
    let tonight = Timer { start: start("2026-11-20T22:00:01Z"), ..stops("night", "cron(0 22 * * ? *)") };
    let (sent, summary) = skip(true, &[tonight], &[]).expect("it is skipped");
    assert_eq!((sent, summary.as_str()), (vec![("night".to_owned(), None)], "the next stop is 22:00 UTC"));
    // Somebody set it to begin on the first; the time after that was skipped.
    let first = Timer { start: start("2026-12-01T22:00:01Z"), ..stops("night", "cron(0 22 * * ? *)") };
    let (sent, _) = skip(true, &[first], &[]).expect("it is skipped");
    assert_eq!(sent, [("night".to_owned(), Some("2026-12-01T22:00:00Z".to_owned()))]);
    let theirs = Timer { start: start("2026-12-01T00:00:00Z"), ..stops("night", "cron(0 22 * * ? *)") };
    assert!(skip(true, &[theirs], &[]).unwrap_err().contains("no time is skipped"));
}

#[test]
fn daemon_service_has_no_count_to_set() {
    let daemon = || Service { scheduling: "DAEMON".into(), ..service("agent", 3, 3) };
    let plan = |wanted: StepChange, services: Vec<Service>| {
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
    let scale = StepChange::Scale { service: "agent".into(), desired: 5, min: None, max: None, move_limits: false };
    let summary = plan(scale, vec![daemon()]).outcome.expect("it is refused").summary;
    assert!(summary.contains("DAEMON service"), "{summary}");
    for power in [Power::Stop, Power::Start] {
        let services = vec!["web".to_owned(), "agent".to_owned()];
        let wanted = StepChange::Power { power, services, databases: false, direct: true };
        let web = if power == Power::Stop { service("web", 2, 2) } else { service("web", 0, 0) };
        let planned = plan(wanted, vec![web, daemon()]).plan.expect("a plan");
        let updates: Vec<&Write> =
            planned.writes.iter().filter(|write| matches!(write, Write::Update { .. })).collect();
        assert!(matches!(updates.as_slice(), [Write::Update { service, .. }] if service == "web"), "{updates:?}");
        assert!(planned.checks.iter().any(|check| check.text.contains("agent is a DAEMON")), "{:?}", planned.checks);
        let wanted = StepChange::Power { power, services: vec!["agent".to_owned()], databases: false, direct: true };
        let summary = plan(wanted, vec![daemon()]).outcome.expect("it is refused").summary;
        assert!(summary.contains("no service that could be"), "{summary}");
    }
}

#[test]
fn skip_moves_the_start_right_after_the_next_time() {
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
    let wanted = StepChange::Skip { power: Power::Stop, undo: false };
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
fn missing_schedule_mentions_that_rules_are_not_read() {
    for prefix in [None, Some("app-".to_owned())] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let environment = crate::config::EnvironmentConfig { schedules: prefix, cluster: None, ..environment() };
        let wanted = StepChange::Skip { power: Power::Stop, undo: false };
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
fn direct_stop_stores_counts_in_reverse_order_and_start_restores_them() {
    let target = ScalableTarget { resource: "service/app/web".into(), min: 1, max: 4, ..ScalableTarget::default() };
    let suspended = ScalableTarget { suspended: Suspended::ALL, ..target.clone() };
    let run = |power: Power, services: Vec<Service>, target: ScalableTarget| {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let names = vec!["web".to_owned(), "api".to_owned()];
        let wanted = StepChange::Power { power, services: names, databases: false, direct: true };
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
    let web = |kept: Option<&str>| Service {
        remembered_scaling: kept.and_then(Suspended::from_tag),
        ..asleep("web", Some(2))
    };
    let api = asleep("api", Some(1));
    let started = run(Power::Start, vec![web(Some("none")), api.clone()], suspended.clone());
    assert_eq!(started, ["web=2", "suspended none", "untag web 2", "api=1", "untag api 1"]);
    // Only what a person had suspended before is suspended again.
    let theirs = Suspended { scale_in: true, ..Suspended::default() };
    let part = ScalableTarget { suspended: theirs, ..target.clone() };
    let stopped = run(Power::Stop, vec![service("web", 2, 2), service("api", 0, 0)], part);
    assert_eq!(stopped, ["tag api 0 ", "tag web 2 in", "suspended in+out+scheduled", "web=0"]);
    let started = run(Power::Start, vec![web(Some("in")), api.clone()], suspended.clone());
    assert_eq!(started[..3], ["web=2", "suspended in", "untag web 2"]);
    // Everything is suspended: there is nothing to suspend, and nothing to resume.
    let stopped = run(Power::Stop, vec![service("web", 2, 2), service("api", 0, 0)], suspended.clone());
    assert_eq!(stopped, ["tag api 0 ", "tag web 2 in+out+scheduled", "web=0"]);
    let started = run(Power::Start, vec![web(Some("in+out+scheduled")), api.clone()], suspended.clone());
    assert_eq!(started[..2], ["web=2", "untag web 2"]);
    // Stopped by something that stores only the count: the suspension is a person's.
    let started = run(Power::Start, vec![web(None), api], suspended);
    assert_eq!(started[..2], ["web=2", "untag web 1"]);
    // A second stop does not take the first one's suspension for a person's.
    let up_by_hand = Service { desired: 1, running: 1, ..web(Some("none")) };
    let all = ScalableTarget { suspended: Suspended::ALL, ..target };
    let stopped = run(Power::Stop, vec![up_by_hand, service("api", 0, 0)], all);
    assert_eq!(stopped, ["tag api 0 ", "tag web 1 ", "web=0"]);
}

#[test]
fn service_stopped_at_zero_is_not_started() {
    let planned = |power, databases, services: Vec<Service>| {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let names = services.iter().map(|service| service.name.clone()).collect();
        let wanted = StepChange::Power { power, services: names, databases, direct: true };
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
    assert_eq!(plan.undo, "`cockpit stop --env staging` undoes it");
    let plan = planned(Power::Start, false, vec![asleep("web", 0)]);
    assert!(
        !plan.possible() && plan.checks.iter().any(|check| check.text == "everything was at 0 when it was stopped")
    );
    // Everything else that would be stopped is named.
    let plan = planned(Power::Start, false, vec![asleep("web", 2), service("api", 1, 1)]);
    assert_eq!(plan.undo, "`cockpit stop --env staging` undoes it, and stops the one that runs now as well");
    let plan = planned(Power::Stop, true, vec![service("web", 2, 2)]);
    assert_eq!(plan.undo, "`cockpit start --databases --env staging` brings the present counts back");
}

#[test]
fn deleted_service_is_left_out_of_autoscaling_changes_and_stops() {
    let target = ScalableTarget { resource: "service/app/web".into(), min: 1, max: 2, ..ScalableTarget::default() };
    for status in ["DRAINING", "INACTIVE"] {
        let deleted = Service { status: status.into(), ..service("web", 0, 0) };
        for (wanted, all, possible) in [
            (
                StepChange::Limits { service: "web".into(), min: None, max: Some(3), suspended: None },
                vec![deleted.clone()],
                false,
            ),
            (power(&["web"]), vec![deleted.clone()], false),
            (power(&["web", "api"]), vec![deleted.clone(), service("api", 1, 1)], true),
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
            let report =
                |check: &crate::model::deploy::Check| check.text.contains(&format!("is {status}: it was deleted"));
            assert!(plan.checks.iter().any(report), "{wanted:?}: {plan:?}");
            assert!(!possible || !plan.writes.iter().any(|write| format!("{write:?}").contains("web")), "{plan:?}");
        }
    }
}

fn power(services: &[&str]) -> StepChange {
    let services = services.iter().map(ToString::to_string).collect();
    StepChange::Power { power: Power::Stop, services, databases: false, direct: true }
}

/// The `--timeout` passes during the check after the confirmation.
#[test]
fn timeout_before_the_first_change_is_not_a_refusal() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    operations.deadline = Some(at(100));
    let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
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

/// Also while the next read is in flight.
#[test]
fn timeout_reports_the_last_read_failure() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    operations.deadline = Some(at(100));
    let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
    let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
    let mut changed = false;
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
        Call::Read(_) if changed => {
            CallResult::new(Err(Failure::new(FailureKind::Timeout, "ecs:DescribeServices: no answer")))
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
        let effects = operations.tick(at(second));
        // The first reads fail; the last one is never answered.
        if second < 30 {
            settle(&mut operations, effects, at(second), &mut answer);
        } else if second < 100 {
            on_its_way |= !effects.is_empty();
        }
    }
    assert!(on_its_way, "it is asked again and again");
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert!(outcome.causes.contains(&"ecs:DescribeServices: no answer".to_owned()), "{outcome:?}");
}
