//! `cockpit infra orphans`: leftovers of a run are searched for in AWS, and offered as import blocks.

use crate::infra_runs::{order, unit, who};
use crate::support::{Home, World, follows_schema, line};
use aws_sim::ACCOUNT;
use cockpit::infra::run::folder;
use cockpit::model::infra::Unit;
use cockpit::model::infra::message::{Action, Message};
use cockpit::model::infra::orphan;
use cockpit::model::infra::plan::Plan;
use cockpit::model::infra::run_event::{Goal, RunEnd, RunEvent, RunEventKind, Started, Step, UnitEnd};
use cockpit::private_files;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The resources that the run was creating when its process was killed: address, type, and the planned values.
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
        ("aws_lb.web", "aws_lb", json!({"name": format!("{base}-alb")})),
        ("aws_lb_listener.http", "aws_lb_listener", json!({"port": 80})),
        ("aws_lb_listener.https", "aws_lb_listener", json!({"port": 443})),
        ("aws_instance.bastion", "aws_instance", json!({"tags": {"Name": "bastion"}})),
        ("aws_instance.none", "aws_instance", json!({"tags": {"Name": "none"}})),
        (
            "aws_appautoscaling_target.api",
            "aws_appautoscaling_target",
            json!({"resource_id": format!("service/{base}-cluster/{base}-api"), "service_namespace": "ecs",
                "scalable_dimension": "ecs:service:DesiredCount"}),
        ),
        (
            "aws_appautoscaling_policy.none",
            "aws_appautoscaling_policy",
            json!({"name": "none", "resource_id": format!("service/{base}-cluster/{base}-api"), "service_namespace": "ecs",
                "scalable_dimension": "ecs:service:DesiredCount"}),
        ),
        ("aws_route53_record.www", "aws_route53_record", json!({"zone_id": "Z1", "name": "www", "type": "A"})),
        ("aws_vpc.main", "aws_vpc", json!({"cidr_block": "10.0.0.0/16", "tags": {"Name": "team"}})),
        ("aws_ssm_parameter.none", "aws_ssm_parameter", json!({"name": "/bookmark-manager/staging/NO_SUCH"})),
    ]
}

/// Types in `infra/terraform` that create nothing: the resource already exists in the account.
const NOT_MADE: [&str; 1] = ["aws_default_security_group"];

#[test]
fn every_declared_resource_type_is_searchable() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/terraform")];
    let mut unknown = std::collections::BTreeSet::new();
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "tf") {
                let code = std::fs::read_to_string(&path).expect("text");
                let kinds = code.lines().filter_map(|line| line.strip_prefix("resource \"")?.split('"').next());
                for kind in kinds.filter(|kind| kind.starts_with("aws_") && !NOT_MADE.contains(kind)) {
                    seen += 1;
                    if !orphan::is_known(kind) {
                        unknown.insert(kind.to_owned());
                    }
                }
            }
        }
    }
    assert!(seen > 50 && unknown.is_empty(), "{unknown:?}");
}

/// Writes the folder of a run that was killed while it created all of [`made`] in a unit.
fn killed(home: &Home, compute: &Unit) {
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
    let mut events = vec![
        RunEventKind::Started(Box::new(started)),
        RunEventKind::Step { unit: unit.clone(), step, pid: None, early: false },
    ];
    for (address, ..) in made() {
        let message = Message::ApplyStarted { address: address.into(), action: Action::Create };
        events.push(RunEventKind::Said { unit: unit.clone(), step, message });
    }
    let why = String::from("ended by signal 9");
    events.push(RunEventKind::StepEnded { unit: unit.clone(), step, code: None, failed: Some(why.clone()) });
    events.push(RunEventKind::UnitEnded { unit, end: UnitEnd::Failed { why } });
    events.push(RunEventKind::Ended { end: RunEnd::Failed });
    let line_of = |what| serde_json::to_string(&RunEvent { time: Timestamp::now(), what }).expect("JSON") + "\n";
    std::fs::write(run.join(folder::EVENTS), events.into_iter().map(line_of).collect::<String>()).expect("events");
    private_files::make(&folder::of_unit(&run, "compute")).expect("a folder");
    std::fs::write(folder::shown_plan(&run, "compute"), serde_json::to_vec(&plan()).expect("JSON")).expect("a file");
}

