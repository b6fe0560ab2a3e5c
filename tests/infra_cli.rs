//! `cockpit infra` beside runs, with the real Terraform and Terragrunt over units of `terraform_data`, which need no
//! provider and no account.
#![allow(clippy::unwrap_used)]

#[path = "infra_cli/drift.rs"]
mod drift;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Home, Said, follows_schema, line};

/// Terragrunt: `$COCKPIT_TERRAGRUNT`, else that of `./dev test`.
fn terragrunt() -> PathBuf {
    tool("COCKPIT_TERRAGRUNT", "terragrunt-1.1.0")
}

/// A tool: as the variable says, else as `./dev test` keeps it.
fn tool(variable: &str, name: &str) -> PathBuf {
    let cache = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"))).unwrap()
    };
    let path = std::env::var_os(variable).map_or_else(|| cache().join("cockpit/tools").join(name), PathBuf::from);
    assert!(path.exists(), "{} is not there: `./dev test` builds it, or set {variable}", path.display());
    path
}

/// Two roots in two folders: `net` in the workspace `dev`, and `app`, which reads its state and says so not.
fn terraform_home() -> Home {
    let home = Home::with(
        r#"[environments.lab.infra]
kind = "terraform"
units = [
  { name = "net", dir = "net", workspace = "dev", var_files = ["dev.tfvars"] },
  { name = "app", dir = "app" },
]
"#,
    );
    for folder in ["net", "app"] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
    }
    home.write(
        "net/main.tf",
        r#"variable "size" { type = number }
resource "terraform_data" "net" { input = { size = var.size, key = sensitive("geheim") } }
output "size" { value = var.size }
output "name" { value = "the net" }
output "lines" { value = "-----BEGIN-----\tx\n-----END-----\n" }
output "key" {
  value     = "geheim"
  sensitive = true
}
"#,
    );
    home.write("net/dev.tfvars", "size = 3\n");
    home.write(
        "app/main.tf",
        r#"data "terraform_remote_state" "net" {
  backend = "local"
  config  = { path = "../net/terraform.tfstate.d/dev/terraform.tfstate" }
}
output "of_net" { value = data.terraform_remote_state.net.outputs.size }
"#,
    );
    home
}

fn infra(home: &Home, arguments: &str) -> Said {
    line(&mut home.at(None), &format!("infra {arguments}"))
}

