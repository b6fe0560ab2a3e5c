//! The AWS endpoints that a state belongs to: AWS itself, or an endpoint of an emulator or the simulator. A state in a
//! local file stays the same when another endpoint is set; Terraform would find none of its resources there, create
//! everything again, and lose track of the real resources.

use crate::Endpoints;
use crate::format::without_user;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment variables with endpoints: `AWS_ENDPOINT_URL` and its per-service variants, with their values,
/// including those from the AWS configuration files. Empty for AWS itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndpointVariables(pub BTreeMap<String, String>);

/// The prefix of the variables with endpoints.
pub const ENDPOINTS: &str = "AWS_ENDPOINT_URL";

impl EndpointVariables {
    /// Creates it from environment variables.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let endpoints = variables.into_iter().filter(|(name, value)| name.starts_with(ENDPOINTS) && !value.is_empty());
        Self(endpoints.map(|(name, value)| (name, value.trim().trim_end_matches('/').to_owned())).collect())
    }

    /// Whether it is AWS itself.
    pub fn is_aws(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns it as endpoints, as used for all other changes.
    pub fn endpoints(&self) -> Endpoints {
        let own = self.0.iter().filter_map(|(name, url)| {
            let service = name.strip_prefix(ENDPOINTS)?.strip_prefix('_')?.to_lowercase();
            Some((service, Some(url.clone())))
        });
        Endpoints::new(own, self.0.get(ENDPOINTS).map(String::as_str))
    }

    /// Returns the form for storage, comparison and display: empty for AWS itself. Users and passwords are omitted.
    pub fn key(&self) -> String {
        let entry = |name: &String, url: &String| {
            let url = without_user(url);
            match name.strip_prefix(ENDPOINTS) {
                Some("") | None => url,
                Some(service) => format!("{}={url}", service.trim_start_matches('_').to_lowercase()),
            }
        };
        self.0.iter().map(|(name, url)| entry(name, url)).collect::<Vec<_>>().join(" ")
    }
}

/// Describes a stored key.
pub fn describe_key(key: &str) -> &str {
    if key.is_empty() { "AWS itself" } else { key }
}

/// A recorded state and the endpoints that it belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownState {
    /// The state's lineage, which it keeps when it is moved; `None` before the first apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<String>,
    /// The absolute path of its file.
    pub file: PathBuf,
    /// The key of its endpoints, see [`EndpointVariables::key`].
    pub world: String,
}

/// The properties of a state that determine which endpoints it belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its lineage.
    pub lineage: Option<String>,
    /// Number of AWS resources that it manages.
    pub aws_resources: usize,
}

/// Parses a state; `None` if it is not one.
pub fn facts(state: &[u8]) -> Option<Facts> {
    let state: Value = serde_json::from_slice(state).ok()?;
    let managed = state["resources"].as_array().into_iter().flatten().filter(|resource| {
        let provider = resource["provider"].as_str().unwrap_or_default();
        resource["mode"] == "managed" && (provider.contains("/aws\"") || provider.ends_with("provider.aws"))
    });
    let of_aws = managed.map(|resource| resource["instances"].as_array().map_or(0, Vec::len)).sum();
    Some(Facts { lineage: state["lineage"].as_str().map(str::to_owned), aws_resources: of_aws })
}

/// Returns why a state must not be planned or applied at these endpoints; `None` if it may be.
///
/// A state without AWS resources may be used with any endpoints. A state without a record is assumed to belong to AWS
/// itself, unless the configuration assigns the endpoint to the environment (`declared`); an endpoint that was only
/// typed for one command proves nothing.
pub fn refusal(file: &Path, facts: &Facts, known: &[KnownState], world: &str, declared: bool) -> Option<String> {
    if facts.aws_resources == 0 {
        return None;
    }
    let by_lineage = known.iter().rev().find(|known| known.lineage.is_some() && known.lineage == facts.lineage);
    let by_file = || known.iter().rev().find(|known| known.lineage.is_none() && known.file == file);
    let of = match by_lineage.or_else(by_file) {
        Some(known) => known.world.as_str(),
        None if declared => return None,
        None => "",
    };
    (of != world).then(|| {
        let count = facts.aws_resources;
        let resources = if count == 1 { "resource" } else { "resources" };
        format!(
            "the state in {} has {count} {resources} of {}, and this would ask {}",
            file.display(),
            describe_key(of),
            describe_key(world)
        )
    })
}

