//! Editor commands for searching, formatting, and switching between texts.

use super::choices::Prompt;
use super::{completion_keys, editing, editor_search, line};
use crate::app::Command;
use crate::app::command::{Id, Scope};

/// Completes the word at the cursor, as `Tab` does.
pub(super) const COMPLETE: Command = Command::new(
    Id("query-complete"),
    Scope::Text,
    "complete",
    &["tab", "ctrl-space"],
    "Complete the word at the cursor.",
    completion_keys::tab,
);
/// Searches the text.
pub(super) const FIND: Command = Command::new(
    Id("text-find"),
    Scope::Text,
    "find",
    &["f3", "ctrl-g"],
    "Search the text while typing; Esc goes back. Without capitals, case is ignored.",
    editor_search::begin,
);
/// Moves to the next match.
pub(super) const FIND_NEXT: Command =
    Command::new(Id("text-find-next"), Scope::Text, "find next", &["alt-g"], "To the next match.", |app| {
        editor_search::next(app, true)
    });
/// Moves to the previous match.
pub(super) const FIND_PREVIOUS: Command =
    Command::new(Id("text-find-previous"), Scope::Text, "find previous", &["alt-G"], "To the previous match.", |app| {
        editor_search::next(app, false)
    });
/// Formats the statements.
pub(super) const FORMAT: Command = Command::new(
    Id("text-format"),
    Scope::Text,
    "format",
    &["f4", "alt-l"],
    "Format the statements; only whitespace changes, and psql commands and comments stay.",
    editing::format,
);
/// Expands `*` into columns.
pub(super) const EXPAND: Command = Command::new(
    Id("text-expand"),
    Scope::Text,
    "expand *",
    &["alt-*", "alt-x"],
    "Replace the * of a SELECT at the cursor by its columns.",
    editing::expand,
);
/// Opens another text.
pub(super) const NEW: Command =
    Command::new(Id("text-new"), Scope::Text, "new text", &["alt-n"], "Open a new text.", editing::new_text);
/// Shows the previous text.
pub(super) const EARLIER: Command = Command::new(
    Id("text-earlier"),
    Scope::Text,
    "earlier text",
    &["alt-,", "ctrl-pageup"],
    "To the previous text.",
    |app| editing::switch_text(app, -1),
);
/// Shows the next text.
pub(super) const LATER: Command = Command::new(
    Id("text-later"),
    Scope::Text,
    "later text",
    &["alt-.", "ctrl-pagedown"],
    "To the next text.",
    |app| editing::switch_text(app, 1),
);
/// Renames the text.
pub(super) const RENAME: Command =
    Command::new(Id("text-name"), Scope::Text, "name text", &["alt-r"], "Give the text a name.", |app| {
        line::prompt(app, Prompt::Name)
    });
/// Closes the text.
pub(super) const CLOSE: Command = Command::new(
    Id("text-close"),
    Scope::Text,
    "close text",
    &["alt-w"],
    "Close the text; its content stays in the history (Ctrl-r).",
    editing::close,
);
