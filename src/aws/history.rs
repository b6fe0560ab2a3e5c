//! The history in CloudWatch and RDS: state changes of alarms, events of databases.

use super::budget::Class;
use super::convert::{to_sdk_time, to_timestamp};
use super::pages::{AnswerSender, PageGuard};
use super::rds_history::{DESCRIBE_EVENTS, from_event};
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::timeline::AlarmChange;
use crate::model::{AlarmState, Failure, FailureKind};
use aws_sdk_cloudwatch::types as sdk;
use aws_sdk_rds::types::SourceType;
use jiff::Timestamp;
use serde_json::Value;

pub(super) const DESCRIBE_ALARM_HISTORY: Action =
    Action { name: "cloudwatch:DescribeAlarmHistory", class: Class::Alarms };
/// Items per page: the maximum of the API.
const PAGE: i32 = 100;
/// Maximum number of pages of an account's alarms.
const MAX_PAGES: usize = 30;

/// Sends the changes of the alarms whose names begin with one of the prefixes, newest first.
pub(super) async fn alarms(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    prefixes: &[String],
    since: Timestamp,
    until: Timestamp,
) -> Result<(), Failure> {
    let mut guard = PageGuard::default();
    let mut token: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let page = caller
            .call(DESCRIBE_ALARM_HISTORY, |clients| {
                let request = clients.cloudwatch().describe_alarm_history();
                request
                    .alarm_types(sdk::AlarmType::MetricAlarm)
                    .alarm_types(sdk::AlarmType::CompositeAlarm)
                    .start_date(to_sdk_time(since))
                    .end_date(to_sdk_time(until))
                    .scan_by(sdk::ScanBy::TimestampDescending)
                    .max_records(PAGE)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        let items = page.alarm_history_items.unwrap_or_default().into_iter().filter_map(change);
        let ours = |change: &AlarmChange| prefixes.iter().any(|prefix| change.alarm.starts_with(prefix.as_str()));
        let changes = Fact::AlarmHistory(items.filter(ours).collect());
        match guard.next_token(DESCRIBE_ALARM_HISTORY.name, page.next_token)? {
            None => {
                answers.last(changes).await;
                return Ok(());
            }
            next => {
                answers.page(changes).await;
                token = next;
            }
        }
    }
    let what = format!("{}: there are more changes than are read: request a shorter time", DESCRIBE_ALARM_HISTORY.name);
    Err(Failure::new(FailureKind::Other, what))
}

/// Converts a state change of an alarm; a sent notification is not one.
fn change(item: sdk::AlarmHistoryItem) -> Option<AlarmChange> {
    if item.history_item_type == Some(sdk::HistoryItemType::Action) {
        return None;
    }
    let data: Value = item.history_data.as_deref().and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
    let text = |path: &str| data.pointer(path).and_then(Value::as_str);
    let states = text("/oldState/stateValue").zip(text("/newState/stateValue"));
    Some(AlarmChange {
        at: to_timestamp(item.timestamp)?,
        alarm: item.alarm_name.unwrap_or_default(),
        summary: item.history_summary.unwrap_or_default(),
        states: states.map(|(from, to)| (AlarmState::parse(from), AlarmState::parse(to))),
        reason: text("/newState/stateReason").unwrap_or_default().to_owned(),
    })
}

/// Sends the events of all databases of the account and region, oldest first.
pub(super) async fn databases(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    since: Timestamp,
    until: Timestamp,
) -> Result<(), Failure> {
    caller
        .pages(
            answers,
            DESCRIBE_EVENTS,
            |clients, token| {
                let request =
                    clients.rds().describe_events().start_time(to_sdk_time(since)).end_time(to_sdk_time(until));
                request.max_records(PAGE).set_marker(token).send()
            },
            |page| {
                let events = page.events.unwrap_or_default().into_iter();
                let of_databases = events
                    .filter(|event| matches!(event.source_type, Some(SourceType::DbCluster | SourceType::DbInstance)));
                let events = of_databases.filter_map(from_event);
                (Fact::RdsEvents(events.collect()), page.marker)
            },
        )
        .await
}
