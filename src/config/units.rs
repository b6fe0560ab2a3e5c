//! The Terraform units of an environment, with each error at its position.

use super::tables::{Pair, pairs, type_name};
use super::types::UnitConfig;
use crate::model::infra::Around;
use crate::model::infra::unit::{Graph, GraphError, Tool, Unit};
use crate::model::names::{list_names, nearest};
use std::ops::Range;
use toml::de::{DeArray, DeTable, DeValue};

/// The keys of a `[[units]]` table.
const KEYS: [&str; 5] = ["name", "dir", "workspace", "var_files", "depends_on"];

/// Records an error: its position, the message, and the hint.
type Wrong<'a> = &'a mut dyn FnMut(Range<usize>, String, String);

/// A unit with the positions of its parts.
struct Placed {
    unit: UnitConfig,
    name: Range<usize>,
    dir: Range<usize>,
    depends_on: Vec<Range<usize>>,
}

/// Reads the list at `span`.
pub(super) fn read(elements: &DeArray<'_>, span: &Range<usize>, wrong: Wrong<'_>) -> Vec<UnitConfig> {
    if elements.is_empty() {
        wrong(
            span.clone(),
            "this list is empty".into(),
            "write { name = \"NAME\", dir = \"FOLDER\" } for each unit".into(),
        );
    }
    let mut units: Vec<Placed> = Vec::new();
    for element in elements {
        match element.get_ref() {
            DeValue::Table(table) => units.extend(unit(table, &element.span(), wrong)),
            other => {
                let message = format!("a unit must be a table, not {}", type_name(other));
                wrong(element.span(), message, "write { name = \"NAME\", dir = \"FOLDER\" }".into());
            }
        }
    }
    duplicate_units(&units, wrong);
    dependencies(&units, wrong);
    units.into_iter().map(|placed| placed.unit).collect()
}

fn unit(table: &DeTable<'_>, whole: &Range<usize>, wrong: Wrong<'_>) -> Option<Placed> {
    let mut placed =
        Placed { unit: UnitConfig::default(), name: whole.clone(), dir: whole.clone(), depends_on: Vec::new() };
    for pair in pairs(table) {
        let (key, ref span, value) = pair;
        match key {
            "name" => {
                placed.name = value.span();
                placed.unit.name = text(&pair, wrong).unwrap_or_default();
                if let Some(why) = name_fault(&placed.unit.name) {
                    wrong(
                        value.span(),
                        format!("a unit's name {why}"),
                        "it is what `--unit` names: \"network\"".into(),
                    );
                }
            }
            "dir" => {
                placed.dir = value.span();
                placed.unit.dir = text(&pair, wrong).unwrap_or_default();
            }
            "workspace" => {
                placed.unit.workspace = text(&pair, wrong);
                let workspace = placed.unit.workspace.as_deref().unwrap_or("default");
                if !workspace.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~')) {
                    let hint = "Terraform takes letters, digits, `_`, `-` and `.`";
                    wrong(value.span(), format!("`{workspace}` cannot be a workspace"), hint.into());
                }
            }
            "var_files" => placed.unit.var_files = texts(&pair, wrong).into_iter().map(|(text, _)| text).collect(),
            "depends_on" => {
                (placed.unit.depends_on, placed.depends_on) = texts(&pair, wrong).into_iter().unzip();
            }
            _ => {
                let near = nearest(key, KEYS).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                wrong(span.clone(), format!("unknown key `{key}`"), format!("{near}a unit has: {}", KEYS.join(", ")));
            }
        }
    }
    for (key, hint) in [("name", "write name = \"NAME\""), ("dir", "write dir = \"FOLDER\"")] {
        if table.get(key).is_none() {
            wrong(whole.clone(), format!("this unit has no `{key}`"), hint.into());
        }
    }
    (table.get("name").is_some()).then_some(placed)
}

/// Returns why this cannot be a unit's name. An empty name has already been reported.
fn name_fault(name: &str) -> Option<&'static str> {
    if name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Some("must have no blanks")
    } else if name.contains('/') || name.starts_with(['-', '.']) {
        Some("must not begin with `-` or `.`, nor have a `/`")
    } else {
        None
    }
}

fn text((key, _, value): &Pair<'_, '_>, wrong: Wrong<'_>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) if text.is_empty() => {
            wrong(value.span(), "this is empty".into(), "leave the key out, or write a value".into());
            None
        }
        DeValue::String(text) => Some(text.to_string()),
        other => {
            let message = format!("`{key}` must be a text, not {}", type_name(other));
            wrong(value.span(), message, "put it in quotation marks".into());
            None
        }
    }
}

