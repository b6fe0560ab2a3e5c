//! `apply` and `destroy`: a run that is reviewed here, or left for a later review.

use super::driving::{Following, begin, ended};
use super::run_args::ChangeArgs;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::infra::run::folder;
use crate::model::infra::run_event::Goal;
use std::io;

/// Begins the run and follows it to its end.
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
            "{name} goes on: `cockpit infra attach {name}` follows it, `cockpit infra approve {name}` applies its plans"
        );
        context.say(&text);
        return Ok(ExitCode::TimedOut);
    }
    let mut following = Following::new(context, &environment, &run, arguments.json, true);
    let followed = following.follow(out).await?;
    ended(&followed, &following.state, &run, following.interrupted())
}
