//! Layers on their way into the registry: they come in parts, and are kept when they are what their digest says.

use super::World;
use super::registry::{self, Layer, Upload};
use crate::rng::Rng;

/// The most bytes of a part, which is what a client is told to send.
pub(crate) const PART: usize = 20 << 20;
/// The fewest of a part that is not the last.
const FEWEST: usize = 5 << 20;

/// Why an upload is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing was sent yet.
    Empty,
    /// A part that is not the last has too few bytes.
    TooSmall,
    /// It has another digest.
    Other,
    /// The repository has it.
    Known,
}

impl World {
    /// Begins an upload; its id.
    pub(crate) fn begin_upload(&mut self, region: &str, repository: &str) -> String {
        self.registry.begun += 1;
        let id = Rng::new(self.seed ^ self.registry.begun, "upload").uuid();
        let (region, repository) = (region.to_owned(), repository.to_owned());
        let upload = Upload { region, repository, bytes: Vec::new(), parts: Vec::new() };
        self.registry.uploads.insert(id.clone(), upload);
        id
    }

    /// Keeps the layer of an upload, which is over then; one that is not whole stays.
    pub(crate) fn complete_upload(&mut self, id: &str, digest: &str) -> Result<(), Left> {
        let registry = &mut self.registry;
        let upload = registry.uploads.get(id).ok_or(Left::Empty)?;
        let first = upload.parts.split_last().map(|(_, first)| first).ok_or(Left::Empty)?;
        if first.iter().any(|bytes| *bytes < FEWEST) {
            return Err(Left::TooSmall);
        }
        if registry::digest(&upload.bytes) != digest {
            return Err(Left::Other);
        }
        let mut all = registry.repositories.iter_mut();
        let found = all.find(|((region, name), _)| *region == upload.region && *name == upload.repository);
        let repository = found.map(|(_, repository)| repository).ok_or(Left::Empty)?;
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
        if known { Err(Left::Known) } else { Ok(()) }
    }
}
