//! Parameters of Systems Manager: reading and changing them. The data is in `world::parameters`.

use super::{ApiError, Call, secrets, token};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::wire::{Node, list, map};
use crate::world::parameters::{DEFAULT_KEY, Parameter, Version};

/// The largest values in bytes, of the standard and the advanced tier.
const STANDARD: usize = 4_096;
const ADVANCED: usize = 8_192;

/// Runs an operation on parameters.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeParameters" => describe(call),
        "GetParameter" => get(call),
        "GetParameters" => get_some(call),
        "GetParametersByPath" => by_path(call),
        "GetParameterHistory" => history(call),
        "PutParameter" => put(call),
        "DeleteParameter" => delete(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("ValidationException", message)
}

fn not_found() -> ApiError {
    ApiError::client("ParameterNotFound", "")
}

fn size(call: &Call<'_>, most: usize, usual: usize) -> Result<usize, ApiError> {
    let Some(n) = call.input.int("MaxResults") else { return Ok(usual) };
    let fits = usize::try_from(n).ok().filter(|n| (1..=most).contains(n));
    fits.ok_or_else(|| invalid(format!("1 validation error detected: Value '{n}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to {most}")))
}

fn bad_token() -> ApiError {
    ApiError::client("InvalidNextToken", "The specified token isn't valid.")
}

/// Whether a name is in a folder, directly or (recursively) below it.
fn under(name: &str, folder: &str, recursive: bool) -> bool {
    let folder = folder.strip_suffix('/').unwrap_or(folder);
    let rest = name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| recursive || !rest.contains('/'))
}

fn matches(parameter: &Parameter, newest: &Version, filter: &Node) -> Result<bool, ApiError> {
    let values = filter.strings("Values");
    let key = filter.str("Key").unwrap_or_default();
    let option = filter.str("Option").unwrap_or(if key == "Path" { "OneLevel" } else { "Equals" });
    let compare = |text: &str| {
        values.iter().any(|value| match option {
            "BeginsWith" => text.starts_with(value),
            "Contains" => text.contains(value),
            _ => text == *value,
        })
    };
    Ok(match key {
        "Name" => compare(&parameter.name),
        "Type" => compare(&newest.kind),
        "KeyId" => newest.key.as_deref().is_some_and(compare),
        "Tier" => compare(newest.tier),
        "Path" => values.iter().any(|folder| under(&parameter.name, folder, option == "Recursive")),
        _ => return Err(ApiError::client("InvalidFilterKey", format!("The filter key {key} is not supported"))),
    })
}

fn describe(call: &Call<'_>) -> Result<Node, ApiError> {
    let size = size(call, 50, 50)?;
    let filters = call.input.items("ParameterFilters");
    let mut rows = Vec::new();
    'all: for parameter in call.world.parameters.of(call.region) {
        let Some(newest) = parameter.newest() else { continue };
        for filter in filters {
            if !matches(parameter, newest, filter)? {
                continue 'all;
            }
        }
        rows.push((parameter.name.clone(), described(parameter, newest, call.region)));
    }
    let (items, next) = token::page(rows.into_iter(), call.input.str("NextToken"), size).ok_or_else(bad_token)?;
    Ok(map! {"Parameters": list(items), "NextToken": next})
}

fn described(parameter: &Parameter, newest: &Version, region: &str) -> Node {
    map! {
        "Name": &parameter.name,
        "ARN": parameter.arn(region),
        "Type": &newest.kind,
        "KeyId": newest.key.as_ref(),
        "LastModifiedDate": timestamp(newest.at),
        "LastModifiedUser": &newest.by,
        "Description": newest.description.as_ref(),
        "Version": newest.number,
        "Tier": newest.tier,
        "Policies": list(Vec::<Node>::new()),
        "DataType": "text",
    }
}

/// The value in an answer: plain, or encrypted; refused if its key must not be used.
fn value(call: &Call<'_>, version: &Version) -> Result<String, ApiError> {
    if version.kind != "SecureString" {
        return Ok(version.value.clone());
    }
    if call.input.bool("WithDecryption") != Some(true) {
        return Ok(format!("AQICAHh{:032x}", crate::rng::hash(5, &version.value)));
    }
    use_key(call, version.key.as_deref().unwrap_or(DEFAULT_KEY), "kms:Decrypt")?;
    Ok(version.value.clone())
}

fn use_key(call: &Call<'_>, key: &str, action: &str) -> Result<(), ApiError> {
    if !call.world.parameters.refused_keys.contains(key) {
        return Ok(());
    }
    let region = call.region;
    Err(ApiError::client(
        "AccessDeniedException",
        format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/admin/operator is not authorized to perform: {action} on resource: arn:aws:kms:{region}:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000 because no identity-based policy allows the {action} action"
        ),
    ))
}

fn parameter_node(call: &Call<'_>, parameter: &Parameter, version: &Version) -> Result<Node, ApiError> {
    Ok(map! {
        "Name": &parameter.name,
        "Type": &version.kind,
        "Value": value(call, version)?,
        "Version": version.number,
        "LastModifiedDate": timestamp(version.at),
        "ARN": parameter.arn(call.region),
        "DataType": "text",
    })
}

