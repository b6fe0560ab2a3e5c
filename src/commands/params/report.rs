//! The reports of `cockpit params`.

mod found;

use super::facts::Facts;
use crate::config::EnvironmentConfig;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::headless::{Rows, TimeDisplay};
use crate::model::parameters::references::{ParameterReference, readers};
use crate::model::parameters::tree::{Row, rows};
use crate::model::parameters::{Parameter, ParameterWithValue, Secret, Version, principal_name};
use crate::model::time::short;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

pub use found::{CHECK, DIFF, Differences, Findings};
pub(super) use found::{differences, findings};

/// The schema of a list of parameters.
pub const LIST: &str = "cockpit.parameters/1";
/// The schema of one parameter.
pub const ONE: &str = "cockpit.parameter/1";
/// The schema of the versions of a parameter.
pub const HISTORY: &str = "cockpit.parameter-history/1";

/// A parameter.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ParameterDto {
    /// Its full name.
    pub name: String,
    /// `String`, `StringList`, `SecureString`.
    #[serde(rename = "type")]
    pub kind: String,
    pub version: i64,
    pub modified_at: Option<String>,
    /// The ARN of the author of this version.
    pub modified_by: Option<String>,
    /// The KMS key that encrypts it.
    pub key: Option<String>,
    /// `Standard`, `Advanced`.
    pub tier: Option<String>,
    pub description: Option<String>,
    /// Services that read it when a task starts.
    pub used_by: Vec<String>,
}

/// A secret of Secrets Manager, without its value.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SecretDto {
    pub name: String,
    pub arn: String,
    /// `off`, `fine`, `under_way`, `failed`, `late`, `deleted`.
    pub rotation: String,
    /// The rotation in a sentence.
    pub rotation_text: String,
    pub every: Option<String>,
    pub rotated_at: Option<String>,
    pub next_rotation: Option<String>,
    pub changed_at: Option<String>,
    /// The AWS service that manages it: `rds`.
    pub owner: Option<String>,
}

/// The list of parameters and secrets.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ParameterList {
    pub schema: String,
    pub environment: String,
    pub taken_at: String,
    /// Whether everything could be read.
    pub complete: bool,
    /// The failed reads, one sentence each.
    pub missing: Vec<String>,
    /// The paths that were listed.
    pub under: Vec<String>,
    pub parameters: Vec<ParameterDto>,
    /// The environment's secrets, or all of the region with --all or if none is recognised as the environment's; `null`
    /// if they could not be read.
    pub secrets: Option<Vec<SecretDto>>,
    /// Number of secrets of the region that are not recognised as the environment's, and are not listed.
    pub secrets_of_others: usize,
    /// The message for an empty list, if a filter removed parameters.
    #[serde(skip)]
    pub(super) none: Option<String>,
    #[serde(skip)]
    read: Vec<Parameter>,
    #[serde(skip)]
    now: Timestamp,
}

fn dto(one: &Parameter, named: &[ParameterReference]) -> ParameterDto {
    ParameterDto {
        name: one.name.clone(),
        kind: one.kind.name().to_owned(),
        version: one.version,
        modified_at: one.modified_at.map(|at| at.to_string()),
        modified_by: one.modified_by.clone(),
        key: one.key.clone(),
        tier: one.tier.clone(),
        description: one.description.clone(),
        used_by: readers(named, &one.name).into_values().collect(),
    }
}

fn secret(one: &Secret, now: Timestamp) -> SecretDto {
    let rotation = one.rotation(now);
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    SecretDto {
        name: one.name.clone(),
        arn: one.arn.clone(),
        rotation: rotation.name().to_owned(),
        rotation_text: rotation.text().to_owned(),
        every: one.every.clone(),
        rotated_at: time(one.rotated_at),
        next_rotation: time(one.next_rotation),
        changed_at: time(one.changed_at),
        owner: one.owner.clone(),
    }
}

