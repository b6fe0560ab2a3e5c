//! Plans as text, for the terminal.

use super::address::resource_of;
use super::lines::{self, Line};
use super::types::{Change, Dependents, Plan};
use crate::infra::message::{Action, Summary};
use crate::text::sanitize;
use std::fmt::Write;

/// Maximum number of dependents to list for a change.
const MAX_DEPENDENTS: usize = 8;

/// Returns the whole plan of a unit. Every line is safe to print on a terminal.
pub fn text(unit: &str, plan: &Plan) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{unit}  {}", counts(&plan.summary()));
    if plan.errored {
        out.push_str("  Making this plan failed: it is not whole and cannot be applied.\n");
    }
    let lost = plan.destroys_stateful();
    if !lost.is_empty() {
        out.push_str("\n  Destroyed or replaced, with the data in it:\n");
        for address in &lost {
            let _ = writeln!(out, "    {address}");
        }
    }
    let needed_by = plan.reverse_dependencies();
    for change in &plan.changes {
        out.push('\n');
        change_text(&mut out, change, &lines::head(change));
        if let Some(touches) = dependents_note(plan, &needed_by, change) {
            let _ = writeln!(out, "        # also touches {touches}");
        }
    }
    if !plan.invocations.is_empty() {
        out.push_str("\n  Actions, which are in no state:\n");
        for invocation in &plan.invocations {
            let _ = writeln!(out, "    ! {}", lines::invocation_line(invocation));
        }
    }
    if !plan.outputs.is_empty() {
        out.push_str("\n  Outputs:\n");
        for output in &plan.outputs {
            write_lines(&mut out, &lines::of_value(&output.value));
        }
    }
    if !plan.drift.is_empty() {
        out.push_str("\n  Changed elsewhere, so that the state does not have it:\n");
        plan.drift.iter().for_each(|change| change_text(&mut out, change, &lines::drift_head(change)));
    }
    for check in &plan.checks {
        let _ = writeln!(out, "\n  Check failed: {check}");
    }
    let _ = writeln!(out, "\n  {}", sentence(plan));
    out.lines().map(|line| sanitize(line).into_owned() + "\n").collect()
}

fn change_text(out: &mut String, change: &Change, head: &str) {
    let _ = writeln!(out, "{:>3} {head}", change.sign());
    for note in lines::notes(change) {
        let _ = writeln!(out, "        # {note}");
    }
    write_lines(out, &lines::of(change));
}

fn write_lines(out: &mut String, lines: &[Line]) {
    for line in lines {
        let indent = 6 + 4 * usize::from(line.depth);
        let forces = if line.forces { "  # forces replacement" } else { "" };
        let _ = writeln!(out, "{:indent$}{} {}{forces}", "", line.sign, line.text);
    }
}

/// Returns the resources that depend on a changed one, in words; `None` if there are none.
pub fn dependents_note(plan: &Plan, needed_by: &Dependents, change: &Change) -> Option<String> {
    // Dependents of a new resource are new themselves, or are changed because of it.
    if !matches!(change.action, Action::Update | Action::Replace | Action::Delete | Action::Forget) {
        return None;
    }
    let (found, more) = plan.dependents(needed_by, &resource_of(&change.address), MAX_DEPENDENTS);
    let more = if more { ", …" } else { "" };
    (!found.is_empty()).then(|| format!("{}{more}", found.join(", ")))
}

/// Formats the counts: `+2 ~1 -0`.
pub fn counts(summary: &Summary) -> String {
    format!("+{} ~{} -{}", summary.add, summary.change, summary.remove)
}

/// Returns the counts as a sentence.
pub fn sentence(plan: &Plan) -> String {
    let summary = plan.summary();
    if plan.is_empty() {
        return match plan.drift.len() {
            0 => "No changes: the resources match the code.".to_owned(),
            drifted => format!("No changes; {drifted} changed elsewhere."),
        };
    }
    let counted = |action: Action| plan.changes.iter().filter(|change| change.action == action).count();
    let moved = plan.changes.iter().filter(|change| change.moved_from.is_some()).count();
    let mut parts = vec![
        format!("{} to add", summary.add),
        format!("{} to change", summary.change),
        format!("{} to destroy", summary.remove),
    ];
    let more = [
        (summary.import as usize, "to import"),
        (moved, "moved"),
        (counted(Action::Forget), "to forget"),
        (counted(Action::Read), "to read"),
        (plan.invocations.len(), "actions to invoke"),
        (plan.outputs.len(), "outputs to change"),
        (plan.drift.len(), "changed elsewhere"),
    ];
    parts.extend(more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    format!("Plan: {}.", parts.join(", "))
}
