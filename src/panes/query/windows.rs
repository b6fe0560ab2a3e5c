//! The dialogs of the Query pane: choices, and questions before something is changed.

use super::addresses::{places, read_only};
use super::choices::Window;
use super::guard::ROWS;
use super::running::CommandUse;
use super::scan::MAX_COPIED_BYTES;
use super::sequence::Script;
use super::state::{DialogQuestion, ID};
use super::{references, status_texts, tree};
use crate::app::App;
use crate::app::command::{Id, Risk};
use crate::app::dialog;
use crate::app::effect::Effect;
use crate::app::operation_texts::line;
use crate::app::overlay::{Kind, Line, Overlay, Tone, width};
use crate::app::overlays;
use crate::app::pane::Confirmation;
use crate::app::safety::WRITE_SESSION_RISK;
use crate::app::screen::Purpose;
use crate::app::update::refresh::after_move;
use crate::app::update::windows::{push_window, start_typing};
use crate::model::sql::Column;
use crate::model::sql::edit::Change;
use crate::model::sql::guard::{Judgement, ReadOnlyProtection, judge};
use crate::model::sql::keywords::literal;
use crate::model::text::pluralize;
use crate::model::wrap::wrap;

/// Shown until the number of affected rows is known.
const COUNTED: &str = "How many rows it touches is being looked up (EXPLAIN); your answer cancels that at the server.";
/// Explains which statements still need confirmation where writes are allowed, and which cannot be recognised.
const ASKED: &str = "In a guarded environment a statement that writes by its words, or calls a function that is not known here, still \
                     asks. What a view, a rule, an operator or a cast calls is not seen and does not ask.";
/// Maximum number of a statement's lines shown in a confirmation.
const SHOWN: usize = 100;
/// Maximum number of bytes of a text that are wrapped into lines.
const WRAPPED: usize = 256 * 1024;
/// The command that writes a value to a file.
const SAVE: Id = Id("query-save-value");
/// The command that shows the server's messages.
pub const SAID: Id = Id("query-said");
/// The number of the pane's only dialog with buttons.
const ASKS: u8 = 0;

/// Opens a dialog.
pub fn open(app: &mut App, window: Window) -> Vec<Effect> {
    let lines = lines(app, window);
    if lines.is_empty() {
        app.show_message(match window {
            Window::History => "nothing was run yet",
            Window::Saved => "no query was saved yet: alt-s saves what is in the editor",
            Window::Copy | Window::Columns | Window::Row | Window::Column => "there is no result",
            Window::Places => "there is nowhere to connect to",
            Window::References => "no foreign key leads from or to the tables of this row",
        });
        return after_move(app);
    }
    let overlay = Overlay::new(window.kind(), window.title(), lines);
    let types = overlay.accepts_typing();
    push_window(app, overlay);
    if types {
        start_typing(app, Purpose::Window);
    }
    after_move(app)
}

/// Shows all messages of the server for the shown result.
pub fn said(app: &mut App) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else {
        app.show_message("there is no result");
        return after_move(app);
    };
    let lines: Vec<String> = status_texts::tab_lines(tab, app.now).into_iter().map(|(_, text)| text).collect();
    let (title, text) = (tab.title(), lines.join("\n"));
    // Without the frame and one cell at each side.
    let cells = usize::from(width(app.screen.size.0).saturating_sub(4));
    let lines = wrap(&text, cells).into_iter().map(|text| line("", text, Tone::Plain));
    let mut overlay = Overlay::new(Kind::Message, title, lines.collect());
    overlay.copy_text = Some(text);
    push_window(app, overlay);
    after_move(app)
}

fn entry(text: impl Into<String>, note: impl Into<String>, window: Window, choice: impl Into<String>) -> Line {
    Line { note: note.into(), choice: window.choice(choice), ..line("", text, Tone::Plain) }
}

