//! The pane Infra over whole environments of `infra/terraform` on an emulator of AWS: applied wave by wave, left by a cockpit that is
//! killed, cancelled, tried again, planned, destroyed. It takes many minutes, most of which the provider waits for databases;
//! `./dev test --full` starts it, with the environment's configuration and the emulator in the variables of the process.

use super::*;
use std::time::Instant;

/// The provider alone waits minutes for a database.
const WHOLE: Duration = Duration::from_mins(25);

/// The name of the environment of units in its configuration.
const NAME: &str = "staging";
/// That of the single unit with a workspace and files of variables.
const PANTRI: &str = "pantri-dev";

fn open(name: &str) -> Terminal {
    let configuration = std::env::var("COCKPIT_STAGING").expect("the configuration of the environment");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cockpit"));
    command.args(["--env", name, "--config", configuration.as_str()]);
    Terminal::open(command, 160, 50)
}

/// Reads and approves what waits for it until the run has ended so. That stands above the units for as long as no other run
/// begins; what is said of it goes after a moment.
fn until_ended(terminal: &mut Terminal, name: &str, goal: &str, how: &str, answer: &str) {
    let (begins, ends) = (format!(" {goal}  "), format!("  {how} "));
    until_so(terminal, name, &format!("{goal} {how}"), answer, |text| {
        text.lines().any(|line| line.contains(&begins) && line.contains(&ends) && line.contains(" ago"))
    });
}

/// Reads and approves what waits for it until this is on the screen.
fn until_shown(terminal: &mut Terminal, name: &str, wanted: &str, answer: &str) {
    until_so(terminal, name, wanted, answer, |text| text.contains(wanted));
}

/// The same until the screen is so; `wanted` says it in words.
fn until_so(terminal: &mut Terminal, name: &str, wanted: &str, answer: &str, so: impl Fn(&str) -> bool) {
    let window = format!("in {name}");
    let end = Instant::now() + WHOLE;
    let mut approved = 0;
    loop {
        let text = terminal.text();
        if so(&text) {
            return;
        }
        assert!(Instant::now() < end, "{wanted} does not come, after {approved} approvals:\n{text}");
        assert!(!text.contains("FAILED"), "{text}");
        if text.contains(&window) {
            // On a busy machine it may have come long after it was asked for.
            terminal.press(answer);
            // It is read first: what was just drawn takes no yes. What it asks may be over meanwhile.
            while terminal.text().contains(&window) {
                std::thread::sleep(Duration::from_millis(1_500));
                let over = terminal.text().contains("There is nothing to answer any more");
                terminal.press(if over { ESC } else { "\r" });
                std::thread::sleep(Duration::from_millis(500));
                approved += 1;
                assert!(approved < 60, "it stays:\n{}", terminal.text());
            }
        } else if text.contains("A approves") {
            terminal.press("A");
            let moment = Instant::now() + Duration::from_secs(10);
            while !terminal.text().contains(&window) && Instant::now() < moment {
                std::thread::sleep(Duration::from_millis(100));
            }
        } else {
            std::thread::sleep(Duration::from_millis(300));
        }
    }
}

#[test]
#[ignore = "it applies a whole environment: ./dev test --full"]
fn a_whole_environment_is_applied_left_cancelled_retried_and_destroyed_from_the_pane() {
    let yes = "\u{1b}[C";
    let mut terminal = open(NAME);
    terminal.press("6");
    terminal.shows("network");
    terminal.press("A");
    until_shown(&mut terminal, NAME, "applying", yes);
    // Killed with its terminal: the run goes on, and another cockpit shows it.
    terminal.signal(Signal::KILL);
    terminal.child.wait().unwrap();
    drop(terminal);
    let mut terminal = open(NAME);
    terminal.press("6");
    terminal.shows("run ◐ apply");
    // The database takes longest: asked to stop while it is made.
    until_so(&mut terminal, NAME, "the database is made", yes, |text| {
        text.lines().any(|line| line.contains(" database ") && line.contains("applying"))
    });
    terminal.press("C");
    terminal.yes("Terraform is asked once to stop", "");
    until_ended(&mut terminal, NAME, "apply", "cancelled", yes);
    terminal.press("R");
    until_ended(&mut terminal, NAME, "apply", "done", yes);
    // Nothing is left to do.
    terminal.press("P");
    until_ended(&mut terminal, NAME, "plan", "done", yes);
    assert!(!terminal.text().contains("+1"), "{}", terminal.text());
    terminal.press("X");
    until_ended(&mut terminal, NAME, "destroy", "done", NAME);
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_given_back();
}

#[test]
#[ignore = "it applies a whole environment: ./dev test --full"]
fn a_unit_with_a_workspace_and_files_of_variables_is_planned_read_applied_and_destroyed_from_the_pane() {
    let mut terminal = open(PANTRI);
    terminal.press("6");
    terminal.shows("pantri");
    // A plan alone: the diff has what the files of variables say.
    terminal.press("P");
    until_ended(&mut terminal, PANTRI, "plan", "done", "");
    terminal.press("v");
    terminal.shows("will be created");
    terminal.press("/");
    terminal.press("10.10.0.0/16\r");
    terminal.shows("10.10.0.0/16");
    terminal.press(ESC);
    terminal.press(ESC);
    terminal.press("A");
    until_ended(&mut terminal, PANTRI, "apply", "done", "\u{1b}[C");
    terminal.press("X");
    until_ended(&mut terminal, PANTRI, "destroy", "done", PANTRI);
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_given_back();
}
