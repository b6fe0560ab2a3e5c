//! How a step ended: what it is judged by, what else is to be said, and what the audit file has.

use super::super::folder;
use super::super::leaf::{Exit, News, Place, Told};
use super::super::show;
use super::super::steps;
use super::super::words;
use super::super::world;
use super::Supervisor;
use crate::infra::surroundings::DEFAULT_WORKSPACE;
use crate::model::audit::Record;
use crate::model::infra::Unit;
use crate::model::infra::message::Message;
use crate::model::infra::run_event::{RunEnd, Step, UnitEnd, What};
use jiff::Timestamp;
use serde_json::json;

/// Lines that Terraform says before it begins to work: its version.
const BEFORE_WORK: u64 = 1;

/// Terraform's sentence for a plan whose state has changed since. It has no code for it.
const STALE: &str = "Saved plan is stale";

impl Supervisor<'_> {
    /// The process of a step is gone.
    pub(super) fn step_ended(&mut self, name: &str, step: Step, exit: &Exit) {
        let place = self.place(name, step);
        if step == Step::Plan {
            self.uncover_code(name);
        }
        self.told_to_end.remove(name);
        let mut failed = self.failed(name, step, exit, &place);
        if failed.is_none() {
            failed = self.leads_elsewhere(name, step);
        }
        let stale = step == Step::Apply
            && self
                .state
                .units
                .get(name)
                .is_some_and(|unit| unit.diagnostics.iter().any(|said| said.error && said.summary == STALE));
        let code = match exit {
            Exit::Code(code) => Some(*code),
            Exit::Signal(_) | Exit::Unknown | Exit::NotStarted(_) => None,
        };
        if step == Step::Apply
            && let Some(unit) = self.unit(name)
            && let Err(error) = world::remember(&self.runs, &self.order, &unit)
        {
            self.note(Some(name), format!("where its state is of cannot be written down: {error}"));
        }
        if step == Step::Init && failed.is_none() && self.list_workspaces(name) {
            // Until it is known whether its own is there the step is not over.
            return;
        }
        if step == Step::Apply && !stale && failed.as_ref().is_some_and(|why| self.ask_state(name, exit, code, why)) {
            // Until it is known what it has left the step is not over.
            return;
        }
        self.tell(What::StepEnded { unit: name.to_owned(), step, code, failed: failed.clone() });
        if failed.is_none() {
            return;
        }
        match step {
            Step::Apply if stale => {
                self.tell(What::PlanStale {
                    unit: name.to_owned(),
                    why: "the state was changed since it was planned".into(),
                });
            }
            Step::Apply => self.left_by_an_apply(name, Vec::new()),
            // Nobody knows how it ended, and nothing was changed: it is done again.
            Step::Init | Step::Plan if *exit == Exit::Unknown && self.state.cancel.is_none() => {
                let why = "the supervisor was killed while it was made".to_owned();
                self.tell(What::PlanStale { unit: name.to_owned(), why });
            }
            Step::Init | Step::Plan => {
                let early =
                    self.state.units.get(name).and_then(|unit| unit.step.as_ref()).is_some_and(|step| step.early);
                let blocked = if early || self.state.cancel.is_some() { None } else { self.unapplied(name, step) };
                if let Some(by) = blocked {
                    let text = format!(
                        "it needs outputs of {by}, of which nothing was applied yet: it can be planned after that"
                    );
                    self.note(Some(name), text);
                    self.tell(What::UnitEnded { unit: name.to_owned(), end: UnitEnd::Blocked { by } });
                }
            }
            Step::Show => {}
        }
    }

    /// Why a step failed; none where it did what it should. An exit code of 0 alone is not enough: a tool that was
    /// interrupted before it began has that too.
    fn failed(&mut self, name: &str, step: Step, exit: &Exit, place: &Place) -> Option<String> {
        let unit = self.state.units.get(name);
        let waited = unit.and_then(|unit| unit.step.as_ref()).is_some_and(|state| state.early) && step == Step::Plan;
        if waited {
            // What it has said is of what it needs, or is said again when its time has come.
            let held_back = self.held_back.remove(name);
            return Some(held_back.unwrap_or_else(|| "what it needs was not done".into()));
        }
        let summary = unit.and_then(|unit| unit.step.as_ref()?.summary).is_some();
        let begun = unit.and_then(|unit| unit.step.as_ref()).is_some_and(|state| state.lines > BEFORE_WORK);
        let said = unit.and_then(|unit| unit.diagnostics.iter().find(|said| said.error).map(words::sentence));
        let plan = std::fs::metadata(folder::plan_file(&self.run, name)).is_ok_and(|file| file.len() > 0);
        let well = match (step, exit) {
            (Step::Init, exit) => *exit == Exit::Code(0),
            (Step::Plan, Exit::Code(0 | 2)) => summary && plan,
            // It was read to the end of what Terraform itself said, by whoever took the run up, or as nothing comes after it.
            (Step::Plan, Exit::Unknown) => summary && plan && said.is_none(),
            (Step::Apply, Exit::Code(0) | Exit::Unknown) => summary,
            _ => false,
        };
        let beside = || std::fs::read_to_string(folder::stderr(&self.run, name, step)).unwrap_or_default();
        // Terraform has said its counts, and what came after it is not known by an exit code: a hook may have failed.
        let hooked = well && *exit == Exit::Unknown && self.may_have_hooks(name, step);
        let hook = hooked.then(|| words::errors(&beside())).flatten();
        if well && hook.is_none() {
            return None;
        }
        if said.is_some() {
            return said;
        }
        // Where Terraform has said nothing, what stands beside it says why: Terragrunt's own errors, or a crash.
        if let Some(said) = hook.or_else(|| words::complaint(&beside())) {
            let said = self.masks.diagnostic(name, said);
            let why = words::sentence(&said);
            self.tell(What::Said { unit: name.to_owned(), step, message: Message::Diagnostic(said) });
            return Some(why);
        }
        let word = folder::word(step);
        Some(match exit {
            Exit::NotStarted(why) => why.clone(),
            Exit::Signal(signal) => format!("{word} was ended by signal {signal}"),
            Exit::Unknown if !place.began() => format!("{word} did not begin"),
            Exit::Unknown => format!("how {word} ended is not known: its supervisor was killed, and it said no end"),
            Exit::Code(code) if begun && !summary && self.state.cancel.is_none() => {
                format!(
                    "{word} ended with exit code {code}, and what it said has no end: it was cut off, or the disk was full"
                )
            }
            Exit::Code(0) => format!("{word} ended before it had begun"),
            Exit::Code(code) => format!("{word} ended with exit code {code} and said nothing"),
        })
    }

    /// Whether hooks of Terragrunt may run in a step. A plan that is begun ahead has none.
    fn may_have_hooks(&self, name: &str, step: Step) -> bool {
        let dir = self.state.units.get(name).and_then(|unit| unit.plan.as_ref()?.dir.clone());
        let through = |unit: Unit| steps::through_terragrunt(self.order.goal, &unit, step, dir.as_deref());
        let through = self.unit(name).is_some_and(through);
        through && !(step == Step::Plan && self.order.ahead.iter().any(|ahead| ahead == name))
    }

    /// Terraform makes a workspace that does not exist, empty, where a variable names it: it is asked for first, beside everything
    /// else. Whether it is asked.
    fn list_workspaces(&mut self, name: &str) -> bool {
        let Some(unit) = self.unit(name) else { return false };
        let Some(workspace) = unit.workspace.clone().filter(|workspace| workspace != DEFAULT_WORKSPACE) else {
            return false;
        };
        let mut call = steps::ask(&self.order, &self.around, &unit, None, vec!["workspace".into(), "list".into()]);
        call.variables.retain(|(name, _)| name != "TF_WORKSPACE");
        call.variables.push(("TF_WORKSPACE".into(), DEFAULT_WORKSPACE.into()));
        let (out, environment) = (self.out.clone(), self.order.environment.clone());
        let task = tokio::spawn(async move {
            let asked = show::output(&call).await;
            let missing = words::no_workspace(asked, &workspace, &environment, &unit.name);
            let _ = out.send(Told { unit: unit.name, step: Step::Init, what: News::Workspace(missing) }).await;
        });
        self.listing.insert(name.to_owned(), task);
        true
    }

    /// The workspaces of a unit that was initialised were listed.
    pub(super) fn workspaces_listed(&mut self, name: &str, missing: Option<String>) {
        if self.listing.remove(name).is_none() {
            return;
        }
        self.tell(What::StepEnded { unit: name.to_owned(), step: Step::Init, code: Some(0), failed: None });
        if let Some(why) = missing {
            self.tell(What::UnitEnded { unit: name.to_owned(), end: UnitEnd::Failed { why } });
        }
    }

    /// The end of the run.
    pub(super) fn end(&mut self) {
        if let (Some((_, end)), true) = (self.state.end, self.order.goal.applies()) {
            let failed: Vec<String> = self
                .state
                .units
                .iter()
                .filter(|(_, unit)| matches!(unit.end, Some(UnitEnd::Failed { .. })))
                .map(|(name, _)| name.clone())
                .collect();
            let reason = if failed.is_empty() { String::new() } else { format!("failed: {}", failed.join(", ")) };
            match end {
                RunEnd::Done => self.record("done", ""),
                RunEnd::Failed => self.record("failed", &reason),
                RunEnd::Cancelled => self.record("cancelled", &reason),
            }
            self.writer.flush();
        }
        self.writer.sync();
    }

    /// A line of the audit file. That it cannot be written is said once.
    pub(super) fn record(&mut self, outcome: &str, reason: &str) {
        let order = &self.order;
        let variable =
            |name: &str| self.around.get(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
        let units: Vec<_> = self
            .state
            .units
            .iter()
            .map(|(name, unit)| {
                let plan = unit.plan.as_ref();
                json!({
                    "unit": name,
                    "plan": plan.map(|plan| plan.sha256.clone()),
                    "add": plan.map(|plan| plan.summary.add),
                    "change": plan.map(|plan| plan.summary.change),
                    "remove": plan.map(|plan| plan.summary.remove),
                    "approved_by": unit.approved.as_ref().map(|(_, by)| format!("{}@{}", by.user, by.host)),
                    "end": unit.end.as_ref(),
                })
            })
            .collect();
        let record = Record {
            operation: folder::name(&self.run),
            environment: order.environment.clone(),
            account: order.account.clone().unwrap_or_default(),
            region: variable("AWS_REGION"),
            endpoint: order.world.endpoints().key(),
            command: order.command.clone(),
            after: json!({ "units": units }),
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
            time: Timestamp::UNIX_EPOCH,
            ..Record::default()
        };
        if let Err(error) = (self.audit)(record)
            && !std::mem::replace(&mut self.unaudited, true)
        {
            self.note(None, format!("the audit file does not have it: {error}"));
        }
    }
}
