//! Removes the caches of units.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened;
use crate::commands::infra::runs_kept::place;
use crate::commands::say::say;
use crate::infra::caches;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    if context.global.read_only && !arguments.dry_run {
        return Err(Report::new("refused", "nothing was removed: --read-only refuses every change", ExitCode::Refused)
            .hint("--dry-run removes nothing"));
    }
    let opened = opened::open_without_workspaces(context, &arguments.target).await?;
    let mut code = ExitCode::Done;
    let (mut bytes, mut count) = (0, 0);
    let (loaded, _) = opened::environment(context, &arguments.target.of)?;
    let runs = place(loaded.config.audit_file.as_deref())?;
    for unit in opened.found.graph.units() {
        let used = caches::used(&runs, unit);
        for cache in caches::of(unit) {
            let place = cache.path.display();
            if let Some(why) = used.clone().or_else(|| cache.stays()) {
                say(&format!("{place} stays: {why}"));
                code = ExitCode::Incomplete;
                continue;
            }
            let removed = if arguments.dry_run { Ok(()) } else { std::fs::remove_dir_all(&cache.path) };
            match removed {
                Ok(()) => {
                    let done = if arguments.dry_run { "would be removed" } else { "is removed" };
                    say(&format!("{place} {done}: {}", megabytes(cache.bytes)));
                    bytes += cache.bytes;
                    count += 1;
                }
                Err(error) => {
                    say(&format!("{place} cannot be removed: {error}"));
                    code = ExitCode::Failed;
                }
            }
        }
    }
    if count == 0 && code == ExitCode::Done {
        say("there is nothing to remove");
    } else if count > 1 {
        say(&format!("{} in all", megabytes(bytes)));
    }
    Ok(code)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
