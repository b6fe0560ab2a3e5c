//! The report of an operation, for scripts and for people: its plan, its outcome, and the version that runs afterwards.

use super::emit::Printable;
use super::table::{Table, left_aligned, prose};
use crate::app::operation::Operation;
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Line, Weight};
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::model::deploy::{Change, Check, Level};
use crate::model::{Endpoints, FailureKind, Identity};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Schema of the commands that change something.
pub const SCHEMA: &str = "cockpit.operation/1";
/// The outcome of a command's operations.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OperationReport {
    /// `cockpit.operation/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The account of the credentials; `null` if it could not be read.
    pub account: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// The endpoint that receives the changes if it is not AWS: a URL, or one for each service.
    pub endpoint: Option<String>,
    /// Whether this was a dry run, which changes nothing.
    pub dry_run: bool,
    /// In the order in which they ran; an operation that was skipped because an earlier one failed is left out.
    pub operations: Vec<OperationDto>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OperationDto {
    /// The title: `deploy web`.
    pub title: String,
    /// The service's full name, if the operation changes one.
    pub service: Option<String>,
    /// `done`, `rolled_back`, `failed`, `unknown`, `refused`, `impossible`, `cancelled`; `null` for a dry run.
    pub verdict: Option<String>,
    /// The outcome in a sentence.
    pub summary: Option<String>,
    /// The causes of the outcome, the nearest first.
    pub causes: Vec<String>,
    /// A hint on what to do, if there is one.
    pub hint: Option<String>,
    /// The deployment's id: `ecs-svc/…`.
    pub deployment: Option<String>,
    /// The task definition that is deployed.
    pub revision: Option<String>,
    /// The task definition that ran before.
    pub previous: Option<String>,
    /// The image that is deployed.
    pub image: Option<String>,
    /// The digest of the image: `sha256:…`.
    pub digest: Option<String>,
    /// The version that runs now, in words.
    pub runs: Option<String>,
    /// When the change was made; `null` if none was made.
    pub began_at: Option<String>,
    /// When the operation ended.
    pub ended_at: Option<String>,
    /// The duration in milliseconds.
    pub duration_ms: Option<u64>,
    /// The checks before the change.
    pub checks: Vec<CheckDto>,
    /// The values before and after the change.
    pub changes: Vec<ChangeDto>,
    /// The AWS API calls with their parameters.
    pub calls: Vec<CallDto>,
    /// Programs that the operation runs.
    pub programs: Vec<String>,
    /// AWS's request ids of the changes.
    pub request_ids: Vec<String>,
    /// Its id in the audit file.
    pub operation: String,
    /// Why its end is missing from the audit file; `null` if it was written, or nothing had to be written.
    pub audit_error: Option<String>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckDto {
    /// `fine`, `note`, `warn` or `stop`.
    pub level: String,
    /// The finding in a sentence.
    pub text: String,
    /// A hint on what to do, if there is one.
    pub hint: Option<String>,
}

/// A value before and after the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangeDto {
    /// The name of the changing value.
    pub what: String,
    /// The value before.
    pub now: String,
    /// The value after.
    pub next: String,
}

/// A call of an AWS API.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CallDto {
    /// The action as IAM names it: `ecs:UpdateService`.
    pub action: String,
    /// The parameters of the call.
    pub parameters: Value,
}

/// Returns the word for a check's level.
pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Fine => "fine",
        Level::Note => "note",
        Level::Warn => "warn",
        Level::Stop => "stop",
    }
}

fn check(check: &Check) -> CheckDto {
    CheckDto { level: level_word(check.level).to_owned(), text: check.text.clone(), hint: check.hint.clone() }
}

fn change(change: &Change) -> ChangeDto {
    ChangeDto { what: change.what.clone(), now: change.now.clone(), next: change.next.clone() }
}

