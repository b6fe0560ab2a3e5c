//! Plans as they are stored and displayed. They contain no value that Terraform marks as sensitive.

use super::address::{resource_of, type_of};
use crate::infra::message::{Action, Summary};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// A plan of a unit, for display and storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of the Terraform that made it.
    #[serde(default)]
    pub terraform: String,
    /// The change of each resource: destructions first, then replacements, then the rest, each in the order of the
    /// file. Unchanged resources are omitted.
    pub changes: Vec<Change>,
    /// Changes that were made outside of Terraform, so that the state lacks them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Change>,
    /// Provider actions that the apply invokes; their effects are in no state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invocations: Vec<Invocation>,
    /// Changed outputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// Every resource of the unit with its dependencies, by address without instance keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// The billed resources after the apply; `None` in plans stored by earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<Bill>,
    /// Number of unchanged resources.
    #[serde(default)]
    pub unchanged: u64,
    /// Failed checks of the configuration, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// Whether planning failed: the plan is incomplete and must not be applied.
    #[serde(default)]
    pub errored: bool,
    /// Whether Terraform reports that there is something to apply; unknown before version 1.7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applyable: Option<bool>,
}

/// The change of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub address: String,
    pub action: Action,
    /// Terraform's reason, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its previous address in the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// The id by which it is imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_id: Option<String>,
    /// The key of a deposed object, which remains from an unfinished replacement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposed: Option<String>,
    /// Whether a replacement creates the new object before it destroys the old one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create_first: bool,
    /// Whether it is destroyed or replaced and its data is lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loses_data: bool,
    /// The changed attributes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Number of unchanged attributes.
    #[serde(default)]
    pub unchanged: u64,
}

/// A changed attribute, or a changed part of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name; `None` for an element of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its values before and after.
    #[serde(flatten)]
    pub shown: ValueChange,
    /// Whether it forces a replacement of the resource.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forces: bool,
}

/// The values of an attribute in Terraform's notation. Sensitive values are `(sensitive value)`, unknown ones `(known
/// after apply)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ValueChange {
    /// It is added.
    Added {
        /// The value.
        after: String,
    },
    /// It is removed.
    Removed {
        /// The value.
        before: String,
    },
    /// It is changed.
    Changed {
        /// The value before.
        before: String,
        /// The value after.
        after: String,
    },
    /// Its parts are listed individually.
    Parts {
        /// The kind of container of the parts.
        of: ContainerKind,
        /// `+`, `-` or `~`: whether the value as a whole is added, removed or changed.
        sign: char,
        /// The changed parts.
        parts: Vec<Attribute>,
        /// Number of unchanged parts.
        unchanged: u64,
    },
}

/// The kind of value that contains parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerKind {
    /// An object or a map.
    Map,
    /// A list, a set or a tuple.
    List,
    /// A text that contains JSON.
    Json,
    /// A text of several lines.
    Text,
}

/// A provider action that an apply invokes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Its address: `action.aws_lambda_invoke.warm`.
    pub address: String,
    /// The resource that triggers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// When it is invoked: `after_create`; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub event: String,
}

/// A changed output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its name and its values.
    #[serde(flatten)]
    pub value: Attribute,
}

/// A resource of a unit, with all its instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its address without instance keys; `module.net` for a whole module on which something depends.
    pub address: String,
    /// Indices of its dependencies in [`Plan::resources`], sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<u32>,
    /// Number of its present or future instances.
    #[serde(default)]
    pub instances: u64,
}

/// The billed resources that exist after the apply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// The resources whose price depends on their attributes, in the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Billed>,
    /// Number of resources of each other type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, u64>,
}

/// A billed resource that exists after the apply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    pub address: String,
    /// The attributes that determine its price, by name; for a list, its length. Values that are only known after the
    /// apply are omitted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// The address of the resource that defines its size: a service's task definition, an instance's cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl Billed {
    /// Returns the resource type: `aws_lb`.
    pub fn kind(&self) -> String {
        type_of(&resource_of(&self.address)).to_owned()
    }

    /// Returns the fact with this name.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str)
    }

    /// Returns a fact as a number that is finite and not negative.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.fact(name)?.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)
    }

    /// Whether a fact is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.fact(name) == Some("true")
    }
}

