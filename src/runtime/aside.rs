//! The screen steps aside for a shell in a container, and comes back as it was. What goes on meanwhile goes on: answers are
//! taken in and time passes, only nothing is drawn.

use super::shell::{Joined, Turn, opened, was_not_started};
use super::tunnels::{standing, write_down};
use crate::app::operation::call::Read;
use crate::app::tunnels::state::ShellPlan;
use crate::aws::Session;
use crate::aws::ssm::{Gateway, Purpose};
use crate::model::Failure;
use crate::model::audit::Record;
use crate::model::text::harmless;
use crate::model::tunnel::standing::TunnelStatus;
use ssm_tunnel::driver::Status;
use ssm_tunnel::supervisor::Closed;
use ssm_tunnel::{Shell, State};
use std::io::{self, Write as _};

/// A shell that is being opened, or open.
pub(super) struct Aside {
    shell: Shell,
    joined: Option<Joined>,
    code: Option<i32>,
    plan: ShellPlan,
}

/// The end of the program that had the terminal, for the activity.
pub(super) struct Left {
    /// Whether it ended otherwise than by itself with 0.
    pub(super) bad: bool,
    /// The message, a sentence.
    pub(super) text: String,
}

impl Aside {
    /// Writes it down, and begins to open it. The terminal is nobody's while this is called.
    pub(super) async fn open(session: Session, plan: ShellPlan) -> Result<Self, Failure> {
        let options = session.websocket().await?;
        let account = plan.record.account.clone();
        // Whose credentials these are was known when somebody looked; they may be others by now.
        session.read(Read::Identity, Some(&account)).await.outcome?;
        let service = plan.wanted.service.clone();
        let after = TunnelStatus::default().facts(&service, None);
        write_down(&plan.audit, Record { after, ..plan.record.clone() }).await?;
        let purpose = Purpose::Shell { command: plan.command.clone() };
        let gateway = Gateway::new(session, Some(account), plan.wanted.clone(), purpose);
        let what = if plan.command.is_empty() { "a shell" } else { plan.command.as_str() };
        let told = format!("{what} in {service}: opening, Ctrl-C leaves it");
        let mut out = io::stdout();
        // A terminal that takes no text takes no shell either.
        let _ = writeln!(out, "{}", harmless(&told)).and_then(|()| out.flush());
        Ok(Self { shell: Shell::open(gateway, options), joined: None, code: None, plan })
    }

    /// Does one thing; whether it is over. Nothing is lost where it is waited for no longer.
    pub(super) async fn turn(&mut self) -> io::Result<bool> {
        let Some(joined) = &mut self.joined else {
            opened(&self.shell).await;
            if matches!(self.shell.status().borrow().state, State::Closed(_)) {
                return Ok(true);
            }
            self.joined = Some(Joined::take(&mut self.shell)?);
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

    /// Ends it, at AWS too, and writes that down.
    pub(super) async fn close(self) -> Left {
        let Self { shell, joined, code, plan } = self;
        let begun = joined.is_some();
        drop(joined);
        let status = shell.close().await;
        let (outcome, mut left) = ended(&plan, code, begun, &status);
        let record = Record {
            after: standing(&status).facts(&plan.wanted.service, None),
            outcome: outcome.to_owned(),
            reason: left.text.clone(),
            ..plan.record
        };
        if let Err(failure) = write_down(&plan.audit, record).await {
            left = Left { bad: true, text: failure.message };
        }
        left
    }
}

/// The outcome for the audit file, and what is told. What is left while it runs may go on there.
fn ended(plan: &ShellPlan, code: Option<i32>, begun: bool, status: &Status) -> (&'static str, Left) {
    let what = if plan.command.is_empty() { "a shell" } else { plan.command.as_str() };
    let named = format!("{what} in {}", plan.wanted.service);
    let (outcome, bad, text) = match (code, &status.state) {
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
        // The service or the agent says why: that is no end of its own.
        (None, State::Closed(Closed::Ended(said))) if !said.is_empty() => {
            let outcome = if was_not_started(said) { "failed" } else { "unknown" };
            (outcome, true, format!("{named} was ended: {said}"))
        }
        (None, _) => ("done", false, format!("{named} has ended; the agent did not tell its exit code")),
    };
    match standing(status).left_behind() {
        Some(behind) => (outcome, Left { bad: true, text: format!("{text}; {behind}") }),
        None => (outcome, Left { bad, text }),
    }
}