/// Builds the list.
pub(super) fn list(
    facts: &Facts,
    parameters: &[Parameter],
    secrets: Option<(Vec<&Secret>, usize)>,
    missing: Vec<String>,
) -> ParameterList {
    ParameterList {
        schema: LIST.to_owned(),
        environment: facts.environment.name.clone(),
        taken_at: facts.now.to_string(),
        complete: missing.is_empty(),
        missing,
        under: facts.paths(),
        parameters: parameters.iter().map(|one| dto(one, &facts.named)).collect(),
        secrets_of_others: secrets.as_ref().map_or(0, |(_, others)| *others),
        secrets: secrets.map(|(own, _)| own.into_iter().map(|one| secret(one, facts.now)).collect()),
        none: None,
        read: parameters.to_vec(),
        now: facts.now,
    }
}

fn age(at: Option<&String>, now: Timestamp) -> Option<String> {
    let at: Timestamp = at?.parse().ok()?;
    Some(short(now.duration_since(at)))
}

impl Printable for ParameterList {
    fn tables(&self) -> Vec<Table> {
        let columns = [
            left_aligned("PARAMETER"),
            left_aligned("TYPE"),
            numbers("VERSION").rank(1),
            numbers("AGE").rank(1),
            left_aligned("BY").rank(2),
            left_aligned("KEY").rank(4),
            prose("USED BY").rank(3),
        ];
        let none = || format!("there is no parameter under {}", self.under.join(", "));
        let mut table = Table::new(&columns, self.none.clone().unwrap_or_else(none));
        for row in rows(&self.read, &BTreeSet::new()) {
            match row {
                Row::Folder { depth, label, .. } => {
                    let empty = || Some(String::new());
                    let name = Some(format!("{}{label}", "  ".repeat(depth)));
                    table.row([name, empty(), empty(), empty(), empty(), empty(), empty()]);
                }
                Row::Leaf { at, depth, label } => {
                    let one = &self.parameters[at];
                    table.row([
                        Some(format!("{}{label}", "  ".repeat(depth))),
                        Some(one.kind.clone()),
                        Some(one.version.to_string()),
                        age(one.modified_at.as_ref(), self.now),
                        one.modified_by.as_deref().map(|by| principal_name(by).to_owned()),
                        one.key.clone(),
                        Some(one.used_by.join(", ")).filter(|text| !text.is_empty()),
                    ]);
                }
            }
        }
        let columns = [left_aligned("SECRET"), left_aligned("ROTATION"), prose("STATE")];
        let mut secrets = Table::new(&columns, "there are no secrets");
        for one in self.secrets.iter().flatten() {
            secrets.row([Some(one.name.clone()), Some(one.rotation.clone()), Some(one.rotation_text.clone())]);
        }
        let mut all = vec![table];
        if self.secrets.as_ref().is_some_and(|secrets| !secrets.is_empty()) {
            all.push(secrets);
        }
        all
    }

    fn rows(&self) -> Option<Rows> {
        let fields = ["name", "type", "version", "modified_at", "modified_by", "key", "tier", "description", "used_by"];
        Some(Rows::new("parameters", &fields))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.missing.clone();
        notes.extend(match self.secrets_of_others {
            0 => None,
            1 => Some("1 secret of the region does not look like this environment's: --all lists it, too".to_owned()),
            n => Some(format!("{n} secrets of the region do not look like this environment's: --all lists them, too")),
        });
        notes
    }
}

/// A single parameter.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OneParameter {
    pub schema: String,
    pub environment: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub version: i64,
    pub modified_at: Option<String>,
    pub modified_by: Option<String>,
    pub key: Option<String>,
    pub tier: Option<String>,
    pub description: Option<String>,
    /// The size of the value; `null` if it is not readable.
    pub size: Option<String>,
    /// The value, only with --reveal.
    pub value: Option<String>,
    /// Why the value cannot be read.
    pub unreadable: Option<String>,
    #[serde(skip)]
    shown: TimeDisplay,
}

