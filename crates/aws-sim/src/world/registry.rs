//! The image registry: repositories, images with their manifests and blobs, and the resolution of image references at
//! the time of a deployment. The effect on tasks is in `fate`.

use super::definition::TaskDef;
use super::fate::{Fate, KNOWN, LATEST};
use super::{DAY, HOUR, MINUTE, World};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};
use crate::rng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The media type of an image manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of a manifest index.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The media type of a layer.
pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// An image: a manifest and its tags.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) digest: String,
    pub(crate) tags: Vec<String>,
    pub(crate) pushed: Ms,
    pub(crate) size: u64,
    pub(crate) media_type: String,
    pub(crate) manifest: String,
    /// The processors that it is built for; empty if unknown.
    pub(crate) processors: Vec<String>,
    pub(crate) fate: Fate,
    /// Critical, high, medium and low findings.
    pub(crate) findings: Option<[u32; 4]>,
}

/// An ECR repository.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) created: Ms,
    /// The images in push order.
    pub(crate) images: Vec<Image>,
    /// Uploaded layers and configurations. Those of the initial images are not listed; only their manifests name them.
    pub(crate) layers: Vec<Layer>,
}

/// A layer, or the configuration of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) digest: String,
    pub(crate) size: u64,
    pub(crate) media_type: String,
}

/// An unfinished upload of a layer.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) region: String,
    pub(crate) repository: String,
    pub(crate) bytes: Vec<u8>,
    /// The size of each part in bytes.
    pub(crate) parts: Vec<usize>,
}

/// All repositories and blobs.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// The repositories, by region and name.
    pub(crate) repositories: BTreeMap<(&'static str, String), Repository>,
    /// Configurations and uploaded layers, by digest.
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    /// Unfinished uploads, by id.
    pub(crate) uploads: BTreeMap<String, Upload>,
    /// The number of uploads started.
    pub(crate) begun: u64,
}

/// The images of a task definition's containers, as resolved at a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The digest of each container's image, if it was found.
    pub(crate) digests: Vec<Option<String>>,
    /// The fate of the tasks.
    pub(crate) fate: Fate,
    /// The container whose image determines the fate.
    pub(crate) container: usize,
}

/// An image to push.
#[derive(Debug, Clone)]
pub(crate) struct Push<'a> {
    pub(crate) region: &'static str,
    pub(crate) repository: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) processors: &'a [&'a str],
    pub(crate) fate: Fate,
    pub(crate) findings: Option<[u32; 4]>,
    pub(crate) at: Ms,
}

/// The `sha256:…` digest of some bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: Vec<String> = hash.iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256:{}", hex.concat())
}

/// A digest of nonexistent content.
pub(crate) fn invented(mark: u64) -> String {
    let parts: Vec<String> = (0..4).map(|i| format!("{:016x}", rng::mix(mark ^ i))).collect();
    format!("sha256:{}", parts.concat())
}

/// The blobs that a manifest refers to: its configuration and its layers.
pub(crate) fn layers(manifest: &Value) -> impl Iterator<Item = Layer> {
    let all = manifest["layers"].as_array().into_iter().flatten();
    std::iter::once(&manifest["config"]).chain(all).filter_map(|one| {
        Some(Layer {
            digest: one["digest"].as_str()?.to_owned(),
            size: one["size"].as_u64().unwrap_or_default(),
            media_type: one["mediaType"].as_str().unwrap_or(LAYER).to_owned(),
        })
    })
}

/// The digests of the images in an index.
pub(crate) fn children(manifest: &Value) -> impl Iterator<Item = &str> {
    manifest["manifests"].as_array().into_iter().flatten().filter_map(|one| one["digest"].as_str())
}

impl Repository {
    /// A layer that exists: an uploaded one, or one of an image.
    pub(crate) fn layer(&self, digest: &str) -> Option<Layer> {
        let of_images = || {
            // A manifest without the digest in its text does not refer to the layer.
            let named = self.images.iter().filter(|image| image.manifest.contains(digest));
            let read = named.filter_map(|image| serde_json::from_str::<Value>(&image.manifest).ok());
            read.flat_map(|manifest| layers(&manifest).collect::<Vec<_>>()).find(|layer| layer.digest == digest)
        };
        of_images().or_else(|| self.layers.iter().find(|layer| layer.digest == digest).cloned())
    }

    /// Finds an image by digest or tag.
    pub(crate) fn find(&self, digest: Option<&str>, tag: Option<&str>) -> Option<&Image> {
        self.images.iter().find(|i| match (digest, tag) {
            (Some(digest), None) => i.digest == digest,
            (Some(digest), Some(tag)) => i.digest == digest && i.tags.iter().any(|t| t == tag),
            (None, Some(tag)) => i.tags.iter().any(|t| t == tag),
            (None, None) => false,
        })
    }

