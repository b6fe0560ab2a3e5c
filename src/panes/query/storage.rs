//! Queries stored on this machine: run statements, saved queries, and the editor's texts.

use super::choices::Window;
use super::editing::put;
use super::requests::{Kind, request, ticket};
use super::state::DialogQuestion;
use super::{editor_tabs, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::feeds::part::Part;
use crate::feeds::queries::{self, Saved};
use crate::model::sql::interpreter::Edited;
use jiff::SignedDuration;

/// Interval at which changed editor texts are stored.
const KEEPS: SignedDuration = SignedDuration::from_secs(10);

/// Requests the history and texts of earlier sessions, once.
pub fn begin(app: &mut App) -> Vec<Effect> {
    if std::mem::replace(&mut app.panes.query.history_requested, true) || app.session.simulated {
        return Vec::new();
    }
    vec![request(app, Kind::Storage, queries::Ask::History).1, request(app, Kind::Storage, queries::Ask::Texts).1]
}

/// Stores the editor's texts some time after a change, in case the session does not end regularly.
pub fn store_texts_if_due(app: &mut App) -> Vec<Effect> {
    let late = app.panes.query.texts.stored_version.is_some_and(|(_, at)| app.now.duration_since(at) >= KEEPS);
    if late { store_texts(app) } else { Vec::new() }
}

/// Stores the editor's texts for the next session if they have changed. Not before those of earlier sessions were restored,
/// because they would be overwritten.
pub fn store_texts(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let state = &mut app.panes.query;
    let stamp = editor_tabs::stamp(state);
    match &mut state.texts.stored_version {
        Some((of, at)) if *of != stamp => (*of, *at) = (stamp, now),
        Some(_) | None => return Vec::new(),
    }
    let kept = editor_tabs::texts_to_store(state);
    let before = std::mem::replace(&mut state.texts.stored, kept.clone());
    if before == kept {
        return Vec::new();
    }
    vec![request(app, Kind::Storage, queries::Ask::KeepTexts { before, now: kept }).1]
}

/// Restores the editor's texts from earlier sessions.
fn restore(app: &mut App, kept: Vec<queries::EditorText>) {
    let now = app.now;
    let state = &mut app.panes.query;
    editor_tabs::restore(state, kept);
    state.texts.stored_version = Some((editor_tabs::stamp(state), now));
    app.lists_changed();
}

/// Stores a statement for later sessions.
pub fn remember(app: &mut App, statement: String) -> Vec<Effect> {
    // Statements tried on a simulator are not stored.
    if app.session.simulated {
        return Vec::new();
    }
    vec![request(app, Kind::Storage, queries::Ask::Remember(statement)).1]
}

/// Requests the saved queries, and shows them when they arrive.
pub fn open(app: &mut App) -> Vec<Effect> {
    let folder = folder(app);
    vec![request(app, Kind::Storage, queries::Ask::Saved { folder }).1]
}

/// Saves the editor's text under a name.
pub fn save(app: &mut App, name: &str) -> Vec<Effect> {
    let (folder, text) = (folder(app), app.panes.query.editor.text().to_owned());
    let name = name.trim().to_owned();
    if name.is_empty() {
        return Vec::new();
    }
    vec![request(app, Kind::Storage, queries::Ask::Save { folder, query: Saved { name, text }, replaces: false }).1]
}

/// Replaces a saved query.
pub fn replace(app: &mut App, query: Saved) -> Vec<Effect> {
    let folder = folder(app);
    vec![request(app, Kind::Storage, queries::Ask::Save { folder, query, replaces: true }).1]
}

/// Handles a name that is taken, perhaps by someone else's query.
fn name_is_taken(app: &mut App, query: Saved) {
    if app.panes.query.open_question.is_some() {
        app.show_message(format!(
            "{} is there already and was left as it is: save it again, or by another name",
            query.name
        ));
        return;
    }
    let effects = windows::ask(app, DialogQuestion::Replace(query));
    app.panes.query.effects.extend(effects);
}

fn folder(app: &App) -> Option<String> {
    app.config.queries.clone()
}

/// Opens a text in the user's own editor; the result is put into the editor here.
pub fn edit(app: &mut App, what: Edited, line: Option<usize>) -> Vec<Effect> {
    app.panes.query.serial += 1;
    let serial = app.panes.query.serial;
    app.panes.query.external_editor = Some(serial);
    vec![Effect::Edit { ticket: ticket(app, Kind::Storage, serial), what, line }]
}

/// Opens the user's own editor at the current line.
pub fn edit_typed(app: &mut App) -> Vec<Effect> {
    let editor = &app.panes.query.editor;
    let (text, line) = (editor.text().to_owned(), editor.place().0 + 1);
    edit(app, Edited::Text(text), Some(line))
}

fn edited(app: &mut App, serial: u64, text: &str) {
    if app.panes.query.external_editor.take_if(|asked| *asked == serial).is_some() {
        put(app, text);
    }
}

/// Handles an answer that arrives after another environment was opened: stored data belongs to no environment, and results or
/// failures of writes are reported.
pub fn stale_answer(app: &mut App, late: Answer) {
    if late.ticket.owner != ticket(app, Kind::Storage, 0).owner {
        return;
    }
    let (serial, part) = (late.ticket.serial, late.of().part);
    // A confirmation would apply to the wrong environment.
    if let Part::Last(queries::Fact::NameTaken(query)) = &part {
        app.note(true, format!("{} is there already and was left as it is: it is not saved", query.name));
        return;
    }
    let of_there = match &part {
        Part::Page(fact) | Part::Last(fact) => matches!(fact, queries::Fact::Saved(_) | queries::Fact::Text(Ok(_))),
        Part::Failed(_) => false,
    };
    if !of_there {
        answer(app, serial, part);
    }
}

/// Handles an answer.
pub fn answer(app: &mut App, serial: u64, part: Part<queries::Fact>) {
    match part {
        Part::Page(fact) | Part::Last(fact) => match fact {
            queries::Fact::History(entries) => app.panes.query.history.prepend(entries),
            queries::Fact::Texts(texts) => restore(app, texts),
            queries::Fact::Saved(queries) => {
                app.panes.query.saved = queries;
                let effects = windows::open(app, Window::Saved);
                app.panes.query.effects.extend(effects);
            }
            queries::Fact::NameTaken(query) => name_is_taken(app, query),
            queries::Fact::Text(Ok(text)) => edited(app, serial, &text),
            queries::Fact::Text(Err(why)) => {
                app.note(true, why.clone());
                app.show_message(why);
            }
            queries::Fact::Done(said) => {
                if !said.is_empty() {
                    app.show_message(said);
                }
            }
        },
        Part::Failed(failure) => {
            app.note(true, failure.message.clone());
            app.show_message(failure.message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Desk;
    use super::*;
    use crate::model::{Failure, FailureKind};

    /// Delivers an answer to a request that was sent in the previous environment.
    fn late(ticket_of: Kind, part: Part<queries::Fact>) -> Desk {
        let mut desk = Desk::new((120, 40));
        let ticket = ticket(&desk.app, ticket_of, 1_000);
        let mut other = desk.app.environment.clone();
        other.name = "other".into();
        desk.app.config.environments.push(other);
        crate::app::update::open::switch(&mut desk.app, "other");
        desk.answered(ticket, part);
        desk
    }

    #[test]
    fn late_answers_about_stored_queries_are_handled_in_another_environment() {
        let is_reported = |desk: &Desk, text: &str| desk.app.activity.iter().any(|entry| entry.text.contains(text));
        let failure = || Failure::new(FailureKind::Other, "slow could not be saved: no space left on device");
        assert!(is_reported(&late(Kind::Storage, Part::Failed(failure())), "slow could not be saved"));
        assert!(
            !is_reported(&late(Kind::Run, Part::Failed(failure())), "slow"),
            "the failure of a statement is not reported here"
        );
        let unwritten = queries::Fact::Text(Err("/a.sql: no space left on device".into()));
        assert!(is_reported(&late(Kind::Storage, Part::Last(unwritten)), "/a.sql: no space"));
        let desk = late(Kind::Storage, Part::Last(queries::Fact::History(vec!["select 'late';".into()])));
        assert!(desk.app.panes.query.history.entries.iter().any(|entry| entry.contains("late")));
        let desk = late(Kind::Storage, Part::Last(queries::Fact::Text(Ok("select 'of there';".into()))));
        assert!(!desk.app.panes.query.editor.text().contains("of there"));
    }
    #[test]
    fn existing_query_is_replaced_only_after_confirmation() {
        let mut desk = Desk::connected((120, 40));
        desk.paste("select 2");
        let save = |desk: &mut Desk, name: &str| {
            desk.keys("alt-s");
            desk.types(name);
            desk.keys("enter");
        };
        save(&mut desk, "slow queries");
        assert!(desk.saved.is_empty() && desk.screen().contains("Replace the saved query"), "{}", desk.screen());
        desk.keys("esc");
        desk.tick(1);
        assert!(desk.saved.is_empty() && desk.app.panes.query.open_question.is_none());
        save(&mut desk, "slow queries");
        desk.keys("enter");
        assert_eq!(desk.saved, [("slow queries".to_owned(), true)]);
        save(&mut desk, "another");
        assert_eq!(desk.saved.last(), Some(&("another".to_owned(), false)), "{}", desk.screen());
        // In another environment nothing is asked, and the query stays.
        let there = queries::Fact::NameTaken(queries::Saved { name: "slow".into(), text: String::new() });
        let desk = late(Kind::Storage, Part::Last(there));
        assert!(desk.app.panes.query.open_question.is_none());
        assert!(desk.app.activity.iter().any(|entry| entry.text.contains("slow is there already")));
    }
}