/// The lines of a dialog in the current state.
pub fn lines(app: &App, window: Window) -> Vec<Line> {
    let state = &app.panes.query;
    let flat = |text: &str| text.split_whitespace().take(40).collect::<Vec<_>>().join(" ");
    match window {
        Window::History => {
            let all = state.history.entries.iter().enumerate().rev();
            all.map(|(number, text)| entry(flat(text), "", window, number.to_string())).collect()
        }
        Window::Saved => {
            let all = state.saved.iter();
            all.map(|saved| entry(&saved.name, flat(&saved.text), window, &saved.name)).collect()
        }
        Window::Places => {
            let place =
                |(number, (word, place)): (usize, (String, crate::model::tunnel::remote_end::RemoteAddress))| {
                    entry(word, format!("{}:{}", place.host, place.port), window, number.to_string())
                };
            places(app).into_iter().enumerate().map(place).collect()
        }
        Window::Columns => {
            let Some(grid) = state.shown().and_then(|tab| tab.grid.as_ref()) else { return Vec::new() };
            let column = |(number, column): (usize, &crate::model::sql::Column)| {
                let sign = if grid.order.contains(&number) { "●" } else { " " };
                Line { left: sign.to_owned(), ..entry(&column.name, "", window, number.to_string()) }
            };
            grid.columns.iter().enumerate().map(column).collect()
        }
        Window::Column => {
            let Some(grid) = state.shown().and_then(|tab| tab.grid.as_ref()) else { return Vec::new() };
            let column = |(number, column): (usize, &crate::model::sql::Column)| {
                let note = if grid.order.contains(&number) { "" } else { "hidden: it is shown again" };
                entry(&column.name, note, window, number.to_string())
            };
            grid.columns.iter().enumerate().map(column).collect()
        }
        Window::Copy => copies(app),
        Window::Row => row(app),
        Window::References => {
            let all = references::of_row(app).into_iter();
            all.map(|way| entry(way.words, way.note, window, way.statement.unwrap_or_default())).collect()
        }
    }
}

/// The formats for copying.
fn copies(app: &App) -> Vec<Line> {
    let Some(grid) = app.panes.query.shown().and_then(|tab| tab.grid.as_ref()) else { return Vec::new() };
    let (from, to) = grid.selected_range();
    let rows = match to - from + 1 {
        1 => "the row".to_owned(),
        rows => format!("{rows} rows"),
    };
    let mut lines = vec![entry("the cell", "its whole value", Window::Copy, "cell")];
    for (word, note) in
        [("csv", "CSV"), ("tsv", "TSV"), ("insert", "INSERT statements"), ("json", "JSON"), ("markdown", "Markdown")]
    {
        lines.push(entry(format!("{rows} as {note}"), "", Window::Copy, word));
    }
    lines.push(entry("the column", "one value per line", Window::Copy, "column"));
    lines
}

/// The columns of the new row that is last among the changes.
fn row(app: &App) -> Vec<Line> {
    let Some(edit) = app.panes.query.shown().and_then(|tab| tab.edit.as_ref()) else { return Vec::new() };
    let Some(Change::Insert { values }) = edit.changes.list.last() else { return Vec::new() };
    let table = &edit.changes.table;
    let column = |(number, name): &(i16, String)| {
        let value = values.iter().find(|(known, _)| known == number).map(|(_, value)| match value {
            None => "NULL".to_owned(),
            Some(text) => literal(text),
        });
        let sign = if value.is_some() { "●" } else { " " };
        let note = value.unwrap_or_else(|| "its default".to_owned());
        Line { left: sign.to_owned(), ..entry(name, note, Window::Row, number.to_string()) }
    };
    let columns = table.columns.iter().filter(|(number, _)| !table.generated.contains(number));
    let mut lines: Vec<Line> = columns.map(column).collect();
    lines.push(entry("another row", "Esc goes back; W shows and applies all changes", Window::Row, "another"));
    lines
}

/// Opens the dialog for a question.
pub fn ask(app: &mut App, asking: DialogQuestion) -> Vec<Effect> {
    app.panes.query.open_question = Some(asking);
    if let Some(window) = dialog::of_pane(app, ID, ASKS) {
        push_window(app, window);
    }
    after_move(app)
}

