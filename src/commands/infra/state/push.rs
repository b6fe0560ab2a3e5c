//! Pushes a state that Terraform could not write at the end of an apply and left beside the code.

use super::args::Push;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::confirmation::confirm;
use crate::commands::context::Context;
use crate::commands::infra::audited_change::AuditedWriter;
use crate::commands::infra::endpoint_check;
use crate::commands::infra::environment_runs::{check_writable, runs_root};
use crate::commands::infra::environment_units::{self, report, with_timeout};
use crate::commands::progress::print_note;
use crate::infra::Access;
use crate::infra::run::unwritten_states;
use crate::infra::unwritten_state::StoredState;
use crate::model::infra::{InfraError, InfraErrorKind};
use crate::model::text::{pluralize, shell_quote};
use crate::runtime::stop::unless_stopped;
use std::path::PathBuf;

pub(super) async fn push(context: &Context, arguments: &Push) -> Result<ExitCode, Report> {
    check_writable(context)?;
    let opened = unless_stopped(environment_units::open_for_query(context, &arguments.target)).await??;
    let found: Vec<(&crate::model::infra::Unit, PathBuf)> = match (&arguments.from, opened.found.graph.units()) {
        (Some(file), [unit]) => vec![(unit, file.clone())],
        (Some(_), _) => return Err(Report::usage("a state is pushed to one unit").hint("name it with --unit")),
        (None, units) => units
            .iter()
            .flat_map(|unit| unwritten_states::errored_states(unit).into_iter().map(move |file| (unit, file)))
            .collect(),
    };
    let (unit, file) = match found.as_slice() {
        [] => {
            print_note(&format!("no unit of {} has a state that could not be written", opened.environment.name));
            return Ok(ExitCode::Done);
        }
        [(unit, file)] => (*unit, file),
        several => {
            let units: Vec<&str> = several.iter().map(|(unit, _)| unit.name.as_str()).collect();
            return Err(Report::usage("several units have a state that could not be written")
                .hint(format!("name the one that is meant with --unit: {}", units.join(", "))));
        }
    };
    let (loaded, _) = environment_units::environment(context, &arguments.target.of)?;
    endpoint_check::check(&runs_root(loaded.config.audit_file.as_deref())?, &opened, &[unit])?;
    let access = Access::new(&opened.found, unit);
    let kept = unless_stopped(with_timeout(context, StoredState::read(&access, file))).await??.map_err(report)?;
    for line in kept.describe() {
        print_note(&format!("{}: {line}", unit.name));
    }
    if let Some(why) = kept.refusal() {
        let trouble = InfraError::new(InfraErrorKind::Refused, format!("{} is not pushed", file.display()));
        return Err(report(trouble.cause(why)));
    }
    let writer = AuditedWriter::of(context, &opened).await?;
    let resources = pluralize(kept.mark.resources(), "resource");
    print_note(&format!("it has {resources}, and takes the place of the state"));
    writer.print_place(&opened);
    if !confirm(context, &opened.environment, Risk::Disrupt).await? {
        return Err(Report::new("refused", "nothing was changed: it was not confirmed", ExitCode::Refused));
    }
    let command = format!("cockpit infra state push {} --unit {}", opened.environment.name, shell_quote(&unit.name));
    let after = serde_json::json!({ "unit": unit.name, "state": kept.mark.describe() });
    if let Some(left) = writer.run(context, &opened, (&command, after), kept.push(&access)).await? {
        print_note(&left);
    }
    context.print_note(&format!("{}: the state is pushed; `cockpit infra plan` says what is left to do", unit.name));
    Ok(ExitCode::Done)
}