/// Terraform itself, as a person beside the cockpit.
fn terraform(home: &Home, dir: &str, arguments: &str) {
    let said = Command::new("terraform")
        .args(arguments.split_whitespace())
        .env_clear()
        .envs(home.variables(None))
        .env("TF_DATA_DIR", home.path().join(dir).join(".terraform/cockpit-dev"))
        .current_dir(home.path().join(dir))
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn a_workspace_that_is_not_there_is_refused_and_made_only_where_that_is_asked_for() {
    let home = terraform_home();
    let said = infra(&home, "output lab --unit net -o json").coded(1);
    assert_eq!(said.error()["kind"], "workspace");
    let hint = said.error()["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("`cockpit infra init --new-workspace --unit net --env lab`"), "{said:?}");
    assert!(!home.path().join("net/terraform.tfstate.d").exists(), "nothing was made");
    infra(&home, "init lab --new-workspace").coded(0);
    let graph = infra(&home, "graph lab -o json").coded(0);
    assert!(graph.err.contains("app reads the state of net"), "{graph:?}");
    follows_schema(&home, "infra-graph", &graph.json());
    assert_eq!(graph.json()["units"][1]["workspace"], "dev");
}

#[test]
fn outputs_and_states_of_units_hide_what_is_sensitive_until_it_is_asked_for_by_name() {
    let home = terraform_home();
    infra(&home, "init lab --new-workspace --unit net").coded(0);
    terraform(&home, "net", "workspace select dev");
    terraform(&home, "net", "apply -auto-approve -input=false -var-file=dev.tfvars");

    let all = infra(&home, "output lab -o json").coded(0);
    follows_schema(&home, "infra-output", &all.json());
    assert!(!all.out.contains("geheim"), "{all:?}");
    assert_eq!(infra(&home, "output lab name").coded(0).out, "the net\n");
    assert_eq!(line(&mut home.at(None), "--env lab infra output size").coded(0).out, "3\n");
    let refused = infra(&home, "output lab key").coded(4);
    assert!(refused.out.is_empty() && refused.err.contains("--sensitive"), "{refused:?}");
    assert_eq!(infra(&home, "output lab key --sensitive").coded(0).out, "geheim\n");
    assert_eq!(infra(&home, "output lab --unit net name").coded(0).out, "the net\n");
    let lines = infra(&home, "output lab lines").coded(0).out;
    assert_eq!(lines, "-----BEGIN-----\tx\n-----END-----\n", "a program gets it as it is");
    infra(&home, "output lab size name").coded(2);
    assert!(infra(&home, "output lab nope").coded(2).err.contains("there is no output `nope`"));

    let list = infra(&home, "state list lab -o json").coded(0);
    follows_schema(&home, "infra-state-list", &list.json());
    assert_eq!(list.json()["resources"][0]["address"], "terraform_data.net");
    let show = infra(&home, "state show lab terraform_data.net -o json").coded(0);
    follows_schema(&home, "infra-state-show", &show.json());
    assert!(infra(&home, "state show lab terraform_data.ne").coded(2).err.contains("did you mean"));
    let pulled = infra(&home, "state pull lab --unit net").coded(0);
    assert!(!show.out.contains("geheim") && !pulled.out.contains("geheim"), "{show:?} {pulled:?}");
    assert_eq!(pulled.json()["version"], 4);
    let file = home.path().join("kept.tfstate");
    infra(&home, &format!("state pull lab --unit net --to {}", file.display())).coded(0);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let wrong = infra(&home, "import lab --unit net terraform_data.found an-id").coded(2);
    assert!(wrong.err.contains("has no resource \"terraform_data\" \"found\""), "{wrong:?}");
    home.write("net/found.tf", "resource \"terraform_data\" \"found\" {}\n");
    infra(&home, "import lab --unit net terraform_data.found an-id").coded(0);
    assert!(
        std::fs::read_to_string(home.path().join("net/cockpit_imports.tf"))
            .unwrap()
            .contains("to = terraform_data.found")
    );
    infra(&home, "import lab --unit net terraform_data.found an-id").coded(2);
    assert!(infra(&home, "unlock lab --dry-run").coded(0).err.contains("net: no lock"));
}

#[test]
fn broken_code_a_folder_that_is_gone_and_tools_that_are_missing_or_others_are_told() {
    let home = terraform_home();
    home.write("app/broken.tf", "resource \"terraform_data\" \"x\" {\n  input = \n}\n");
    let said = infra(&home, "graph lab").coded(1);
    assert!(said.err.contains("app/broken.tf:2"), "{said:?}");
    std::fs::remove_file(home.path().join("app/broken.tf")).unwrap();
    home.write("app/wrong.tf", "output \"x\" { value = var.nowhere }\n");
    let said = infra(&home, "validate lab --unit app -o json").coded(1);
    follows_schema(&home, "infra-findings", &said.json());
    assert_eq!(
        (&said.json()["findings"][0]["file"], &said.json()["findings"][0]["line"]),
        (&"wrong.tf".into(), &1.into())
    );
    home.write("app/wrong.tf", "output \"y\" {\nvalue=1\n}\n");
    assert!(infra(&home, "fmt lab --unit app --check").coded(1).out.contains("app/wrong.tf"));
    infra(&home, "fmt lab --unit app").coded(0);
    assert!(std::fs::read_to_string(home.path().join("app/wrong.tf")).unwrap().contains("  value = 1"));

    std::fs::remove_dir_all(home.path().join("app")).unwrap();
    assert!(infra(&home, "graph lab").coded(2).err.contains("the folder of app"));
    let none = line(home.at(None).env("PATH", "/nowhere"), "infra graph lab").coded(1);
    assert!(none.err.contains("there is no `terraform` on PATH") && none.err.contains("install Terraform"), "{none:?}");
    // A tofu that calls itself terraform, and one that is old.
    let folder = home.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    for (says, told) in [("OpenTofu v1.11.4", "is OpenTofu"), ("Terraform v1.5.7", "1.11.0 to below 2.0.0")] {
        let program = home.write("bin/terraform", format!("#!/bin/sh\necho '{says}'\n"));
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let said = line(home.at(None).env("PATH", path), "infra graph lab").coded(1);
        assert!(said.err.contains(told), "{said:?}");
    }
    assert!(line(&mut home.at(None), "infra lint lab").err.contains("hint"));
}

#[test]
fn terragrunt_units_are_found_whole_or_not_at_all() {
    let home = Home::with(&format!(
        "[environments.lab.infra]\nkind = \"terragrunt\"\ndir = \"envs\"\nterragrunt = \"{}\"\n",
        terragrunt().display()
    ));
    for folder in ["envs/network", "envs/app"] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
    }
    home.write("envs/network/terragrunt.hcl", "terraform {\n  source = \".\"\n}\n");
    home.write("envs/network/main.tf", "resource \"terraform_data\" \"x\" {}\noutput \"id\" { value = \"n-1\" }\n");
    let app = "terraform {\n  source = \".\"\n  after_hook \"tell\" {\n    commands = [\"apply\"]\n    execute  = [\"echo\", \"x\"]\n  }\n}\n\
               dependency \"network\" {\n  config_path = \"../network\"\n  mock_outputs = { id = \"mock\" }\n}\n";
    home.write("envs/app/terragrunt.hcl", app);
    home.write("envs/app/main.tf", "resource \"terraform_data\" \"y\" {}\n");

    let graph = infra(&home, "graph lab --format json").coded(0).json();
    assert_eq!((&graph["units"][0]["name"], &graph["units"][0]["hooks"]), (&"network".into(), &false.into()));
    assert_eq!(graph["units"][1]["depends_on"][0], "network");
    assert_eq!(graph["units"][1]["hooks"], true);
    assert!(infra(&home, "graph lab --format dot").coded(0).out.contains("\"network\" -> \"app\""));
    // Never applied: a state that is empty is read as such.
    assert!(infra(&home, "output lab --unit network").coded(0).out.contains("no outputs"));
    assert!(home.path().join("envs/network/.terragrunt-cache").is_dir());
    infra(&home, "clean lab").coded(0);
    assert!(!home.path().join("envs/network/.terragrunt-cache").exists());

    home.write("envs/app/terragrunt.hcl", app.replace("../network", "../netwrk"));
    let missing = infra(&home, "graph lab").coded(1);
    assert!(missing.err.contains("app/terragrunt.hcl:9"), "{missing:?}");
    home.write("envs/app/terragrunt.hcl", app.replace("dependency \"network\" {", "dependency \"network\""));
    let broken = infra(&home, "graph lab").coded(1);
    assert!(broken.err.contains("app/terragrunt.hcl:8"), "{broken:?}");
    home.write("envs/app/terragrunt.hcl", app);
    home.write("envs/network/terragrunt.hcl", "dependency \"app\" {\n  config_path = \"../app\"\n}\n");
    let circle = infra(&home, "graph lab").coded(1);
    assert!(circle.err.contains("app → network → app"), "{circle:?}");
}

#[test]
fn the_real_tflint_says_what_it_finds_with_rule_file_and_line() {
    let home = terraform_home();
    home.write("app/unused.tf", "variable \"nobody\" { type = string }\n");
    let folder = home.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(tool("COCKPIT_TFLINT", "tflint-0.61.0"), folder.join("tflint")).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    infra(&home, "init lab --new-workspace --unit net").coded(0);
    let said = line(home.at(None).env("PATH", path), "infra lint lab -o json").coded(1);
    follows_schema(&home, "infra-findings", &said.json());
    let all = said.json()["findings"].as_array().unwrap().clone();
    let unused = all
        .iter()
        .find(|one| one["message"].as_str().is_some_and(|text| text.contains("\"nobody\" is declared but not used")));
    let unused = unused.unwrap_or_else(|| panic!("{all:?}"));
    assert_eq!((&unused["unit"], &unused["file"], &unused["line"]), (&"app".into(), &"unused.tf".into(), &1.into()));
    // A file of variables is handed on: the number that `net` asks for is in it.
    assert!(!all.iter().any(|one| one["message"].as_str().is_some_and(|text| text.contains("size"))), "{all:?}");
}

#[test]
fn what_an_environment_costs_is_told_by_a_plan_that_is_made_now_and_then_by_the_one_that_is_kept() {
    let home = terraform_home();
    infra(&home, "init lab --new-workspace").coded(0);
    terraform(&home, "net", "workspace select dev");
    terraform(&home, "net", "apply -auto-approve -input=false -var-file=dev.tfvars");
    let cost =
        |more: &str| line(&mut home.at(None), &format!("cost lab --estimate --region ap-northeast-1 -o json{more}"));
    let said = cost("");
    assert!(said.code == 2 && said.err.contains("lab has no run that planned"), "{said:#?}");
    let said = cost(" --now").coded(0);
    let now = said.json();
    follows_schema(&home, "cost-estimate", &now);
    assert!(said.err.contains("planning 2 units of lab"), "{said:#?}");
    assert_eq!((&now["free"], &now["complete"]), (&serde_json::json!(1), &serde_json::json!(true)), "{now}");
    let mut units: Vec<&str> =
        now["plans"].as_array().unwrap().iter().map(|plan| plan["unit"].as_str().unwrap()).collect();
    units.sort_unstable();
    assert_eq!(units, ["app", "net"]);
    // What was looked at for drift is no plan of what is to stand.
    infra(&home, "drift lab -o json");
    let kept = cost("").coded(0).json();
    assert_eq!(kept["plans"][0]["from"], now["plans"][0]["from"]);
    let run = now["plans"][0]["from"].as_str().unwrap().to_owned();
    cost(&format!(" --run {run}")).coded(0);
    let said = cost(" --run nothing-like-it");
    assert!(said.code == 2 && said.err.contains("no run `nothing-like-it` that planned"), "{said:#?}");
    // A later one over one unit alone is not the environment.
    infra(&home, "plan lab --unit net -o json");
    let part = cost("").coded(3).json();
    follows_schema(&home, "cost-estimate", &part);
    let plans: Vec<(&str, bool)> = part["plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| (plan["unit"].as_str().unwrap(), plan["missing"].is_null()))
        .collect();
    assert_eq!((plans, &part["complete"]), (vec![("net", true), ("app", false)], &serde_json::json!(false)), "{part}");
    // Rows have no place for what is missing: it is said beside them, once.
    let rows = line(&mut home.at(None), "cost lab --estimate --region ap-northeast-1 -o csv").coded(3);
    let mut missing: Vec<&str> = rows.err.lines().filter(|line| line.starts_with('!')).collect();
    let all = missing.len();
    missing.sort_unstable();
    missing.dedup();
    assert!(all > 0 && missing.len() == all, "{rows:#?}");
}

#[test]
fn the_check_of_the_configuration_names_two_environments_of_one_state() {
    let terraform = |name: &str, dir: &str| {
        format!("[environments.{name}.infra]\nkind = \"terraform\"\nunits = [{{ name = \"web\", dir = \"{dir}\" }}]\n")
    };
    let terragrunt = |name: &str| format!("[environments.{name}.infra]\nkind = \"terragrunt\"\ndir = \"envs\"\n");
    let all = [terraform("dev", "a"), terraform("prod", "b"), terragrunt("one"), terragrunt("two")];
    let home = Home::with(&all.concat());
    let backend = |key: &str| {
        format!("terraform {{\n  backend \"s3\" {{\n    bucket = \"states\"\n    key    = \"{key}\"\n  }}\n}}\n")
    };
    for dir in ["a", "b", "envs"] {
        std::fs::create_dir_all(home.path().join(dir)).unwrap();
    }
    home.write("a/main.tf", backend("web"));
    home.write("b/main.tf", backend("web"));
    let said = line(&mut home.at(None), "config check").coded(0);
    let said = format!("{}{}", said.out, said.err);
    assert!(said.contains("warning: `web` of `dev` and `web` of `prod` are one state, s3://states/web"), "{said}");
    assert!(said.contains("warning: `one` and `two` both have the units in "), "{said}");
    // In one environment it is told where units are found.
    let lab = Home::with(
        "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"a\" }, { name = \"b\", dir = \"b\" }]\n",
    );
    for dir in ["a", "b"] {
        std::fs::create_dir_all(lab.path().join(dir)).unwrap();
        lab.write(&format!("{dir}/main.tf"), backend("web"));
    }
    let found = infra(&lab, "graph lab").coded(0);
    assert!(found.err.contains("a and b are one state, s3://states/web"), "{found:?}");
    for home in [&home, &lab] {
        assert!(Command::new("mkfifo").arg(home.path().join("a/pipe.tf")).status().unwrap().success());
    }
    let said = line(&mut home.at(None), "config check").coded(0);
    assert!(
        format!("{}{}", said.out, said.err).contains("are one state, s3://states/web"),
        "a pipe is not read: {said:?}"
    );
    let refused = infra(&lab, "graph lab").coded(2);
    assert!(refused.err.contains("pipe.tf is not a plain file"), "{refused:?}");
    // A copy that was given a key of its own, and a folder of its own.
    home.write("b/main.tf", backend("other"));
    std::fs::remove_dir(home.path().join("envs")).unwrap();
    let json = line(&mut home.at(None), "config check -o json").coded(0).json();
    assert_eq!(json["warnings"], serde_json::json!([]), "{json}");
}

#[test]
fn a_destroy_that_code_forbids_of_one_unit_destroys_none() {
    let home = Home::with(
        "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"net\", dir = \"net\" }, { name = \"app\", dir = \"app\", \
         depends_on = [\"net\"] }]\n",
    );
    for folder in ["net", "app"] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
    }
    home.write(
        "net/main.tf",
        "resource \"terraform_data\" \"it\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n",
    );
    home.write("app/main.tf", "resource \"terraform_data\" \"it\" {}\n");
    infra(&home, "apply lab --yes").coded(0);
    let said = infra(&home, "destroy lab --yes --confirm lab").coded(4);
    assert!(said.err.contains("net: terraform_data.it has `prevent_destroy`"), "{said:?}");
    let there = infra(&home, "state list lab -o json").coded(0).json();
    assert_eq!(there["resources"].as_array().unwrap().len(), 2, "what needs it stands too: {there}");
    // What is not forbidden is destroyed where it is named.
    infra(&home, "destroy lab --unit app --yes --confirm lab").coded(0);
    let there = infra(&home, "state list lab -o json").coded(0).json();
    assert_eq!(there["resources"].as_array().unwrap().len(), 1, "{there}");
}
