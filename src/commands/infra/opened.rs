//! The beginning of the subcommands: the environment and its units.

use super::target::{Environment, Target};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::config::{Config, EnvironmentConfig, Loaded};
use crate::infra::{Discovered, Look, discover_as};
use crate::model::infra::{Trouble, TroubleKind};

/// An environment with its units.
pub(super) struct Opened {
    /// The whole configuration.
    pub(super) config: Config,
    pub(super) environment: EnvironmentConfig,
    /// Its units, or those that were named.
    pub(super) found: Discovered,
}

/// The environment that is named, beside `--env` or instead of it.
pub(super) fn environment(context: &Context, typed: &Environment) -> Result<(Loaded, EnvironmentConfig), Report> {
    context.open_typed(typed.environment.as_deref())
}

/// Opens an environment and finds its units, with all that a run needs to know of them; warnings go to stderr.
pub(super) async fn open(context: &Context, target: &Target) -> Result<Opened, Report> {
    opened(context, target, Look { units: &target.units, ..Look::default() }).await
}

/// Opens units where they are only asked something: whether they have hooks is not checked.
pub(super) async fn open_to_ask(context: &Context, target: &Target) -> Result<Opened, Report> {
    opened(context, target, Look { units: &target.units, hooks: false, ..Look::default() }).await
}

/// Opens units where workspaces need not exist yet.
pub(super) async fn open_without_workspaces(context: &Context, target: &Target) -> Result<Opened, Report> {
    opened(context, target, Look { units: &target.units, hooks: false, workspaces: false }).await
}

async fn opened(context: &Context, target: &Target, look: Look<'_>) -> Result<Opened, Report> {
    let (loaded, environment) = environment(context, &target.of)?;
    let limited = limited(context, Box::pin(discover_as(&environment, look))).await?;
    let found = limited.map_err(report)?;
    for warning in &found.warnings {
        crate::commands::say::say(&format!("warning: {warning}"));
    }
    if !found.surroundings.dropped().is_empty() {
        let names = found.surroundings.dropped().join(", ");
        crate::commands::say::say(&format!("note: these variables of the shell are not handed on: {names}"));
    }
    Ok(Opened { config: loaded.config, environment, found })
}

/// Waits no longer than `--timeout` says.
pub(super) async fn limited<T>(context: &Context, work: impl Future<Output = T>) -> Result<T, Report> {
    context.in_time(work).await.ok_or_else(|| {
        Report::new("timeout", "it did not end within --timeout", ExitCode::TimedOut)
            .hint("give it more time with --timeout")
    })
}

/// A failure as a report.
pub(super) fn report(trouble: Trouble) -> Report {
    let code = match trouble.kind {
        TroubleKind::Usage => ExitCode::Usage,
        TroubleKind::Refused => ExitCode::Refused,
        TroubleKind::Tool
        | TroubleKind::Code
        | TroubleKind::Workspace
        | TroubleKind::NotInitialised
        | TroubleKind::Failed => ExitCode::Failed,
    };
    let mut report = Report::new(trouble.kind.word(), trouble.message, code);
    for cause in trouble.causes {
        report = report.cause(cause);
    }
    match trouble.hint {
        Some(hint) => report.hint(hint),
        None => report,
    }
}
