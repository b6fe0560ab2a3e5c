//! Reads parameters: the list, one parameter, its versions, the check, the comparison.

use super::args::{Diff, Get, History, Ls};
use super::facts::{Access, Facts, Lists, resolve, within};
use super::report;
use crate::app::parameters::configured;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::change_target::open;
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::commands::report_output::{emit, print_result, print_value};
use crate::headless::TimeDisplay;
use crate::model::FailureKind;
use crate::model::health::Severity;
use crate::model::parameters::Parameter;
use crate::model::parameters::check;
use crate::model::parameters::compare::{Side, differences};
use crate::model::parameters::permissions::{self, Denied};
use crate::runtime::clock::{Clock, zone};
use std::io;

pub(super) async fn list(context: &Context, ls: &Ls, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let (facts, Lists { mut parameters, secrets }) = Box::pin(Facts::with_lists(context, &opened)).await?;
    facts.warn_unmatched(&parameters);
    let mut missing = facts.missing.clone();
    let of_region = match secrets {
        Ok(all) => Some(all),
        Err(failure) => {
            missing.push(failure.message);
            None
        }
    };
    let mut secrets = match of_region.as_deref() {
        Some(all) if ls.all => Some((all.iter().collect(), 0)),
        Some(all) => Some(facts.own_secrets(all)),
        None => None,
    };
    let mut no_match = None;
    if let Some(path) = &ls.path {
        let matching = |name: &str| name.contains(path.as_str());
        no_match = Some(format!(
            "none of the {} parameters of {} has `{path}` in its name",
            parameters.len(),
            facts.environment.name
        ));
        parameters.retain(|one| matching(&one.name));
        if let (Some((own, others)), Some(all)) = (&mut secrets, of_region.as_deref()) {
            own.retain(|one| matching(&one.name));
            // The number of secrets that `--all` would add.
            *others = all.iter().filter(|one| matching(&one.name)).count().saturating_sub(own.len());
        }
    }
    let mut list = report::list(&facts, &parameters, secrets, missing);
    if let Some(no_match) = no_match.as_ref().filter(|_| parameters.is_empty() && context.output != Output::Table) {
        // Formats for programs have no place for this message.
        print_note(no_match);
    }
    list.none = no_match;
    let code = if list.complete { ExitCode::Done } else { ExitCode::Incomplete };
    print_result(emit(context, &list, out))?;
    Ok(code)
}

pub(super) async fn get(context: &Context, get: &Get, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let (access, name) = resolve(context, &get.name).await?;
    let account = access.environment.account.as_deref();
    let read = within(context, access.session.parameter_with_value(&name, account)).await?;
    let held = read.map_err(|failure| Report::from_failure(format!("{name} cannot be read"), &failure))?;
    let held = held.ok_or_else(|| not_found(&name))?;
    if get.reveal {
        if let Err(failure) = &held.value {
            return Err(Report::from_failure(format!("the value of {name} cannot be read"), failure));
        }
        if context.output == Output::Table
            && context.global.output.is_none()
            && let Ok(value) = &held.value
        {
            return print_result(print_value(value.expose(), out));
        }
    }
    let one = report::parameter(&access.environment, &held, get.reveal, shown(&access));
    print_result(emit(context, &one, out))
}

/// Returns the reference time and time zone of the table; seconds do not matter for its dates.
fn shown(access: &Access) -> TimeDisplay {
    TimeDisplay { now: Clock::System.now(), zone: zone(access.environment.timezone.as_deref()) }
}

pub(super) fn not_found(name: &str) -> Report {
    Report::new(FailureKind::NotFound.name(), format!("there is no parameter {name}"), ExitCode::Failed)
        .hint("`cockpit params ls` lists them")
}

