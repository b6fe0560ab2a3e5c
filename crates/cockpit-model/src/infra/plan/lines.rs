//! The changes of a plan as lines in Terraform's format: for the terminal, Markdown and the screen.

use super::types::{Attribute, Change, ContainerKind, Invocation, ValueChange};
use crate::infra::message::Action;
use crate::text::width;
use std::fmt::Write as _;

/// A line of a plan: indent, sign, text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Nesting depth, from 0.
    pub depth: u16,
    /// `+`, `-` or `~`; a space if nothing is changed.
    pub sign: char,
    /// The text of the line.
    pub text: String,
    /// Whether it forces a replacement of the resource.
    pub forces: bool,
}

/// Returns the action on a resource as one line, without its sign.
pub fn head(change: &Change) -> String {
    let mut out = change.address.clone();
    if let Some(key) = &change.deposed {
        let _ = write!(out, " (deposed object {key})");
    }
    out.push(' ');
    out.push_str(change.action.describe());
    if let Some(reason) = &change.reason {
        out.push_str(": ");
        out.push_str(reason);
    }
    out
}

/// Returns a change made outside of Terraform as one line, without its sign.
pub fn drift_head(change: &Change) -> String {
    let words = match change.action {
        Action::Delete => "was deleted elsewhere",
        Action::Create => "was made elsewhere",
        Action::Move => "has moved",
        _ => "was changed elsewhere",
    };
    format!("{} {words}", change.address)
}

/// Returns an invoked action as one line.
pub fn invocation_line(invocation: &Invocation) -> String {
    let of = invocation.of.as_deref().map(|of| format!(" of {of}")).unwrap_or_default();
    let when = if of.is_empty() { "" } else { invocation.event.as_str() };
    let when = if when.is_empty() { String::new() } else { format!(" {when}") };
    format!("{} will be invoked{when}{of}", invocation.address)
}

/// Returns notes on a move, an import and lost data, one sentence each.
pub fn notes(change: &Change) -> Vec<String> {
    let mut out = Vec::new();
    if change.loses_data {
        out.push("the data in it is lost".to_owned());
    }
    out.extend(change.moved_from.as_ref().map(|before| format!("moved from {before}")));
    out.extend(change.import_id.as_ref().map(|id| format!("imported by the id {id}")));
    out
}

/// Returns the changed attributes and the number of unchanged ones.
pub fn of(change: &Change) -> Vec<Line> {
    let mut out = Vec::new();
    parts(&change.attributes, 0, true, &mut out);
    push_unchanged(change.unchanged, 0, "attribute", &mut out);
    out
}

/// Returns the values of an output.
pub fn of_value(value: &Attribute) -> Vec<Line> {
    let mut out = Vec::new();
    parts(std::slice::from_ref(value), 0, true, &mut out);
    out
}

fn push_unchanged(count: u64, depth: u16, what: &str, out: &mut Vec<Line>) {
    if count > 0 {
        let text = if count == 1 {
            format!("# 1 {what} stays as it is")
        } else {
            format!("# {count} {what}s stay as they are")
        };
        out.push(Line { depth, sign: ' ', text, forces: false });
    }
}

fn parts(attributes: &[Attribute], depth: u16, named: bool, out: &mut Vec<Line>) {
    let name_width = attributes.iter().filter_map(|attribute| attribute.name.as_deref()).map(width).max();
    for attribute in attributes {
        let mut before = String::new();
        if let Some(name) = attribute.name.as_deref().filter(|_| named) {
            before.push_str(name);
            let pad = name_width.unwrap_or(0).saturating_sub(width(name));
            before.extend(std::iter::repeat_n(' ', pad));
            before.push_str(" = ");
        }
        push_attribute(attribute, &before, depth, out);
    }
}

fn push_attribute(attribute: &Attribute, before: &str, depth: u16, out: &mut Vec<Line>) {
    let forces = attribute.forces;
    let end = if attribute.name.is_none() { "," } else { "" };
    let mut line = |sign: char, text: String| out.push(Line { depth, sign, text, forces });
    match &attribute.shown {
        ValueChange::Added { after } => line('+', format!("{before}{after}{end}")),
        ValueChange::Removed { before: value } if attribute.name.is_some() => {
            line('-', format!("{before}{value} -> null"));
        }
        ValueChange::Removed { before: value } => line('-', format!("{before}{value}{end}")),
        ValueChange::Changed { before: from, after } => line('~', format!("{before}{from} -> {after}{end}")),
        ValueChange::Parts { of, sign, parts: inner, unchanged } => {
            let (open, close) = match of {
                ContainerKind::Map => ("{", "}"),
                ContainerKind::List => ("[", "]"),
                ContainerKind::Json => ("jsonencode(", ")"),
                ContainerKind::Text => ("<<EOT", "EOT"),
            };
            line(*sign, format!("{before}{open}"));
            parts(inner, depth + 1, true, out);
            let same_meaning = inner.is_empty() && *of == ContainerKind::Json;
            let what = match of {
                ContainerKind::Map | ContainerKind::Json => "part",
                ContainerKind::List => "element",
                ContainerKind::Text => "line",
            };
            if same_meaning {
                let text = "# the same value, formatted differently".to_owned();
                out.push(Line { depth: depth + 1, sign: ' ', text, forces: false });
            } else {
                push_unchanged(*unchanged, depth + 1, what, out);
            }
            out.push(Line { depth, sign: ' ', text: format!("{close}{end}"), forces: false });
        }
    }
}
