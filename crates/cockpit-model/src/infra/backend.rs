//! The state backend in the code of a root module, and generated code for an S3 backend.

use serde_json::Value;

/// The generated file with the backend of a root module whose code names none.
pub const FILE: &str = "cockpit_backend.tf";
/// The generated file for code that has a backend of its own: Terraform merges such a file over the others.
pub const OVERRIDE: &str = "cockpit_backend_override.tf";

/// Returns the type of the backend in the code: `local`, `s3`.
pub fn backend_type(code: &str) -> Option<String> {
    code.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix("backend")?.trim_start().strip_prefix('"')?;
        rest.split_once('"').map(|(kind, _)| kind.to_owned())
    })
}

/// Returns the backend type in the files of a root module, given by name and text: an override wins.
pub fn backend_type_of_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let mut found = None;
    let mut files: Vec<(&str, &str)> = files.into_iter().collect();
    files.sort_by_key(|(name, _)| (is_override(name), *name));
    for (_, text) in files {
        found = backend_type(text).or(found);
    }
    found
}

fn is_override(name: &str) -> bool {
    name == "override.tf" || name.ends_with("_override.tf")
}

/// A location in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Location {
    pub bucket: String,
    /// The object key. For a named workspace, Terraform puts `env:/NAME/` before it.
    pub key: String,
    /// The bucket's region.
    pub region: Option<String>,
    /// Whether it is an emulator's, which has no host name for each bucket.
    pub emulated: bool,
}

/// Returns code that keeps the state at this place, with locking.
pub fn code(place: &S3Location) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut lines =
        vec![format!("bucket       = {}", quoted(&place.bucket)), format!("key          = {}", quoted(&place.key))];
    lines.extend(place.region.as_deref().map(|region| format!("region       = {}", quoted(region))));
    lines.extend(["encrypt      = true".to_owned(), "use_lockfile = true".to_owned()]);
    if place.emulated {
        let more = [
            "use_path_style              = true",
            "skip_credentials_validation = true",
            "skip_metadata_api_check     = true",
        ];
        lines.push(String::new());
        lines.extend(more.map(str::to_owned));
    }
    let inner: Vec<String> =
        lines.iter().map(|line| if line.is_empty() { String::new() } else { format!("    {line}") }).collect();
    format!("terraform {{\n  backend \"s3\" {{\n{}\n  }}\n}}\n", inner.join("\n"))
}

/// Whether a backend's settings enable locking.
pub fn locks(config: &Value) -> bool {
    config["use_lockfile"] == true || config["dynamodb_table"].as_str().is_some_and(|name| !name.is_empty())
}

/// Returns an empty state that replaces another one: the same lineage, and a later serial.
pub fn empty_state(lineage: &str, serial: u64, version: &str) -> Value {
    serde_json::json!({
        "version": 4,
        "terraform_version": version,
        "serial": serial,
        "lineage": lineage,
        "outputs": {},
        "resources": [],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn override_decides_the_backend() {
        assert_eq!(backend_type("terraform {\n  backend   \"local\" {}\n}\n").as_deref(), Some("local"));
        assert_eq!(backend_type("# a backend \"s3\" would be better\nlocals { backend = \"s3\" }\n"), None);
        let files = [("versions.tf", "backend \"local\" {}"), ("backend_override.tf", "  backend \"s3\" {")];
        assert_eq!(backend_type_of_files(files).as_deref(), Some("s3"));
        assert_eq!(
            backend_type_of_files([("override.tf", "backend \"s3\" {"), ("a.tf", "backend \"local\" {")]).as_deref(),
            Some("s3")
        );
        assert_eq!(backend_type_of_files([("main.tf", "locals {}")]), None);
    }

    #[test]
    fn generated_backend_has_a_lock_and_quoted_values() {
        let mut place = S3Location {
            bucket: "b\"".into(),
            key: "a/terraform.tfstate".into(),
            region: Some("us-east-1".into()),
            emulated: false,
        };
        let text = code(&place);
        assert!(text.contains("use_lockfile = true") && text.contains(r#"bucket       = "b\"""#), "{text}");
        assert!(!text.contains("skip_") && text.contains("region       = \"us-east-1\""), "{text}");
        place.emulated = true;
        assert!(code(&place).contains("use_path_style"));
        assert_eq!(backend_type(&code(&place)).as_deref(), Some("s3"));
    }

    #[test]
    fn backend_without_a_lock_is_detected() {
        assert!(locks(&serde_json::json!({ "use_lockfile": true })));
        assert!(locks(&serde_json::json!({ "dynamodb_table": "locks" })));
        assert!(!locks(&serde_json::json!({ "use_lockfile": false, "dynamodb_table": "" })));
    }
}
