//! ECR: repositories, images with their manifests, scans, and the token for `docker login`. The effect of an image on
//! its tasks is part of the world.

mod push;

use super::{ApiError, Call, token};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::rng;
use crate::wire::{Node, list, map};
use crate::world::registry::{Image, Repository};
use crate::world::{HOUR, MINUTE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// Runs an ECR operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeRepositories" => repositories(call),
        "ListImages" => list_images(call),
        "DescribeImages" => describe_images(call),
        "BatchGetImage" => batch_get(call),
        "GetDownloadUrlForLayer" => download_url(call),
        "GetAuthorizationToken" => Ok(authorization(call)),
        "DescribeImageScanFindings" => scan_findings(call),
        "BatchCheckLayerAvailability" => push::available(call),
        "InitiateLayerUpload" => push::begin(call),
        "UploadLayerPart" => push::part(call),
        "CompleteLayerUpload" => push::complete(call),
        "PutImage" => push::put_image(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterException", message)
}

fn no_repository(name: &str) -> ApiError {
    let text = format!("The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'");
    ApiError::client("RepositoryNotFoundException", text)
}

fn no_layer(name: &str, digest: &str) -> ApiError {
    let text = format!(
        "The layer with digest '{digest}' does not exist in the repository with name '{name}' in the registry with id '{ACCOUNT}'"
    );
    ApiError::client("LayersNotFoundException", text)
}

/// Returns a page of keyed nodes: 1 to 1,000, by default 100.
fn paged(call: &Call<'_>, name: &'static str, rows: Vec<(String, Node)>) -> Result<Node, ApiError> {
    let size = match call.input.int("maxResults") {
        None => 100,
        Some(n) => usize::try_from(n)
            .ok()
            .filter(|n| (1..=1_000).contains(n))
            .ok_or_else(|| invalid("maxResults must be between 1 and 1000"))?,
    };
    let (items, next) = token::page(rows.into_iter(), call.input.str("nextToken"), size)
        .ok_or_else(|| invalid("Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'"))?;
    let mut answer = map! {};
    answer.set(name, list(items));
    answer.set("nextToken", next);
    Ok(answer)
}

fn repositories(call: &Call<'_>) -> Result<Node, ApiError> {
    let names = call.input.strings("repositoryNames");
    let in_region = call.world.registry.repositories.iter().filter(|((region, _), _)| *region == call.region);
    let wanted = in_region.filter(|((_, name), _)| names.is_empty() || names.contains(&name.as_str()));
    let rows: Vec<_> = wanted.map(|((_, name), r)| (name.clone(), repository(call, name, r))).collect();
    if let Some(missing) = names.iter().find(|n| rows.iter().all(|(name, _)| name != *n)) {
        return Err(no_repository(missing));
    }
    paged(call, "repositories", rows)
}

fn repository(call: &Call<'_>, name: &str, r: &Repository) -> Node {
    let region = call.region;
    map! {
        "repositoryArn": format!("arn:aws:ecr:{region}:{ACCOUNT}:repository/{name}"),
        "registryId": ACCOUNT,
        "repositoryName": name,
        "repositoryUri": format!("{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/{name}"),
        "createdAt": timestamp(r.created),
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": map! {"scanOnPush": true},
        "encryptionConfiguration": map! {"encryptionType": "AES256"},
    }
}

/// The repository that a call names.
fn find_repository<'a>(call: &'a Call<'_>) -> Result<(&'a str, &'a Repository), ApiError> {
    let name = call.input.str("repositoryName").ok_or_else(|| invalid("repositoryName is missing"))?;
    let mut all = call.world.registry.repositories.iter();
    let found = all.find(|((region, n), _)| *region == call.region && n == name);
    found.map(|((_, n), r)| (n.as_str(), r)).ok_or_else(|| no_repository(name))
}

