//! `EventBridge` Scheduler: the schedules that stop and start an environment.

use super::budget::Class;
use super::convert::{to_sdk_time, to_timestamp};
use super::copy_check::{self, Answer, Draft};
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::feeds::aws::Fact;
use crate::model::timer::Timer;
use crate::model::{Failure, FailureKind};
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::operation::update_schedule::builders::UpdateScheduleFluentBuilder;
use aws_sdk_scheduler::types as sdk;
use futures_util::future::join_all;
use jiff::Timestamp;
use std::hash::{DefaultHasher, Hash, Hasher};

pub(super) const LIST_SCHEDULES: Action = Action { name: "scheduler:ListSchedules", class: Class::Scheduler };
pub(super) const GET_SCHEDULE: Action = Action { name: "scheduler:GetSchedule", class: Class::Scheduler };
const UPDATE_SCHEDULE: Action = Action { name: "scheduler:UpdateSchedule", class: Class::Scheduler };
/// Items per page: the maximum of the API.
const PAGE: i32 = 100;
/// Maximum number of schedules read: each is a request.
const MAX: usize = 20;

/// Returns the schedules whose names begin with a prefix, ordered by name.
pub(super) async fn timers(caller: &Caller<'_>, prefix: &str) -> Result<Vec<Timer>, Failure> {
    let mut found = caller
        .all_pages(
            LIST_SCHEDULES,
            MAX + 1,
            |clients, token| {
                // AWS refuses an empty prefix.
                let prefix = Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty());
                let request = clients.scheduler().list_schedules().set_name_prefix(prefix);
                request.max_results(PAGE).set_next_token(token).send()
            },
            |page| {
                let names =
                    page.schedules.into_iter().filter_map(|schedule| Some((schedule.name?, schedule.group_name)));
                (names.collect(), page.next_token)
            },
        )
        .await?;
    if found.len() > MAX {
        // A partial list would pass for the complete one.
        return Err(Failure::new(
            FailureKind::Other,
            format!("{}: more than {MAX} schedules begin with `{prefix}`", LIST_SCHEDULES.name),
        ));
    }
    found.sort();
    // Two pages of a list may both contain it.
    found.dedup();
    let read = found.iter().map(|(name, group)| timer(caller, name, group.as_deref()));
    let mut timers = Vec::new();
    for schedule in join_all(read).await {
        match schedule {
            Ok(timer) => timers.push(timer),
            // Deleted between the two requests.
            Err(failure) if failure.kind == FailureKind::NotFound => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(timers)
}

/// Sends the schedules as the answer of a poll.
pub(super) async fn schedules(caller: &Caller<'_>, answers: &AnswerSender<'_>, prefix: &str) -> Result<(), Failure> {
    let timers = timers(caller, prefix).await?;
    if timers.is_empty() && !prefix.is_empty() {
        // Suggestions. The answer is complete without them.
        let page =
            caller.call(LIST_SCHEDULES, |clients| clients.scheduler().list_schedules().max_results(PAGE).send()).await;
        if let Ok(page) = page {
            let names = page.schedules.into_iter().filter_map(|schedule| schedule.name);
            answers.page(Fact::ExistingNames(names.collect())).await;
        }
    }
    answers.last(Fact::Schedules(timers)).await;
    Ok(())
}

/// Makes a schedule fire no sooner than `until`; its other fields are unchanged.
pub(super) async fn skip(writer: &Writer<'_>, timer: &Timer, until: Option<Timestamp>) -> Result<Reply, Failure> {
    let group = Some(timer.group.as_str()).filter(|group| !group.is_empty());
    let (schedule, now) = get(&writer.reader(), &timer.name, group).await.map_err(Failure::mark_unsent)?;
    let definition = |timer: &Timer| {
        let times = (timer.expression.clone(), timer.timezone.clone(), timer.start, timer.end);
        (times, timer.enabled, timer.not_carried.clone())
    };
    if definition(&now) != definition(timer) {
        // The start was computed for the previous expression.
        let message = format!("{}: {} was changed since it was read", UPDATE_SCHEDULE.name, timer.name);
        return Err(Failure::new(FailureKind::Other, message).mark_unsent());
    }
    writer.send_once(UPDATE_SCHEDULE, |clients| copy(clients.scheduler(), schedule, until).send()).await?;
    Ok(Reply::Done)
}

/// Fields of a schedule that are not in the body of an update.
const ADDED: [&str; 5] = ["Arn", "Name", "CreationDate", "LastModificationDate", "StartDate"];

/// Returns a schedule, with the fields that an update would lose.
async fn timer(caller: &Caller<'_>, name: &str, group: Option<&str>) -> Result<Timer, Failure> {
    get(caller, name, group).await.map(|(_, timer)| timer)
}

async fn get(caller: &Caller<'_>, name: &str, group: Option<&str>) -> Result<(GetScheduleOutput, Timer), Failure> {
    let (answer, draft) = (Answer::default(), Draft::default());
    let group = group.map(str::to_owned);
    let schedule = caller
        .call(GET_SCHEDULE, |clients| {
            let (client, answer, draft) = (clients.scheduler().clone(), answer.clone(), draft.clone());
            let request = client.get_schedule().name(name).set_group_name(group.clone());
            async move {
                let schedule = request.customize().interceptor(answer).send().await?;
                // Serialized as it would be sent, but not sent.
                let _ = copy(&client, schedule.clone(), None).customize().interceptor(draft).send().await;
                Ok(schedule)
            }
        })
        .await?;
    let not_carried = copy_check::lost_fields(&answer, &draft, None, &ADDED);
    Ok((schedule.clone(), Timer { not_carried, ..from_schedule(schedule) }))
}

/// The request that sets the same schedule with another start: fields that are not sent would be reset.
fn copy(client: &Client, from: GetScheduleOutput, until: Option<Timestamp>) -> UpdateScheduleFluentBuilder {
    let token = token(&from, until);
    client
        .update_schedule()
        .set_name(from.name)
        .set_group_name(from.group_name)
        .set_schedule_expression(from.schedule_expression)
        .set_schedule_expression_timezone(from.schedule_expression_timezone)
        .set_start_date(until.map(to_sdk_time))
        .set_end_date(from.end_date)
        .set_description(from.description)
        .set_state(from.state)
        .set_kms_key_arn(from.kms_key_arn)
        .set_target(from.target)
        .set_flexible_time_window(from.flexible_time_window)
        .set_action_after_completion(from.action_after_completion)
        .client_token(token)
}

/// The idempotency token: the same change of the same state has the same token, so that AWS makes it once. It contains the
/// schedule's last modification, so that a later skip is another change.
fn token(from: &GetScheduleOutput, until: Option<Timestamp>) -> String {
    let mut hash = DefaultHasher::new();
    (&from.arn, &from.name, &from.group_name, &from.schedule_expression).hash(&mut hash);
    for at in [from.last_modification_date, from.start_date, from.end_date] {
        at.map(|at| (at.secs(), at.subsec_nanos())).hash(&mut hash);
    }
    until.map(Timestamp::as_nanosecond).hash(&mut hash);
    format!("cockpit-{:016x}", hash.finish())
}

fn from_schedule(schedule: GetScheduleOutput) -> Timer {
    let (target, input) = schedule.target.map(|target| (target.arn, target.input)).unwrap_or_default();
    Timer {
        name: schedule.name.unwrap_or_default(),
        group: schedule.group_name.unwrap_or_else(|| "default".to_owned()),
        expression: schedule.schedule_expression.unwrap_or_default(),
        timezone: schedule.schedule_expression_timezone.filter(|zone| !zone.is_empty()),
        enabled: schedule.state == Some(sdk::ScheduleState::Enabled),
        start: to_timestamp(schedule.start_date),
        end: to_timestamp(schedule.end_date),
        created: to_timestamp(schedule.creation_date),
        modified: to_timestamp(schedule.last_modification_date),
        not_carried: Vec::new(),
        action: None,
        target,
        input: input.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_scheduler::config::BehaviorVersion;
    use aws_sdk_scheduler::primitives::DateTime;
    use std::collections::BTreeSet;

    fn everything() -> GetScheduleOutput {
        let window = sdk::FlexibleTimeWindow::builder().mode(sdk::FlexibleTimeWindowMode::Off).build().unwrap();
        GetScheduleOutput::builder()
            .arn("arn:aws:scheduler:r:1:schedule/g/stop")
            .name("stop")
            .group_name("g")
            .schedule_expression("cron(0 22 ? * MON-FRI *)")
            .schedule_expression_timezone("Asia/Tokyo")
            .start_date(DateTime::from_secs(1))
            .end_date(DateTime::from_secs(2))
            .description("d")
            .state(sdk::ScheduleState::Enabled)
            .kms_key_arn("k")
            .target(sdk::Target::builder().arn("a").role_arn("r").input("{}").build().unwrap())
            .flexible_time_window(window)
            .action_after_completion(sdk::ActionAfterCompletion::None)
            .last_modification_date(DateTime::from_secs(3))
            .creation_date(DateTime::from_secs(0))
            .build()
    }

    fn request(from: GetScheduleOutput, until: Option<Timestamp>) -> UpdateScheduleFluentBuilder {
        let config = aws_sdk_scheduler::Config::builder().behavior_version(BehaviorVersion::latest()).build();
        copy(&Client::from_conf(config), from, until)
    }

    fn names(text: &str) -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix("    ").filter(|rest| !rest.starts_with(' ')));
        lines.filter_map(|line| Some(line.split_once(": ")?.0.to_owned())).collect()
    }

    /// Fails when the SDK adds a field that an update would reset because it is not copied.
    #[test]
    fn update_keeps_every_updatable_field() {
        let until = "2030-01-01T00:00:00Z".parse().unwrap();
        let input = request(everything(), Some(until)).as_input().clone().build().unwrap();
        let text = format!("{input:#?}");
        let unset: Vec<&str> =
            text.lines().filter(|line| line.ends_with(": None,") && !line.starts_with("     ")).collect();
        assert!(unset.is_empty(), "{unset:?}");
        let (from, to) = (names(&format!("{:#?}", everything())), names(&text));
        let only: Vec<&String> = from.difference(&to).collect();
        assert_eq!(only, ["_request_id", "arn", "creation_date", "last_modification_date"]);
        assert_eq!(input.start_date, Some(to_sdk_time(until)));
        assert_eq!((input.target, input.end_date), (everything().target, everything().end_date));
        assert_eq!(request(everything(), None).as_input().get_start_date(), &None);
    }

    #[test]
    fn idempotency_token_depends_on_state_and_change() {
        let until: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let one = token(&everything(), Some(until));
        assert_eq!(one, token(&everything(), Some(until)));
        assert!(one.len() <= 64 && one.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{one}");
        assert_ne!(one, token(&everything(), None));
        let mut later = everything();
        later.last_modification_date = Some(DateTime::from_secs(4));
        assert_ne!(one, token(&later, Some(until)), "a later skip is another change");
    }
}
