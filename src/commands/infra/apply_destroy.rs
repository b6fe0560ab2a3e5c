//! `apply` and `destroy`: runs whose plans are reviewed here, or later if detached.

use super::follow_run::{Following, begin, run_result};
use super::run_args::ChangeArgs;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::infra::run::folder;
use crate::model::infra::run_event::Goal;
use std::io;

/// Starts the run and follows it to its end.
pub(super) async fn change(
    context: &Context,
    ChangeArgs { of: arguments, detach }: &ChangeArgs,
    goal: Goal,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let (run, environment) = Box::pin(begin(context, arguments, goal, !*detach)).await?;
    if *detach {
        let name = folder::name(&run);
        let text = format!(
            "{name} continues: `cockpit infra attach {name}` follows it, `cockpit infra approve {name}` applies its plans"
        );
        context.print_note(&text);
        return Ok(ExitCode::TimedOut);
    }
    let mut following = Following::new(context, &environment, &run, arguments.json, true);
    let followed = following.follow(out).await?;
    run_result(&followed, &following.state, &run, following.interrupted())
}
