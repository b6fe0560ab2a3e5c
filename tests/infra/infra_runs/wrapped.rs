//! Terragrunt around its units, as typed: a plan is applied with the same inputs that it was made with, and mock
//! values are never applied.

use crate::infra_runs::ahead::terragrunt;
use crate::infra_runs::{PLAIN, Run, in_state, order, unit};
use crate::support::{Home, line};
use cockpit::infra::run::folder;
use cockpit::model::infra::run_event::{Goal, RunEnd, UnitEnd};
use cockpit::model::infra::{RunOrder, Tool, Unit};

/// Units below `units`, which Terragrunt finds.
fn home() -> Home {
    let config = "[environments.lab.infra]\nkind = \"terragrunt\"\ndir = \"units\"\n";
    Home::with(&format!("{config}terragrunt = \"{}\"\n", terragrunt().display()))
}

/// A unit with this Terragrunt code.
fn wrapped(home: &Home, name: &str, code: &str, wrapper: &str) -> Unit {
    let unit = Unit { tool: Tool::Terragrunt, ..unit(home, name, &[], code) };
    std::fs::write(unit.dir.join("terragrunt.hcl"), wrapper).expect("a file");
    unit
}

#[test]
fn terragrunt_variables_of_a_plan_are_set_at_its_apply() {
    let home = home();
    let record = home.path().join("told");
    let code = format!(
        "resource \"terraform_data\" \"it\" {{\n  provisioner \"local-exec\" {{ command = \"echo key=$KEY >> {}\" }}\n}}\n",
        record.display()
    );
    let wrapper = "terraform {\n  extra_arguments \"key\" {\n    commands = [\"plan\", \"apply\"]\n    env_vars = { KEY = \"of-the-role\" }\n  }\n}\n";
    wrapped(&home, "a", &code, wrapper);
    let output = line(&mut home.at(None), "infra apply lab --yes").exits(0);
    assert_eq!(std::fs::read_to_string(record).expect("a file"), "key=of-the-role\n");
    let printed = format!("{}{}", output.out, output.err);
    assert!(printed.contains("sets variables for apply: its plan is applied through Terragrunt"), "{output:?}");
}

#[test]
fn destroy_skips_apply_only_hooks_and_is_refused_if_a_destroy_hook_would_not_run() {
    let home = home();
    let hook = |command: &str| {
        format!(
            "terraform {{\n  after_hook \"told\" {{\n    commands = [\"{command}\"]\n    execute  = [\"touch\", \"${{get_terragrunt_dir()}}/{command}ed\"]\n  }}\n}}\n"
        )
    };
    let unit = wrapped(&home, "a", PLAIN, &hook("apply"));
    line(&mut home.at(None), "infra apply lab --yes").exits(0);
    assert!(unit.dir.join("applyed").exists(), "its hook ran");
    std::fs::remove_file(unit.dir.join("applyed")).expect("a file");
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook("destroy")).expect("a file");
    let refused = line(&mut home.at(None), "infra destroy lab --yes --confirm lab").exits(4);
    assert!(refused.err.contains("Run `terragrunt destroy` in its folder"), "{refused:?}");
    assert!(!in_state(&in_cache(&unit)).is_empty(), "nothing was destroyed");
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook("apply")).expect("a file");
    line(&mut home.at(None), "infra destroy lab --yes --confirm lab").exits(0);
    assert!(in_state(&in_cache(&unit)).is_empty());
    assert!(!unit.dir.join("applyed").exists(), "nothing was applied");
}

#[test]
fn destroy_prevented_by_terragrunt_is_refused_before_dependent_units_are_destroyed() {
    let home = home();
    let network = wrapped(&home, "network", PLAIN, "prevent_destroy = true\n");
    let app = wrapped(&home, "app", PLAIN, "dependencies {\n  paths = [\"../network\"]\n}\n");
    line(&mut home.at(None), "infra apply lab --yes").exits(0);
    let refused = line(&mut home.at(None), "infra destroy lab --yes --confirm lab").exits(4);
    assert!(refused.err.contains("network: its code of Terragrunt has `prevent_destroy`"), "{refused:?}");
    for unit in [&network, &app] {
        assert!(!in_state(&in_cache(unit)).is_empty(), "nothing of {} was destroyed", unit.name);
    }
    line(&mut home.at(None), "infra destroy lab --unit app --yes --confirm lab").exits(0);
    assert!(in_state(&in_cache(&app)).is_empty());
}