    /// Adds an image with a tag, which is removed from the image that had it.
    pub(crate) fn put(&mut self, mut image: Image, tag: Option<&str>) {
        if let Some(tag) = tag {
            for other in &mut self.images {
                other.tags.retain(|t| t != tag);
            }
        }
        let tag = tag.map(ToOwned::to_owned);
        if let Some(same) = self.images.iter_mut().find(|i| i.digest == image.digest) {
            same.tags.extend(tag);
        } else {
            image.tags = tag.into_iter().collect();
            self.images.push(image);
        }
    }
}

/// The repository, tag and digest in a reference to this account's registry of a region.
fn parse<'a>(image: &'a str, region: &str) -> Option<(&'a str, Option<&'a str>, Option<&'a str>)> {
    let rest = image.strip_prefix(&format!("{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/"))?;
    let (rest, digest) = rest.split_once('@').map_or((rest, None), |(name, digest)| (name, Some(digest)));
    let (name, tag) = rest.split_once(':').map_or((rest, None), |(name, tag)| (name, Some(tag)));
    // As in Docker, the default tag is `latest`, and a digest takes precedence over a tag.
    let tag = if digest.is_some() { None } else { tag.or(Some(LATEST)) };
    Some((name, tag, digest))
}

impl World {
    /// Pushes an image made of a new configuration and new layers; returns the digest.
    pub(crate) fn push(&mut self, push: &Push<'_>) -> String {
        let mut images: Vec<Image> = push.processors.iter().map(|p| self.assemble(push, p)).collect();
        let image = match images.as_slice() {
            [one] => one.clone(),
            many => {
                let index = index(push, many);
                let repository = self.repository(push.region, push.repository);
                for child in images.drain(..) {
                    repository.put(child, None);
                }
                index
            }
        };
        let digest = image.digest.clone();
        self.repository(push.region, push.repository).put(image, Some(push.tag));
        digest
    }

    /// The repository with this name, created if necessary.
    fn repository(&mut self, region: &'static str, name: &str) -> &mut Repository {
        let created = self.start - 121 * DAY;
        let entry = self.registry.repositories.entry((region, name.to_owned()));
        entry.or_insert_with(|| Repository { created, images: Vec::new(), layers: Vec::new() })
    }

