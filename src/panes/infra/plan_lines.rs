//! Lines of plans, and of the change of one resource.

use super::state::PlanLine;
use crate::app::overlay::Tone;
use crate::model::infra::message::Action;
use crate::model::infra::plan::text::dependents_note;
use crate::model::infra::plan::types::{Change, Dependents};
use crate::model::infra::plan::{Plan, lines};

/// Creates a line of a plan.
pub fn line(indent: u16, sign: &str, text: impl Into<String>, tone: Tone) -> PlanLine {
    PlanLine { indent, sign: sign.to_owned(), text: text.into(), tone }
}

/// Maximum number of changes listed in a plan; the opened unit lists all of them.
const NAMED: usize = 1_000;

/// The lines of a unit's plan: data losses, each change in one line, outputs, drift.
pub fn plan(plan: &Plan) -> Vec<PlanLine> {
    let mut out = Vec::new();
    if plan.errored {
        out.push(line(0, "✖", "making this plan failed: it cannot be applied", Tone::Bad));
    }
    for address in plan.destroys_stateful() {
        out.push(line(0, "✖", format!("{address}: the data in it is lost"), Tone::Bad));
    }
    let needed_by = plan.reverse_dependencies();
    for change in plan.changes.iter().take(NAMED) {
        head_of(&mut out, plan, &needed_by, change);
    }
    if let Some(more) = plan.changes.len().checked_sub(NAMED).filter(|more| *more > 0) {
        out.push(line(0, "", format!("{more} more: Enter goes into the unit"), Tone::Dim));
    }
    out.extend(outputs(plan));
    if !plan.drift.is_empty() {
        out.push(line(0, "", "Changed elsewhere", Tone::Strong));
        for change in plan.drift.iter().take(NAMED) {
            out.push(line(0, change.sign(), lines::drift_head(change), Tone::Warn));
            put(&mut out, lines::of(change));
        }
    }
    out.extend(checks(plan));
    match plan.unchanged {
        0 => {}
        1 => out.push(line(0, "", "1 resource stays as it is", Tone::Dim)),
        many => out.push(line(0, "", format!("{many} resources stay as they are"), Tone::Dim)),
    }
    out
}

/// Invoked actions, and outputs whose value changes.
pub fn outputs(plan: &Plan) -> Vec<PlanLine> {
    let invoked =
        plan.invocations.iter().map(|invocation| line(0, "!", lines::invocation_line(invocation), Tone::Warn));
    let mut out: Vec<PlanLine> = invoked.collect();
    if !plan.outputs.is_empty() {
        out.push(line(0, "", "Outputs", Tone::Strong));
        plan.outputs.iter().for_each(|output| put(&mut out, lines::of_value(&output.value)));
    }
    out
}

/// Failed checks of the configuration.
pub fn checks(plan: &Plan) -> Vec<PlanLine> {
    plan.checks.iter().map(|check| line(0, "✖", format!("check failed: {check}"), Tone::Warn)).collect()
}

/// One change of a plan, attribute by attribute.
pub fn change(plan: &Plan, change: &Change) -> Vec<PlanLine> {
    let mut out = Vec::new();
    head_of(&mut out, plan, &plan.reverse_dependencies(), change);
    put(&mut out, lines::of(change));
    out
}

fn head_of(out: &mut Vec<PlanLine>, plan: &Plan, needed_by: &Dependents, change: &Change) {
    out.push(line(0, change.sign(), lines::head(change), tone(change.action)));
    out.extend(lines::notes(change).into_iter().map(|note| line(4, "", note, Tone::Warn)));
    let touched = dependents_note(plan, needed_by, change);
    out.extend(touched.map(|touched| line(4, "", format!("also touches {touched}"), Tone::Dim)));
}

fn put(out: &mut Vec<PlanLine>, lines: Vec<lines::Line>) {
    out.extend(lines.into_iter().map(|own| {
        let forces = if own.forces { "  # forces replacement" } else { "" };
        let tone = match own.sign {
            _ if own.forces => Tone::Bad,
            '+' => Tone::Good,
            '-' => Tone::Bad,
            '~' => Tone::Warn,
            _ => Tone::Dim,
        };
        line(4 + 2 * own.depth, own.sign.to_string().trim(), format!("{}{forces}", own.text), tone)
    }));
}

/// The tone for an action.
pub fn tone(action: Action) -> Tone {
    match action {
        Action::Delete | Action::Replace => Tone::Bad,
        Action::Create | Action::Import => Tone::Good,
        Action::Update | Action::Forget | Action::Move => Tone::Warn,
        Action::Read | Action::NoOp => Tone::Dim,
    }
}
