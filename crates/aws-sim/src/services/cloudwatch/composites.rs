//! Composite alarms: `PutCompositeAlarm`, `DeleteAlarms`, and their form in `DescribeAlarms`.

use super::{invalid, missing};
use crate::clock::timestamp;
use crate::services::{ApiError, Call};
use crate::wire::{Node, list, map};
use crate::world::World;
use crate::world::alarms::State;
use crate::world::composite::{Composite, Rule};

/// The description of a composite alarm.
pub(super) fn composite(world: &World, one: &Composite) -> Node {
    let mut node = map! {
        "AlarmName": &one.name,
        "AlarmArn": one.arn(),
        "AlarmDescription": &one.description,
        "AlarmConfigurationUpdatedTimestamp": timestamp(one.created),
        "AlarmRule": &one.text,
        "ActionsEnabled": one.actions_enabled,
        "OKActions": list(Vec::<Node>::new()),
        "AlarmActions": list(&one.actions),
        "InsufficientDataActions": list(Vec::<Node>::new()),
        "StateValue": one.state.name(),
        "StateReason": &one.reason,
        "StateUpdatedTimestamp": timestamp(one.updated),
        "StateTransitionedTimestamp": timestamp(one.updated),
    };
    if let Some((name, wait, extension)) = &one.suppressor {
        node.set("ActionsSuppressor", name.clone());
        node.set("ActionsSuppressorWaitPeriod", *wait);
        node.set("ActionsSuppressorExtensionPeriod", *extension);
    }
    if let Some((by, reason)) = one.suppressed(world) {
        node.set("ActionsSuppressedBy", by);
        node.set("ActionsSuppressedReason", reason);
    }
    node
}

/// `PutCompositeAlarm`: replaces an alarm of the same name.
pub(super) fn put(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let input = call.input;
    let name = input.str("AlarmName").filter(|name| (1..=255).contains(&name.chars().count()));
    let name = name.ok_or_else(|| missing("AlarmName"))?.to_owned();
    let text = input.str("AlarmRule").ok_or_else(|| missing("AlarmRule"))?.to_owned();
    let wrong = |text: String| ApiError::client("ValidationError", text);
    let rule = Rule::parse(&text).ok_or_else(|| wrong("AlarmRule contains invalid expression".to_owned()))?;
    if call.world.alarms.iter().any(|one| one.region == call.region && one.name == name) {
        return Err(wrong(format!("A metric alarm already exists with the name {name}")));
    }
    let mut names = Vec::new();
    rule.names(&mut names);
    if names.contains(&name.as_str()) {
        return Err(wrong("AlarmRule must not refer to the alarm itself".to_owned()));
    }
    let unknown = |name: &&&str| call.world.alarm_state(call.region, name).is_none();
    if let Some(name) = names.iter().find(unknown) {
        return Err(wrong(format!(
            "Could not save the composite alarm as alarms [{name}] in the alarm rule do not exist"
        )));
    }
    let suppressor = match input.str("ActionsSuppressor") {
        None => None,
        Some(other) => {
            let other = other.rsplit_once(":alarm:").map_or(other, |(_, name)| name);
            let seconds = |key: &str| input.int(key).filter(|seconds| *seconds >= 0).ok_or_else(|| missing(key));
            let periods = (seconds("ActionsSuppressorWaitPeriod")?, seconds("ActionsSuppressorExtensionPeriod")?);
            if call.world.alarm_state(call.region, other).is_none() {
                return Err(wrong(format!("The suppressor alarm {other} does not exist")));
            }
            Some((other.to_owned(), periods.0, periods.1))
        }
    };
    let now = call.world.now;
    call.world.put_composite(Composite {
        region: call.region.to_owned(),
        name,
        description: input.str("AlarmDescription").unwrap_or_default().to_owned(),
        text,
        rule,
        actions_enabled: input.bool("ActionsEnabled").unwrap_or(true),
        actions: input.strings("AlarmActions").into_iter().map(str::to_owned).collect(),
        suppressor,
        created: now,
        state: State::NoData,
        reason: "Unchecked: Initial alarm creation".to_owned(),
        updated: now,
        changes: Vec::new(),
    });
    Ok(map! {})
}

/// `DeleteAlarms`: one composite alarm at a time; metric alarms belong to the world and cannot be deleted.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let names = call.input.strings("AlarmNames");
    let world = &call.world;
    let exists = |name: &&str| world.composites.iter().any(|one| one.region == call.region && one.name == **name);
    match &names[..] {
        [] => Err(missing("AlarmNames")),
        [name] if exists(name) => {
            let name = (*name).to_owned();
            let used = |one: &Composite| {
                let mut names = Vec::new();
                one.rule.names(&mut names);
                one.region == call.region && names.contains(&name.as_str())
            };
            if let Some(other) = world.composites.iter().find(|one| used(one)) {
                let text =
                    format!("Cannot delete {name} as there are composite alarm(s) depending on it: {}", other.name);
                return Err(ApiError::client("ValidationError", text));
            }
            let region = call.region.to_owned();
            call.world.composites.retain(|one| one.region != region || one.name != name);
            Ok(map! {})
        }
        [_] => Err(invalid("Deleting metric alarms is not simulated.")),
        _ => Err(ApiError::client("ValidationError", "At most one composite alarm can be deleted at a time.")),
    }
}