    /// Creates an image for one processor; its configuration becomes a blob.
    fn assemble(&mut self, push: &Push<'_>, processor: &str) -> Image {
        let mark = rng::hash(21, &format!("{}:{}:{processor}", push.repository, push.tag));
        let layers: Vec<(String, u64)> =
            (0..4u64).map(|n| (invented(mark ^ (n << 32)), 900_000 + rng::mix(mark ^ n) % 24_000_000)).collect();
        let config = json!({
            "architecture": processor,
            "os": "linux",
            "created": timestamp(push.at - 2 * MINUTE).to_string(),
            "config": {
                "Env": ["NODE_VERSION=22.11.0"],
                "Cmd": ["node", "dist/main.js"],
                "Labels": {"org.opencontainers.image.revision": push.tag, "org.opencontainers.image.title": push.repository},
            },
            "rootfs": {"type": "layers", "diff_ids": layers.iter().map(|(d, _)| d).collect::<Vec<_>>()},
        })
        .to_string();
        let name = digest(config.as_bytes());
        let size = layers.iter().map(|(_, size)| size).sum::<u64>() + config.len() as u64;
        let layers: Vec<Value> =
            layers.iter().map(|(digest, size)| json!({"mediaType": LAYER, "digest": digest, "size": size})).collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": name, "size": config.len()},
            "layers": layers,
        })
        .to_string();
        self.registry.blobs.insert(name, config.into_bytes());
        Image {
            digest: digest(manifest.as_bytes()),
            tags: Vec::new(),
            pushed: push.at,
            size,
            media_type: MANIFEST.to_owned(),
            manifest,
            processors: vec![processor.to_owned()],
            fate: push.fate,
            findings: push.findings,
        }
    }

    /// Fills every repository with the images of the table, the newest some minutes old.
    pub(crate) fn stock(&mut self) {
        let names: Vec<(&'static str, String)> = self.registry.repositories.keys().cloned().collect();
        for (region, name) in names {
            for (n, known) in KNOWN.iter().rev().enumerate() {
                let push = Push {
                    region,
                    repository: &name,
                    tag: known.tag,
                    processors: known.processors,
                    fate: known.fate,
                    findings: known.findings,
                    at: self.start - 20 * MINUTE - n as Ms * 5 * HOUR,
                };
                self.push(&push);
            }
            let repository = self.repository(region, &name);
            repository.images.sort_by_key(|i| i.pushed);
            let newest = KNOWN.last().map(|k| k.tag);
            if let Some(image) = repository.find(None, newest).cloned() {
                repository.put(image, Some(LATEST));
            }
        }
    }

    /// Resolves the current images of a task definition.
    pub(crate) fn resolve_images(&self, def: &TaskDef) -> Resolved {
        let mut resolved = Resolved { digests: Vec::new(), fate: Fate::Fine, container: 0 };
        for (at, container) in def.containers.iter().enumerate() {
            let (digest, fate) = self.resolve_image(def, &container.image);
            resolved.digests.push(digest);
            let decides = container.essential || fate.fails_to_start();
            if decides && (resolved.fate == Fate::Fine || (fate.fails_to_start() && !resolved.fate.fails_to_start())) {
                (resolved.fate, resolved.container) = (fate, at);
            }
        }
        // A fate set for a revision by a test or a scenario overrides that of its images.
        if def.fate != Fate::Fine {
            (resolved.fate, resolved.container) = (def.fate, 0);
        }
        resolved
    }

    fn resolve_image(&self, def: &TaskDef, image: &str) -> (Option<String>, Fate) {
        let Some((name, tag, digest)) = parse(image, def.region) else {
            // Another registry: public images exist, those of other accounts are not accessible.
            let private = image.contains(".dkr.ecr.");
            let fate = if private { Fate::NoImage } else { Fate::Fine };
            return ((!private).then(|| invented(rng::hash(22, image))), fate);
        };
        let repository = self.registry.repositories.get(&(def.region, name.to_owned()));
        let Some(image) = repository.and_then(|r| r.find(digest, tag)) else { return (None, Fate::NoImage) };
        let processor = if def.arm { "arm64" } else { "amd64" };
        let fits = image.processors.is_empty() || image.processors.iter().any(|p| p == processor);
        let fate = match (fits, image.media_type == INDEX) {
            (true, _) => image.fate,
            (false, true) => Fate::NoPlatform,
            (false, false) => Fate::WrongPlatform,
        };
        (Some(image.digest.clone()), fate)
    }

    /// Pushes an image from outside, with a given or a computed digest.
    pub(crate) fn push_from_outside(&mut self, push: &Push<'_>, given: Option<&str>) -> String {
        let Some(given) = given else { return self.push(push) };
        let found = self.registry.repositories.get(&(push.region, push.repository.to_owned()));
        if let Some(image) = found.and_then(|r| r.find(Some(given), None)).cloned() {
            self.repository(push.region, push.repository).put(image, Some(push.tag));
            return given.to_owned();
        }
        let mut image = self.assemble(push, push.processors.first().copied().unwrap_or("amd64"));
        given.clone_into(&mut image.digest);
        self.repository(push.region, push.repository).put(image, Some(push.tag));
        given.to_owned()
    }

    /// `PutImage`: stores a manifest sent by a client; `None` if the repository does not exist.
    pub(crate) fn put_image(
        &mut self,
        region: &str,
        name: &str,
        manifest: &str,
        media_type: &str,
        tag: Option<&str>,
    ) -> Option<Image> {
        let now = self.now;
        let read: Value = serde_json::from_str(manifest).unwrap_or_default();
        let processors = self.processors(&read);
        let found = self.registry.repositories.iter_mut().find(|((r, n), _)| *r == region && n == name);
        let repository = found.map(|(_, repository)| repository)?;
        let digest = digest(manifest.as_bytes());
        let known = repository.find(Some(&digest), None).cloned();
        let image = known.unwrap_or_else(|| Image {
            digest: digest.clone(),
            tags: Vec::new(),
            pushed: now,
            size: manifest.len() as u64 + layers(&read).map(|layer| layer.size).sum::<u64>(),
            media_type: media_type.to_owned(),
            manifest: manifest.to_owned(),
            processors,
            fate: tag.and_then(|t| Fate::parse(t).ok()).unwrap_or(Fate::Fine),
            findings: None,
        });
        repository.put(image.clone(), tag);
        Some(image)
    }
}

impl World {
    /// The processors of a manifest, from its configuration or its index.
    fn processors(&self, manifest: &Value) -> Vec<String> {
        let config = manifest["config"]["digest"].as_str().and_then(|digest| self.registry.blobs.get(digest));
        let config = config.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok()).unwrap_or_default();
        let listed = manifest["manifests"].as_array().into_iter().flatten().map(|one| &one["platform"]);
        let all = std::iter::once(&config).chain(listed).filter_map(|one| one["architecture"].as_str());
        all.filter(|name| *name != "unknown").map(str::to_owned).collect()
    }
}

/// The index of an image's manifests.
fn index(push: &Push<'_>, children: &[Image]) -> Image {
    let manifests: Vec<Value> = children
        .iter()
        .map(|child| {
            json!({
                "mediaType": MANIFEST,
                "digest": child.digest,
                "size": child.manifest.len(),
                "platform": {"architecture": child.processors.first(), "os": "linux"},
            })
        })
        .collect();
    let manifest = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).to_string();
    Image {
        digest: digest(manifest.as_bytes()),
        tags: Vec::new(),
        pushed: push.at,
        size: children.iter().map(|c| c.size).sum(),
        media_type: INDEX.to_owned(),
        manifest,
        processors: children.iter().flat_map(|c| c.processors.clone()).collect(),
        fate: push.fate,
        findings: push.findings,
    }
}
