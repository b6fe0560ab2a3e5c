//! IAM: roles by name, and policy simulation. Policies themselves are not simulated: every action is allowed for
//! everyone unless it was refused, by a fault that denies it or by `refuse_action` of `World::poke`.

use super::{ApiError, Call};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::wire::{Node, list, map};
use crate::world::DAY;
use crate::world::roles::{Refusal, path_of, role_id};

/// Runs an IAM operation.
pub(crate) fn call(operation: &str, call: &Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "GetRole" => role(call),
        "SimulatePrincipalPolicy" => simulate(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn role(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("RoleName").unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(legal) {
        return Err(ApiError::client("ValidationException", "The specified value for roleName is invalid."));
    }
    let path = path_of(name);
    Ok(map! {"Role": map! {
        "Path": path,
        "RoleName": name,
        "RoleId": role_id(name),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role{path}{name}"),
        "CreateDate": timestamp(call.world.start - 200 * DAY),
        "AssumeRolePolicyDocument": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D",
        "MaxSessionDuration": 3600,
    }})
}

/// The name of the user or role in an ARN. A role is found only with its path.
fn principal(arn: &str) -> Result<&str, ApiError> {
    let entity = arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(':'));
    let named = entity.and_then(|(_, entity)| entity.strip_prefix("role").or_else(|| entity.strip_prefix("user")));
    let Some((path, name)) = named.and_then(|rest| rest.rsplit_once('/')).filter(|(_, name)| !name.is_empty()) else {
        let text = format!("Invalid Entity Arn: {arn} does not clearly define entity type and name.");
        return Err(ApiError::client("InvalidInput", text));
    };
    let is_role = entity.is_some_and(|(_, entity)| entity.starts_with("role"));
    if is_role && format!("{path}/") != path_of(name) {
        let text = format!("The role with name {name} cannot be found.");
        return Err(ApiError::not_found("NoSuchEntity", text));
    }
    Ok(name)
}

fn simulate(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = principal(call.input.str("PolicySourceArn").unwrap_or_default())?;
    let actions = call.input.strings("ActionNames");
    if actions.is_empty() {
        return Err(ApiError::client("ValidationException", "ActionNames must have a value."));
    }
    let resources = match call.input.strings("ResourceArns") {
        none if none.is_empty() => vec!["*"],
        some => some,
    };
    let results = actions.into_iter().map(|action| result(call, name, action, &resources)).collect::<Vec<_>>();
    Ok(map! {"IsTruncated": false, "EvaluationResults": list(results)})
}

/// The result for an action on each resource; refused if it is refused on any of them.
fn result(call: &Call<'_>, name: &str, action: &str, resources: &[&str]) -> Node {
    let by_fault = (call.denies)(action).then_some(Refusal::Implicit);
    let refused = |resource: &str| by_fault.clone().or_else(|| call.world.grants.refused(name, action, resource));
    let each = resources.iter().map(|resource| {
        let refusal = refused(resource);
        let missing = refusal.iter().filter_map(Refusal::missing);
        let boundary = refusal == Some(Refusal::Boundary);
        map! {
            "EvalResourceName": *resource,
            "EvalResourceDecision": Refusal::decision(refusal.as_ref()),
            "MatchedStatements": list(Vec::<Node>::new()),
            "MissingContextValues": list(missing.collect::<Vec<_>>()),
            "PermissionsBoundaryDecisionDetail": boundary.then(|| map! {"AllowedByPermissionsBoundary": false}),
        }
    });
    let overall = resources.iter().find_map(|resource| refused(resource));
    let organization = overall != Some(Refusal::Organization);
    map! {
        "EvalActionName": action,
        "EvalResourceName": resources[0],
        "EvalDecision": Refusal::decision(overall.as_ref()),
        "MatchedStatements": list(Vec::<Node>::new()),
        "MissingContextValues": list(Vec::<Node>::new()),
        "OrganizationsDecisionDetail": map! {"AllowedByOrganizations": organization},
        "ResourceSpecificResults": list(each.collect::<Vec<_>>()),
    }
}
