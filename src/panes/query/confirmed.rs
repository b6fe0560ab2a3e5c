//! Handlers for input lines, choices in dialogs, and confirmed questions.

use super::choices::{Prompt, Window};
use super::consent::Consent;
use super::editing::put;
use super::state::DialogQuestion;
use super::{
    connect, copy, edit, editor_search, foreign_keys, output, psql, result_keys, row_scans, script, storage, value,
};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;

/// Handles a submitted input line.
pub fn accepted(app: &mut App, what: u8, text: &str) -> Vec<Effect> {
    match Prompt::of(what) {
        Some(Prompt::Search) => {
            if let Some(tab) = app.panes.query.shown_mut() {
                text.clone_into(&mut tab.search);
            }
            if text.is_empty() { Vec::new() } else { row_scans::search(app, true) }
        }
        Some(Prompt::Filter) => {
            let sort = app.panes.query.shown().and_then(|tab| tab.sorted);
            row_scans::arrange(app, text.to_owned(), sort)
        }
        Some(Prompt::Row) => {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let grid = app.panes.query.shown_mut().and_then(|tab| tab.grid.as_mut());
            match (digits.parse::<u64>(), grid) {
                (Ok(number), Some(grid)) => grid.select_row(number.saturating_sub(1)),
                (Err(_), _) => app.show_message("a row has a number"),
                (_, None) => app.show_message("there is no result"),
            }
            after_move(app)
        }
        Some(Prompt::Save) => storage::save(app, text),
        Some(Prompt::Find) => editor_search::accepted(app, text),
        Some(Prompt::Name) => {
            app.panes.query.texts.rename(text.trim());
            after_move(app)
        }
        Some(Prompt::Edit) => edit::accepted(app, text),
        Some(Prompt::Export) => copy::export(app, text),
        Some(Prompt::Value) => value::save(app, text),
        Some(Prompt::Variable) => {
            psql::variable_typed(app, text);
            after_move(app)
        }
        None => Vec::new(),
    }
}

/// Handles a chosen line of a dialog.
pub fn picked(app: &mut App, what: u8, text: &str) -> Vec<Effect> {
    let Some(window) = Window::of(what) else { return Vec::new() };
    let number = text.parse::<usize>().ok();
    match window {
        Window::Columns => {
            let grid = app.panes.query.shown_mut().and_then(|tab| tab.grid.as_mut());
            if let (Some(number), Some(grid)) = (number, grid) {
                grid.toggle(number);
            }
            return after_move(app);
        }
        Window::History
        | Window::Saved
        | Window::Places
        | Window::Copy
        | Window::Row
        | Window::References
        | Window::Column => app.screen.overlays.pop(),
    };
    app.screen.typing = None;
    match window {
        Window::History => {
            if let Some(text) = number.and_then(|number| app.panes.query.history.entries.get(number).cloned()) {
                put(app, &text);
            }
        }
        Window::Saved => {
            let saved = app.panes.query.saved.iter().find(|saved| saved.name == text).map(|saved| saved.text.clone());
            if let Some(text) = saved {
                put(app, &text);
            }
        }
        Window::Places => {
            let place = number.and_then(|number| super::addresses::places(app).into_iter().nth(number));
            if let Some((_, place)) = place {
                return connect::go(app, place);
            }
        }
        Window::Column => {
            let grid = app.panes.query.shown_mut().and_then(|tab| tab.grid.as_mut());
            if let (Some(number), Some(grid)) = (number, grid) {
                grid.select(number);
            }
        }
        Window::Copy => return copy::copy(app, text),
        Window::Row => return edit::column(app, text),
        Window::References if !text.is_empty() => return foreign_keys::run_reference(app, text),
        Window::References | Window::Columns => {}
    }
    after_move(app)
}

/// Handles a confirmed question.
pub fn confirmed(app: &mut App, _: u8) -> Vec<Effect> {
    let mut effects = match app.panes.query.open_question.take() {
        Some(DialogQuestion::Run { lifts, .. }) if app.panes.query.running.is_none() => {
            if lifts {
                app.panes.query.consent = Consent::Given;
            }
            psql::confirmed(app)
        }
        Some(DialogQuestion::Script(script))
            if app.panes.query.running.is_none() && app.panes.query.pending.is_none() =>
        {
            script::begin(app, *script)
        }
        Some(DialogQuestion::Program { command, purpose }) if app.panes.query.pending.is_none() => {
            output::begin(app, command, purpose)
        }
        Some(DialogQuestion::Terminate) => connect::terminate(app),
        Some(DialogQuestion::Leave(None)) => connect::close(app),
        Some(DialogQuestion::Leave(Some(name))) => {
            let mut effects = connect::leave(app);
            effects.extend(crate::app::update::open::switch(app, &name));
            effects
        }
        Some(DialogQuestion::Writes) => {
            app.panes.query.consent = Consent::Given;
            psql::enqueue(app, "SET default_transaction_read_only = off;");
            Vec::new()
        }
        Some(DialogQuestion::Close(result)) => result_keys::close_anyway(app, result),
        Some(DialogQuestion::Replace(query)) => storage::replace(app, query),
        Some(DialogQuestion::Run { .. } | DialogQuestion::Script(_) | DialogQuestion::Program { .. }) | None => {
            Vec::new()
        }
    };
    effects.extend(after_move(app));
    effects
}
