//! EventBridge Scheduler: schedules of the group `default`. They fire in `world::nightly_stop`.

use super::{ApiError, Call, token};
use crate::clock::{Ms, timestamp};
use crate::wire::{Node, list, map};
use crate::world::nightly_stop::Schedule;
use crate::world::schedule::Times;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Runs a Scheduler operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "ListSchedules" => list_schedules(call),
        "GetSchedule" => get(call),
        "CreateSchedule" => create(call),
        "UpdateSchedule" => update(call),
        "DeleteSchedule" => delete(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("ValidationException", message)
}

fn name<'a>(call: &Call<'a>) -> &'a str {
    call.input.str("Name").unwrap_or_default()
}

fn find(call: &Call<'_>) -> Result<usize, ApiError> {
    let name = name(call);
    let group = call.input.str("GroupName").unwrap_or("default");
    let found = call.world.schedules.iter().position(|s| s.region == call.region && s.name == name);
    found
        .filter(|_| group == "default")
        .ok_or_else(|| ApiError::not_found("ResourceNotFoundException", format!("Schedule {name} does not exist.")))
}

fn state(s: &Schedule) -> &'static str {
    if s.enabled { "ENABLED" } else { "DISABLED" }
}

fn list_schedules(call: &Call<'_>) -> Result<Node, ApiError> {
    let size = match call.input.int("MaxResults") {
        None => 100,
        Some(n) => usize::try_from(n)
            .ok()
            .filter(|n| (1..=100).contains(n))
            .ok_or_else(|| invalid("MaxResults must be between 1 and 100"))?,
    };
    let (prefix, wanted) = (call.input.str("NamePrefix"), call.input.str("State"));
    let group = call.input.str("GroupName").is_none_or(|g| g == "default");
    let mut in_region: Vec<&Schedule> = call
        .world
        .schedules
        .iter()
        .filter(|s| group && s.region == call.region && prefix.is_none_or(|p| s.name.starts_with(p)))
        .filter(|s| wanted.is_none_or(|w| w == state(s)))
        .collect();
    in_region.sort_by(|a, b| a.name.cmp(&b.name));
    let rows = in_region.into_iter().map(|s| (s.name.clone(), summary(s)));
    let (items, next) =
        token::page(rows, call.input.str("NextToken"), size).ok_or_else(|| invalid("Invalid NextToken."))?;
    Ok(map! {"Schedules": list(items), "NextToken": next})
}

fn summary(s: &Schedule) -> Node {
    map! {
        "Arn": s.arn(),
        "Name": &s.name,
        "GroupName": "default",
        "State": state(s),
        "CreationDate": timestamp(s.created),
        "LastModificationDate": timestamp(s.modified),
        "Target": map! {"Arn": s.target.str("Arn")},
    }
}

fn get(call: &Call<'_>) -> Result<Node, ApiError> {
    let s = &call.world.schedules[find(call)?];
    Ok(map! {
        "Arn": s.arn(),
        "Name": &s.name,
        "GroupName": "default",
        "Description": s.description.as_ref(),
        "ScheduleExpression": &s.expression,
        "ScheduleExpressionTimezone": &s.zone,
        "StartDate": s.start.map(timestamp),
        "EndDate": s.end.map(timestamp),
        "State": state(s),
        "FlexibleTimeWindow": s.window.clone(),
        "Target": s.target.clone(),
        "ActionAfterCompletion": "NONE",
        "CreationDate": timestamp(s.created),
        "LastModificationDate": timestamp(s.modified),
    })
}

/// Reads the schedule that a call describes: omitted fields are not kept from an existing one.
fn read(call: &Call<'_>) -> Result<Schedule, ApiError> {
    let input = call.input;
    let required = |key: &str| {
        let text = format!(
            "1 validation error detected: Value at '{key}' failed to satisfy constraint: Member must not be null"
        );
        input.get(key).cloned().ok_or_else(|| invalid(text))
    };
    let (target, window) = (required("Target")?, required("FlexibleTimeWindow")?);
    for key in ["Arn", "RoleArn"] {
        if target.str(key).is_none() {
            return Err(invalid(format!("Target.{key} must not be null")));
        }
    }
    let expression = input.str("ScheduleExpression").unwrap_or_default();
    if Times::parse(expression).is_none() {
        return Err(invalid(format!("Invalid Schedule Expression {expression}.")));
    }
    let zone = input.str("ScheduleExpressionTimezone").unwrap_or("UTC");
    if TimeZone::get(zone).is_err() {
        return Err(invalid(format!("Provided timezone {zone} is not valid.")));
    }
    let time = |key: &str| input.time(key).map(Timestamp::as_millisecond);
    let region = call.world.clusters.iter().find(|c| c.region == call.region).map(|c| c.region);
    let now: Ms = call.world.now;
    Ok(Schedule {
        region: region.ok_or_else(|| invalid("Nothing is simulated in this region."))?,
        name: name(call).to_owned(),
        description: input.str("Description").map(ToOwned::to_owned),
        expression: expression.to_owned(),
        zone: zone.to_owned(),
        start: time("StartDate"),
        end: time("EndDate"),
        enabled: input.str("State") != Some("DISABLED"),
        target,
        window,
        created: now,
        modified: now,
        number: 0,
    })
}

fn create(call: &mut Call<'_>) -> Result<Node, ApiError> {
    if find(call).is_ok() {
        let text = format!("Schedule {} already exists.", name(call));
        return Err(ApiError { status: 409, ..ApiError::client("ConflictException", text) });
    }
    put(call, None)
}

fn update(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = find(call)?;
    let created = call.world.schedules[at].created;
    put(call, Some(created))
}

fn put(call: &mut Call<'_>, created: Option<Ms>) -> Result<Node, ApiError> {
    let mut schedule = read(call)?;
    schedule.created = created.unwrap_or(schedule.created);
    let arn = schedule.arn();
    call.world.put_schedule(schedule);
    Ok(map! {"ScheduleArn": arn})
}

fn delete(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = find(call)?;
    call.world.schedules.remove(at);
    Ok(map! {})
}
