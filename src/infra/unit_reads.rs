//! Reads units without a run: their outputs, the resources of their states, and whether their code is valid.

use super::lint::Issue;
use super::unit_queries::Access;
use crate::model::infra::state::{self, Output, Resource};
use crate::model::infra::{InfraError, InfraErrorKind};
use serde_json::Value;

/// Returns the outputs of a unit, by name.
///
/// # Errors
/// The failure to read them, with the error of Terraform.
pub async fn outputs(access: &Access<'_>) -> Result<Vec<Output>, InfraError> {
    let message = format!("the outputs of {} cannot be read", access.unit.name);
    let answer = access.read(&["output", "-json", "-no-color"], &message).await?;
    state::outputs(&answer.stdout).map_err(|error| unread(message, &error))
}

/// Returns the resources in the state of a unit, with nothing but their addresses.
///
/// # Errors
/// The failure to read the state, with the error of Terraform.
pub async fn addresses(access: &Access<'_>) -> Result<Vec<Resource>, InfraError> {
    let message = format!("the state of {} cannot be read", access.unit.name);
    let answer = access.read(&["state", "pull"], &message).await?;
    state::addresses(&answer.stdout).map_err(|error| unread(message, &error))
}

/// Returns the trouble of output that cannot be parsed.
fn unread(message: String, error: &serde_json::Error) -> InfraError {
    InfraError::new(InfraErrorKind::Failed, message).cause(format!("Terraform's answer is not understood: {error}"))
}

/// Validates the code of a unit with Terraform.
///
/// # Errors
/// If the unit cannot be initialised, or Terraform does not print its findings.
pub async fn validate(access: &Access<'_>) -> Result<Vec<Issue>, InfraError> {
    let message = format!("{} cannot be checked", access.unit.name);
    access.init().await?;
    let dir = access.dir().await?;
    let question = access.terraform_call(&dir).arguments(["validate", "-json", "-no-color"]);
    // It exits with 1 if something is wrong, and prints the findings as JSON.
    let answer = question.run(&access.child_environment()).await?;
    let report: Value = serde_json::from_slice(&answer.stdout).map_err(|_| question.failure(&message, &answer))?;
    let Some(all) = report["diagnostics"].as_array() else {
        return Err(InfraError::new(InfraErrorKind::Failed, message).cause("Terraform's answer has no diagnostics"));
    };
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let one = |diagnostic: &Value| {
        let (summary, detail) = (text(&diagnostic["summary"]).unwrap_or_default(), text(&diagnostic["detail"]));
        Issue {
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
