//! The first events of a run: its order, and notices before anything starts.

use super::super::bound;
use super::super::folder;
use super::super::steps;
use super::super::supervisor_helpers::shares_plugins;
use super::Supervisor;
use crate::model::infra::run_event::{RunEventKind, Started};

impl Supervisor<'_> {
    /// Writes the first events of the run.
    pub(super) fn begin(&mut self) {
        let order = &self.order;
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let first = order.units.first().map(|unit| unit.dir.clone());
        let started = Started {
            run: folder::name(&self.run),
            environment: order.environment.clone(),
            goal: order.goal,
            units: order.units.clone(),
            targets: order.targets.clone(),
            replace: order.replace.clone(),
            by: order.by.clone(),
            account: order.account.clone(),
            revision: first.and_then(|dir| bound::revision(&dir)),
            dropped: self.around.dropped().to_vec(),
            parallelism: order.parallelism.unwrap_or_else(|| u32::try_from(cores.max(2)).unwrap_or(2)),
            guarded: order.guarded,
            serial_init: shares_plugins(&self.around),
            pid: std::process::id(),
        };
        self.emit(RunEventKind::Started(Box::new(started)));
        self.prepare();
        if !self.around.dropped().is_empty() {
            let text = format!("inherited variables that are not handed on: {}", self.around.dropped().join(", "));
            self.note(None, text);
        }
        for (unit, text) in steps::terragrunt_notices(&self.order) {
            self.note(Some(&unit), text);
        }
        if self.order.goal.applies() {
            self.record("started", "");
        }
    }
}
