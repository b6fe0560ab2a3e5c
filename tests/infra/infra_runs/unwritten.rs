//! States that Terraform did not write: after a second interrupt, after a kill, and when the backend refuses them. Created
//! resources are reported, and a state kept by Terraform is pushed before any further plan.

use crate::infra_runs::{PATIENCE, Run, order, unit};
use crate::support::state_server::{StateServer, Writes};
use crate::support::{Home, Output, run, until};
use cockpit::infra::run::folder;
use cockpit::model::infra::run_event::{Goal, RequestKind, RunEnd, Step, UnitEnd};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

const MADE: &str = "resource \"terraform_data\" \"it\" {\n  input = \"one\"\n}\n";
const LAB: &str = "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n";

/// A run whose only unit is created, and whose state is being written.
async fn writing(home: &Home, server: &StateServer) -> (Run, Pid) {
    let unit = unit(home, "a", &[], &server.code(MADE));
    let mut run = Run::start(home, &order(Goal::Apply, vec![unit])).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    run.approve_all();
    until("its state to be written", PATIENCE, || (server.attempts() > 0).then_some(()));
    run.until("its process to be known", false, |state| state.units["a"].pid.is_some());
    let leaf = run.state.units["a"].pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("a process");
    (run, leaf)
}

fn left(run: &Run) -> Vec<&str> {
    run.state.leftovers.keys().map(|(_, address)| address.as_str()).collect()
}

fn notes(run: &Run) -> String {
    run.state.notes.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
}

/// The retry creates it again, as no state contains it, and nothing is left to search for.
async fn retry_succeeds(run: &mut Run, server: &StateServer) {
    server.now(Writes::Taken);
    run.ask(RequestKind::Retry);
    run.resume().await;
    run.until("the retry", false, |state| state.end.is_none());
    assert_eq!(run.end(true), RunEnd::Done);
    assert!(run.state.leftovers.is_empty(), "{:?}", run.state.leftovers);
    assert!(server.kept().contains("\"it\""), "{}", server.kept());
}

#[tokio::test]
async fn second_interrupt_ends_the_wait_and_resources_in_no_state_are_named() {
    let (home, server) = (Home::new(), StateServer::start(Writes::Wait));
    let (mut run, leaf) = writing(&home, &server).await;
    run.ask(RequestKind::Cancel { hard: false });
    run.until("the cancel", false, |state| state.cancel.as_ref().is_some_and(|(_, hard)| !hard));
    // Once more softly: nothing that waits is killed.
    run.ask(RequestKind::Cancel { hard: false });
    let requested = std::fs::metadata(run.folder.join(folder::REQUESTS)).expect("a file").len();
    run.until("it to be taken", false, |state| state.requests_read >= requested);
    test_kill_process(leaf).expect("Terraform waits for its state to be written");
    assert_eq!(run.state.end, None);
    run.ask(RequestKind::Cancel { hard: true });
    assert_eq!(run.end(false), RunEnd::Cancelled);
    assert_eq!(run.state.cancel.as_ref().map(|(who, hard)| (who.user.as_str(), *hard)), Some(("ana", true)));
    assert_eq!(run.unit_end("a"), &UnitEnd::Cancelled { in_flight: Vec::new(), applied: true });
    let wrote = std::fs::read_to_string(folder::stdout(&run.folder, "a", Step::Apply)).expect("a file");
    assert!(wrote.contains("Interrupt received"), "{wrote}");
    // It was created, and Terraform ended before it wrote the state.
    assert_eq!((server.kept().as_str(), left(&run)), ("", vec!["terraform_data.it"]), "{}", notes(&run));
    assert!(notes(&run).contains("was made, and may be in no state"), "{}", notes(&run));
    assert!(notes(&run).contains("cockpit infra orphans"), "{}", notes(&run));
    retry_succeeds(&mut run, &server).await;
}

