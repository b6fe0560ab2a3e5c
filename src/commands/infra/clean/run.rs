//! Removes the caches of units.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened;
use crate::commands::infra::runs_kept::place;
use crate::commands::say::say;
use crate::infra::caches;
use crate::model::infra::cached::{Became, Cached, megabytes};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    if context.global.read_only && !arguments.dry_run {
        return Err(Report::new("refused", "nothing was removed: --read-only refuses every change", ExitCode::Refused)
            .hint("--dry-run removes nothing"));
    }
    let opened = opened::open_without_workspaces(context, &arguments.target).await?;
    let runs = place(opened.config.audit_file.as_deref())?;
    let units = opened.found.graph.units();
    if arguments.dry_run {
        let all = caches::judged(&runs, units);
        for cached in &all {
            say(&cached.would());
        }
        let code = if all.iter().all(Cached::goes) { ExitCode::Done } else { ExitCode::Incomplete };
        return Ok(told(all.iter().filter(|cached| cached.goes()), code));
    }
    let all = caches::remove(&runs, units, |_| true).map_err(|error| {
        Report::new("system", "nothing was removed: runs cannot be kept from beginning meanwhile", ExitCode::Failed)
            .caused_by(&error)
    })?;
    for (cached, became) in &all {
        say(&cached.became(became));
    }
    let any = |wanted: fn(&Became) -> bool| all.iter().any(|(_, became)| wanted(became));
    let code = if any(|became| matches!(became, Became::Failed(_))) {
        ExitCode::Failed
    } else if any(|became| *became == Became::Stays) {
        ExitCode::Incomplete
    } else {
        ExitCode::Done
    };
    Ok(told(all.iter().filter(|(_, became)| *became == Became::Removed).map(|(cached, _)| cached), code))
}

/// Says how much that was.
fn told<'a>(gone: impl Iterator<Item = &'a Cached>, code: ExitCode) -> ExitCode {
    let sizes: Vec<u64> = gone.map(|cached| cached.bytes).collect();
    if sizes.is_empty() && code == ExitCode::Done {
        say("there is nothing to remove");
    } else if sizes.len() > 1 {
        say(&format!("{} in all", megabytes(sizes.iter().sum())));
    }
    code
}
