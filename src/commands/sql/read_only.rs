//! Keeps a read-only session read-only: statements that would make it writable are not run, and the setting is checked
//! after function calls.

use super::report::READ_ONLY;
use super::session::{ScriptEnd, Session};
use crate::cli::{ExitCode, Report};
use crate::model::sql::interpreter::Ran;
use crate::model::sql::{ServerMessage, Transaction};

/// The setting that makes new transactions read-only.
const SETTING: &str = "default_transaction_read_only";
/// The hint on how to open a writable session.
const WRITE_HINT: &str =
    "--write opens a session that may write; a guarded environment wants its name for it (--yes --confirm NAME)";

/// Returns the refusal of a statement that would make the session writable.
pub(super) fn refuse_lifting(transaction: Transaction) -> Ran {
    let message = ServerMessage {
        severity: "ERROR".to_owned(),
        code: READ_ONLY.to_owned(),
        message: "not run: the session only reads, and could write after this".to_owned(),
        hint: Some(WRITE_HINT.to_owned()),
        ..ServerMessage::default()
    };
    Ran { failed: Some(message), transaction, ..Ran::default() }
}

/// Returns the refusal of a statement that the server allows in read-only transactions, because it changes no row, but
/// that has other effects.
pub(super) fn refuse_acting(transaction: Transaction) -> Ran {
    let message = ServerMessage {
        severity: "ERROR".to_owned(),
        code: READ_ONLY.to_owned(),
        message:
            "not run: the session only reads, and the server would not keep it from this, which changes more than rows"
                .to_owned(),
        hint: Some(WRITE_HINT.to_owned()),
        ..ServerMessage::default()
    };
    Ran { failed: Some(message), transaction, ..Ran::default() }
}

/// Returns the error if a statement made the session writable without that being visible in its text.
pub(super) fn lifted_error() -> Report {
    let what = "what ran let the session write, which only reads: nothing more is run";
    Report::new("denied", what, ExitCode::Refused).hint(WRITE_HINT)
}

/// Whether the server reports changes of the setting by itself, as version 14 and later do.
pub(super) fn server_reports_setting(session: &Session) -> bool {
    session.parameter(SETTING) == Some("on")
}

/// Whether new transactions are still read-only, as the server reports (`server_reports`) or answers to a query. In a failed
/// transaction the server answers no query, and the setting cannot have changed.
pub(super) async fn is_still_read_only(session: &mut Session, server_reports: bool) -> Result<bool, ScriptEnd> {
    if server_reports {
        return Ok(server_reports_setting(session));
    }
    if session.transaction() == Transaction::Failed {
        return Ok(true);
    }
    let answer = session.query(&format!("SHOW {SETTING}"), 64).await?;
    Ok(answer.is_ok_and(|answer| answer.rows == [[Some("on".to_owned())]]))
}
