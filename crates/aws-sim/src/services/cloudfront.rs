//! `CloudFront`: distributions, and invalidations of their caches.

use super::{ApiError, Call};
use crate::clock::timestamp;
use crate::rng;
use crate::wire::{Node, map, named_list};
use crate::world::cdn::{Distribution, Invalidation};

/// The number of wildcard paths that may be in progress at a time.
const MOST_WILDCARDS: usize = 15;

/// Runs a `CloudFront` operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "ListDistributions" => list(call),
        "ListInvalidations" => invalidations(call),
        "GetInvalidation" => get(call),
        "CreateInvalidation" => create(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::client("InvalidArgument", message)
}

/// Returns a page of keyed rows in the given order: `MaxItems` of them after `Marker`.
fn page<T>(call: &Call<'_>, rows: Vec<(String, T)>) -> Result<(Vec<T>, Node), ApiError> {
    let most = match call.input.str("MaxItems").map(str::parse::<usize>) {
        None => 100,
        Some(Ok(most @ 1..=100)) => most,
        Some(_) => return Err(invalid("The parameter MaxItems is not a number between 1 and 100.")),
    };
    let marker = call.input.str("Marker").unwrap_or_default();
    let from = match rows.iter().position(|(key, _)| key == marker) {
        Some(at) => at + 1,
        None if marker.is_empty() => 0,
        None => return Err(invalid("The parameter Marker is not valid.")),
    };
    let more = rows.len() > from + most;
    let mut next = None;
    let mut found = Vec::new();
    for (key, row) in rows.into_iter().skip(from).take(most) {
        next = Some(key);
        found.push(row);
    }
    let mut head = map! {"Marker": marker, "MaxItems": most, "IsTruncated": more, "Quantity": found.len()};
    head.set("NextMarker", next.filter(|_| more));
    Ok((found, head))
}

fn list(call: &Call<'_>) -> Result<Node, ApiError> {
    let rows = call.world.distributions.iter().map(|one| (one.id.clone(), summary(call, one))).collect();
    let (found, mut head) = page(call, rows)?;
    head.set("Items", named_list("DistributionSummary", found));
    Ok(head)
}

/// A summary with all members that the service model requires.
fn summary(call: &Call<'_>, one: &Distribution) -> Node {
    let none = || map! {"Quantity": 0};
    let aliases = map! {
        "Quantity": one.aliases.len(),
        "Items": named_list("CNAME", one.aliases.iter().map(String::as_str)),
    };
    let origin = map! {
        "Id": "load-balancer",
        "DomainName": format!("origin.{}", one.aliases.first().map_or("example", String::as_str)),
        "OriginPath": "",
        "CustomHeaders": none(),
    };
    let behavior = map! {
        "TargetOriginId": "load-balancer",
        "ViewerProtocolPolicy": "redirect-to-https",
        "TrustedSigners": map! {"Enabled": false, "Quantity": 0},
        "TrustedKeyGroups": map! {"Enabled": false, "Quantity": 0},
        "Compress": true,
        "SmoothStreaming": false,
        "FieldLevelEncryptionId": "",
        "LambdaFunctionAssociations": none(),
    };
    map! {
        "Id": &one.id,
        "ARN": format!("arn:aws:cloudfront::{}:distribution/{}", crate::account::ACCOUNT, one.id),
        "Status": "Deployed",
        "LastModifiedTime": timestamp(call.world.start),
        "DomainName": &one.domain,
        "Aliases": aliases,
        "Origins": map! {"Quantity": 1, "Items": named_list("Origin", [origin])},
        "DefaultCacheBehavior": behavior,
        "CacheBehaviors": none(),
        "CustomErrorResponses": none(),
        "Comment": &one.comment,
        "PriceClass": "PriceClass_200",
        "Enabled": one.enabled,
        "ViewerCertificate": map! {"CloudFrontDefaultCertificate": false, "MinimumProtocolVersion": "TLSv1.2_2021"},
        "Restrictions": map! {"GeoRestriction": map! {"RestrictionType": "none", "Quantity": 0}},
        "WebACLId": "",
        "HttpVersion": "http2and3",
        "IsIPV6Enabled": true,
        "Staging": false,
    }
}

