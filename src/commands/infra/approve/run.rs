//! Approves plans of a run.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::confirmation::confirm;
use crate::commands::context::Context;
use crate::commands::infra::environment_runs::{environment_runs, state};
use crate::commands::infra::follow_run::{risk, send_request};
use crate::commands::infra::question;
use crate::commands::progress::print_note;
use crate::commands::report_output::print_result;
use crate::headless;
use crate::model::infra::run_event::{Goal, RequestKind};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let runs = environment_runs(context)?;
    let listed = runs.running(arguments.of.run.as_deref())?;
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
    for text in question::plan_texts(&state, &units)? {
        print_result(headless::write(out, &text).map(drop))?;
    }
    let goal = state.started.as_ref().map_or(Goal::Apply, |started| started.goal);
    let loses_data = question::loses_data(&state, &units);
    question::print_approval_scope(&runs.environment, &listed.folder, &state, &units);
    if !confirm(context, &runs.environment, risk(goal, loses_data)).await? {
        return Err(Report::new("cancelled", "nothing was approved: the answer was no", ExitCode::Refused));
    }
    for (unit, plan) in plans {
        send_request(&listed.folder, RequestKind::Approve { unit: unit.to_owned(), sha256: plan.sha256.clone() })?;
        print_note(&format!("{unit}: approved"));
    }
    Ok(ExitCode::Done)
}
