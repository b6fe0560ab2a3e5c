//! `cockpit infra orphans`: what a run may have left is looked for in AWS, and offered as import blocks.

use crate::support::{Home, World, follows_schema, line};
use crate::{order, unit, who};
use aws_sim::ACCOUNT;
use cockpit::infra::run::folder;
use cockpit::model::infra::message::{Action, Message};
use cockpit::model::infra::plan::Plan;
use cockpit::model::infra::run_event::{Goal, RunEnd, RunEvent, Started, Step, UnitEnd, What};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What the run was making when its process was killed: address, type, and what its plan says of it.
fn made() -> Vec<(&'static str, &'static str, Value)> {
    let base = "bookmark-manager-staging";
    vec![
        (
            "aws_ecs_service.web",
            "aws_ecs_service",
            json!({"name": format!("{base}-web"), "cluster": format!("{base}-cluster")}),
        ),
        ("aws_iam_role.web", "aws_iam_role", json!({"name": format!("{base}-web role")})),
        ("aws_ssm_parameter.smtp", "aws_ssm_parameter", json!({"name": "/bookmark-manager/staging/SMTP_PASSWORD"})),
        ("aws_ssm_parameter.none", "aws_ssm_parameter", json!({"name": "/bookmark-manager/staging/NO_SUCH"})),
    ]
}

#[test]
fn what_a_run_may_have_left_is_looked_for_and_its_imports_are_written_into_its_unit_once() {
    let home = Home::with(&format!("[environments.staging]\naccount = \"{ACCOUNT}\"\nregion = \"ap-northeast-1\"\n"));
    let compute = unit(&home, "compute", &[], "");
    let order = order(Goal::Apply, vec![compute.clone()]);
    let run = folder::new_run(&home.path().join(".local/state/cockpit/runs"), &order, Timestamp::now()).expect("a run");
    let started = Started {
        run: folder::name(&run),
        environment: "staging".into(),
        goal: Goal::Apply,
        units: order.units.clone(),
        targets: Vec::new(),
        replace: Vec::new(),
        by: who(),
        account: None,
        revision: None,
        dropped: Vec::new(),
        parallelism: 2,
        guarded: false,
        serial_init: false,
        pid: 1,
    };
    let (unit, step) = (String::from("compute"), Step::Apply);
    let mut events =
        vec![What::Started(Box::new(started)), What::Step { unit: unit.clone(), step, pid: None, early: false }];
    for (address, ..) in made() {
        let message = Message::ApplyStarted { address: address.into(), action: Action::Create };
        events.push(What::Said { unit: unit.clone(), step, message });
    }
    let killed = || Some(String::from("ended by signal 9"));
    events.push(What::StepEnded { unit: unit.clone(), step, code: None, failed: killed() });
    events.push(What::UnitEnded { unit, end: UnitEnd::Failed { why: killed().expect("a reason") } });
    events.push(What::Ended { end: RunEnd::Failed });
    let line_of = |what| serde_json::to_string(&RunEvent { time: Timestamp::now(), what }).expect("JSON") + "\n";
    std::fs::write(run.join(folder::EVENTS), events.into_iter().map(line_of).collect::<String>()).expect("events");
    let change = |(address, kind, after): (&str, &str, Value)| {
        json!({"address": address, "mode": "managed", "type": kind, "change": {
            "actions": ["create"], "before": null, "after": after, "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {}}})
    };
    let shown = json!({"format_version": "1.2", "terraform_version": "1.11.4", "configuration": {"root_module": {}},
        "resource_changes": made().into_iter().map(change).collect::<Vec<_>>()});
    let plan = Plan::read(shown.to_string().as_bytes()).expect("a plan");
    folder::make(&folder::of_unit(&run, "compute")).expect("a folder");
    std::fs::write(folder::shown_plan(&run, "compute"), serde_json::to_vec(&plan).expect("JSON")).expect("a file");

    let world = World::staging();
    let orphans = |more: &str| line(&mut home.on(&world), &format!("infra orphans --env staging {more}"));
    let said = orphans("-o json").coded(3);
    follows_schema(&home, "infra-orphans", &said.json());
    let json = said.json();
    let all: Vec<(&str, &str)> = json["orphans"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["address"].as_str().expect("text"), one["state"].as_str().expect("text")))
        .collect();
    assert_eq!(
        all,
        [
            ("aws_ecs_service.web", "there"),
            ("aws_iam_role.web", "unknown"),
            ("aws_ssm_parameter.none", "absent"),
            ("aws_ssm_parameter.smtp", "there"),
        ]
    );
    let note = json["orphans"][1]["note"].as_str().expect("text");
    assert!(note.contains("`aws iam get-role --role-name 'bookmark-manager-staging-web role'` looks for it"), "{note}");
    let imports = compute.dir.join("cockpit_imports.tf");
    assert!(!imports.exists(), "nothing is written unasked");
    assert!(
        line(&mut home.on(&world), "infra orphans --env staging --write --read-only").code == 4 && !imports.exists()
    );
    orphans("--write").coded(3);
    let written = std::fs::read_to_string(&imports).expect("a file");
    assert!(
        written.contains(
            "to = aws_ecs_service.web\n  id = \"bookmark-manager-staging-cluster/bookmark-manager-staging-web\""
        ) && written.contains("to = aws_ssm_parameter.smtp\n  id = \"/bookmark-manager/staging/SMTP_PASSWORD\""),
        "{written}"
    );
    assert_eq!(written.matches("import {").count(), 2, "{written}");
    orphans("--write").coded(3);
    assert_eq!(std::fs::read_to_string(&imports).expect("a file"), written, "once");
}
