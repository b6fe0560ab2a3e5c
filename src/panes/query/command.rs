//! Commands of psql, as they are typed in the editor.

use super::{connect, tell};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlays;
use crate::model::sql::split::command_name;

/// Runs one.
pub fn run(app: &mut App, line: &str) -> Vec<Effect> {
    let name = command_name(line);
    match name {
        "q" | "quit" => connect::quit(app),
        "c" | "connect" => connect::again(app),
        "x" => {
            if let Some(tab) = app.panes.query.shown_mut() {
                tab.record = tab.record.is_none().then_some(0);
            }
            Vec::new()
        }
        "conninfo" => {
            let text = tell::in_words(&app.panes.query);
            app.say(text);
            Vec::new()
        }
        "errverbose" => {
            let text = match &app.panes.query.error {
                None => "There is no previous error.".to_owned(),
                Some(error) => tell::failed(error, "").into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n"),
            };
            let message = overlays::message(app, "The last error", &text);
            app.screen.overlays.push(message);
            Vec::new()
        }
        // The statement before it was sent already.
        "g" => Vec::new(),
        _ => {
            app.panes.query.queue.clear();
            app.say(format!("\\{name} is no command here: docs/query.md lists those that are"));
            Vec::new()
        }
    }
}