/// The plan of that run.
fn plan() -> Plan {
    let change = |(address, kind, after): (&str, &str, Value)| {
        json!({"address": address, "mode": "managed", "type": kind, "change": {
            "actions": ["create"], "before": null, "after": after, "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {}}})
    };
    let code = json!({"resources": [
        {"address": "aws_lb.web", "mode": "managed", "type": "aws_lb", "name": "web"},
        {"address": "aws_lb_listener.http", "mode": "managed", "type": "aws_lb_listener", "name": "http", "depends_on": ["aws_lb.web"]},
        {"address": "aws_lb_listener.https", "mode": "managed", "type": "aws_lb_listener", "name": "https", "depends_on": ["aws_lb.web"]},
    ]});
    let shown = json!({"format_version": "1.2", "terraform_version": "1.11.4", "configuration": {"root_module": code},
        "resource_changes": made().into_iter().map(change).collect::<Vec<_>>()});
    Plan::read(shown.to_string().as_bytes()).expect("a plan")
}

#[test]
fn leftovers_of_a_run_are_searched_and_their_imports_written_into_the_unit_once() {
    let home = Home::with(&format!("[environments.staging]\naccount = \"{ACCOUNT}\"\nregion = \"ap-northeast-1\"\n"));
    let compute = unit(&home, "compute", &[], "");
    killed(&home, &compute);
    let world = World::staging();
    let orphans = |more: &str| line(&mut home.on(&world), &format!("infra orphans --env staging {more}"));
    let output = orphans("-o json").exits(3);
    follows_schema(&home, "infra-orphans", &output.json());
    let json = output.json();
    let all: Vec<(&str, &str)> = json["orphans"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["address"].as_str().expect("text"), one["state"].as_str().expect("text")))
        .collect();
    assert_eq!(
        all,
        [
            ("aws_appautoscaling_policy.none", "absent"),
            ("aws_appautoscaling_target.api", "there"),
            ("aws_ecs_service.web", "there"),
            ("aws_iam_role.web", "unknown"),
            ("aws_instance.bastion", "there"),
            ("aws_instance.none", "absent"),
            ("aws_lb.web", "there"),
            ("aws_lb_listener.http", "there"),
            ("aws_lb_listener.https", "absent"),
            ("aws_route53_record.www", "absent"),
            ("aws_ssm_parameter.none", "absent"),
            ("aws_ssm_parameter.smtp", "there"),
            ("aws_vpc.main", "unknown"),
        ]
    );
    let one = |address: &str| {
        let mut all = json["orphans"].as_array().expect("a list").iter();
        all.find(|one| one["address"] == address).expect("it is told")
    };
    assert_eq!(one("aws_instance.bastion")["id"], "i-0123456789abcdef0");
    let scaled = "ecs/service/bookmark-manager-staging-cluster/bookmark-manager-staging-api/ecs:service:DesiredCount";
    assert_eq!(one("aws_appautoscaling_target.api")["id"], scaled);
    let listener = one("aws_lb_listener.http")["id"].as_str().expect("an ARN");
    assert!(listener.contains(":listener/app/bookmark-manager-staging-alb/"), "{listener}");
    let network = one("aws_vpc.main")["note"].as_str().expect("text");
    assert!(network.contains("`aws ec2 describe-vpcs --filters Name=tag:Name,Values=team` looks for it"), "{network}");
    let note = one("aws_iam_role.web")["note"].as_str().expect("text");
    assert!(note.contains("`aws iam get-role --role-name 'bookmark-manager-staging-web role'` looks for it"), "{note}");
    let imports = compute.dir.join("cockpit_imports.tf");
    assert!(!imports.exists(), "nothing is written without being requested");
    assert!(
        line(&mut home.on(&world), "infra orphans --env staging --write --read-only").code == 4 && !imports.exists()
    );
    orphans("--write").exits(3);
    let written = std::fs::read_to_string(&imports).expect("a file");
    assert!(
        written.contains(
            "to = aws_ecs_service.web\n  id = \"bookmark-manager-staging-cluster/bookmark-manager-staging-web\""
        ) && written.contains("to = aws_ssm_parameter.smtp\n  id = \"/bookmark-manager/staging/SMTP_PASSWORD\""),
        "{written}"
    );
    assert_eq!(written.matches("import {").count(), 6, "{written}");
    orphans("--write").exits(3);
    assert_eq!(std::fs::read_to_string(&imports).expect("a file"), written, "once");
}
