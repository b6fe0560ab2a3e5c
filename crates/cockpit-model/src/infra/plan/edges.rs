//! Dependencies between resources: from the configuration and, where that uses local values (which a plan lacks), from
//! the state.

use super::address::resource_of;
use super::show::{Module, StateModule};
use super::types::Resource;
use std::collections::{BTreeSet, HashMap};

/// Maximum nesting of modules to follow; no real configuration is deeper.
const MAX_DEPTH: usize = 64;

/// Returns every resource of the configuration, the state and the changes, with its dependencies.
pub(super) fn resources(
    root: &Module,
    state: Option<&StateModule>,
    changed: impl Iterator<Item = String>,
) -> Vec<Resource> {
    let mut found = Found::default();
    found.declare(root, "");
    let modules = Modules { path: String::new(), module: root, parent: None };
    let mut seen = HashMap::new();
    found.refer(&modules, &[], &mut seen, 0);
    let mut in_state = HashMap::new();
    if let Some(state) = state {
        found.state(state, &mut in_state);
    }
    let mut instances: HashMap<u32, u64> = HashMap::new();
    for address in changed {
        let number = found.number(&address);
        *instances.entry(number).or_default() += 1;
    }
    // The state may have more instances than the changes if only some resources were planned.
    for (number, count) in in_state {
        let known = instances.entry(number).or_default();
        *known = (*known).max(count);
    }
    let FoundParts { names, needs } = found.done();
    let numbered = (0_u32..).zip(names).zip(needs);
    numbered
        .map(|((number, address), needs)| Resource {
            address,
            needs: needs.into_iter().filter(|needs| *needs != number).collect(),
            instances: instances.get(&number).copied().unwrap_or(0),
        })
        .collect()
}

/// A module on the path from the root module.
struct Modules<'a> {
    /// `module.a.module.b`; empty for the root module.
    path: String,
    module: &'a Module,
    /// The calling module and the name of the call; `None` for the root module.
    parent: Option<(&'a Modules<'a>, &'a str)>,
}

#[derive(Default)]
struct Found {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
    needs: Vec<BTreeSet<u32>>,
}

struct FoundParts {
    names: Vec<String>,
    needs: Vec<BTreeSet<u32>>,
}

