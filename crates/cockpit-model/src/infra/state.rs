//! States for display: the contents of `show -json` and `state pull`, with all sensitive values masked.

use crate::text::pluralize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The replacement for a sensitive value.
pub const MASK: &str = "(sensitive)";

/// A resource of a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    pub address: String,
    /// `aws_vpc`.
    pub kind: String,
    /// Whether it is a data source, which is read and not managed.
    pub is_data: bool,
    /// Whether it is tainted, so that the next apply replaces it.
    pub is_tainted: bool,
    /// Its attributes, with sensitive values masked.
    pub values: Value,
}

/// An output of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    pub name: String,
    /// Whether its value must not be displayed unless requested.
    pub sensitive: bool,
    /// The value of the output.
    pub value: Value,
    /// Its type in Terraform's notation: `"string"`, `["list","string"]`.
    pub kind: Value,
}

/// The identity and the version of a state, for comparing it with others.
#[derive(Debug, Clone, PartialEq)]
pub struct StateIdentity {
    /// Assigned at creation, and never changed.
    pub lineage: String,
    /// Incremented with each change.
    pub serial: u64,
    /// The unmasked resources and outputs, which contain secrets.
    pub content: Value,
}

impl StateIdentity {
    /// Returns the mark of a pulled state; `None` if there is no state.
    pub fn of(state: &[u8]) -> Option<Self> {
        let state: Value = serde_json::from_slice(state).ok()?;
        // Terraform returns a state without a lineage if nothing was written yet.
        let lineage = state["lineage"].as_str().filter(|lineage| !lineage.is_empty())?.to_owned();
        let content = Value::from(vec![state["resources"].clone(), state["outputs"].clone()]);
        Some(Self { lineage, serial: state["serial"].as_u64()?, content })
    }

    /// Returns the number of resource instances.
    pub fn resources(&self) -> usize {
        let resources = self.content[0].as_array().into_iter().flatten();
        resources.map(|resource| resource["instances"].as_array().map_or(0, Vec::len)).sum()
    }

    /// Describes the mark: serial, lineage, number of resources.
    pub fn describe(&self) -> String {
        format!("serial {}, lineage {}, {}", self.serial, self.lineage, pluralize(self.resources(), "resource"))
    }

    /// Returns why the state at the new location differs from the moved one; `None` if it is the same.
    pub fn difference_after_move(&self, there: Option<&Self>) -> Option<String> {
        let Some(there) = there else { return Some("there is no state where it was moved to".to_owned()) };
        if there.lineage != self.lineage {
            return Some(format!("its lineage is {} there, and was {}", there.lineage, self.lineage));
        }
        if there.serial < self.serial {
            return Some(format!("its serial is {} there, and was {}", there.serial, self.serial));
        }
        (there.content != self.content).then(|| "its resources or outputs are not the same there".to_owned())
    }
}

/// Parses the outputs in `output -json`, sorted by name.
///
/// # Errors
/// If it is not Terraform's output.
pub fn outputs(json: &[u8]) -> Result<Vec<Output>, serde_json::Error> {
    let outputs: Map<String, Value> = serde_json::from_slice(json)?;
    let output_of = |(name, output): (String, Value)| Output {
        name,
        // An output without this field is treated as sensitive.
        sensitive: output["sensitive"] != false,
        value: output["value"].clone(),
        kind: output["type"].clone(),
    };
    Ok(outputs.into_iter().map(output_of).collect())
}

/// Parses the resources in `show -json` of a state, in their order; resources of child modules follow those of their
/// parent.
///
/// # Errors
/// If it is not Terraform's output.
pub fn resources(json: &[u8]) -> Result<Vec<Resource>, serde_json::Error> {
    let shown: Value = serde_json::from_slice(json)?;
    let mut found = Vec::new();
    let mut secrets = BTreeSet::new();
    of_module(&shown["values"]["root_module"], &mut found, &mut secrets);
    for output in shown["values"]["outputs"].as_object().into_iter().flat_map(Map::values) {
        if output["sensitive"] == true {
            leaves(&output["value"], &mut secrets);
        }
    }
    for resource in &mut found {
        hide(&mut resource.values, &secrets);
    }
    Ok(found)
}

/// Minimum length of a secret: shorter texts would mask unrelated values.
const MIN_SECRET_LENGTH: usize = 4;