/// Converts an operation in its current state.
pub fn of(operation: &Operation) -> OperationDto {
    let outcome = operation.outcome.as_ref();
    let details = operation.machine().details();
    let plan = operation.plan.as_ref();
    OperationDto {
        title: operation.title.clone(),
        service: operation.service(),
        verdict: outcome.map(|outcome| outcome.verdict.name().to_owned()),
        summary: outcome.map(|outcome| outcome.summary.clone()),
        causes: outcome.map(|outcome| outcome.causes.clone()).unwrap_or_default(),
        hint: outcome.and_then(|outcome| outcome.hint.clone()),
        deployment: details.deployment,
        revision: details.revision,
        previous: details.previous,
        image: details.image,
        digest: details.digest,
        runs: details.running_version,
        began_at: operation.began_at().map(|at| at.to_string()),
        ended_at: operation.ended_at().map(|at| at.to_string()),
        duration_ms: operation.duration().map(|took| took.as_millis().max(0) as u64),
        checks: plan.iter().flat_map(|plan| &plan.checks).map(check).collect(),
        changes: plan.iter().flat_map(|plan| &plan.changes).map(change).collect(),
        calls: operation
            .calls()
            .map(|write| CallDto { action: write.action().to_owned(), parameters: write.parameters() })
            .collect(),
        programs: plan.map(|plan| plan.programs.clone()).unwrap_or_default(),
        request_ids: operation.request_ids.clone(),
        operation: operation.mark.clone(),
        audit_error: operation.audit_failure.clone(),
    }
}

/// Builds the report of a command.
pub fn report(operations: &[&Operation], dry_run: bool) -> OperationReport {
    let first = operations.first();
    OperationReport {
        schema: SCHEMA.to_owned(),
        environment: first.map(|operation| operation.environment.name.clone()).unwrap_or_default(),
        account: first.and_then(|operation| operation.identity.as_ref()).map(|who| who.account.clone()),
        region: first.and_then(|operation| operation.region().map(str::to_owned)),
        endpoint: first.map(|operation| operation.endpoints().key()).filter(|key| !key.is_empty()),
        dry_run,
        operations: operations.iter().map(|operation| of(operation)).collect(),
    }
}

impl Printable for OperationReport {
    fn tables(&self) -> Vec<Table> {
        if self.dry_run {
            let mut table = Table::new(
                &[left_aligned("OPERATION"), left_aligned("CALL"), prose("PARAMETERS")],
                "nothing would be changed",
            );
            for operation in &self.operations {
                for call in &operation.calls {
                    table.row([
                        Some(operation.title.clone()),
                        Some(call.action.clone()),
                        Some(call.parameters.to_string()),
                    ]);
                }
                for program in &operation.programs {
                    table.row([Some(operation.title.clone()), Some("run".to_owned()), Some(program.clone())]);
                }
            }
            return vec![table];
        }
        let columns = [
            left_aligned("OPERATION"),
            left_aligned("VERDICT"),
            prose("WHAT"),
            left_aligned("REVISION"),
            left_aligned("DIGEST"),
        ];
        let mut table = Table::new(&columns, "nothing was done");
        for operation in &self.operations {
            table.row([
                Some(operation.title.clone()),
                operation.verdict.clone(),
                operation.summary.clone(),
                operation.revision.clone(),
                operation.digest.as_deref().map(|digest| digest.get(..19).unwrap_or(digest).to_owned()),
            ]);
        }
        vec![table]
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for operation in &self.operations {
            notes.extend(operation.causes.iter().map(|cause| format!("cause: {cause}")));
            notes.extend(operation.hint.iter().map(|hint| format!("hint: {hint}")));
            let unaudited = operation.audit_error.iter();
            notes.extend(unaudited.map(|why| format!("the audit file does not have its end: {why}")));
        }
        notes
    }
}

