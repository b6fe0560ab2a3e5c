//! Plans as Markdown, for a pull request.

use super::lines::{self, Line};
use super::text::{counts, dependents_note, sentence};
use super::types::{Change, Plan};
use crate::text::sanitize;
use std::fmt::Write;

/// Returns the whole plan of a unit.
pub fn markdown(unit: &str, plan: &Plan) -> String {
    let mut out = format!("### {}: `{}`\n\n{}\n", plain(unit), counts(&plan.summary()), sentence(plan));
    if plan.errored {
        out.push_str("\n> **Making this plan failed: it is not whole and cannot be applied.**\n");
    }
    let lost = plan.destroys_stateful();
    if !lost.is_empty() {
        out.push_str("\n> **Destroyed or replaced, with the data in it:**\n");
        for address in &lost {
            let _ = writeln!(out, "> - {}", code(address));
        }
    }
    let mut body = String::new();
    let needed_by = plan.reverse_dependencies();
    for change in &plan.changes {
        write_change(&mut body, change, &lines::head(change));
        if let Some(touches) = dependents_note(plan, &needed_by, change) {
            let _ = writeln!(body, "        # also touches {touches}");
        }
    }
    for invocation in &plan.invocations {
        let _ = writeln!(body, "! ! {}", lines::invocation_line(invocation));
    }
    for output in &plan.outputs {
        write_lines(&mut body, &lines::of_value(&output.value), "output ");
    }
    folded(&mut out, "Changes", &body);
    let mut drift = String::new();
    plan.drift.iter().for_each(|change| write_change(&mut drift, change, &lines::drift_head(change)));
    folded(&mut out, "Changed elsewhere", &drift);
    for check in &plan.checks {
        let _ = writeln!(out, "\n> Check failed: {}", plain(check));
    }
    out
}

/// Writes text as a collapsible block; its fence is longer than any backquotes in it.
fn folded(out: &mut String, title: &str, body: &str) {
    if body.is_empty() {
        return;
    }
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    let body: String = body.lines().map(|line| sanitize(line).into_owned() + "\n").collect();
    let _ = write!(out, "\n<details><summary>{title}</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n");
}

fn write_change(out: &mut String, change: &Change, head: &str) {
    let first = match change.sign() {
        sign @ ("+" | "-") => sign,
        _ => "!",
    };
    let _ = writeln!(out, "{first} {} {head}", change.sign());
    for note in lines::notes(change) {
        let _ = writeln!(out, "        # {note}");
    }
    write_lines(out, &lines::of(change), "");
}

/// Writes lines with the sign in the first column, by which `diff` blocks are coloured.
fn write_lines(out: &mut String, lines: &[Line], what: &str) {
    for line in lines {
        let first = if line.sign == '~' { '!' } else { line.sign };
        let indent = 5 + 4 * usize::from(line.depth);
        let forces = if line.forces { "  # forces replacement" } else { "" };
        let what = if line.depth == 0 && line.sign != ' ' { what } else { "" };
        let _ = writeln!(out, "{first}{:indent$}{} {what}{}{forces}", "", line.sign, line.text);
    }
}

/// Escapes all characters with a meaning in Markdown or HTML.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in sanitize(text).chars() {
        if matches!(c, '<' | '>' | '&' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '|' | '@') {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Returns an address as inline code.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence}{}{fence}", sanitize(text))
}
