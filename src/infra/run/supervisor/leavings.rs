//! The remains of an apply that did not end well: resources that may be in no state, and a state that was not written.

use super::super::folder;
use super::super::leaf::{Exit, News, Told};
use super::super::left;
use super::super::shim;
use super::super::show;
use super::super::steps;
use super::Supervisor;
use crate::model::infra::message::Action;
use crate::model::infra::run::ResourcePhase;
use crate::model::infra::run_event::{Step, What};
use crate::model::infra::schedule;
use crate::model::infra::state::addresses;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// A state that does not come within this is not waited for: a lock that was left behind does not keep it from being read.
const READ: Duration = Duration::from_mins(1);

impl Supervisor<'_> {
    /// Asks which of what a failed apply has made its state has, beside everything else; the step is over when that is known.
    /// Whether it is asked.
    pub(super) fn ask_state(&mut self, name: &str, exit: &Exit, code: Option<i32>, why: &str) -> bool {
        let made = self.made(name, exit);
        // What it has made is in the state that it has kept.
        if made.is_empty() || self.kept_by_an_apply(name).is_some() {
            return false;
        }
        let Some(unit) = self.unit(name) else { return false };
        let dir = self.state.units.get(name).and_then(|unit| unit.plan.as_ref()?.dir.clone());
        let call =
            steps::ask_state(&self.order, &self.around, &unit, dir.as_deref(), vec!["state".into(), "pull".into()]);
        let out = self.out.clone();
        drop(tokio::spawn(async move {
            let asked = tokio::time::timeout(READ, show::output(&call)).await;
            let known: BTreeSet<String> = match asked {
                Ok(Ok(state)) => addresses(&state).unwrap_or_default().into_iter().map(|one| one.address).collect(),
                // Nobody knows what it has: all of it is looked for.
                Ok(Err(_)) | Err(_) => BTreeSet::new(),
            };
            let unwritten = made.into_iter().filter(|address| !known.contains(address)).collect();
            let _ = out.send(Told { unit: unit.name, step: Step::Apply, what: News::Unwritten(unwritten) }).await;
        }));
        self.asking.insert(name.to_owned(), (code, why.to_owned()));
        true
    }

    /// The state was asked.
    pub(super) fn state_asked(&mut self, name: &str, unwritten: Vec<String>) {
        let Some((code, why)) = self.asking.remove(name) else { return };
        self.tell(What::StepEnded { unit: name.to_owned(), step: Step::Apply, code, failed: Some(why) });
        self.left_by_an_apply(name, unwritten);
    }

    /// Says what is left.
    pub(super) fn left_by_an_apply(&mut self, name: &str, unwritten: Vec<String>) {
        let unit = self.state.units.get(name);
        let in_flight = unit.map(schedule::in_flight).unwrap_or_default();
        if !in_flight.is_empty() && self.state.cancel.is_none() {
            let text = format!(
                "was being changed when its process ended, and may exist and be in no state: {}",
                in_flight.join(", ")
            );
            self.note(Some(name), text);
        }
        let kept = self.kept_by_an_apply(name);
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
                crate::model::text::quoted(name)
            );
            self.note(Some(name), text);
        }
        if kept.is_some() || !unwritten.is_empty() {
            self.tell(What::Left { unit: name.to_owned(), kept, unwritten });
        }
    }

    /// The state that Terraform could not write at the end of an apply, where it has kept it.
    fn kept_by_an_apply(&self, name: &str) -> Option<PathBuf> {
        let dir = shim::leaf(&folder::leaf(&self.run, name, Step::Apply)).map(|leaf| leaf.dir);
        dir.map(|dir| dir.join(left::ERRORED)).filter(|state| state.exists())
    }

    /// The resources that were made by an apply that was ended before it could write its state. A backend like S3 is
    /// written to every 20 seconds and at the end; a file after each resource.
    fn made(&self, name: &str, exit: &Exit) -> Vec<String> {
        let hard = self.state.cancel.as_ref().is_some_and(|(_, hard)| *hard);
        // It wrote its state where it ended by itself.
        if matches!(exit, Exit::Code(_)) && !hard {
            return Vec::new();
        }
        let resources = self.state.units.get(name).map(|unit| &unit.resources);
        let made = resources.into_iter().flatten().filter(|(_, one)| {
            one.phase == ResourcePhase::Done && matches!(one.action, Action::Create | Action::Replace)
        });
        made.map(|(address, _)| address.clone()).collect()
    }
}