impl Action {
    /// Returns Terraform's sign; for a replacement that creates first, use [`Change::sign`].
    pub fn sign(self) -> &'static str {
        match self {
            Self::NoOp => " ",
            Self::Read => "<=",
            Self::Create => "+",
            Self::Update => "~",
            Self::Replace => "-/+",
            Self::Delete => "-",
            Self::Import => "&",
            Self::Forget => ".",
            Self::Move => "→",
        }
    }

    /// Returns the words for display: `will be created`.
    pub fn describe(self) -> &'static str {
        match self {
            Self::NoOp => "stays as it is",
            Self::Read => "will be read during apply",
            Self::Create => "will be created",
            Self::Update => "will be updated in-place",
            Self::Replace => "must be replaced",
            Self::Delete => "will be destroyed",
            Self::Import => "will be imported",
            Self::Forget => "will be left alone and no longer managed",
            Self::Move => "has moved",
        }
    }

    /// Returns the progress word: `creating`.
    pub fn progress_label(self) -> &'static str {
        match self {
            Self::NoOp => "looking",
            Self::Read => "reading",
            Self::Create => "creating",
            Self::Update => "updating",
            Self::Replace => "replacing",
            Self::Delete => "destroying",
            Self::Import => "importing",
            Self::Forget => "forgetting",
            Self::Move => "moving",
        }
    }

    /// Returns the display order; destructive actions come first.
    pub fn display_order(self) -> u8 {
        match self {
            Self::Delete => 0,
            Self::Replace => 1,
            Self::Forget => 2,
            Self::Update => 3,
            Self::Create => 4,
            Self::Import => 5,
            Self::Move => 6,
            Self::Read => 7,
            Self::NoOp => 8,
        }
    }
}

impl Change {
    /// Returns Terraform's sign for the change.
    pub fn sign(&self) -> &'static str {
        if self.action == Action::Replace && self.create_first { "+/-" } else { self.action.sign() }
    }
}

impl Plan {
    /// Returns the counts as Terraform counts: a replacement is one to add and one to destroy.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for change in &self.changes {
            match change.action {
                Action::Create => summary.add += 1,
                Action::Update => summary.change += 1,
                Action::Delete => summary.remove += 1,
                Action::Replace => {
                    summary.add += 1;
                    summary.remove += 1;
                }
                Action::NoOp | Action::Read | Action::Import | Action::Forget | Action::Move => {}
            }
            summary.import += u64::from(change.import_id.is_some());
        }
        summary
    }

    /// Returns the number of resources that differ from the state.
    pub fn drift_count(&self) -> u64 {
        self.drift.len() as u64
    }

    /// Returns the addresses of resources with data that it destroys or replaces.
    pub fn destroys_stateful(&self) -> Vec<String> {
        self.changes.iter().filter(|change| change.loses_data).map(|change| change.address.clone()).collect()
    }

    /// Whether applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        let nothing = self.changes.iter().all(|change| change.action == Action::Read)
            && self.outputs.is_empty()
            && self.invocations.is_empty();
        !self.applyable.unwrap_or(!nothing) && nothing
    }

    /// Returns the change of an address.
    pub fn change(&self, address: &str) -> Option<&Change> {
        self.changes.iter().find(|change| change.address == address)
    }

    /// Returns the resources that directly or indirectly depend on a resource, nearest first, at most `most`; and
    /// whether there are more.
    pub fn dependents<'a>(&'a self, of: &Dependents, resource: &str, most: usize) -> (Vec<&'a str>, bool) {
        let Some(start) = of.numbers.get(resource) else { return (Vec::new(), false) };
        let (mut seen, mut next) = (HashSet::from([*start]), VecDeque::from([*start]));
        let mut found = Vec::new();
        while let Some(at) = next.pop_front() {
            for by in of.needed_by.get(at as usize).into_iter().flatten().filter(|by| seen.insert(**by)) {
                if found.len() == most {
                    return (found, true);
                }
                next.push_back(*by);
                found.extend(self.resources.get(*by as usize).map(|resource| resource.address.as_str()));
            }
        }
        (found, false)
    }

    /// Returns the reverse dependencies, for repeated use with [`Plan::dependents`].
    pub fn reverse_dependencies(&self) -> Dependents {
        let mut needed_by = vec![Vec::new(); self.resources.len()];
        for (number, resource) in (0_u32..).zip(&self.resources) {
            for needs in &resource.needs {
                if let Some(by) = needed_by.get_mut(*needs as usize) {
                    by.push(number);
                }
            }
        }
        let numbers = (0_u32..).zip(&self.resources).map(|(number, resource)| (resource.address.clone(), number));
        Dependents { numbers: numbers.collect(), needed_by }
    }
}

/// The reverse dependencies of resources.
#[derive(Debug, Clone, Default)]
pub struct Dependents {
    numbers: HashMap<String, u32>,
    needed_by: Vec<Vec<u32>>,
}
