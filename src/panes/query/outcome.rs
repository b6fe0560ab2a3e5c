//! The outcome of a statement, for psql's interpreter: how it ended, and its rows where they are wanted.

use super::ask::{Kind, ask, close};
use super::running::{Gathered, Pending, Running};
use super::{pump, tell};
use crate::app::App;
use crate::app::effect::Effect;
use crate::feeds::sql;
use crate::model::sql::describe::Looked;
use crate::model::sql::interpreter::{Answer, Ran, Rows};
use crate::model::sql::{Cell, Ended, ResultId, ServerMessage};
use std::fmt::Write as _;

/// How many bytes of values that are cut in the grid are read at most, to be run or set.
const WHOLE: u64 = 64 << 20;
/// A limit below this only asks whether there is a row at all.
const ONE: usize = 2;

/// The statement that ran has ended: the interpreter is told, with its rows where it wants them.
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
    if looked && running.ended == Some(Ended::Cancelled) {
        // It has no tab that tells it, and the command that it was for is over.
        app.say("cancelled");
    }
    let state = &app.panes.query;
    let mut ran = Ran { transaction: state.transaction, ..Ran::default() };
    match &running.ended {
        Some(Ended::Done(tag)) => {
            ran.tag.clone_from(tag);
            ran.count = tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
        }
        Some(Ended::Failed(said)) => ran.failed = Some(said.clone()),
        Some(Ended::Cancelled) | None => ran.failed = Some(said_of("canceling statement due to user request", "57014")),
        Some(Ended::Lost(why)) => ran.failed = Some(said_of(why, "08006")),
    }
    // Of several statements (`\;`) the last one's rows are wanted.
    let Some(read) = running.of_last() else { return over(app, ran, None, looked) };
    ran.columns.clone_from(&read.columns);
    let only = looked.then_some(read.result);
    if ran.failed.is_some() || wanted == 0 {
        return over(app, ran, only, looked);
    }
    // A part of the rows is not what is to be run, set or turned.
    let part = running.stopped.as_ref().map(|why| format!("not all of its rows were kept: {why}")).or_else(|| {
        let more = wanted > ONE && read.rows > wanted as u64;
        more.then(|| format!("it has {} rows, and {wanted} are taken at most", tell::count(read.rows)))
    });
    if let Some(why) = part {
        return fails(app, ran, only, looked, &why);
    }
    if read.rows == 0 {
        return over(app, ran, only, looked);
    }
    let (result, count) = (read.result, u32::try_from(read.rows.min(wanted as u64)).unwrap_or(u32::MAX));
    let (serial, effect) = ask(app, Kind::Kept, sql::Ask::Window { result, from: 0, count });
    let gathered = Gathered { serial, result, looked, ran: Box::new(ran), count, rows: Vec::new(), cut: Vec::new() };
    app.panes.query.pending = Some(Pending::Rows(Box::new(gathered)));
    vec![effect]
}

fn said_of(message: &str, code: &str) -> ServerMessage {
    ServerMessage { severity: "ERROR".into(), code: code.into(), message: message.into(), ..ServerMessage::default() }
}

/// Rows that are wanted have come: those of the window, then again those in which a value was cut.
pub fn kept(app: &mut App, serial: u64, came: Result<Vec<Vec<Cell>>, String>) -> Vec<Effect> {
    let asked = |pending: &mut Pending| matches!(pending, Pending::Rows(gathered) if gathered.serial == serial);
    let Some(Pending::Rows(gathered)) = app.panes.query.pending.take_if(asked) else { return Vec::new() };
    let mut gathered = *gathered;
    let only = gathered.looked.then_some(gathered.result);
    let again = !gathered.cut.is_empty();
    let whole = came.and_then(|rows| {
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
        gathered.cut = (0..).zip(&gathered.rows).filter(|(_, cells)| cut(cells) > 0).map(|(row, _)| row).collect();
        let bytes: u64 = gathered.rows.iter().map(|cells| cut(cells)).sum();
        if bytes > WHOLE || (again && bytes > 0) {
            return Err(format!(
                "its values have {}, and {} are read at most: take shorter ones, or fewer rows",
                tell::size(bytes),
                tell::size(WHOLE)
            ));
        }
        Ok(())
    });
    match whole {
        Err(why) => fails(app, *gathered.ran, only, gathered.looked, &why),
        Ok(()) if gathered.cut.is_empty() => {
            let mut ran = *gathered.ran;
            ran.rows = gathered.rows.into_iter().map(|row| row.into_iter().map(value).collect()).collect();
            over(app, ran, only, gathered.looked)
        }
        Ok(()) => {
            let question = sql::Ask::Rows { result: gathered.result, rows: gathered.cut.clone(), most: WHOLE as usize };
            let (serial, effect) = ask(app, Kind::Kept, question);
            app.panes.query.pending = Some(Pending::Rows(Box::new(Gathered { serial, ..gathered })));
            vec![effect]
        }
    }
}

/// How many bytes the values of a row have that are not here whole.
fn cut(cells: &[Cell]) -> u64 {
    let bytes = |cell: &Cell| if let Cell::Text { bytes, cut: true, .. } = cell { *bytes } else { 0 };
    cells.iter().map(bytes).sum()
}

fn value(cell: Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Text { text, .. } => Some(text.into_string()),
    }
}

/// The statement was carried out, and its rows are of no use.
fn fails(app: &mut App, mut ran: Ran, only: Option<ResultId>, looked: bool, why: &str) -> Vec<Effect> {
    let message = format!("nothing is done with the result: {why}");
    // The statement's own tab says that it was carried out. What was looked up and failed is told as a command that failed.
    if !looked {
        let _ = writeln!(app.panes.query.printed, "ERROR: {message}");
    }
    ran.failed = Some(said_of(&message, ""));
    over(app, ran, only, looked)
}

/// The interpreter is told. `only`: a result that is kept for nothing else.
fn over(app: &mut App, ran: Ran, only: Option<ResultId>, looked: bool) -> Vec<Effect> {
    if looked {
        let Ran { failed, columns, rows, .. } = ran;
        let answer = failed.map_or(Ok(Looked { columns, rows }), |said| Err(Box::new(said)));
        pump::answer(app, Answer::Rows(answer));
    } else {
        pump::answer(app, Answer::Ran(Box::new(ran)));
    }
    close(app, only.into_iter().collect())
}

/// Forgets rows that nobody waits for any more and that are kept for nothing else.
pub fn left(app: &mut App) -> Vec<Effect> {
    match app.panes.query.pending.take() {
        Some(Pending::Rows(gathered)) if gathered.looked => close(app, vec![gathered.result]),
        _ => Vec::new(),
    }
}
