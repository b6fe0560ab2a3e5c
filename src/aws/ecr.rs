//! ECR: images of a repository, their architectures, and the login for `docker`.

use super::budget::Class;
use super::clients::Clients;
use super::convert::{to_count, to_timestamp};
use super::session::{Action, Caller};
use crate::app::operation::call::Reply;
use crate::model::image::{Finding, Image, Registry, Scan, is_digest};
use crate::model::{Failure, FailureKind};
use aws_sdk_ecr::types as sdk;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::collections::HashMap;

pub(super) const DESCRIBE_IMAGES: Action = Action { name: "ecr:DescribeImages", class: Class::Ecr };
pub(super) const BATCH_GET_IMAGE: Action = Action { name: "ecr:BatchGetImage", class: Class::Ecr };
pub(super) const GET_DOWNLOAD_URL: Action = Action { name: "ecr:GetDownloadUrlForLayer", class: Class::Ecr };
pub(super) const SCAN_FINDINGS: Action = Action { name: "ecr:DescribeImageScanFindings", class: Class::Ecr };
const GET_AUTHORIZATION_TOKEN: Action = Action { name: "ecr:GetAuthorizationToken", class: Class::Ecr };
/// Items per page: the maximum of the API.
const PAGE: i32 = 1_000;
/// Maximum number of images read to find the newest: the list is unordered.
const MAX: usize = 10_000;
/// Number of images returned.
const NEWEST: usize = 50;
/// The supported manifests: an index of several images, or one image, in the formats of OCI and Docker.
const MANIFESTS: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

fn account(registry: Option<&Registry>) -> Option<String> {
    registry.map(|registry| registry.account.clone())
}

/// Returns an image with its scan and its architectures.
pub(super) async fn image(
    caller: &Caller<'_>,
    registry: Option<&Registry>,
    repository: &str,
    reference: &str,
) -> Result<Image, Failure> {
    let id = sdk::ImageIdentifier::builder();
    let id = if is_digest(reference) { id.image_digest(reference) } else { id.image_tag(reference) }.build();
    let answer = caller
        .call(DESCRIBE_IMAGES, |clients| {
            let request = clients.ecr_at(registry).describe_images().set_registry_id(account(registry));
            request.repository_name(repository).image_ids(id.clone()).send()
        })
        .await?;
    let Some(detail) = answer.image_details.unwrap_or_default().into_iter().next() else {
        return Err(Failure::new(
            FailureKind::NotFound,
            format!("{}: {repository} has no image `{reference}`", DESCRIBE_IMAGES.name),
        ));
    };
    let mut image = from_detail(repository, detail);
    if !is_digest(&image.digest) {
        return Err(Failure::new(
            FailureKind::Malformed,
            format!("{}: the answer has no digest of `{reference}`", DESCRIBE_IMAGES.name),
        ));
    }
    // Optional, with a permission of its own: without it only the architectures are unknown.
    image.architectures = architectures(caller, registry, repository, &image.digest).await.unwrap_or_default();
    Ok(image)
}

/// Returns the newest images, newest first.
pub(super) async fn images(
    caller: &Caller<'_>,
    registry: Option<&Registry>,
    repository: &str,
) -> Result<Vec<Image>, Failure> {
    let details = caller
        .all_pages(
            DESCRIBE_IMAGES,
            MAX,
            |clients, token| {
                let request = clients.ecr_at(registry).describe_images().set_registry_id(account(registry));
                request.repository_name(repository).max_results(PAGE).set_next_token(token).send()
            },
            |page| (page.image_details.unwrap_or_default(), page.next_token),
        )
        .await?;
    let mut images: Vec<Image> = details.into_iter().map(|detail| from_detail(repository, detail)).collect();
    images.sort_by_key(|image| std::cmp::Reverse(image.pushed_at));
    images.truncate(NEWEST);
    Ok(images)
}

