//! The reads before parameters are changed, and the plan.

use super::request::{Request, StepChange};
use super::restart::Restart;
use crate::app::command::Risk;
use crate::app::operation::call::{ParameterWrite, Write};
use crate::app::operation::plan::Plan;
use crate::app::operation::step::Ctx;
use crate::model::Failure;
use crate::model::deploy::{Change, Check, Level};
use crate::model::names::list_names;
use crate::model::parameters::change::{difference, masked, warnings};
use crate::model::parameters::{ADVANCED_BYTES, Kind, ParameterWithValue, STANDARD_BYTES, check_name};
use std::collections::BTreeMap;

/// The answers: each parameter, if it exists, or why that is unknown.
pub(super) type Found = BTreeMap<String, Result<Option<ParameterWithValue>, Failure>>;

/// The changes, in the order of the request.
pub(super) fn writes(request: &Request, found: &Found) -> Vec<Write> {
    request.wanted.iter().filter_map(|wanted| write(wanted, found)).collect()
}

fn existing<'a>(found: &'a Found, name: &str) -> Option<&'a ParameterWithValue> {
    found.get(name)?.as_ref().ok()?.as_ref()
}

/// The change of one parameter, if it needs one.
fn write(wanted: &StepChange, found: &Found) -> Option<Write> {
    let before = existing(found, wanted.name());
    match wanted {
        StepChange::Remove { name } => before.map(|_| Write::DeleteParameter { name: name.clone() }),
        StepChange::Put { name, value, kind, key, description } => {
            let put = ParameterWrite {
                name: name.clone(),
                value: value.clone(),
                kind: kind.or_else(|| Some(before?.parameter.kind)).unwrap_or_default(),
                // Without a key the service would replace the existing key by the account's.
                key: key.clone().or_else(|| before?.parameter.key.clone()),
                description: description.clone(),
                overwrite: before.is_some(),
                advanced: value.bytes() > STANDARD_BYTES,
            };
            let unchanged = before.is_some_and(|held| {
                let same_value = held.value.as_ref().is_ok_and(|old| old == value) && held.parameter.kind == put.kind;
                same_value && (put.kind != Kind::Secure || put.key == held.parameter.key) && description.is_none()
            });
            (!unchanged).then_some(Write::PutParameter(Box::new(put)))
        }
    }
}

/// The checks of the plan.
pub(super) fn checks(request: &Request, found: &Found) -> Vec<Check> {
    let mut checks = Vec::new();
    for wanted in &request.wanted {
        let name = wanted.name();
        if let Err(why) = check_name(name) {
            checks.push(Check::usage(format!("{name}: {why}")));
            continue;
        }
        match found.get(name) {
            Some(Err(failure)) => {
                checks.push(Check::failed(Level::Stop, &format!("{name} cannot be looked at"), failure));
            }
            _ => match wanted {
                StepChange::Put { .. } => put(request, wanted, existing(found, name), &mut checks),
                StepChange::Remove { .. } => remove(request, name, existing(found, name), &mut checks),
            },
        }
    }
    match &request.readers {
        None if request.restart => {
            let text =
                "which services read it, and are to get new tasks, is not known: not all task definitions were read";
            let hint =
                "try again, or leave --restart out and give them new tasks with `cockpit deploy SERVICE --force`";
            checks.push(Check::new(Level::Stop, text).hint(hint));
        }
        None => {
            let text = "which services read it is not known: not all task definitions were read";
            checks.push(Check::new(Level::Note, text));
        }
        Some(_) if request.restart && request.services().is_empty() => {
            checks.push(Check::new(Level::Note, "no service reads it: none gets new tasks"));
        }
        Some(_) => {}
    }
    checks.sort_by_key(|check| std::cmp::Reverse(check.level));
    checks
}

fn put(request: &Request, wanted: &StepChange, before: Option<&ParameterWithValue>, checks: &mut Vec<Check>) {
    let StepChange::Put { name, value, kind, .. } = wanted else { return };
    let mut add = |level, text: String| checks.push(Check::new(level, format!("{name}: {text}")));
    if value.is_empty() {
        add(Level::Stop, "the value is empty, and Parameter Store keeps no empty ones".to_owned());
    } else if value.bytes() > ADVANCED_BYTES {
        add(Level::Stop, format!("the value has {} bytes, and at most {ADVANCED_BYTES} can be kept", value.bytes()));
    } else if value.bytes() > STANDARD_BYTES
        && before.is_none_or(|held| held.parameter.tier.as_deref() != Some("Advanced"))
    {
        let text = format!(
            "the value has more than {STANDARD_BYTES} bytes: it needs the advanced tier, which costs and cannot be left"
        );
        add(Level::Warn, text);
    }
    for doubt in warnings(value) {
        add(Level::Warn, doubt.to_owned());
    }
    if let Some(held) = before {
        match &held.value {
            Err(failure) => add(Level::Warn, format!("the value that is there cannot be read ({failure})")),
            Ok(old) => add(Level::Note, difference(old, value)),
        }
        if held.parameter.kind == Kind::Secure && matches!(kind, Some(Kind::Plain | Kind::List)) {
            add(Level::Warn, "it will not be encrypted any more".to_owned());
        }
    }
    let readers = request.readers_of(name);
    if !readers.is_empty() && !request.restart {
        let text =
            format!("{} read it only when a task starts: tasks that run keep the value before", list_names(&readers));
        checks.push(Check::new(Level::Warn, text).hint("--restart gives them new tasks after it"));
    }
}

