//! A supervisor without processes: what it says to plans that were begun ahead, and what it judges a plan by.

use super::super::ahead;
use super::super::folder;
use super::super::leaf::Exit;
use super::super::steps;
use super::shows::Settled;
use super::{Account, Counts, Outside, Supervisor};
use crate::model::infra::message::{Action, Message, Summary};
use crate::model::infra::run_event::{Goal, Request, RequestKind, Step, What, Who};
use crate::model::infra::schedule::Decision;
use crate::model::infra::world::{ENDPOINTS, World};
use crate::model::infra::{Around, Order, Tool, Unit};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::mpsc::channel;

const REAL: &str = r#"{"version":4,"lineage":"real","resources":[{"mode":"managed","type":"aws_vpc","name":"a",
    "provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{}]}]}"#;

fn who() -> Who {
    Who { user: "ana".into(), host: "desk".into(), pid: 1 }
}

fn root(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("cockpit-supervisor-{name}-{}", std::process::id()))
}

/// One that drives a run over a unit of Terragrunt that was never initialised, and may be planned ahead.
fn supervisor(root: &Path, account: Account<'static>) -> Supervisor<'static> {
    let (runs, run) = (root.join("runs"), root.join("runs/staging/1"));
    let unit = Unit {
        name: "app".into(),
        tool: Tool::Terragrunt,
        dir: root.join("app"),
        workspace: None,
        var_files: Vec::new(),
        depends_on: Vec::new(),
        around: Around::default(),
    };
    std::fs::create_dir_all(&unit.dir).unwrap();
    folder::make(&folder::of_unit(&run, "app")).unwrap();
    let order = Order { units: vec![unit], account: Some("111111111111".into()), ..steps::tests::order(Goal::Apply) };
    let around = steps::surroundings(&order, []);
    let counts: Counts<'static> = &|_, _| Box::pin(async { Vec::new() });
    let outside = Outside { who: who(), audit: &|_| Ok(()), account, counts };
    let mut supervisor = Supervisor::new(run, runs, order, around, outside, channel(1).0).unwrap();
    supervisor.tell(What::Prepared { fresh: vec!["app".into()], ahead: vec!["app".into()] });
    supervisor
}

/// Its plan is under way.
fn plans(supervisor: &mut Supervisor<'_>, early: bool) {
    supervisor.tell(What::Step { unit: "app".into(), step: Step::Plan, pid: None, early });
}

fn is_early(supervisor: &Supervisor<'_>) -> bool {
    supervisor.state.units["app"].step.as_ref().unwrap().early
}

/// Why its plan, which has ended, failed.
fn failed(supervisor: &Supervisor<'_>) -> Option<String> {
    supervisor.state.units["app"].step.as_ref().unwrap().end.clone().unwrap()
}

fn said(supervisor: &Supervisor<'_>) -> Option<String> {
    std::fs::read_to_string(ahead::go(&supervisor.run, "app")).ok()
}

#[tokio::test]
async fn a_plan_goes_on_as_soon_as_that_can_be_said_and_a_cancel_keeps_it_until_terraform_works() {
    let root = root("says");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    plans(&mut supervisor, true);
    supervisor.let_go();
    assert_eq!(said(&supervisor), None, "what it needs is not done");
    let go = ahead::go(&supervisor.run, "app");
    std::fs::create_dir(&go).unwrap();
    let unit = supervisor.unit("app").unwrap();
    supervisor.go_on(&unit).await;
    assert!(!is_early(&supervisor) && supervisor.state.notes.len() == 1, "{:?}", supervisor.state.notes);
    supervisor.let_go();
    std::fs::remove_dir(&go).unwrap();
    supervisor.let_go();
    assert_eq!(said(&supervisor).as_deref(), Some("yes"));
    assert_eq!(supervisor.state.notes.len(), 1, "that it could not be said is told once");
    supervisor.tell(What::CancelAsked { by: who(), hard: false });
    supervisor.let_go();
    assert_eq!(said(&supervisor).as_deref(), Some("no"), "there is no process that could be interrupted");
    std::fs::write(folder::leaf(&supervisor.run, "app", Step::Plan), "{}").unwrap();
    std::fs::remove_file(&go).unwrap();
    supervisor.let_go();
    assert_eq!(said(&supervisor), None, "Terraform works, and is interrupted");
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn a_plan_that_waited_does_not_go_on_where_the_credentials_are_of_another_account_by_then() {
    let root = root("account");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("333333333333".to_owned()) }));
    plans(&mut supervisor, true);
    let unit = supervisor.unit("app").unwrap();
    supervisor.go_on(&unit).await;
    assert_eq!(said(&supervisor).as_deref(), Some("no"));
    let again = Decision::Begin { unit: "app".into(), step: Step::Plan, early: false };
    assert!(is_early(&supervisor) && supervisor.is_held_back(&again), "it is not told to go on after that");
    std::fs::remove_file(ahead::go(&supervisor.run, "app")).unwrap();
    supervisor.let_go();
    assert_eq!(said(&supervisor).as_deref(), Some("no"), "it is said until it is heard");
    supervisor.step_ended("app", Step::Plan, &Exit::Code(1));
    let why = failed(&supervisor).unwrap();
    assert!(why.contains("account 333333333333"), "{why}");
    assert!(is_early(&supervisor) && !supervisor.is_held_back(&again), "one in its place is begun");
    assert!(supervisor.state.fresh.contains("app"), "nothing was initialised");
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn a_plan_that_waited_does_not_go_on_where_its_state_is_of_another_aws_by_then() {
    let root = root("world");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    supervisor.order.world = World::of([(ENDPOINTS.to_owned(), "http://127.0.0.1:4566".to_owned())]);
    plans(&mut supervisor, true);
    let unit = supervisor.unit("app").unwrap();
    std::fs::write(unit.dir.join("terraform.tfstate"), REAL).unwrap();
    supervisor.go_on(&unit).await;
    assert_eq!(said(&supervisor).as_deref(), Some("no"));
    assert!(supervisor.held_back["app"].contains("1 resource of AWS itself"), "{:?}", supervisor.held_back);
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn a_plan_that_has_initialised_its_unit_fails_where_the_state_is_of_another_aws() {
    for elsewhere in [false, true] {
        let root = root(if elsewhere { "elsewhere" } else { "here" });
        let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
        supervisor.order.world = World::of([(ENDPOINTS.to_owned(), "http://127.0.0.1:4566".to_owned())]);
        let unit = supervisor.unit("app").unwrap();
        // Nothing in its folder says yet where its state is.
        let state = root.join("a.tfstate");
        std::fs::write(&state, if elsewhere { REAL } else { "{}" }).unwrap();
        assert_eq!(supervisor.other_world(&unit, Step::Plan), None);
        plans(&mut supervisor, false);
        let data = unit.dir.join(".terragrunt-cache/h/h/.terraform");
        std::fs::create_dir_all(&data).unwrap();
        let config = serde_json::json!({"version": 3, "backend": {"type": "local", "config": {"path": state}}});
        std::fs::write(data.join("terraform.tfstate"), config.to_string()).unwrap();
        std::fs::write(folder::plan_file(&supervisor.run, "app"), "a plan").unwrap();
        let message = Message::Summary(Summary::default());
        supervisor.tell(What::Said { unit: "app".into(), step: Step::Plan, message });
        supervisor.step_ended("app", Step::Plan, &Exit::Code(2));
        let failed = failed(&supervisor);
        assert_eq!(failed.is_some(), elsewhere, "{failed:?}");
        assert!(failed.is_none_or(|why| why.contains("1 resource of AWS itself")));
        std::fs::remove_dir_all(root).unwrap();
    }
}

#[tokio::test]
async fn a_step_of_which_the_end_was_not_written_is_not_one_that_has_not_begun() {
    let root = root("lacks");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    let mut why = |lines: usize, code: i32| {
        plans(&mut supervisor, false);
        for _ in 0..lines {
            let message = Message::Log { text: "a word".into() };
            supervisor.tell(What::Said { unit: "app".into(), step: Step::Plan, message });
        }
        supervisor.step_ended("app", Step::Plan, &Exit::Code(code));
        failed(&supervisor).unwrap()
    };
    assert_eq!(why(0, 1), "plan ended with exit code 1 and said nothing");
    assert_eq!(why(1, 0), "plan ended before it had begun");
    for code in [0, 2] {
        let why = why(9, code);
        assert!(why.starts_with(&format!("plan ended with exit code {code}, and what it said has no end")), "{why}");
    }
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn a_plan_whose_code_is_changed_while_it_is_made_is_made_again_and_given_up_where_that_never_ends() {
    let root = root("unsettled");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    let files = |names: &[&str]| names.iter().map(|name| root.join("app").join(name)).collect::<BTreeSet<_>>();
    let mut plan = |names: &[&str]| supervisor.unsettled("app", &files(names));
    assert_eq!(plan(&[]), Settled::Yes);
    let again = Settled::Again("the code was changed while it was planned: a.tf".into());
    assert_eq!(plan(&["a.tf"]), again);
    assert_eq!(plan(&[]), Settled::Yes, "a person has changed it");
    assert_eq!(plan(&["a.tf"]), again);
    assert_eq!(plan(&["a.tf"]), Settled::Yes, "planning changes it itself");
    assert_eq!(plan(&["a.tf"]), again);
    assert!(matches!(plan(&["b.tf"]), Settled::Again(_)));
    let never = plan(&["c.tf"]);
    assert!(matches!(&never, Settled::Never(why) if why.contains("its own code: c.tf")), "{never:?}");
    assert!(matches!(plan(&["d.tf"]), Settled::Again(_)), "a retry begins again");
    std::fs::remove_dir_all(root).unwrap();
}

/// The file `state` of a unit's folder, which `sh state pull` runs: it answers once that is wanted.
const ANSWERS: &str = "until [ -e go ]; do /bin/sleep 0.01; done\necho \
    '{\"version\":4,\"resources\":[{\"mode\":\"managed\",\"type\":\"a\",\"name\":\"written\",\"instances\":[{}]}]}'\n";

#[tokio::test]
async fn what_a_state_has_after_a_kill_is_asked_while_everything_else_goes_on() {
    let root = root("unwritten");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    let (out, mut told) = channel(1);
    supervisor.out = out;
    supervisor.order.terraform = PathBuf::from("/bin/sh");
    let unit = supervisor.unit("app").unwrap();
    std::fs::write(unit.dir.join("state"), ANSWERS).unwrap();
    supervisor.tell(What::Step { unit: "app".into(), step: Step::Apply, pid: None, early: false });
    for address in ["a.written", "a.lost"] {
        let (address, action) = (address.to_owned(), Action::Create);
        let begun = Message::ApplyStarted { address: address.clone(), action };
        let done = Message::ApplyDone { address, action, id: None, elapsed: 1 };
        for message in [begun, done] {
            supervisor.tell(What::Said { unit: "app".into(), step: Step::Apply, message });
        }
    }
    supervisor.step_ended("app", Step::Apply, &Exit::Signal(9));
    assert_eq!(supervisor.state.units["app"].step.as_ref().unwrap().end, None, "it is not known what it has left");
    assert!(supervisor.state.left.is_empty());
    std::fs::write(unit.dir.join("go"), "").unwrap();
    supervisor.take(told.recv().await.unwrap()).await;
    assert_eq!(failed(&supervisor).as_deref(), Some("apply was ended by signal 9"));
    let left: Vec<&str> = supervisor.state.left.keys().map(|(_, address)| address.as_str()).collect();
    assert_eq!(left, ["a.lost"]);
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn an_account_that_aws_does_not_say_keeps_no_cancel_waiting() {
    let root = root("unheard");
    let mut supervisor = supervisor(&root, &|_| Box::pin(std::future::pending::<Result<String, String>>()));
    let cancel = Request { time: Timestamp::UNIX_EPOCH, by: who(), wish: RequestKind::Cancel { hard: false } };
    let line = serde_json::to_string(&cancel).unwrap();
    std::fs::write(supervisor.run.join(folder::REQUESTS), line + "\n").unwrap();
    assert_eq!(supervisor.wrong_account(Step::Plan).await.as_deref(), Some("the run was cancelled"));
    assert!(supervisor.state.cancel.is_some());
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn units_that_begin_at_one_moment_ask_once_whose_account_it_is() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let root = root("once");
    let mut supervisor = supervisor(&root, &|_| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok("333333333333".to_owned()) })
    });
    for _ in 0..2 {
        let why = supervisor.wrong_account(Step::Apply).await.unwrap();
        assert!(why.contains("account 333333333333"), "{why}");
    }
    assert_eq!(supervisor.wrong_account(Step::Show).await, None, "what changes nothing asks for nothing");
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    supervisor.whose = None;
    assert!(supervisor.wrong_account(Step::Apply).await.is_some());
    assert_eq!(ASKED.load(Ordering::Relaxed), 2, "it is asked again in the next round");
    std::fs::remove_dir_all(root).unwrap();
}
