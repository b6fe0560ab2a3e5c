//! Decides which statements need confirmation.

use super::addresses;
use super::consent::Consent;
use super::state::DialogQuestion;
use crate::app::App;
use crate::model::sql::Server;
use crate::model::sql::guard::{self, Judgement, Nature, ReadOnlyProtection, Step};
use crate::model::sql::interpreter::Origin;
use crate::model::sql::token;

/// Why a statement needs confirmation after a transaction was lost.
const LOST: &str = "The transaction that was open was lost with the connection, and none of its changes were kept: this runs without what \
                    was done in it.";

/// The purpose of looking up the number of affected rows.
pub const ROWS: &str = "rows";

/// Handles a read-only session that has become writable. If the user did not consent, because called code did it, makes it
/// read-only again.
pub fn session_became_writable(app: &mut App, server: &Server) {
    let consent = std::mem::take(&mut app.panes.query.consent);
    let Some(why) = addresses::read_only(app).filter(|_| consent == Consent::None && server.reader != Some(true))
    else {
        return;
    };
    let message = format!("a statement made this session writable without your consent ({why}): it is read-only again");
    app.note(true, message.clone());
    app.show_message(message);
    app.panes.query.interpreter.run("SET default_transaction_read_only = on;", Origin::Command);
}

/// Whether the session was opened read-only, still is, and would become writable.
fn lifts(app: &App, lifts: bool) -> bool {
    let state = &app.panes.query;
    let reads = state.server.as_ref().is_some_and(|server| server.read_only);
    lifts && reads && state.consent != Consent::Given && addresses::read_only(app).is_some()
}

/// Why a statement is refused without a question.
pub fn refusal(app: &App, statement: &str) -> Option<&'static str> {
    if !app.session.read_only {
        return None;
    }
    let judged = guard::judge(statement);
    if judged.lifts_read_only {
        return Some("--read-only keeps this session from writing: leave it out to write");
    }
    (judged.protection == ReadOnlyProtection::Unprotected)
        .then_some("--read-only: not run, as the server would not keep this session from it; leave it out to run that")
}

/// Updates the consent state when a statement starts.
pub fn statement_starts(app: &mut App, statement: &str) {
    let state = &mut app.panes.query;
    if state.consent != Consent::Given && !state.lost_transaction {
        return;
    }
    let judged = guard::judge(statement);
    if state.consent == Consent::Given && judged.lifts_read_only {
        state.consent = Consent::Used;
    }
    // Whoever starts or rolls back a transaction, or has confirmed, knows about the lost one.
    if state.lost_transaction && (begins_anew(&judged, statement) || is_of_a_transaction(&judged)) {
        state.lost_transaction = false;
    }
}

/// Whether the statement begins or rolls back a transaction.
fn begins_anew(judged: &Judgement, statement: &str) -> bool {
    is_single_statement(statement) && matches!(judged.step, Some(Step::Begin | Step::Rollback { .. }))
}

/// Whether the statement's effect depends on a transaction: it may change data, or ends or marks a transaction.
fn is_of_a_transaction(judged: &Judgement) -> bool {
    !matches!(judged.nature, Nature::Nothing | Nature::Reads | Nature::Session)
}

/// The question to ask before a statement runs, if any.
pub fn required_question(app: &App, statement: &str) -> Option<DialogQuestion> {
    let judged = guard::judge(statement);
    let lost = app.panes.query.lost_transaction && is_of_a_transaction(&judged) && !begins_anew(&judged, statement);
    // A reader refuses every write, so only statements without row changes need a question. A read-only session may contain a
    // writable transaction.
    let reader = app.panes.query.server.as_ref().is_some_and(|server| server.reader == Some(true));
    if !lost && reader && judged.protection != ReadOnlyProtection::Unprotected {
        return None;
    }
    let lifts = lifts(app, judged.lifts_read_only);
    let whole = |whole: &guard::WholeTableChange| {
        format!("{} of {} has no WHERE: it touches every row.", whole.verb, whole.table)
    };
    let mut why: Vec<String> = lost.then(|| LOST.to_owned()).into_iter().collect();
    why.extend(judged.whole_table_changes.iter().map(whole));
    if app.environment.guarded && !judged.nature.is_harmless() {
        why.push(match judged.nature {
            Nature::Calls => {
                let name = &app.environment.name;
                format!("{name} is guarded, and this calls a function that is not known here: it may change something.")
            }
            Nature::Unknown => format!("{} is guarded, and what this does is not known.", app.environment.name),
            _ => format!("{} is guarded, and this changes it.", app.environment.name),
        });
    }
    if lifts && let Some(reads) = addresses::read_only(app) {
        why.push(format!("Transactions of this session only read: {reads}. With this they may write."));
    }
    let destroys = is_lost(statement);
    if destroys && why.is_empty() {
        why.push("What it takes away does not come back once it is committed.".to_owned());
    }
    if why.is_empty() {
        return None;
    }
    Some(DialogQuestion::Run { statement: statement.to_owned(), why, rows: None, destroys, lifts, program: false })
}

/// Whether the statement removes a whole object or its contents.
fn is_lost(statement: &str) -> bool {
    let words = token::significant_tokens(statement);
    words.first().is_some_and(|first| first.is(statement, "drop") || first.is(statement, "truncate"))
}

/// Whether the text is a single statement, regardless of whether the server treats `\` in strings as an escape.
pub fn is_single_statement(text: &str) -> bool {
    let ends = |word: &token::Token| matches!(word.kind, token::Kind::Semicolon | token::Kind::Escaped);
    [false, true].iter().all(|escapes| !token::significant_tokens_as(text, *escapes).iter().any(ends))
}

/// Whether `EXPLAIN` can estimate the affected rows. It would explain only the first of several statements, and run the
/// others.
pub fn can_estimate_rows(statement: &str) -> bool {
    let words = token::significant_tokens(statement);
    let verbs = ["update", "delete", "insert", "merge", "with"];
    is_single_statement(statement)
        && words.first().is_some_and(|first| verbs.iter().any(|verb| first.is(statement, verb)))
}
