//! Sample reports of each kind, for the test that checks every output against its schema. A subcommand that prints JSON
//! adds its own.

use super::difference::DifferenceDto;
use super::failed_units::FailedUnit;
use super::findings::{Finding, Findings};
use super::orphans::report::{OrphanDto, Orphans};
use super::output::report::{OutputDto, Outputs};
use super::planning::{Plans, UnitPlan};
use super::state::report::{ResourceDto, StateList, StateShow};
use super::{graph, output};
use crate::model::infra::orphan::{Orphan, OrphanStatus};
use crate::model::infra::plan::Plan;
use crate::model::infra::run_order::ListedRun;
use crate::model::infra::{Around, Graph, RunState, Tool, Unit, state};
use serde_json::Value;

/// Returns reports by the name of their schema.
pub(in crate::commands) fn all() -> Vec<(&'static str, Value)> {
    let value = |report: serde_json::Result<Value>| report.unwrap();
    let failed =
        vec![FailedUnit { unit: "app".into(), message: "it failed".into(), causes: vec!["why".into()], hint: None }];
    let environment = "staging".to_owned();
    let of = |sensitive| state::Output { name: "url".into(), sensitive, value: "x".into(), kind: "string".into() };
    let outputs = vec![OutputDto::new("app", of(true), false), OutputDto::new("app", of(false), false)];
    let resource = state::Resource {
        address: "aws_vpc.a".into(),
        kind: "aws_vpc".into(),
        is_data: false,
        is_tainted: true,
        values: serde_json::json!({"id": "vpc-1"}),
    };
    let resource_dto = ResourceDto::new("app", &resource);
    let finding = Finding {
        unit: "app".into(),
        severity: "error".into(),
        file: Some("main.tf".into()),
        line: Some(3),
        message: "wrong".into(),
        rule: None,
    };
    let findings = Findings {
        schema: super::findings::SCHEMA.into(),
        environment: environment.clone(),
        units: vec!["app".into()],
        findings: vec![finding],
        failed: failed.clone(),
    };
    let outputs = Outputs {
        schema: output::report::SCHEMA.into(),
        environment: environment.clone(),
        outputs,
        failed: failed.clone(),
    };
    let list = StateList {
        schema: super::state::report::LIST.into(),
        environment: environment.clone(),
        resources: vec![resource_dto.clone()],
        failed,
    };
    let show = StateShow {
        schema: super::state::report::SHOW.into(),
        environment,
        resource: resource_dto,
        values: resource.values,
    };
    let graph = graph::report::graph("staging", &units(), &["a note".into()]);
    vec![
        (super::graph::SCHEMA.name, value(serde_json::to_value(graph))),
        (output::SCHEMA.name, value(serde_json::to_value(outputs))),
        (super::state::LIST.name, value(serde_json::to_value(list))),
        (super::state::SHOW.name, value(serde_json::to_value(show))),
        (super::FINDINGS.name, value(serde_json::to_value(findings))),
        (super::plan::SCHEMA.name, value(serde_json::to_value(plans()))),
        (super::runs::SCHEMA.name, value(serde_json::to_value(runs()))),
        (super::orphans::SCHEMA.name, value(serde_json::to_value(orphans()))),
    ]
}

fn plans() -> Plans {
    let shown =
        include_bytes!("../../../crates/cockpit-model/src/infra/plan/fixtures/moved_import_forget_sensitive.json");
    let plan = Plan::read(shown).unwrap();
    let unit = |plan: Option<Plan>| UnitPlan {
        unit: "app".into(),
        end: "planned".into(),
        sha256: plan.as_ref().map(|_| "00".into()),
        summary: plan.as_ref().map(Plan::summary),
        drifted: plan.as_ref().map(Plan::drift_count),
        on_mocks: false,
        usual_seconds: Some(280),
        plan,
    };
    Plans {
        schema: super::planning::SCHEMA.into(),
        environment: "staging".into(),
        run: "20261129T010000Z-plan-0001".into(),
        complete: false,
        units: vec![unit(Some(plan)), unit(None)],
        differences: Some(vec![DifferenceDto {
            unit: "app".into(),
            address: "aws_ecs_service.web".into(),
            what: "count".into(),
            declared: "1".into(),
            runs: "3".into(),
            place: Some("service.tf:4".into()),
        }]),
    }
}

fn runs() -> super::runs::report::Runs {
    let run = "20261129T010000Z-plan-0001".into();
    let listed = ListedRun { run, folder: "/runs/1".into(), order: None, live: false, end: None };
    super::runs::report::runs(
        "staging",
        &[(listed, RunState::default(), Some(60))],
        crate::headless::TimeDisplay::default(),
    )
}

fn orphans() -> Orphans {
    let orphan = Orphan {
        unit: "app".into(),
        address: "aws_ecs_cluster.a".into(),
        kind: "aws_ecs_cluster".into(),
        name: Some("a".into()),
        lookup: None,
        id: Some("a".into()),
        manual_command: None,
    };
    let found = [OrphanStatus::Exists("a".into()), OrphanStatus::Absent, OrphanStatus::Unknown("no call".into())];
    Orphans {
        schema: super::orphans::report::SCHEMA.into(),
        environment: "staging".into(),
        run: "20261129T010000Z-apply-0001".into(),
        orphans: found.iter().map(|found| OrphanDto::new(&orphan, found)).collect(),
        imports: None,
        kept_states: vec!["/a/errored.tfstate".into()],
    }
}

fn units() -> Graph {
    let unit = |name: &str, workspace: Option<&str>, depends_on: &[&str]| Unit {
        name: name.into(),
        tool: if workspace.is_some() { Tool::Terraform } else { Tool::Terragrunt },
        dir: format!("/units/{name}").into(),
        workspace: workspace.map(str::to_owned),
        var_files: workspace.iter().map(|name| format!("/units/{name}.tfvars").into()).collect(),
        depends_on: depends_on.iter().map(|name| (*name).to_owned()).collect(),
        around: Around::default(),
    };
    Graph::new(vec![unit("network", None, &[]), unit("app", Some("dev"), &["network"])]).unwrap()
}
