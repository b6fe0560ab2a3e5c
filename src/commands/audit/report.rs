//! The report of `cockpit audit`: changes recorded in the audit file.

use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, prose};
use crate::headless::times::TimeDisplay;
use crate::model::audit::Record;
use crate::model::endpoints::is_simulated;
use crate::model::text::pluralize;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Schema of `cockpit audit`.
pub const SCHEMA: &str = "cockpit.audit/1";

/// Changes, from the audit file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AuditList {
    /// `cockpit.audit/1`.
    pub schema: String,
    /// The path of the audit file.
    pub file: String,
    /// Number of its lines that could not be parsed.
    pub unreadable: usize,
    /// Operations, the newest last.
    pub operations: Vec<AuditDto>,
    #[serde(skip)]
    shown: TimeDisplay,
}

/// An operation of the audit file, with its start and end records merged.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AuditDto {
    /// The id of the operation.
    pub operation: String,
    /// The time at which it began.
    pub began_at: String,
    /// When it ended; `null` if no end was recorded: it was killed, or is still running.
    pub ended_at: Option<String>,
    /// The ARN of the identity that made the change.
    pub who: String,
    /// The user on the local machine.
    pub user: String,
    /// The environment.
    pub environment: String,
    /// The account.
    pub account: String,
    /// The AWS region.
    pub region: String,
    /// The endpoint if it was not AWS's own; `null` for AWS.
    pub endpoint: Option<String>,
    /// The equivalent command line.
    pub command: String,
    /// The value before.
    pub before: Value,
    /// The value after.
    pub after: Value,
    /// `started`, `done`, `rolled_back`, `failed`, `unknown`.
    pub outcome: String,
    /// The reason of the failure.
    pub reason: String,
    /// AWS's request ids.
    pub request_ids: Vec<String>,
}

/// Builds the list of the newest operations of an environment, or of all environments.
pub fn audit(
    records: Vec<Record>,
    unreadable: usize,
    file: String,
    environment: Option<&str>,
    last: usize,
    shown: TimeDisplay,
) -> AuditList {
    let mut operations: Vec<AuditDto> = Vec::new();
    for record in records {
        if environment.is_some_and(|name| name != record.environment) {
            continue;
        }
        let at = record.time.to_string();
        // The end record is merged into the operation's start record.
        if record.outcome != "started"
            && let Some(known) = operations.iter_mut().rev().find(|known| known.operation == record.operation)
        {
            known.ended_at = Some(at);
            known.after = record.after;
            known.outcome = record.outcome;
            known.reason = record.reason;
            known.request_ids = record.request_ids;
            continue;
        }
        operations.push(AuditDto {
            operation: record.operation,
            began_at: at,
            ended_at: None,
            who: record.who,
            user: record.user,
            environment: record.environment,
            account: record.account,
            region: record.region,
            endpoint: Some(record.endpoint).filter(|endpoint| !endpoint.is_empty()),
            command: record.command,
            before: record.before,
            after: record.after,
            outcome: record.outcome,
            reason: record.reason,
            request_ids: record.request_ids,
        });
    }
    let skipped = operations.len().saturating_sub(last);
    operations.drain(..skipped);
    AuditList { schema: SCHEMA.to_owned(), file, unreadable, operations, shown }
}

impl Printable for AuditList {
    fn tables(&self) -> Vec<Table> {
        let columns = [
            left_aligned("TIME"),
            left_aligned("WHO").rank(2),
            left_aligned("ENVIRONMENT").rank(1),
            prose("COMMAND"),
            left_aligned("OUTCOME"),
            prose("REASON").rank(3),
        ];
        let mut table = Table::new(&columns, "nothing was changed yet");
        for operation in &self.operations {
            let who = operation.who.rsplit('/').next().unwrap_or(&operation.who);
            table.row([
                Some(self.shown.time(&operation.began_at)),
                Some(if operation.user.is_empty() { who.to_owned() } else { format!("{who} ({})", operation.user) }),
                Some(match &operation.endpoint {
                    Some(endpoint) if is_simulated(endpoint) => format!("{} (simulated)", operation.environment),
                    Some(endpoint) => format!("{} (at {endpoint})", operation.environment),
                    None => operation.environment.clone(),
                }),
                Some(operation.command.clone()),
                Some(operation.outcome.clone()),
                Some(operation.reason.clone()).filter(|reason| !reason.is_empty()),
            ]);
        }
        vec![table]
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.unreadable > 0 {
            let lines = pluralize(self.unreadable, "line");
            notes.push(format!("{lines} of {} could not be understood", self.file));
        }
        notes
    }
}