fn distribution_index(call: &Call<'_>) -> Result<usize, ApiError> {
    let id = call.input.str("DistributionId").unwrap_or_default();
    let missing = || ApiError::not_found("NoSuchDistribution", "The specified distribution does not exist.");
    call.world.distributions.iter().position(|one| one.id == id).ok_or_else(missing)
}

fn invalidations(call: &Call<'_>) -> Result<Node, ApiError> {
    let (at, now) = (distribution_index(call)?, call.world.now);
    let newest = call.world.distributions[at].invalidations.iter().rev();
    let rows = newest.map(|one| {
        let row = map! {"Id": &one.id, "CreateTime": timestamp(one.at), "Status": one.status(now)};
        (one.id.clone(), row)
    });
    let (found, mut head) = page(call, rows.collect())?;
    head.set("Items", named_list("InvalidationSummary", found));
    Ok(head)
}

fn invalidation(one: &Invalidation, now: i64) -> Node {
    let paths = map! {
        "Quantity": one.paths.len(),
        "Items": named_list("Path", one.paths.iter().map(String::as_str)),
    };
    map! {
        "Id": &one.id,
        "Status": one.status(now),
        "CreateTime": timestamp(one.at),
        "InvalidationBatch": map! {"Paths": paths, "CallerReference": &one.reference},
    }
}

fn get(call: &Call<'_>) -> Result<Node, ApiError> {
    let at = distribution_index(call)?;
    let id = call.input.str("Id").unwrap_or_default();
    let found = call.world.distributions[at].invalidations.iter().find(|one| one.id == id);
    let missing = || ApiError::not_found("NoSuchInvalidation", "The specified invalidation does not exist.");
    Ok(invalidation(found.ok_or_else(missing)?, call.world.now))
}

fn create(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let (at, now) = (distribution_index(call)?, call.world.now);
    let malformed = || ApiError::client("MalformedXML", "The XML document is malformed.");
    let body = call.input.get("Body").ok_or_else(malformed)?;
    let reference = body.str("CallerReference").filter(|text| !text.is_empty()).ok_or_else(malformed)?.to_owned();
    let path_list = body.get("Paths").ok_or_else(malformed)?;
    let items = path_list.get("Items").and_then(|items| items.get("Path")).cloned().unwrap_or(Node::Null);
    let paths: Vec<String> = match &items {
        Node::Str(one) => vec![one.clone()],
        Node::List(_, all) => all.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    if paths.is_empty() || path_list.int("Quantity") != i64::try_from(paths.len()).ok() {
        return Err(ApiError::client(
            "InconsistentQuantities",
            "The value of Quantity and the size of Items do not match.",
        ));
    }
    if paths.iter().any(|path| !path.starts_with('/')) {
        return Err(invalid("Your request contains one or more invalid invalidation paths."));
    }
    let known = &call.world.distributions[at].invalidations;
    // A known caller reference must mean the same invalidation; with other paths it is an error.
    if let Some(same) = known.iter().find(|one| one.reference == reference) {
        if same.paths != paths {
            let text = "The invalidation batch specified has the same caller reference as another with other paths.";
            return Err(invalid(text));
        }
        return Ok(created(same, now));
    }
    let wild = |paths: &[String]| paths.iter().filter(|path| path.ends_with('*')).count();
    let under_way: usize = known.iter().filter(|one| one.status(now) == "InProgress").map(|one| wild(&one.paths)).sum();
    if under_way + wild(&paths) > MOST_WILDCARDS {
        let text = "You have exceeded the maximum number of allowable InProgress invalidation batch requests, or invalidation objects.";
        return Err(ApiError::client("TooManyInvalidationsInProgress", text));
    }
    let id =
        format!("I{}", rng::Rng::new(call.world.seed ^ call.world.serial(), "invalidation").token(13).to_uppercase());
    let one = Invalidation { id, at: now, paths, reference };
    let answer = created(&one, now);
    call.world.distributions[at].invalidations.push(one);
    Ok(answer)
}

fn created(one: &Invalidation, now: i64) -> Node {
    let mut answer = invalidation(one, now);
    answer.set("StatusCode", 201);
    answer
}
