//! Rules that suppress the notifications of alarms for a time: `PutAlarmMuteRule` and related operations. A one-time
//! rule (`at(…)`) is SCHEDULED, then ACTIVE, then EXPIRED; a recurring rule (`cron(…)`) is SCHEDULED, and never
//! ACTIVE here.

use super::{invalid, missing};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};
use crate::services::{ApiError, Call, token};
use crate::wire::{Node, list, map};
use crate::world::mutes::MuteRule;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// The longest duration of a mute rule.
const LONGEST: SignedDuration = SignedDuration::from_hours(15 * 24);

fn arn(rule: &MuteRule) -> String {
    format!("arn:aws:cloudwatch:{}:{ACCOUNT}:alarm-mute-rule:{}", rule.region, rule.name)
}

fn status(rule: &MuteRule, now: Ms) -> &'static str {
    match rule.once {
        _ if rule.expires.is_some_and(|at| at <= now) => "EXPIRED",
        Some((_, until)) if until <= now => "EXPIRED",
        Some((from, _)) if from <= now => "ACTIVE",
        _ => "SCHEDULED",
    }
}

/// The time range of a one-time rule.
fn once(expression: &str, length: SignedDuration, zone: &TimeZone) -> Option<(Ms, Ms)> {
    let civil = DateTime::strptime("at(%Y-%m-%dT%H:%M)", expression).ok()?;
    let from = civil.to_zoned(zone.clone()).ok()?.timestamp();
    Some((from.as_millisecond(), from.checked_add(length).ok()?.as_millisecond()))
}

/// `PutAlarmMuteRule`: replaces a rule of the same name.
pub(super) fn put(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let input = call.input;
    let name = input.str("Name").filter(|name| (1..=255).contains(&name.chars().count()));
    let name = name.ok_or_else(|| missing("Name"))?.to_owned();
    let schedule = input.get("Rule").and_then(|rule| rule.get("Schedule")).ok_or_else(|| missing("Rule"))?;
    let expression = schedule.str("Expression").ok_or_else(|| missing("Expression"))?.to_owned();
    let duration = schedule.str("Duration").ok_or_else(|| missing("Duration"))?.to_owned();
    let zone = schedule.str("Timezone").unwrap_or("UTC").to_owned();
    let known = TimeZone::get(&zone).map_err(|_| invalid(format!("The time zone {zone} is not known.")))?;
    let length =
        duration.parse::<Span>().ok().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let length = length
        .filter(|length| *length >= SignedDuration::from_mins(1) && *length <= LONGEST)
        .ok_or_else(|| invalid("Duration must be an ISO 8601 duration between PT1M and P15D."))?;
    let once = once(&expression, length, &known);
    if once.is_none() && !expression.starts_with("cron(") {
        return Err(invalid("Expression must be cron(…) or at(yyyy-MM-ddThh:mm)."));
    }
    let targets = input.get("MuteTargets").map(|targets| targets.strings("AlarmNames")).unwrap_or_default();
    if targets.len() > 100 {
        return Err(invalid("AlarmNames can have at most 100 entries."));
    }
    let rule = MuteRule {
        region: call.region.to_owned(),
        alarms: targets.into_iter().map(str::to_owned).collect(),
        description: input.str("Description").unwrap_or_default().to_owned(),
        expires: input.time("ExpireDate").map(Timestamp::as_millisecond),
        updated: call.world.now,
        name,
        expression,
        duration,
        zone,
        once,
    };
    call.world.mutes.retain(|other| (&other.region, &other.name) != (&rule.region, &rule.name));
    call.world.mutes.push(rule);
    Ok(map! {})
}

fn find<'a>(call: &'a Call<'_>) -> Option<&'a MuteRule> {
    let name = call.input.str("AlarmMuteRuleName").unwrap_or_default();
    call.world.mutes.iter().find(|rule| rule.region == call.region && rule.name == name)
}

/// `GetAlarmMuteRule`.
pub(super) fn get(call: &Call<'_>) -> Result<Node, ApiError> {
    let rule = find(call)
        .ok_or_else(|| ApiError::not_found("ResourceNotFoundException", "The alarm mute rule does not exist."))?;
    Ok(map! {
        "Name": &rule.name,
        "AlarmMuteRuleArn": arn(rule),
        "Description": &rule.description,
        "Rule": map! {"Schedule": map! {
            "Expression": &rule.expression,
            "Duration": &rule.duration,
            "Timezone": &rule.zone,
        }},
        "MuteTargets": map! {"AlarmNames": list(&rule.alarms)},
        "ExpireDate": rule.expires.map(timestamp),
        "Status": status(rule, call.world.now),
        "LastUpdatedTimestamp": timestamp(rule.updated),
        "MuteType": if rule.once.is_some() { "ONE_TIME" } else { "RECURRING" },
    })
}

/// `ListAlarmMuteRules`.
pub(super) fn list_rules(call: &Call<'_>) -> Result<Node, ApiError> {
    let (input, now) = (call.input, call.world.now);
    let alarm = input.str("AlarmName");
    let statuses = input.strings("Statuses");
    let size = super::max_records(input, 50)?;
    let is_requested = |rule: &&MuteRule| {
        rule.region == call.region
            && alarm.is_none_or(|name| rule.alarms.iter().any(|one| one == name))
            && (statuses.is_empty() || statuses.contains(&status(rule, now)))
    };
    let mut rows: Vec<(String, Node)> = call
        .world
        .mutes
        .iter()
        .filter(is_requested)
        .map(|rule| {
            let node = map! {
                "AlarmMuteRuleArn": arn(rule),
                "ExpireDate": rule.expires.map(timestamp),
                "Status": status(rule, now),
                "MuteType": if rule.once.is_some() { "ONE_TIME" } else { "RECURRING" },
                "LastUpdatedTimestamp": timestamp(rule.updated),
            };
            (rule.name.clone(), node)
        })
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (items, next) = token::page(rows.into_iter(), input.str("NextToken"), size)
        .ok_or_else(|| ApiError::client("InvalidNextToken", "The next token is not valid."))?;
    Ok(map! {"AlarmMuteRuleSummaries": list(items), "NextToken": next})
}

/// `DeleteAlarmMuteRule`: succeeds even if the rule does not exist.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("AlarmMuteRuleName").ok_or_else(|| missing("AlarmMuteRuleName"))?.to_owned();
    let region = call.region.to_owned();
    call.world.mutes.retain(|rule| !(rule.region == region && rule.name == name));
    Ok(map! {})
}
