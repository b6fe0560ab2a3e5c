//! The resources of a plan as boxes: one each, or grouped by type and module if there are many.

use super::{Node, Picture};
use crate::infra::message::Action;
use crate::infra::plan::{Plan, module_of, resource_of, type_of};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Maximum number of boxes; more would be unreadable.
pub const MAX_BOXES: usize = 60;

/// The grouping of resources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A box for each resource.
    #[default]
    Resource,
    /// A box for each type in each module.
    Type,
    /// A box for each module; resources of the root module by type.
    Module,
    /// A box for each top-level module; resources of the root module by type.
    Top,
}

impl Level {
    /// All levels, from finest to coarsest.
    pub const ALL: [Self; 4] = [Self::Resource, Self::Type, Self::Module, Self::Top];

    /// Returns the box of a resource, given by its address without instance keys.
    pub fn of(self, resource: &str) -> String {
        let module = module_of(resource);
        match (self, module) {
            (Self::Resource, _) => resource.to_owned(),
            (Self::Type, _) => joined(module, type_of(resource)),
            (Self::Module | Self::Top, "") => type_of(resource).to_owned(),
            (Self::Module, module) => module.to_owned(),
            (Self::Top, module) => {
                let name = module.trim_start_matches("module.");
                format!("module.{}", name.split('.').next().unwrap_or(name))
            }
        }
    }
}

fn joined(module: &str, kind: &str) -> String {
    [module, kind].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

/// Returns the finest level, from `least` on, with at most `most` boxes.
pub fn level(plan: &Plan, least: Level, most: usize) -> Level {
    let fits = |level: &Level| {
        let mut seen = BTreeSet::new();
        plan.resources.iter().all(|resource| {
            seen.insert(level.of(&resource.address));
            seen.len() <= most
        })
    };
    Level::ALL.into_iter().filter(|level| *level >= least).find(fits).unwrap_or(Level::Top)
}

/// Returns the resources as boxes at a level, each with its actions.
pub fn picture(plan: &Plan, level: Level) -> Picture {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut picture = Picture::default();
    let mut instances: Vec<u64> = Vec::new();
    let of: Vec<usize> = plan
        .resources
        .iter()
        .map(|resource| {
            let id = level.of(&resource.address);
            let number = *numbers.entry(id.clone()).or_insert_with(|| {
                picture.nodes.push(Node { label: id.clone(), id, ..Node::default() });
                instances.push(0);
                picture.nodes.len() - 1
            });
            instances[number] += resource.instances.max(1);
            number
        })
        .collect();
    let mut edges = BTreeSet::new();
    for (resource, to) in plan.resources.iter().zip(&of) {
        let needs = resource.needs.iter().filter_map(|needs| of.get(*needs as usize));
        edges.extend(needs.filter(|from| *from != to).map(|from| (*from, *to)));
    }
    let mut done: BTreeMap<usize, BTreeMap<Action, u64>> = BTreeMap::new();
    for change in &plan.changes {
        if let Some(number) = numbers.get(&level.of(&resource_of(&change.address))) {
            *done.entry(*number).or_default().entry(change.action).or_default() += 1;
        }
    }
    for (number, node) in picture.nodes.iter_mut().enumerate() {
        let actions = done.get(&number);
        let counted = actions.into_iter().flatten().map(|(action, count)| match count {
            1 => action.sign().to_owned(),
            count => format!("{}{count}", action.sign()),
        });
        let counted: Vec<String> = counted.collect();
        let many = if instances[number] > 1 { format!("×{}", instances[number]) } else { String::new() };
        node.sign = actions
            .and_then(|actions| actions.keys().min_by_key(|action| action.display_order()))
            .map_or_else(String::new, |action| action.sign().to_owned());
        node.note =
            [many, counted.join(" ")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ");
    }
    picture.edges = edges.into_iter().collect();
    picture
}
