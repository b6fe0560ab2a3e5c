//! That a session which was opened to read still does: what would let it write is not run, and what a function did is seen
//! afterwards.

use super::report::READ_ONLY;
use super::session::{Over, Session};
use crate::cli::{ExitCode, Report};
use crate::model::sql::interpreter::Ran;
use crate::model::sql::{ServerMessage, Transaction};

/// The setting that has transactions begin as ones that only read.
const SETTING: &str = "default_transaction_read_only";
/// How one gets a session that writes.
const HOW: &str =
    "--write opens a session that may write; a guarded environment wants its name for it (--yes --confirm NAME)";

/// The answer to a statement that would let the session write.
pub(super) fn lifting(transaction: Transaction) -> Ran {
    let said = ServerMessage {
        severity: "ERROR".to_owned(),
        code: READ_ONLY.to_owned(),
        message: "not run: the session only reads, and could write after this".to_owned(),
        hint: Some(HOW.to_owned()),
        ..ServerMessage::default()
    };
    Ran { failed: Some(said), transaction, ..Ran::default() }
}

/// The answer to a statement that the server would carry out though transactions only read: it changes no row, but
/// acts.
pub(super) fn acting(transaction: Transaction) -> Ran {
    let said = ServerMessage {
        severity: "ERROR".to_owned(),
        code: READ_ONLY.to_owned(),
        message:
            "not run: the session only reads, and the server would not keep it from this, which changes more than rows"
                .to_owned(),
        hint: Some(HOW.to_owned()),
        ..ServerMessage::default()
    };
    Ran { failed: Some(said), transaction, ..Ran::default() }
}

/// The error where something let the session write that its words did not show.
pub(super) fn lifted() -> Report {
    let what = "what ran let the session write, which only reads: nothing more is run";
    Report::new("denied", what, ExitCode::Refused).hint(HOW)
}

/// Whether the server tells by itself when that changes, as it does since version 14; seen where it does not write.
pub(super) fn is_told(session: &Session) -> bool {
    session.parameter(SETTING) == Some("on")
}

/// Whether transactions still begin as ones that only read: as the server tells (`told`), or says where it is asked. In a
/// transaction that failed it answers nothing.
pub(super) async fn holds(session: &mut Session, told: bool) -> Result<bool, Over> {
    if told {
        return Ok(is_told(session));
    }
    if session.transaction() == Transaction::Failed {
        return Ok(true);
    }
    let answer = session.look(&format!("SHOW {SETTING}"), 64).await?;
    Ok(answer.is_ok_and(|answer| answer.rows == [[Some("on".to_owned())]]))
}
