//! Reports the outcome of a statement to psql's interpreter, with its rows if they are needed.

use super::requests::{Kind, close, request};
use super::running::{Gathered, Pending, Running};
use super::{psql, status_texts};
use crate::app::App;
use crate::app::effect::Effect;
use crate::feeds::sql;
use crate::model::sql::describe::QueryResult;
use crate::model::sql::interpreter::{Answer, Ran, Rows};
use crate::model::sql::{Cell, ResultId, ServerMessage, StatementOutcome};
use std::fmt::Write as _;

/// Maximum size of truncated values that are read completely, to be run or stored in variables, in bytes.
const WHOLE: u64 = 64 << 20;
/// A row limit below this only tests whether there is any row.
const ONE: usize = 2;

/// Handles the end of the running statement: reports it to the interpreter, with the rows if needed.
pub fn ended(app: &mut App, running: &Running) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let (looked, wanted) = match state.pending.take() {
        Some(Pending::Run(run)) => (false, if let Rows::Keep(most) = run.rows { most } else { 0 }),
        Some(Pending::Look) => (true, usize::MAX),
        other => {
            state.pending = other;
            return Vec::new();
        }
    };
    if looked && running.ended == Some(StatementOutcome::Cancelled) {
        // It has no tab to show this, and the command that needed it is over.
        app.show_message("cancelled");
    }
    let state = &app.panes.query;
    let mut ran = Ran { transaction: state.transaction, ..Ran::default() };
    match &running.ended {
        Some(StatementOutcome::Done(tag)) => {
            ran.tag.clone_from(tag);
            ran.count = tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
        }
        Some(StatementOutcome::Failed(said)) => ran.failed = Some(said.clone()),
        Some(StatementOutcome::Cancelled) | None => {
            ran.failed = Some(error_message("canceling statement due to user request", "57014"));
        }
        Some(StatementOutcome::Lost(why)) => ran.failed = Some(error_message(why, "08006")),
    }
    // Of several statements (`\;`), the rows of the last one are needed.
    let Some(read) = running.of_last() else { return report_outcome(app, ran, None, looked) };
    ran.columns.clone_from(&read.columns);
    let only = looked.then_some(read.result);
    if ran.failed.is_some() || wanted == 0 {
        return report_outcome(app, ran, only, looked);
    }
    // An incomplete set of rows must not be run, stored or pivoted.
    let part = running.stopped.as_ref().map(|why| format!("not all of its rows were kept: {why}")).or_else(|| {
        let more = wanted > ONE && read.rows > wanted as u64;
        more.then(|| format!("it has {} rows, and {wanted} are taken at most", status_texts::format_count(read.rows)))
    });
    if let Some(why) = part {
        return fail_command(app, ran, only, looked, &why);
    }
    if read.rows == 0 {
        return report_outcome(app, ran, only, looked);
    }
    let (result, count) = (read.result, u32::try_from(read.rows.min(wanted as u64)).unwrap_or(u32::MAX));
    let (serial, effect) = request(app, Kind::PsqlRows, sql::Ask::Window { result, from: 0, count });
    let gathered = Gathered { serial, result, looked, ran: Box::new(ran), count, rows: Vec::new(), cut: Vec::new() };
    app.panes.query.pending = Some(Pending::Rows(Box::new(gathered)));
    vec![effect]
}

fn error_message(message: &str, code: &str) -> ServerMessage {
    ServerMessage { severity: "ERROR".into(), code: code.into(), message: message.into(), ..ServerMessage::default() }
}

/// Handles requested rows: first those of the window, then again those with truncated values.
pub fn kept(app: &mut App, serial: u64, came: Result<Vec<Vec<Cell>>, String>) -> Vec<Effect> {
    let is_requested = |pending: &mut Pending| matches!(pending, Pending::Rows(gathered) if gathered.serial == serial);
    let Some(Pending::Rows(gathered)) = app.panes.query.pending.take_if(is_requested) else { return Vec::new() };
    let mut gathered = *gathered;
    let only = gathered.looked.then_some(gathered.result);
    let again = !gathered.cut.is_empty();
    let complete = came.and_then(|rows| {
        let wanted = if again { gathered.cut.len() } else { gathered.count as usize };
        if rows.len() != wanted {
            return Err(format!("{} of {wanted} rows could be read", rows.len()));
        }
        if again {
            for (row, cells) in gathered.cut.drain(..).zip(rows) {
                gathered.rows[row as usize] = cells;
            }
        } else {
            gathered.rows = rows;
        }
        gathered.cut =
            (0..).zip(&gathered.rows).filter(|(_, cells)| truncated_bytes(cells) > 0).map(|(row, _)| row).collect();
        let bytes: u64 = gathered.rows.iter().map(|cells| truncated_bytes(cells)).sum();
        if bytes > WHOLE || (again && bytes > 0) {
            return Err(format!(
                "its values have {}, and {} are read at most: take shorter ones, or fewer rows",
                status_texts::format_size(bytes),
                status_texts::format_size(WHOLE)
            ));
        }
        Ok(())
    });
    match complete {
        Err(why) => fail_command(app, *gathered.ran, only, gathered.looked, &why),
        Ok(()) if gathered.cut.is_empty() => {
            let mut ran = *gathered.ran;
            ran.rows = gathered.rows.into_iter().map(|row| row.into_iter().map(value).collect()).collect();
            report_outcome(app, ran, only, gathered.looked)
        }
        Ok(()) => {
            let question = sql::Ask::Rows { result: gathered.result, rows: gathered.cut.clone(), most: WHOLE as usize };
            let (serial, effect) = request(app, Kind::PsqlRows, question);
            app.panes.query.pending = Some(Pending::Rows(Box::new(Gathered { serial, ..gathered })));
            vec![effect]
        }
    }
}

/// Total size of a row's values that are not completely loaded, in bytes.
fn truncated_bytes(cells: &[Cell]) -> u64 {
    let bytes = |cell: &Cell| if let Cell::Text { bytes, cut: true, .. } = cell { *bytes } else { 0 };
    cells.iter().map(bytes).sum()
}

fn value(cell: Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Text { text, .. } => Some(text.into_string()),
    }
}

/// Fails a command whose statement was carried out, but whose rows cannot be used.
fn fail_command(app: &mut App, mut ran: Ran, only: Option<ResultId>, looked: bool, why: &str) -> Vec<Effect> {
    let message = format!("nothing is done with the result: {why}");
    // The statement's own tab shows that it was carried out. A failed look-up is reported as a failed command.
    if !looked {
        let _ = writeln!(app.panes.query.printed, "ERROR: {message}");
    }
    ran.failed = Some(error_message(&message, ""));
    report_outcome(app, ran, only, looked)
}

/// Reports the outcome to the interpreter. `only` is a result that is kept for no other purpose.
fn report_outcome(app: &mut App, ran: Ran, only: Option<ResultId>, looked: bool) -> Vec<Effect> {
    if looked {
        let Ran { failed, columns, rows, .. } = ran;
        let answer = failed.map_or(Ok(QueryResult { columns, rows }), |said| Err(Box::new(said)));
        psql::answer(app, Answer::Rows(answer));
    } else {
        psql::answer(app, Answer::Ran(Box::new(ran)));
    }
    close(app, only.into_iter().collect())
}

/// Drops rows that are no longer needed and kept for no other purpose.
pub fn left(app: &mut App) -> Vec<Effect> {
    match app.panes.query.pending.take() {
        Some(Pending::Rows(gathered)) if gathered.looked => close(app, vec![gathered.result]),
        _ => Vec::new(),
    }
}