/// The images that match the tag filter, by push time, oldest first.
fn sorted<'a>(call: &Call<'_>, repository: &'a Repository) -> Vec<&'a Image> {
    let status = call.input.get("filter").and_then(|f| f.str("tagStatus"));
    let mut images: Vec<&Image> = repository
        .images
        .iter()
        .filter(|i| match status {
            Some("TAGGED") => !i.tags.is_empty(),
            Some("UNTAGGED") => i.tags.is_empty(),
            _ => true,
        })
        .collect();
    images.sort_by(|a, b| (a.pushed, &a.digest).cmp(&(b.pushed, &b.digest)));
    images
}

fn list_images(call: &Call<'_>) -> Result<Node, ApiError> {
    let (_, repository) = find_repository(call)?;
    let mut rows = Vec::new();
    for i in sorted(call, repository) {
        let key = |tag: &str| format!("{:020}{}{tag}", i.pushed, i.digest);
        if i.tags.is_empty() {
            rows.push((key(""), map! {"imageDigest": &i.digest}));
        }
        rows.extend(i.tags.iter().map(|t| (key(t), map! {"imageDigest": &i.digest, "imageTag": t})));
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    paged(call, "imageIds", rows)
}

/// The image for an identifier, or the error for a missing one.
fn pick<'a>(repository: &'a Repository, name: &str, id: &Node) -> Result<&'a Image, ApiError> {
    let (digest, tag) = (id.str("imageDigest"), id.str("imageTag"));
    repository.find(digest, tag).ok_or_else(|| {
        let quoted = |v: Option<&str>| v.map_or_else(|| "null".to_owned(), |v| format!("'{v}'"));
        let text = format!(
            "The image with imageId {{imageDigest:{}, imageTag:{}}} does not exist within the repository with name '{name}' in the registry with id '{ACCOUNT}'",
            quoted(digest),
            quoted(tag)
        );
        ApiError::client("ImageNotFoundException", text)
    })
}

fn describe_images(call: &Call<'_>) -> Result<Node, ApiError> {
    let (name, repository) = find_repository(call)?;
    let ids = call.input.items("imageIds");
    if ids.is_empty() {
        let images = sorted(call, repository).into_iter();
        let rows = images.map(|i| (format!("{:020}{}", i.pushed, i.digest), detail(name, i))).collect();
        return paged(call, "imageDetails", rows);
    }
    if ids.len() > 100 {
        return Err(invalid("imageIds can have at most 100 entries"));
    }
    let mut found: Vec<&Image> = Vec::new();
    for id in ids {
        let image = pick(repository, name, id)?;
        if found.iter().all(|f| f.digest != image.digest) {
            found.push(image);
        }
    }
    Ok(map! {"imageDetails": list(found.into_iter().map(|i| detail(name, i)))})
}

/// The severities of a scan with non-zero counts.
fn counts(findings: [u32; 4]) -> Node {
    let names = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];
    let found = names.into_iter().zip(findings).filter(|(_, n)| *n > 0);
    Node::Map(found.map(|(name, n)| (Cow::Borrowed(name), Node::from(n))).collect())
}

fn detail(name: &str, i: &Image) -> Node {
    let scanned = i.findings.map(|f| {
        let at = timestamp(i.pushed + MINUTE);
        map! {"imageScanCompletedAt": at, "vulnerabilitySourceUpdatedAt": at, "findingSeverityCounts": counts(f)}
    });
    map! {
        "registryId": ACCOUNT,
        "repositoryName": name,
        "imageDigest": &i.digest,
        "imageTags": (!i.tags.is_empty()).then(|| list(i.tags.iter().map(String::as_str))),
        "imageSizeInBytes": i.size as i64,
        "imagePushedAt": timestamp(i.pushed),
        "imageScanStatus": i.findings.map(|_| map! {"status": "COMPLETE", "description": "The scan was completed successfully."}),
        "imageScanFindingsSummary": scanned,
        "imageManifestMediaType": &i.media_type,
        "artifactMediaType": "application/vnd.oci.image.config.v1+json",
    }
}

fn image_node(name: &str, i: &Image, tag: Option<&str>) -> Node {
    map! {
        "registryId": ACCOUNT,
        "repositoryName": name,
        "imageId": map! {"imageDigest": &i.digest, "imageTag": tag},
        "imageManifest": &i.manifest,
        "imageManifestMediaType": &i.media_type,
    }
}

