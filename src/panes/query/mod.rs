//! The Query pane: a SQL session on the environment's database, with an editor that follows psql's habits, and results as
//! grids that may be larger than memory.
//!
//! [`state`] holds the state; [`connect`], [`answers`] and [`reconnect`] the session; [`psql`], [`run`] and
//! [`psql_outcome`] run statements and handle their results; [`guard`] decides what needs confirmation; [`editor_texts`],
//! [`editor_tabs`] and [`editor_search`] are the editor's texts; [`schema`] shows the database's objects; [`foreign_keys`]
//! follows foreign keys; [`scan`], [`row_scans`], [`value`] and [`previous_rows`] handle rows; [`update`], [`editing`],
//! [`moving`], [`result_keys`] and [`confirmed`] handle keys.

pub mod addresses;
pub mod answers;
pub mod choices;
#[cfg(test)]
mod closing_tests;
pub mod completion;
pub mod completion_keys;
pub mod confirmed;
pub mod connect;
pub mod consent;
pub mod copy;
pub mod copy_texts;
pub mod edit;
pub mod edit_line;
#[cfg(test)]
mod edit_tests;
pub mod editing;
pub mod editor_search;
pub mod editor_tabs;
pub mod editor_texts;
#[cfg(test)]
mod editor_texts_tests;
mod editor_view;
pub mod edits;
mod files;
pub mod foreign_keys;
#[cfg(test)]
mod foreign_keys_tests;
mod grid_view;
pub mod guard;
#[cfg(test)]
mod guard_tests;
pub mod history;
mod keys;
pub mod layout;
mod line;
pub mod look_ups;
pub mod moving;
mod output;
#[cfg(test)]
mod parts_tests;
pub mod plan;
#[cfg(test)]
mod plan_tests;
pub mod plan_tree;
mod plan_view;
pub mod previous_rows;
#[cfg(test)]
mod previous_rows_tests;
pub mod psql;
pub mod psql_outcome;
#[cfg(test)]
mod psql_outcome_tests;
#[cfg(test)]
mod psql_tests;
pub mod reconnect;
pub mod reconnect_due;
#[cfg(test)]
mod reconnect_tests;
pub mod references;
pub mod requests;
pub mod result;
pub mod result_keys;
pub mod row_scans;
pub mod rows;
#[cfg(test)]
mod rows_tests;
pub mod run;
pub mod running;
#[cfg(test)]
mod samples;
pub mod scan;
pub mod schema;
pub mod script;
pub mod sequence;
mod server_sort;
pub mod start;
pub mod state;
pub mod statement_settings;
#[cfg(test)]
mod statement_settings_tests;
pub mod status_texts;
pub mod storage;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text_keys;
pub mod tree;
#[cfg(test)]
mod unanswered_tests;
pub mod update;
pub mod value;
pub mod view;
mod watch;
pub mod windows;

use crate::app::command::Id;
use crate::app::data_status::note;
use crate::app::pane::{Data, DataStatus};
use crate::app::{App, Hooks, Pane, Spec, View};
use choices::Window;
use state::{EDITOR, RESULT};

/// The Query pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Query",
    key: "5",
    doc: "Go to Query: SQL on the database.",
    heading: "In Query",
    commands: keys::COMMANDS,
    in_lists: &[],
    actions: &[
        Id::OPEN,
        schema::keys::ROWS,
        schema::keys::SELECT,
        Id("query-copy"),
        Id("query-copy-as"),
        Id("query-record"),
        Id("query-sort"),
        Id("query-references"),
        schema::keys::SCHEMA,
    ],
    views: &[&VIEW, &schema::VIEW],
    view: |app| if schema::update::is_shown(app) { &schema::VIEW } else { &VIEW },
    hooks: Hooks {
        moves: moving::moves,
        back: update::back,
        open: update::open,
        inspect: result_keys::inspect,
        copy: schema::update::copy,
        accepts_command: schema::keys::accepts_command,
        mouse: moving::mouse,
        edits: update::edits,
        text: editing::text,
        typed: editor_search::typed,
        accepted: confirmed::accepted,
        lines: |app, which| Window::of(which).map_or_else(Vec::new, |window| windows::lines(app, window)),
        picked: confirmed::picked,
        confirm: windows::confirm,
        confirmed: confirmed::confirmed,
        plan: update::plan,
        answer: update::answer,
        stale_answer: storage::stale_answer,
        loss: answers::loses,
        confirms_switch: update::confirms_switch,
        on_quit: storage::store_texts,
        on_switch: update::switched,
        settle: layout::settle,
        next_tick: update::next_tick,
        ..Hooks::NONE
    },
};

static VIEW: View = View {
    name: "query",
    blocks: BLOCKS,
    unfocusable_blocks: &[],
    layout: layout::blocks,
    summary: layout::summary,
    subject: |_| None,
    services: None,
    sources: &[],
};

/// The blocks report the status of their data themselves.
const SAYS_ITSELF: Data<App> = Data::Own(|_| DataStatus { empty: note(""), ..DataStatus::default() });

const BLOCKS: &[&Spec] =
    &[&Spec::self_drawn(RESULT, "Result", SAYS_ITSELF), &Spec::self_drawn(EDITOR, "SQL", SAYS_ITSELF)];
