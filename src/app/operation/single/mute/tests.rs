//! An alarm is muted by a rule that ends by itself, and never unnoticed by others.

use super::Request;
use crate::app::operation::call::{Call, CallResult, Read, Reply, Write};
use crate::app::operation::outcome::Verdict;
use crate::app::operation::tests::{at, environment, get, me, ok, settle, to_its_end};
use crate::app::operation::{OperationId, Operations};
use crate::model::{Alarm, Failure, FailureKind, Mute};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

const NAME: &str = "web-cpu";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A fake AWS with what these tests need.
struct Aws {
    alarm: Option<Alarm>,
    mutes: Vec<Mute>,
    /// Whether the answer to the next change is lost although it is made.
    loses: bool,
    /// Whether reads are refused.
    denied: bool,
    /// Whether changes are answered but not made.
    idle: bool,
}

impl Aws {
    fn new() -> Self {
        let topic = "arn:aws:sns:eu-west-1:1:alerts".to_owned();
        let alarm = Alarm { name: NAME.into(), actions_enabled: true, actions: vec![topic], ..Alarm::default() };
        Self { alarm: Some(alarm), mutes: Vec::new(), loses: false, denied: false, idle: false }
    }

    fn answer(&mut self, call: &Call) -> CallResult {
        match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Alarm { .. }) if self.denied => {
                let text = "cloudwatch:ListAlarmMuteRules: not allowed";
                CallResult::new(Err(Failure::new(FailureKind::Denied, text)))
            }
            Call::Read(Read::Alarm { .. }) => ok(Reply::Alarm(self.alarm.clone().map(Box::new), self.mutes.clone())),
            Call::Write { .. } if self.idle => ok(Reply::Done),
            Call::Write { write, .. } => {
                self.mutes.retain(|mute| !mute.is_ours(NAME));
                if let Write::MuteAlarm { alarm, from, length } = write {
                    let alarms = vec![alarm.clone()];
                    let (rule, until) = (Mute::rule_of(alarm), Some(*from + *length));
                    self.mutes.push(Mute { rule, alarms, from: Some(*from), until, ..Mute::default() });
                }
                if std::mem::take(&mut self.loses) {
                    return CallResult::new(Err(Failure::new(FailureKind::Timeout, "no answer")));
                }
                ok(Reply::Done)
            }
            _ => ok(Reply::Done),
        }
    }
}

fn started(length: Option<SignedDuration>, aws: &mut Aws) -> (Operations, OperationId) {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let request = Request { alarm: NAME.into(), length };
    let (id, effects) = operations.start(request, &environment(), at(0));
    let writes = settle(&mut operations, effects, at(0), &mut |call| aws.answer(call));
    assert_eq!(writes, [], "nothing is sent before the yes");
    (operations, id)
}

fn finished(length: Option<SignedDuration>, aws: &mut Aws, later: i64) -> (Operations, OperationId, Vec<Write>) {
    let (mut operations, id) = started(length, aws);
    let effects = operations.confirm(id, at(later));
    let writes = to_its_end(&mut operations, id, effects, later, &mut |call| aws.answer(call));
    (operations, id, writes)
}

#[test]
fn alarm_is_muted_from_a_whole_minute_and_cloudwatch_ends_it() {
    let mut aws = Aws::new();
    let (operations, id, writes) = finished(Some(HOUR), &mut aws, 1);
    let [Write::MuteAlarm { alarm, from, length }] = writes.as_slice() else { panic!("{writes:?}") };
    assert_eq!((alarm.as_str(), *length), (NAME, HOUR));
    assert!(*from > at(0) && from.as_second() % 60 == 0, "{from}");
    let operation = get(&operations, id);
    let plan = operation.plan.as_ref().expect("planned");
    assert!(plan.steps[0].contains("whether the cockpit runs or not"), "{:?}", plan.steps);
    assert_eq!(
        (plan.changes[0].now.as_str(), plan.command.as_str()),
        ("tells", "cockpit alarms mute web-cpu --for 1h --env staging")
    );
    let outcome = operation.outcome.as_ref().expect("ended");
    assert_eq!(outcome.verdict, Verdict::Done);
    assert!(outcome.summary.starts_with("web-cpu notifies nobody until "), "{outcome:?}");
}

