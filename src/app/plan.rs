//! The requests that are due now: to AWS for the estate, and by the panes.

use super::App;
use super::effect::Effect;
use super::subject::Subject;
use crate::model::Source;
use std::time::Duration;

impl App {
    /// Returns the due requests of the panes. Pausing stops the display, not the reading: a log line that is not read
    /// may be lost.
    pub(super) fn plan_panes(&mut self) -> Vec<Effect> {
        let panes = self.table.panes;
        panes.iter().flat_map(|pane| (pane.hooks.plan)(self)).collect()
    }

    /// The time until the next tick is needed, if earlier than the next full second: something on the screen expires
    /// soon, or a pane needs it.
    pub fn next_tick(&self) -> Option<Duration> {
        let screen = &self.screen;
        if !screen.flashes.is_empty() || screen.toast.is_some() {
            return Some(Duration::from_millis(250));
        }
        if self.question_ready_soon() {
            return Some(Duration::from_millis(50));
        }
        let panes = self.table.panes.iter().filter_map(|pane| (pane.hooks.next_tick)(self)).min();
        panes.or_else(|| self.has_pending_facts().then_some(Duration::from_millis(100)))
    }

    /// Returns the requests that are due now.
    pub(crate) fn plan(&mut self) -> Vec<Effect> {
        if self.screen.paused.is_some() {
            return self.plan_panes();
        }
        let visible = visible_services(self);
        let slow = if self.focused { 1 } else { 2 };
        let extra_sources = self.view().sources.iter().filter(|source| !Source::ALL.contains(source));
        let extra_sources = extra_sources.copied().collect();
        self.poller.view_sources = extra_sources;
        let mut effects = self.poller.plan(&self.estate, &self.environment, &visible, slow, self.now);
        if self.poller.wrong_account() && !effects.is_empty() {
            // Working keys are not reloaded on their own; connecting again checks whether other keys are available now.
            effects.insert(0, self.connect());
        }
        effects.extend(self.plan_panes());
        effects
    }
}

/// The services on the screen, which are read first.
pub(super) fn visible_services(app: &App) -> Vec<String> {
    let view = app.view();
    match (view.subject)(app) {
        Some(Subject::Service(name) | Subject::Task(name, _)) => vec![name],
        _ => view
            .services
            .and_then(|list| app.screen.list_of(list))
            .map(|list| list.window().to_vec())
            .unwrap_or_default(),
    }
}
