//! Approves plans.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::driving::{ask, risk};
use crate::commands::infra::question;
use crate::commands::infra::runs_kept::{kept, state};
use crate::commands::printed::printed;
use crate::commands::say::say;
use crate::commands::yes::said_yes;
use crate::headless;
use crate::model::infra::run_event::{Goal, RequestKind};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let kept = kept(context)?;
    let listed = kept.going_on(arguments.of.run.as_deref())?;
    let state = state(listed)?;
    let wanted = |unit: &str, sha256: &str| {
        (arguments.units.is_empty() || arguments.units.iter().any(|name| name == unit))
            && arguments.plan.as_ref().is_none_or(|hash| sha256.starts_with(hash.as_str()))
    };
    let plans: Vec<_> = state.to_review().filter(|(unit, plan)| wanted(unit, &plan.sha256)).collect();
    if plans.is_empty() {
        let hint = "`cockpit infra attach --watch` shows how the run stands";
        return Err(Report::usage("no such plan waits for a yes").hint(hint));
    }
    let units: Vec<&str> = plans.iter().map(|(unit, _)| *unit).collect();
    for text in question::texts(&state, &units)? {
        printed(headless::write(out, &text).map(drop))?;
    }
    let goal = state.started.as_ref().map_or(Goal::Apply, |started| started.goal);
    let loses_data = question::loses_data(&state, &units);
    question::say_bound(&kept.environment, &listed.folder, &state, &units);
    if !said_yes(context, &kept.environment, risk(goal, loses_data)).await? {
        return Err(Report::new("cancelled", "nothing was approved: the answer was no", ExitCode::Refused));
    }
    for (unit, plan) in plans {
        ask(&listed.folder, RequestKind::Approve { unit: unit.to_owned(), sha256: plan.sha256.clone() })?;
        say(&format!("{unit}: approved"));
    }
    Ok(ExitCode::Done)
}