/// Resolved references of module outputs and variables, so that each is followed once.
type Seen = HashMap<(String, String), Vec<u32>>;

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl Found {
    fn number(&mut self, address: &str) -> u32 {
        if let Some(number) = self.numbers.get(address) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(address.to_owned(), number);
        self.names.push(address.to_owned());
        self.needs.push(BTreeSet::new());
        number
    }

    fn done(self) -> FoundParts {
        FoundParts { names: self.names, needs: self.needs }
    }

    fn declare(&mut self, module: &Module, path: &str) {
        for resource in &module.resources {
            self.number(&joined(path, &resource.address));
        }
        for (name, call) in &module.calls {
            self.declare(&call.module, &joined(path, &format!("module.{name}")));
        }
    }

    /// Resolves the references of every resource of a module; each also depends on `inherited`.
    fn refer(&mut self, modules: &Modules<'_>, inherited: &[u32], seen: &mut Seen, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for resource in &modules.module.resources {
            let number = self.number(&joined(&modules.path, &resource.address));
            let expressions = [
                &resource.expressions,
                &resource.count_expression,
                &resource.for_each_expression,
                &resource.provisioners,
            ];
            let named: Vec<&String> =
                expressions.iter().flat_map(|expression| &expression.0).chain(&resource.depends_on).collect();
            let mut needs = self.resolve(modules, &named, seen, 0);
            needs.extend(inherited);
            self.needs[number as usize].extend(needs);
        }
        for (name, call) in &modules.module.calls {
            let named: Vec<&String> =
                call.count_expression.0.iter().chain(&call.for_each_expression.0).chain(&call.depends_on).collect();
            let mut needs = self.resolve(modules, &named, seen, 0);
            needs.extend(inherited);
            let path = joined(&modules.path, &format!("module.{name}"));
            let inner = Modules { path, module: &call.module, parent: Some((modules, name)) };
            self.refer(&inner, &needs, seen, depth + 1);
        }
    }

    /// Returns the resources that these references stand for within a module.
    fn resolve(&mut self, modules: &Modules<'_>, named: &[&String], seen: &mut Seen, depth: usize) -> Vec<u32> {
        let mut needs = Vec::new();
        if depth > MAX_DEPTH {
            return needs;
        }
        for (at, name) in named.iter().enumerate() {
            let parts: Vec<&str> = name.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect();
            match parts.as_slice() {
                ["var", variable, ..] => needs.extend(self.variable(modules, variable, seen, depth)),
                ["module", call, output, ..] => needs.extend(self.output(modules, call, output, seen, depth)),
                ["module", call] => {
                    // `module.net` follows `module.net.id` in the list and adds nothing.
                    let is_prefix = at > 0 && named[at - 1].starts_with(name.as_str());
                    if !is_prefix {
                        needs.extend(self.whole_module(modules, call));
                    }
                }
                ["data", kind, own, ..] => needs.extend(self.declared(modules, &format!("data.{kind}.{own}"))),
                ["each" | "count" | "local" | "path" | "terraform" | "self" | "data" | "module" | "var", ..]
                | []
                | [_] => {}
                [kind, own, ..] => needs.extend(self.declared(modules, &format!("{kind}.{own}"))),
            }
        }
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    fn declared(&self, modules: &Modules<'_>, own: &str) -> Option<u32> {
        self.numbers.get(&joined(&modules.path, own)).copied()
    }

    /// Returns the resources in the value that a module's caller passes to a variable.
    fn variable(&mut self, modules: &Modules<'_>, name: &str, seen: &mut Seen, depth: usize) -> Vec<u32> {
        let Some((parent, call)) = modules.parent else { return Vec::new() };
        let key = (modules.path.clone(), format!("var.{name}"));
        if let Some(known) = seen.get(&key) {
            return known.clone();
        }
        seen.insert(key.clone(), Vec::new());
        let passed = parent.module.calls.get(call).and_then(|call| call.expressions.get(name));
        let named: Vec<&String> = passed.into_iter().flat_map(|expression| &expression.0).collect();
        let needs = self.resolve(parent, &named, seen, depth + 1);
        seen.insert(key, needs.clone());
        needs
    }

    /// Returns the resources that an output of a called module refers to.
    fn output(&mut self, modules: &Modules<'_>, call: &str, name: &str, seen: &mut Seen, depth: usize) -> Vec<u32> {
        let Some(called) = modules.module.calls.get(call) else { return Vec::new() };
        let path = joined(&modules.path, &format!("module.{call}"));
        let key = (path.clone(), format!("output.{name}"));
        if let Some(known) = seen.get(&key) {
            return known.clone();
        }
        seen.insert(key.clone(), Vec::new());
        let Some(output) = called.module.outputs.get(name) else { return Vec::new() };
        let named: Vec<&String> = output.expression.0.iter().chain(&output.depends_on).collect();
        let inner = Modules { path, module: &called.module, parent: Some((modules, call)) };
        let needs = self.resolve(&inner, &named, seen, depth + 1);
        seen.insert(key, needs.clone());
        needs
    }

    /// Returns a node for a whole module that depends on each of its resources, so that a dependency on the module
    /// needs only one edge.
    fn whole_module(&mut self, modules: &Modules<'_>, call: &str) -> Option<u32> {
        let called = modules.module.calls.get(call)?;
        let path = joined(&modules.path, &format!("module.{call}"));
        if let Some(number) = self.numbers.get(&path) {
            return Some(*number);
        }
        let number = self.number(&path);
        let mut inside = Vec::new();
        self.inside(&called.module, &path, &mut inside);
        self.needs[number as usize].extend(inside);
        Some(number)
    }

    fn inside(&self, module: &Module, path: &str, out: &mut Vec<u32>) {
        let own = module.resources.iter().filter_map(|resource| self.numbers.get(&joined(path, &resource.address)));
        out.extend(own);
        for (name, call) in &module.calls {
            self.inside(&call.module, &joined(path, &format!("module.{name}")), out);
        }
    }

    fn state(&mut self, module: &StateModule, instances: &mut HashMap<u32, u64>) {
        for resource in &module.resources {
            let own = resource_of(&resource.address);
            let number = self.number(&own);
            *instances.entry(number).or_default() += 1;
            for needs in &resource.depends_on {
                let needs = self.number(&resource_of(needs));
                self.needs[number as usize].insert(needs);
            }
        }
        for child in &module.child_modules {
            self.state(child, instances);
        }
    }
}