/// Builds the report of a single parameter.
pub(super) fn parameter(
    environment: &EnvironmentConfig,
    held: &ParameterWithValue,
    reveal: bool,
    shown: TimeDisplay,
) -> OneParameter {
    let known = &held.parameter;
    OneParameter {
        schema: ONE.to_owned(),
        environment: environment.name.clone(),
        name: known.name.clone(),
        kind: known.kind.name().to_owned(),
        version: known.version,
        modified_at: known.modified_at.map(|at| at.to_string()),
        modified_by: known.modified_by.clone(),
        key: known.key.clone(),
        tier: known.tier.clone(),
        description: known.description.clone(),
        size: held.value.as_ref().ok().map(crate::model::parameters::Value::shape),
        value: held.value.as_ref().ok().filter(|_| reveal).map(|value| value.expose().to_owned()),
        unreadable: held.value.as_ref().err().map(|failure| failure.message.clone()),
        shown,
    }
}

impl Printable for OneParameter {
    fn tables(&self) -> Vec<Table> {
        let mut table = Table::new(&[left_aligned("FIELD"), prose("VALUE")], "nothing is known");
        let hidden = || match (&self.value, &self.size, &self.unreadable) {
            (Some(value), ..) => value.clone(),
            (None, Some(size), _) => format!("{} ({size}); --reveal shows it", crate::model::parameters::change::MASK),
            (None, None, Some(why)) => format!("not readable: {why}"),
            (None, None, None) => String::new(),
        };
        let rows = [
            ("name", Some(self.name.clone())),
            ("type", Some(self.kind.clone())),
            ("value", Some(hidden())),
            ("version", Some(self.version.to_string())),
            ("written", self.modified_at.as_deref().map(|at| self.shown.title(at))),
            ("by", self.modified_by.clone()),
            ("key", self.key.clone()),
            ("tier", self.tier.clone()),
            ("description", self.description.clone()),
        ];
        for (label, value) in rows {
            if value.is_some() {
                table.row([Some(label.to_owned()), value]);
            }
        }
        vec![table]
    }
}

/// A version of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct VersionDto {
    pub version: i64,
    #[serde(rename = "type")]
    pub kind: String,
    pub modified_at: Option<String>,
    pub modified_by: Option<String>,
    pub key: Option<String>,
    pub labels: Vec<String>,
    /// The value, only with --reveal.
    pub value: Option<String>,
}

/// The versions of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct History {
    pub schema: String,
    pub environment: String,
    pub name: String,
    /// The versions, the newest first.
    pub versions: Vec<VersionDto>,
    #[serde(skip)]
    pub(super) shown: TimeDisplay,
}

/// Builds the report of the versions.
pub(super) fn history(
    environment: &EnvironmentConfig,
    name: &str,
    versions: &[Version],
    shown: TimeDisplay,
) -> History {
    let version = |one: &Version| VersionDto {
        version: one.version,
        kind: one.kind.name().to_owned(),
        modified_at: one.modified_at.map(|at| at.to_string()),
        modified_by: one.modified_by.clone(),
        key: one.key.clone(),
        labels: one.labels.clone(),
        value: one.value.as_ref().map(|value| value.expose().to_owned()),
    };
    History {
        schema: HISTORY.to_owned(),
        environment: environment.name.clone(),
        name: name.to_owned(),
        versions: versions.iter().map(version).collect(),
        shown,
    }
}

impl Printable for History {
    fn tables(&self) -> Vec<Table> {
        let revealed = self.versions.iter().any(|one| one.value.is_some());
        let mut columns = vec![
            numbers("VERSION"),
            left_aligned("WRITTEN"),
            left_aligned("BY"),
            left_aligned("TYPE").rank(1),
            left_aligned("LABELS").rank(2),
        ];
        if revealed {
            columns.push(prose("VALUE"));
        }
        let mut table = Table::new(&columns, "it has no versions");
        for one in &self.versions {
            let mut row = vec![
                Some(one.version.to_string()),
                one.modified_at.as_deref().map(|at| self.shown.time(at)),
                one.modified_by.as_deref().map(|by| principal_name(by).to_owned()),
                Some(one.kind.clone()),
                Some(one.labels.join(", ")).filter(|text| !text.is_empty()),
            ];
            if revealed {
                row.push(one.value.clone());
            }
            table.row(row);
        }
        vec![table]
    }

    fn rows(&self) -> Option<Rows> {
        let fields = ["version", "type", "modified_at", "modified_by", "key", "labels", "value"];
        Some(Rows::new("versions", &fields))
    }
}
