//! The endpoints in the AWS files, in the AWS CLI's order: the settings of a profile, and of the `services` section it names.
//! The SDK reads them too, but reports neither where a setting is nor which services a section covers.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The variable for an endpoint of all services. For a single service, the service's name is appended.
const VARIABLE: &str = "AWS_ENDPOINT_URL";
/// The endpoint setting of a profile or service.
const ENDPOINT: &str = "endpoint_url";
/// The profile setting that ignores all configured endpoints.
const IGNORED: &str = "ignore_configured_endpoint_urls";

/// The contents of the files, if they exist.
#[derive(Debug, Clone, Default)]
pub struct AwsFiles {
    config: Option<(PathBuf, String)>,
    credentials: Option<(PathBuf, String)>,
    /// Why an existing file cannot be read.
    unreadable: Option<Unreadable>,
}

#[derive(Debug, Clone)]
struct Unreadable {
    why: String,
    pipe: bool,
}

/// A section of one of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsSection {
    /// The text between the brackets.
    pub header: String,
    /// The position: `/home/me/.aws/config:3`.
    pub place: String,
    /// Whether it is in the credentials file.
    pub credentials: bool,
}

impl AwsSection {
    /// Returns a hint if the section has a profile's name in the form of the other file.
    pub fn misplaced(&self, profile: &str) -> Option<String> {
        let words: Vec<&str> = self.header.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
        let right = match (words.as_slice(), self.credentials) {
            ([name], false) if *name == profile => format!("profile {name}"),
            (["profile", name], true) if *name == profile => (*name).to_owned(),
            _ => return None,
        };
        Some(format!("{} has `[{}]`: in this file it is written `[{right}]`", self.place, self.header))
    }
}

/// The endpoints of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileEndpoints {
    /// The endpoints by the equivalent variable: `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`.
    pub named: BTreeMap<String, FileEndpoint>,
    /// Whether the profile ignores them, including those from variables.
    pub ignored: bool,
}

/// An endpoint from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEndpoint {
    /// The value as written.
    pub url: String,
    /// The position: `endpoint_url of [profile p] in /home/me/.aws/config, line 3`.
    pub place: String,
}

/// A setting with its position.
#[derive(Debug, Clone)]
struct Setting<'a> {
    /// The words in the brackets above it.
    section: Vec<&'a str>,
    /// The setting that it is nested below, by indentation.
    of: Option<String>,
    key: String,
    value: &'a str,
    place: String,
}

impl AwsFiles {
    /// Returns the default files, or those named by these variables.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.to_string_lossy().trim().is_empty());
        let home = set("HOME").map(PathBuf::from);
        let at = |name: &str, usual: &str| match set(name) {
            Some(named) => match (named.to_str().and_then(|named| named.trim().strip_prefix("~/")), &home) {
                (Some(rest), Some(home)) => Some(home.join(rest)),
                _ => Some(PathBuf::from(&named)),
            },
            None => home.as_ref().map(|home| home.join(".aws").join(usual)),
        };
        let mut unreadable = None;
        let mut read = |path: Option<PathBuf>| path.and_then(|path| read(path, &mut unreadable));
        let config = read(at("AWS_CONFIG_FILE", "config"));
        let credentials = read(at("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
        Self { config, credentials, unreadable }
    }

    /// Returns only the credentials file.
    pub fn credentials_only(credentials: &Path) -> Self {
        let mut unreadable = None;
        Self { config: None, credentials: read(credentials.to_owned(), &mut unreadable), unreadable }
    }

    /// Returns a sentence on why an existing file cannot be read.
    pub fn unreadable(&self) -> Option<&str> {
        self.unreadable.as_ref().map(|unreadable| unreadable.why.as_str())
    }

    /// Returns whether an unreadable file is a pipe, which may block a reader forever.
    pub fn is_pipe(&self) -> bool {
        self.unreadable.as_ref().is_some_and(|unreadable| unreadable.pipe)
    }

    /// Returns the sections of the files.
    pub fn sections(&self) -> Vec<AwsSection> {
        let sections_of = |file: &Option<(PathBuf, String)>, credentials| {
            let mut found = Vec::new();
            let Some((path, text)) = file else { return found };
            for (number, line) in text.lines().enumerate() {
                if let Some((written, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                    let place = format!("{}:{}", path.display(), number + 1);
                    found.push(AwsSection { header: written.trim().to_owned(), place, credentials });
                }
            }
            found
        };
        let mut found = sections_of(&self.config, false);
        found.extend(sections_of(&self.credentials, true));
        found
    }

    /// Returns whether the files have any endpoint, or the setting that ignores endpoints.
    pub fn has_endpoints(&self) -> bool {
        let texts = self.config.iter().chain(&self.credentials);
        texts.into_iter().any(|(_, text)| text.contains(ENDPOINT) || text.contains(IGNORED))
    }

    /// Returns the endpoints of a profile. Those in the credentials file take precedence.
    pub fn endpoints(&self, profile: &str) -> FileEndpoints {
        let config = settings(self.config.as_ref());
        let credentials = settings(self.credentials.as_ref());
        let of_config = |one: &&Setting<'_>| match one.section.as_slice() {
            ["profile", name] => *name == profile,
            ["default"] => profile == "default",
            _ => false,
        };
        let of_credentials = |one: &&Setting<'_>| one.section.as_slice() == [profile];
        let get = |key: &str| {
            let own = |one: &&Setting<'_>| one.of.is_none() && one.key == key && !one.value.is_empty();
            let found = credentials.iter().filter(of_credentials).rfind(own);
            found.or_else(|| config.iter().filter(of_config).rfind(own))
        };
        let endpoint = |one: &Setting<'_>| FileEndpoint { url: one.value.to_owned(), place: one.place.clone() };
        let mut named = BTreeMap::new();
        if let Some(one) = get(ENDPOINT) {
            named.insert(VARIABLE.to_owned(), endpoint(one));
        }
        if let Some(services) = get("services") {
            let wanted = ["services", services.value];
            for one in config.iter().filter(|one| one.section.as_slice() == wanted && one.key == ENDPOINT) {
                if let Some(service) = one.of.as_ref().filter(|_| !one.value.is_empty()) {
                    named.insert(format!("{VARIABLE}_{}", service.to_uppercase()), endpoint(one));
                }
            }
        }
        FileEndpoints { named, ignored: get(IGNORED).is_some_and(|one| one.value.eq_ignore_ascii_case("true")) }
    }
}

/// Reads a file, or records why it cannot be read although it exists. A pipe passed by a shell is not read, because the next
/// reader would find it empty.
fn read(path: PathBuf, unreadable: &mut Option<Unreadable>) -> Option<(PathBuf, String)> {
    let pipe = super::read::is_named_pipe(&path);
    let mut cannot = |why: &str| {
        let why = format!("the AWS file {} cannot be read: {why}", path.display());
        // A blocking pipe is reported in preference to files that are only skipped.
        if pipe || unreadable.is_none() {
            *unreadable = Some(Unreadable { why, pipe });
        }
    };
    match std::fs::metadata(&path) {
        Ok(what) if what.is_dir() => cannot("it is a folder"),
        Ok(what) if what.is_file() => match std::fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => return Some((path, text)),
            Ok(Err(_)) => cannot("it is not UTF-8 text"),
            Err(error) => cannot(&error.to_string()),
        },
        Err(error) if error.kind() == ErrorKind::PermissionDenied => cannot(&error.to_string()),
        Ok(_) if pipe => cannot("it is a pipe, which may never be written into"),
        Ok(_) | Err(_) => {}
    }
    None
}

