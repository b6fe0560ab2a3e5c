//! Reads plans in the background, including the guards of what they destroy and the data that would be lost.

use super::super::folder;
use super::super::mocks;
use super::super::shim;
use super::super::show;
use super::super::step_process::{Exit, Progress, Report};
use super::super::steps;
use super::super::supervisor_helpers::shorten;
use super::Supervisor;
use crate::model::infra::Unit;
use crate::model::infra::message::Message;
use crate::model::infra::plan::Secrets;
use crate::model::infra::run_event::{Goal, RunEventKind, Step};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The maximum number of plans in a row whose code changes while they are made.
const TRIES: u32 = 3;

/// Whether a plan is valid although its code changed while it was made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PlanValidity {
    /// It is valid.
    Valid,
    /// It must be made again, with the reason.
    Repeat(String),
    /// It cannot be made, with the reason.
    Impossible(String),
}

impl Supervisor<'_> {
    /// Starts to read the plan of a unit in the background.
    pub(super) fn start_reading_plan(&mut self, unit: &Unit) {
        let leaf = shim::leaf(&folder::leaf(&self.run, &unit.name, Step::Plan));
        let state = self.state.units.get(&unit.name);
        let summary = state.and_then(|unit| unit.step.as_ref()?.summary);
        let call = {
            let dir = leaf.as_ref().map(|leaf| leaf.dir.clone());
            let plan = folder::plan_file(&self.run, &unit.name);
            steps::query_call(
                &self.order,
                &self.around,
                unit,
                dir.as_deref(),
                vec!["show".into(), "-json".into(), "-no-color".into(), plan.into()],
            )
        };
        // A plan that lifts guards has its own targets.
        let named = match self.lifting(unit) {
            Some(_) => (Vec::new(), Vec::new()),
            None => (self.order.replace.clone(), self.order.targets.clone()),
        };
        let request = show::PlanToRead {
            run: self.run.clone(),
            unit: unit.clone(),
            call,
            summary,
            account: self.order.account.clone(),
            dir: leaf.map(|leaf| leaf.dir),
            code: self.codes.remove(&unit.name),
            named,
            destroys: self.order.goal == Goal::Destroy,
            skip_snapshots: self.order.skip_snapshots,
            mocks: mocks::of(&self.order, &self.around, unit),
        };
        let (out, name) = (self.out.clone(), unit.name.clone());
        let task = tokio::spawn(async move {
            let plan = show::read(request).await;
            let report = Report { unit: name, step: Step::Show, progress: Progress::Ended(Exit::Unknown) };
            let _ = out.send(report).await;
            plan
        });
        self.showing.insert(unit.name.clone(), task);
    }

    /// Parses a line of a step's output. Masks secrets of the plan that it applies.
    pub(super) async fn parse_line(&mut self, unit: &str, step: Step, line: &str) -> Message {
        let message = shorten(Message::parse(line));
        if step != Step::Apply {
            return message;
        }
        if !self.masks.contains(unit) {
            // The supervisor that read the plan was killed.
            let secrets = self.secrets(unit).await.unwrap_or_default();
            self.masks.add(unit, secrets);
        }
        self.masks.mask_message(unit, message)
    }

    /// Returns the secret values in the plan of a unit, if it can be read.
    async fn secrets(&self, unit: &str) -> Option<Secrets> {
        let dir = self.state.units.get(unit)?.plan.as_ref()?.dir.clone();
        let plan = folder::plan_file(&self.run, unit);
        let words = vec!["show".into(), "-json".into(), "-no-color".into(), plan.into()];
        let call = steps::query_call(&self.order, &self.around, &self.unit(unit)?, dir.as_deref(), words);
        Secrets::read(&show::program_output(&call).await.ok()?).ok()
    }

    /// Handles the end of reading the plan of a unit.
    pub(super) async fn finish_reading_plan(&mut self, unit: &str) {
        let Some(task) = self.showing.remove(unit) else { return };
        let (mut failed, mut guards) = (None, Vec::new());
        match task.await.map_err(|error| error.to_string()).and_then(|plan| plan) {
            Ok(show::ReadPlan { plan, held, secrets, changed }) => {
                self.masks.add(unit, secrets);
                match self.check_validity(unit, &changed) {
                    PlanValidity::Valid => {}
                    PlanValidity::Repeat(why) => {
                        let failed = Some(why.clone());
                        self.emit(RunEventKind::StepEnded {
                            unit: unit.to_owned(),
                            step: Step::Show,
                            code: None,
                            failed,
                        });
                        self.emit(RunEventKind::PlanStale { unit: unit.to_owned(), why });
                        return;
                    }
                    PlanValidity::Impossible(why) => {
                        let failed = Some(why);
                        self.emit(RunEventKind::StepEnded {
                            unit: unit.to_owned(),
                            step: Step::Show,
                            code: None,
                            failed,
                        });
                        return;
                    }
                }
                if !held.is_empty() {
                    let counts = self.counts;
                    let counted = counts(self.order.clone(), held);
                    if let Some(losses) = self.unless_cancelled(counted).await {
                        self.emit(RunEventKind::Counted { unit: unit.to_owned(), losses });
                    }
                }
                match self.guards_to_lift(unit, &plan.guards) {
                    Ok(found) if found.is_empty() => self.emit(RunEventKind::PlanReady { unit: unit.to_owned(), plan }),
                    Ok(found) => guards = found,
                    Err(why) => failed = Some(why),
                }
            }
            Err(why) => failed = Some(why),
        }
        self.emit(RunEventKind::StepEnded { unit: unit.to_owned(), step: Step::Show, code: None, failed });
        if !guards.is_empty() {
            self.emit(RunEventKind::Guarded { unit: unit.to_owned(), guards });
        }
    }

    /// Decides whether a plan is valid although these files of its code changed while it was made. If a person changed them,
    /// the plan is made again. If the same files change again, planning itself changes them, for example a hook that writes a
    /// file, and the plan is valid. If other files change each time, no valid plan can be made.
    pub(super) fn check_validity(&mut self, unit: &str, changed: &BTreeSet<PathBuf>) -> PlanValidity {
        let (before, times) = self.unsettled.remove(unit).unwrap_or_default();
        if changed.is_empty() {
            return PlanValidity::Valid;
        }
        let dir = self.unit(unit).map(|unit| unit.dir).unwrap_or_default();
        let names: Vec<String> =
            changed.iter().map(|file| file.strip_prefix(&dir).unwrap_or(file).display().to_string()).collect();
        let names = names.join(", ");
        if changed.is_subset(&before) {
            self.note(Some(unit), format!("planning changes its own code: {names}"));
            return PlanValidity::Valid;
        }
        if times + 1 >= TRIES {
            return PlanValidity::Impossible(format!(
                "planning changes its own code: {names}; a hook that writes files has to write the same ones each time"
            ));
        }
        self.unsettled.insert(unit.to_owned(), (&before | changed, times + 1));
        PlanValidity::Repeat(format!("the code was changed while it was planned: {names}"))
    }
}
