//! States that Terraform did not write: after a second interrupt, after it was killed, and where the backend refuses them. What was made
//! is told, and a state that Terraform has kept is pushed before anything else is planned.

use crate::state_server::{StateServer, Writes};
use crate::support::{Home, Said, run, until};
use crate::{PATIENCE, Run, order, unit};
use cockpit::infra::run::folder;
use cockpit::model::infra::run_event::{Goal, RequestKind, RunEnd, Step, UnitEnd};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

const MADE: &str = "resource \"terraform_data\" \"it\" {\n  input = \"one\"\n}\n";
const LAB: &str = "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n";

/// A run whose one unit is made, and whose state is on its way.
async fn writing(home: &Home, server: &StateServer) -> (Run, Pid) {
    let unit = unit(home, "a", &[], &server.code(MADE));
    let mut run = Run::start(home, &order(Goal::Apply, vec![unit])).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    run.approve_all();
    until("its state to be written", PATIENCE, || (server.asked() > 0).then_some(()));
    run.until("its process to be known", false, |state| state.units["a"].pid.is_some());
    let leaf = run.state.units["a"].pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("a process");
    (run, leaf)
}

fn left(run: &Run) -> Vec<&str> {
    run.state.left.keys().map(|(_, address)| address.as_str()).collect()
}

fn said(run: &Run) -> String {
    run.state.notes.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
}

/// The retry makes it, as nothing knows of it, and nothing is left to look for.
async fn tried_again(run: &mut Run, server: &StateServer) {
    server.now(Writes::Taken);
    run.ask(RequestKind::Retry);
    run.resume().await;
    run.until("the retry", false, |state| state.end.is_none());
    assert_eq!(run.end(true), RunEnd::Done);
    assert!(run.state.left.is_empty(), "{:?}", run.state.left);
    assert!(server.kept().contains("\"it\""), "{}", server.kept());
}

#[tokio::test]
async fn a_second_interrupt_ends_what_the_first_waits_for_and_what_is_in_no_state_is_named() {
    let (home, server) = (Home::new(), StateServer::start(Writes::Wait));
    let (mut run, leaf) = writing(&home, &server).await;
    run.ask(RequestKind::Cancel { hard: false });
    run.until("the cancel", false, |state| state.cancel.as_ref().is_some_and(|(_, hard)| !hard));
    // Once more without the word: nothing that waits is ended.
    run.ask(RequestKind::Cancel { hard: false });
    let asked = std::fs::metadata(run.folder.join(folder::REQUESTS)).expect("a file").len();
    run.until("it to be taken", false, |state| state.heard >= asked);
    test_kill_process(leaf).expect("Terraform waits for its state to be written");
    assert_eq!(run.state.end, None);
    run.ask(RequestKind::Cancel { hard: true });
    assert_eq!(run.end(false), RunEnd::Cancelled);
    assert_eq!(run.state.cancel.as_ref().map(|(who, hard)| (who.user.as_str(), *hard)), Some(("ana", true)));
    assert_eq!(run.unit_end("a"), &UnitEnd::Cancelled { in_flight: Vec::new(), applied: true });
    let wrote = std::fs::read_to_string(folder::stdout(&run.folder, "a", Step::Apply)).expect("a file");
    assert!(wrote.contains("Interrupt received"), "{wrote}");
    // It was made, and Terraform ended before it wrote that.
    assert_eq!((server.kept().as_str(), left(&run)), ("", vec!["terraform_data.it"]), "{}", said(&run));
    assert!(said(&run).contains("was made, and may be in no state"), "{}", said(&run));
    assert!(said(&run).contains("cockpit infra orphans"), "{}", said(&run));
    tried_again(&mut run, &server).await;
}

