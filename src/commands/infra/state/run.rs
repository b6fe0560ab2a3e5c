//! Reads the states of units.

use super::args::{Arguments, Pull, Show, What};
use super::report::{LIST, ResourceDto, SHOW, StateList, StateShow};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_units::{self, report, with_timeout};
use crate::commands::infra::failed_units::{FailedUnit, exit_code_for, print_failures};
use crate::commands::infra::target::{Environment, Target};
use crate::commands::progress::print_note;
use crate::commands::report_output::{emit, print_result};
use crate::headless;
use crate::infra::{Access, query_each, unit_reads};
use crate::model::infra::state::{Resource, pulled, resources};
use crate::model::infra::{InfraError, InfraErrorKind};
use crate::model::names::nearest;
use std::io::{self, Write as _};
use std::path::Path;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    match &arguments.what {
        What::List(target) => list(context, target, out).await,
        What::Show(what) => show(context, what, out).await,
        What::Pull(what) => pull(context, what, out).await,
        What::Push(what) => super::push::push(context, what).await,
    }
}

fn what(access: &Access<'_>) -> String {
    format!("the state of {} cannot be read", access.unit.name)
}

/// Returns the error for output of Terraform that is not valid JSON.
fn unread(access: &Access<'_>, error: &serde_json::Error) -> InfraError {
    InfraError::new(InfraErrorKind::Failed, what(access))
        .cause(format!("Terraform's answer is not understood: {error}"))
}

async fn list(context: &Context, target: &Target, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = environment_units::open_for_query(context, target).await?;
    let answers =
        with_timeout(context, query_each(&opened.found, |access| async move { unit_reads::addresses(&access).await }))
            .await?;
    let queried = answers.len();
    let (mut resources, mut failed) = (Vec::new(), Vec::new());
    for (unit, answer) in answers {
        match answer {
            Ok(found) => resources.extend(found.iter().map(|resource| ResourceDto::new(&unit.name, resource))),
            Err(trouble) => failed.push(FailedUnit::new(&unit.name, trouble)),
        }
    }
    let code = exit_code_for("no state can be read", &failed, queried)?;
    let report = StateList { schema: LIST.to_owned(), environment: opened.environment.name, resources, failed };
    print_result(emit(context, &report, out))?;
    Ok(code)
}

async fn show(context: &Context, arguments: &Show, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let (environment, address) = match arguments.words.as_slice() {
        [environment, address] => (Some(environment.clone()), address),
        [address] => (None, address),
        _ => return Err(Report::usage("one resource is needed, after the environment")),
    };
    let target = Target { of: Environment { environment }, units: arguments.units.clone() };
    let opened = environment_units::open_for_query(context, &target).await?;
    let answers = with_timeout(
        context,
        query_each(&opened.found, |access| async move {
            let answer = access.read(&["show", "-json", "-no-color"], &what(&access)).await?;
            resources(&answer.stdout).map_err(|error| unread(&access, &error))
        }),
    )
    .await?;
    let queried = answers.len();
    let (mut all, mut failed): (Vec<(String, Resource)>, Vec<FailedUnit>) = (Vec::new(), Vec::new());
    for (unit, answer) in answers {
        match answer {
            Ok(found) => all.extend(found.into_iter().map(|resource| (unit.name.clone(), resource))),
            Err(trouble) => failed.push(FailedUnit::new(&unit.name, trouble)),
        }
    }
    let code = exit_code_for("no state can be read", &failed, queried)?;
    print_failures(&failed);
    let of_address: Vec<&(String, Resource)> =
        all.iter().filter(|(_, resource)| resource.address == *address).collect();
    let (unit, resource) = match of_address.as_slice() {
        [one] => *one,
        [] => {
            let near = nearest(address, all.iter().map(|(_, resource)| resource.address.as_str()));
            let mean = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            return Err(Report::usage(format!("there is no resource `{address}`"))
                .hint(format!("{mean}`cockpit infra state list {}` lists them", opened.environment.name)));
        }
        several => {
            let units: Vec<&str> = several.iter().map(|(unit, _)| unit.as_str()).collect();
            return Err(Report::usage(format!("several units have a resource `{address}`"))
                .hint(format!("name one with --unit: {}", units.join(", "))));
        }
    };
    let report = StateShow {
        schema: SHOW.to_owned(),
        environment: opened.environment.name,
        resource: ResourceDto::new(unit, resource),
        values: resource.values.clone(),
    };
    print_result(emit(context, &report, out))?;
    Ok(code)
}

async fn pull(context: &Context, arguments: &Pull, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = environment_units::open_for_query(context, &arguments.target).await?;
    let [unit] = opened.found.graph.units() else {
        let names: Vec<&str> = opened.found.graph.units().iter().map(|unit| unit.name.as_str()).collect();
        return Err(
            Report::usage("a state is that of one unit").hint(format!("name one with --unit: {}", names.join(", ")))
        );
    };
    let access = Access::new(&opened.found, unit);
    let state = with_timeout(context, access.read(&["state", "pull"], &what(&access))).await?.map_err(report)?.stdout;
    if let Some(file) = &arguments.to {
        write_whole(file, &state).map_err(|error| {
            let message = format!("the state cannot be written into {}", file.display());
            Report::new("output", message, ExitCode::Failed).caused_by(&error)
        })?;
        print_note(&format!("the state of {}, with its secrets, is in {}", unit.name, file.display()));
        return Ok(ExitCode::Done);
    }
    if arguments.sensitive {
        return print_result(out.write_all(&state).and_then(|()| out.flush()));
    }
    let shown =
        with_timeout(context, access.read(&["show", "-json", "-no-color"], &what(&access))).await?.map_err(report)?;
    let masked = pulled(&state, &shown.stdout).map_err(|error| report(unread(&access, &error)))?;
    print_note("sensitive values are masked, so that this can be read and not pushed; --to FILE writes it as it is");
    print_result(headless::emit::json(&masked).and_then(|text| headless::write(out, &text).map(drop)))
}

/// Writes a state to a new file that only its owner can read.
fn write_whole(file: &Path, state: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(state)?;
    file.sync_all()
}
