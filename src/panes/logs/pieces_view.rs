//! The text of a line, split into styled pieces.

use super::state::Detail;
use crate::model::text;
use crate::ui::canvas::Canvas;
use log_store::block::mark;
use log_store::{Kind, Line, fields};
use ratatui::style::{Color, Modifier, Style};
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// Maximum number of characters examined of a line.
const LONGEST: usize = 4_000;

/// Whether a field means that a request failed.
pub(super) fn fails(key: &str, value: &str) -> bool {
    key.to_lowercase().contains("status") && value.starts_with('5')
}

/// Splits the text of a line into styled pieces.
pub(super) fn pieces<'a>(canvas: &Canvas<'_, '_>, line: &Line<'a>) -> Vec<(Cow<'a, str>, Style)> {
    let theme = canvas.theme;
    let logs = &canvas.app.panes.logs;
    let limit = |text: Cow<'a, str>| match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    };
    if line.is(mark::GAP | mark::SAMPLED) {
        return vec![(Cow::Borrowed(line.text), theme.degraded.add_modifier(Modifier::BOLD))];
    }
    if line.kind == Kind::Plain || logs.detail == Detail::Raw {
        return coloured(limit(Cow::Borrowed(line.text)), theme.text, theme.key.fg.is_some());
    }
    let mut out = coloured(limit(fields::message(line.text, line.kind)), theme.text, theme.key.fg.is_some());
    if logs.detail == Detail::Fields {
        let rest =
            fields::extra_fields(line.text, line.kind).into_iter().filter(|(key, _)| !logs.columns.contains(key));
        for (key, value) in rest.take(16) {
            out.push((Cow::Owned(format!("  {key}=")), theme.dim));
            let value = text::cut_end(&value, 80).into_owned();
            let style = if fails(&key, &value) { theme.down } else { theme.dim };
            out.push((Cow::Owned(value), style));
        }
    }
    out
}

/// Applies the colours that a program set with SGR sequences. Everything else in the text is shown as it is.
fn coloured(text: Cow<'_, str>, base: Style, colours: bool) -> Vec<(Cow<'_, str>, Style)> {
    if !text.contains('\u{1b}') {
        return vec![(text, base)];
    }
    let mut out = Vec::new();
    let mut style = base;
    let mut rest: &str = &text;
    while let Some(at) = rest.find("\u{1b}[") {
        let after = &rest[at + 2..];
        let end = after.find(|c: char| !(c.is_ascii_digit() || c == ';')).unwrap_or(after.len());
        if !after[end..].starts_with('m') {
            out.push((Cow::Owned(rest[..at + 2].to_owned()), style));
            rest = after;
            continue;
        }
        out.push((Cow::Owned(rest[..at].to_owned()), style));
        if colours {
            style = sgr(style, base, &after[..end]);
        }
        rest = &after[end + 1..];
    }
    out.push((Cow::Owned(rest.to_owned()), style));
    out
}

fn sgr(mut style: Style, base: Style, codes: &str) -> Style {
    for code in codes.split(';') {
        style = match code.parse().unwrap_or(0_u8) {
            0 => base,
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            22 => style.remove_modifier(Modifier::BOLD | Modifier::DIM),
            n @ 30..=37 => style.fg(Color::Indexed(n - 30)),
            39 => Style { fg: base.fg, ..style },
            n @ 90..=97 => style.fg(Color::Indexed(n - 82)),
            _ => style,
        };
    }
    style
}

/// Marks the matches of the search within the pieces.
pub(super) fn marked<'a>(canvas: &Canvas<'_, '_>, pieces: Vec<(Cow<'a, str>, Style)>) -> Vec<(Cow<'a, str>, Style)> {
    let Some(needle) = canvas.app.panes.logs.needle() else { return pieces };
    let mut out = Vec::with_capacity(pieces.len());
    for (text, style) in pieces {
        let places = needle.places(&text, 64);
        let mut at = 0;
        for place in places {
            out.push((Cow::Owned(text[at..place.start].to_owned()), style));
            out.push((Cow::Owned(text[place.clone()].to_owned()), style.add_modifier(Modifier::REVERSED)));
            at = place.end;
        }
        if at == 0 {
            out.push((text, style));
        } else {
            out.push((Cow::Owned(text[at..].to_owned()), style));
        }
    }
    out
}

/// The text after the first `skip` cells.
pub(super) fn after_cells<'a>(text: &'a str, skip: &mut usize) -> &'a str {
    for (at, grapheme) in text.grapheme_indices(true) {
        if *skip == 0 {
            return &text[at..];
        }
        *skip = skip.saturating_sub(text::width(grapheme).max(1));
    }
    ""
}
