//! Whose account a run or a change of a state is in.

use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::opened::time_is_up;
use crate::commands::say::say;
use crate::config::{Config, EnvironmentConfig};
use crate::model::Source;
use crate::runtime::Collected;
use crate::runtime::stop::unless_stopped;

/// The account of the credentials, where the environment is on AWS: it is the one that it names. What changes something
/// is refused where that is not known: Terraform's provider asks for no account before it does.
pub(super) async fn account(
    context: &Context,
    config: Config,
    environment: &EnvironmentConfig,
    changes: bool,
) -> Result<Option<String>, Report> {
    if environment.account.is_none() {
        return Ok(None);
    }
    let collected = Box::pin(context.collect_in(config, environment.clone(), &[Source::Identity], false));
    // What was told to end before it began does not begin.
    let reading = unless_stopped(collected).await?;
    reading.check_credentials()?;
    if reading.collected == Collected::TimedOut && context.limit().is_some() {
        return Err(time_is_up("AWS did not say whose account this is"));
    }
    let identity = &reading.collector.app.estate.identity;
    let account = identity.value().map(|identity| identity.account.clone());
    if account.is_none() && changes {
        let text = "nothing was changed: whose credentials these are is not known";
        let mut report = Report::new("refused", text, ExitCode::Refused);
        if let Some(failure) = identity.failure() {
            report = report.cause(&failure.message);
        }
        return Err(
            report.hint(format!("{} names its account, which sts:GetCallerIdentity has to confirm", environment.name))
        );
    }
    if account.is_none() {
        say("warning: AWS could not be asked whose account this is: Terraform's own errors will say");
    }
    Ok(account)
}
