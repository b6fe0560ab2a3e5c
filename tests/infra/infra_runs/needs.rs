//! Units that need unapplied ones: they are blocked by them, and a plan with mock values is never applied.

use crate::infra_runs::ahead::terragrunt;
use crate::infra_runs::{Run, in_state, order, unit};
use crate::support::{Home, line};
use cockpit::model::infra::run_event::{Goal, RequestKind, RunEnd, UnitEnd};
use cockpit::model::infra::{RunOrder, Tool, Unit};
use serde_json::Value;

const NETWORK: &str =
    "resource \"terraform_data\" \"it\" { input = \"net\" }\noutput \"word\" { value = terraform_data.it.output }\n";
/// Reads the network's output from its state.
const APP: &str = r#"data "terraform_remote_state" "network" {
  backend = "local"
  config  = { path = "../network/terraform.tfstate" }
}
resource "terraform_data" "it" { input = data.terraform_remote_state.network.outputs.word }
"#;

/// The network, an independent unit, and a unit that needs both.
fn units(home: &Home) -> Vec<Unit> {
    vec![
        unit(home, "beside", &[], NETWORK),
        unit(home, "network", &[], NETWORK),
        unit(home, "app", &["beside", "network"], APP),
    ]
}

#[tokio::test]
async fn terraform_unit_reading_an_unapplied_state_is_blocked_by_that_unit() {
    let home = Home::new();
    let units = units(&home);
    let mut plan = Run::start(&home, &order(Goal::Plan, units.clone())).await.expect("it starts");
    assert_eq!(plan.end(false), RunEnd::Failed);
    assert_eq!(plan.unit_end("network"), &UnitEnd::Done);
    assert_eq!(plan.unit_end("app"), &UnitEnd::Blocked { by: "network".into() });
    let notes: Vec<&str> = plan.state.notes.iter().map(|(_, text)| text.as_str()).collect();
    assert!(
        notes.iter().any(|text| text.contains("it needs outputs of network, of which nothing was applied")),
        "{notes:?}"
    );
    drop(plan);
    // Also on its own, when the network is not part of the run.
    let alone = Unit { depends_on: Vec::new(), ..units[2].clone() };
    let with = RunOrder { reads: units[..2].to_vec(), ..order(Goal::Plan, vec![alone]) };
    let mut plan = Run::start(&home, &with).await.expect("it starts");
    assert_eq!(plan.end(false), RunEnd::Failed);
    assert_eq!(plan.unit_end("app"), &UnitEnd::Blocked { by: "network".into() });
    drop(plan);
    let mut apply = Run::start(&home, &order(Goal::Apply, units.clone())).await.expect("it starts");
    assert_eq!(apply.end(true), RunEnd::Done);
    assert_eq!(in_state(&units[2]), ["data.terraform_remote_state.network", "terraform_data.it"]);
}

#[tokio::test]
async fn state_without_a_needed_output_fails_its_reader() {
    let home = Home::new();
    let mut units = units(&home);
    units[1] = unit(&home, "network", &[], "resource \"terraform_data\" \"it\" {}\n");
    let mut network = Run::start(&home, &order(Goal::Apply, units[1..2].to_vec())).await.expect("it starts");
    assert_eq!(network.end(true), RunEnd::Done);
    drop(network);
    let mut plan = Run::start(&home, &order(Goal::Plan, units)).await.expect("it starts");
    assert_eq!(plan.end(false), RunEnd::Failed);
    let end = plan.unit_end("app");
    assert!(matches!(end, UnitEnd::Failed { why } if why.contains("Unsupported attribute")), "{end:?}");
}

#[tokio::test]
async fn state_read_from_an_unknown_place_blocks_if_only_one_unit_can_be_meant() {
    let home = Home::new();
    let hidden = APP.replace("\"../network/terraform.tfstate\"", "\"${path.root}/../network/terraform.tfstate\"");
    let mut units = units(&home);
    units[2] = unit(&home, "app", &["beside", "network"], &hidden);
    let mut two = Run::start(&home, &order(Goal::Plan, units.clone())).await.expect("it starts");
    assert_eq!(two.end(false), RunEnd::Failed);
    let end = two.unit_end("app");
    assert!(matches!(end, UnitEnd::Failed { why } if why.contains("Unable to find remote state")), "{end:?}");
    drop(two);
    units[2].depends_on = vec!["network".into()];
    let mut one = Run::start(&home, &order(Goal::Plan, units)).await.expect("it starts");
    assert_eq!(one.end(false), RunEnd::Failed);
    assert_eq!(one.unit_end("app"), &UnitEnd::Blocked { by: "network".into() });
}

