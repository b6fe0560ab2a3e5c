//! Has the code of units checked.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::failed::{FailedUnit, judged};
use crate::commands::infra::findings::{Finding, Findings, SCHEMA};
use crate::commands::infra::opened::{self, limited};
use crate::commands::printed::printed;
use crate::headless;
use crate::infra::{Access, each};
use crate::model::infra::{Trouble, TroubleKind};
use serde_json::Value;
use std::io;

/// What is broken so that Terragrunt or Terraform cannot even read it is an error of finding the units, with file and
/// line; the rest is Terraform's own check of each.
pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = opened::open_to_ask(context, &arguments.target).await?;
    let answers = limited(context, each(&opened.found, validate)).await?;
    let asked = answers.len();
    let (mut findings, mut failed, mut units) = (Vec::new(), Vec::new(), Vec::new());
    for (unit, answer) in answers {
        match answer {
            Ok(found) => {
                findings.extend(found);
                units.push(unit.name.clone());
            }
            Err(trouble) => failed.push(FailedUnit::new(&unit.name, trouble)),
        }
    }
    let code = judged("no unit can be checked", &failed, asked)?;
    let environment = opened.environment.name;
    let report = Findings { schema: SCHEMA.to_owned(), environment, units, findings, failed };
    printed(headless::print(out, &report, context.output, Context::width()).map(drop))?;
    Ok(if report.has_errors() { ExitCode::Failed } else { code })
}

async fn validate(access: Access<'_>) -> Result<Vec<Finding>, Trouble> {
    let what = format!("{} cannot be checked", access.unit.name);
    access.init().await?;
    let dir = access.dir().await?;
    let question = access.question(&dir).arguments(["validate", "-json", "-no-color"]);
    // It exits with 1 where something is wrong, and says what as JSON.
    let answer = question.ask(&access.surroundings()).await?;
    let said: Value = serde_json::from_slice(&answer.out).map_err(|_| question.failed(&what, &answer))?;
    let Some(all) = said["diagnostics"].as_array() else {
        return Err(Trouble::new(TroubleKind::Failed, what).cause("Terraform's answer has no diagnostics"));
    };
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let one = |diagnostic: &Value| {
        let (summary, detail) = (text(&diagnostic["summary"]).unwrap_or_default(), text(&diagnostic["detail"]));
        Finding {
            unit: access.unit.name.clone(),
            severity: text(&diagnostic["severity"]).unwrap_or_else(|| "error".to_owned()),
            file: text(&diagnostic["range"]["filename"]),
            line: diagnostic["range"]["start"]["line"].as_u64(),
            message: detail
                .map_or_else(|| summary.clone(), |detail| format!("{summary}: {}", detail.replace('\n', " "))),
            rule: None,
        }
    };
    Ok(all.iter().map(one).collect())
}
