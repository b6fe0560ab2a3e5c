//! `EventBridge` Scheduler: the schedules that stop and start an environment.

use super::budget::Class;
use super::convert::{moment, time};
use super::session::{Action, Caller};
use super::writer::Writer;
use crate::app::operation::call::Reply;
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
/// The largest page.
const PAGE: i32 = 100;
/// Schedules that are read at most: each is a request.
const MOST: usize = 20;

/// Schedules whose names begin with a prefix, in the order of their names.
pub(super) async fn timers(caller: &Caller<'_>, prefix: &str) -> Result<Vec<Timer>, Failure> {
    let mut found = caller
        .all(
            LIST_SCHEDULES,
            MOST + 1,
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
    if found.len() > MOST {
        // A part would pass for the whole.
        return Err(Failure::new(
            FailureKind::Other,
            format!("{}: more than {MOST} schedules begin with `{prefix}`", LIST_SCHEDULES.name),
        ));
    }
    found.sort();
    let read = found.iter().map(|(name, group)| get(caller, name, group.as_deref()));
    let mut timers = Vec::new();
    for schedule in join_all(read).await {
        match schedule {
            Ok(schedule) => timers.push(from_schedule(schedule)),
            // Deleted between the two requests.
            Err(failure) if failure.kind == FailureKind::NotFound => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(timers)
}

/// Lets a schedule fire no sooner than `until`; everything else of it is kept.
pub(super) async fn skip(writer: &Writer<'_>, timer: &Timer, until: Option<Timestamp>) -> Result<Reply, Failure> {
    let group = Some(timer.group.as_str()).filter(|group| !group.is_empty());
    let schedule = get(&writer.reader(), &timer.name, group).await?;
    writer.once(UPDATE_SCHEDULE, |clients| copy(clients.scheduler(), schedule, until).send()).await?;
    Ok(Reply::Done)
}

async fn get(caller: &Caller<'_>, name: &str, group: Option<&str>) -> Result<GetScheduleOutput, Failure> {
    let group = group.map(str::to_owned);
    caller
        .call(GET_SCHEDULE, |clients| {
            clients.scheduler().get_schedule().name(name).set_group_name(group.clone()).send()
        })
        .await
}

/// The request that sets the same again with another beginning: what is not sent would be reset.
fn copy(client: &Client, from: GetScheduleOutput, until: Option<Timestamp>) -> UpdateScheduleFluentBuilder {
    let token = token(&from, until);
    client
        .update_schedule()
        .set_name(from.name)
        .set_group_name(from.group_name)
        .set_schedule_expression(from.schedule_expression)
        .set_schedule_expression_timezone(from.schedule_expression_timezone)
        .set_start_date(until.map(moment))
        .set_end_date(from.end_date)
        .set_description(from.description)
        .set_state(from.state)
        .set_kms_key_arn(from.kms_key_arn)
        .set_target(from.target)
        .set_flexible_time_window(from.flexible_time_window)
        .set_action_after_completion(from.action_after_completion)
        .client_token(token)
}

/// The same change of the same state has the same token, so that AWS makes it once; the schedule's last
/// change is in it, so that skipping again later is another change.
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
        start: time(schedule.start_date),
        target,
        input: input.unwrap_or_default(),
    }
}
