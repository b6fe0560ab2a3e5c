//! `cockpit infra` outside of runs, with the real Terraform and Terragrunt on units of `terraform_data`, which need no
//! provider and no account.

mod drift;

use crate::support::{Home, Output, follows_schema, line};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Terragrunt: `$COCKPIT_TERRAGRUNT`, else that of `./dev test`.
fn terragrunt() -> PathBuf {
    tool("COCKPIT_TERRAGRUNT", "terragrunt-1.1.0")
}

/// A tool: from the variable, else the one installed by `./dev test`.
fn tool(variable: &str, name: &str) -> PathBuf {
    let cache = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"))).unwrap()
    };
    let path = std::env::var_os(variable).map_or_else(|| cache().join("cockpit/tools").join(name), PathBuf::from);
    assert!(path.exists(), "{} does not exist: `./dev test` builds it, or set {variable}", path.display());
    path
}

/// Two roots in two folders: `net` in the workspace `dev`, and `app`, which reads its state without declaring it.
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

fn infra(home: &Home, arguments: &str) -> Output {
    line(&mut home.at(None), &format!("infra {arguments}"))
}

/// Runs Terraform directly, as a person beside the cockpit.
fn terraform(home: &Home, dir: &str, arguments: &str) {
    let output = Command::new("terraform")
        .args(arguments.split_whitespace())
        .env_clear()
        .envs(home.variables(None))
        .env("TF_DATA_DIR", home.path().join(dir).join(".terraform/cockpit-dev"))
        .current_dir(home.path().join(dir))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn missing_workspace_is_refused_and_created_only_on_request() {
    let home = terraform_home();
    let output = infra(&home, "output lab --unit net -o json").exits(1);
    assert_eq!(output.error()["kind"], "workspace");
    let hint = output.error()["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("`cockpit infra init --new-workspace --unit net --env lab`"), "{output:?}");
    assert!(!home.path().join("net/terraform.tfstate.d").exists(), "nothing was created");
    infra(&home, "init lab --new-workspace").exits(0);
    let graph = infra(&home, "graph lab -o json").exits(0);
    assert!(graph.err.contains("app reads the state of net"), "{graph:?}");
    follows_schema(&home, "infra-graph", &graph.json());
    assert_eq!(graph.json()["units"][1]["workspace"], "dev");
}

#[test]
fn outputs_and_states_hide_sensitive_values_until_requested_by_name() {
    let home = terraform_home();
    infra(&home, "init lab --new-workspace --unit net").exits(0);
    terraform(&home, "net", "workspace select dev");
    terraform(&home, "net", "apply -auto-approve -input=false -var-file=dev.tfvars");

    let outputs = infra(&home, "output lab -o json").exits(0);
    follows_schema(&home, "infra-output", &outputs.json());
    assert!(!outputs.out.contains("geheim"), "{outputs:?}");
    assert_eq!(infra(&home, "output lab name").exits(0).out, "the net\n");
    assert_eq!(line(&mut home.at(None), "--env lab infra output size").exits(0).out, "3\n");
    let refused = infra(&home, "output lab key").exits(4);
    assert!(refused.out.is_empty() && refused.err.contains("--sensitive"), "{refused:?}");
    assert_eq!(infra(&home, "output lab key --sensitive").exits(0).out, "geheim\n");
    assert_eq!(infra(&home, "output lab --unit net name").exits(0).out, "the net\n");
    let lines = infra(&home, "output lab lines").exits(0).out;
    assert_eq!(lines, "-----BEGIN-----\tx\n-----END-----\n", "a program gets it unchanged");
    infra(&home, "output lab size name").exits(2);
    assert!(infra(&home, "output lab nope").exits(2).err.contains("there is no output `nope`"));

    let list = infra(&home, "state list lab -o json").exits(0);
    follows_schema(&home, "infra-state-list", &list.json());
    assert_eq!(list.json()["resources"][0]["address"], "terraform_data.net");
    let show = infra(&home, "state show lab terraform_data.net -o json").exits(0);
    follows_schema(&home, "infra-state-show", &show.json());
    assert!(infra(&home, "state show lab terraform_data.ne").exits(2).err.contains("did you mean"));
    let pulled = infra(&home, "state pull lab --unit net").exits(0);
    assert!(!show.out.contains("geheim") && !pulled.out.contains("geheim"), "{show:?} {pulled:?}");
    assert_eq!(pulled.json()["version"], 4);
    let file = home.path().join("kept.tfstate");
    infra(&home, &format!("state pull lab --unit net --to {}", file.display())).exits(0);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let wrong = infra(&home, "import lab --unit net terraform_data.found an-id").exits(2);
    assert!(wrong.err.contains("has no resource \"terraform_data\" \"found\""), "{wrong:?}");
    home.write("net/found.tf", "resource \"terraform_data\" \"found\" {}\n");
    infra(&home, "import lab --unit net terraform_data.found an-id").exits(0);
    assert!(
        std::fs::read_to_string(home.path().join("net/cockpit_imports.tf"))
            .unwrap()
            .contains("to = terraform_data.found")
    );
    infra(&home, "import lab --unit net terraform_data.found an-id").exits(2);
    assert!(infra(&home, "unlock lab --dry-run").exits(0).err.contains("net: no lock"));
}

#[test]
fn broken_code_missing_folders_and_missing_or_wrong_tools_are_reported() {
    let home = terraform_home();
    home.write("app/broken.tf", "resource \"terraform_data\" \"x\" {\n  input = \n}\n");
    let output = infra(&home, "graph lab").exits(1);
    assert!(output.err.contains("app/broken.tf:2"), "{output:?}");
    std::fs::remove_file(home.path().join("app/broken.tf")).unwrap();
    home.write("app/wrong.tf", "output \"x\" { value = var.nowhere }\n");
    let output = infra(&home, "validate lab --unit app -o json").exits(1);
    follows_schema(&home, "infra-findings", &output.json());
    assert_eq!(
        (&output.json()["findings"][0]["file"], &output.json()["findings"][0]["line"]),
        (&"wrong.tf".into(), &1.into())
    );
    home.write("app/wrong.tf", "output \"y\" {\nvalue=1\n}\n");
    assert!(infra(&home, "fmt lab --unit app --check").exits(1).out.contains("app/wrong.tf"));
    infra(&home, "fmt lab --unit app").exits(0);
    assert!(std::fs::read_to_string(home.path().join("app/wrong.tf")).unwrap().contains("  value = 1"));

    std::fs::remove_dir_all(home.path().join("app")).unwrap();
    assert!(infra(&home, "graph lab").exits(2).err.contains("the folder of app"));
    let none = line(home.at(None).env("PATH", "/nowhere"), "infra graph lab").exits(1);
    assert!(none.err.contains("there is no `terraform` on PATH") && none.err.contains("install Terraform"), "{none:?}");
    // A tofu named terraform, and an old version.
    let folder = home.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    for (says, told) in [("OpenTofu v1.11.4", "is OpenTofu"), ("Terraform v1.5.7", "1.11.0 to below 2.0.0")] {
        let program = home.write("bin/terraform", format!("#!/bin/sh\necho '{says}'\n"));
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let output = line(home.at(None).env("PATH", path), "infra graph lab").exits(1);
        assert!(output.err.contains(told), "{output:?}");
    }
    assert!(line(&mut home.at(None), "infra lint lab").err.contains("hint"));
}

#[test]
fn terragrunt_units_are_found_completely_or_not_at_all() {
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

    let graph = infra(&home, "graph lab --format json").exits(0).json();
    assert_eq!((&graph["units"][0]["name"], &graph["units"][0]["hooks"]), (&"network".into(), &false.into()));
    assert_eq!(graph["units"][1]["depends_on"][0], "network");
    assert_eq!(graph["units"][1]["hooks"], true);
    assert!(infra(&home, "graph lab --format dot").exits(0).out.contains("\"network\" -> \"app\""));
    // Never applied: an empty state is read as such.
    assert!(infra(&home, "output lab --unit network").exits(0).out.contains("no outputs"));
    assert!(home.path().join("envs/network/.terragrunt-cache").is_dir());
    infra(&home, "clean lab").exits(0);
    assert!(!home.path().join("envs/network/.terragrunt-cache").exists());

    home.write("envs/app/terragrunt.hcl", app.replace("../network", "../netwrk"));
    let missing = infra(&home, "graph lab").exits(1);
    assert!(missing.err.contains("app/terragrunt.hcl:9"), "{missing:?}");
    home.write("envs/app/terragrunt.hcl", app.replace("dependency \"network\" {", "dependency \"network\""));
    let broken = infra(&home, "graph lab").exits(1);
    assert!(broken.err.contains("app/terragrunt.hcl:8"), "{broken:?}");
    home.write("envs/app/terragrunt.hcl", app);
    home.write("envs/network/terragrunt.hcl", "dependency \"app\" {\n  config_path = \"../app\"\n}\n");
    let circle = infra(&home, "graph lab").exits(1);
    assert!(circle.err.contains("app → network → app"), "{circle:?}");
}

#[test]
fn real_tflint_findings_have_rule_file_and_line() {
    let home = terraform_home();
    home.write("app/unused.tf", "variable \"nobody\" { type = string }\n");
    let folder = home.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(tool("COCKPIT_TFLINT", "tflint-0.61.0"), folder.join("tflint")).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    infra(&home, "init lab --new-workspace --unit net").exits(0);
    let output = line(home.at(None).env("PATH", path), "infra lint lab -o json").exits(1);
    follows_schema(&home, "infra-findings", &output.json());
    let findings = output.json()["findings"].as_array().unwrap().clone();
    let unused = findings
        .iter()
        .find(|one| one["message"].as_str().is_some_and(|text| text.contains("\"nobody\" is declared but not used")));
    let unused = unused.unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!((&unused["unit"], &unused["file"], &unused["line"]), (&"app".into(), &"unused.tf".into(), &1.into()));
    // The file of variables is passed on: it contains the number that `net` requires.
    assert!(
        !findings.iter().any(|one| one["message"].as_str().is_some_and(|text| text.contains("size"))),
        "{findings:?}"
    );
}

#[test]
fn cost_comes_from_a_fresh_plan_and_then_from_the_stored_one() {
    let home = terraform_home();
    infra(&home, "init lab --new-workspace").exits(0);
    terraform(&home, "net", "workspace select dev");
    terraform(&home, "net", "apply -auto-approve -input=false -var-file=dev.tfvars");
    let cost =
        |more: &str| line(&mut home.at(None), &format!("cost lab --estimate --region ap-northeast-1 -o json{more}"));
    let output = cost("");
    assert!(output.code == 2 && output.err.contains("lab has no run that planned"), "{output:#?}");
    let output = cost(" --now").exits(0);
    let now = output.json();
    follows_schema(&home, "cost-estimate", &now);
    assert!(output.err.contains("planning 2 units of lab"), "{output:#?}");
    assert_eq!((&now["free"], &now["complete"]), (&serde_json::json!(1), &serde_json::json!(true)), "{now}");
    let mut units: Vec<&str> =
        now["plans"].as_array().unwrap().iter().map(|plan| plan["unit"].as_str().unwrap()).collect();
    units.sort_unstable();
    assert_eq!(units, ["app", "net"]);
    // The plan of a drift check is not a plan to apply.
    infra(&home, "drift lab -o json");
    let kept = cost("").exits(0).json();
    assert_eq!(kept["plans"][0]["from"], now["plans"][0]["from"]);
    let run = now["plans"][0]["from"].as_str().unwrap().to_owned();
    cost(&format!(" --run {run}")).exits(0);
    let output = cost(" --run nothing-like-it");
    assert!(output.code == 2 && output.err.contains("no run `nothing-like-it` that planned"), "{output:#?}");
    // A later plan of a single unit does not cover the environment.
    infra(&home, "plan lab --unit net -o json");
    let part = cost("").exits(3).json();
    follows_schema(&home, "cost-estimate", &part);
    let plans: Vec<(&str, bool)> = part["plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| (plan["unit"].as_str().unwrap(), plan["missing"].is_null()))
        .collect();
    assert_eq!((plans, &part["complete"]), (vec![("net", true), ("app", false)], &serde_json::json!(false)), "{part}");
    // CSV has no place for missing prices: they are reported on stderr, once.
    let rows = line(&mut home.at(None), "cost lab --estimate --region ap-northeast-1 -o csv").exits(3);
    let mut missing: Vec<&str> = rows.err.lines().filter(|line| line.starts_with('!')).collect();
    let count = missing.len();
    missing.sort_unstable();
    missing.dedup();
    assert!(count > 0 && missing.len() == count, "{rows:#?}");
}

#[test]
fn config_check_names_two_environments_sharing_one_state() {
    let terraform = |name: &str, dir: &str| {
        format!("[environments.{name}.infra]\nkind = \"terraform\"\nunits = [{{ name = \"web\", dir = \"{dir}\" }}]\n")
    };
    let terragrunt = |name: &str| format!("[environments.{name}.infra]\nkind = \"terragrunt\"\ndir = \"envs\"\n");
    let environments = [terraform("dev", "a"), terraform("prod", "b"), terragrunt("one"), terragrunt("two")];
    let home = Home::with(&environments.concat());
    let backend = |key: &str| {
        format!("terraform {{\n  backend \"s3\" {{\n    bucket = \"states\"\n    key    = \"{key}\"\n  }}\n}}\n")
    };
    for dir in ["a", "b", "envs"] {
        std::fs::create_dir_all(home.path().join(dir)).unwrap();
    }
    home.write("a/main.tf", backend("web"));
    home.write("b/main.tf", backend("web"));
    let output = line(&mut home.at(None), "config check").exits(0);
    let output = format!("{}{}", output.out, output.err);
    assert!(output.contains("warning: `web` of `dev` and `web` of `prod` are one state, s3://states/web"), "{output}");
    assert!(output.contains("warning: `one` and `two` both have the units in "), "{output}");
    // Within one environment it is reported when units are listed.
    let lab = Home::with(
        "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"a\" }, { name = \"b\", dir = \"b\" }]\n",
    );
    for dir in ["a", "b"] {
        std::fs::create_dir_all(lab.path().join(dir)).unwrap();
        lab.write(&format!("{dir}/main.tf"), backend("web"));
    }
    let found = infra(&lab, "graph lab").exits(0);
    assert!(found.err.contains("a and b are one state, s3://states/web"), "{found:?}");
    for home in [&home, &lab] {
        assert!(Command::new("mkfifo").arg(home.path().join("a/pipe.tf")).status().unwrap().success());
    }
    let output = line(&mut home.at(None), "config check").exits(0);
    assert!(
        format!("{}{}", output.out, output.err).contains("are one state, s3://states/web"),
        "a pipe is not read: {output:?}"
    );
    let refused = infra(&lab, "graph lab").exits(2);
    assert!(refused.err.contains("pipe.tf is not a plain file"), "{refused:?}");
    // A copy with its own key, and its own folder.
    home.write("b/main.tf", backend("other"));
    std::fs::remove_dir(home.path().join("envs")).unwrap();
    let json = line(&mut home.at(None), "config check -o json").exits(0).json();
    assert_eq!(json["warnings"], serde_json::json!([]), "{json}");
}

#[test]
fn destroy_forbidden_for_one_unit_destroys_none() {
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
    infra(&home, "apply lab --yes").exits(0);
    let output = infra(&home, "destroy lab --yes --confirm lab").exits(4);
    assert!(output.err.contains("net: terraform_data.it has `prevent_destroy`"), "{output:?}");
    let there = infra(&home, "state list lab -o json").exits(0).json();
    assert_eq!(there["resources"].as_array().unwrap().len(), 2, "its dependent unit exists too: {there}");
    // A unit that is not protected is destroyed when named.
    infra(&home, "destroy lab --unit app --yes --confirm lab").exits(0);
    let there = infra(&home, "state list lab -o json").exits(0).json();
    assert_eq!(there["resources"].as_array().unwrap().len(), 1, "{there}");
}
