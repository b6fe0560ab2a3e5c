//! Look-ups in the second session, and the handling of their answers.

use super::guard::ROWS;
use super::requests::look_up;
use super::state::DialogQuestion;
use super::{copy, edit, schema, status_texts};
use crate::app::App;
use crate::app::effect::Effect;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::catalogue::{FUNCTIONS, NAMES, RELATIONS};
use crate::model::sql::describe::QueryResult;
use crate::model::sql::schema::{CatalogueFailure, explain_missing};
use crate::model::sql::{ServerMessage, explain};

const OF_RELATIONS: &str = "relations";
const OF_FUNCTIONS: &str = "functions";
const OF_NAMES: &str = "names";

/// Requests the catalogue of the database, once per session and again after it has changed.
pub fn catalogue(app: &mut App) -> Vec<Effect> {
    if !app.panes.query.is_on() || std::mem::replace(&mut app.panes.query.catalogue_requested, true) {
        return Vec::new();
    }
    let questions = [(OF_RELATIONS, RELATIONS), (OF_FUNCTIONS, FUNCTIONS), (OF_NAMES, NAMES)];
    schema::requests::drop_details(app);
    let mut effects: Vec<Effect> =
        questions.into_iter().flat_map(|(purpose, question)| look_up(app, purpose, question.to_owned())).collect();
    effects.extend(schema::requests::keys(app));
    effects
}

/// Handles the answer to a look-up.
pub fn answer(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let purpose = app.panes.query.look_ups.remove(&serial);
    // A look-up from an earlier session says nothing about this one's database, unless something waits for its answer.
    let waited = matches!(purpose, Some(ROWS | edit::TABLE | copy::NAME));
    if serial <= app.panes.query.stale_serial && !waited {
        return;
    }
    let failed = match &part {
        Part::Failed(failure) => Some(explain_missing(&failure.message, CatalogueFailure::of_kind(failure.kind))),
        Part::Page(_) | Part::Last(_) => None,
    };
    let looked = match part {
        Part::Page(sql::Fact::QueryRows { columns, rows, .. })
        | Part::Last(sql::Fact::QueryRows { columns, rows, .. }) => Ok(QueryResult { columns, rows }),
        Part::Page(_) | Part::Last(_) => return,
        Part::Failed(failure) => {
            Err(ServerMessage { severity: "ERROR".into(), message: failure.message, ..ServerMessage::default() })
        }
    };
    if let Some(purpose) = purpose {
        let outcome = looked.as_ref().map_err(|_| failed.as_deref().unwrap_or_default());
        if schema::requests::answer(app, purpose, serial, outcome) {
            return;
        }
    }
    match (purpose, looked) {
        (Some(ROWS), Ok(looked)) => {
            let plan = looked.rows.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n");
            let words = match explain::parse(&plan) {
                Ok(plan) => match plan.rows_touched().map(|rows| rows as u64) {
                    Some(1) => "About one row (EXPLAIN).".to_owned(),
                    Some(rows) => format!("About {} rows (EXPLAIN).", status_texts::format_count(rows)),
                    None => "No part of it changes rows by itself (EXPLAIN).".to_owned(),
                },
                Err(why) => format!("How many rows is not known: {why}."),
            };
            counted(app, words);
        }
        (Some(edit::TABLE), Ok(looked)) => edit::table(app, serial, Ok(&looked.rows)),
        (Some(edit::TABLE), Err(said)) => edit::table(app, serial, Err(&said.message)),
        (Some(copy::NAME), Ok(looked)) => copy::handle_names(app, &looked.rows),
        (Some(copy::NAME), Err(_)) => copy::handle_names(app, &[]),
        (Some(ROWS), Err(said)) => counted(app, format!("How many rows is not known: {}", said.message)),
        (Some(OF_RELATIONS), Ok(looked)) => {
            app.panes.query.catalogue.set_relations(&looked);
            schema::requests::changed(app);
        }
        (Some(OF_FUNCTIONS), Ok(looked)) => {
            app.panes.query.catalogue.set_functions(&looked);
            schema::requests::changed(app);
        }
        (Some(OF_NAMES), Ok(looked)) => {
            app.panes.query.catalogue.set_names(&looked);
            schema::requests::changed(app);
        }
        // Completion is less complete; typing is not affected.
        (Some(purpose), Err(failure)) => app.note(true, format!("{purpose} cannot be completed: {}", failure.message)),
        (Some(_), Ok(_)) | (None, _) => {}
    }
}

fn counted(app: &mut App, words: String) {
    if let Some(DialogQuestion::Run { rows, .. }) = &mut app.panes.query.open_question {
        *rows = Some(words);
    }
}
