//! Queries that are kept on this machine: statements that were run, and queries that were saved by a name.

use super::ask::{Kind, ask, ticket};
use super::choice::Window;
use super::editing::put;
use super::state::Asking;
use super::{several, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::feeds::part::Part;
use crate::feeds::queries::{self, Saved};
use crate::model::sql::interpreter::Edited;
use jiff::SignedDuration;

/// The interval at which the editor's text is kept, where it has changed.
const KEEPS: SignedDuration = SignedDuration::from_secs(10);

/// Asks once for what earlier sessions ran.
pub fn begin(app: &mut App) -> Vec<Effect> {
    if std::mem::replace(&mut app.panes.query.kept, true) || app.session.simulated {
        return Vec::new();
    }
    vec![ask(app, Kind::Keep, queries::Ask::History).1, ask(app, Kind::Keep, queries::Ask::Texts).1]
}

/// Keeps the editor's texts some time after they have changed, for whoever does not come to leave.
pub fn due(app: &mut App) -> Vec<Effect> {
    let late = app.panes.query.texts.kept_of.is_some_and(|(_, at)| app.now.duration_since(at) >= KEEPS);
    if late { texts(app) } else { Vec::new() }
}

/// Keeps the editor's texts for the next session, where something of them has changed. Before it is known what earlier ones had
/// nothing was restored, and there is nothing to keep.
pub fn texts(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let state = &mut app.panes.query;
    let stamp = several::stamp(state);
    match &mut state.texts.kept_of {
        Some((of, at)) if *of != stamp => (*of, *at) = (stamp, now),
        Some(_) | None => return Vec::new(),
    }
    let kept = several::to_keep(state);
    let before = std::mem::replace(&mut state.texts.kept, kept.clone());
    if before == kept {
        return Vec::new();
    }
    vec![ask(app, Kind::Keep, queries::Ask::KeepTexts { before, now: kept }).1]
}

/// Restores what earlier sessions left in the editor.
fn restore(app: &mut App, kept: Vec<queries::Typed>) {
    let now = app.now;
    let state = &mut app.panes.query;
    several::restore(state, kept);
    state.texts.kept_of = Some((several::stamp(state), now));
    app.lists_changed();
}

/// Keeps a statement for later sessions.
pub fn remember(app: &mut App, statement: String) -> Vec<Effect> {
    // What was tried on a simulator is nothing to come back to.
    if app.session.simulated {
        return Vec::new();
    }
    vec![ask(app, Kind::Keep, queries::Ask::Remember(statement)).1]
}

/// Asks for the saved queries, and shows them when they have come.
pub fn open(app: &mut App) -> Vec<Effect> {
    let folder = folder(app);
    vec![ask(app, Kind::Keep, queries::Ask::Saved { folder }).1]
}

/// Saves what stands in the editor by a name.
pub fn save(app: &mut App, name: &str) -> Vec<Effect> {
    let (folder, text) = (folder(app), app.panes.query.editor.text().to_owned());
    let name = name.trim().to_owned();
    if name.is_empty() {
        return Vec::new();
    }
    vec![ask(app, Kind::Keep, queries::Ask::Save { folder, query: Saved { name, text }, replaces: false }).1]
}

/// Saves a query in the place of one that is there.
pub fn replace(app: &mut App, query: Saved) -> Vec<Effect> {
    let folder = folder(app);
    vec![ask(app, Kind::Keep, queries::Ask::Save { folder, query, replaces: true }).1]
}

/// One of the name is there, which may be somebody else's.
fn is_there(app: &mut App, query: Saved) {
    if app.panes.query.asking.is_some() {
        app.say(format!("{} is there already and was left as it is: save it again, or by another name", query.name));
        return;
    }
    let effects = windows::ask(app, Asking::Replace(query));
    app.panes.query.effects.extend(effects);
}

fn folder(app: &App) -> Option<String> {
    app.config.queries.clone()
}

/// Gives a text to the person's own editor; what comes back stands in the editor here.
pub fn edit(app: &mut App, what: Edited, line: Option<usize>) -> Vec<Effect> {
    app.panes.query.serial += 1;
    let serial = app.panes.query.serial;
    app.panes.query.outside = Some(serial);
    vec![Effect::Edit { ticket: ticket(app, Kind::Keep, serial), what, line }]
}

/// Opens the person's own editor for the line that is typed.
pub fn edit_typed(app: &mut App) -> Vec<Effect> {
    let editor = &app.panes.query.editor;
    let (text, line) = (editor.text().to_owned(), editor.place().0 + 1);
    edit(app, Edited::Text(text), Some(line))
}

fn edited(app: &mut App, serial: u64, text: &str) {
    if app.panes.query.outside.take_if(|asked| *asked == serial).is_some() {
        put(app, text);
    }
}

/// Something of it has come, and another environment is opened by now: what is kept is of none, and what was written or could
/// not be is told.
pub fn late(app: &mut App, late: Answer) {
    if late.ticket.owner != ticket(app, Kind::Keep, 0).owner {
        return;
    }
    let (serial, part) = (late.ticket.serial, late.of().part);
    // A yes would be another environment's.
    if let Part::Last(queries::Fact::There(query)) = &part {
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

/// Something of it has come.
pub fn answer(app: &mut App, serial: u64, part: Part<queries::Fact>) {
    match part {
        Part::Page(fact) | Part::Last(fact) => match fact {
            queries::Fact::History(entries) => app.panes.query.history.before(entries),
            queries::Fact::Texts(texts) => restore(app, texts),
            queries::Fact::Saved(queries) => {
                app.panes.query.saved = queries;
                let effects = windows::open(app, Window::Saved);
                app.panes.query.effects.extend(effects);
            }
            queries::Fact::There(query) => is_there(app, query),
            queries::Fact::Text(Ok(text)) => edited(app, serial, &text),
            queries::Fact::Text(Err(why)) => {
                app.note(true, why.clone());
                app.say(why);
            }
            queries::Fact::Done(said) => {
                if !said.is_empty() {
                    app.say(said);
                }
            }
        },
        Part::Failed(failure) => {
            app.note(true, failure.message.clone());
            app.say(failure.message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Desk;
    use super::*;
    use crate::model::{Failure, FailureKind};

    /// The answer to what was saved in the environment before.
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
    fn what_is_kept_comes_and_what_could_not_be_written_is_told_also_when_another_environment_is_opened_by_then() {
        let told = |desk: &Desk, text: &str| desk.app.activity.iter().any(|entry| entry.text.contains(text));
        let failure = || Failure::new(FailureKind::Other, "slow could not be saved: no space left on device");
        assert!(told(&late(Kind::Keep, Part::Failed(failure())), "slow could not be saved"));
        assert!(!told(&late(Kind::Run, Part::Failed(failure())), "slow"), "what was run there is of no use here");
        let unwritten = queries::Fact::Text(Err("/a.sql: no space left on device".into()));
        assert!(told(&late(Kind::Keep, Part::Last(unwritten)), "/a.sql: no space"));
        let desk = late(Kind::Keep, Part::Last(queries::Fact::History(vec!["select 'late';".into()])));
        assert!(desk.app.panes.query.history.entries.iter().any(|entry| entry.contains("late")));
        let desk = late(Kind::Keep, Part::Last(queries::Fact::Text(Ok("select 'of there';".into()))));
        assert!(!desk.app.panes.query.editor.text().contains("of there"));
    }
    #[test]
    fn a_query_that_is_there_is_replaced_only_after_a_yes() {
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
        assert!(desk.saved.is_empty() && desk.app.panes.query.asking.is_none());
        save(&mut desk, "slow queries");
        desk.keys("enter");
        assert_eq!(desk.saved, [("slow queries".to_owned(), true)]);
        save(&mut desk, "another");
        assert_eq!(desk.saved.last(), Some(&("another".to_owned(), false)), "{}", desk.screen());
        // Elsewhere nobody is asked: it stays.
        let there = queries::Fact::There(queries::Saved { name: "slow".into(), text: String::new() });
        let desk = late(Kind::Keep, Part::Last(there));
        assert!(desk.app.panes.query.asking.is_none());
        assert!(desk.app.activity.iter().any(|entry| entry.text.contains("slow is there already")));
    }
}
