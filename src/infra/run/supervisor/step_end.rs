//! The end of a step: its verdict, the events that follow, and the audit record.

use super::super::folder;
use super::super::show;
use super::super::state_endpoints;
use super::super::step_process::{Exit, Progress, Report, StepPlace};
use super::super::steps;
use super::super::tool_messages;
use super::Supervisor;
use crate::infra::environment::DEFAULT_WORKSPACE;
use crate::model::audit::Record;
use crate::model::infra::Unit;
use crate::model::infra::message::Message;
use crate::model::infra::run_event::{RunEnd, RunEventKind, Step, UnitEnd};
use jiff::Timestamp;
use serde_json::json;

/// The number of lines that Terraform prints before it starts to work: its version.
const BEFORE_WORK: u64 = 1;

/// Terraform's message for a plan whose state has changed since. It has no exit code of its own.
const STALE: &str = "Saved plan is stale";

impl Supervisor<'_> {
    /// Handles the end of the process of a step.
    pub(super) fn step_ended(&mut self, name: &str, step: Step, exit: &Exit) {
        let place = self.place(name, step);
        if step == Step::Plan {
            self.remove_override(name);
        }
        self.terminated_at.remove(name);
        let mut failed = self.failed(name, step, exit, &place);
        if failed.is_none() {
            failed = self.belongs_elsewhere(name, step);
        }
        let stale = step == Step::Apply
            && self
                .state
                .units
                .get(name)
                .is_some_and(|unit| unit.diagnostics.iter().any(|one| one.error && one.summary == STALE));
        let code = match exit {
            Exit::Code(code) => Some(*code),
            Exit::Signal(_) | Exit::Unknown | Exit::NotStarted(_) => None,
        };
        if step == Step::Apply
            && let Some(unit) = self.unit(name)
            && let Err(error) = state_endpoints::record_world(&self.runs, &self.order, &unit)
        {
            self.note(Some(name), format!("the AWS of its state cannot be recorded: {error}"));
        }
        if step == Step::Init && failed.is_none() && self.list_workspaces(name) {
            // The step is not over until it is known whether its workspace exists.
            return;
        }
        if step == Step::Apply && !stale && failed.as_ref().is_some_and(|why| self.read_state(name, exit, code, why)) {
            // The step is not over until it is known what it has left behind.
            return;
        }
        self.emit(RunEventKind::StepEnded { unit: name.to_owned(), step, code, failed: failed.clone() });
        if failed.is_none() {
            return;
        }
        match step {
            Step::Apply if stale => {
                self.emit(RunEventKind::PlanStale {
                    unit: name.to_owned(),
                    why: "the state was changed since it was planned".into(),
                });
            }
            Step::Apply => self.report_leftovers(name, Vec::new()),
            // It is unknown how it ended, and nothing was changed, so it is repeated.
            Step::Init | Step::Plan if *exit == Exit::Unknown && self.state.cancel.is_none() => {
                let why = "the supervisor was killed while it was made".to_owned();
                self.emit(RunEventKind::PlanStale { unit: name.to_owned(), why });
            }
            Step::Init | Step::Plan => {
                let early =
                    self.state.units.get(name).and_then(|unit| unit.step.as_ref()).is_some_and(|step| step.early);
                let blocked =
                    if early || self.state.cancel.is_some() { None } else { self.unapplied_dependency(name, step) };
                if let Some(by) = blocked {
                    let text = format!(
                        "it needs outputs of {by}, of which nothing was applied yet: it can be planned after that"
                    );
                    self.note(Some(name), text);
                    self.emit(RunEventKind::UnitEnded { unit: name.to_owned(), end: UnitEnd::Blocked { by } });
                }
            }
            Step::Show => {}
        }
    }

    /// Returns why a step failed; `None` if it succeeded. An exit code of 0 alone is not enough: a tool that was interrupted
    /// before it started has that too.
    fn failed(&mut self, name: &str, step: Step, exit: &Exit, place: &StepPlace) -> Option<String> {
        let unit = self.state.units.get(name);
        let started_early =
            unit.and_then(|unit| unit.step.as_ref()).is_some_and(|state| state.early) && step == Step::Plan;
        if started_early {
            // Its output is about its dependencies, or will be repeated by the plan that replaces it.
            let held_back = self.held_back.remove(name);
            return Some(held_back.unwrap_or_else(|| "what it needs was not done".into()));
        }
        let summary = unit.and_then(|unit| unit.step.as_ref()?.summary).is_some();
        let has_worked = unit.and_then(|unit| unit.step.as_ref()).is_some_and(|state| state.lines > BEFORE_WORK);
        let error = unit.and_then(|unit| unit.diagnostics.iter().find(|one| one.error).map(tool_messages::sentence));
        let plan = std::fs::metadata(folder::plan_file(&self.run, name)).is_ok_and(|file| file.len() > 0);
        let succeeded = match (step, exit) {
            (Step::Init, exit) => *exit == Exit::Code(0),
            (Step::Plan, Exit::Code(0 | 2)) => summary && plan,
            // The run was resumed, or nothing follows Terraform's output: the plan counts if that output is complete.
            (Step::Plan, Exit::Unknown) => summary && plan && error.is_none(),
            (Step::Apply, Exit::Code(0) | Exit::Unknown) => summary,
            _ => false,
        };
        let log = || std::fs::read_to_string(folder::stderr(&self.run, name, step)).unwrap_or_default();
        // Terraform has printed its counts, but without an exit code a failed hook would go unnoticed.
        let hooked = succeeded && *exit == Exit::Unknown && self.may_have_hooks(name, step);
        let hook = hooked.then(|| tool_messages::terragrunt_errors(&log())).flatten();
        if succeeded && hook.is_none() {
            return None;
        }
        if error.is_some() {
            return error;
        }
        // If Terraform printed no error, the other output has the reason: Terragrunt's own errors, or a crash.
        if let Some(error) = hook.or_else(|| tool_messages::log_error(&log())) {
            let error = self.masks.mask_diagnostic(name, error);
            let why = tool_messages::sentence(&error);
            self.emit(RunEventKind::Said { unit: name.to_owned(), step, message: Message::Diagnostic(error) });
            return Some(why);
        }
        let word = folder::step_name(step);
        Some(match exit {
            Exit::NotStarted(why) => why.clone(),
            Exit::Signal(signal) => format!("{word} was ended by signal {signal}"),
            Exit::Unknown if !place.has_started() => format!("{word} did not begin"),
            Exit::Unknown => {
                format!("how {word} ended is not known: its supervisor was killed, and its output is incomplete")
            }
            Exit::Code(code) if has_worked && !summary && self.state.cancel.is_none() => {
                format!(
                    "{word} ended with exit code {code}, and its output is incomplete: it was cut off, or the disk was full"
                )
            }
            Exit::Code(0) => format!("{word} ended before it had begun"),
            Exit::Code(code) => format!("{word} ended with exit code {code} and printed nothing"),
        })
    }

    /// Whether Terragrunt may run hooks in a step. A plan that is started ahead has none.
    fn may_have_hooks(&self, name: &str, step: Step) -> bool {
        let dir = self.state.units.get(name).and_then(|unit| unit.plan.as_ref()?.dir.clone());
        let through = |unit: Unit| steps::uses_terragrunt(self.order.goal, &unit, step, dir.as_deref());
        let through = self.unit(name).is_some_and(through);
        through && !(step == Step::Plan && self.order.ahead.iter().any(|ahead| ahead == name))
    }

    /// Starts to list the workspaces if the unit uses a named one, because Terraform would silently create a missing
    /// workspace, empty. Returns whether the list was requested.
    fn list_workspaces(&mut self, name: &str) -> bool {
        let Some(unit) = self.unit(name) else { return false };
        let Some(workspace) = unit.workspace.clone().filter(|workspace| workspace != DEFAULT_WORKSPACE) else {
            return false;
        };
        let mut call =
            steps::query_call(&self.order, &self.around, &unit, None, vec!["workspace".into(), "list".into()]);
        call.variables.retain(|(name, _)| name != "TF_WORKSPACE");
        call.variables.push(("TF_WORKSPACE".into(), DEFAULT_WORKSPACE.into()));
        let (out, environment) = (self.out.clone(), self.order.environment.clone());
        let task = tokio::spawn(async move {
            let listed = show::program_output(&call).await;
            let missing = tool_messages::unusable_workspace(listed, &workspace, &environment, &unit.name);
            let _ =
                out.send(Report { unit: unit.name, step: Step::Init, progress: Progress::Workspace(missing) }).await;
        });
        self.listing.insert(name.to_owned(), task);
        true
    }

    /// Handles the list of workspaces of a unit that was initialised.
    pub(super) fn workspaces_listed(&mut self, name: &str, missing: Option<String>) {
        if self.listing.remove(name).is_none() {
            return;
        }
        self.emit(RunEventKind::StepEnded { unit: name.to_owned(), step: Step::Init, code: Some(0), failed: None });
        if let Some(why) = missing {
            self.emit(RunEventKind::UnitEnded { unit: name.to_owned(), end: UnitEnd::Failed { why } });
        }
    }

    /// Ends the run.
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

    /// Appends a record to the audit file. A failure is reported once.
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
            && !std::mem::replace(&mut self.audit_failed, true)
        {
            self.note(None, format!("the audit file does not have it: {error}"));
        }
    }
}
