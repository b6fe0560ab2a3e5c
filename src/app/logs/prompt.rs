//! A line that is typed for the logs.

use super::pane::Prompt;
use crate::app::App;
use crate::app::input::Input;
use crate::app::screen::{Block, Typing};

/// A line is typed for the logs.
pub fn start(app: &mut App, prompt: Prompt) {
    let text = match prompt {
        Prompt::Search => app.logs.search.clone(),
        Prompt::Filter => app.logs.filter.clone(),
        Prompt::Time | Prompt::Save => String::new(),
        Prompt::Export => "logs.jsonl".to_owned(),
        Prompt::Tee => "tee.jsonl".to_owned(),
        Prompt::Insights => app.logs.insights.typed.clone(),
    };
    let input = Input::new(text.clone());
    app.screen.typing = Some(Typing { block: Some(Block::Logs), input, before: text, prompt: Some(prompt) });
}