/// The confirmation for the question; `None` if it can no longer be answered.
pub fn confirm(app: &App, _: u8) -> Option<Confirmation> {
    let state = &app.panes.query;
    match state.open_question.as_ref()? {
        asking @ DialogQuestion::Run { .. } => to_run(app, asking),
        DialogQuestion::Script(script) => script_to_run(app, script),
        DialogQuestion::Program { command, purpose } => {
            let what = match purpose {
                CommandUse::Results => "A command is run on this machine, and results go to it until \\o ends it:",
                CommandUse::Reads(text) if !text.is_empty() => {
                    "A command is run on this machine, which reads what is typed:"
                }
                CommandUse::Reads(_) => "A command is run on this machine:",
                CommandUse::Captured => "A command is run on this machine, and what it says stands in what is run:",
            };
            let text = vec![(Tone::Warn, what.to_owned()), (Tone::Plain, command.clone())];
            Some(Confirmation {
                covered_content: command.clone(),
                ..plain(ours(app, "Run a command"), "Run", Risk::Change, text)
            })
        }
        DialogQuestion::Terminate => {
            let running = state.running.as_ref()?;
            let since = status_texts::format_duration(app.now.duration_since(running.since).unsigned_abs());
            let text = vec![
                (Tone::Plain, format!("The statement has run for {since} and does not react to the cancel request.")),
                (
                    Tone::Warn,
                    "Ending the server's process of this session (pg_terminate_backend) rolls back what is open, and drops \
                     temporary tables and settings."
                        .to_owned(),
                ),
            ];
            Some(plain(ours(app, "End the session's process"), "End it", Risk::Change, text))
        }
        DialogQuestion::Leave(to) => {
            let lost = super::answers::loses(app)?;
            let verb = if to.is_some() { "Switch" } else { "Leave" };
            Some(plain(ours(app, "Leave the session"), verb, Risk::Change, vec![(Tone::Warn, lost)]))
        }
        DialogQuestion::Close(result) => {
            let tab = state.tabs.iter().find(|tab| tab.id == *result)?;
            let count = tab.edit.as_ref().map_or(0, |edit| edit.changes.list.len());
            let lost = if count == 1 { "One change was".to_owned() } else { format!("{count} changes were") };
            let text = vec![
                (Tone::Warn, format!("{lost} not applied, and would be gone with the result (W applies).")),
                (Tone::Plain, tab.title()),
            ];
            Some(Confirmation {
                covered_content: lost,
                ..plain(ours(app, "Close the result"), "Close it", Risk::Read, text)
            })
        }
        DialogQuestion::Replace(query) => {
            let text = vec![
                (Tone::Warn, format!("A query is saved as {} already. It may be somebody else's.", query.name)),
                (Tone::Plain, "What it was is gone after this, unless the folder is in git.".to_owned()),
            ];
            let bound = format!("{}\n{}", query.name, query.text);
            Some(Confirmation {
                covered_content: bound,
                ..plain("Replace the saved query".to_owned(), "Replace", Risk::Change, text)
            })
        }
        DialogQuestion::Writes => {
            let why = read_only(app).unwrap_or_else(|| "it was asked for".to_owned());
            let text = vec![
                (Tone::Plain, format!("Transactions of this session only read: {why}.")),
                (Tone::Warn, "After this they may write, until the session ends.".to_owned()),
                (Tone::Plain, ASKED.to_owned()),
            ];
            Some(plain(ours(app, "Allow writes"), "Allow writes", WRITE_SESSION_RISK, text))
        }
    }
}

fn ours(app: &App, words: &str) -> String {
    format!("{words} in {}", app.environment.name)
}

fn plain(title: String, verb: &str, risk: Risk, text: Vec<(Tone, String)>) -> Confirmation {
    Confirmation {
        title,
        verb: verb.to_owned(),
        risk,
        text,
        command: String::new(),
        covered_content: String::new(),
        live: Vec::new(),
    }
}

/// The confirmation for a statement: the reasons, the server, the statement, and whether it can be undone.
fn to_run(app: &App, asking: &DialogQuestion) -> Option<Confirmation> {
    let DialogQuestion::Run { statement, why, rows, destroys, lifts, program } = asking else { return None };
    let state = &app.panes.query;
    if !state.is_on() {
        return None;
    }
    let mut text: Vec<(Tone, String)> = why.iter().map(|why| (Tone::Warn, why.clone())).collect();
    match rows {
        Some(rows) => text.push((Tone::Strong, rows.clone())),
        None if state.look_ups.values().any(|purpose| *purpose == ROWS) => text.push((Tone::Plain, COUNTED.to_owned())),
        None => {}
    }
    let server = state.server.as_ref().map(|server| format!("On {} as {}.", server.host, server.user));
    text.extend(server.map(|server| (Tone::Plain, server)));
    text.extend(statement.lines().take(SHOWN).map(|line| (Tone::Plain, line.to_owned())));
    if let Some(more) = statement.lines().count().checked_sub(SHOWN).filter(|more| *more > 0) {
        text.push((Tone::Warn, format!("… and {}, also run", pluralize(more, "more line"))));
    }
    let judged = judge(statement);
    if *lifts || !judged.nature.is_harmless() {
        text.push((Tone::Plain, undone(app, &judged, *lifts).to_owned()));
    }
    let verb = statement.split_whitespace().next().unwrap_or_default().to_uppercase();
    let (quoted, write) = (statement.replace('\'', "'\\''"), if *lifts { " --write" } else { "" });
    Some(Confirmation {
        title: ours(app, &format!("Run {verb}")),
        verb: "Run".to_owned(),
        risk: if *lifts {
            WRITE_SESSION_RISK
        } else if *destroys {
            Risk::Disrupt
        } else {
            Risk::Change
        },
        text,
        // `cockpit sql -c` starts no programs.
        command: if *program {
            String::new()
        } else {
            format!("cockpit sql {}{write} -c '{quoted}'", app.environment.name)
        },
        covered_content: format!("{statement}\n{}", why.join("\n")),
        live: Vec::new(),
    })
}

