//! Keys that initialise units and write their code: in its usual form, and a block that imports what exists.

use super::make::make;
use super::state::{Asking, ID};
use super::tell::{ONLY_RECORDED, configured, recorded};
use super::{begin, look, movable, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::screen::{Purpose, Typing};
use crate::app::update::settle::done;
use crate::feeds::infra::Make;
use crate::model::infra::import;

/// An address and an id are typed.
const IMPORT: u8 = 0;

/// `i`: initialises the marked units, else the selected one.
pub fn ready(app: &mut App) -> Vec<Effect> {
    if !is_configured(app) {
        return Vec::new();
    }
    let units = look::meant(app);
    make(app, Make::Ready, units)
}

/// `F`: asks whether their code is written in its usual form.
pub fn form(app: &mut App) -> Vec<Effect> {
    if !is_configured(app) {
        return Vec::new();
    }
    let units = look::meant(app);
    windows::open(app, Asking::Form(units))
}

/// Asks whether the workspaces of the marked units or the selected one are made that are not there yet. Where units cannot be found,
/// which one that is not there causes, all are meant: what is shown then is of an earlier run.
pub fn workspaces(app: &mut App) -> Vec<Effect> {
    if !is_configured(app) {
        return Vec::new();
    }
    let units = if app.panes.infra.failure.is_some() { Vec::new() } else { look::meant(app) };
    windows::open(app, Asking::Workspaces(units))
}

/// `B`: an address and an id are typed, of what exists and is in no state.
pub fn import(app: &mut App) -> Vec<Effect> {
    if !is_configured(app) {
        return Vec::new();
    }
    let state = &mut app.panes.infra;
    let Some(unit) = state.open.clone().or_else(|| state.unit.clone()) else {
        app.say("select the unit into which something is imported");
        return Vec::new();
    };
    let address = state.open.as_ref().and(state.resource.as_ref());
    let begin = address.map(|address| format!("{address} ")).unwrap_or_default();
    let asked = format!("import into {unit}, address and id: ");
    state.importing = Some(unit);
    let purpose = Purpose::Pane { pane: ID, what: IMPORT, label: "import " };
    app.screen.typing = Some(Typing { asked, ..Typing::new(purpose, begin) });
    done(app)
}

/// A line was typed.
pub fn typed(app: &mut App, what: u8, text: &str) -> Vec<Effect> {
    if what == movable::BUCKET {
        return movable::typed(app, text);
    }
    let Some(unit) = app.panes.infra.importing.take() else { return Vec::new() };
    let Some((address, id)) = address_and_id(text) else {
        app.say("an address and an id are needed: aws_vpc.main vpc-0a1b2c");
        return done(app);
    };
    make(app, Make::Import { address, id }, vec![unit])
}

/// The first part that is an address, and the rest: keys and ids may have spaces.
fn address_and_id(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let gaps = text.char_indices().filter(|(_, one)| one.is_whitespace()).map(|(at, _)| text.split_at(at));
    let mut parts = gaps.map(|(address, id)| (address.trim(), id.trim()));
    let found = parts.find(|(address, id)| import::block(address, id).is_ok());
    found.map(|(address, id)| (address.to_owned(), id.to_owned()))
}

/// Whether there is code that is somebody's; else why not is said.
fn is_configured(app: &mut App) -> bool {
    let why = if !configured(app) {
        "no infrastructure is configured for this environment"
    } else if recorded(app) {
        ONLY_RECORDED
    } else if let Some(why) = begin::moving(app) {
        why
    } else {
        return true;
    };
    app.say(why);
    false
}

#[cfg(test)]
mod tests {
    use super::address_and_id;

    #[test]
    fn an_address_ends_where_it_is_one_whatever_spaces_its_keys_and_the_id_have() {
        let read = |text| address_and_id(text).map(|(address, id)| format!("{address} | {id}"));
        assert_eq!(read(" aws_vpc.main  vpc-1 ").as_deref(), Some("aws_vpc.main | vpc-1"));
        assert_eq!(read("aws_x.a[\"b c\"] i d").as_deref(), Some("aws_x.a[\"b c\"] | i d"));
        assert_eq!((read("aws_vpc.main"), read("vpc vpc-1"), read("")), (None, None, None));
    }
}
