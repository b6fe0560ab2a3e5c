//! `CloudWatch` alarms.

use super::budget::Class;
use super::convert::to_timestamp;
use super::pages::{AnswerSender, PageGuard};
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::{Alarm, AlarmState, Failure};
use aws_sdk_cloudwatch::types as sdk;
use futures_util::future::join_all;

pub(super) const DESCRIBE_ALARMS: Action = Action { name: "cloudwatch:DescribeAlarms", class: Class::Alarms };
/// Items per page: the maximum of the API.
const PAGE: i32 = 100;

/// Sends the alarms whose names begin with one of the prefixes: one list for each, concurrently.
pub(super) async fn alarms(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    prefixes: &[String],
) -> Result<(), Failure> {
    let lists = distinct(prefixes).into_iter().map(|prefix| of_prefix(caller, answers, prefix));
    let (mut rest, mut broken, mut none) = (Vec::new(), None, false);
    for list in join_all(lists).await {
        match list {
            Ok(alarms) => {
                none |= alarms.is_empty();
                rest.extend(alarms);
            }
            Err(failure) => broken = Some(failure),
        }
    }
    if let Some(failure) = broken {
        if !rest.is_empty() {
            answers.page(Fact::Alarms(rest)).await;
        }
        return Err(failure);
    }
    if none && let Ok(names) = first_names(caller).await {
        // Suggestions for a wrong prefix. The answer is complete without them.
        answers.page(Fact::ExistingNames(names)).await;
    }
    answers.last(Fact::Alarms(rest)).await;
    Ok(())
}

/// Returns one alarm by its name, if it exists.
pub(super) async fn find_alarm(caller: &Caller<'_>, name: &str) -> Result<Option<Alarm>, Failure> {
    let page = caller
        .call(DESCRIBE_ALARMS, |clients| {
            let request = clients.cloudwatch().describe_alarms().alarm_names(name);
            request.alarm_types(sdk::AlarmType::MetricAlarm).alarm_types(sdk::AlarmType::CompositeAlarm).send()
        })
        .await?;
    let metric = page.metric_alarms.unwrap_or_default().into_iter().map(from_metric);
    let composite = page.composite_alarms.unwrap_or_default().into_iter().map(from_composite);
    Ok(metric.chain(composite).find(|alarm| alarm.name == name))
}

/// Returns the names on the first page of all alarms.
async fn first_names(caller: &Caller<'_>) -> Result<Vec<String>, Failure> {
    let page = caller
        .call(DESCRIBE_ALARMS, |clients| {
            let request = clients.cloudwatch().describe_alarms().max_records(PAGE);
            request.alarm_types(sdk::AlarmType::MetricAlarm).alarm_types(sdk::AlarmType::CompositeAlarm).send()
        })
        .await?;
    let metric = page.metric_alarms.unwrap_or_default().into_iter().filter_map(|alarm| alarm.alarm_name);
    let composite = page.composite_alarms.unwrap_or_default().into_iter().filter_map(|alarm| alarm.alarm_name);
    Ok(metric.chain(composite).collect())
}

/// Returns the prefixes that no other one covers.
fn distinct(prefixes: &[String]) -> Vec<&str> {
    let mut sorted: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let mut kept: Vec<&str> = Vec::new();
    for prefix in sorted {
        if !kept.last().is_some_and(|covering| prefix.starts_with(covering)) {
            kept.push(prefix);
        }
    }
    kept
}

