//! Checks the code of units with tflint.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::failed::{FailedUnit, judged};
use crate::commands::infra::findings::{Finding, Findings, SCHEMA};
use crate::commands::infra::opened::{self, limited, report};
use crate::commands::printed::{emit, printed};
use crate::infra::{each, lint};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = opened::open_to_ask(context, &arguments.target).await?;
    let program = lint::program(&opened.found.surroundings).map_err(report)?;
    let program = program.as_path();
    let answers =
        limited(context, each(&opened.found, |access| async move { lint::unit(&access, program).await })).await?;
    let asked = answers.len();
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
    let code = judged("no unit can be looked at", &failed, asked)?;
    let environment = opened.environment.name;
    let report = Findings { schema: SCHEMA.to_owned(), environment, units, findings, failed };
    printed(emit(context, &report, out))?;
    Ok(if report.findings.is_empty() { code } else { ExitCode::Failed })
}