/// Returns all settings of a file, in order.
fn settings(file: Option<&(PathBuf, String)>) -> Vec<Setting<'_>> {
    let Some((path, text)) = file else { return Vec::new() };
    let (mut section, mut head, mut parent) = (Vec::new(), "", None);
    let mut found = Vec::new();
    for (at, raw) in text.lines().enumerate() {
        let line = raw.trim();
        let below = raw.starts_with([' ', '\t']);
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[').filter(|_| !below) {
            head = rest.split(']').next().unwrap_or_default().trim();
            section = head.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
            parent = None;
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().to_ascii_lowercase();
        let place = format!("`{key}` of [{head}] in {}, line {}", path.display(), at + 1);
        let of = if below { parent.clone() } else { None };
        if !below {
            parent = Some(key.clone());
        }
        found.push(Setting { section: section.clone(), of, key, value: uncommented(value), place });
    }
    found
}

/// Returns a value without its trailing comment.
fn uncommented(value: &str) -> &str {
    let value = value.split(" #").next().unwrap_or_default();
    value.split(" ;").next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(config: &str, credentials: &str) -> AwsFiles {
        let file = |name: &str, text: &str| Some((PathBuf::from(name), text.to_owned()));
        AwsFiles {
            config: file("/me/config", config),
            credentials: file("/me/credentials", credentials),
            unreadable: None,
        }
    }

    fn endpoints(files: &AwsFiles, profile: &str) -> Vec<(String, String)> {
        let found = files.endpoints(profile);
        found.named.into_iter().map(|(name, one)| (name, format!("{} {}", one.url, one.place))).collect()
    }

    #[test]
    fn endpoints_of_a_profile_and_its_services_have_their_lines() {
        let text = "[default]\nendpoint_url = http://d\n\n# [profile p]\n[profile p]\nservices = two\n\
                    Endpoint_URL = http://p # a comment\n[services one]\ns3 =\n  endpoint_url = http://one\n\
                    [services two]\ns3 =\n  endpoint_url=http://s3\n  addressing_style = path\n\
                    cloudwatch_logs =\n\tendpoint_url = http://logs\n[endpoint]\nendpoint_url = http://x\n";
        let both = files(text, "[default]\naws_access_key_id = a\n");
        let described = |url: &str, place: &str, line: usize| {
            format!("{url} `endpoint_url` of [{place}] in /me/config, line {line}")
        };
        assert_eq!(endpoints(&both, "default"), [("AWS_ENDPOINT_URL".to_owned(), described("http://d", "default", 2))]);
        assert_eq!(
            endpoints(&both, "p"),
            [
                ("AWS_ENDPOINT_URL".to_owned(), described("http://p", "profile p", 7)),
                ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS".to_owned(), described("http://logs", "services two", 16)),
                ("AWS_ENDPOINT_URL_S3".to_owned(), described("http://s3", "services two", 13)),
            ]
        );
        assert!(endpoints(&both, "endpoint").is_empty());
        // In the credentials file profile names have no prefix; its settings take precedence.
        let credentials = files(text, "[p]\nendpoint_url = http://c\nignore_configured_endpoint_urls = True\n");
        let found = credentials.endpoints("p");
        assert_eq!((found.named["AWS_ENDPOINT_URL"].url.as_str(), found.ignored), ("http://c", true));
        assert!(!both.endpoints("p").ignored && both.has_endpoints());
        assert!(!files("", "[p]\nregion = x\n").has_endpoints());
    }
}