/// Whether the effect can be undone, in the current state of the session.
fn undone(app: &App, judged: &Judgement, lifts: bool) -> &'static str {
    let state = &app.panes.query;
    let reads = state.server.as_ref().is_some_and(|server| server.read_only)
        && state.transaction == crate::model::sql::Transaction::Idle;
    if lifts {
        ASKED
    } else if reads && judged.protection == ReadOnlyProtection::Full {
        "This session only reads: the server will refuse it. U lets it write, after a question."
    } else if reads && judged.protection == ReadOnlyProtection::RowsOnly {
        "This session only reads: the server will refuse what changes rows. What else a function does is done at once."
    } else if reads {
        "This session only reads, which does not keep the server from this: it is done at once and cannot be undone."
    } else if state.transaction == crate::model::sql::Transaction::Open {
        "A transaction is open: until COMMIT, ROLLBACK undoes it."
    } else {
        "It is committed at once: it cannot be undone."
    }
}

/// The confirmation for a sequence of statements.
fn script_to_run(app: &App, script: &Script) -> Option<Confirmation> {
    let state = &app.panes.query;
    if !state.is_on() {
        return None;
    }
    let mut text: Vec<(Tone, String)> = script.why.iter().map(|why| (Tone::Warn, why.clone())).collect();
    let server = state.server.as_ref().map(|server| format!("On {} as {}.", server.host, server.user));
    text.extend(server.map(|server| (Tone::Plain, server)));
    text.push((Tone::Plain, String::new()));
    let statements = script.steps.iter().take(200).map(|step| format!("{};", step.statement));
    let statements: Vec<String> = statements.collect();
    let bound = statements.join("\n");
    text.extend(bound.lines().map(|line| (Tone::Plain, line.to_owned())));
    if script.steps.len() > statements.len() {
        text.push((Tone::Warn, format!("… and {} more", script.steps.len() - statements.len())));
    }
    let mut confirmation = plain(ours(app, &script.title), &script.verb, Risk::Change, text);
    confirmation.covered_content = script.steps.iter().fold(String::new(), |all, step| all + &step.statement + ";\n");
    Some(confirmation)
}

/// Shows a value: structured ones as a tree, bytes in hexadecimal, others as text. Of a large value, shows the beginning.
pub fn value(app: &mut App, column: &Column, value: Option<(String, u64)>) {
    let Some((text, bytes)) = value else {
        app.show_message(format!("{} is NULL", column.name));
        return;
    };
    let is_whole = bytes <= text.len() as u64;
    let lines = if is_whole { tree::lines(column, &text) } else { tree::bytes(column, &text) };
    let (overlay, shown) = if let Some(lines) = lines {
        let (count, body) = (lines.len(), lines.join("\n"));
        let part = if count < tree::LINES {
            None
        } else {
            Some(format!("{} lines", status_texts::format_count(count as u64)))
        };
        (overlays::inspect(column.name.clone(), &body), part)
    } else {
        let end = text.floor_char_boundary(WRAPPED);
        // Without the frame and one cell at each side.
        let cells = usize::from(width(app.screen.size.0).saturating_sub(4));
        let lines = wrap(&text[..end], cells).into_iter().map(|text| line("", text, Tone::Plain));
        let overlay = Overlay::new(Kind::Message, column.name.clone(), lines.collect());
        (overlay, (end < text.len()).then(|| status_texts::format_size(end as u64)))
    };
    let shown = shown.or_else(|| (!is_whole).then(|| status_texts::format_size(text.len() as u64)));
    let mut overlay = overlay;
    overlay.copy_text = Some(text).filter(|_| bytes <= MAX_COPIED_BYTES as u64);
    if let Some(shown) = shown {
        let key = app.keymap.label(SAVE).unwrap_or_default();
        overlay.title = format!(
            "{}: the first {shown} of {}; Esc, then {key} writes all of it to a file",
            column.name,
            status_texts::format_size(bytes)
        );
    }
    app.screen.overlays.push(overlay);
}
