//! The reads that are due now: of AWS for the estate, and by the panes.

use super::App;
use super::effect::Effect;
use super::subject::Subject;
use crate::model::Source;
use std::time::Duration;

impl App {
    /// The questions of the panes that are due. A pause stops the window, not the reading: a log line that is not read
    /// may be lost.
    pub(super) fn plan_panes(&mut self) -> Vec<Effect> {
        let panes = self.table.panes;
        panes.iter().flat_map(|pane| (pane.hooks.plan)(self)).collect()
    }

    /// Until the next second begins, or sooner while something on the screen ends soon or a pane asks more often.
    pub fn next_tick(&self) -> Option<Duration> {
        let screen = &self.screen;
        if !screen.flashes.is_empty() || screen.toast.is_some() {
            return Some(Duration::from_millis(250));
        }
        if self.asks_soon() {
            return Some(Duration::from_millis(50));
        }
        let panes = self.table.panes.iter().filter_map(|pane| (pane.hooks.next_tick)(self)).min();
        panes.or_else(|| self.has_pending_facts().then_some(Duration::from_millis(100)))
    }

    /// The questions that are due now.
    pub(crate) fn plan(&mut self) -> Vec<Effect> {
        if self.screen.paused.is_some() {
            return self.plan_panes();
        }
        let visible = visible_services(self);
        let slow = if self.focused { 1 } else { 2 };
        let beside = self.view().sources.iter().filter(|source| !Source::ALL.contains(source));
        let beside = beside.copied().collect();
        self.poller.looked_at = beside;
        let mut effects = self.poller.plan(&self.estate, &self.environment, &visible, slow, self.now);
        if self.poller.wrong_account() && !effects.is_empty() {
            // Keys that work are not read again by themselves: look whether others are there now.
            effects.insert(0, self.connect());
        }
        effects.extend(self.plan_panes());
        effects
    }
}

/// The services on the screen, for what is read first.
pub(super) fn visible_services(app: &App) -> Vec<String> {
    let view = app.view();
    match (view.about)(app) {
        Some(Subject::Service(name) | Subject::Task(name, _)) => vec![name],
        _ => view
            .services
            .and_then(|list| app.screen.list_of(list))
            .map(|list| list.window().to_vec())
            .unwrap_or_default(),
    }
}
