//! The pane Infra over whole environments of `infra/terraform` on an emulator of AWS: applied wave by wave, abandoned by a
//! killed cockpit, cancelled, retried, planned, destroyed. It takes many minutes, most of which the provider waits for
//! databases; `./dev test --full` starts it, with the environment's configuration and the emulator in the variables of the
//! process.

use super::*;
use std::time::Instant;

/// The provider alone waits minutes for a database.
const WHOLE: Duration = Duration::from_mins(25);

/// The name of the environment with several units in its configuration.
const NAME: &str = "staging";
/// The name of the single unit with a workspace and files of variables.
const PANTRI: &str = "pantri-dev";

fn open(name: &str) -> Terminal {
    let configuration = std::env::var("COCKPIT_STAGING").expect("the configuration of the environment");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_cockpit"));
    command.args(["--env", name, "--config", configuration.as_str()]);
    Terminal::open(command, 160, 50)
}

/// Reviews and approves waiting plans until the run has ended in this way. The end is shown above the units until another run
/// starts; a notice about it disappears after a moment.
fn until_ended(terminal: &mut Terminal, name: &str, goal: &str, how: &str, answer: &str) {
    let (begins, ends) = (format!(" {goal}  "), format!("  {how} "));
    until_so(terminal, name, &format!("{goal} {how}"), answer, |text| {
        text.lines().any(|line| line.contains(&begins) && line.contains(&ends) && line.contains(" ago"))
    });
}

/// Reviews and approves waiting plans until this text is on the screen.
fn until_shown(terminal: &mut Terminal, name: &str, wanted: &str, answer: &str) {
    until_so(terminal, name, wanted, answer, |text| text.contains(wanted));
}

/// Reviews and approves waiting plans until the condition holds; `wanted` describes it.
fn until_so(terminal: &mut Terminal, name: &str, wanted: &str, answer: &str, so: impl Fn(&str) -> bool) {
    let window = format!("in {name}");
    let end = Instant::now() + WHOLE;
    let mut approved = 0;
    loop {
        let text = terminal.text();
        if so(&text) {
            return;
        }
        assert!(Instant::now() < end, "{wanted} does not appear, after {approved} approvals:\n{text}");
        assert!(!text.contains("FAILED"), "{text}");
        if text.contains(&window) {
            // On a busy machine the window may have opened long after the request.
            terminal.press(answer);
            // It must be readable first: a window that was just drawn accepts no yes. Its question may be obsolete meanwhile.
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
fn environment_is_applied_detached_cancelled_retried_and_destroyed_from_the_pane() {
    let yes = "\u{1b}[C";
    let mut terminal = open(NAME);
    terminal.press("6");
    terminal.shows("network");
    terminal.press("A");
    until_shown(&mut terminal, NAME, "applying", yes);
    // Killed with its terminal: the run continues, and another cockpit shows it.
    terminal.signal(Signal::KILL);
    terminal.child.wait().unwrap();
    drop(terminal);
    let mut terminal = open(NAME);
    terminal.press("6");
    terminal.shows("run ◐ apply");
    // The database takes longest: cancelled while it is created.
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
    terminal.is_restored();
}

#[test]
#[ignore = "it applies a whole environment: ./dev test --full"]
fn staging_unit_with_workspace_and_var_files_is_planned_applied_and_destroyed_from_the_pane() {
    let mut terminal = open(PANTRI);
    terminal.press("6");
    terminal.shows("pantri");
    // A plan on its own: the diff shows the values of the files of variables.
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
    terminal.is_restored();
}