#[tokio::test]
async fn a_cancel_that_was_carried_out_is_not_carried_out_once_more_by_who_takes_the_run_up() {
    let (home, server) = (Home::new(), StateServer::start(Writes::Wait));
    let (mut run, leaf) = writing(&home, &server).await;
    run.ask(RequestKind::Cancel { hard: false });
    run.until("it to be heard of", false, |state| state.units["a"].step.as_ref().is_some_and(|step| step.stops));
    kill_process(run.supervisor(), Signal::KILL).expect("it is there");
    let first = run.state.supervisor;
    run.resume().await;
    run.until("another supervisor", false, |state| state.supervisor != first);
    until("its process to be known again", PATIENCE, || {
        let events = std::fs::read_to_string(run.folder.join(folder::EVENTS)).expect("text");
        (events.matches(r#""event":"step","unit":"a","step":"apply","pid""#).count() == 2).then_some(())
    });
    // What is asked then is taken in a later round than that.
    for _ in 0..2 {
        run.ask(RequestKind::Cancel { hard: false });
        let asked = std::fs::metadata(run.folder.join(folder::REQUESTS)).expect("a file").len();
        run.until("it to be taken", false, |state| state.heard >= asked);
    }
    assert_eq!(run.state.units["a"].step.as_ref().map(|step| step.interrupts), Some(1));
    test_kill_process(leaf).expect("Terraform waits for its state to be written");
    // It ends by itself: what could not be written is kept.
    server.now(Writes::Refused);
    assert_eq!(run.end(false), RunEnd::Cancelled);
    let wrote = std::fs::read_to_string(folder::stdout(&run.folder, "a", Step::Apply)).expect("a file");
    assert!(wrote.contains("Interrupt received") && !wrote.contains("Two interrupts"), "{wrote}");
    assert!(home.path().join("units/a/errored.tfstate").is_file(), "{wrote}");
}

#[tokio::test]
async fn a_first_cancel_that_is_confirmed_with_a_word_interrupts_twice_one_after_the_other() {
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
async fn what_was_made_by_an_apply_that_was_killed_before_it_wrote_its_state_is_named() {
    let (home, server) = (Home::new(), StateServer::start(Writes::Wait));
    let (mut run, leaf) = writing(&home, &server).await;
    kill_process(leaf, Signal::KILL).expect("it is there");
    assert_eq!(run.end(false), RunEnd::Failed);
    assert_eq!(left(&run), ["terraform_data.it"], "{}", said(&run));
    tried_again(&mut run, &server).await;
}

#[test]
fn a_state_that_the_backend_refuses_is_kept_by_terraform_and_nothing_is_planned_before_it_is_pushed() {
    let (home, server) = (Home::with(LAB), StateServer::start(Writes::Refused));
    let unit = unit(&home, "a", &[], &server.code(MADE));
    let typed = |words: &[&str]| -> Said { run(&mut home.at(None), words) };
    let failed = typed(&["infra", "apply", "lab", "--yes"]).coded(1);
    let kept = unit.dir.join("errored.tfstate");
    assert!(kept.is_file(), "{failed:?}");
    assert!(failed.err.contains("push it before anything else, with `cockpit infra state push --unit a"), "{failed:?}");
    assert!(!failed.err.contains("in no state"), "what it made is in what was kept: {failed:?}");
    // What the kept state has would be made once more.
    let again = typed(&["infra", "retry", "--env", "lab", "--yes"]).coded(1);
    assert!(again.err.contains("would be made once more: push it first"), "{again:?}");
    typed(&["infra", "apply", "lab", "--yes"]).coded(1);
    typed(&["infra", "plan", "lab"]).coded(0);
    // A push that the backend refuses leaves it where it is.
    typed(&["infra", "state", "push", "lab", "--yes"]).coded(1);
    assert!(kept.is_file());
    server.now(Writes::Taken);
    let pushed = typed(&["infra", "state", "push", "lab", "--yes"]).coded(0);
    assert!(pushed.err.contains("there is no state now") && !kept.exists(), "{pushed:?}");
    assert!(server.kept().contains("\"it\""), "{}", server.kept());
    typed(&["infra", "plan", "lab", "--detailed-exitcode"]).coded(0);
}
