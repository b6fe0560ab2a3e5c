//! Parameters of Systems Manager, and the secrets of Secrets Manager beside them: what they are, what task definitions
//! name of them, and what is judged of both.
//!
//! - [`value`]: a value, which never prints; [`change`]: how one differs from another, without showing either.
//! - [`named`]: what task definitions name; [`check`]: what of that is not as it should be.
//! - [`rights`]: whether roles may read it, as far as that is known before a task fails.
//! - [`compare`]: two environments beside each other, by names; [`tree`]: names as a tree of paths.
//! - [`place`]: whose a parameter is, by where it lies.
//! - [`secret`]: secrets with their rotation; [`own`]: which of a region's are an environment's; [`dotenv`]: parameters as a file of variables and back.

pub mod change;
pub mod check;
pub mod compare;
pub mod dotenv;
pub mod named;
pub mod own;
pub mod place;
pub mod rights;
pub mod secret;
pub mod tree;
pub mod value;

use crate::failure::Failure;
use jiff::Timestamp;
pub use secret::Secret;
pub use value::Value;

/// A value of the standard tier has at most so many bytes. Source: the quotas of Parameter Store.
pub const STANDARD_BYTES: usize = 4 * 1024;
/// A value of the advanced tier has at most so many bytes, and costs.
pub const ADVANCED_BYTES: usize = 8 * 1024;

/// The type of a parameter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum Kind {
    /// Text that anybody may read who may read parameters.
    #[serde(rename = "String")]
    Plain,
    /// Texts with commas between them.
    #[serde(rename = "StringList")]
    List,
    /// Encrypted with a key of KMS.
    #[default]
    #[serde(rename = "SecureString")]
    Secure,
}

impl Kind {
    /// The type's name in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "String",
            Self::List => "StringList",
            Self::Secure => "SecureString",
        }
    }

    /// Reads AWS's word; one that is not known is taken for the one to be careful with.
    pub fn parse(word: &str) -> Self {
        match word {
            "String" => Self::Plain,
            "StringList" => Self::List,
            _ => Self::Secure,
        }
    }
}

/// A parameter without its value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameter {
    /// Its whole name: `/shop/staging/DATABASE_URL`.
    pub name: String,
    pub kind: Kind,
    /// Counts up with each change; 0 where it is not known.
    pub version: i64,
    pub modified_at: Option<Timestamp>,
    /// The author of this version (an ARN).
    pub modified_by: Option<String>,
    /// The key of a [`Kind::Secure`]: `alias/aws/ssm` or another.
    pub key: Option<String>,
    /// `Standard`, `Advanced`, `Intelligent-Tiering`.
    pub tier: Option<String>,
    pub description: Option<String>,
}

/// A parameter with its value, or why that cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    pub parameter: Parameter,
    pub value: Result<Value, Failure>,
}

/// One version of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    pub version: i64,
    pub kind: Kind,
    pub modified_at: Option<Timestamp>,
    pub modified_by: Option<String>,
    pub key: Option<String>,
    /// Names that people gave it.
    pub labels: Vec<String>,
    /// Where it was asked for.
    pub value: Option<Value>,
}

/// The user or role of an ARN, as people call it: `admin` of `arn:aws:sts::1:assumed-role/ops/admin`.
pub fn person(arn: &str) -> &str {
    arn.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(arn)
}

/// Whether a name may be that of a parameter. Source: `PutParameter`.
///
/// # Errors
/// Why it may not.
pub fn check_name(name: &str) -> Result<(), String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    let first = name.trim_start_matches('/').to_ascii_lowercase();
    if name.is_empty() || name == "/" {
        Err("a parameter needs a name".to_owned())
    } else if let Some(c) = name.chars().find(|c| !fine(*c)) {
        Err(format!("{c:?} cannot be in the name of a parameter: letters, digits and . - _ / can"))
    } else if name.contains('/') && !name.starts_with('/') {
        Err(format!("a name with a path begins with /: /{name}"))
    } else if name.ends_with('/') || name.contains("//") {
        Err("a part of the path is empty".to_owned())
    } else if first.starts_with("aws") || first.starts_with("ssm") {
        Err("AWS keeps names that begin with aws or ssm for itself".to_owned())
    } else if name.matches('/').count() > 15 {
        Err("a path has at most 15 levels".to_owned())
    } else if name.len() > 1011 {
        Err("a name has at most 1011 characters".to_owned())
    } else {
        Ok(())
    }
}

/// The paths that parameters of these names lie under: their folders, without those that lie in another. A name without
/// a path is its own.
pub fn prefixes<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut folders: Vec<String> = names
        .into_iter()
        .map(|name| match name.rsplit_once('/') {
            Some((folder, _)) if !folder.is_empty() => format!("{folder}/"),
            _ => name.to_owned(),
        })
        .collect();
    folders.sort();
    folders.dedup();
    let all = folders.clone();
    let inside =
        |folder: &str| all.iter().any(|other| other != folder && other.ends_with('/') && folder.starts_with(other));
    folders.retain(|folder| !inside(folder));
    folders
}

/// Whether a parameter lies under one of these paths, or is one of them.
pub fn belongs(name: &str, prefixes: &[String]) -> bool {
    prefixes.iter().any(|prefix| if prefix.ends_with('/') { name.starts_with(prefix) } else { name == prefix })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_names_do_not_lie_in_each_other_and_a_name_without_a_path_is_its_own() {
        let names = ["/shop/prod/A", "/shop/prod/db/B", "/datadog/api-key", "plain", "/shop/prod/C", "/top"];
        assert_eq!(prefixes(names), ["/datadog/", "/shop/prod/", "/top", "plain"]);
        let all = prefixes(names);
        assert!(belongs("/shop/prod/db/B", &all) && belongs("plain", &all));
        assert!(!belongs("/shop/production/A", &all) && !belongs("plainer", &all) && !belongs("/other", &all));
    }

    #[test]
    fn a_name_is_refused_as_the_service_would() {
        for fine in ["/a/b", "plain", "/a.b-c_d/E", "/top"] {
            assert_eq!(check_name(fine), Ok(()), "{fine}");
        }
        for bad in ["", "/", "a/b", "/a//b", "/a/", "/a b", "/aws/x", "ssm-x", "/ä"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_person_is_the_end_of_an_arn() {
        assert_eq!(person("arn:aws:sts::123456789012:assumed-role/ops/jane"), "jane");
        assert_eq!(person("arn:aws:iam::123456789012:root"), "arn:aws:iam::123456789012:root");
    }
}
