//! A change as lines, as Terraform writes them: for the terminal, for Markdown and for the screen.

use super::types::{Attribute, Change, Holder, Invocation, Shown};
use crate::infra::message::Action;
use crate::text::width;
use std::fmt::Write as _;

/// A line of a plan: indent, sign, text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How deep it is, from 0.
    pub depth: u16,
    /// `+`, `-` and `~`; a space where nothing is changed.
    pub sign: char,
    /// The text of the line.
    pub text: String,
    /// Whether the resource must be replaced because of it.
    pub forces: bool,
}

/// The action on a resource, in one line without its sign.
pub fn head(change: &Change) -> String {
    let mut out = change.address.clone();
    if let Some(key) = &change.deposed {
        let _ = write!(out, " (deposed object {key})");
    }
    out.push(' ');
    out.push_str(change.action.words());
    if let Some(reason) = &change.reason {
        out.push_str(": ");
        out.push_str(reason);
    }
    out
}

/// A change that was made elsewhere, in one line without its sign.
pub fn drift_head(change: &Change) -> String {
    let words = match change.action {
        Action::Delete => "was deleted elsewhere",
        Action::Create => "was made elsewhere",
        Action::Move => "has moved",
        _ => "was changed elsewhere",
    };
    format!("{} {words}", change.address)
}

/// An action that is invoked, in one line.
pub fn invoked(invocation: &Invocation) -> String {
    let of = invocation.of.as_deref().map(|of| format!(" of {of}")).unwrap_or_default();
    let when = if of.is_empty() { "" } else { invocation.event.as_str() };
    let when = if when.is_empty() { String::new() } else { format!(" {when}") };
    format!("{} will be invoked{when}{of}", invocation.address)
}

/// Where it comes from, and what it loses, in a sentence each.
pub fn notes(change: &Change) -> Vec<String> {
    let mut out = Vec::new();
    if change.loses_data {
        out.push("the data in it is lost".to_owned());
    }
    out.extend(change.moved_from.as_ref().map(|before| format!("moved from {before}")));
    out.extend(change.import_id.as_ref().map(|id| format!("imported by the id {id}")));
    out
}

/// The attributes that are not as before, and how many stay.
pub fn of(change: &Change) -> Vec<Line> {
    let mut out = Vec::new();
    parts(&change.attributes, 0, true, &mut out);
    stays(change.unchanged, 0, "attribute", &mut out);
    out
}

/// The values of an output.
pub fn of_value(value: &Attribute) -> Vec<Line> {
    let mut out = Vec::new();
    parts(std::slice::from_ref(value), 0, true, &mut out);
    out
}

fn stays(count: u64, depth: u16, what: &str, out: &mut Vec<Line>) {
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
    let wide = attributes.iter().filter_map(|attribute| attribute.name.as_deref()).map(width).max();
    for attribute in attributes {
        let mut before = String::new();
        if let Some(name) = attribute.name.as_deref().filter(|_| named) {
            before.push_str(name);
            let pad = wide.unwrap_or(0).saturating_sub(width(name));
            before.extend(std::iter::repeat_n(' ', pad));
            before.push_str(" = ");
        }
        one(attribute, &before, depth, out);
    }
}

fn one(attribute: &Attribute, before: &str, depth: u16, out: &mut Vec<Line>) {
    let forces = attribute.forces;
    let end = if attribute.name.is_none() { "," } else { "" };
    let mut line = |sign: char, text: String| out.push(Line { depth, sign, text, forces });
    match &attribute.shown {
        Shown::Added { after } => line('+', format!("{before}{after}{end}")),
        Shown::Removed { before: value } if attribute.name.is_some() => line('-', format!("{before}{value} -> null")),
        Shown::Removed { before: value } => line('-', format!("{before}{value}{end}")),
        Shown::Changed { before: from, after } => line('~', format!("{before}{from} -> {after}{end}")),
        Shown::Parts { of, sign, parts: inner, unchanged } => {
            let (open, close) = match of {
                Holder::Map => ("{", "}"),
                Holder::List => ("[", "]"),
                Holder::Json => ("jsonencode(", ")"),
                Holder::Text => ("<<EOT", "EOT"),
            };
            line(*sign, format!("{before}{open}"));
            parts(inner, depth + 1, true, out);
            let nothing = inner.is_empty() && *of == Holder::Json;
            let what = match of {
                Holder::Map | Holder::Json => "part",
                Holder::List => "element",
                Holder::Text => "line",
            };
            if nothing {
                let text = "# it says the same, written in another way".to_owned();
                out.push(Line { depth: depth + 1, sign: ' ', text, forces: false });
            } else {
                stays(*unchanged, depth + 1, what, out);
            }
            out.push(Line { depth, sign: ' ', text: format!("{close}{end}"), forces: false });
        }
    }
}
