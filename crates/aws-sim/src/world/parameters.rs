//! Parameters of Systems Manager: those referenced by the task definitions of a scenario, and some others, each with
//! its versions. Requests are in `services::parameters`.

use super::{DAY, HOUR, World};
use crate::account::ACCOUNT;
use crate::clock::Ms;
use crate::rng;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The number of versions that the service keeps of a parameter.
const KEPT: usize = 100;
/// The default encryption key.
pub(crate) const DEFAULT_KEY: &str = "alias/aws/ssm";

/// A version of a parameter.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) number: i64,
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) key: Option<String>,
    pub(crate) at: Ms,
    pub(crate) by: String,
    pub(crate) description: Option<String>,
    pub(crate) tier: &'static str,
}

/// A parameter, with its versions.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// Oldest first; never empty.
    pub(crate) versions: Vec<Version>,
}

impl Parameter {
    pub(crate) fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    pub(crate) fn arn(&self, region: &str) -> String {
        format!("arn:aws:ssm:{region}:{ACCOUNT}:parameter/{}", self.name.trim_start_matches('/'))
    }
}

/// All parameters, by region and name.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    pub(crate) all: BTreeMap<(String, String), Parameter>,
    /// KMS keys that must not be used.
    pub(crate) refused_keys: BTreeSet<String>,
}

impl Parameters {
    pub(crate) fn get(&self, region: &str, name: &str) -> Option<&Parameter> {
        // The name may also be an ARN, which has no slash before a name without a path.
        let bare = name.rsplit_once(":parameter/").map_or(name, |(_, path)| path);
        let with = if bare == name { name.to_owned() } else { format!("/{bare}") };
        self.all.get(&(region.to_owned(), with)).or_else(|| self.all.get(&(region.to_owned(), bare.to_owned())))
    }

    /// The parameters of a region, by name.
    pub(crate) fn of<'a>(&'a self, region: &'a str) -> impl Iterator<Item = &'a Parameter> {
        self.all.range((region.to_owned(), String::new())..).take_while(move |((r, _), _)| r == region).map(|(_, p)| p)
    }

    /// Adds a version, or a new parameter; returns the version number.
    pub(crate) fn put(&mut self, region: &str, name: &str, mut version: Version) -> i64 {
        let key = (region.to_owned(), name.to_owned());
        let parameter =
            self.all.entry(key).or_insert_with(|| Parameter { name: name.to_owned(), versions: Vec::new() });
        version.number = parameter.newest().map_or(1, |newest| newest.number + 1);
        let number = version.number;
        parameter.versions.push(version);
        if parameter.versions.len() > KEPT {
            parameter.versions.remove(0);
        }
        number
    }

    pub(crate) fn delete(&mut self, region: &str, name: &str) -> bool {
        self.all.remove(&(region.to_owned(), name.to_owned())).is_some()
    }
}

fn person(name: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}")
}

impl World {
    /// Creates the parameters referenced by the newest task definitions, and a few others.
    pub(crate) fn seed_parameters(&mut self) {
        let newest = self.families.values().filter_map(|revisions| revisions.last());
        let named: BTreeSet<String> = newest
            .flat_map(|def| def.containers.iter().flat_map(|c| c.secrets.iter().map(|(_, from)| from.clone())))
            .collect();
        for arn in named {
            let parts: Vec<&str> = arn.splitn(6, ':').collect();
            let ["arn", _, "ssm", region, _, resource] = parts.as_slice() else { continue };
            let Some(path) = resource.strip_prefix("parameter") else { continue };
            self.seed(region, path);
        }
        let tokyo = "ap-northeast-1";
        if self.clusters.iter().any(|cluster| cluster.region == tokyo) {
            self.seed(tokyo, "/bookmark-manager/staging/SMTP_PASSWORD");
            self.seed(tokyo, "/bookmark-manager/prod/SENTRY_DSN");
        }
    }

    fn seed(&mut self, region: &str, name: &str) {
        let hash = rng::hash(self.seed, name);
        let last = name.rsplit('/').next().unwrap_or(name);
        let plain = last.starts_with("NEXT_PUBLIC");
        for number in 0..=(hash % 3) {
            let back = Ms::try_from(200 - number * 60 + hash % 9).unwrap_or(0) * DAY
                + Ms::try_from(hash % 20).unwrap_or(0) * HOUR;
            let value = match last {
                "NEXT_PUBLIC_API_URL" => "https://api.example.com".to_owned(),
                "DATABASE_URL" => {
                    format!("postgres://app:simulated-{:08x}@db.internal:5432/app", hash as u32 ^ number as u32)
                }
                _ => format!("simulated-{:016x}", hash ^ number),
            };
            let version = Version {
                number: 0,
                kind: if plain { "String" } else { "SecureString" }.to_owned(),
                value,
                key: (!plain).then(|| DEFAULT_KEY.to_owned()),
                at: self.start - back,
                by: person(if number == 0 { "terraform/ci" } else { "ops/mari" }),
                description: None,
                tier: "Standard",
            };
            self.parameters.put(region, name, version);
        }
    }

    /// `{"name", "region", "type", "value"}`: another person writes a parameter.
    pub(super) fn poke_parameter(&mut self, value: &Value) -> Result<(), String> {
        let name = super::poke::text(value, "name")?;
        let kind = value["type"].as_str().unwrap_or("SecureString");
        let version = Version {
            number: 0,
            kind: kind.to_owned(),
            value: value["value"].as_str().unwrap_or("x").to_owned(),
            key: (kind == "SecureString").then(|| value["key"].as_str().unwrap_or(DEFAULT_KEY).to_owned()),
            at: self.now,
            by: person("ops/somebody"),
            description: None,
            tier: "Standard",
        };
        self.parameters.put(value["region"].as_str().unwrap_or("ap-northeast-1"), name, version);
        Ok(())
    }

    /// `{"prefix", "count", "region"}`: adds many parameters.
    pub(super) fn poke_parameters(&mut self, value: &Value) -> Result<(), String> {
        let prefix = super::poke::text(value, "prefix")?;
        for n in 0..value["count"].as_u64().unwrap_or(0).min(100_000) {
            let one = serde_json::json!({"name": format!("{prefix}{n:05}"), "region": value["region"]});
            self.poke_parameter(&one)?;
        }
        Ok(())
    }
}
