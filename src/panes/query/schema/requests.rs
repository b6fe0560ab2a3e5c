//! Catalogue queries, sent in the second session so that nothing typed or run waits for them.

use super::rows::{section, selected};
use super::select::select_wanted;
use super::state::{InFlight, ObjectAnswer};
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::sql::describe::QueryResult;
use crate::model::sql::interpreter::version_number;
use crate::model::sql::schema::detail::Section;
use crate::model::sql::schema::keys::{FOREIGN_KEYS, ForeignKeys};
use crate::model::sql::schema::objects::{Objects, SIZES, TYPES};
use crate::panes::query::requests::{cancel_look_ups, look_up};
use jiff::SignedDuration;

/// The purpose of looking up foreign keys, also used in messages.
pub const KEYS: &str = "foreign keys";
const OF_SIZES: &str = "sizes";
const OF_TYPES: &str = "types";
/// The purpose of looking up a single object.
const OF_ONE: &str = "detail";
/// Time after which a look-up is cancelled in favour of the next one.
const LONG: SignedDuration = SignedDuration::from_secs(2);

/// Looks up all foreign keys, which results follow too.
pub fn keys(app: &mut App) -> Vec<Effect> {
    look_up(app, KEYS, FOREIGN_KEYS.to_owned())
}

/// Returns the look-ups that are due: sizes and types once they are shown, then the details of the selected object. Only one
/// query about an object is pending at a time, so that moving on leaves no queue; one that takes long, perhaps because of a
/// lock, is cancelled then.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    let state = &app.panes.query;
    if !state.schema.shown || !state.is_on() {
        return give_up(app);
    }
    if !std::mem::replace(&mut app.panes.query.schema.asked, true) {
        for (purpose, question) in [(OF_SIZES, SIZES), (OF_TYPES, TYPES)] {
            effects.extend(look_up(app, purpose, question.to_owned()));
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
    if schema.answers.contains_key(&of) {
        return effects;
    }
    // The diagram consists of keys, so they must be known first, or reported as missing.
    let none = ForeignKeys::default();
    let keys = match (&schema.keys, schema.missing.get(KEYS)) {
        (Some(keys), _) => keys,
        (None, Some(why)) if section == Section::Er => {
            let seen = ObjectAnswer { at: app.now, listing: Err(format!("foreign keys are not known: {why}")) };
            app.panes.query.schema.answers.insert(of, seen);
            app.lists_changed();
            return effects;
        }
        (None, None) if section == Section::Er => return effects,
        (None, _) => &none,
    };
    let version = app.panes.query.server.as_ref().map_or(0, |server| version_number(&server.version));
    let question = section.query(object, keys, version);
    let asked = look_up(app, OF_ONE, question);
    if !asked.is_empty() {
        app.panes.query.schema.flight = Some(InFlight { serial: app.panes.query.serial, of, since: app.now });
    }
    effects.extend(asked);
    effects
}

/// Cancels a query about an object that takes long, because all other look-ups wait for it.
fn give_up(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let long = |flight: &mut InFlight| now.duration_since(flight.since) >= LONG;
    match app.panes.query.schema.flight.take_if(long) {
        Some(_) => cancel_look_ups(app, OF_ONE),
        None => Vec::new(),
    }
}

/// Handles the answer to a catalogue query. Returns `false` if the purpose is not one of these.
pub fn answer(app: &mut App, purpose: &'static str, serial: u64, answer: Result<&QueryResult, &str>) -> bool {
    let schema = &mut app.panes.query.schema;
    if purpose == OF_ONE {
        if let Some(flight) = schema.flight.take_if(|flight| flight.serial == serial) {
            let ((class, oid), section) = flight.of;
            let none = ForeignKeys::default();
            let keys = schema.keys.as_ref().unwrap_or(&none);
            let listing = match (answer, schema.objects.get(class, oid)) {
                (Ok(looked), Some(object)) => Ok(section.listing(object, keys, &looked.rows)),
                (Ok(_), None) => Err("it no longer exists: r reads everything again".to_owned()),
                (Err(why), _) => Err(why.to_owned()),
            };
            let at = app.now;
            app.panes.query.schema.answers.insert(flight.of, ObjectAnswer { at, listing });
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

/// Updates the objects after the completion catalogue has changed.
pub fn changed(app: &mut App) {
    let now = app.now;
    let state = &mut app.panes.query;
    let before = std::mem::take(&mut state.schema.objects);
    state.schema.objects = Objects::of(&state.catalogue, &state.schema.types).with_sizes_of(before);
    if !state.catalogue.relations().is_empty() {
        state.schema.read_at = Some(now);
    }
    select_wanted(app);
}

/// Drops the details of objects, so that they are requested again.
pub fn drop_details(app: &mut App) {
    let schema = &mut app.panes.query.schema;
    schema.asked = false;
    schema.answers.clear();
    schema.flight = None;
    schema.missing.clear();
}