#[tokio::test]
async fn completed_cancel_is_not_repeated_by_a_resumed_run() {
    let (home, server) = (Home::new(), StateServer::start(Writes::Wait));
    let (mut run, leaf) = writing(&home, &server).await;
    run.ask(RequestKind::Cancel { hard: false });
    run.until("the request to be noticed", false, |state| {
        state.units["a"].step.as_ref().is_some_and(|step| step.stop_confirmed)
    });
    kill_process(run.supervisor(), Signal::KILL).expect("it is there");
    let first = run.state.supervisor;
    run.resume().await;
    run.until("another supervisor", false, |state| state.supervisor != first);
    until("its process to be known again", PATIENCE, || {
        let events = std::fs::read_to_string(run.folder.join(folder::EVENTS)).expect("text");
        (events.matches(r#""event":"step","unit":"a","step":"apply","pid""#).count() == 2).then_some(())
    });
    // A later request is taken in a later round.
    for _ in 0..2 {
        run.ask(RequestKind::Cancel { hard: false });
        let requested = std::fs::metadata(run.folder.join(folder::REQUESTS)).expect("a file").len();
        run.until("it to be taken", false, |state| state.requests_read >= requested);
    }
    assert_eq!(run.state.units["a"].step.as_ref().map(|step| step.interrupts), Some(1));
    test_kill_process(leaf).expect("Terraform waits for its state to be written");
    // It ends by itself: the unwritten state is kept.
    server.now(Writes::Refused);
    assert_eq!(run.end(false), RunEnd::Cancelled);
    let wrote = std::fs::read_to_string(folder::stdout(&run.folder, "a", Step::Apply)).expect("a file");
    assert!(wrote.contains("Interrupt received") && !wrote.contains("Two interrupts"), "{wrote}");
    assert!(home.path().join("units/a/errored.tfstate").is_file(), "{wrote}");
}

#[tokio::test]
async fn hard_cancel_interrupts_twice_in_a_row() {
    let (home, server) = (Home::new(), StateServer::start(Writes::Wait));
    let (mut run, _) = writing(&home, &server).await;
    run.ask(RequestKind::Cancel { hard: true });
    assert_eq!(run.end(false), RunEnd::Cancelled);
    let wrote = std::fs::read_to_string(folder::stdout(&run.folder, "a", Step::Apply)).expect("a file");
    assert!(wrote.contains("Interrupt received"), "{wrote}");
    let events = std::fs::read_to_string(run.folder.join(folder::EVENTS)).expect("text");
    let place = |text: &str| events.find(text).unwrap_or_else(|| panic!("no {text} in {events}"));
    assert!(place(r#""times":1"#) < place("Interrupt received") && place("Interrupt received") < place(r#""times":2"#));
}

#[tokio::test]
async fn resources_of_an_apply_killed_before_writing_its_state_are_named() {
    let (home, server) = (Home::new(), StateServer::start(Writes::Wait));
    let (mut run, leaf) = writing(&home, &server).await;
    kill_process(leaf, Signal::KILL).expect("it is there");
    assert_eq!(run.end(false), RunEnd::Failed);
    assert_eq!(left(&run), ["terraform_data.it"], "{}", notes(&run));
    retry_succeeds(&mut run, &server).await;
}

#[test]
fn state_refused_by_the_backend_is_kept_and_blocks_plans_until_pushed() {
    let (home, server) = (Home::with(LAB), StateServer::start(Writes::Refused));
    let unit = unit(&home, "a", &[], &server.code(MADE));
    let typed = |words: &[&str]| -> Output { run(&mut home.at(None), words) };
    let failed = typed(&["infra", "apply", "lab", "--yes"]).exits(1);
    let kept = unit.dir.join("errored.tfstate");
    assert!(kept.is_file(), "{failed:?}");
    assert!(failed.err.contains("push it before anything else, with `cockpit infra state push --unit a"), "{failed:?}");
    assert!(!failed.err.contains("in no state"), "the kept state contains the created resource: {failed:?}");
    // The resources in the kept state would be created again.
    let again = typed(&["infra", "retry", "--env", "lab", "--yes"]).exits(1);
    assert!(again.err.contains("would be made once more: push it first"), "{again:?}");
    typed(&["infra", "apply", "lab", "--yes"]).exits(1);
    typed(&["infra", "plan", "lab"]).exits(0);
    // If the backend refuses a push, the kept state stays in place.
    typed(&["infra", "state", "push", "lab", "--yes"]).exits(1);
    assert!(kept.is_file());
    server.now(Writes::Taken);
    let pushed = typed(&["infra", "state", "push", "lab", "--yes"]).exits(0);
    assert!(pushed.err.contains("there is no state now") && !kept.exists(), "{pushed:?}");
    assert!(server.kept().contains("\"it\""), "{}", server.kept());
    typed(&["infra", "plan", "lab", "--detailed-exitcode"]).exits(0);
}
