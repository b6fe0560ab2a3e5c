//! Which AWS a state is of: AWS itself, or what answers at an endpoint (an emulator, the simulator). A state that is kept in a
//! file stays where it is when another endpoint is named, and Terraform would find nothing there of what it has: it would
//! make everything again, and forget what is real.

use crate::Endpoints;
use crate::format::without_user;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The variables that name endpoints: `AWS_ENDPOINT_URL` and those of single services, with their values; what the AWS files
/// name is among them. None is AWS itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct World(pub BTreeMap<String, String>);

/// Beginning of the variables that name endpoints.
pub const ENDPOINTS: &str = "AWS_ENDPOINT_URL";

impl World {
    /// The AWS that these variables lead to.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let named = variables.into_iter().filter(|(name, value)| name.starts_with(ENDPOINTS) && !value.is_empty());
        Self(named.map(|(name, value)| (name, value.trim().trim_end_matches('/').to_owned())).collect())
    }

    /// Whether it is AWS itself.
    pub fn is_aws(&self) -> bool {
        self.0.is_empty()
    }

    /// Where its requests go, as for all other changes.
    pub fn endpoints(&self) -> Endpoints {
        let own = self.0.iter().filter_map(|(name, url)| {
            let service = name.strip_prefix(ENDPOINTS)?.strip_prefix('_')?.to_lowercase();
            Some((service, Some(url.clone())))
        });
        Endpoints::new(own, self.0.get(ENDPOINTS).map(String::as_str))
    }

    /// The text by which endpoints are stored, compared and shown: empty for AWS itself. A user and a password are left out.
    pub fn key(&self) -> String {
        let short = |name: &String, url: &String| {
            let url = without_user(url);
            match name.strip_prefix(ENDPOINTS) {
                Some("") | None => url,
                Some(service) => format!("{}={url}", service.trim_start_matches('_').to_lowercase()),
            }
        };
        self.0.iter().map(|(name, url)| short(name, url)).collect::<Vec<_>>().join(" ")
    }
}

/// A world for a person.
pub fn words(key: &str) -> &str {
    if key.is_empty() { "AWS itself" } else { key }
}

/// A state of which it was written down where it is of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The state's own mark, which it keeps wherever it is moved to; none before anything was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<String>,
    /// Its file, absolute.
    pub file: PathBuf,
    /// [`World::key`].
    pub world: String,
}

/// The facts of a state that tell which AWS it is of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its own mark.
    pub lineage: Option<String>,
    /// Resources of AWS that it manages.
    pub of_aws: usize,
}

/// Reads a state; none where it is none.
pub fn facts(state: &[u8]) -> Option<Facts> {
    let state: Value = serde_json::from_slice(state).ok()?;
    let managed = state["resources"].as_array().into_iter().flatten().filter(|resource| {
        let provider = resource["provider"].as_str().unwrap_or_default();
        resource["mode"] == "managed" && (provider.contains("/aws\"") || provider.ends_with("provider.aws"))
    });
    let of_aws = managed.map(|resource| resource["instances"].as_array().map_or(0, Vec::len)).sum();
    Some(Facts { lineage: state["lineage"].as_str().map(str::to_owned), of_aws })
}

/// Why a state is not planned or applied in a world; none where it is of it.
///
/// One that has nothing of AWS can be of any. One of which nothing was written down is taken for one of AWS itself, unless the
/// configuration itself says that the environment is at this endpoint (`declared`): what is typed for a moment says nothing
/// of where a state is of.
pub fn refused(file: &Path, facts: &Facts, known: &[Known], world: &str, declared: bool) -> Option<String> {
    if facts.of_aws == 0 {
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
        let count = facts.of_aws;
        let resources = if count == 1 { "resource" } else { "resources" };
        format!(
            "the state in {} has {count} {resources} of {}, and this would ask {}",
            file.display(),
            words(of),
            words(world)
        )
    })
}

/// The hint on a state of another AWS.
pub const HINT: &str = "leave --endpoint-url, AWS_ENDPOINT_URL and an `endpoint_url` of the AWS files out, or use a copy of the code with \
                        a state of its own. Where the state really is of that endpoint, write `endpoint_url` into the environment's \
                        configuration";

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:4566";

    fn known(lineage: Option<&str>, world: &str) -> Known {
        Known { lineage: lineage.map(str::to_owned), file: "/a/terraform.tfstate".into(), world: world.into() }
    }

    fn judged(lineage: &str, known: &[Known], world: &str, declared: bool) -> bool {
        let facts = Facts { lineage: Some(lineage.into()), of_aws: 3 };
        refused(Path::new("/a/terraform.tfstate"), &facts, known, world, declared).is_some()
    }

    #[test]
    fn a_state_is_planned_only_where_its_resources_are() {
        let sim = [known(Some("l"), URL)];
        assert!(!judged("l", &sim, URL, false));
        assert!(judged("l", &sim, "", false), "made again in AWS itself");
        assert!(judged("l", &sim, "http://127.0.0.1:1", true), "another endpoint, whatever the configuration says");
        // Nothing was written down: it is of AWS itself, unless the configuration says where the environment is.
        assert!(judged("other", &sim, URL, false) && !judged("other", &sim, "", false));
        assert!(!judged("other", &sim, URL, true));
        assert!(judged("l", &[known(Some("l"), "")], URL, true), "what was written down is what counts");
    }

    #[test]
    fn an_apply_that_was_killed_left_the_state_in_the_world_that_it_was_begun_in() {
        let begun = [known(None, URL)];
        assert!(!judged("l", &begun, URL, false) && judged("l", &begun, "", false));
        assert!(judged("l", &[known(None, URL), known(Some("l"), "")], URL, false), "its own mark counts more");
    }

    #[test]
    fn a_state_without_resources_of_aws_may_be_of_any_world() {
        let state = br#"{"lineage":"l","resources":[
            {"mode":"managed","type":"terraform_data","provider":"provider[\"terraform.io/builtin/terraform\"]","instances":[{}]},
            {"mode":"data","type":"aws_ami","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{}]}]}"#;
        let found = facts(state).unwrap();
        assert_eq!(found, Facts { lineage: Some("l".into()), of_aws: 0 });
        assert_eq!(refused(Path::new("/a"), &found, &[], URL, false), None);
        let state = String::from_utf8_lossy(state).replace("\"data\"", "\"managed\"");
        assert_eq!(facts(state.as_bytes()).unwrap().of_aws, 1);
        assert_eq!(facts(b"torn {"), None);
    }

    #[test]
    fn endpoints_of_single_services_are_a_part_of_the_world() {
        let world = |pairs: &[(&str, &str)]| {
            World::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
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