fn remove(request: &Request, name: &str, before: Option<&ParameterWithValue>, checks: &mut Vec<Check>) {
    if before.is_none() {
        let check = Check::new(Level::Stop, format!("there is no parameter {name}"));
        checks.push(check.hint("`cockpit params ls` lists them"));
        return;
    }
    let readers = request.readers_of(name);
    if !readers.is_empty() {
        let text = format!("{name} is named by {}: no new task of theirs starts without it", list_names(&readers));
        checks.push(Check::new(Level::Warn, text));
    }
}

/// The changes, without any part of a value.
fn changes(request: &Request, found: &Found) -> Vec<Change> {
    let mut list = Vec::new();
    for wanted in &request.wanted {
        let name = wanted.name();
        let before = existing(found, name);
        let now = match before.map(|held| &held.value) {
            None => String::new(),
            Some(Ok(value)) => masked(value),
            Some(Err(_)) => "not readable".to_owned(),
        };
        match (wanted, write(wanted, found)) {
            (StepChange::Remove { .. }, _) => list.push(Change { what: name.to_owned(), now, next: String::new() }),
            (StepChange::Put { value, .. }, Some(Write::PutParameter(put))) => {
                list.push(Change { what: name.to_owned(), now, next: masked(value) });
                let kind = |kind: Kind, key: Option<&str>| match (kind, key) {
                    (Kind::Secure, Some(key)) => format!("{} with {key}", kind.name()),
                    (kind, _) => kind.name().to_owned(),
                };
                let key = put.key.as_deref().or(Some("alias/aws/ssm"));
                let next = kind(put.kind, key);
                let now =
                    before.map(|held| kind(held.parameter.kind, held.parameter.key.as_deref())).unwrap_or_default();
                if now != next {
                    list.push(Change { what: format!("{name} type"), now, next });
                }
            }
            (StepChange::Put { .. }, _) => {}
        }
    }
    list
}

/// Returns the plan to confirm.
pub(super) fn plan(request: &Request, found: &Found, restart: &Restart, ctx: &Ctx<'_>) -> Plan {
    if !request.foreign.is_empty() {
        return refused(request, ctx);
    }
    let planned_writes = writes(request, found);
    let mut steps: Vec<String> = planned_writes
        .iter()
        .map(|write| match write {
            Write::PutParameter(put) if put.overwrite => format!("writing a new version of {}", put.name),
            Write::PutParameter(put) => format!("making {}", put.name),
            Write::DeleteParameter { name } => format!("removing {name} with all its versions"),
            other => other.action().to_owned(),
        })
        .collect();
    if steps.is_empty() && !request.removes() {
        steps.push("nothing: every value is as it is asked for".to_owned());
    }
    let readers = request.services();
    let shorts: Vec<&str> = readers.values().map(String::as_str).collect();
    let offers = !request.restart && !request.removes() && !shorts.is_empty();
    let mut plan = Plan {
        title: request.title(),
        steps,
        changes: changes(request, found),
        checks: checks(request, found),
        undo: undo(request, found),
        risk: if request.removes() { Risk::Destroy } else { Risk::Change },
        writes: planned_writes,
        programs: Vec::new(),
        command: ctx.command(&request.command_line()),
        wider_plan_title: offers.then(|| format!("restart {}", list_names(&shorts))),
    };
    restart.add_to(&mut plan);
    plan
}

/// The plan for parameters of another environment: nothing about them is read or shown.
fn refused(request: &Request, ctx: &Ctx<'_>) -> Plan {
    Plan {
        title: request.title(),
        steps: Vec::new(),
        changes: Vec::new(),
        checks: request.foreign.clone(),
        undo: String::new(),
        risk: Risk::Change,
        writes: Vec::new(),
        programs: Vec::new(),
        command: ctx.command(&request.command_line()),
        wider_plan_title: None,
    }
}

fn undo(request: &Request, found: &Found) -> String {
    if request.removes() {
        return "nothing brings it back: its values of before go with it".to_owned();
    }
    match request.wanted.as_slice() {
        [one] => match existing(found, one.name()) {
            Some(held) => format!(
                "`cockpit params history {} --reveal` has the value of version {}",
                one.name(),
                held.parameter.version
            ),
            None => format!("`cockpit params rm {}` undoes it", one.name()),
        },
        _ => "`cockpit params history NAME --reveal` has the values of before".to_owned(),
    }
}
