//! What is read now: of AWS for the estate, and of the logs.

use super::App;
use super::effect::Effect;
use super::screen::{Block, View};

impl App {
    /// What is to be read of the logs. A pause holds the window still, not the reading: a line that is
    /// not read may be lost.
    pub(super) fn plan_logs(&mut self) -> Vec<Effect> {
        self.logs.plan(&self.estate, &self.environment, self.generation, self.now)
    }

    pub(super) fn plan(&mut self) -> Vec<Effect> {
        if self.screen.paused.is_some() {
            return self.plan_logs();
        }
        let visible = visible_services(self);
        let slow = if self.focused { 1 } else { 2 };
        let mut effects = self.poller.plan(&self.estate, &self.environment, &visible, slow, self.now);
        if self.poller.wrong_account() && !effects.is_empty() {
            // Keys that work are not read again by themselves: look whether others are there now.
            effects.insert(0, self.connect());
        }
        effects.extend(self.plan_logs());
        effects
    }
}

/// The services on the screen, for what is read first.
pub(super) fn visible_services(app: &App) -> Vec<String> {
    let screen = &app.screen;
    match screen.view() {
        View::Overview => {
            screen.list_of(Block::OverviewServices).map(|list| list.window().to_vec()).unwrap_or_default()
        }
        View::Services => screen.list_of(Block::Services).map(|list| list.window().to_vec()).unwrap_or_default(),
        View::Service(name) | View::Task(name, _) => vec![name],
        View::Database | View::Logs => Vec::new(),
        View::Operation(id) => {
            let operation =
                app.operations.get(id).filter(|operation| operation.environment.name == app.environment.name);
            operation.and_then(|operation| operation.what().service()).map(str::to_owned).into_iter().collect()
        }
    }
}
