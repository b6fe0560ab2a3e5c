//! Secrets Manager and the parameters of Systems Manager, as far as a database's user and password need them: each
//! database of the world has `NAME/app` in both.

use super::{ApiError, Call};
use crate::account::ACCOUNT;
use crate::rng;
use crate::wire::{Node, map};

/// Runs an operation of either.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "GetSecretValue" => secret(call),
        "GetParameter" => parameter(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

/// The password of a database's user `app`: made of its name, and no secret.
pub(crate) fn password(database: &str) -> String {
    format!("simulated-{:08x}", rng::hash(31, database) as u32)
}

/// The database of a name like `NAME/app`.
fn database<'a>(call: &'a Call<'_>, name: &str) -> Option<&'a str> {
    let name = name.rsplit(":secret:").next()?.trim_start_matches('/').strip_suffix("/app")?;
    let databases = &call.world.databases;
    let ids = databases.clusters.iter().map(|c| c.id.as_str()).chain(databases.instances.iter().map(|i| i.id.as_str()));
    ids.into_iter().find(|id| *id == name)
}

fn secret(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("SecretId").unwrap_or_default();
    let database = database(call, name).ok_or_else(|| {
        ApiError::client("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    })?;
    let text = serde_json::json!({"username": "app", "password": password(database), "dbname": "app"}).to_string();
    Ok(map! {
        "ARN": format!("arn:aws:secretsmanager:{}:{ACCOUNT}:secret:{database}/app-AbCdEf", call.region),
        "Name": format!("{database}/app"),
        "SecretString": text,
        "VersionId": "00000000-0000-4000-8000-000000000001",
    })
}

fn parameter(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("Name").unwrap_or_default();
    let database = database(call, name).ok_or_else(|| ApiError::client("ParameterNotFound", ""))?;
    let value = if call.input.bool("WithDecryption") == Some(true) { password(database) } else { "AQICAHh".to_owned() };
    Ok(map! {"Parameter": map! {"Name": name, "Type": "SecureString", "Value": value, "Version": 1}})
}
