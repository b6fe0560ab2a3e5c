//! The input lines of the Query pane, with their purpose and initial text.

use super::choices::Prompt;
use super::state::ID;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::screen::{Purpose, Typing};
use crate::app::update::refresh::after_move;

/// Opens an input line.
pub fn prompt(app: &mut App, prompt: Prompt) -> Vec<Effect> {
    let tab = app.panes.query.shown();
    let text = match prompt {
        Prompt::Search => tab.map(|tab| tab.search.clone()).unwrap_or_default(),
        Prompt::Filter => tab.map(|tab| tab.filter.clone()).unwrap_or_default(),
        Prompt::Row | Prompt::Save | Prompt::Edit | Prompt::Variable | Prompt::Find => String::new(),
        Prompt::Name => app.panes.query.texts.name().to_owned(),
        Prompt::Export => "result.csv".to_owned(),
        Prompt::Value => "value.txt".to_owned(),
    };
    let purpose = Purpose::Pane { pane: ID, what: prompt as u8, label: prompt.label() };
    app.screen.typing = Some(Typing::new(purpose, text));
    after_move(app)
}
