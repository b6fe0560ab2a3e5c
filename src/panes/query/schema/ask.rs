//! Questions to the catalogue, in the second session: nothing that is typed or run waits for it.

use super::rows::{section, selected};
use super::select::reach;
use super::state::{InFlight, Seen};
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::sql::describe::Looked;
use crate::model::sql::interpreter::version_number;
use crate::model::sql::schema::detail::Section;
use crate::model::sql::schema::keys::{FOREIGN_KEYS, ForeignKeys};
use crate::model::sql::schema::objects::{Objects, SIZES, TYPES};
use crate::panes::query::ask::{leave, look};
use jiff::SignedDuration;

/// The purpose with which foreign keys are looked up, and their name where they could not be read.
pub const KEYS: &str = "foreign keys";
const OF_SIZES: &str = "sizes";
const OF_TYPES: &str = "types";
/// The purpose with which one object is looked up.
const OF_ONE: &str = "detail";
/// After this wait a look-up is cancelled for the sake of the next one.
const LONG: SignedDuration = SignedDuration::from_secs(2);

/// All foreign keys, which results follow too.
pub fn keys(app: &mut App) -> Vec<Effect> {
    look(app, KEYS, FOREIGN_KEYS.to_owned())
}

/// The look-ups that are due: sizes and types once they are shown, then those of the selected object. One question
/// about objects is under way at a time, so that moving on leaves no queue behind; one that waits for long, perhaps for
/// a lock, is given up then.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    let state = &app.panes.query;
    if !state.schema.shown || !state.is_on() {
        return give_up(app);
    }
    if !std::mem::replace(&mut app.panes.query.schema.asked, true) {
        for (purpose, question) in [(OF_SIZES, SIZES), (OF_TYPES, TYPES)] {
            effects.extend(look(app, purpose, question.to_owned()));
        }
    }
    let Some(of) = selected(app).map(|object| ((object.class, object.oid), section(app, object))) else {
        return effects;
    };
    if app.panes.query.schema.flight.as_ref().is_some_and(|flight| flight.of != of) {
        effects.extend(give_up(app));
    }
    let schema = &app.panes.query.schema;
    let Some(object) = selected(app).filter(|_| schema.flight.is_none()) else { return effects };
    let section = of.1;
    if schema.seen.contains_key(&of) {
        return effects;
    }
    // The diagram is of keys: they come first, or are said to be missing.
    let none = ForeignKeys::default();
    let keys = match (&schema.keys, schema.missing.get(KEYS)) {
        (Some(keys), _) => keys,
        (None, Some(why)) if section == Section::Er => {
            let seen = Seen { at: app.now, listing: Err(format!("foreign keys are not known: {why}")) };
            app.panes.query.schema.seen.insert(of, seen);
            app.lists_changed();
            return effects;
        }
        (None, None) if section == Section::Er => return effects,
        (None, _) => &none,
    };
    let version = app.panes.query.server.as_ref().map_or(0, |server| version_number(&server.version));
    let question = section.question(object, keys, version);
    let asked = look(app, OF_ONE, question);
    if !asked.is_empty() {
        app.panes.query.schema.flight = Some(InFlight { serial: app.panes.query.serial, of, since: app.now });
    }
    effects.extend(asked);
    effects
}

/// Gives up a question about an object that is not answered for long: all other look-ups wait behind it.
fn give_up(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let long = |flight: &mut InFlight| now.duration_since(flight.since) >= LONG;
    match app.panes.query.schema.flight.take_if(long) {
        Some(_) => leave(app, OF_ONE),
        None => Vec::new(),
    }
}

/// An answer has come, or why there is none. True: it was one of these questions.
pub fn answer(app: &mut App, purpose: &'static str, serial: u64, answer: Result<&Looked, &str>) -> bool {
    let schema = &mut app.panes.query.schema;
    if purpose == OF_ONE {
        if let Some(flight) = schema.flight.take_if(|flight| flight.serial == serial) {
            let ((class, oid), section) = flight.of;
            let none = ForeignKeys::default();
            let keys = schema.keys.as_ref().unwrap_or(&none);
            let listing = match (answer, schema.objects.get(class, oid)) {
                (Ok(looked), Some(object)) => Ok(section.listing(object, keys, &looked.rows)),
                (Ok(_), None) => Err("it is not there any more: r reads everything again".to_owned()),
                (Err(why), _) => Err(why.to_owned()),
            };
            let at = app.now;
            app.panes.query.schema.seen.insert(flight.of, Seen { at, listing });
        }
        return true;
    }
    match answer {
        Ok(_) => schema.missing.remove(purpose),
        Err(why) => schema.missing.insert(purpose, why.to_owned()),
    };
    match (purpose, answer) {
        (KEYS, Ok(looked)) => schema.keys = Some(ForeignKeys::of(&looked.rows)),
        (OF_SIZES, Ok(looked)) => schema.objects.set_sizes(&looked.rows),
        (OF_TYPES, Ok(looked)) => {
            schema.types.clone_from(&looked.rows);
            changed(app);
        }
        (KEYS | OF_SIZES | OF_TYPES, Err(_)) => {}
        _ => return false,
    }
    true
}

/// Completion has learned what there is: so is this.
pub fn changed(app: &mut App) {
    let now = app.now;
    let state = &mut app.panes.query;
    let before = std::mem::take(&mut state.schema.objects);
    state.schema.objects = Objects::of(&state.catalogue, &state.schema.types).sized_as(before);
    if !state.catalogue.relations().is_empty() {
        state.schema.at = Some(now);
    }
    reach(app);
}

/// Forgets what is known of objects, so that it is asked for again.
pub fn forget(app: &mut App) {
    let schema = &mut app.panes.query.schema;
    schema.asked = false;
    schema.seen.clear();
    schema.flight = None;
    schema.missing.clear();
}
