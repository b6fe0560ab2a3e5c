//! Checks the code of units with tflint.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_units::{self, report, with_timeout};
use crate::commands::infra::failed_units::{FailedUnit, exit_code_for};
use crate::commands::infra::findings::{Finding, Findings, SCHEMA};
use crate::commands::report_output::{emit, print_result};
use crate::infra::{lint, query_each};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = environment_units::open_for_query(context, &arguments.target).await?;
    let program = lint::find_tflint(&opened.found.child_environment).map_err(report)?;
    let program = program.as_path();
    let answers = with_timeout(
        context,
        query_each(&opened.found, |access| async move { lint::lint_unit(&access, program).await }),
    )
    .await?;
    let queried = answers.len();
    let (mut findings, mut failed, mut units) = (Vec::new(), Vec::new(), Vec::new());
    for (unit, answer) in answers {
        match answer {
            Ok(issues) => {
                units.push(unit.name.clone());
                findings.extend(issues.into_iter().map(|issue| Finding::new(&unit.name, issue)));
            }
            Err(trouble) => failed.push(FailedUnit::new(&unit.name, trouble)),
        }
    }
    let code = exit_code_for("no unit can be checked", &failed, queried)?;
    let environment = opened.environment.name;
    let report = Findings { schema: SCHEMA.to_owned(), environment, units, findings, failed };
    print_result(emit(context, &report, out))?;
    Ok(if report.findings.is_empty() { code } else { ExitCode::Failed })
}
