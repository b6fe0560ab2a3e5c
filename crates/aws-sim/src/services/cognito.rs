//! Cognito: user pools, their password policies, and their users.

use super::{ApiError, Call, token};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::wire::{Node, list, map};
use crate::world::pools::{Pool, User};

/// The largest page of users or pools.
const MOST: i64 = 60;

/// Runs a Cognito operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "ListUserPools" => pools(call),
        "DescribeUserPool" => Ok(map! {"UserPool": describe(call, find_pool(call)?)}),
        "GetUserPoolMfaConfig" => mfa(call),
        "ListUsers" => users(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterException", message)
}

fn size(call: &Call<'_>, name: &str, default: Option<i64>) -> Result<usize, ApiError> {
    let given = call.input.int(name).or(default).ok_or_else(|| invalid(format!("{name} is required.")))?;
    if !(1..=MOST).contains(&given) {
        let bound =
            if given < 1 { "greater than or equal to 1".to_owned() } else { format!("less than or equal to {MOST}") };
        let text = format!(
            "1 validation error detected: Value '{given}' at '{name}' failed to satisfy constraint: Member must have value {bound}"
        );
        return Err(invalid(text));
    }
    Ok(given as usize)
}

fn pools(call: &Call<'_>) -> Result<Node, ApiError> {
    let size = size(call, "MaxResults", None)?;
    let in_region = call.world.pools.iter().filter(|pool| pool.region == call.region);
    let mut rows: Vec<(String, Node)> = in_region
        .map(|pool| {
            let at = timestamp(call.world.start);
            (pool.id.to_owned(), map! {"Id": pool.id, "Name": pool.name, "CreationDate": at, "LastModifiedDate": at})
        })
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (found, next) = token::page(rows.into_iter(), call.input.str("NextToken"), size)
        .ok_or_else(|| invalid("The next token is not valid."))?;
    let mut answer = map! {"UserPools": list(found)};
    answer.set("NextToken", next);
    Ok(answer)
}

fn find_pool<'a>(call: &'a Call<'_>) -> Result<&'a Pool, ApiError> {
    let id = call.input.str("UserPoolId").unwrap_or_default();
    let found = call.world.pools.iter().find(|pool| pool.id == id && pool.region == call.region);
    found.ok_or_else(|| ApiError::client("ResourceNotFoundException", format!("User pool {id} does not exist.")))
}

fn describe(call: &Call<'_>, pool: &Pool) -> Node {
    let policy = map! {
        "MinimumLength": pool.min_length,
        "RequireUppercase": true,
        "RequireLowercase": true,
        "RequireNumbers": true,
        "RequireSymbols": pool.symbols,
        "TemporaryPasswordValidityDays": 7,
    };
    map! {
        "Id": pool.id,
        "Name": pool.name,
        "Policies": map! {"PasswordPolicy": policy},
        "DeletionProtection": "ACTIVE",
        "LastModifiedDate": timestamp(call.world.start),
        "CreationDate": timestamp(call.world.start),
        "AutoVerifiedAttributes": list(["email"]),
        "UsernameAttributes": list(["email"]),
        "MfaConfiguration": pool.mfa,
        "EstimatedNumberOfUsers": pool.users.len(),
        "Arn": format!("arn:aws:cognito-idp:{}:{ACCOUNT}:userpool/{}", call.region, pool.id),
        "UserPoolTier": "ESSENTIALS",
    }
}

fn mfa(call: &Call<'_>) -> Result<Node, ApiError> {
    let pool = find_pool(call)?;
    Ok(map! {
        "SoftwareTokenMfaConfiguration": map! {"Enabled": pool.mfa != "OFF"},
        "MfaConfiguration": pool.mfa,
    })
}

fn users(call: &Call<'_>) -> Result<Node, ApiError> {
    let (pool, size) = (find_pool(call)?, size(call, "Limit", Some(MOST))?);
    // Only the filter by status is simulated.
    let wanted = match call.input.str("Filter").map(str::trim).filter(|filter| !filter.is_empty()) {
        None => None,
        Some(filter) => {
            let rest = filter.strip_prefix("cognito:user_status").map(str::trim_start);
            let value = rest.and_then(|rest| rest.strip_prefix('=')).map(|value| value.trim().trim_matches('"'));
            Some(value.ok_or_else(|| invalid("Only a filter by cognito:user_status is simulated."))?)
        }
    };
    let start = call.world.start;
    let matching = pool.users.iter().filter(|user| wanted.is_none_or(|status| user.status == status));
    let rows = matching.map(|user| (user.name.clone(), row(user, start)));
    let (found, next) = token::page(rows, call.input.str("PaginationToken"), size)
        .ok_or_else(|| invalid("The pagination token is not valid."))?;
    let mut answer = map! {"Users": list(found)};
    answer.set("PaginationToken", next);
    Ok(answer)
}

fn row(user: &User, start: i64) -> Node {
    let attribute = |name: &str, value: &str| map! {"Name": name, "Value": value};
    let verified = if user.status == "CONFIRMED" { "true" } else { "false" };
    let mut attributes =
        vec![attribute("sub", &user.name), attribute("email", &user.email), attribute("email_verified", verified)];
    attributes.extend(user.phone.as_deref().map(|phone| attribute("phone_number", phone)));
    map! {
        "Username": &user.name,
        "Attributes": list(attributes),
        "UserCreateDate": timestamp(start - user.made),
        "UserLastModifiedDate": timestamp(start - user.changed),
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }
}
