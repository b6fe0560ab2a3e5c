//! The pane Infra with real Terraform: a run is planned, reviewed, approved, watched, abandoned by a killed cockpit, taken up
//! by another one, cancelled, retried and destroyed.

use super::*;

const CONFIG: &str = r#"
[environments.lab.infra]
kind = "terraform"
units = [
  { name = "network", dir = "units/network", depends_on = [] },
  { name = "app", dir = "units/app", depends_on = ["network"] },
]
"#;

const NETWORK: &str = r#"
resource "terraform_data" "vpc" { input = "10.0.0.0/16" }
"#;

/// Reports that it has started, and waits until it may continue.
const APP: &str = r#"
resource "terraform_data" "task" { input = "cpu 256" }
resource "terraform_data" "service" {
  provisioner "local-exec" { command = "touch begun; while [ ! -e go ]; do sleep 0.05; done" }
}
resource "terraform_data" "alarm" { triggers_replace = [terraform_data.service.id] }
"#;

/// Moves to the other button.
pub(crate) const RIGHT: &str = "\u{1b}[C";

fn state(home: &Home, unit: &str) -> usize {
    let text = std::fs::read(home.path().join(format!("units/{unit}/terraform.tfstate"))).unwrap_or_default();
    let state: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    state["resources"].as_array().map_or(0, Vec::len)
}

impl Terminal {
    /// Confirms in the window with this text: the other button. It is accepted once the window has been open for a moment.
    pub(crate) fn yes(&mut self, text: &str, keys: &str) {
        self.shows(text);
        self.press(keys);
        let end = std::time::Instant::now() + PATIENCE;
        while self.text().contains(text) {
            assert!(std::time::Instant::now() < end, "it stays:\n{}", self.text());
            // A key repeated within a second answers nothing.
            std::thread::sleep(Duration::from_millis(1_500));
            if self.text().contains(text) {
                self.press("\r");
                std::thread::sleep(Duration::from_millis(300));
            }
        }
    }
}

