//! A plan, as it is kept and shown. No value that Terraform calls sensitive is in it.

use super::address::{resource_of, type_of};
use crate::infra::message::{Action, Summary};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// A plan of a unit, as it may be shown and stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of the Terraform that made it.
    #[serde(default)]
    pub terraform: String,
    /// The change of each resource: destructions first, then replacements, then the rest, each in the order of the
    /// file. Resources that stay as they are are not among them.
    pub changes: Vec<Change>,
    /// Changes that were made elsewhere, so that the state does not have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Change>,
    /// Actions of providers that applying it invokes: what they do is in no state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invocations: Vec<Invocation>,
    /// Outputs that get another value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// Every resource of the unit and what it needs, by address without instance keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// The resources that are paid for after it; none in a plan that an earlier version kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<Bill>,
    /// Resources that stay as they are.
    #[serde(default)]
    pub unchanged: u64,
    /// Checks of the configuration that fail, in a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// Making it failed: it is not whole, and not to be applied.
    #[serde(default)]
    pub errored: bool,
    /// Whether Terraform says that there is something to apply. Versions before 1.7 do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applyable: Option<bool>,
}

/// The change of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub address: String,
    pub action: Action,
    /// Why Terraform does it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The address that it had in the state before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// It is taken into the state by this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_id: Option<String>,
    /// The key of an old object, which is left of a replacement that was not finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposed: Option<String>,
    /// A replacement that makes the new one before it destroys the old one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create_first: bool,
    /// Whether it holds data that is gone when it is destroyed, and it is destroyed or replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loses_data: bool,
    /// Attributes that are not as before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Attributes that stay as they are.
    #[serde(default)]
    pub unchanged: u64,
}

/// An attribute, or a part of one, that is not as before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name; none for an element of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The values of the attribute.
    #[serde(flatten)]
    pub shown: Shown,
    /// Whether the resource must be replaced because of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forces: bool,
}

/// Values of an attribute, as Terraform writes them. Sensitive ones are `(sensitive value)`, others that are not known
/// yet `(known after apply)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shown {
    /// It comes.
    Added {
        /// The value.
        after: String,
    },
    /// It goes.
    Removed {
        /// The value.
        before: String,
    },
    /// It becomes another.
    Changed {
        /// The value before.
        before: String,
        /// The value after.
        after: String,
    },
    /// Its parts are told one by one.
    Parts {
        /// The holder of the parts.
        of: Holder,
        /// `+`, `-` or `~`: whether it comes, goes or is changed as a whole.
        sign: char,
        /// Parts that are not as before.
        parts: Vec<Attribute>,
        /// Parts that stay as they are.
        unchanged: u64,
    },
}

/// A list or a map that holds the parts of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// An object or a map.
    Map,
    /// A list, a set or a tuple.
    List,
    /// A text that is JSON.
    Json,
    /// A text of several lines.
    Text,
}

/// An action of a provider that an apply invokes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Its address: `action.aws_lambda_invoke.warm`.
    pub address: String,
    /// The resource because of which it is invoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// When: `after_create`; empty where that is not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub event: String,
}

/// An output that gets another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its name and its values.
    #[serde(flatten)]
    pub value: Attribute,
}

/// A resource of a unit: all its instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its address without instance keys; of a whole module, on which something depends, `module.net`.
    pub address: String,
    /// Numbers of what it needs, in [`Plan::resources`], sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<u32>,
    /// Instances of it that there are or will be.
    #[serde(default)]
    pub instances: u64,
}

/// The resources that stand after a plan, as far as they are paid for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// The resources whose price depends on their attributes, in the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Billed>,
    /// How many there are of each other type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, u64>,
}

/// A resource that stands after a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billed {
    pub address: String,
    /// The attributes that its price depends on, by name; of a list its length. Values that are known only after an
    /// apply are not there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// The address of the resource that says how large it is: a service's task definition, an instance's cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl Billed {
    /// The type of the resource: `aws_lb`.
    pub fn kind(&self) -> String {
        type_of(&resource_of(&self.address)).to_owned()
    }

    /// The fact with this name.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str)
    }

    /// A fact that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.fact(name)?.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)
    }

    /// Whether a fact is `true`.
    pub fn is(&self, name: &str) -> bool {
        self.fact(name) == Some("true")
    }
}

impl Action {
    /// Terraform's sign of it; of a replacement that makes the new one first use [`Change::sign`].
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

    /// The words that are shown: `will be created`.
    pub fn words(self) -> &'static str {
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

    /// While it is done: `creating`.
    pub fn doing(self) -> &'static str {
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

    /// Which is shown first: what destroys.
    pub fn order(self) -> u8 {
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
    /// Terraform's sign of it.
    pub fn sign(&self) -> &'static str {
        if self.action == Action::Replace && self.create_first { "+/-" } else { self.action.sign() }
    }
}

impl Plan {
    /// The counts, as Terraform counts: a replacement is one to add and one to destroy.
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

    /// Resources that are not as the state has them.
    pub fn drifted(&self) -> u64 {
        self.drift.len() as u64
    }

    /// Addresses of resources with data that it destroys or replaces.
    pub fn destroys_stateful(&self) -> Vec<String> {
        self.changes.iter().filter(|change| change.loses_data).map(|change| change.address.clone()).collect()
    }

    /// Whether applying it would do nothing.
    pub fn is_empty(&self) -> bool {
        let nothing = self.changes.iter().all(|change| change.action == Action::Read)
            && self.outputs.is_empty()
            && self.invocations.is_empty();
        !self.applyable.unwrap_or(!nothing) && nothing
    }

    /// The change of this address.
    pub fn change(&self, address: &str) -> Option<&Change> {
        self.changes.iter().find(|change| change.address == address)
    }

    /// Resources that need those of these numbers, nearest first and at most so many, without those themselves.
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

    /// The resources that need each resource, to be asked for many.
    pub fn needed_by(&self) -> Dependents {
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

/// Which resources depend on which.
#[derive(Debug, Clone, Default)]
pub struct Dependents {
    numbers: HashMap<String, u32>,
    needed_by: Vec<Vec<u32>>,
}
