//! Container images: image references, and data from ECR about images.

use jiff::Timestamp;

/// An ECR registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// 12 digits.
    pub account: String,
    /// `us-east-1`.
    pub region: String,
}

/// An image as a task definition writes it: `registry/repository:tag@digest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    /// `123456789012.dkr.ecr.ap-northeast-1.amazonaws.com`; `None` is Docker Hub.
    pub registry: Option<String>,
    /// `bookmark-manager-staging-web`.
    pub repository: String,
    /// `9f3c2e1`.
    pub tag: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
}

impl ImageRef {
    /// Parses the image of a container definition.
    pub fn parse(image: &str) -> Self {
        let (rest, digest) = match image.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (image, None),
        };
        // As Docker does: the first part is a registry if it contains a dot or a port.
        let (registry, path) = match rest.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (Some(first.to_owned()), path),
            _ => (None, rest),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (path, None),
        };
        Self { registry, repository: repository.to_owned(), tag, digest }
    }

    /// Returns account and region of an ECR registry; `None` for any other. Source of the hosts: the endpoints of ECR
    /// in the General Reference, including FIPS and dual-stack endpoints.
    pub fn ecr(&self) -> Option<(&str, &str)> {
        let parts: Vec<&str> = self.registry.as_deref()?.split('.').collect();
        match parts[..] {
            [account, "dkr", "ecr" | "ecr-fips", region, _, ..]
            | [account, "dkr-ecr" | "dkr-ecr-fips", region, "on", ..] => Some((account, region)),
            _ => None,
        }
    }

    /// Returns its ECR registry, which may be in another account or region.
    pub fn ecr_registry(&self) -> Option<Registry> {
        let (account, region) = self.ecr()?;
        Some(Registry { account: account.to_owned(), region: region.to_owned() })
    }

    /// Returns the same repository with a digest and no tag, which always means the same image.
    #[must_use]
    pub fn pinned(&self, digest: &str) -> String {
        format!("{}@{digest}", self.name())
    }

    /// Returns the same repository with a tag.
    #[must_use]
    pub fn tagged(&self, tag: &str) -> String {
        format!("{}:{tag}", self.name())
    }

    /// Returns registry and repository.
    pub fn name(&self) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", self.repository),
            None => self.repository.clone(),
        }
    }

    /// Returns the reference to request from the registry: the digest, else the tag, else `latest`.
    pub fn reference(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or("latest")
    }
}

/// Whether a text is a digest: `sha256:` and 64 hexadecimal digits.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a text is a valid tag. Source: the OCI distribution specification, `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
pub fn is_tag(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    first && text.len() <= 128 && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// Whether a text is a platform of a container: `linux/arm64`, `linux/arm/v7`.
pub fn is_platform(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let parts: Vec<&str> = text.split('/').collect();
    (2..=3).contains(&parts.len()) && parts.iter().all(|one| part(one))
}

/// An image in a registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Image {
    /// The repository's name.
    pub repository: String,
    /// `sha256:…`.
    pub digest: String,
    pub tags: Vec<String>,
    pub pushed_at: Option<Timestamp>,
    /// Compressed size in bytes.
    pub bytes: Option<u64>,
    /// `amd64`, `arm64`; an index has several. Empty if they could not be read.
    pub architectures: Vec<String>,
    /// The findings of the scan, if there was one.
    pub scan: Option<Scan>,
}

/// Findings of an image scan, by severity.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Scan {
    /// `COMPLETE`, `IN_PROGRESS`, `FAILED` …
    pub status: String,
    /// Number of critical findings.
    pub critical: u32,
    pub high: u32,
    pub other: u32,
    /// The critical and high findings, if they were requested.
    pub worst: Vec<Finding>,
}

/// One finding of an image scan.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// `CVE-2026-12345`.
    pub name: String,
    /// `CRITICAL`, `HIGH`.
    pub severity: String,
    /// The affected package, if known.
    pub package: Option<String>,
}

impl Scan {
    /// Whether the scan is complete, so that its counts are final.
    pub fn is_complete(&self) -> bool {
        matches!(self.status.as_str(), "COMPLETE" | "ACTIVE")
    }

    /// Whether the scan is still running.
    pub fn is_running(&self) -> bool {
        matches!(self.status.as_str(), "IN_PROGRESS" | "PENDING")
    }

    /// Describes the scan's findings, or its status.
    pub fn describe(&self) -> String {
        match self.critical + self.high + self.other {
            _ if !self.is_complete() => format!("the scan is {}", self.status.to_lowercase().replace('_', " ")),
            0 => "the scan found nothing".to_owned(),
            _ => format!("the scan found {} critical, {} high, {} other", self.critical, self.high, self.other),
        }
    }
}

impl Image {
    /// Returns its first tag, or the start of its digest.
    pub fn version(&self) -> &str {
        let digest = self.digest.strip_prefix("sha256:").unwrap_or(&self.digest);
        self.tags.first().map_or(digest.get(..12).unwrap_or(digest), String::as_str)
    }
}

/// Returns the registry's name for a task definition's architecture (`X86_64`, `ARM64`; the default is x86).
pub fn architecture_of(definition: Option<&str>) -> &'static str {
    match definition {
        Some("ARM64") => "arm64",
        _ => "amd64",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_parsed_as_docker_does() {
        let ecr = ImageRef::parse("1.dkr.ecr.ap-northeast-1.amazonaws.com/a/web:9f3c2e1");
        assert_eq!((ecr.repository.as_str(), ecr.reference()), ("a/web", "9f3c2e1"));
        assert_eq!(ecr.ecr(), Some(("1", "ap-northeast-1")));
        assert_eq!(ecr.pinned("sha256:ab"), "1.dkr.ecr.ap-northeast-1.amazonaws.com/a/web@sha256:ab");
        for host in [
            "1.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
            "1.dkr-ecr.us-gov-west-1.on.aws",
            "1.dkr-ecr-fips.us-gov-west-1.on.aws",
        ] {
            assert_eq!(ImageRef::parse(&format!("{host}/web:1")).ecr(), Some(("1", "us-gov-west-1")), "{host}");
        }
        assert_eq!(ImageRef::parse("public.ecr.aws/x/web:1").ecr(), None);
        let hub = ImageRef::parse("public/web");
        assert_eq!((hub.registry.as_deref(), hub.reference(), hub.ecr()), (None, "latest", None));
        let local = ImageRef::parse("localhost:5000/web@sha256:00");
        assert_eq!((local.registry.as_deref(), local.tag.as_deref()), (Some("localhost:5000"), None));
        assert_eq!(local.reference(), "sha256:00");
    }

    #[test]
    fn tags_and_digests_are_distinguished() {
        assert!(is_digest(&format!("sha256:{}", "0a".repeat(32))));
        assert!(!is_digest("sha256:0a") && !is_tag("sha256:0a") && !is_tag("-x") && !is_tag(""));
        assert!(is_tag("v1.2_3-rc") && !is_tag(&"a".repeat(129)));
    }
}
