//! Removes the caches of units.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_runs::runs_root;
use crate::commands::infra::environment_units;
use crate::commands::progress::print_note;
use crate::infra::caches;
use crate::model::infra::cached::{Cached, RemovalOutcome, megabytes};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    if context.global.read_only && !arguments.dry_run {
        return Err(Report::new("refused", "nothing was removed: --read-only refuses every change", ExitCode::Refused)
            .hint("--dry-run removes nothing"));
    }
    let opened = environment_units::open_without_workspaces(context, &arguments.target).await?;
    let runs = runs_root(opened.config.audit_file.as_deref())?;
    let units = opened.found.graph.units();
    if arguments.dry_run {
        let judged = caches::list_caches(&runs, units);
        for cached in &judged {
            print_note(&cached.expected_outcome());
        }
        let code = if judged.iter().all(Cached::is_removable) { ExitCode::Done } else { ExitCode::Incomplete };
        return Ok(report_total(judged.iter().filter(|cached| cached.is_removable()), code));
    }
    let removed = caches::remove(&runs, units, |_| true).map_err(|error| {
        Report::new("system", "nothing was removed: runs cannot be kept from beginning meanwhile", ExitCode::Failed)
            .caused_by(&error)
    })?;
    for (cached, became) in &removed {
        print_note(&cached.outcome_line(became));
    }
    let any = |wanted: fn(&RemovalOutcome) -> bool| removed.iter().any(|(_, became)| wanted(became));
    let code = if any(|became| matches!(became, RemovalOutcome::Failed(_))) {
        ExitCode::Failed
    } else if any(|became| *became == RemovalOutcome::StillNeeded) {
        ExitCode::Incomplete
    } else {
        ExitCode::Done
    };
    Ok(report_total(
        removed.iter().filter(|(_, became)| *became == RemovalOutcome::Removed).map(|(cached, _)| cached),
        code,
    ))
}

/// Prints the total size, and returns the exit code.
fn report_total<'a>(gone: impl Iterator<Item = &'a Cached>, code: ExitCode) -> ExitCode {
    let sizes: Vec<u64> = gone.map(|cached| cached.bytes).collect();
    if sizes.is_empty() && code == ExitCode::Done {
        print_note("there is nothing to remove");
    } else if sizes.len() > 1 {
        print_note(&format!("{} in all", megabytes(sizes.iter().sum())));
    }
    code
}