/// Collects the texts in a value.
fn leaves(value: &Value, secrets: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() >= MIN_SECRET_LENGTH => drop(secrets.insert(text.clone())),
        Value::Array(parts) => parts.iter().for_each(|value| leaves(value, secrets)),
        Value::Object(parts) => parts.values().for_each(|value| leaves(value, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Masks copies of sensitive texts: values that a provider derives from a sensitive one are not marked themselves.
fn hide(value: &mut Value, secrets: &BTreeSet<String>) {
    match value {
        Value::String(text) if secrets.contains(text) => MASK.clone_into(text),
        Value::Array(parts) => parts.iter_mut().for_each(|value| hide(value, secrets)),
        Value::Object(parts) => parts.values_mut().for_each(|value| hide(value, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Collects the texts that are marked as sensitive.
fn marked(value: &Value, marks: &Value, secrets: &mut BTreeSet<String>) {
    match (value, marks) {
        (value, Value::Bool(true)) => leaves(value, secrets),
        (Value::Object(fields), Value::Object(marks)) => {
            fields.iter().for_each(|(name, value)| marked(value, marks.get(name).unwrap_or(&Value::Null), secrets));
        }
        (Value::Array(elements), Value::Array(marks)) => {
            elements.iter().zip(marks).for_each(|(value, marks)| marked(value, marks, secrets));
        }
        _ => {}
    }
}

fn of_module(module: &Value, found: &mut Vec<Resource>, secrets: &mut BTreeSet<String>) {
    for resource in module["resources"].as_array().into_iter().flatten() {
        let text = |key: &str| resource[key].as_str().unwrap_or_default().to_owned();
        marked(&resource["values"], &resource["sensitive_values"], secrets);
        found.push(Resource {
            address: text("address"),
            kind: text("type"),
            is_data: resource["mode"] == "data",
            is_tainted: resource["tainted"] == true,
            values: masked(&resource["values"], &resource["sensitive_values"]),
        });
    }
    for child in module["child_modules"].as_array().into_iter().flatten() {
        of_module(child, found, secrets);
    }
}

/// Masks all sensitive parts of a value. The marks have the shape of the value, with `true` at sensitive parts.
pub fn masked(value: &Value, marks: &Value) -> Value {
    match (value, marks) {
        (Value::Null, _) => Value::Null,
        (_, Value::Bool(true)) => Value::String(MASK.to_owned()),
        (Value::Object(fields), Value::Object(marks)) => {
            let masked_field = |(name, value): (&String, &Value)| {
                (name.clone(), masked(value, marks.get(name).unwrap_or(&Value::Null)))
            };
            Value::Object(fields.iter().map(masked_field).collect())
        }
        (Value::Array(elements), Value::Array(marks)) => {
            let masked_element = |(at, value): (usize, &Value)| masked(value, marks.get(at).unwrap_or(&Value::Null));
            Value::Array(elements.iter().enumerate().map(masked_element).collect())
        }
        (value, _) => value.clone(),
    }
}

/// Parses the addresses in `state pull`, in their order; empty if there is no state.
///
/// # Errors
/// If it is not a state.
pub fn addresses(json: &[u8]) -> Result<Vec<Resource>, serde_json::Error> {
    if json.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let state: Value = serde_json::from_slice(json)?;
    let mut found = Vec::new();
    for resource in state["resources"].as_array().into_iter().flatten() {
        let text = |key: &str| resource[key].as_str().unwrap_or_default();
        let is_data = text("mode") == "data";
        let module = if text("module").is_empty() { String::new() } else { format!("{}.", text("module")) };
        let data = if is_data { "data." } else { "" };
        for instance in resource["instances"].as_array().into_iter().flatten() {
            let key = match &instance["index_key"] {
                Value::Null => String::new(),
                key => format!("[{key}]"),
            };
            // A deposed instance remains from an unfinished replacement.
            let deposed = instance["deposed"].as_str().map(|key| format!(" (deposed {key})")).unwrap_or_default();
            found.push(Resource {
                address: format!("{module}{data}{}.{}{key}{deposed}", text("type"), text("name")),
                kind: text("type").to_owned(),
                is_data,
                is_tainted: instance["status"] == "tainted",
                values: Value::Null,
            });
        }
    }
    Ok(found)
}

/// Parses a pulled state and removes everything that must not be displayed: sensitive outputs, attributes that `shown`
/// (`show -json`) marks, and private data of providers.
///
/// # Errors
/// If either is not Terraform's output.
pub fn pulled(state: &[u8], shown: &[u8]) -> Result<Value, serde_json::Error> {
    if state.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    let mut state: Value = serde_json::from_slice(state)?;
    let shown = resources(shown)?;
    for output in state["outputs"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        if output["sensitive"] == true {
            output["value"] = MASK.into();
        }
    }
    let names = addresses(&serde_json::to_vec(&state)?)?;
    let mut names = names.iter();
    for resource in state["resources"].as_array_mut().into_iter().flatten() {
        for instance in resource["instances"].as_array_mut().into_iter().flatten() {
            let address = names.next().map(|named| named.address.as_str()).unwrap_or_default();
            let values = shown.iter().find(|resource| resource.address == address).map(|resource| &resource.values);
            let Some(fields) = instance.as_object_mut() else { continue };
            fields.remove("private");
            // An instance that is not in `shown`, such as a deposed one, may contain secrets.
            fields.insert("attributes".to_owned(), values.cloned().unwrap_or_else(|| MASK.into()));
        }
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sensitive_values_are_masked_at_any_depth() {
        let value = json!({"user": "a", "password": "s", "list": [{"key": "k", "id": 1}, "x"], "none": null});
        let marks = json!({"password": true, "list": [{"key": true}], "none": true});
        assert_eq!(
            masked(&value, &marks),
            json!({"user": "a", "password": MASK, "list": [{"key": MASK, "id": 1}, "x"], "none": null})
        );
        assert_eq!(masked(&value, &json!(true)), json!(MASK));
        assert_eq!(masked(&value, &json!({})), value);
    }

    #[test]
    fn moved_state_is_compared_with_the_original() {
        let state = |lineage: &str, serial: u64, count: usize| {
            let instances = vec![json!({}); count];
            StateIdentity::of(
                &serde_json::to_vec(&json!({"lineage": lineage, "serial": serial, "outputs": {},
                "resources": [{"type": "x", "instances": instances}]}))
                .unwrap(),
            )
        };
        let before = state("l", 4, 2).unwrap();
        assert_eq!(before.describe(), "serial 4, lineage l, 2 resources");
        assert_eq!(before.difference_after_move(state("l", 4, 2).as_ref()), None);
        assert_eq!(before.difference_after_move(state("l", 5, 2).as_ref()), None);
        for (there, why) in [
            (None, "no state"),
            (state("m", 4, 2), "lineage"),
            (state("l", 3, 2), "serial"),
            (state("l", 4, 1), "resources"),
        ] {
            assert!(before.difference_after_move(there.as_ref()).is_some_and(|reason| reason.contains(why)), "{why}");
        }
        assert_eq!(StateIdentity::of(b"  "), None);
    }

    #[test]
    fn output_without_a_sensitivity_is_sensitive() {
        let found = outputs(br#"{"b":{"sensitive":false,"type":"string","value":"x"},"a":{"value":"y"}}"#).unwrap();
        let found: Vec<(&str, bool)> = found.iter().map(|output| (output.name.as_str(), output.sensitive)).collect();
        assert_eq!(found, [("b", false), ("a", true)]);
        assert!(outputs(b"not JSON").is_err());
    }

    #[test]
    fn pulled_state_has_addresses_and_no_secrets() {
        let state = json!({
            "version": 4, "serial": 3, "lineage": "l",
            "outputs": {"password": {"value": "geheim", "type": "string", "sensitive": true}, "id": {"value": "i"}},
            "resources": [
                {"mode": "managed", "type": "terraform_data", "name": "a", "instances": [
                    {"index_key": "x", "attributes": {"input": "geheim", "id": "1"}, "private": "Z2VoZWlt"},
                    {"index_key": 0, "status": "tainted", "attributes": {"id": "2"}},
                    {"index_key": "x", "deposed": "d1", "attributes": {"input": "geheim"}},
                ]},
                {"module": "module.m", "mode": "data", "type": "aws_ami", "name": "b", "instances": [{"attributes": {"id": "3"}}]},
            ],
        });
        let bytes = serde_json::to_vec(&state).unwrap();
        let found: Vec<String> = addresses(&bytes).unwrap().into_iter().map(|resource| resource.address).collect();
        assert_eq!(
            found,
            [
                "terraform_data.a[\"x\"]",
                "terraform_data.a[0]",
                "terraform_data.a[\"x\"] (deposed d1)",
                "module.m.data.aws_ami.b"
            ]
        );
        let shown = json!({"values": {"root_module": {
            "resources": [
                {"address": "terraform_data.a[\"x\"]", "type": "terraform_data", "mode": "managed",
                 "values": {"input": "geheim", "output": ["geheim"], "id": "1"}, "sensitive_values": {"input": true}},
                {"address": "terraform_data.a[0]", "type": "terraform_data", "mode": "managed", "tainted": true,
                 "values": {"id": "2"}, "sensitive_values": {}},
            ],
            "child_modules": [{"resources": [
                {"address": "module.m.data.aws_ami.b", "type": "aws_ami", "mode": "data", "values": {"id": "3"}, "sensitive_values": {}},
            ]}],
        }}});
        let shown = serde_json::to_vec(&shown).unwrap();
        let resources = resources(&shown).unwrap();
        assert_eq!((resources.len(), resources[1].is_tainted, resources[2].is_data), (3, true, true));
        let pulled = pulled(&bytes, &shown).unwrap();
        // A value that the provider derived from it is not marked, but masked all the same.
        assert_eq!(resources[0].values, json!({"input": MASK, "output": [MASK], "id": "1"}));
        let text = pulled.to_string();
        assert!(!text.contains("geheim") && !text.contains("Z2VoZWlt"), "{text}");
        assert_eq!(pulled["resources"][0]["instances"][0]["attributes"]["id"], "1");
        assert_eq!((&pulled["lineage"], &pulled["serial"]), (&json!("l"), &json!(3)));
        assert_eq!(addresses(b" \n").unwrap(), []);
    }
}
