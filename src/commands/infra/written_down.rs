//! What changes a state without a run is done with the credentials of the environment's account alone, and stands in the audit
//! file, as a run does.

use super::account::account;
use super::opened::{Opened, report};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::say::say;
use crate::commands::waits::over;
use crate::infra::run::world as states;
use crate::model::audit::Record;
use crate::model::infra::{Trouble, question};
use crate::runtime::audit;
use crate::runtime::stop::stopped;
use jiff::Timestamp;
use serde_json::Value;

/// The identity of a change, as it is written into the audit file.
pub(super) struct Writer {
    account: Option<String>,
}

impl Writer {
    /// Asks whose account the credentials are of, which must be the one that the environment names.
    pub(super) async fn of(context: &Context, opened: &Opened) -> Result<Self, Report> {
        // It is done at once: there is no plan that would be bound to the account of an environment that names none.
        Ok(Self { account: account(context, opened.config.clone(), &opened.environment, &[], true).await? })
    }

    /// Says where something is about to be changed, for whoever is asked.
    pub(super) fn say_where(&self, opened: &Opened) {
        let world = states::of(&opened.found.surroundings);
        say(&question::environment(&opened.environment.name, self.account.as_deref(), &world));
    }

    /// Changes something, and writes down what became of it: also where a signal or `--timeout` ends it half-way, and nobody
    /// knows whether it was done.
    ///
    /// # Errors
    /// Why it failed; 130, 1 or 7 where it was ended.
    pub(super) async fn does<T>(
        &self,
        context: &Context,
        opened: &Opened,
        (command, after): (&str, Value),
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Report> {
        let half_way = |why: &str, code| {
            Report::new("interrupted", format!("{why}: it may have been done"), code)
                .hint("`cockpit infra unlock` shows a lock that was left, `cockpit infra plan` what there is now")
        };
        let ended = tokio::select! {
            biased;
            done = work => done.map_err(report),
            stop = stopped() => Err(half_way(&format!("it was ended from outside, by {}", stop.name()), stop.code())),
            () = over(context) => Err(half_way("the time is up", ExitCode::TimedOut)),
        };
        self.tell(opened, command, after, ended.as_ref().err().map(|report| report.message.as_str()));
        ended
    }

    /// The line in the audit file: what was done, with what, and why it failed where it did.
    pub(super) fn tell(&self, opened: &Opened, command: &str, after: Value, why: Option<&str>) {
        let environment = &opened.environment;
        let record = Record {
            environment: environment.name.clone(),
            account: self.account.clone().unwrap_or_default(),
            region: environment.region.clone().unwrap_or_default(),
            endpoint: states::of(&opened.found.surroundings).endpoints().key(),
            command: environment.named().command(command),
            after,
            outcome: if why.is_none() { "done" } else { "failed" }.into(),
            reason: why.unwrap_or_default().to_owned(),
            ..Record::default()
        };
        let path = audit::path(opened.config.audit_file.as_deref());
        if let Err(error) = audit::append(path.as_deref(), record, Timestamp::now()) {
            say(&format!("warning: the audit file does not have it: {error}"));
        }
    }
}
