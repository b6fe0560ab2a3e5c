//! Lambda: describes and invokes the functions of the world. Their behaviour is in `world::nightly_stop`.

use super::{ApiError, Call};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::wire::{Node, list, map};
use crate::world::nightly_stop::Function;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Runs a Lambda operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "ListFunctions" => Ok(list_functions(call)),
        "GetFunction" => get_function(call),
        "GetFunctionConfiguration" => Ok(configuration(call, &call.world.functions[find(call)?])),
        "Invoke" => invoke(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

/// Finds a function by name, `ACCOUNT:function:NAME` or ARN.
fn find(call: &Call<'_>) -> Result<usize, ApiError> {
    let given = call.input.str("FunctionName").unwrap_or_default();
    let name = given.rsplit_once("function:").map_or(given, |(_, name)| name);
    let name = name.split(':').next().unwrap_or(name);
    let found = call.world.functions.iter().position(|f| f.region == call.region && f.name == name);
    found.ok_or_else(|| {
        let arn = format!("arn:aws:lambda:{}:{ACCOUNT}:function:{name}", call.region);
        ApiError::not_found("ResourceNotFoundException", format!("Function not found: {arn}"))
    })
}

fn configuration(call: &Call<'_>, f: &Function) -> Node {
    let cluster = call.world.clusters[f.cluster].name.as_str();
    map! {
        "FunctionName": &f.name,
        "FunctionArn": f.arn(),
        "Runtime": "nodejs22.x",
        "Role": format!("arn:aws:iam::{ACCOUNT}:role/{}", f.name),
        "Handler": "index.handler",
        "CodeSize": 2048,
        "Description": "Stops the services at night and starts them again",
        "Timeout": 60,
        "MemorySize": 128,
        "LastModified": timestamp(f.modified).strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string(),
        "CodeSha256": STANDARD.encode(&f.name),
        "Version": "$LATEST",
        "Environment": map! {"Variables": map! {"CLUSTER": cluster}},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": list(["arm64"]),
        "LoggingConfig": map! {"LogFormat": "Text", "LogGroup": format!("/aws/lambda/{}", f.name)},
    }
}

fn list_functions(call: &Call<'_>) -> Node {
    let in_region = call.world.functions.iter().filter(|f| f.region == call.region);
    map! {"Functions": list(in_region.map(|f| configuration(call, f)))}
}

fn get_function(call: &Call<'_>) -> Result<Node, ApiError> {
    let f = &call.world.functions[find(call)?];
    Ok(map! {
        "Configuration": configuration(call, f),
        "Code": map! {"RepositoryType": "S3", "Location": format!("{}/_lambda/{}", call.endpoint, f.name)},
        "Tags": map! {"Project": "bookmark-manager"},
    })
}

/// `Invoke`: the payload is the whole body in both directions; `Event` and `DryRun` answer without one.
fn invoke(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let at = find(call)?;
    let text = call.input.str("Payload").unwrap_or_default().to_owned();
    let input: Value = if text.trim().is_empty() {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_str(&text).map_err(|e| {
            let text = format!("Could not parse request body into json: {e}");
            ApiError::client("InvalidRequestContentException", text)
        })?
    };
    let kind = call.input.str("InvocationType").unwrap_or("RequestResponse");
    if kind == "DryRun" {
        return Ok(map! {"StatusCode": 204, "ExecutedVersion": "$LATEST"});
    }
    let done = call.world.invoke(at, &input);
    if kind == "Event" {
        return Ok(map! {"StatusCode": 202});
    }
    // The last 4 KB, as in AWS.
    let tail = call.input.str("LogType") == Some("Tail");
    let from = done.log.len().saturating_sub(4_096);
    let log = tail.then(|| STANDARD.encode(&done.log.as_bytes()[from..]));
    Ok(map! {
        "StatusCode": 200,
        "FunctionError": done.failed.then_some("Unhandled"),
        "LogResult": log,
        "ExecutedVersion": "$LATEST",
        "Payload": done.payload.to_string(),
    })
}