fn get(call: &Call<'_>) -> Result<Node, ApiError> {
    let requested = call.input.str("Name").unwrap_or_default();
    let (name, number) = match requested.rsplit_once(':') {
        Some((name, number)) if !requested.starts_with("arn:") => (name, number.parse::<i64>().ok()),
        _ => (requested, None),
    };
    let Some(parameter) = call.world.parameters.get(call.region, name) else {
        return secrets::parameter(call, name).ok_or_else(not_found);
    };
    let found = match number {
        Some(number) => parameter.versions.iter().find(|version| version.number == number),
        None => parameter.newest(),
    };
    let version = found.ok_or_else(|| ApiError::client("ParameterVersionNotFound", ""))?;
    Ok(map! {"Parameter": parameter_node(call, parameter, version)?})
}

fn get_some(call: &Call<'_>) -> Result<Node, ApiError> {
    let names = call.input.strings("Names");
    if names.is_empty() || names.len() > 10 {
        return Err(invalid(
            "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than or equal to 10",
        ));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        match call.world.parameters.get(call.region, name).and_then(|p| Some((p, p.newest()?))) {
            Some((parameter, version)) => found.push(parameter_node(call, parameter, version)?),
            None => missing.push(name.to_owned()),
        }
    }
    Ok(map! {"Parameters": list(found), "InvalidParameters": list(missing)})
}

fn by_path(call: &Call<'_>) -> Result<Node, ApiError> {
    let size = size(call, 10, 10)?;
    let path = call.input.str("Path").unwrap_or_default();
    if !path.starts_with('/') {
        return Err(invalid(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".",
        ));
    }
    let recursive = call.input.bool("Recursive") == Some(true);
    let mut rows = Vec::new();
    for parameter in call.world.parameters.of(call.region).filter(|p| under(&p.name, path, recursive)) {
        let Some(version) = parameter.newest() else { continue };
        rows.push((parameter.name.clone(), parameter_node(call, parameter, version)?));
    }
    let (items, next) = token::page(rows.into_iter(), call.input.str("NextToken"), size).ok_or_else(bad_token)?;
    Ok(map! {"Parameters": list(items), "NextToken": next})
}

fn history(call: &Call<'_>) -> Result<Node, ApiError> {
    let size = size(call, 50, 50)?;
    let name = call.input.str("Name").unwrap_or_default();
    let parameter = call.world.parameters.get(call.region, name).ok_or_else(not_found)?;
    let mut rows = Vec::new();
    for version in &parameter.versions {
        let node = map! {
            "Name": &parameter.name,
            "Type": &version.kind,
            "KeyId": version.key.as_ref(),
            "LastModifiedDate": timestamp(version.at),
            "LastModifiedUser": &version.by,
            "Description": version.description.as_ref(),
            "Value": value(call, version)?,
            "Version": version.number,
            "Labels": list(Vec::<Node>::new()),
            "Tier": version.tier,
            "Policies": list(Vec::<Node>::new()),
            "DataType": "text",
        };
        rows.push((format!("{:010}", version.number), node));
    }
    let (items, next) = token::page(rows.into_iter(), call.input.str("NextToken"), size).ok_or_else(bad_token)?;
    Ok(map! {"Parameters": list(items), "NextToken": next})
}

fn put(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("Name").unwrap_or_default().to_owned();
    let text = call.input.str("Value").unwrap_or_default().to_owned();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    let first = name.trim_start_matches('/').to_ascii_lowercase();
    if name.is_empty() || !name.chars().all(allowed) || first.starts_with("aws") || first.starts_with("ssm") {
        return Err(invalid(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(invalid("Parameter name must be a fully qualified name."));
    }
    if text.is_empty() {
        return Err(invalid(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
        ));
    }
    let before = call.world.parameters.get(call.region, &name).and_then(Parameter::newest).cloned();
    if before.is_some() && call.input.bool("Overwrite") != Some(true) {
        return Err(ApiError::client(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
        ));
    }
    let kind = call.input.str("Type").map(str::to_owned).or_else(|| Some(before.as_ref()?.kind.clone()));
    let kind = kind.ok_or_else(|| invalid("A parameter type is required when you create a parameter."))?;
    let tier = tier(call, before.as_ref().map(|version| version.tier), text.len())?;
    let key = (kind == "SecureString").then(|| call.input.str("KeyId").unwrap_or(DEFAULT_KEY).to_owned());
    if let Some(key) = &key {
        use_key(call, key, "kms:Encrypt")?;
    }
    let description = call.input.str("Description").map(str::to_owned).or_else(|| before.as_ref()?.description.clone());
    let by = format!("arn:aws:sts::{ACCOUNT}:assumed-role/admin/operator");
    let at = call.world.now;
    let version = Version { number: 0, kind, value: text, key, at, by, description, tier };
    let number = call.world.parameters.put(call.region, &name, version);
    Ok(map! {"Version": number, "Tier": tier})
}

fn tier(call: &Call<'_>, before: Option<&'static str>, bytes: usize) -> Result<&'static str, ApiError> {
    let tier = match (call.input.str("Tier"), before) {
        (Some("Advanced"), _) | (None | Some("Intelligent-Tiering"), Some("Advanced")) => "Advanced",
        (Some("Intelligent-Tiering"), _) if bytes > STANDARD => "Advanced",
        (Some("Standard"), Some("Advanced")) => {
            return Err(invalid(
                "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.",
            ));
        }
        _ => "Standard",
    };
    let most = if tier == "Advanced" { ADVANCED } else { STANDARD };
    if bytes > most {
        let name = tier;
        return Err(invalid(format!(
            "{name} tier parameters support a maximum parameter value of {most} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
        )));
    }
    Ok(tier)
}

fn delete(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let name = call.input.str("Name").unwrap_or_default().to_owned();
    if call.world.parameters.delete(call.region, &name) { Ok(map! {}) } else { Err(not_found()) }
}