#[test]
fn run_is_driven_from_the_pane_and_outlives_its_cockpit() {
    let home = Home::with(CONFIG);
    for (name, code) in [("network", NETWORK), ("app", APP)] {
        std::fs::create_dir_all(home.path().join("units").join(name)).unwrap();
        home.write(&format!("units/{name}/main.tf"), code);
    }
    let open = || Terminal::open(command(&home, None, "--env lab"), 120, 40);
    let mut terminal = open();
    terminal.press("6");
    terminal.shows("network");
    // A plan on its own changes nothing.
    terminal.press("P");
    terminal.shows("infra plan: done");
    assert_eq!(state(&home, "network"), 0);
    // Planned, read, approved, at human pace.
    std::thread::sleep(Duration::from_millis(500));
    terminal.press("A");
    terminal.shows("1 plan waits for review: network");
    terminal.press("v");
    terminal.shows("terraform_data.vpc will be created");
    // Attribute by attribute in the unit.
    terminal.press(ESC);
    terminal.press("\rv");
    terminal.shows("10.0.0.0/16");
    terminal.press(ESC);
    terminal.shows("RESOURCE");
    terminal.press(ESC);
    terminal.shows("WAVE");
    terminal.press("A");
    terminal.yes("Apply network in lab", RIGHT);
    terminal.shows("1 plan waits for review: app");
    assert_eq!(state(&home, "network"), 1);
    terminal.press("j");
    terminal.press("A");
    terminal.yes("Apply app in lab", RIGHT);
    until("the created resources", PATIENCE, || home.path().join("units/app/begun").exists().then_some(()));
    terminal.press("\r");
    terminal.shows("terraform_data.service");
    terminal.shows("creating");
    // Killed with the terminal: the run continues, and another cockpit shows it.
    terminal.signal(Signal::KILL);
    terminal.child.wait().unwrap();
    drop(terminal);
    let mut terminal = open();
    terminal.shows("1/2");
    terminal.press("6");
    terminal.shows("applying");
    // Cancelled: it shows what it waits for, and the state is written.
    terminal.press("C");
    terminal.yes("In flight:", "");
    terminal.shows("infra apply: cancelled");
    assert!(state(&home, "app") >= 1, "created resources are in the state");
    // Retried.
    home.write("units/app/go", "");
    terminal.press("R");
    terminal.shows("1 plan waits for review: app");
    terminal.press("gj");
    terminal.press("A");
    terminal.yes("Apply app in lab", RIGHT);
    terminal.shows("infra apply: done");
    assert_eq!(state(&home, "app"), 3);
    // Destroyed in reverse order; it requires the name.
    for unit in ["app", "network"] {
        if unit == "app" {
            terminal.press("X");
        }
        terminal.shows(&format!("1 plan waits for review: {unit}"));
        terminal.press(if unit == "app" { "gj" } else { "g" });
        terminal.press("A");
        terminal.yes(&format!("Destroy {unit} in lab"), "lab");
    }
    terminal.shows("infra destroy: done");
    assert_eq!((state(&home, "app"), state(&home, "network")), (0, 0));
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

/// A unit in a workspace, with two files of variables of which the later one takes precedence.
const WORKSPACE: &str = r#"
[environments.lab.infra]
kind = "terraform"
units = [{ name = "pantri", dir = "pantri", workspace = "dev", var_files = ["all.tfvars", "dev.tfvars"], depends_on = [] }]
"#;

#[test]
fn unit_with_workspace_and_var_files_is_planned_applied_and_destroyed_from_the_pane() {
    let home = Home::with(WORKSPACE);
    std::fs::create_dir_all(home.path().join("pantri")).unwrap();
    home.write(
        "pantri/main.tf",
        "variable \"cpu\" {}\nvariable \"memory\" {}\nresource \"terraform_data\" \"task\" { input = \"${terraform.workspace} cpu ${var.cpu} memory ${var.memory}\" }\n",
    );
    home.write("pantri/all.tfvars", "cpu = 1024\nmemory = 512\n");
    home.write("pantri/dev.tfvars", "cpu = 256\n");
    let states = home.path().join("pantri/terraform.tfstate.d");
    let state = || std::fs::read_to_string(states.join("dev/terraform.tfstate")).unwrap_or_default();
    // A missing workspace is reported, and not created.
    let mut terminal = Terminal::open(command(&home, None, "--env lab"), 120, 40);
    terminal.press("6");
    terminal.shows("--new-workspace");
    assert!(!states.exists());
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_cockpit"))
        .args(["infra", "init", "lab", "--new-workspace"])
        .env_clear()
        .envs(home.variables(None))
        .current_dir(home.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut terminal = Terminal::open(command(&home, None, "--env lab"), 120, 40);
    terminal.press("6");
    terminal.shows("pantri");
    terminal.press("A");
    terminal.shows("1 plan waits for review: pantri");
    terminal.press("\rv");
    terminal.shows("dev cpu 256 memory 512");
    terminal.press(ESC);
    terminal.shows("RESOURCE");
    terminal.press(ESC);
    terminal.shows("WAVE");
    terminal.press("A");
    terminal.yes("Apply pantri in lab", RIGHT);
    terminal.shows("infra apply: done");
    assert!(state().contains("dev cpu 256 memory 512"), "{}", state());
    assert!(!home.path().join("pantri/terraform.tfstate").exists(), "the other workspace is untouched");
    terminal.press("X");
    terminal.shows("1 plan waits for review: pantri");
    terminal.press("A");
    terminal.yes("Destroy pantri in lab", "lab");
    terminal.shows("infra destroy: done");
    assert!(!state().contains("cpu 256"), "{}", state());
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

/// Rows 6 and 7 of the runbook: each view has a key, with real Terraform and without a run.
#[test]
fn outputs_state_code_and_cache_of_a_unit_have_a_key_each() {
    let home = Home::with(
        "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"network\", dir = \"units/network\" }]\n",
    );
    let folder = home.path().join("units/network");
    std::fs::create_dir_all(folder.join("inner")).unwrap();
    home.write("units/network/inner/main.tf", "locals {\n  nothing = 0\n}\n");
    home.write(
        "units/network/main.tf",
        "module \"inner\" {\n  source = \"./inner\"\n}\n\nresource \"terraform_data\" \"vpc\" {\n  input = \"10.0.0.0/16\"\n}\n\noutput \"cidr\" {\n  value = terraform_data.vpc.output\n}\n\noutput \"key\" {\n  value     = \"geheim\"\n  sensitive = true\n}\n",
    );
    crate::support::line(&mut home.at(None), "infra apply lab --yes").exits(0);
    let mut terminal = Terminal::open(command(&home, None, "--env lab"), 120, 40);
    terminal.press("6");
    terminal.shows("WAVE");
    terminal.press("o");
    terminal.shows("cidr = 10.0.0.0/16");
    terminal.shows("key = (sensitive)");
    terminal.press(ESC);
    terminal.press("t");
    terminal.shows("terraform_data.vpc");
    terminal.press(ESC);
    // In the unit: the state's values of a resource, and Terraform's output.
    terminal.press("\r");
    terminal.shows("RESOURCE");
    terminal.press("s");
    terminal.shows("input = 10.0.0.0/16");
    terminal.press(ESC);
    terminal.press("ll");
    terminal.shows("as it was written");
    terminal.shows("\"@level\":\"info\"");
    terminal.press("l");
    terminal.press(ESC);
    terminal.shows("RESOURCE");
    terminal.press(ESC);
    terminal.shows("WAVE");
    terminal.press("f");
    terminal.shows("its code is valid");
    terminal.shows("every file is formatted");
    terminal.press(ESC);
    home.write("units/network/wrong.tf", "output \"x\" {\nvalue = var.nowhere\n}\n");
    terminal.press("f");
    terminal.shows("error wrong.tf:2: Reference to undeclared input variable");
    terminal.shows("not formatted");
    terminal.press(ESC);
    std::fs::remove_file(folder.join("wrong.tf")).unwrap();
    assert!(folder.join(".terraform").is_dir());
    terminal.press("K");
    terminal.yes("Remove caches of network", "");
    terminal.shows("is removed");
    assert!(!folder.join(".terraform").exists());
    assert_eq!(state(&home, "network"), 1, "states are never listed");
    let raw = String::from_utf8_lossy(&terminal.raw.lock().unwrap()).into_owned();
    assert!(!raw.contains("geheim"));
    terminal.press(ESC);
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

/// Closing the terminal ends the input of a question: it is not a "no", and the run continues without this command.
#[test]
fn run_keeps_waiting_for_review_when_the_asking_terminal_closes() {
    let home = Home::with(CONFIG);
    for (name, code) in [("network", NETWORK), ("app", APP)] {
        std::fs::create_dir_all(home.path().join("units").join(name)).unwrap();
        home.write(&format!("units/{name}/main.tf"), code);
    }
    let mut terminal = Terminal::open(command(&home, None, "infra apply lab --unit network"), 100, 40);
    terminal.shows("do it? [");
    terminal.press("\u{4}");
    assert_eq!(terminal.ended(), 7, "{}", terminal.text());
    terminal.shows("the run continues");
    let run =
        || crate::support::line(&mut home.at(None), "--env lab infra runs -o json").exits(0).json()["runs"][0].clone();
    let (left, name) = (run(), run()["run"].as_str().unwrap().to_owned());
    assert_eq!((&left["state"], &left["waiting"]), (&json!("going on"), &json!(1)), "{left}");
    let output = crate::support::line(&mut home.at(None), &format!("--env lab infra cancel {name}")).exits(0);
    assert!(output.err.contains(&format!("`cockpit infra attach {name} --env lab`")), "{output:#?}");
    until("its end", PATIENCE, || (run()["state"] == "cancelled").then_some(()));
    assert_eq!(state(&home, "network"), 0);
}

#[test]
fn drift_is_shown_with_its_place_in_the_code() {
    let (world, home) = (World::staging(), Home::with(""));
    // Like Terraform, except for its output of the state: resources of ECS would need a provider of 700 MB.
    let (wrapped, state_file) = (home.path().join("wrapped"), home.path().join("state.json"));
    let show = format!("if [ \"$*\" = 'show -json -no-color' ]; then exec cat '{}'; fi", state_file.display());
    home.write("wrapped", format!("#!/bin/sh\n{show}\nexec terraform \"$@\"\n"));
    std::fs::set_permissions(&wrapped, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let config = format!(
        "[environments.lab]\nregion = \"ap-northeast-1\"\ncluster = \"bookmark-manager-staging-cluster\"\n[environments.lab.infra]\n\
         kind = \"terraform\"\nterraform = \"{}\"\nunits = [{{ name = \"compute\", dir = \"units/compute\" }}]\n",
        wrapped.display()
    );
    home.write("config.toml", config);
    std::fs::create_dir_all(home.path().join("units/compute")).unwrap();
    let code = "resource \"terraform_data\" \"it\" {}\n/*\nresource \"aws_ecs_service\" \"web\" {\n*/\n";
    home.write("units/compute/main.tf", code);
    let values = json!({"name": SERVICE, "desired_count": 77});
    let declared = json!({"address": "aws_ecs_service.web", "mode": "managed", "type": "aws_ecs_service", "name": "web",
        "values": values, "sensitive_values": {}});
    let state = json!({"format_version": "1.0", "values": {"root_module": {"resources": [declared]}}});
    home.write("state.json", state.to_string());
    let mut terminal = Terminal::open(command(&home, Some(&world.endpoint()), "--env lab"), 200, 40);
    terminal.press("2");
    terminal.shows("● web");
    terminal.press("6");
    terminal.shows("WAVE");
    terminal.press("W");
    terminal.shows("1 difference from the declaration, in compute: v shows them");
    terminal.press("vz");
    terminal.shows("aws_ecs_service.web: count: declared 77, now ");
    terminal.shows("units/compute/main.tf:3)");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn demo_without_terraform_shows_a_labelled_recorded_run() {
    let home = Home::new();
    let mut demo = command(&home, None, "demo --scenario staging --speed 20");
    let path = std::env::var("PATH").unwrap_or_default();
    let without = std::env::split_paths(&path).filter(|folder| !folder.join("terraform").exists());
    demo.env("PATH", std::env::join_paths(without).unwrap());
    let mut terminal = Terminal::open(demo, 80, 24);
    terminal.press("6");
    terminal.shows("Units RECORDED (7)");
    terminal.shows("RECORDED  apply");
    terminal.press("A");
    terminal.shows("is RECORDED and only shown");
    // It runs to its end, and can be read.
    terminal.shows("done");
    terminal.press("\r");
    terminal.shows("RESOURCE");
    terminal.shows("· RECORDED");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}
