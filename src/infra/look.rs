//! Looks at units without a run: its outputs and the resources of its state; and whether its code is valid.

use super::access::Access;
use super::lint::Issue;
use crate::model::infra::state::{self, Output, Resource};
use crate::model::infra::{Trouble, TroubleKind};
use serde_json::Value;

/// The outputs of a unit, by name.
///
/// # Errors
/// They cannot be read, with what Terraform said.
pub async fn outputs(access: &Access<'_>) -> Result<Vec<Output>, Trouble> {
    let what = format!("the outputs of {} cannot be read", access.unit.name);
    let answer = access.read(&["output", "-json", "-no-color"], &what).await?;
    state::outputs(&answer.out).map_err(|error| unread(what, &error))
}

/// The resources that the state of a unit has, with their addresses alone.
///
/// # Errors
/// It cannot be read, with what Terraform said.
pub async fn addresses(access: &Access<'_>) -> Result<Vec<Resource>, Trouble> {
    let what = format!("the state of {} cannot be read", access.unit.name);
    let answer = access.read(&["state", "pull"], &what).await?;
    state::addresses(&answer.out).map_err(|error| unread(what, &error))
}

/// An answer of Terraform that is not what it says it is.
fn unread(what: String, error: &serde_json::Error) -> Trouble {
    Trouble::new(TroubleKind::Failed, what).cause(format!("Terraform's answer is not understood: {error}"))
}

/// Has Terraform check the code of a unit.
///
/// # Errors
/// The unit cannot be initialised, or Terraform does not say what it found.
pub async fn validate(access: &Access<'_>) -> Result<Vec<Issue>, Trouble> {
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
