//! The pane Infra with real Terraform after a bad end, and actions without a run.

use super::infra::RIGHT;
use super::*;
use crate::support::state_server::{StateServer, Writes};

const LAB: &str = "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n";

fn lab(code: &str) -> Home {
    let home = Home::with(LAB);
    std::fs::create_dir_all(home.path().join("units/a")).unwrap();
    home.write("units/a/main.tf", code);
    home
}

fn open(home: &Home) -> Terminal {
    let mut terminal = Terminal::open(command(home, None, "--env lab"), 140, 40);
    terminal.press("6");
    terminal.shows("WAVE");
    terminal
}

#[test]
fn unwritten_state_is_shown_and_pushed_from_the_pane() {
    let server = StateServer::start(Writes::Refused);
    let home = lab(&server.code("resource \"terraform_data\" \"it\" {\n  input = \"one\"\n}\n"));
    let mut terminal = open(&home);
    terminal.press("A");
    terminal.shows("1 plan waits for review: a");
    terminal.press("A");
    terminal.yes("Apply a in lab", RIGHT);
    terminal.shows("infra apply: FAILED");
    terminal.shows("its state could not be written: U shows and pushes");
    server.now(Writes::Taken);
    terminal.press("U");
    terminal.shows("there is no state now");
    terminal.yes("Push the state of a", RIGHT);
    terminal.shows("the state is pushed");
    assert!(server.kept().contains("\"it\""), "{}", server.kept());
    assert!(!home.path().join("units/a/errored.tfstate").exists());
    let audit = std::fs::read_to_string(home.path().join(".local/state/cockpit/audit.jsonl")).unwrap();
    assert!(
        audit.lines().any(|line| line.contains("infra state push lab --unit a") && line.contains("\"done\"")),
        "{audit}"
    );
    terminal.press(ESC);
    terminal.hides("U shows and pushes");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn unit_is_initialised_formatted_imported_into_and_partly_planned() {
    let code = "resource \"terraform_data\" \"one\" {\ninput = \"1\"\n}\n\nresource \"terraform_data\" \"two\" {\n  input = \"2\"\n}\n";
    let home = lab(code);
    let folder = home.path().join("units/a");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let mut terminal = open(&home);
    assert!(!folder.join(".terraform.lock.hcl").exists() && !folder.join(".terraform").exists());
    terminal.press("i");
    terminal.shows("a is ready");
    terminal.press(ESC);
    terminal.press("F");
    terminal.yes("Format the code of a", "");
    terminal.shows("written in its usual form");
    assert!(text("main.tf").contains("  input = \"1\""), "{}", text("main.tf"));
    terminal.press(ESC);
    terminal.press("B");
    terminal.shows("import into a, address and id:");
    terminal.press("terraform_data.two some-id\r");
    terminal.shows("the next plan of a shows what it would do");
    // The line contains the path of the folder, so it may be wrapped anywhere.
    let screen = terminal.text();
    let words: Vec<&str> =
        screen.split(|c: char| c.is_whitespace() || c == '│').filter(|word| !word.is_empty()).collect();
    assert!(words.join(" ").contains("imports terraform_data.two as some-id"), "{screen}");
    assert!(
        text("cockpit_imports.tf").contains("to = terraform_data.two\n  id = \"some-id\""),
        "{}",
        text("cockpit_imports.tf")
    );
    std::fs::remove_file(folder.join("cockpit_imports.tf")).unwrap();
    terminal.press(ESC);
    // Planned completely first, so that its resources are listed.
    terminal.press("P");
    terminal.shows("infra plan: done");
    std::thread::sleep(Duration::from_millis(500));
    terminal.press("\r");
    terminal.shows("RESOURCE");
    terminal.shows("terraform_data.one");
    terminal.press("O");
    terminal.shows("is for exceptions");
    terminal.yes("Plan a part of a", RIGHT);
    terminal.shows("1 plan waits for review: a");
    terminal.shows("+1");
    terminal.press("A");
    terminal.yes("Apply a in lab", RIGHT);
    terminal.shows("infra apply: done");
    assert!(text("terraform.tfstate").contains("\"one\"") && !text("terraform.tfstate").contains("\"two\""));
    terminal.press(ESC);
    terminal.press("w");
    terminal.shows("\"lineage\"");
    terminal.press(ESC);
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

/// Reports that it has started, and waits until it may continue.
const WAITS: &str = r#"
resource "terraform_data" "it" {
  provisioner "local-exec" { command = "touch begun; while [ ! -e go ]; do sleep 0.05; done" }
}
"#;

#[test]
fn run_outlives_its_terminated_cockpit_and_another_shows_its_end() {
    let home = lab(WAITS);
    let mut terminal = open(&home);
    terminal.press("A");
    terminal.shows("1 plan waits for review: a");
    terminal.press("A");
    terminal.yes("Apply a in lab", RIGHT);
    until("the created resources", PATIENCE, || home.path().join("units/a/begun").exists().then_some(()));
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended(), 1);
    terminal.is_restored();
    let run =
        || crate::support::line(&mut home.at(None), "--env lab infra runs -o json").exits(0).json()["runs"][0].clone();
    assert_eq!(run()["state"], "going on", "{}", run());
    let mut terminal = open(&home);
    terminal.shows("applying");
    home.write("units/a/go", "");
    terminal.shows("infra apply: done");
    assert_eq!(run()["state"], "done", "{}", run());
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn state_without_a_move_target_is_unchanged_after_a_yes() {
    let home = lab("resource \"terraform_data\" \"it\" {}\n");
    let mut terminal = open(&home);
    terminal.press("A");
    terminal.shows("1 plan waits for review: a");
    terminal.press("A");
    terminal.yes("Apply a in lab", RIGHT);
    terminal.shows("infra apply: done");
    let state = home.path().join("units/a/terraform.tfstate");
    let before = std::fs::read_to_string(&state).unwrap();
    terminal.press(":infra-migrate\r");
    terminal.shows("bucket (empty: the one in the code)");
    terminal.press("\r");
    terminal.yes("Move the states of a to S3", RIGHT);
    terminal.shows("no bucket is named");
    terminal.shows("files and code are as before");
    assert_eq!(std::fs::read_to_string(&state).unwrap(), before);
    assert!(!home.path().join("units/a/.cockpit-moving.json").exists());
    let audit = std::fs::read_to_string(home.path().join(".local/state/cockpit/audit.jsonl")).unwrap();
    assert!(
        audit.lines().any(|line| line.contains("infra migrate-state lab --unit a") && line.contains("\"failed\"")),
        "{audit}"
    );
    terminal.press(ESC);
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}
