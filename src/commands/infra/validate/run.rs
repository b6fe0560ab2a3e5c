//! Checks the code of units.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::failed::{FailedUnit, judged};
use crate::commands::infra::findings::{Finding, Findings, SCHEMA};
use crate::commands::infra::opened::{self, limited};
use crate::commands::printed::{emit, printed};
use crate::infra::{each, look};
use std::io;

/// Runs Terraform's own check of each unit. Code that is broken so that Terragrunt or Terraform cannot even read it is
/// an error of finding the units, with file and line.
pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = opened::open_to_ask(context, &arguments.target).await?;
    let answers = limited(context, each(&opened.found, |access| async move { look::validate(&access).await })).await?;
    let asked = answers.len();
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
    let code = judged("no unit can be checked", &failed, asked)?;
    let environment = opened.environment.name;
    let report = Findings { schema: SCHEMA.to_owned(), environment, units, findings, failed };
    printed(emit(context, &report, out))?;
    Ok(if report.has_errors() { ExitCode::Failed } else { code })
}