/// The unit in the folder where Terraform works, which contains its state.
fn in_cache(unit: &Unit) -> Unit {
    let found = cockpit::infra::run::state_endpoints::working_dirs(unit);
    Unit { dir: found.first().expect("a folder").0.clone(), tool: Tool::Terraform, ..unit.clone() }
}

#[tokio::test]
async fn plan_mixing_mock_and_real_outputs_is_never_applied() {
    let home = home();
    let network = "resource \"terraform_data\" \"it\" { input = \"net\" }\noutput \"word\" { value = terraform_data.it.output }\n";
    let needs = "dependency \"network\" {\n  config_path = \"../network\"\n  mock_outputs = { word = \"made-up\", late = \"made-up\" }\n  \
                 mock_outputs_merge_strategy_with_state = \"shallow\"\n}\ninputs = { from = dependency.network.outputs.late }\n";
    let network = wrapped(&home, "network", network, "");
    let app = "variable \"from\" {}\nresource \"terraform_data\" \"it\" { input = var.from }\n";
    let mut app = wrapped(&home, "app", app, needs);
    line(&mut home.at(None), "infra apply lab --unit network --yes").exits(0);
    let refused = line(&mut home.at(None), "infra apply lab --unit app --yes");
    assert!(refused.code != 0, "{refused:?}");
    // The same, now that it is real.
    app.around.made_up = vec!["network".into()];
    let with = |goal| RunOrder {
        terragrunt: Some(terragrunt()),
        reads: vec![network.clone()],
        ..order(goal, vec![app.clone()])
    };
    let mut plan = Run::start(&home, &with(Goal::Plan)).await.expect("it starts");
    assert_eq!(plan.end(false), RunEnd::Done);
    assert!(plan.state.units["app"].plan.as_ref().is_some_and(|plan| plan.on_mocks));
    let code = std::fs::read_to_string(network.dir.join("main.tf")).expect("a file");
    std::fs::write(network.dir.join("main.tf"), code + "output \"late\" { value = \"late\" }\n").expect("a file");
    line(&mut home.at(None), "infra apply lab --unit network --yes").exits(0);
    let mut plan = Run::start(&home, &with(Goal::Plan)).await.expect("it starts");
    assert_eq!(plan.end(false), RunEnd::Done);
    assert!(plan.state.units["app"].plan.as_ref().is_some_and(|plan| !plan.on_mocks));
}

#[tokio::test]
async fn unit_with_ephemeral_variable_is_applied_with_its_value_passed_again() {
    let home = home();
    let code = "variable \"token\" {\n  type      = string\n  ephemeral = true\n}\nresource \"terraform_data\" \"it\" { input = 1 }\n";
    let mut plain = unit(&home, "plain", &[], code);
    std::fs::write(plain.dir.join("dev.tfvars"), "token = \"a\"\n").expect("a file");
    plain.var_files = vec![plain.dir.join("dev.tfvars")];
    let other = wrapped(&home, "other", code, "inputs = { token = \"b\" }\n");
    let with = RunOrder { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![plain.clone(), other]) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    assert_eq!(run.end(true), RunEnd::Done, "{:#?}", run.state);
    assert_eq!(in_state(&plain), ["terraform_data.it"]);
}

#[tokio::test]
async fn secret_of_a_failing_command_is_in_no_event_of_the_run() {
    let home = home();
    let code = r#"locals { secret = sensitive({ word = "pass-of-a-map" }) }
resource "terraform_data" "it" {
  input = sensitive("pass-of-an-input")
  provisioner "local-exec" { command = "echo ${local.secret.word} ${self.input}; exit 3" }
}
"#;
    let unit = unit(&home, "a", &[], code);
    let mut run = Run::start(&home, &order(Goal::Apply, vec![unit])).await.expect("it starts");
    assert_eq!(run.end(true), RunEnd::Failed);
    let UnitEnd::Failed { why } = run.unit_end("a") else { panic!("{:#?}", run.state) };
    assert!(why.contains("provisioner"), "{why}");
    let events = std::fs::read_to_string(run.folder.join(folder::EVENTS)).expect("events");
    assert!(!events.contains("pass-of") && events.contains("exit status 3"), "{events}");
}
