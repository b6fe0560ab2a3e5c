//! What changes a state without a run is done with the credentials of the environment's account alone, and stands in the audit
//! file, as a run does.

use super::account::account;
use super::opened::Opened;
use crate::cli::Report;
use crate::commands::context::Context;
use crate::commands::say::say;
use crate::infra::run::world as states;
use crate::model::audit::Record;
use crate::runtime::audit;
use jiff::Timestamp;
use serde_json::Value;

/// Who changes something, as it is written down.
pub(super) struct Writer {
    account: Option<String>,
}

impl Writer {
    /// Asks whose account the credentials are of, which must be the one that the environment names.
    pub(super) async fn of(context: &Context, opened: &Opened) -> Result<Self, Report> {
        Ok(Self { account: account(context, opened.config.clone(), &opened.environment, true).await? })
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
