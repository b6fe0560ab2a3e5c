//! Keys that initialise units and change their code: formatting, and import blocks for existing resources.

use super::state::{DialogQuestion, ID};
use super::texts::{ONLY_RECORDED, configured, recorded};
use super::unit_changes::start_change;
use super::{begin, inspect, migration_choice, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::screen::{Purpose, Typing};
use crate::app::update::refresh::after_move;
use crate::feeds::infra::UnitChange;
use crate::model::infra::import;

/// The input line is an address and an id.
const IMPORT: u8 = 0;

/// `i`: initialises the marked units, or the selected one.
pub fn initialise(app: &mut App) -> Vec<Effect> {
    if !is_configured(app) {
        return Vec::new();
    }
    let units = inspect::chosen_units(app);
    start_change(app, UnitChange::Init, units)
}

/// `F`: asks whether to format the code of the units.
pub fn propose_formatting(app: &mut App) -> Vec<Effect> {
    if !is_configured(app) {
        return Vec::new();
    }
    let units = inspect::chosen_units(app);
    windows::open(app, DialogQuestion::Form(units))
}

/// Asks whether to create missing workspaces of the marked units or the selected one. A missing workspace can also prevent
/// finding the units; then the shown units come from an earlier run, and all units are meant.
pub fn propose_workspaces(app: &mut App) -> Vec<Effect> {
    if !is_configured(app) {
        return Vec::new();
    }
    let units = if app.panes.infra.failure.is_some() { Vec::new() } else { inspect::chosen_units(app) };
    windows::open(app, DialogQuestion::Workspaces(units))
}

/// `B`: opens the input line for the address and the id of an existing resource that is in no state.
pub fn import(app: &mut App) -> Vec<Effect> {
    if !is_configured(app) {
        return Vec::new();
    }
    let state = &mut app.panes.infra;
    let Some(unit) = state.opened_unit.clone().or_else(|| state.selected_unit.clone()) else {
        app.show_message("select the unit into which something is imported");
        return Vec::new();
    };
    let address = state.opened_unit.as_ref().and(state.selected_resource.as_ref());
    let begin = address.map(|address| format!("{address} ")).unwrap_or_default();
    let label = format!("import into {unit}, address and id: ");
    state.importing = Some(unit);
    let purpose = Purpose::Pane { pane: ID, what: IMPORT, label: "import " };
    app.screen.typing = Some(Typing { prompt: label, ..Typing::new(purpose, begin) });
    after_move(app)
}

/// Handles a submitted input line.
pub fn typed(app: &mut App, what: u8, text: &str) -> Vec<Effect> {
    if what == migration_choice::BUCKET {
        return migration_choice::accept_bucket(app, text);
    }
    let Some(unit) = app.panes.infra.importing.take() else { return Vec::new() };
    let Some((address, id)) = address_and_id(text) else {
        app.show_message("an address and an id are needed: aws_vpc.main vpc-0a1b2c");
        return after_move(app);
    };
    start_change(app, UnitChange::Import { address, id }, vec![unit])
}

/// Splits the text at the first blank before which it is a valid address. Keys and ids may contain blanks.
fn address_and_id(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let gaps = text.char_indices().filter(|(_, letter)| letter.is_whitespace()).map(|(at, _)| text.split_at(at));
    let mut parts = gaps.map(|(address, id)| (address.trim(), id.trim()));
    let found = parts.find(|(address, id)| import::block(address, id).is_ok());
    found.map(|(address, id)| (address.to_owned(), id.to_owned()))
}

/// Whether the environment has code that can be changed; explains it if not.
fn is_configured(app: &mut App) -> bool {
    let why = if !configured(app) {
        "no infrastructure is configured for this environment"
    } else if recorded(app) {
        ONLY_RECORDED
    } else if let Some(why) = begin::migration_obstacle(app) {
        why
    } else {
        return true;
    };
    app.show_message(why);
    false
}

#[cfg(test)]
mod tests {
    use super::address_and_id;

    #[test]
    fn address_and_id_are_split_despite_spaces_in_keys_and_id() {
        let read = |text| address_and_id(text).map(|(address, id)| format!("{address} | {id}"));
        assert_eq!(read(" aws_vpc.main  vpc-1 ").as_deref(), Some("aws_vpc.main | vpc-1"));
        assert_eq!(read("aws_x.a[\"b c\"] i d").as_deref(), Some("aws_x.a[\"b c\"] | i d"));
        assert_eq!((read("aws_vpc.main"), read("vpc vpc-1"), read("")), (None, None, None));
    }
}
