//! Changes of a state without a run: only with credentials of the environment's account, and recorded in the audit
//! file, as runs are.

use super::account::account;
use super::environment_units::{Opened, report};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::commands::waiting::wait_for_deadline;
use crate::infra::run::state_endpoints as states;
use crate::model::audit::Record;
use crate::model::infra::{InfraError, question};
use crate::runtime::audit;
use crate::runtime::stop::next_stop_signal;
use jiff::Timestamp;
use serde_json::Value;

/// Records changes in the audit file with the account that made them.
pub(super) struct AuditedWriter {
    account: Option<String>,
}

impl AuditedWriter {
    /// Checks that the credentials belong to the account that the environment names.
    pub(super) async fn of(context: &Context, opened: &Opened) -> Result<Self, Report> {
        // The change happens at once: no plan exists that could bind it to the account of an environment that names
        // none.
        Ok(Self { account: account(context, opened.config.clone(), &opened.environment, &[], true).await? })
    }

    /// Prints where the change is about to be made, before the prompt.
    pub(super) fn print_place(&self, opened: &Opened) {
        let world = states::from_environment(&opened.found.child_environment);
        print_note(&question::environment(&opened.environment.name, self.account.as_deref(), &world));
    }

    /// Makes a change and records the outcome, including when a signal or `--timeout` ends it and the outcome is
    /// unknown.
    ///
    /// # Errors
    /// Fails with the error of the change; with exit code 130, 1 or 7 if it was ended.
    pub(super) async fn run<T>(
        &self,
        context: &Context,
        opened: &Opened,
        (command, after): (&str, Value),
        work: impl Future<Output = Result<T, InfraError>>,
    ) -> Result<T, Report> {
        let half_way = |why: &str, code| {
            Report::new("interrupted", format!("{why}: it may have been done"), code)
                .hint("`cockpit infra unlock` shows a lock that was left, `cockpit infra plan` what there is now")
        };
        let ended = tokio::select! {
            biased;
            done = work => done.map_err(report),
            stop = next_stop_signal() => Err(half_way(&format!("it was ended from outside, by {}", stop.name()), stop.code())),
            () = wait_for_deadline(context) => Err(half_way("the time is up", ExitCode::TimedOut)),
        };
        self.record(opened, command, after, ended.as_ref().err().map(|report| report.message.as_str()));
        ended
    }

    /// Writes the audit record: the command, its parameters, and the reason if it failed.
    pub(super) fn record(&self, opened: &Opened, command: &str, after: Value, why: Option<&str>) {
        let environment = &opened.environment;
        let entry = Record {
            environment: environment.name.clone(),
            account: self.account.clone().unwrap_or_default(),
            region: environment.region.clone().unwrap_or_default(),
            endpoint: states::from_environment(&opened.found.child_environment).endpoints().key(),
            command: environment.command_scope().command(command),
            after,
            outcome: if why.is_none() { "done" } else { "failed" }.into(),
            reason: why.unwrap_or_default().to_owned(),
            ..Record::default()
        };
        let path = audit::path(opened.config.audit_file.as_deref());
        if let Err(error) = audit::append(path.as_deref(), entry, Timestamp::now()) {
            print_note(&format!("warning: the audit file does not have it: {error}"));
        }
    }
}
