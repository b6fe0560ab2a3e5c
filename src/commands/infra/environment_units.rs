//! Opens the environment and its units, which every subcommand starts with.

use super::target::{Environment, Target};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::config::{Config, EnvironmentConfig, Loaded};
use crate::infra::{DiscoverOptions, Discovered, discover_as};
use crate::model::infra::{InfraError, InfraErrorKind};

/// An environment with its units.
pub(super) struct Opened {
    /// The whole configuration.
    pub(super) config: Config,
    pub(super) environment: EnvironmentConfig,
    /// Its units, limited to those selected on the command line.
    pub(super) found: Discovered,
}

/// Opens the environment given as an argument or by `--env`.
pub(super) fn environment(context: &Context, typed: &Environment) -> Result<(Loaded, EnvironmentConfig), Report> {
    context.open_typed(typed.environment.as_deref())
}

/// Opens an environment and finds its units with everything that a run needs; prints warnings on stderr.
pub(super) async fn open(context: &Context, target: &Target) -> Result<Opened, Report> {
    opened(context, target, DiscoverOptions { units: &target.units, ..DiscoverOptions::default() }).await
}

/// Opens units for read-only queries: hooks are not checked.
pub(super) async fn open_for_query(context: &Context, target: &Target) -> Result<Opened, Report> {
    opened(context, target, DiscoverOptions { units: &target.units, hooks: false, ..DiscoverOptions::default() }).await
}

/// Opens units whose workspaces need not exist yet.
pub(super) async fn open_without_workspaces(context: &Context, target: &Target) -> Result<Opened, Report> {
    opened(context, target, DiscoverOptions { units: &target.units, hooks: false, workspaces: false }).await
}

async fn opened(context: &Context, target: &Target, look: DiscoverOptions<'_>) -> Result<Opened, Report> {
    let (loaded, environment) = environment(context, &target.of)?;
    let limited = with_timeout(context, Box::pin(discover_as(&environment, look))).await?;
    let found = limited.map_err(report)?;
    for warning in &found.warnings {
        crate::commands::progress::print_note(&format!("warning: {warning}"));
    }
    if !found.child_environment.dropped().is_empty() {
        let names = found.child_environment.dropped().join(", ");
        crate::commands::progress::print_note(&format!(
            "note: these variables of the shell are not handed on: {names}"
        ));
    }
    Ok(Opened { config: loaded.config, environment, found })
}

/// Awaits `work`; fails when `--timeout` is up.
pub(super) async fn with_timeout<T>(context: &Context, work: impl Future<Output = T>) -> Result<T, Report> {
    context.in_time(work).await.ok_or_else(|| {
        Report::new("timeout", "it did not end within --timeout", ExitCode::TimedOut)
            .hint("give it more time with --timeout")
    })
}

/// Converts an error of the infrastructure code to a report.
pub(super) fn report(trouble: InfraError) -> Report {
    let code = match trouble.kind {
        InfraErrorKind::Usage => ExitCode::Usage,
        InfraErrorKind::Refused => ExitCode::Refused,
        InfraErrorKind::Tool
        | InfraErrorKind::Code
        | InfraErrorKind::Workspace
        | InfraErrorKind::NotInitialised
        | InfraErrorKind::Failed => ExitCode::Failed,
    };
    let mut report = Report::new(trouble.kind.name(), trouble.message, code);
    for cause in trouble.causes {
        report = report.cause(cause);
    }
    match trouble.hint {
        Some(hint) => report.hint(hint),
        None => report,
    }
}
