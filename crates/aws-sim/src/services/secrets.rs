//! Secrets Manager: each database of the world has a secret `NAME/app`, and a parameter of the same name. The secrets
//! of clusters are rotated every 30 days.

use super::{ApiError, Call, token};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::rng;
use crate::wire::{Node, list, map};
use crate::world::rotation::Rotation;
use std::borrow::Cow;

const CURRENT: &str = "00000000-0000-4000-8000-000000000001";
const PENDING: &str = "00000000-0000-4000-8000-000000000002";

/// Runs an operation of Secrets Manager.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "GetSecretValue" => secret(call),
        "ListSecrets" => list_secrets(call),
        "DescribeSecret" => describe(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

/// The password of a database's user `app`, derived from its name; it is no secret.
pub(crate) fn password(database: &str) -> String {
    format!("simulated-{:08x}", rng::hash(31, database) as u32)
}

/// The database for a name like `NAME/app`.
fn database<'a>(call: &'a Call<'_>, name: &str) -> Option<&'a str> {
    let name = name.rsplit(":secret:").next()?.trim_start_matches('/');
    let name = name.strip_suffix("-AbCdEf").unwrap_or(name).strip_suffix("/app")?;
    let databases = &call.world.databases;
    let ids = databases.clusters.iter().map(|c| c.id.as_str()).chain(databases.instances.iter().map(|i| i.id.as_str()));
    ids.into_iter().find(|id| *id == name)
}

fn arn(call: &Call<'_>, database: &str) -> String {
    format!("arn:aws:secretsmanager:{}:{ACCOUNT}:secret:{database}/app-AbCdEf", call.region)
}

fn not_found() -> ApiError {
    ApiError::client("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

fn secret(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("SecretId").unwrap_or_default();
    let database = database(call, name).ok_or_else(not_found)?;
    let text = serde_json::json!({"username": "app", "password": password(database), "dbname": "app"}).to_string();
    Ok(map! {
        "ARN": arn(call, database),
        "Name": format!("{database}/app"),
        "SecretString": text,
        "VersionId": CURRENT,
    })
}

/// The parameter that accompanies the secret of a database.
pub(crate) fn parameter(call: &Call<'_>, name: &str) -> Option<Node> {
    let database = database(call, name)?;
    let value = if call.input.bool("WithDecryption") == Some(true) { password(database) } else { "AQICAHh".to_owned() };
    Some(map! {"Parameter": map! {"Name": name, "Type": "SecureString", "Value": value, "Version": 1}})
}

/// A secret in an answer; `stages` is the member name of its versions there.
fn secret_node(call: &Call<'_>, database: &str, stages: &'static str) -> Node {
    let world = &*call.world;
    let rotation = world.databases.clusters.iter().any(|c| c.id == database).then(|| world.rotation(database));
    let at = |pick: fn(&Rotation) -> Option<i64>| rotation.as_ref().and_then(pick).map(timestamp);
    let mut versions = vec![(Cow::Borrowed(CURRENT), list(["AWSCURRENT"]))];
    if rotation.as_ref().is_some_and(|rotation| rotation.pending) {
        versions.push((Cow::Borrowed(PENDING), list(["AWSPENDING"])));
    }
    let mut node = map! {
        "ARN": arn(call, database),
        "Name": format!("{database}/app"),
        "Description": format!("User app of {database}"),
        "RotationEnabled": rotation.is_some(),
        "RotationLambdaARN": rotation.is_some().then(|| format!("arn:aws:lambda:{}:{ACCOUNT}:function:rotate-{database}", call.region)),
        "RotationRules": rotation.is_some().then(|| map! {"AutomaticallyAfterDays": 30}),
        "LastRotatedDate": at(|rotation| Some(rotation.last)),
        "NextRotationDate": at(|rotation| rotation.next),
        "LastChangedDate": at(|rotation| Some(rotation.changed)).unwrap_or_else(|| timestamp(world.start - 90 * crate::world::DAY)),
        "CreatedDate": timestamp(world.start - 200 * crate::world::DAY),
    };
    node.set(stages, Node::Map(versions));
    node
}

fn list_secrets(call: &Call<'_>) -> Result<Node, ApiError> {
    let invalid = |message: &str| ApiError::client("InvalidParameterException", message);
    let size = match call.input.int("MaxResults") {
        None => 100,
        Some(n) => usize::try_from(n).ok().filter(|n| (1..=100).contains(n)).ok_or_else(|| invalid("MaxResults"))?,
    };
    let filters = call.input.items("Filters");
    let is_requested = |name: &str| {
        filters
            .iter()
            .filter(|f| f.str("Key") == Some("name"))
            .all(|f| f.strings("Values").iter().any(|v| name.starts_with(v)))
    };
    let databases = &call.world.databases;
    let clusters = databases.clusters.iter().filter(|c| c.region == call.region).map(|c| c.id.as_str());
    let alone = databases.instances.iter().filter(|i| i.cluster.is_none() && i.region == call.region);
    let mut names: Vec<&str> = clusters.chain(alone.map(|i| i.id.as_str())).collect();
    names.sort_unstable();
    let rows: Vec<(String, Node)> = names
        .into_iter()
        .filter(|id| is_requested(&format!("{id}/app")))
        .map(|id| (id.to_owned(), secret_node(call, id, "SecretVersionsToStages")))
        .collect();
    let (items, next) = token::page(rows.into_iter(), call.input.str("NextToken"), size)
        .ok_or_else(|| ApiError::client("InvalidNextTokenException", "Invalid token"))?;
    Ok(map! {"SecretList": list(items), "NextToken": next})
}

fn describe(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("SecretId").unwrap_or_default();
    let database = database(call, name).ok_or_else(not_found)?;
    Ok(secret_node(call, database, "VersionIdsToStages"))
}
