//! Suspends the screen while a shell in a container has the terminal, and restores it afterwards. Meanwhile answers are still
//! processed and time advances; only drawing stops.

use super::shell::{JoinedShell, Turn, wait_until_open, was_not_started};
use super::tunnels::{to_model_status, write_audit_record};
use crate::app::operation::call::Read;
use crate::app::tunnels::state::ShellPlan;
use crate::aws::Session;
use crate::aws::ssm::{Gateway, Purpose};
use crate::model::Failure;
use crate::model::audit::Record;
use crate::model::text::sanitize;
use crate::model::tunnel::status::TunnelStatus;
use ssm_tunnel::driver::Status;
use ssm_tunnel::supervisor::Closed;
use ssm_tunnel::{Shell, State};
use std::io::{self, Write as _};

/// A shell that is being opened, or open.
pub(super) struct OpenShell {
    shell: Shell,
    joined: Option<JoinedShell>,
    code: Option<i32>,
    plan: ShellPlan,
}

/// How the program that had the terminal ended, for the activity list.
pub(super) struct ShellEnd {
    /// Whether it did not exit by itself with code 0.
    pub(super) failed: bool,
    /// The message, a full sentence.
    pub(super) text: String,
}

impl OpenShell {
    /// Writes the audit record and starts to open the shell. Nobody owns the terminal during this call.
    pub(super) async fn open(session: Session, plan: ShellPlan) -> Result<Self, Failure> {
        let options = session.websocket().await?;
        let account = plan.record.account.clone();
        // The credentials may have changed since the account was last checked.
        session.read(Read::Identity, Some(&account)).await.outcome?;
        let service = plan.wanted.service.clone();
        let after = TunnelStatus::default().audit_fields(&service, None);
        write_audit_record(&plan.audit, Record { after, ..plan.record.clone() }).await?;
        let purpose = Purpose::Shell { command: plan.command.clone() };
        let gateway = Gateway::new(session, Some(account), plan.wanted.clone(), purpose);
        let what = if plan.command.is_empty() { "a shell" } else { plan.command.as_str() };
        let notice = format!("{what} in {service}: opening, Ctrl-C leaves it");
        let mut out = io::stdout();
        // A terminal that rejects this line cannot run a shell either; opening it will report that.
        let _ = writeln!(out, "{}", sanitize(&notice)).and_then(|()| out.flush());
        Ok(Self { shell: Shell::open(gateway, options), joined: None, code: None, plan })
    }

    /// Performs one step; true if the shell is over. Cancel-safe: dropping the future loses no data.
    pub(super) async fn turn(&mut self) -> io::Result<bool> {
        let Some(joined) = &mut self.joined else {
            wait_until_open(&self.shell).await;
            if matches!(self.shell.status().borrow().state, State::Closed(_)) {
                return Ok(true);
            }
            self.joined = Some(JoinedShell::take(&mut self.shell)?);
            return Ok(false);
        };
        match joined.turn(&mut self.shell).await? {
            Turn::More => Ok(false),
            Turn::Code(code) => {
                self.code = Some(code);
                Ok(false)
            }
            Turn::Over | Turn::Left => Ok(true),
        }
    }

    /// Closes the shell, at AWS too, and writes the audit record.
    pub(super) async fn close(self) -> ShellEnd {
        let Self { shell, joined, code, plan } = self;
        let begun = joined.is_some();
        drop(joined);
        let status = shell.close().await;
        let (outcome, mut left) = describe_end(&plan, code, begun, &status);
        let record = Record {
            after: to_model_status(&status).audit_fields(&plan.wanted.service, None),
            outcome: outcome.to_owned(),
            reason: left.text.clone(),
            ..plan.record
        };
        if let Err(failure) = write_audit_record(&plan.audit, record).await {
            left = ShellEnd { failed: true, text: failure.message };
        }
        left
    }
}

/// Returns the outcome for the audit file, and the message. A program that was left while it ran may continue there.
fn describe_end(plan: &ShellPlan, code: Option<i32>, begun: bool, status: &Status) -> (&'static str, ShellEnd) {
    let what = if plan.command.is_empty() { "a shell" } else { plan.command.as_str() };
    let named = format!("{what} in {}", plan.wanted.service);
    let (outcome, failed, text) = match (code, &status.state) {
        (Some(code), _) => ("done", code != 0, format!("{named} ended with exit code {code}")),
        (None, State::Closed(Closed::Failed(failure))) if begun => {
            ("unknown", true, format!("{named} was lost, and what was begun there may go on: {}", failure.message))
        }
        (None, State::Closed(Closed::Failed(failure))) => {
            let hint = failure.hint.as_ref().map(|hint| format!(" → {hint}")).unwrap_or_default();
            ("failed", true, format!("{named} cannot be opened: {}{hint}", failure.message))
        }
        (None, State::Closed(Closed::Stopped)) if begun => {
            ("unknown", true, format!("{named} was left: what was begun there may go on"))
        }
        (None, State::Closed(Closed::Stopped)) => ("failed", false, format!("{named} was left before it was open")),
        // The service or the agent gave a reason, so the program did not end normally.
        (None, State::Closed(Closed::Ended(reason))) if !reason.is_empty() => {
            let outcome = if was_not_started(reason) { "failed" } else { "unknown" };
            (outcome, true, format!("{named} was ended: {reason}"))
        }
        (None, _) => ("done", false, format!("{named} has ended; the agent did not report its exit code")),
    };
    match to_model_status(status).left_session_note() {
        Some(behind) => (outcome, ShellEnd { failed: true, text: format!("{text}; {behind}") }),
        None => (outcome, ShellEnd { failed, text }),
    }
}
