//! IAM, as far as it tells what a role may: `SimulatePrincipalPolicy`. Roles may all that they need, but for what a poke
//! took away.

use super::{ApiError, Call, token};
use crate::account::ACCOUNT;
use crate::wire::{Node, list, map};
use crate::world::roles;

/// Runs an IAM operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "SimulatePrincipalPolicy" => simulate(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::client("InvalidInput", message)
}

fn simulate(call: &Call<'_>) -> Result<Node, ApiError> {
    let source = call.input.str("PolicySourceArn").unwrap_or_default();
    if !source.starts_with(&format!("arn:aws:iam::{ACCOUNT}:role/")) {
        let text = format!("The role with name {} cannot be found.", roles::name(source));
        return Err(ApiError::not_found("NoSuchEntity", text));
    }
    let actions = call.input.strings("ActionNames");
    if actions.is_empty() || actions.iter().any(|action| !action.contains(':')) {
        return Err(invalid("ActionNames must name actions as SERVICE:ACTION."));
    }
    let mut resources = call.input.strings("ResourceArns");
    if resources.is_empty() {
        resources.push("*");
    }
    let size = match call.input.int("MaxItems") {
        None => 100,
        Some(n) => usize::try_from(n).ok().filter(|n| (1..=1_000).contains(n)).ok_or_else(|| invalid("MaxItems"))?,
    };
    let all = actions.iter().flat_map(|action| resources.iter().map(move |resource| (*action, *resource)));
    let rows = all.enumerate().map(|(number, (action, resource))| {
        let decision = if call.world.trust.may(source, resource) { "allowed" } else { "implicitDeny" };
        let node = map! {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": decision,
            "MatchedStatements": list(Vec::<Node>::new()),
            "MissingContextValues": list(Vec::<Node>::new()),
        };
        (format!("{number:06}"), node)
    });
    let (results, next) =
        token::page(rows, call.input.str("Marker"), size).ok_or_else(|| invalid("Marker is not one of ours."))?;
    Ok(map! {"EvaluationResults": list(results), "IsTruncated": next.is_some(), "Marker": next})
}