/// The hint for a state that belongs to other endpoints.
pub const HINT: &str = "leave --endpoint-url, AWS_ENDPOINT_URL and an `endpoint_url` of the AWS files out, or use a copy of the code with \
                        a state of its own. Where the state really is of that endpoint, write `endpoint_url` into the environment's \
                        configuration";

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:4566";

    fn known(lineage: Option<&str>, world: &str) -> KnownState {
        KnownState { lineage: lineage.map(str::to_owned), file: "/a/terraform.tfstate".into(), world: world.into() }
    }

    fn judged(lineage: &str, known: &[KnownState], world: &str, declared: bool) -> bool {
        let facts = Facts { lineage: Some(lineage.into()), aws_resources: 3 };
        refusal(Path::new("/a/terraform.tfstate"), &facts, known, world, declared).is_some()
    }

    #[test]
    fn state_is_planned_only_at_its_own_endpoints() {
        let sim = [known(Some("l"), URL)];
        assert!(!judged("l", &sim, URL, false));
        assert!(judged("l", &sim, "", false), "it would be created again in AWS itself");
        assert!(judged("l", &sim, "http://127.0.0.1:1", true), "another endpoint, even if configured");
        // Without a record it belongs to AWS itself, unless the configuration assigns an endpoint to the environment.
        assert!(judged("other", &sim, URL, false) && !judged("other", &sim, "", false));
        assert!(!judged("other", &sim, URL, true));
        assert!(judged("l", &[known(Some("l"), "")], URL, true), "the record decides");
    }

    #[test]
    fn killed_apply_leaves_the_state_at_its_endpoints() {
        let recorded = [known(None, URL)];
        assert!(!judged("l", &recorded, URL, false) && judged("l", &recorded, "", false));
        assert!(judged("l", &[known(None, URL), known(Some("l"), "")], URL, false), "the lineage has precedence");
    }

    #[test]
    fn state_without_aws_resources_fits_any_endpoints() {
        let state = br#"{"lineage":"l","resources":[
            {"mode":"managed","type":"terraform_data","provider":"provider[\"terraform.io/builtin/terraform\"]","instances":[{}]},
            {"mode":"data","type":"aws_ami","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{}]}]}"#;
        let found = facts(state).unwrap();
        assert_eq!(found, Facts { lineage: Some("l".into()), aws_resources: 0 });
        assert_eq!(refusal(Path::new("/a"), &found, &[], URL, false), None);
        let state = String::from_utf8_lossy(state).replace("\"data\"", "\"managed\"");
        assert_eq!(facts(state.as_bytes()).unwrap().aws_resources, 1);
        assert_eq!(facts(b"torn {"), None);
    }

    #[test]
    fn per_service_endpoints_are_compared_too() {
        let world = |pairs: &[(&str, &str)]| {
            EndpointVariables::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        };
        assert!(world(&[("AWS_REGION", "x"), ("AWS_ENDPOINT_URL", "")]).is_aws());
        assert_eq!(world(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566/")]).key(), URL);
        assert_eq!(world(&[("AWS_ENDPOINT_URL_S3", "http://s3")]).key(), "s3=http://s3");
        let named = world(&[
            ("AWS_ENDPOINT_URL", "http://ann:pass@127.0.0.1:4566"),
            ("AWS_ENDPOINT_URL_S3", "http://ann:pass@s3"),
        ]);
        assert_eq!(named.key(), format!("{URL} s3=http://s3"), "it is shown and written down");
        assert_eq!(world(&[("AWS_ENDPOINT_URL_S3", URL)]).endpoints().key(), format!("s3={URL} else=AWS"));
        assert_eq!(world(&[("AWS_ENDPOINT_URL", URL)]).endpoints(), Endpoints::at(URL));
    }
}
