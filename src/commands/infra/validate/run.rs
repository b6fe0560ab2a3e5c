//! Checks the code of units.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_units::{self, with_timeout};
use crate::commands::infra::failed_units::{FailedUnit, exit_code_for};
use crate::commands::infra::findings::{Finding, Findings, SCHEMA};
use crate::commands::report_output::{emit, print_result};
use crate::infra::{query_each, unit_reads};
use std::io;

/// Runs `terraform validate` on each unit. If the code cannot even be parsed, finding the units already fails, with
/// file and line.
pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = environment_units::open_for_query(context, &arguments.target).await?;
    let answers =
        with_timeout(context, query_each(&opened.found, |access| async move { unit_reads::validate(&access).await }))
            .await?;
    let queried = answers.len();
    let (mut findings, mut failed, mut units) = (Vec::new(), Vec::new(), Vec::new());
    for (unit, answer) in answers {
        match answer {
            Ok(found) => {
                findings.extend(found.into_iter().map(|issue| Finding::new(&unit.name, issue)));
                units.push(unit.name.clone());
            }
            Err(trouble) => failed.push(FailedUnit::new(&unit.name, trouble)),
        }
    }
    let code = exit_code_for("no unit can be checked", &failed, queried)?;
    let environment = opened.environment.name;
    let report = Findings { schema: SCHEMA.to_owned(), environment, units, findings, failed };
    print_result(emit(context, &report, out))?;
    Ok(if report.has_errors() { ExitCode::Failed } else { code })
}
