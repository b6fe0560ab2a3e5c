//! Finding local states that can be migrated to S3, and choosing the bucket.

use super::requests::{Kind, ask, place, show_lines, wrong_account};
use super::state::{DialogQuestion, ID};
use super::{begin, inspect, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::screen::{Purpose, Typing};
use crate::app::update::refresh::after_move;
use crate::feeds::infra::{Ask, MovableStates};
use crate::model::infra::Tool;

/// The input line is a bucket.
pub const BUCKET: u8 = 1;

/// Looks for local states of the marked units or the selected one. With plain Terraform, asks for the bucket first, because
/// the code of a unit may not name one.
pub fn find_movable_states(app: &mut App) -> Vec<Effect> {
    if let Some(why) = begin::start_obstacle(app).or_else(|| wrong_account(app, true)) {
        app.show_message(why);
        return Vec::new();
    }
    if app.environment.infra.kind == Some(Tool::Terragrunt) {
        return start_search(app, None);
    }
    let purpose = Purpose::Pane { pane: ID, what: BUCKET, label: "bucket " };
    let label = "bucket (empty: the one in the code): ".to_owned();
    app.screen.typing = Some(Typing { prompt: label, ..Typing::new(purpose, String::new()) });
    after_move(app)
}

/// Handles the typed bucket.
pub fn accept_bucket(app: &mut App, text: &str) -> Vec<Effect> {
    let bucket = text.trim();
    if bucket.contains(|letter: char| letter.is_whitespace() || letter == '/') {
        app.show_message("that is not the name of a bucket: it has no blanks and no /");
        return after_move(app);
    }
    start_search(app, (!bucket.is_empty()).then(|| bucket.to_owned()))
}

fn start_search(app: &mut App, bucket: Option<String>) -> Vec<Effect> {
    let units = inspect::chosen_units(app);
    app.panes.infra.pending_request = Some("looking for states in files of this machine …".to_owned());
    let question = Ask::Movable { place: place(app), units, bucket };
    let mut effects = vec![ask(app, Kind::Look, question).1];
    effects.extend(after_move(app));
    effects
}

/// Handles the states that can be migrated, and asks whether to do so.
pub fn propose_migration(app: &mut App, states: MovableStates) {
    if !states.units.is_empty() {
        drop(windows::open(app, DialogQuestion::Move(states)));
    } else if states.notes.is_empty() {
        app.show_message("no state in a file of this machine");
    } else {
        show_lines(app, "States in files of this machine", &states.notes);
    }
}
