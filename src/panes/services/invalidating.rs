//! Paths are typed whose copies at the edges are to be thrown away.

use super::state::ID;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::single::invalidation::Request;
use crate::app::screen::{Purpose, Typing};
use crate::app::update::change::plan;
use crate::app::update::settle::done;

/// The only thing that is typed for this pane.
const PATHS: u8 = 0;

/// Which paths? As on the command line, with the distribution before them where there are several.
pub(super) fn ask(app: &mut App) -> Vec<Effect> {
    let purpose = Purpose::Pane { pane: ID, what: PATHS, label: "invalidate " };
    app.screen.typing = Some(Typing::new(purpose, "/*".to_owned()));
    done(app)
}

/// They were typed.
pub(super) fn accepted(app: &mut App, _: u8, text: &str) -> Vec<Effect> {
    match Request::parse(&text.split_whitespace().collect::<Vec<_>>()) {
        Ok(request) => plan(app, request),
        Err(why) => {
            app.say(why);
            done(app)
        }
    }
}