#[test]
fn late_confirmation_mutes_for_the_requested_time() {
    let mut aws = Aws::new();
    let (_, _, writes) = finished(Some(HOUR), &mut aws, 600);
    let [Write::MuteAlarm { from, length, .. }] = writes.as_slice() else { panic!("{writes:?}") };
    assert!(*from > at(600) && *length == HOUR, "{writes:?}");
}

#[test]
fn unmute_removes_only_our_rule() {
    let mut aws = Aws::new();
    aws.mutes.push(Mute { rule: Mute::rule_of(NAME), alarms: vec![NAME.into()], ..Mute::default() });
    let (operations, id, writes) = finished(None, &mut aws, 1);
    assert_eq!(writes, [Write::UnmuteAlarm { alarm: NAME.into() }]);
    assert_eq!(get(&operations, id).outcome.as_ref().expect("ended").summary, "web-cpu tells");
    aws.mutes.push(Mute { rule: "nightly".into(), alarms: vec![NAME.into()], ..Mute::default() });
    let (operations, id) = started(None, &mut aws);
    let outcome = get(&operations, id).outcome.clone().expect("ended");
    assert_eq!(outcome.verdict, Verdict::Impossible);
    assert!(format!("{outcome:?}").contains("nightly"), "{outcome:?}");
}

#[test]
fn rule_changed_by_someone_else_is_not_overwritten() {
    let mut aws = Aws::new();
    let (mut operations, id) = started(Some(HOUR), &mut aws);
    aws.mutes.push(Mute { rule: "theirs".into(), alarms: vec![NAME.into()], ..Mute::default() });
    let effects = operations.confirm(id, at(60));
    let writes = to_its_end(&mut operations, id, effects, 60, &mut |call| aws.answer(call));
    assert_eq!(writes, []);
    assert_eq!(get(&operations, id).outcome.as_ref().expect("ended").verdict, Verdict::Impossible);
}

#[test]
fn lost_rule_is_looked_for_and_not_sent_twice() {
    let mut aws = Aws::new();
    aws.loses = true;
    let (operations, id, writes) = finished(Some(HOUR), &mut aws, 1);
    assert_eq!((writes.len(), aws.mutes.len()), (1, 1));
    assert_eq!(get(&operations, id).outcome.as_ref().expect("ended").verdict, Verdict::Done);
}

#[test]
fn earlier_rule_is_not_taken_for_the_requested_one() {
    let mut aws = Aws { idle: true, ..Aws::new() };
    let until = Some(at(3_600));
    let (rule, alarms, from) = (Mute::rule_of(NAME), vec![NAME.into()], Some(at(0)));
    aws.mutes.push(Mute { rule, alarms, from, until, ..Mute::default() });
    let (operations, id, writes) = finished(Some(HOUR * 5), &mut aws, 1);
    assert_eq!(writes.len(), 1);
    let outcome = get(&operations, id).outcome.clone().expect("ended");
    assert!(outcome.verdict == Verdict::Unknown && outcome.summary.contains("does not show it"), "{outcome:?}");
}

#[test]
fn missing_or_unreadable_alarm_is_not_muted() {
    let mut aws = Aws { alarm: None, ..Aws::new() };
    let (operations, id) = started(Some(HOUR), &mut aws);
    assert_eq!(get(&operations, id).outcome.as_ref().expect("ended").verdict, Verdict::Impossible);
    let mut aws = Aws { denied: true, ..Aws::new() };
    let (operations, id) = started(Some(HOUR), &mut aws);
    let outcome = get(&operations, id).outcome.clone().expect("ended");
    assert!(format!("{outcome:?}").contains("cloudwatch:ListAlarmMuteRules"), "{outcome:?}");
    for minutes in [0, 15 * 24 * 60 + 1] {
        let (operations, id) = started(Some(SignedDuration::from_mins(minutes)), &mut Aws::new());
        assert_eq!(get(&operations, id).outcome.as_ref().expect("ended").verdict, Verdict::Impossible, "{minutes}");
    }
}

#[test]
fn muting_an_autoscaling_alarm_warns() {
    let mut aws = Aws::new();
    if let Some(alarm) = &mut aws.alarm {
        alarm.actions = vec!["arn:aws:autoscaling:eu-west-1:1:scalingPolicy:x".into()];
    }
    let (operations, id) = started(Some(HOUR), &mut aws);
    let plan = get(&operations, id).plan.clone().expect("planned");
    assert!(plan.checks[0].text.contains("drives autoscaling"), "{:?}", plan.checks);
}
