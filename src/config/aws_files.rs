//! The endpoints that the AWS files name, in the order of the AWS CLI: the settings of a profile, and the section
//! `services` that it names. The SDK reads them as well; it does not say where a setting stands, nor which services a
//! section is about.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The variable that would name an endpoint of all services; that of one has its name behind it.
const VARIABLE: &str = "AWS_ENDPOINT_URL";
/// The setting, of a profile or of a service.
const ENDPOINT: &str = "endpoint_url";
/// The setting of a profile by which none of them is heard.
const IGNORED: &str = "ignore_configured_endpoint_urls";

/// The texts of the files, where they are.
#[derive(Debug, Clone, Default)]
pub struct AwsFiles {
    config: Option<(PathBuf, String)>,
    credentials: Option<(PathBuf, String)>,
    /// Why one that is there cannot be read.
    unreadable: Option<Unreadable>,
}

#[derive(Debug, Clone)]
struct Unreadable {
    why: String,
    pipe: bool,
}

/// A section of one of the files, which stands in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsSection {
    /// Between the brackets.
    pub written: String,
    /// `/home/me/.aws/config:3`.
    pub place: String,
    /// The file is that of credentials.
    pub credentials: bool,
}

impl AwsSection {
    /// A sentence that a profile is written as the other file writes it.
    pub fn misplaced(&self, profile: &str) -> Option<String> {
        let words: Vec<&str> = self.written.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
        let right = match (words.as_slice(), self.credentials) {
            ([name], false) if *name == profile => format!("profile {name}"),
            (["profile", name], true) if *name == profile => (*name).to_owned(),
            _ => return None,
        };
        Some(format!("{} has `[{}]`: in this file it is written `[{right}]`", self.place, self.written))
    }
}

/// The endpoints of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileEndpoints {
    /// By the variables that would say the same: `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`.
    pub named: BTreeMap<String, FileEndpoint>,
    /// The profile says that they are ignored, and those of variables as well.
    pub ignored: bool,
}

/// An endpoint of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEndpoint {
    /// As it is written there.
    pub url: String,
    /// Where: `endpoint_url of [profile p] in /home/me/.aws/config, line 3`.
    pub place: String,
}

/// A setting with its place.
#[derive(Debug, Clone)]
struct Setting<'a> {
    /// The words in the brackets above it.
    section: Vec<&'a str>,
    /// The setting that it is below, indented.
    of: Option<String>,
    key: String,
    value: &'a str,
    place: String,
}

impl AwsFiles {
    /// The usual ones, by these variables.
    pub fn usual(variable: impl Fn(&str) -> Option<OsString>) -> Self {
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

    /// The file of credentials alone.
    pub fn only(credentials: &Path) -> Self {
        let mut unreadable = None;
        Self { config: None, credentials: read(credentials.to_owned(), &mut unreadable), unreadable }
    }

    /// Why one that is there cannot be read, in a sentence with its name.
    pub fn unreadable(&self) -> Option<&str> {
        self.unreadable.as_ref().map(|unreadable| unreadable.why.as_str())
    }

    /// Whether that is a pipe: who reads it all the same may wait for ever.
    pub fn blocks(&self) -> bool {
        self.unreadable.as_ref().is_some_and(|unreadable| unreadable.pipe)
    }

    /// The sections of the files.
    pub fn sections(&self) -> Vec<AwsSection> {
        let of = |file: &Option<(PathBuf, String)>, credentials| {
            let mut found = Vec::new();
            let Some((path, text)) = file else { return found };
            for (number, line) in text.lines().enumerate() {
                if let Some((written, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                    let place = format!("{}:{}", path.display(), number + 1);
                    found.push(AwsSection { written: written.trim().to_owned(), place, credentials });
                }
            }
            found
        };
        let mut found = of(&self.config, false);
        found.extend(of(&self.credentials, true));
        found
    }

    /// Whether they name an endpoint at all, or say that none is heard.
    pub fn say_something(&self) -> bool {
        let texts = self.config.iter().chain(&self.credentials);
        texts.into_iter().any(|(_, text)| text.contains(ENDPOINT) || text.contains(IGNORED))
    }

    /// The endpoints of a profile. Those of the file of credentials go first.
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

/// A file with its text, or why it cannot be read though it is there. A pipe that a shell hands in is not read: it would be
/// empty for who reads it next.
fn read(path: PathBuf, unreadable: &mut Option<Unreadable>) -> Option<(PathBuf, String)> {
    let pipe = super::read::is_named_pipe(&path);
    let mut cannot = |why: &str| {
        let why = format!("the AWS file {} cannot be read: {why}", path.display());
        // What would be waited for is told before what is only left out.
        if pipe || unreadable.is_none() {
            *unreadable = Some(Unreadable { why, pipe });
        }
    };
    match std::fs::metadata(&path) {
        Ok(what) if what.is_dir() => cannot("it is a folder"),
        Ok(what) if what.is_file() => match std::fs::read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => return Some((path, text)),
            Ok(Err(_)) => cannot("it is no text in UTF-8"),
            Err(error) => cannot(&error.to_string()),
        },
        Err(error) if error.kind() == ErrorKind::PermissionDenied => cannot(&error.to_string()),
        Ok(_) if pipe => cannot("it is a pipe, which may never be written into"),
        Ok(_) | Err(_) => {}
    }
    None
}

/// All settings of a file, in its order.
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

/// A value without what is said about it behind it.
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

    fn told(files: &AwsFiles, profile: &str) -> Vec<(String, String)> {
        let found = files.endpoints(profile);
        found.named.into_iter().map(|(name, one)| (name, format!("{} {}", one.url, one.place))).collect()
    }

    #[test]
    fn endpoints_of_a_profile_and_of_its_services_are_told_with_their_lines() {
        let text = "[default]\nendpoint_url = http://d\n\n# [profile p]\n[profile p]\nservices = two\n\
                    Endpoint_URL = http://p # a comment\n[services one]\ns3 =\n  endpoint_url = http://one\n\
                    [services two]\ns3 =\n  endpoint_url=http://s3\n  addressing_style = path\n\
                    cloudwatch_logs =\n\tendpoint_url = http://logs\n[endpoint]\nendpoint_url = http://x\n";
        let both = files(text, "[default]\naws_access_key_id = a\n");
        let of = |url: &str, place: &str, line: usize| {
            format!("{url} `endpoint_url` of [{place}] in /me/config, line {line}")
        };
        assert_eq!(told(&both, "default"), [("AWS_ENDPOINT_URL".to_owned(), of("http://d", "default", 2))]);
        assert_eq!(
            told(&both, "p"),
            [
                ("AWS_ENDPOINT_URL".to_owned(), of("http://p", "profile p", 7)),
                ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS".to_owned(), of("http://logs", "services two", 16)),
                ("AWS_ENDPOINT_URL_S3".to_owned(), of("http://s3", "services two", 13)),
            ]
        );
        assert!(told(&both, "endpoint").is_empty());
        // In the file of credentials a profile has no word before its name; what it has there goes first.
        let credentials = files(text, "[p]\nendpoint_url = http://c\nignore_configured_endpoint_urls = True\n");
        let found = credentials.endpoints("p");
        assert_eq!((found.named["AWS_ENDPOINT_URL"].url.as_str(), found.ignored), ("http://c", true));
        assert!(!both.endpoints("p").ignored && both.say_something());
        assert!(!files("", "[p]\nregion = x\n").say_something());
    }
}
