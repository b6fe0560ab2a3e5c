//! The fate of a task, and which image determines it. The fate is attached to the image's digest, so deployments by
//! tag and by digest end the same way. The effects of a fate are in `tasks`.

/// The fate of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It starts and runs.
    Fine,
    /// It runs, but takes minutes to start.
    Slow,
    /// It runs for some seconds and is killed for running out of memory.
    OutOfMemory,
    /// Its program exits with an error at once.
    ExitsEarly,
    /// It runs, but its target never becomes healthy.
    Unhealthy,
    /// A layer of its image cannot be read.
    CannotPull,
    /// Its image is not in the registry.
    NoImage,
    /// No manifest of its image matches the processor of the task definition.
    NoPlatform,
    /// Its image is for a different processor.
    WrongPlatform,
    /// Its execution role is not allowed to read its secrets.
    NoSecrets,
}

/// An image that every repository has.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) tag: &'static str,
    pub(crate) fate: Fate,
    /// The processors that it is built for, in the notation of image configurations; two make an index.
    pub(crate) processors: &'static [&'static str],
    /// The critical, high, medium and low findings of its scan, if it was scanned.
    pub(crate) findings: Option<[u32; 4]>,
}

const fn image(tag: &'static str, fate: Fate, processors: &'static [&'static str]) -> Known {
    Known { tag, fate, processors, findings: Some([0, 0, 2, 9]) }
}

const AMD64: &[&str] = &["amd64"];

/// The images of every repository, oldest first; in addition there is one per revision, all of them fine.
///
/// | tag | what happens |
/// |---|---|
/// | `badc0de` | the container exits 1 at once: `Error: DATABASE_URL is not set` |
/// | `0dd5eed` | it runs, and some seconds later it is out of memory, exit 137 |
/// | `deadbee` | it runs, and the load balancer never finds it healthy |
/// | `f00dbad` | `CannotPullContainerError`, stop code `TaskFailedToStart` |
/// | `5ec4e75` | `ResourceInitializationError`: the secrets may not be read |
/// | `a4a4a4a` | for arm64 only: `exec format error`, exit 255 on X86_64 |
/// | `51005e1` | it takes two to three minutes to start |
/// | `c0ffee2` | an index for amd64 and arm64: fine, not scanned |
/// | `c0ffee1` | fine; the newest, so `latest` points at it; its scan found something |
pub(crate) const KNOWN: &[Known] = &[
    image("badc0de", Fate::ExitsEarly, AMD64),
    image("0dd5eed", Fate::OutOfMemory, AMD64),
    image("deadbee", Fate::Unhealthy, AMD64),
    image("f00dbad", Fate::CannotPull, AMD64),
    image("5ec4e75", Fate::NoSecrets, AMD64),
    image("a4a4a4a", Fate::Fine, &["arm64"]),
    image("51005e1", Fate::Slow, AMD64),
    Known { tag: "c0ffee2", fate: Fate::Fine, processors: &["amd64", "arm64"], findings: None },
    Known { tag: "c0ffee1", fate: Fate::Fine, processors: AMD64, findings: Some([0, 1, 4, 17]) },
];

/// The tag of the newest image that works.
pub(crate) const LATEST: &str = "latest";

/// The names of fates in control requests.
const NAMES: &[(&str, Fate)] = &[
    ("fine", Fate::Fine),
    ("slow", Fate::Slow),
    ("out-of-memory", Fate::OutOfMemory),
    ("exits", Fate::ExitsEarly),
    ("unhealthy", Fate::Unhealthy),
    ("cannot-pull", Fate::CannotPull),
    ("no-secrets", Fate::NoSecrets),
];

impl Fate {
    /// Parses the name of a fate in a control request, or the tag of a known image.
    pub(crate) fn parse(name: &str) -> Result<Fate, String> {
        let named = NAMES.iter().find(|(n, _)| *n == name).map(|(_, f)| *f);
        named.or_else(|| KNOWN.iter().find(|k| k.tag == name).map(|k| k.fate)).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(n, _)| *n).collect();
            format!("fate {name:?} is none of {}", names.join(", "))
        })
    }

    /// Whether no container of a task with this fate ever runs.
    pub(crate) fn fails_to_start(self) -> bool {
        matches!(self, Fate::CannotPull | Fate::NoImage | Fate::NoPlatform | Fate::NoSecrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fate_has_a_name() {
        assert_eq!(Fate::parse("cannot-pull"), Ok(Fate::CannotPull));
        assert_eq!(Fate::parse("deadbee"), Ok(Fate::Unhealthy));
        assert!(Fate::parse("glorious").unwrap_err().contains("unhealthy"));
    }

    #[test]
    fn tags_are_unique_and_look_like_commits() {
        let mut tags: Vec<&str> = KNOWN.iter().map(|k| k.tag).collect();
        assert!(tags.iter().all(|t| t.len() == 7 && t.bytes().all(|b| b.is_ascii_hexdigit())));
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), KNOWN.len());
    }
}
