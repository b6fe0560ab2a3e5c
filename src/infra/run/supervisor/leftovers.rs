//! Leftovers of an apply that did not end well: resources that may be in no state, and a state that was not written.

use super::super::folder;
use super::super::shim;
use super::super::show;
use super::super::step_process::{Exit, Progress, Report};
use super::super::steps;
use super::super::unwritten_states;
use super::Supervisor;
use crate::model::infra::message::Action;
use crate::model::infra::run::ResourcePhase;
use crate::model::infra::run_event::{RunEventKind, Step};
use crate::model::infra::schedule;
use crate::model::infra::state::addresses;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// The time limit for reading a state. A lock that was left behind does not prevent reading it.
const READ_LIMIT: Duration = Duration::from_mins(1);

impl Supervisor<'_> {
    /// Starts to check which resources created by a failed apply are in its state; the step is over when that is known. Returns
    /// whether the check was started.
    pub(super) fn read_state(&mut self, name: &str, exit: &Exit, code: Option<i32>, why: &str) -> bool {
        let created = self.created_resources(name, exit);
        // Its resources are in the state that it stored beside the code.
        if created.is_empty() || self.errored_state(name).is_some() {
            return false;
        }
        let Some(unit) = self.unit(name) else { return false };
        let dir = self.state.units.get(name).and_then(|unit| unit.plan.as_ref()?.dir.clone());
        let call = steps::state_query_call(
            &self.order,
            &self.around,
            &unit,
            dir.as_deref(),
            vec!["state".into(), "pull".into()],
        );
        let out = self.out.clone();
        drop(tokio::spawn(async move {
            let pulled = tokio::time::timeout(READ_LIMIT, show::program_output(&call)).await;
            let known: BTreeSet<String> = match pulled {
                Ok(Ok(state)) => addresses(&state).unwrap_or_default().into_iter().map(|one| one.address).collect(),
                // The content of the state is unknown, so all of them count as missing.
                Ok(Err(_)) | Err(_) => BTreeSet::new(),
            };
            let unwritten = created.into_iter().filter(|address| !known.contains(address)).collect();
            let _ =
                out.send(Report { unit: unit.name, step: Step::Apply, progress: Progress::Unwritten(unwritten) }).await;
        }));
        self.reading_state.insert(name.to_owned(), (code, why.to_owned()));
        true
    }

    /// Handles the result of reading the state.
    pub(super) fn state_read(&mut self, name: &str, unwritten: Vec<String>) {
        let Some((code, why)) = self.reading_state.remove(name) else { return };
        self.emit(RunEventKind::StepEnded { unit: name.to_owned(), step: Step::Apply, code, failed: Some(why) });
        self.report_leftovers(name, unwritten);
    }

    /// Reports what an apply has left behind.
    pub(super) fn report_leftovers(&mut self, name: &str, unwritten: Vec<String>) {
        let unit = self.state.units.get(name);
        let in_flight = unit.map(schedule::in_flight).unwrap_or_default();
        if !in_flight.is_empty() && self.state.cancel.is_none() {
            let text = format!(
                "was being changed when its process ended, and may exist and be in no state: {}",
                in_flight.join(", ")
            );
            self.note(Some(name), text);
        }
        let kept = self.errored_state(name);
        if !unwritten.is_empty() {
            let text = format!(
                "was made, and may be in no state, as its process ended before it wrote that: {}",
                unwritten.join(", ")
            );
            self.note(Some(name), text);
        }
        if !in_flight.is_empty() || !unwritten.is_empty() {
            let run = folder::name(&self.run);
            self.note(
                Some(name),
                format!("`cockpit infra orphans {run}` looks for it, and offers it as import blocks"),
            );
        }
        if let Some(state) = &kept {
            let text = format!(
                "the state could not be written, and is kept in {}: push it before anything else, with \
                 `cockpit infra state push --unit {}`",
                state.display(),
                crate::model::text::shell_quote(name)
            );
            self.note(Some(name), text);
        }
        if kept.is_some() || !unwritten.is_empty() {
            self.emit(RunEventKind::Left { unit: name.to_owned(), kept, unwritten });
        }
    }

    /// Returns the state that Terraform could not write at the end of an apply, if it stored it.
    fn errored_state(&self, name: &str) -> Option<PathBuf> {
        let dir = shim::leaf(&folder::leaf(&self.run, name, Step::Apply)).map(|leaf| leaf.dir);
        dir.map(|dir| dir.join(unwritten_states::ERRORED)).filter(|state| state.exists())
    }

    /// Returns the resources created by an apply that was ended before it could write its state. A backend like S3 is written
    /// every 20 seconds and at the end, a local file after each resource.
    fn created_resources(&self, name: &str, exit: &Exit) -> Vec<String> {
        let hard = self.state.cancel.as_ref().is_some_and(|(_, hard)| *hard);
        // If it ended by itself, it wrote its state.
        if matches!(exit, Exit::Code(_)) && !hard {
            return Vec::new();
        }
        let resources = self.state.units.get(name).map(|unit| &unit.resources);
        let created = resources.into_iter().flatten().filter(|(_, one)| {
            one.phase == ResourcePhase::Done && matches!(one.action, Action::Create | Action::Replace)
        });
        created.map(|(address, _)| address.clone()).collect()
    }
}