fn texts((key, span, value): &Pair<'_, '_>, wrong: Wrong<'_>) -> Vec<(String, Range<usize>)> {
    let DeValue::Array(elements) = value.get_ref() else {
        let message = format!("`{key}` must be a list of texts, not {}", type_name(value.get_ref()));
        wrong(value.span(), message, format!("write {key} = [\"…\"]"));
        return Vec::new();
    };
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    for element in elements {
        let Some(text) = text(&(key, span.clone(), element), wrong) else { continue };
        if found.iter().any(|(before, _)| *before == text) {
            wrong(element.span(), format!("`{text}` is in this list twice"), "leave one out".into());
        }
        found.push((text, element.span()));
    }
    found
}

/// Reports two units with the same name or the same state.
fn duplicate_units(units: &[Placed], wrong: Wrong<'_>) {
    let folder = |unit: &UnitConfig| unit.dir.trim_end_matches('/').trim_start_matches("./").to_owned();
    let workspace = |unit: &UnitConfig| unit.workspace.clone().unwrap_or_else(|| "default".into());
    for (at, placed) in units.iter().enumerate().filter(|(_, placed)| !placed.unit.name.is_empty()) {
        let unit = &placed.unit;
        for before in units[..at].iter().map(|placed| &placed.unit) {
            if before.name == unit.name {
                let hint = "give one of them another name";
                wrong(placed.name.clone(), format!("two units are called `{}`", unit.name), hint.into());
            } else if !unit.dir.is_empty() && folder(before) == folder(unit) && workspace(before) == workspace(unit) {
                let message =
                    format!("`{}` and `{}` are one state: the same folder and workspace", before.name, unit.name);
                wrong(placed.dir.clone(), message, "give one of them another `workspace`".into());
            }
        }
    }
}

/// Reports dependencies that do not exist, and cycles.
fn dependencies(units: &[Placed], wrong: Wrong<'_>) {
    let names: Vec<&str> =
        units.iter().map(|placed| placed.unit.name.as_str()).filter(|name| !name.is_empty()).collect();
    for placed in units {
        for (needs, span) in placed.unit.depends_on.iter().zip(&placed.depends_on) {
            if !names.contains(&needs.as_str()) {
                let near = nearest(needs, names.iter().copied().filter(|name| *name != placed.unit.name));
                let mean = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                let hint = format!("{mean}there are: {}", list_names(&names));
                wrong(span.clone(), format!("there is no unit `{needs}`"), hint);
            }
        }
    }
    let bare = |placed: &Placed| Unit {
        name: placed.unit.name.clone(),
        tool: Tool::Terraform,
        dir: std::path::PathBuf::new(),
        workspace: None,
        var_files: Vec::new(),
        depends_on: placed.unit.depends_on.clone(),
        around: Around::default(),
    };
    for error in Graph::new(units.iter().map(bare).collect()).err().into_iter().flatten() {
        let GraphError::Cycle(circle) = &error else { continue };
        let [first, second, ..] = &circle[..] else { continue };
        let from = units.iter().find(|placed| placed.unit.name == *first);
        let place = from.and_then(|placed| {
            let at = placed.unit.depends_on.iter().position(|needs| needs == second)?;
            placed.depends_on.get(at)
        });
        let hint = "an apply must have a first: leave one of these dependencies out";
        wrong(place.cloned().unwrap_or_default(), error.to_string(), hint.into());
    }
}

/// Formats the units as they would be in the file.
pub(super) fn to_toml(units: &[UnitConfig]) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let list = |name: &str, list: &[String]| {
        let list: Vec<String> = list.iter().map(|text| quoted(text)).collect();
        if list.is_empty() { String::new() } else { format!(", {name} = [{}]", list.join(", ")) }
    };
    let shown = |unit: &UnitConfig| {
        let workspace =
            unit.workspace.as_ref().map(|name| format!(", workspace = {}", quoted(name))).unwrap_or_default();
        let (files, needs) = (list("var_files", &unit.var_files), list("depends_on", &unit.depends_on));
        format!("{{ name = {}, dir = {}{workspace}{files}{needs} }}", quoted(&unit.name), quoted(&unit.dir))
    };
    format!("[{}]", units.iter().map(shown).collect::<Vec<_>>().join(", "))
}
