//! Which statements ask before they are run.

use super::state::Asking;
use crate::app::App;
use crate::model::sql::guard::{self, Nature};

/// What the number of rows is looked up for.
pub const ROWS: &str = "rows";

/// Whether a statement asks first, and what.
pub fn judge(app: &App, statement: &str) -> Option<Asking> {
    // A reader refuses every write: there is nothing to ask. A session that only reads may be in a transaction that writes.
    if app.panes.query.server.as_ref().is_some_and(|server| server.reader == Some(true)) {
        return None;
    }
    let judged = guard::judge(statement);
    let whole = |whole: &guard::Whole| format!("{} of {} has no WHERE: it touches every row.", whole.verb, whole.table);
    let mut why: Vec<String> = judged.whole.iter().map(whole).collect();
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
    let destroys = is_lost(statement);
    if destroys && why.is_empty() {
        why.push("What it takes away does not come back once it is committed.".to_owned());
    }
    if why.is_empty() {
        return None;
    }
    Some(Asking::Run { statement: statement.to_owned(), why, rows: None, destroys, program: false })
}

/// Whether what a statement touches is gone as a whole.
fn is_lost(statement: &str) -> bool {
    let words = crate::model::sql::token::words(statement);
    words.first().is_some_and(|first| first.is(statement, "drop") || first.is(statement, "truncate"))
}

/// Whether `EXPLAIN` can say how many rows a statement touches.
pub fn is_counted(statement: &str) -> bool {
    let words = crate::model::sql::token::words(statement);
    let verbs = ["update", "delete", "insert", "merge", "with"];
    words.first().is_some_and(|first| verbs.iter().any(|verb| first.is(statement, verb)))
}