/// Returns the exit code of a command whose operation ended like this.
pub fn exit_code(operation: &Operation) -> ExitCode {
    let Some(outcome) = &operation.outcome else { return ExitCode::Done };
    let deploys = operation.machine().is_deployment();
    match (outcome.verdict, outcome.failure) {
        (Verdict::Done, _) => ExitCode::Done,
        (Verdict::RolledBack, _) => ExitCode::RolledBack,
        (Verdict::Failed, _) if deploys => ExitCode::DeployFailed,
        // This also covers a deployment that cannot be watched any more for lack of credentials; its hint names the
        // command to resume watching.
        (_, Some(FailureKind::Credentials)) => ExitCode::Credentials,
        (Verdict::Unknown, _) => ExitCode::TimedOut,
        (Verdict::Failed, _) if operation.deadline_passed => ExitCode::TimedOut,
        (Verdict::Refused, Some(FailureKind::WrongAccount) | None) | (Verdict::Cancelled, _) => ExitCode::Refused,
        (Verdict::Impossible, _) if outcome.usage => ExitCode::Usage,
        (Verdict::Failed | Verdict::Refused | Verdict::Impossible, _) => ExitCode::Failed,
    }
}

/// Returns the error on stderr for an operation that never began.
pub fn not_begun(operation: &Operation, outcome: &Outcome) -> Report {
    let kind = outcome.failure.map_or(outcome.verdict.name(), FailureKind::name);
    let mut report = Report::new(kind, outcome.summary.clone(), exit_code(operation));
    report.causes.clone_from(&outcome.causes);
    report.hint.clone_from(&outcome.hint);
    report
}

/// Returns the heading of a confirmation prompt: environment, account, region, identity, and any endpoint that is not
/// AWS's.
pub fn heading(
    title: &str,
    environment: &EnvironmentConfig,
    who: Option<&Identity>,
    endpoints: &Endpoints,
) -> Vec<String> {
    let region = environment.region.as_deref().or_else(|| who?.region.as_deref());
    let mut lines = vec![format!(
        "{title} in {}{} ({}, {}, as {})",
        environment.name,
        if environment.guarded { " GUARDED" } else { "" },
        who.map_or("?", |who| who.account.as_str()),
        region.unwrap_or("?"),
        who.map_or("?", |who| who.arn.rsplit('/').next().unwrap_or(&who.arn)),
    )];
    if let Some(there) = endpoints.label() {
        // Several endpoints are listed with their services.
        let at = if there.contains(" at ") { "" } else { "at " };
        let what = if endpoints.is_partly_aws() { ": a part of this changes AWS itself" } else { ", which is not AWS" };
        lines.push(format!("  {at}{there}{what}"));
    }
    lines
}

/// Returns the plan as lines for a person, printed before the confirmation.
pub fn plan(operation: &Operation) -> Vec<String> {
    let Some(plan) = &operation.plan else { return Vec::new() };
    let mut lines = heading(&plan.title, &operation.environment, operation.identity.as_ref(), &operation.endpoints());
    lines.extend(plan.steps.iter().map(|step| format!("  → {step}")));
    lines.extend(plan.programs.iter().map(|program| format!("  run {program}")));
    for change in &plan.changes {
        let or_none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
        lines.push(format!("  {}: {} → {}", change.what, or_none(&change.now), or_none(&change.next)));
    }
    for check in &plan.checks {
        lines.push(format!("  [{}] {}", level_word(check.level), check.text));
        lines.extend(check.hint.iter().filter(|_| check.level >= Level::Warn).map(|hint| format!("         {hint}")));
    }
    if plan.possible() && !plan.undo.is_empty() {
        lines.push(format!("  undo: {}", plan.undo));
    }
    lines
}

/// Formats a line of an operation's log for stderr.
pub fn line(line: &Line, zone: &TimeZone) -> String {
    let sign = match line.weight {
        Weight::Step => "→",
        Weight::Detail => " ",
        Weight::Warn => "▲",
        Weight::Bad => "✖",
        Weight::Good => "●",
    };
    format!("{} {sign} {}", crate::model::time::clock(line.at, zone), line.text)
}