fn batch_get(call: &Call<'_>) -> Result<Node, ApiError> {
    let (name, repository) = find_repository(call)?;
    let ids = call.input.items("imageIds");
    if ids.is_empty() || ids.len() > 100 {
        return Err(invalid("imageIds must have 1 to 100 entries"));
    }
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for id in ids {
        if id.str("imageDigest").is_none() && id.str("imageTag").is_none() {
            let text = "Invalid request parameters: both tag and digest cannot be null";
            failures.push(map! {"imageId": map! {}, "failureCode": "MissingDigestAndTag", "failureReason": text});
        } else if let Ok(image) = pick(repository, name, id) {
            found.push(image_node(name, image, id.str("imageTag")));
        } else {
            failures.push(map! {
                "imageId": map! {"imageDigest": id.str("imageDigest"), "imageTag": id.str("imageTag")},
                "failureCode": "ImageNotFound",
                "failureReason": "Requested image not found",
            });
        }
    }
    Ok(map! {"images": list(found), "failures": list(failures)})
}

fn download_url(call: &Call<'_>) -> Result<Node, ApiError> {
    let (name, _) = find_repository(call)?;
    let digest = call.input.str("layerDigest").ok_or_else(|| invalid("layerDigest is missing"))?;
    if !call.world.registry.blobs.contains_key(digest) {
        return Err(no_layer(name, digest));
    }
    Ok(map! {"downloadUrl": format!("{}/_ecr/blob/{digest}", call.endpoint), "layerDigest": digest})
}

/// A token for the user `AWS`, valid for twelve hours.
fn authorization(call: &Call<'_>) -> Node {
    let now = call.world.now;
    let secret = rng::Rng::new(now.cast_unsigned(), "registry").token(64);
    map! {"authorizationData": list([map! {
        "authorizationToken": STANDARD.encode(format!("AWS:{secret}")),
        "expiresAt": timestamp(now + 12 * HOUR),
        "proxyEndpoint": format!("https://{ACCOUNT}.dkr.ecr.{}.amazonaws.com", call.region),
    }])}
}

fn scan_findings(call: &Call<'_>) -> Result<Node, ApiError> {
    let (name, repository) = find_repository(call)?;
    let id = call.input.get("imageId").ok_or_else(|| invalid("imageId is missing"))?;
    let image = pick(repository, name, id)?;
    let missing = || {
        let text = format!(
            "Image scan does not exist for the image with '{{imageDigest:'{}', imageTag:'{}'}}' in the repository with name '{name}' in the registry with id '{ACCOUNT}'",
            image.digest,
            id.str("imageTag").unwrap_or("null")
        );
        ApiError::client("ScanNotFoundException", text)
    };
    let findings = image.findings.ok_or_else(missing)?;
    let at = timestamp(image.pushed + MINUTE);
    let severities = ["CRITICAL", "HIGH", "MEDIUM", "LOW"].into_iter().zip(findings).filter(|(_, n)| *n > 0);
    let each = severities.flat_map(|(severity, n)| (0..n).map(move |i| (severity, i))).map(|(severity, i)| {
        let number = 10_000 + rng::hash(31, &format!("{}{severity}{i}", image.digest)) % 30_000;
        map! {
            "name": format!("CVE-2026-{number}"),
            "description": "Simulated.",
            "uri": format!("https://nvd.nist.gov/vuln/detail/CVE-2026-{number}"),
            "severity": severity,
            "attributes": list([map! {"key": "package_name", "value": "openssl"}]),
        }
    });
    Ok(map! {
        "registryId": ACCOUNT,
        "repositoryName": name,
        "imageId": map! {"imageDigest": &image.digest, "imageTag": id.str("imageTag")},
        "imageScanStatus": map! {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindings": map! {
            "imageScanCompletedAt": at,
            "vulnerabilitySourceUpdatedAt": at,
            "findingSeverityCounts": counts(findings),
            "findings": list(each),
        },
    })
}
