//! The requests of a push to ECR: checking for existing layers, uploading missing ones in parts, and then the manifest.

use super::{find_repository, image_node, invalid, no_layer, no_repository};
use crate::account::ACCOUNT;
use crate::services::{ApiError, Call};
use crate::wire::{Node, list, map};
use crate::world::registry;
use crate::world::uploads::{PART, UploadError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Whether a text is a valid layer digest.
fn digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `BatchCheckLayerAvailability`.
pub(super) fn available(call: &Call<'_>) -> Result<Node, ApiError> {
    let (_, repository) = find_repository(call)?;
    let digests = call.input.strings("layerDigests");
    if digests.is_empty() || digests.len() > 100 {
        return Err(invalid("layerDigests must have 1 to 100 entries"));
    }
    let (mut layers, mut failures) = (Vec::new(), Vec::new());
    for name in digests {
        if !digest(name) {
            let text = format!("Invalid layer digest '{name}'");
            let code = "InvalidLayerDigest";
            failures.push(map! {"layerDigest": name, "failureCode": code, "failureReason": text});
            continue;
        }
        let layer = repository.layer(name);
        layers.push(map! {
            "layerDigest": name,
            "layerAvailability": if layer.is_some() { "AVAILABLE" } else { "UNAVAILABLE" },
            "layerSize": layer.as_ref().map(|layer| layer.size as i64),
            "mediaType": layer.map(|layer| layer.media_type),
        });
    }
    Ok(map! {"layers": list(layers), "failures": list(failures)})
}

/// `InitiateLayerUpload`.
pub(super) fn begin(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let name = find_repository(call)?.0.to_owned();
    let id = call.world.begin_upload(call.region, &name);
    Ok(map! {"uploadId": id, "partSize": PART})
}

/// The upload that a call names, checked against its repository.
fn upload(call: &Call<'_>) -> Result<(String, String), ApiError> {
    let name = find_repository(call)?.0.to_owned();
    let id = call.input.str("uploadId").ok_or_else(|| invalid("uploadId is missing"))?;
    let found = call.world.registry.uploads.get(id);
    if found.is_none_or(|upload| upload.region != call.region || upload.repository != name) {
        let text = format!(
            "The upload with id '{id}' could not be found in the repository with name '{name}' in the registry with id '{ACCOUNT}'"
        );
        return Err(ApiError::client("UploadNotFoundException", text));
    }
    Ok((name, id.to_owned()))
}

/// `UploadLayerPart`: parts must be contiguous.
pub(super) fn part(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let (name, id) = upload(call)?;
    let bound = |key: &str| {
        let number = call.input.int(key).and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| invalid(format!("{key} is missing or negative")))
    };
    let (first, last) = (bound("partFirstByte")?, bound("partLastByte")?);
    let blob = call.input.str("layerPartBlob").ok_or_else(|| invalid("layerPartBlob is missing"))?;
    let blob = STANDARD.decode(blob).map_err(|_| ApiError::serialization("layerPartBlob is not Base64"))?;
    if blob.len() > PART {
        return Err(invalid(format!("layerPartBlob has more than {PART} bytes")));
    }
    let uploads = &mut call.world.registry.uploads;
    let received = uploads.get_mut(&id).map_or(0, |upload| {
        let fits = first == upload.bytes.len() && blob.len() == (last + 1).saturating_sub(first) && !blob.is_empty();
        if fits {
            upload.parts.push(blob.len());
            upload.bytes.extend(&blob);
        }
        if fits { upload.bytes.len() } else { 0 }
    });
    if received == 0 {
        let text = format!(
            "The layer part upload from byte {first} to {last} is not valid: parts follow each other, and their bounds say their length"
        );
        return Err(ApiError::client("InvalidLayerPartException", text));
    }
    Ok(map! {
        "registryId": ACCOUNT,
        "repositoryName": name,
        "uploadId": id,
        "lastByteReceived": received - 1,
    })
}

/// `CompleteLayerUpload`: the uploaded bytes must match the digest.
pub(super) fn complete(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let (name, id) = upload(call)?;
    let wanted = match call.input.strings("layerDigests").as_slice() {
        [one] if digest(one) => (*one).to_owned(),
        _ => return Err(invalid("layerDigests must have one digest of SHA-256")),
    };
    let refused =
        |code, text: &str| Err(ApiError::client(code, format!("{text} (upload '{id}', repository '{name}')")));
    match call.world.complete_upload(&id, &wanted) {
        Ok(()) => Ok(map! {
            "registryId": ACCOUNT,
            "repositoryName": &name,
            "uploadId": &id,
            "layerDigest": wanted,
        }),
        Err(UploadError::Empty) => refused("EmptyUploadException", "No layer parts were uploaded"),
        Err(UploadError::TooSmall) => {
            refused("LayerPartTooSmallException", "Every part but the last must have at least 5242880 bytes")
        }
        Err(UploadError::Other) => {
            refused("InvalidLayerException", "The layer digest calculation did not match what came")
        }
        Err(UploadError::Known) => refused("LayerAlreadyExistsException", "The layer is in the repository already"),
    }
}

/// `PutImage`: everything that the manifest refers to must exist.
pub(super) fn put_image(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let input = call.input;
    let name = input.str("repositoryName").ok_or_else(|| invalid("repositoryName is missing"))?;
    let manifest = input.str("imageManifest").ok_or_else(|| invalid("imageManifest is missing"))?;
    let read: serde_json::Value = serde_json::from_str(manifest).map_err(|_| {
        invalid("Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'")
    })?;
    let media_type = input.str("imageManifestMediaType").or(read["mediaType"].as_str());
    let media_type = media_type.ok_or_else(|| invalid("imageManifestMediaType is missing"))?.to_owned();
    let tag = input.str("imageTag");
    let (_, repository) = find_repository(call)?;
    repository.find(None, tag).filter(|i| i.manifest == manifest).map_or(Ok(()), |i| {
        let text = format!(
            "Image with digest '{}' and tag '{}' already exists in the repository with name '{name}' in registry with id '{ACCOUNT}'",
            i.digest,
            tag.unwrap_or("null")
        );
        Err(ApiError::client("ImageAlreadyExistsException", text))
    })?;
    let digest = registry::digest(manifest.as_bytes());
    if input.str("imageDigest").is_some_and(|stated| stated != digest) {
        let text = "The provided digest does not match the digest of the provided manifest.";
        return Err(ApiError::client("ImageDigestDoesNotMatchException", text));
    }
    if let Some(missing) = registry::layers(&read).find(|layer| repository.layer(&layer.digest).is_none()) {
        return Err(no_layer(name, &missing.digest));
    }
    if let Some(missing) = registry::children(&read).find(|child| repository.find(Some(*child), None).is_none()) {
        let text = format!("Image with digest '{missing}' does not exist in the repository with name '{name}'");
        return Err(ApiError::client("ReferencedImagesNotFoundException", text));
    }
    let region = call.region;
    let image = call.world.put_image(region, name, manifest, &media_type, tag).ok_or_else(|| no_repository(name))?;
    Ok(map! {"image": image_node(name, &image, tag)})
}
