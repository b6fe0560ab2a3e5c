//! The question on the screen, and whether an input answers it (see [`super::confirm`]).

use super::App;
use super::confirm::{About, Question, RejectedInput};
use super::overlay::Kind;
use super::screen;
use super::{dialog, operation_list, operation_texts};

/// The question that is waiting for an answer.
pub fn question(app: &App) -> Option<Question> {
    let size = app.screen.size;
    let window = app.screen.overlays.last()?;
    if screen::too_small(size) {
        // On such a screen only quitting is asked, and only if the text fits.
        let lines = operation_texts::too_small(app, size).len();
        if window.kind != Kind::Quit || lines == 0 || lines > usize::from(size.1) {
            return None;
        }
    }
    let about = match window.kind {
        Kind::Plan(id) => About::Window(window.kind, app.operations.get(id)?.plan.clone().map(Box::new)),
        Kind::Revert(_) => About::Window(window.kind, None),
        Kind::Quit => About::Leaving(
            operation_list::running(app).map(|operation| operation.id).collect(),
            app.tunnels.live().map(|tunnel| tunnel.number).collect(),
            operation_list::losses(app),
        ),
        Kind::Confirm(pane, which) => {
            let confirmation = (app.table.pane(pane).hooks.confirm)(app, which)?;
            let text: Vec<&str> = confirmation.text.iter().map(|(_, text)| text.as_str()).collect();
            About::Pane(format!("{} {} {}", confirmation.title, text.join(" "), confirmation.covered_content))
        }
        Kind::Pane(pane, which) => About::Pane((app.table.pane(pane).hooks.question)(app, which)?),
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
        | Kind::SnapshotName => return None,
    };
    let typed = if window.kind.is_dialog() { dialog::text_to_type(app, window) } else { None };
    let buttons = dialog::placed_buttons(app);
    Some(Question { about, buttons, typed, size })
}

/// Whether the screen shows the current question: input from before that is not meant for it.
pub fn is_on_screen(app: &App) -> bool {
    question(app).is_some_and(|question| app.confirm.shows(&question))
}

/// Checks that the input being handled answers the current question.
///
/// # Errors
/// Why it does not.
pub fn check_answer(app: &App) -> Result<(), RejectedInput> {
    app.confirm.check_answer(question(app).as_ref())
}

/// Whether a key pressed now would answer the current question; the screen may still show an older one.
pub fn accepts_answer(app: &App) -> bool {
    is_on_screen(app) && app.confirm.accepts_answer()
}
