//! The AWS account of a run, or of a change of a state.

use super::environment_units::with_timeout;
use crate::cli::{ExitCode, Report};
use crate::commands::change_target::{nothing_changed, time_is_up};
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::config::{Config, EnvironmentConfig};
use crate::infra::aws_use;
use crate::model::Source;
use crate::model::infra::Unit;
use crate::model::infra::question::unbound_warning;
use crate::runtime::Collected;
use crate::runtime::stop::unless_stopped;
use std::time::Duration;

/// How long to wait for the account if a missing answer refuses nothing.
const LIMIT: Duration = Duration::from_secs(15);

/// Returns the account of the credentials if the environment is on AWS; it must be the one that the environment names.
/// A change is refused if the account is unknown, because Terraform's provider does not check it first. If the
/// environment names no account, a change is bound to the account that STS returns.
pub(super) async fn account(
    context: &Context,
    config: Config,
    environment: &EnvironmentConfig,
    units: &[Unit],
    changes: bool,
) -> Result<Option<String>, Report> {
    if environment.account.is_none() {
        return if changes && units.iter().any(aws_use::mentions_aws) {
            unnamed(context, environment).await
        } else {
            Ok(None)
        };
    }
    let collected = Box::pin(context.collect_in(config, environment.clone(), &[Source::Identity], false));
    // An interrupt before the start prevents the start.
    let reading = unless_stopped(collected).await?;
    reading.check_credentials()?;
    if reading.collected == Collected::TimedOut && context.time_left().is_some() {
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
        print_note("warning: the account could not be read from AWS: Terraform's own errors will show the reason");
    }
    Ok(account)
}

/// Returns the account of an environment that names none, if STS returns it.
async fn unnamed(context: &Context, environment: &EnvironmentConfig) -> Result<Option<String>, Report> {
    let session = context.aws(environment);
    let request = tokio::time::timeout(LIMIT, Box::pin(session.account()));
    let why = match unless_stopped(with_timeout(context, request)).await?? {
        Ok(Ok(account)) => return Ok(Some(account)),
        Ok(Err(failure)) => failure.message,
        Err(_) => "AWS does not answer".to_owned(),
    };
    print_note(&format!("warning: {}", unbound_warning(&environment.name, &why)));
    Ok(None)
}
