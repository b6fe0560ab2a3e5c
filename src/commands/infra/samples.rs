//! A report of each kind, for the test that holds every output against its schema. A subcommand that prints JSON adds its own.

use super::graph;
use crate::model::infra::{Graph, Tool, Unit};
use serde_json::Value;

/// Reports by the name of their schema.
pub(in crate::commands) fn all() -> Vec<(&'static str, Value)> {
    let value = |report: serde_json::Result<Value>| report.unwrap();
    vec![(
        graph::SCHEMA.name,
        value(serde_json::to_value(graph::report::graph("staging", &units(), &["a note".into()]))),
    )]
}

fn units() -> Graph {
    let unit = |name: &str, workspace: Option<&str>, depends_on: &[&str]| Unit {
        name: name.into(),
        tool: if workspace.is_some() { Tool::Terraform } else { Tool::Terragrunt },
        dir: format!("/units/{name}").into(),
        workspace: workspace.map(str::to_owned),
        var_files: workspace.iter().map(|name| format!("/units/{name}.tfvars").into()).collect(),
        depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
        hooks: false,
    };
    Graph::new(vec![unit("network", None, &[]), unit("app", Some("dev"), &["network"])]).unwrap()
}
