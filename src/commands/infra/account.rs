//! The account of a run, or of a change of a state.

use super::opened::limited;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::opened::{nothing_changed, time_is_up};
use crate::commands::say::say;
use crate::config::{Config, EnvironmentConfig};
use crate::infra::uses;
use crate::model::Source;
use crate::model::infra::Unit;
use crate::model::infra::question::unbound;
use crate::runtime::Collected;
use crate::runtime::stop::unless_stopped;
use std::time::Duration;

/// How long AWS may take to say whose account it is, where nothing is refused for that.
const LIMIT: Duration = Duration::from_secs(15);

/// The account of the credentials, where the environment is on AWS: it is the one that it names. What changes something
/// is refused where that is not known: Terraform's provider asks for no account before it does. Where it names none, what changes
/// something is bound to the account that AWS says.
pub(super) async fn account(
    context: &Context,
    config: Config,
    environment: &EnvironmentConfig,
    units: &[Unit],
    changes: bool,
) -> Result<Option<String>, Report> {
    if environment.account.is_none() {
        return if changes && units.iter().any(uses::aws) { unnamed(context, environment).await } else { Ok(None) };
    }
    let collected = Box::pin(context.collect_in(config, environment.clone(), &[Source::Identity], false));
    // What was told to end before it began does not begin.
    let reading = unless_stopped(collected).await?;
    reading.check_credentials()?;
    if reading.collected == Collected::TimedOut && context.limit().is_some() {
        let late = if changes { nothing_changed } else { time_is_up };
        return Err(late("AWS did not say whose account this is"));
    }
    let identity = &reading.collector.app.estate.identity;
    let account = identity.value().map(|identity| identity.account.clone());
    if account.is_none() && changes {
        let text = "nothing was changed: the account of these credentials is not known";
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

/// The account of an environment that names none, as far as AWS says it.
async fn unnamed(context: &Context, environment: &EnvironmentConfig) -> Result<Option<String>, Report> {
    let session = context.aws(environment);
    let asked = tokio::time::timeout(LIMIT, Box::pin(session.account()));
    let why = match unless_stopped(limited(context, asked)).await?? {
        Ok(Ok(account)) => return Ok(Some(account)),
        Ok(Err(failure)) => failure.message,
        Err(_) => "AWS does not answer".to_owned(),
    };
    say(&format!("warning: {}", unbound(&environment.name, &why)));
    Ok(None)
}
