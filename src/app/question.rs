//! The question that the screen asks now, and whether an input answers it (see [`super::confirm`]).

use super::App;
use super::confirm::{About, Question, RejectedInput};
use super::overlay::Kind;
use super::screen;
use super::{dialog, listed, tell};

/// The question that waits for a yes now.
pub fn question(app: &App) -> Option<Question> {
    let size = app.screen.size;
    let window = app.screen.overlays.last()?;
    if screen::too_small(size) {
        // Only leaving is asked there, and only where the words fit.
        let lines = tell::too_small(app, size).len();
        if window.kind != Kind::Quit || lines == 0 || lines > usize::from(size.1) {
            return None;
        }
    }
    let about = match window.kind {
        Kind::Plan(id) => About::Window(window.kind, app.operations.get(id)?.plan.clone().map(Box::new)),
        Kind::Revert(_) => About::Window(window.kind, None),
        Kind::Quit => About::Leaving(
            listed::running(app).map(|operation| operation.id).collect(),
            app.tunnels.live().map(|tunnel| tunnel.number).collect(),
            listed::lost(app),
        ),
        Kind::Confirm(pane, which) => {
            let asked = (app.table.pane(pane).hooks.confirm)(app, which)?;
            let text: Vec<&str> = asked.text.iter().map(|(_, text)| text.as_str()).collect();
            About::Pane(format!("{} {} {}", asked.title, text.join(" "), asked.bound))
        }
        Kind::Pane(pane, which) => About::Pane((app.table.pane(pane).hooks.asks)(app, which)?),
        Kind::Help
        | Kind::Palette
        | Kind::Actions
        | Kind::Inspect
        | Kind::Environments
        | Kind::Activity
        | Kind::Find(..)
        | Kind::Message
        | Kind::Code
        | Kind::SignIn
        | Kind::Checkup
        | Kind::Choose(_)
        | Kind::Ask(_)
        | Kind::Name => return None,
    };
    let typed = if window.kind.is_dialog() { dialog::to_type(app, window) } else { None };
    let buttons = dialog::placed(app);
    Some(Question { about, buttons, typed, size })
}

/// Whether the screen shows what is asked now: what is pressed or typed before is not for it.
pub fn seen(app: &App) -> bool {
    question(app).is_some_and(|question| app.confirm.shows(&question))
}

/// Whether the input that is being handled answers what is asked now.
///
/// # Errors
/// Why it does not.
pub fn meant(app: &App) -> Result<(), RejectedInput> {
    app.confirm.answers(question(app).as_ref())
}

/// Whether a key that is pressed now would answer what is asked: the screen may still show another question, which was
/// there for long.
pub fn ready(app: &App) -> bool {
    seen(app) && app.confirm.ready()
}
