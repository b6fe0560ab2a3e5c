//! The commands of the schema browser.

use super::update::{append_select, first_rows, is_relation_selected, is_shown, refresh, toggle};
use crate::app::command::Bottom::First;
use crate::app::command::{Id, Scope};
use crate::app::update::run;
use crate::app::{App, Command};
use crate::panes::query::state::ID;

const OWN: Scope = Scope::Pane(ID.0);
/// The command that shows the schema browser.
pub const SCHEMA: Id = Id("query-schema");
/// The command that shows the first rows of the selected object.
pub const ROWS: Id = Id("query-schema-rows");
/// The command that puts a SELECT of the selected object into the editor.
pub const SELECT: Id = Id("query-schema-select");
const AGAIN: Id = Id("query-schema-refresh");

/// Commands of the Query pane that apply here too.
const SHARED: &[Id] =
    &[Id("query-search"), Id("query-earlier"), Id("query-later"), Id("query-interrupt"), Id("query-disconnect")];

/// Shows the schema browser.
pub const OPEN: Command = Command::new(
    SCHEMA,
    OWN,
    "schema",
    &["t", "f8", "alt-t"],
    "Browse the schema, starting at the table under the cursor, in the completion or of the result: columns, indexes, keys, DDL, diagram; again goes back.",
    toggle,
)
.on_bottom(First(15));

/// Puts a SELECT into the editor.
pub const WRITE: Command = Command::new(
    SELECT,
    OWN,
    "select",
    &["m"],
    "Append a SELECT of the selected table or view to the editor, without running it.",
    append_select,
)
.when(is_relation_selected)
.on_bottom(First(1));

/// Shows the first rows.
pub const READ: Command = Command::new(
    ROWS,
    OWN,
    "first rows",
    &["d"],
    "Show the first 100 rows of the selected table or view as a result.",
    first_rows,
)
.when(is_relation_selected)
.on_bottom(First(0));

/// Reads the schema again.
pub const REFRESH: Command = Command::new(AGAIN, OWN, "refresh", &["r"], "Refresh the schema.", |app| {
    if is_shown(app) { refresh(app) } else { run::refresh(app) }
});

/// Whether a command of the pane applies to what is shown: commands on results do not apply in the schema browser.
pub fn accepts_command(app: &App, id: Id) -> bool {
    let shared = SHARED.contains(&id) || id == SCHEMA || id == AGAIN;
    shared || (matches!(id, ROWS | SELECT)) == is_shown(app)
}
