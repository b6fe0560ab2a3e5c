//! Plans that are read: beside everything else, with what guards what they destroy and what is lost with it.

use super::super::around::shortened;
use super::super::folder;
use super::super::leaf::{Exit, News, Told};
use super::super::mocks;
use super::super::shim;
use super::super::show;
use super::super::steps;
use super::Supervisor;
use crate::model::infra::Unit;
use crate::model::infra::message::Message;
use crate::model::infra::plan::Secrets;
use crate::model::infra::run_event::{Goal, Step, What};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// How many plans in a row are made while their code is changed.
const TRIES: u32 = 3;

/// Whether a plan stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// It does.
    Yes,
    /// It is made again: why.
    Again(String),
    /// It cannot be made: why.
    Never(String),
}

impl Supervisor<'_> {
    /// Reads the plan that was made, beside everything else.
    pub(super) fn show(&mut self, unit: &Unit) {
        let leaf = shim::leaf(&folder::leaf(&self.run, &unit.name, Step::Plan));
        let state = self.state.units.get(&unit.name);
        let summary = state.and_then(|unit| unit.step.as_ref()?.summary);
        let call = {
            let dir = leaf.as_ref().map(|leaf| leaf.dir.clone());
            let plan = folder::plan_file(&self.run, &unit.name);
            steps::ask(
                &self.order,
                &self.around,
                unit,
                dir.as_deref(),
                vec!["show".into(), "-json".into(), "-no-color".into(), plan.into()],
            )
        };
        // What lifts guards has targets of its own.
        let named = match self.lifting(unit) {
            Some(_) => (Vec::new(), Vec::new()),
            None => (self.order.replace.clone(), self.order.targets.clone()),
        };
        let looked = show::Asked {
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
            let plan = show::read(looked).await;
            let told = Told { unit: name, step: Step::Show, what: News::Ended(Exit::Unknown) };
            let _ = out.send(told).await;
            plan
        });
        self.showing.insert(unit.name.clone(), task);
    }

    /// Reads a line of a step. Secrets of the plan that it applies are not told.
    pub(super) async fn heard(&mut self, unit: &str, step: Step, line: &str) -> Message {
        let message = shortened(Message::parse(line));
        if step != Step::Apply {
            return message;
        }
        if !self.masks.knows(unit) {
            // The supervisor that has read the plan was killed.
            let secrets = self.secrets(unit).await.unwrap_or_default();
            self.masks.learn(unit, secrets);
        }
        self.masks.of(unit, message)
    }

    /// The secret values in the plan of a unit; none where it cannot be read.
    async fn secrets(&self, unit: &str) -> Option<Secrets> {
        let dir = self.state.units.get(unit)?.plan.as_ref()?.dir.clone();
        let plan = folder::plan_file(&self.run, unit);
        let words = vec!["show".into(), "-json".into(), "-no-color".into(), plan.into()];
        let call = steps::ask(&self.order, &self.around, &self.unit(unit)?, dir.as_deref(), words);
        Secrets::read(&show::output(&call).await.ok()?).ok()
    }

    /// Takes in that the plan of a unit was read.
    pub(super) async fn shown(&mut self, unit: &str) {
        let Some(task) = self.showing.remove(unit) else { return };
        let (mut failed, mut guards) = (None, Vec::new());
        match task.await.map_err(|error| error.to_string()).and_then(|plan| plan) {
            Ok(show::Read { plan, held, secrets, changed }) => {
                self.masks.learn(unit, secrets);
                match self.unsettled(unit, &changed) {
                    Settled::Yes => {}
                    Settled::Again(why) => {
                        let failed = Some(why.clone());
                        self.tell(What::StepEnded { unit: unit.to_owned(), step: Step::Show, code: None, failed });
                        self.tell(What::PlanStale { unit: unit.to_owned(), why });
                        return;
                    }
                    Settled::Never(why) => {
                        let failed = Some(why);
                        self.tell(What::StepEnded { unit: unit.to_owned(), step: Step::Show, code: None, failed });
                        return;
                    }
                }
                if !held.is_empty() {
                    let counts = self.counts;
                    let asked = counts(self.order.clone(), held);
                    if let Some(losses) = self.unless_cancelled(asked).await {
                        self.tell(What::Counted { unit: unit.to_owned(), losses });
                    }
                }
                match self.guards_to_lift(unit, &plan.guards) {
                    Ok(found) if found.is_empty() => self.tell(What::PlanReady { unit: unit.to_owned(), plan }),
                    Ok(found) => guards = found,
                    Err(why) => failed = Some(why),
                }
            }
            Err(why) => failed = Some(why),
        }
        self.tell(What::StepEnded { unit: unit.to_owned(), step: Step::Show, code: None, failed });
        if !guards.is_empty() {
            self.tell(What::Guarded { unit: unit.to_owned(), guards });
        }
    }

    /// Whether a plan stands that was made while these files of its code were changed. A person who has changed them gets another
    /// plan. Where they are changed again while that is made, planning does it itself, as a hook that writes a file: the plan
    /// stands then, and where others are changed each time, there is none that could.
    pub(super) fn unsettled(&mut self, unit: &str, changed: &BTreeSet<PathBuf>) -> Settled {
        let (before, times) = self.unsettled.remove(unit).unwrap_or_default();
        if changed.is_empty() {
            return Settled::Yes;
        }
        let dir = self.unit(unit).map(|unit| unit.dir).unwrap_or_default();
        let names: Vec<String> =
            changed.iter().map(|file| file.strip_prefix(&dir).unwrap_or(file).display().to_string()).collect();
        let names = names.join(", ");
        if changed.is_subset(&before) {
            self.note(Some(unit), format!("planning changes its own code: {names}"));
            return Settled::Yes;
        }
        if times + 1 >= TRIES {
            return Settled::Never(format!(
                "planning changes its own code: {names}; a hook that writes files has to write the same ones each time"
            ));
        }
        self.unsettled.insert(unit.to_owned(), (&before | changed, times + 1));
        Settled::Again(format!("the code was changed while it was planned: {names}"))
    }
}
