//! Parameters of Systems Manager and secrets of Secrets Manager: their data, the references in task definitions, and
//! checks of both.
//!
//! - [`value`]: a value that is never printed; [`change`]: how one differs from another, without revealing either.
//! - [`references`]: references in task definitions; [`check`]: their problems.
//! - [`permissions`]: whether roles can read them, as far as that is known before a task fails.
//! - [`compare`]: comparison of two environments by names; [`tree`]: names as a tree of paths.
//! - [`environment_path`]: the environment that a parameter belongs to, by its path.
//! - [`secret`]: secrets and their rotation; [`secret_owner`]: the secrets of a region that belong to an environment;
//!   [`dotenv`]: parameters as a dotenv file.

pub mod change;
pub mod check;
pub mod compare;
pub mod dotenv;
pub mod environment_path;
pub mod permissions;
pub mod references;
pub mod secret;
pub mod secret_owner;
pub mod tree;
pub mod value;

use crate::failure::Failure;
use jiff::Timestamp;
pub use secret::Secret;
pub use value::Value;

/// Maximum size of a value in the standard tier, in bytes. Source: the quotas of Parameter Store.
pub const STANDARD_BYTES: usize = 4 * 1024;
/// Maximum size of a value in the advanced tier, in bytes; this tier costs money.
pub const ADVANCED_BYTES: usize = 8 * 1024;

/// The type of a parameter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum Kind {
    /// Plain text, readable by everyone with access to parameters.
    #[serde(rename = "String")]
    Plain,
    /// Comma-separated texts.
    #[serde(rename = "StringList")]
    List,
    /// Text that is encrypted with a KMS key.
    #[default]
    #[serde(rename = "SecureString")]
    Secure,
}

impl Kind {
    /// Returns the type's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "String",
            Self::List => "StringList",
            Self::Secure => "SecureString",
        }
    }

    /// Parses the API's word; an unknown one is treated as [`Kind::Secure`].
    pub fn parse(word: &str) -> Self {
        match word {
            "String" => Self::Plain,
            "StringList" => Self::List,
            _ => Self::Secure,
        }
    }
}

/// A parameter, without its value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameter {
    /// The full name: `/shop/staging/DATABASE_URL`.
    pub name: String,
    pub kind: Kind,
    /// The version, incremented with each change; 0 if unknown.
    pub version: i64,
    pub modified_at: Option<Timestamp>,
    /// The author of this version, as an ARN.
    pub modified_by: Option<String>,
    /// The KMS key of a [`Kind::Secure`]: `alias/aws/ssm` or another.
    pub key: Option<String>,
    /// `Standard`, `Advanced`, `Intelligent-Tiering`.
    pub tier: Option<String>,
    pub description: Option<String>,
}

/// A parameter with its value, or the reason why the value cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterWithValue {
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
    /// Its labels.
    pub labels: Vec<String>,
    /// The value, if it was requested.
    pub value: Option<Value>,
}

/// Returns the user or role name in an ARN: `admin` for `arn:aws:sts::1:assumed-role/ops/admin`.
pub fn principal_name(arn: &str) -> &str {
    arn.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(arn)
}

/// Checks a parameter's name. Source: `PutParameter`.
///
/// # Errors
/// The reason why it is invalid.
pub fn check_name(name: &str) -> Result<(), String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    let first = name.trim_start_matches('/').to_ascii_lowercase();
    if name.is_empty() || name == "/" {
        Err("a parameter needs a name".to_owned())
    } else if let Some(c) = name.chars().find(|c| !is_allowed(*c)) {
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

/// Returns the paths of parameters with these names: their folders, without folders inside another one. A name without
/// a path stands for itself.
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
    let candidates = folders.clone();
    let inside = |folder: &str| {
        candidates.iter().any(|other| other != folder && other.ends_with('/') && folder.starts_with(other))
    };
    folders.retain(|folder| !inside(folder));
    folders
}

/// Whether a parameter is under one of these paths, or is one of them.
pub fn is_under_path(name: &str, prefixes: &[String]) -> bool {
    prefixes.iter().any(|prefix| if prefix.ends_with('/') { name.starts_with(prefix) } else { name == prefix })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_do_not_contain_each_other_and_plain_names_stand_for_themselves() {
        let names = ["/shop/prod/A", "/shop/prod/db/B", "/datadog/api-key", "plain", "/shop/prod/C", "/top"];
        assert_eq!(prefixes(names), ["/datadog/", "/shop/prod/", "/top", "plain"]);
        let all = prefixes(names);
        assert!(is_under_path("/shop/prod/db/B", &all) && is_under_path("plain", &all));
        assert!(
            !is_under_path("/shop/production/A", &all)
                && !is_under_path("plainer", &all)
                && !is_under_path("/other", &all)
        );
    }

    #[test]
    fn invalid_name_is_rejected_like_the_service_does() {
        for fine in ["/a/b", "plain", "/a.b-c_d/E", "/top"] {
            assert_eq!(check_name(fine), Ok(()), "{fine}");
        }
        for bad in ["", "/", "a/b", "/a//b", "/a/", "/a b", "/aws/x", "ssm-x", "/ä"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn person_is_the_last_part_of_an_arn() {
        assert_eq!(principal_name("arn:aws:sts::123456789012:assumed-role/ops/jane"), "jane");
        assert_eq!(principal_name("arn:aws:iam::123456789012:root"), "arn:aws:iam::123456789012:root");
    }
}