pub(super) async fn history(context: &Context, history: &History, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let (access, name) = resolve(context, &history.name).await?;
    let account = access.environment.account.as_deref();
    let read = within(context, access.session.parameter_versions(&name, history.reveal, account)).await?;
    let versions = read.map_err(|failure| match failure.kind {
        FailureKind::NotFound => not_found(&name),
        _ => Report::from_failure(format!("the versions of {name} cannot be read"), &failure),
    })?;
    let list = report::history(&access.environment, &name, &versions, shown(&access));
    print_result(emit(context, &list, out))
}

pub(super) async fn check(context: &Context, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let (facts, Lists { parameters, secrets }) = Box::pin(Facts::with_lists(context, &opened)).await?;
    facts.warn_unmatched(&parameters);
    let mut missing = facts.missing.clone();
    missing.extend(facts.unread_tasks.clone());
    let secrets = match secrets {
        Ok(all) => Some(all),
        Err(failure) => {
            missing.push(failure.message);
            None
        }
    };
    let also: Vec<String> = configured(&facts.environment).map(str::to_owned).collect();
    let denied = denied(context, &facts, &parameters, &mut missing).await?;
    let unknown = permissions::unknown_notes(&facts.named, &parameters);
    let findings = check::check(&check::Facts {
        parameters: &parameters,
        secrets: secrets.as_deref(),
        references: &facts.named,
        used_elsewhere: &also,
        region: facts.region.as_deref(),
        complete: facts.complete,
        stopped: &facts.stopped,
        denied: &denied,
        now: facts.now,
    });
    let wrong = findings.iter().any(|one| one.severity != Severity::Note);
    let list = report::findings(&facts, &findings, parameters.len(), missing, unknown);
    let complete = list.complete;
    print_result(emit(context, &list, out))?;
    Ok(match (wrong, complete) {
        (true, _) => ExitCode::Failed,
        (false, false) => ExitCode::Incomplete,
        (false, true) => ExitCode::Done,
    })
}

/// Returns the reads that IAM denies to roles. If IAM cannot be queried, that is added to `missing`, so that nothing is
/// reported as fine without a check.
async fn denied(
    context: &Context,
    facts: &Facts,
    parameters: &[Parameter],
    missing: &mut Vec<String>,
) -> Result<Vec<Denied>, Report> {
    let Some(region) = &facts.region else { return Ok(Vec::new()) };
    let questions = permissions::permission_queries(&facts.named, parameters, region);
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let account = facts.environment.account.as_deref();
    let (found, failure) = match within(context, facts.session.denied_parameters(&questions, account, region)).await? {
        Ok(answered) => answered,
        Err(failure) => (Vec::new(), Some(failure)),
    };
    missing.extend(failure.map(|failure| permissions::query_failure_note(&failure.message)));
    Ok(found)
}

pub(super) async fn diff(context: &Context, diff: &Diff, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let (left, right) = match diff.environments.as_slice() {
        [left, right] if left == right => {
            return Err(Report::usage(format!("{right} is the same environment")).hint("name two environments"));
        }
        [left, right] => (Facts::of_named(context, left).await?, Facts::of_named(context, right).await?),
        [other] => {
            let opened = open(context)?;
            if opened.environment.name == *other {
                return Err(Report::usage(format!("{other} is the same environment")).hint("name two environments"));
            }
            (Facts::gather(context, &opened).await?, Facts::of_named(context, other).await?)
        }
        _ => return Err(Report::usage("two environments are needed")),
    };
    let (ours, theirs) = (left.parameters(context).await?, right.parameters(context).await?);
    let (left_under, right_under) = (left.paths(), right.paths());
    let found = differences(
        &Side { environment: &left.environment.name, prefixes: &left_under, parameters: &ours },
        &Side { environment: &right.environment.name, prefixes: &right_under, parameters: &theirs },
    );
    let list = report::differences(&left, &right, &found);
    print_result(emit(context, &list, out))?;
    let complete = list.complete;
    Ok(match (diff.exit_code && !found.is_empty(), complete) {
        (true, _) => ExitCode::Failed,
        (false, false) => ExitCode::Incomplete,
        (false, true) => ExitCode::Done,
    })
}