/// Sends all pages of one prefix but the last, which it returns: only the last page of all prefixes ends the answer.
async fn of_prefix(caller: &Caller<'_>, answers: &AnswerSender<'_>, prefix: &str) -> Result<Vec<Alarm>, Failure> {
    let mut guard = PageGuard::default();
    let mut token: Option<String> = None;
    loop {
        let page = caller
            .call(DESCRIBE_ALARMS, |clients| {
                let request = clients
                    .cloudwatch()
                    .describe_alarms()
                    .alarm_types(sdk::AlarmType::MetricAlarm)
                    .alarm_types(sdk::AlarmType::CompositeAlarm)
                    .max_records(PAGE)
                    .set_next_token(token.clone());
                // AWS refuses an empty prefix.
                if prefix.is_empty() { request.send() } else { request.alarm_name_prefix(prefix).send() }
            })
            .await?;
        let mut alarms: Vec<Alarm> = page.metric_alarms.unwrap_or_default().into_iter().map(from_metric).collect();
        alarms.extend(page.composite_alarms.unwrap_or_default().into_iter().map(from_composite));
        match guard.next_token(DESCRIBE_ALARMS.name, page.next_token) {
            Ok(None) => return Ok(alarms),
            Ok(next) => {
                answers.page(Fact::Alarms(alarms)).await;
                token = next;
            }
            Err(failure) => {
                answers.page(Fact::Alarms(alarms)).await;
                return Err(failure);
            }
        }
    }
}

fn state(value: Option<&sdk::StateValue>) -> AlarmState {
    match value {
        Some(sdk::StateValue::Ok) => AlarmState::Ok,
        Some(sdk::StateValue::Alarm) => AlarmState::Alarm,
        _ => AlarmState::InsufficientData,
    }
}

fn from_metric(alarm: sdk::MetricAlarm) -> Alarm {
    Alarm {
        name: alarm.alarm_name.unwrap_or_default(),
        state: state(alarm.state_value.as_ref()),
        reason: alarm.state_reason.unwrap_or_default(),
        since: to_timestamp(alarm.state_transitioned_timestamp.or(alarm.state_updated_timestamp)),
        description: alarm.alarm_description,
        namespace: alarm.namespace,
        metric: alarm.metric_name,
        dimensions: alarm
            .dimensions
            .unwrap_or_default()
            .into_iter()
            .map(|dimension| (dimension.name.unwrap_or_default(), dimension.value.unwrap_or_default()))
            .collect(),
        threshold: alarm.threshold,
        comparison: alarm.comparison_operator.map(|operator| operator.as_str().to_owned()),
        statistic: alarm.statistic.map(|stat| stat.as_str().to_owned()).or(alarm.extended_statistic),
        rule: None,
        suppressor: None,
        suppressed: None,
        actions_enabled: alarm.actions_enabled.unwrap_or(false),
        actions: actions_of(alarm.alarm_actions, alarm.ok_actions, alarm.insufficient_data_actions),
    }
}

/// The actions of an alarm in any of its states.
fn actions_of(alarm: Option<Vec<String>>, ok: Option<Vec<String>>, missing: Option<Vec<String>>) -> Vec<String> {
    let mut actions: Vec<String> = [alarm, ok, missing].into_iter().flatten().flatten().collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

fn from_composite(alarm: sdk::CompositeAlarm) -> Alarm {
    Alarm {
        name: alarm.alarm_name.unwrap_or_default(),
        state: state(alarm.state_value.as_ref()),
        reason: alarm.state_reason.unwrap_or_default(),
        since: to_timestamp(alarm.state_transitioned_timestamp.or(alarm.state_updated_timestamp)),
        description: alarm.alarm_description,
        rule: alarm.alarm_rule,
        suppressor: alarm.actions_suppressor.map(|name| name.rsplit(":alarm:").next().unwrap_or(&name).to_owned()),
        suppressed: alarm.actions_suppressed_by.map(|by| {
            let by = format!("suppressed by {}", by.as_str());
            alarm.actions_suppressed_reason.unwrap_or(by)
        }),
        actions_enabled: alarm.actions_enabled.unwrap_or(false),
        actions: actions_of(alarm.alarm_actions, alarm.ok_actions, alarm.insufficient_data_actions),
        ..Alarm::default()
    }
}

#[cfg(test)]
mod tests {
    use super::distinct;

    #[test]
    fn covered_prefixes_are_not_requested() {
        let prefixes: Vec<String> = ["app-staging", "app-", "db", "app-"].map(str::to_owned).into();
        assert_eq!(distinct(&prefixes), ["app-", "db"]);
    }
}