#[test]
fn one_unit_is_applied_first_and_the_rest_use_its_result() {
    let home = Home::with(
        "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"network\", dir = \"units/network\" }, \
         { name = \"app\", dir = \"units/app\", depends_on = [\"network\"] }]\n",
    );
    unit(&home, "network", &[], NETWORK);
    let app = unit(&home, "app", &["network"], APP);
    let typed = |words: &str| line(&mut home.at(None), &format!("infra {words}"));
    let ends = |of: &Value| -> Vec<(String, String)> {
        let one = |unit: &Value| {
            (unit["unit"].as_str().unwrap_or_default().to_owned(), unit["end"].as_str().unwrap_or_default().to_owned())
        };
        of["units"].as_array().expect("units").iter().map(one).collect()
    };
    // A plan of everything reports what it waits for, and what to do first.
    let output = typed("plan lab").exits(1);
    assert!(output.err.contains("app: blocked by network"), "{output:?}");
    typed("apply lab --unit network --yes").exits(0);
    assert!(in_state(&app).is_empty(), "it was not selected");
    let plan = typed("plan lab -o json").exits(0).json();
    let pair = |unit: &str, end: &str| (unit.to_owned(), end.to_owned());
    assert_eq!(ends(&plan), [pair("network", "unchanged"), pair("app", "planned")], "{plan}");
    typed("apply lab --yes").exits(0);
    assert_eq!(in_state(&app), ["data.terraform_remote_state.network", "terraform_data.it"]);
}

#[tokio::test]
async fn plan_on_mock_outputs_is_shown_and_never_applied() {
    let home = Home::new();
    let mut units = vec![
        unit(&home, "network", &[], NETWORK),
        unit(
            &home,
            "app",
            &["network"],
            "variable \"from\" {}\nresource \"terraform_data\" \"it\" { input = var.from }\n",
        ),
    ];
    let needs = "dependency \"network\" {\n  config_path = \"../network\"\n  mock_outputs = { word = \"made-up\" }\n  \
                 mock_outputs_allowed_terraform_commands = [\"init\", \"plan\"]\n}\ninputs = { from = dependency.network.outputs.word }\n";
    std::fs::write(units[0].dir.join("terragrunt.hcl"), "").expect("a file");
    std::fs::write(units[1].dir.join("terragrunt.hcl"), needs).expect("a file");
    for unit in &mut units {
        unit.tool = Tool::Terragrunt;
    }
    let alone = Unit { depends_on: Vec::new(), ..units[1].clone() };
    let with = |goal| RunOrder {
        terragrunt: Some(terragrunt()),
        reads: vec![units[0].clone()],
        ..order(goal, vec![alone.clone()])
    };
    let mut plan = Run::start(&home, &with(Goal::Plan)).await.expect("it starts");
    assert_eq!(plan.end(false), RunEnd::Done);
    let made = plan.state.units["app"].plan.clone().expect("a plan");
    assert!(made.on_mocks && !made.empty, "{made:?}");
    drop(plan);
    let mut apply = Run::start(&home, &with(Goal::Apply)).await.expect("it starts");
    // An immediate, unconditional approval is refused.
    apply.until("its plan", false, |state| state.units["app"].plan.is_some());
    let sha256 = apply.state.units["app"].plan.clone().expect("a plan").sha256;
    apply.ask(RequestKind::Approve { unit: "app".into(), sha256 });
    assert_eq!(apply.end(false), RunEnd::Failed);
    let end = apply.unit_end("app");
    assert!(matches!(end, UnitEnd::Failed { why } if why.contains("mocked outputs, and is never applied")), "{end:?}");
    assert!(apply.state.units["app"].approved.is_none());
    assert!(!units[1].dir.join("terraform.tfstate").exists(), "nothing is applied");
}
