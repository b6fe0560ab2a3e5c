//! `CloudWatch` rules that mute the notifications of alarms for a time: listing them, creating one, and deleting one.

use super::budget::Class;
use super::convert::{to_sdk_time, to_timestamp};
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::feeds::aws::Fact;
use crate::model::{Failure, FailureKind, Mute};
use aws_sdk_cloudwatch::types as sdk;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub(super) const LIST_RULES: Action = Action { name: "cloudwatch:ListAlarmMuteRules", class: Class::Alarms };
pub(super) const GET_RULE: Action = Action { name: "cloudwatch:GetAlarmMuteRule", class: Class::Alarms };
const PUT_RULE: Action = Action { name: "cloudwatch:PutAlarmMuteRule", class: Class::Alarms };
const DELETE_RULE: Action = Action { name: "cloudwatch:DeleteAlarmMuteRule", class: Class::Alarms };

/// Maximum number of rules read: each is a request.
const MAX: usize = 50;
/// Items per page: the maximum of the API.
const PAGE: i32 = 100;
/// The format of a one-time rule's start.
const AT: &str = "at(%Y-%m-%dT%H:%M)";

/// Sends the rules that mute an alarm now or will later.
pub(super) async fn send_rules(caller: &Caller<'_>, answers: &AnswerSender<'_>) -> Result<(), Failure> {
    let (found, more) = read(caller, None).await?;
    if more {
        answers.page(Fact::AlarmMutes(found)).await;
        return Err(too_many());
    }
    answers.last(Fact::AlarmMutes(found)).await;
    Ok(())
}

/// Returns the rules that mute an alarm now or will later.
pub(super) async fn mutes_of(caller: &Caller<'_>, alarm: Option<&str>) -> Result<Vec<Mute>, Failure> {
    let (found, more) = read(caller, alarm).await?;
    // A partial list would pass for the complete one.
    if more { Err(too_many()) } else { Ok(found) }
}

fn too_many() -> Failure {
    let text = format!("{}: there are more than the {MAX} mute rules that are read", LIST_RULES.name);
    Failure::new(FailureKind::Other, text)
}

/// Returns the rules, and whether there are more.
async fn read(caller: &Caller<'_>, alarm: Option<&str>) -> Result<(Vec<Mute>, bool), Failure> {
    let arns: Vec<String> = caller
        .all_pages(
            LIST_RULES,
            MAX + 1,
            |clients, token| {
                let request = clients.cloudwatch().list_alarm_mute_rules().set_alarm_name(alarm.map(str::to_owned));
                let request = request.statuses(sdk::AlarmMuteRuleStatus::Active);
                let request = request.statuses(sdk::AlarmMuteRuleStatus::Scheduled);
                request.max_records(PAGE).set_next_token(token).send()
            },
            |page| {
                let rules = page.alarm_mute_rule_summaries.unwrap_or_default().into_iter();
                (rules.filter_map(|rule| rule.alarm_mute_rule_arn).collect(), page.next_token)
            },
        )
        .await?;
    let mut found = Vec::new();
    for arn in arns.iter().take(MAX) {
        match rule(caller, arn.split_once(":alarm-mute-rule:").map_or(arn.as_str(), |(_, name)| name)).await {
            Ok(rule) => found.push(rule),
            // It was deleted meanwhile.
            Err(failure) if failure.kind == FailureKind::NotFound => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok((found, arns.len() > MAX))
}

async fn rule(caller: &Caller<'_>, name: &str) -> Result<Mute, Failure> {
    let rule =
        caller.call(GET_RULE, |clients| clients.cloudwatch().get_alarm_mute_rule().alarm_mute_rule_name(name).send());
    let rule = rule.await?;
    let schedule = rule.rule.and_then(|rule| rule.schedule);
    let (from, until) =
        schedule.as_ref().and_then(once).map_or((None, None), |(from, until)| (Some(from), Some(until)));
    let expires = to_timestamp(rule.expire_date);
    Ok(Mute {
        rule: rule.name.unwrap_or_else(|| name.to_owned()),
        alarms: rule.mute_targets.map(|targets| targets.alarm_names.unwrap_or_default()).unwrap_or_default(),
        from,
        until: until.map(|until| expires.map_or(until, |expires| expires.min(until))),
        waits: from.is_none() && rule.status == Some(sdk::AlarmMuteRuleStatus::Scheduled),
    })
}

/// Returns the time range of a rule that mutes once.
fn once(schedule: &sdk::Schedule) -> Option<(Timestamp, Timestamp)> {
    let expression = schedule.expression.as_deref()?;
    let civil = jiff::civil::DateTime::strptime(AT, expression).ok()?;
    let zone = schedule.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    let from = civil.to_zoned(zone).ok()?.timestamp();
    let length: jiff::Span = schedule.duration.as_deref()?.parse().ok()?;
    let length = length.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    Some((from, from.checked_add(length).ok()?))
}

/// Mutes an alarm with its own rule, starting at a whole minute; `CloudWatch` ends the mute.
pub(super) async fn put(
    writer: &Writer<'_>,
    alarm: &str,
    from: Timestamp,
    length: SignedDuration,
) -> Result<Reply, Failure> {
    let until = from.checked_add(length).unwrap_or(from);
    let expression = from.to_zoned(TimeZone::UTC).strftime(AT).to_string();
    let schedule = sdk::Schedule::builder()
        .expression(expression)
        .duration(format!("PT{}M", length.as_secs().div_euclid(60)))
        .timezone("UTC")
        .build();
    let rule = sdk::Rule::builder().schedule(schedule).build();
    let targets = sdk::MuteTargets::builder().alarm_names(alarm).build();
    writer
        .send_once(PUT_RULE, |clients| {
            let request = clients.cloudwatch().put_alarm_mute_rule().name(Mute::rule_of(alarm)).rule(rule);
            request.mute_targets(targets).expire_date(to_sdk_time(until)).description("Muted with cockpit.").send()
        })
        .await?;
    Ok(Reply::Done)
}

/// Deletes the mute rule of an alarm: it notifies again at once.
pub(super) async fn delete(writer: &Writer<'_>, alarm: &str) -> Result<Reply, Failure> {
    let name = Mute::rule_of(alarm);
    let request = writer.send_once(DELETE_RULE, |clients| {
        clients.cloudwatch().delete_alarm_mute_rule().alarm_mute_rule_name(name).send()
    });
    request.await?;
    Ok(Reply::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_rule_has_start_and_end_and_a_recurring_one_has_none() {
        let schedule = |expression: &str, duration: &str, zone: Option<&str>| {
            let made = sdk::Schedule::builder().expression(expression).duration(duration);
            once(&made.set_timezone(zone.map(str::to_owned)).build())
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let first = schedule("at(2026-11-20T14:03)", "PT1H", Some("Asia/Tokyo"));
        assert_eq!(first, Some((at("2026-11-20T05:03:00Z"), at("2026-11-20T06:03:00Z"))));
        let days = schedule("at(2026-11-20T00:00)", "P2DT12H", None);
        assert_eq!(days, Some((at("2026-11-20T00:00:00Z"), at("2026-11-22T12:00:00Z"))));
        assert_eq!(schedule("cron(0 2 * * *)", "PT4H", None), None);
    }
}
