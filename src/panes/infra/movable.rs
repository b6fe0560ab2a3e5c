//! States that can be moved from files of this machine to S3: whose are looked for, and into which bucket.

use super::ask::{Kind, ask, place, tell, wrong_account};
use super::state::{Asking, ID};
use super::{begin, look, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::screen::{Purpose, Typing};
use crate::app::update::settle::done;
use crate::feeds::infra::{Ask, MovableStates};
use crate::model::infra::Tool;

/// The bucket is typed.
pub const BUCKET: u8 = 1;

/// Looks for states of the marked units, or of the selected one, that can be moved. The code of a unit that is listed for Terraform
/// may name no bucket: it is typed first.
pub fn states(app: &mut App) -> Vec<Effect> {
    if let Some(why) = begin::why_not(app).or_else(|| wrong_account(app, true)) {
        app.say(why);
        return Vec::new();
    }
    if app.environment.infra.kind == Some(Tool::Terragrunt) {
        return looks(app, None);
    }
    let purpose = Purpose::Pane { pane: ID, what: BUCKET, label: "bucket " };
    let asked = "bucket (empty: the one in the code): ".to_owned();
    app.screen.typing = Some(Typing { asked, ..Typing::new(purpose, String::new()) });
    done(app)
}

/// It was typed.
pub fn typed(app: &mut App, text: &str) -> Vec<Effect> {
    let bucket = text.trim();
    if bucket.contains(|letter: char| letter.is_whitespace() || letter == '/') {
        app.say("that is not the name of a bucket: it has no blanks and no /");
        return done(app);
    }
    looks(app, (!bucket.is_empty()).then(|| bucket.to_owned()))
}

fn looks(app: &mut App, bucket: Option<String>) -> Vec<Effect> {
    let units = look::meant(app);
    app.panes.infra.waiting = Some("looking for states in files of this machine …".to_owned());
    let question = Ask::Movable { place: place(app), units, bucket };
    let mut effects = vec![ask(app, Kind::Look, question).1];
    effects.extend(done(app));
    effects
}

/// Takes the states that can be moved, and asks whether they are.
pub fn found(app: &mut App, states: MovableStates) {
    if !states.units.is_empty() {
        drop(windows::open(app, Asking::Move(states)));
    } else if states.said.is_empty() {
        app.say("no state in a file of this machine");
    } else {
        tell(app, "States in files of this machine", &states.said);
    }
}
