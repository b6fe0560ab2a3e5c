//! A result that is a query plan: shown as a tree, alone or beside another plan, instead of as one row of JSON.

use super::guard::is_single_statement;
use super::plan_tree::{Beside, Tree};
use super::requests::{Kind, request};
use super::running::Running;
use super::sequence::{Script, Step, Then, Wanted};
use super::state::{DialogQuestion, State};
use super::{psql, script, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlays;
use crate::app::pane::Motion;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::explain;
use crate::model::sql::explain_table;
use crate::model::sql::split::PieceKind;
use crate::model::sql::{StatementOutcome, guard, token};

/// The type id of JSON, which the answer to EXPLAIN (FORMAT JSON) has.
const JSON: u32 = 114;
/// Shown for several statements, which have no single plan.
const SEVERAL: &str = "these are several statements: one of them is explained at a time";

/// Explains the statement under the cursor. With `analyze` it is run and always rolled back, because its text does not tell
/// what the functions and views that it uses do.
pub fn explain(app: &mut App, analyze: bool) -> Vec<Effect> {
    let state = &app.panes.query;
    if !state.is_on() {
        app.show_message("there is no session: Esc, then Enter connects");
        return Vec::new();
    }
    let text = state.editor.text();
    let piece = state.split.at(text, state.editor.cursor()).filter(|piece| piece.kind == PieceKind::Statement);
    let typed = piece
        .and_then(|piece| text.get(piece.body(text)))
        .map(|body| body.trim().trim_end_matches(';').trim_end())
        .filter(|body| !body.is_empty());
    // With an empty editor, explains the statement of the shown result.
    let shown = state.shown().map(|tab| tab.statement.as_str()).filter(|_| state.editor.is_blank());
    let shown = shown.map(|statement| statement.trim_end().trim_end_matches(';'));
    let Some(body) = typed.or(shown).map(explain::subject) else {
        app.show_message("there is no statement under the cursor");
        return Vec::new();
    };
    // A second statement would be run too, and its COMMIT would keep what should be rolled back.
    if !is_single_statement(body) {
        app.show_message(SEVERAL);
        return Vec::new();
    }
    let statement = explain::statement(body, analyze);
    if !analyze {
        // The terminator is added, or the statement would wait for one.
        psql::enqueue(app, &format!("{statement}\n;"));
        return after_move(app);
    }
    if state.running.is_some() || state.pending.is_some() {
        app.show_message("a statement runs: Ctrl-c cancels it");
        return Vec::new();
    }
    let statement = with_values(state, &statement);
    if !is_single_statement(&statement) {
        app.show_message(SEVERAL);
        return Vec::new();
    }
    let nature = guard::judge(&statement).nature;
    let asks = !nature.only_reads() || (app.environment.guarded && !nature.is_harmless());
    let then = if asks { Then::Explained } else { Then::Read };
    let transaction = state.transaction;
    let step = Step { statement, wanted: Wanted::Result };
    match Script::new(transaction, false, vec![step], then) {
        Ok(script) if !asks => {
            let mut effects = script::begin(app, script);
            effects.extend(after_move(app));
            effects
        }
        Ok(mut script) => {
            "EXPLAIN ANALYZE".clone_into(&mut script.title);
            "Run".clone_into(&mut script.verb);
            script.why = vec![
                "EXPLAIN ANALYZE runs the statement, which changes something or may. It is rolled back after that; \
                 locks, triggers' work outside of the database and numbers of sequences are not."
                    .to_owned(),
            ];
            windows::ask(app, DialogQuestion::Script(Box::new(script)))
        }
        Err(why) => {
            app.show_message(why);
            Vec::new()
        }
    }
}

/// Replaces psql's variables in a statement by their values, because the server does not know them.
fn with_values(state: &State, statement: &str) -> String {
    let value = |token: token::Token| {
        let written = token.of(statement);
        let value = (token.kind == token::Kind::Variable).then(|| state.interpreter.variables().substitute(written));
        value.flatten().map_or_else(|| written.to_owned(), |(value, _)| value)
    };
    token::tokens(statement).map(value).collect()
}

/// Requests the complete plan if the result of the finished statement is one.
pub fn request_plan(app: &mut App, running: &Running) -> Vec<Effect> {
    if !matches!(running.ended, Some(StatementOutcome::Done(_))) {
        return Vec::new();
    }
    let result = running.result;
    let Some(grid) = app.panes.query.tab_of(result).and_then(|tab| tab.grid.as_ref()) else { return Vec::new() };
    let is_plan = matches!(grid.columns.as_slice(), [one] if one.name == "QUERY PLAN" && one.type_oid == JSON);
    if !is_plan || grid.rows != 1 {
        return Vec::new();
    }
    let question = sql::Ask::Value { result, row: 0, column: 0, most: u64::MAX };
    let (serial, effect) = request(app, Kind::Plan, question);
    app.panes.query.plans.insert(serial, result);
    vec![effect]
}

/// Handles a plan.
pub fn handle_plan(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some(result) = app.panes.query.plans.remove(&serial) else { return };
    let text = match part {
        Part::Page(sql::Fact::Value(text)) | Part::Last(sql::Fact::Value(text)) => {
            text.map(|(text, _)| text).unwrap_or_default()
        }
        Part::Page(_) | Part::Last(_) => return,
        Part::Failed(failure) => return app.show_message(failure.message),
    };
    match explain::parse(&text) {
        Ok(plan) => {
            if let Some(tab) = app.panes.query.tab_of(result) {
                tab.plan = Some(Tree::new(plan));
            }
        }
        // It stays a row of JSON.
        Err(why) => app.show_message(why),
    }
    app.lists_changed();
}

/// The shown plan, mutable.
pub fn shown(state: &mut State) -> Option<&mut Tree> {
    state.shown_mut().and_then(|tab| tab.plan.as_mut())
}

/// Moves in the shown plan; returns whether there is one.
pub fn moves(app: &mut App, motion: Motion) -> bool {
    let Some(tree) = shown(&mut app.panes.query) else { return false };
    let page = isize::try_from(tree.height).unwrap_or(1);
    match motion {
        Motion::Down => tree.step(1),
        Motion::Up => tree.step(-1),
        Motion::First => tree.step(isize::MIN),
        Motion::Last => tree.step(isize::MAX),
        Motion::HalfDown => tree.step((page / 2).max(1)),
        Motion::HalfUp => tree.step(-(page / 2).max(1)),
        Motion::PageDown => tree.step(page),
        Motion::PageUp => tree.step(-page),
        Motion::Left | Motion::Right | Motion::NextMatch | Motion::PreviousMatch => {}
    }
    true
}

/// Compares the plan with the previous one, then with the one before that, then shows it alone again.
pub fn compare(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let here = state.tab;
    let Some(tree) = state.shown().and_then(|tab| tab.plan.as_ref()) else {
        app.show_message("there is no plan: F6 explains the statement under the cursor, F7 runs it for that");
        return Vec::new();
    };
    let beside = tree.beside.as_ref().map(|beside| beside.result);
    let from = beside.and_then(|result| state.tabs.iter().position(|tab| tab.id == result)).unwrap_or(here);
    let other = state.tabs.iter().enumerate().take(from).rev().find(|(_, tab)| tab.plan.is_some());
    let made = other.and_then(|(number, tab)| {
        let before = tab.plan.as_ref()?;
        Some(Beside {
            result: tab.id,
            title: format!("{} {}", number + 1, explain::subject(&tab.title())),
            lines: explain_table::aligned(&before.plan, &tree.plan),
            verdict: explain_table::comparison(&before.plan, &tree.plan),
        })
    });
    if made.is_none() && beside.is_none() {
        app.show_message("there is no plan before this one");
        return Vec::new();
    }
    if let Some(tree) = shown(state) {
        tree.beside = made;
        (tree.at, tree.top) = (0, 0);
    }
    after_move(app)
}

/// Shows all details of the selected node.
pub fn open(app: &mut App) -> Option<Vec<Effect>> {
    let tree = app.panes.query.shown()?.plan.as_ref()?;
    let body = match &tree.beside {
        None => explain_table::node_details(&tree.plan, tree.at).join("\n"),
        Some(beside) => beside.verdict.clone(),
    };
    let message = overlays::message(app, "Plan", &body);
    app.screen.overlays.push(message);
    Some(after_move(app))
}

/// The shown plan as text.
pub fn text(app: &App) -> Option<String> {
    Some(app.panes.query.shown()?.plan.as_ref()?.plan.text())
}