/// Returns the number of images in a repository, their total bytes, and whether there are more than were read.
pub(super) async fn contents(caller: &Caller<'_>, repository: &str) -> Result<(u64, u64, bool), Failure> {
    let details = caller
        .all_pages(
            DESCRIBE_IMAGES,
            MAX,
            |clients, token| {
                clients
                    .ecr()
                    .describe_images()
                    .repository_name(repository)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| (page.image_details.unwrap_or_default(), page.next_token),
        )
        .await?;
    let bytes = details.iter().filter_map(|image| u64::try_from(image.image_size_in_bytes?).ok()).sum();
    Ok((details.len() as u64, bytes, details.len() >= MAX))
}

/// Returns the findings of an image's scan, or `None` if it was not scanned.
pub(super) async fn scan(
    caller: &Caller<'_>,
    registry: Option<&Registry>,
    repository: &str,
    digest: &str,
) -> Result<Option<Scan>, Failure> {
    let id = sdk::ImageIdentifier::builder().image_digest(digest).build();
    let outcome = caller
        .call(SCAN_FINDINGS, |clients| {
            let request = clients.ecr_at(registry).describe_image_scan_findings().set_registry_id(account(registry));
            request.repository_name(repository).image_id(id.clone()).max_results(PAGE).send()
        })
        .await;
    let answer = match outcome {
        Ok(answer) => answer,
        // An image without a scan is not a failure; a missing image has just been pushed.
        Err(failure) if failure.kind == FailureKind::NotFound => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let status = answer.image_scan_status.and_then(|scan| scan.status);
    let mut scan = Scan {
        status: status.map_or_else(|| "COMPLETE".to_owned(), |status| status.as_str().to_owned()),
        ..Scan::default()
    };
    let Some(found) = answer.image_scan_findings else { return Ok(Some(scan)) };
    add(&mut scan, found.finding_severity_counts.unwrap_or_default());
    let worst = found.findings.unwrap_or_default().into_iter().filter_map(|finding| {
        let severity = finding.severity?;
        let package = finding.attributes.unwrap_or_default().into_iter().find(|one| one.key == "package_name");
        let worst = matches!(severity, sdk::FindingSeverity::Critical | sdk::FindingSeverity::High);
        worst.then(|| Finding {
            name: finding.name.unwrap_or_default(),
            severity: severity.as_str().to_owned(),
            package: package.and_then(|one| one.value),
        })
    });
    scan.worst = worst.collect();
    scan.worst.sort_by(|a, b| (&a.severity, &a.name).cmp(&(&b.severity, &b.name)));
    Ok(Some(scan))
}

fn add(scan: &mut Scan, counts: HashMap<sdk::FindingSeverity, i32>) {
    for (severity, findings) in counts {
        match severity {
            sdk::FindingSeverity::Critical => scan.critical += to_count(findings),
            sdk::FindingSeverity::High => scan.high += to_count(findings),
            _ => scan.other += to_count(findings),
        }
    }
}

/// Returns the registry's user and token for `docker login`.
pub(super) async fn login(caller: &Caller<'_>, registry: Option<&Registry>) -> Result<Reply, Failure> {
    let token = |clients: &Clients| clients.ecr_at(registry).get_authorization_token().send();
    let answer = caller.call(GET_AUTHORIZATION_TOKEN, token).await?;
    let data = answer.authorization_data.unwrap_or_default().into_iter().next();
    let login = data.and_then(|data| {
        let token = BASE64_STANDARD.decode(data.authorization_token?).ok()?;
        let (user, token) = std::str::from_utf8(&token).ok()?.split_once(':')?;
        let endpoint = data.proxy_endpoint?;
        let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host).trim_end_matches('/');
        Some(Reply::Login { registry: host.to_owned(), user: user.to_owned(), token: token.into() })
    });
    login.ok_or_else(|| {
        Failure::new(
            FailureKind::Malformed,
            format!("{}: the answer has no token that can be used", GET_AUTHORIZATION_TOKEN.name),
        )
    })
}

/// Returns the architectures of an image, or `None` if they cannot be read.
async fn architectures(
    caller: &Caller<'_>,
    registry: Option<&Registry>,
    repository: &str,
    digest: &str,
) -> Option<Vec<String>> {
    let id = sdk::ImageIdentifier::builder().image_digest(digest).build();
    let answer = caller
        .call(BATCH_GET_IMAGE, |clients| {
            clients
                .ecr_at(registry)
                .batch_get_image()
                .set_registry_id(account(registry))
                .repository_name(repository)
                .image_ids(id.clone())
                .set_accepted_media_types(Some(MANIFESTS.map(str::to_owned).to_vec()))
                .send()
        })
        .await
        .ok()?;
    let manifest = answer.images.unwrap_or_default().into_iter().find_map(|image| image.image_manifest)?;
    let config = match manifest_of(&manifest)? {
        Manifest::Index(platforms) => return Some(platforms),
        Manifest::Image { config } => config,
    };
    let answer = caller
        .call(GET_DOWNLOAD_URL, |clients| {
            let request = clients.ecr_at(registry).get_download_url_for_layer().set_registry_id(account(registry));
            request.repository_name(repository).layer_digest(&config).send()
        })
        .await
        .ok()?;
    // The URL grants access to the layer: it must not appear in a message.
    let blob = caller.session.0.wire.download(&answer.download_url?).await?;
    let blob: Value = serde_json::from_slice(&blob).ok()?;
    Some(vec![blob.get("architecture")?.as_str()?.to_owned()])
}

/// The content of a manifest.
#[derive(Debug, PartialEq)]
enum Manifest {
    /// Several images: the architecture of each.
    Index(Vec<String>),
    /// One image: the digest of its configuration, which contains the architecture.
    Image { config: String },
}

fn manifest_of(text: &str) -> Option<Manifest> {
    let manifest: Value = serde_json::from_str(text).ok()?;
    let Some(entries) = manifest.get("manifests").and_then(Value::as_array) else {
        let config = manifest.get("config")?.get("digest")?.as_str()?;
        return Some(Manifest::Image { config: config.to_owned() });
    };
    let mut platforms = Vec::new();
    for entry in entries {
        let platform = entry.get("platform").and_then(|platform| platform.get("architecture"));
        // Attestations are listed among the images, with the architecture `unknown`.
        let Some(architecture) = platform.and_then(Value::as_str).filter(|name| *name != "unknown") else { continue };
        if !platforms.iter().any(|known| known == architecture) {
            platforms.push(architecture.to_owned());
        }
    }
    Some(Manifest::Index(platforms))
}

fn from_detail(repository: &str, detail: sdk::ImageDetail) -> Image {
    let status = detail.image_scan_status.and_then(|scan| scan.status);
    Image {
        repository: detail.repository_name.unwrap_or_else(|| repository.to_owned()),
        digest: detail.image_digest.unwrap_or_default(),
        tags: detail.image_tags.unwrap_or_default(),
        pushed_at: to_timestamp(detail.image_pushed_at),
        bytes: detail.image_size_in_bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        architectures: Vec::new(),
        scan: detail.image_scan_findings_summary.map(|found| {
            let mut scan = Scan {
                status: status.map_or_else(|| "COMPLETE".to_owned(), |status| status.as_str().to_owned()),
                ..Scan::default()
            };
            add(&mut scan, found.finding_severity_counts.unwrap_or_default());
            scan
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_lists_architectures_without_attestations() {
        let index = r#"{"schemaVersion":2,"manifests":[
            {"digest":"sha256:1","platform":{"architecture":"amd64","os":"linux"}},
            {"digest":"sha256:2","platform":{"architecture":"arm64","os":"linux","variant":"v8"}},
            {"digest":"sha256:3","platform":{"architecture":"amd64","os":"windows"}},
            {"digest":"sha256:4","platform":{"architecture":"unknown","os":"unknown"}},
            {"digest":"sha256:5"}]}"#;
        let both = Manifest::Index(vec!["amd64".into(), "arm64".into()]);
        assert_eq!(manifest_of(index), Some(both));
    }

    #[test]
    fn image_manifest_names_its_configuration() {
        let image = r#"{"schemaVersion":2,"config":{"digest":"sha256:9","size":1},"layers":[]}"#;
        assert_eq!(manifest_of(image), Some(Manifest::Image { config: "sha256:9".into() }));
        for odd in ["", "{}", "[]", r#"{"config":{}}"#, r#"{"schemaVersion":1,"fsLayers":[]}"#] {
            assert_eq!(manifest_of(odd), None, "{odd}");
        }
    }
}
