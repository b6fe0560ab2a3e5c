//! Uploads of layers to the registry: they arrive in parts and are stored if they match their digest.

use super::World;
use super::registry::{self, Layer, Upload};
use crate::rng::Rng;

/// The largest part in bytes, as announced to clients.
pub(crate) const PART: usize = 20 << 20;
/// The smallest part that is not the last.
const FEWEST: usize = 5 << 20;

/// The reason why an upload cannot be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadError {
    /// No part was uploaded.
    Empty,
    /// A part other than the last one is too small.
    TooSmall,
    /// The content has a different digest.
    Other,
    /// The repository already has the layer.
    Known,
}

impl World {
    /// Starts an upload; returns its id.
    pub(crate) fn begin_upload(&mut self, region: &str, repository: &str) -> String {
        self.registry.begun += 1;
        let id = Rng::new(self.seed ^ self.registry.begun, "upload").uuid();
        let (region, repository) = (region.to_owned(), repository.to_owned());
        let upload = Upload { region, repository, bytes: Vec::new(), parts: Vec::new() };
        self.registry.uploads.insert(id.clone(), upload);
        id
    }

    /// Stores the layer of an upload and ends the upload; an incomplete one is kept.
    pub(crate) fn complete_upload(&mut self, id: &str, digest: &str) -> Result<(), UploadError> {
        let registry = &mut self.registry;
        let upload = registry.uploads.get(id).ok_or(UploadError::Empty)?;
        let first = upload.parts.split_last().map(|(_, first)| first).ok_or(UploadError::Empty)?;
        if first.iter().any(|bytes| *bytes < FEWEST) {
            return Err(UploadError::TooSmall);
        }
        if registry::digest(&upload.bytes) != digest {
            return Err(UploadError::Other);
        }
        let mut all = registry.repositories.iter_mut();
        let found = all.find(|((region, name), _)| *region == upload.region && *name == upload.repository);
        let repository = found.map(|(_, repository)| repository).ok_or(UploadError::Empty)?;
        let known = repository.layer(digest).is_some();
        if !known {
            let layer = Layer {
                digest: digest.to_owned(),
                size: upload.bytes.len() as u64,
                media_type: registry::LAYER.to_owned(),
            };
            repository.layers.push(layer);
        }
        if let Some(upload) = registry.uploads.remove(id) {
            registry.blobs.insert(digest.to_owned(), upload.bytes);
        }
        if known { Err(UploadError::Known) } else { Ok(()) }
    }
}
