//! Tests of a supervisor without processes: which plans started ahead may continue, and how the end of a plan is judged.

use super::super::ahead;
use super::super::folder;
use super::super::step_process::Exit;
use super::super::steps;
use super::shows::PlanValidity;
use super::{AccountLookup, LossCounter, Outside, Supervisor};
use crate::model::infra::message::{Action, Message, Summary};
use crate::model::infra::run_event::{Actor, Goal, Request, RequestKind, RunEventKind, Step};
use crate::model::infra::schedule::Decision;
use crate::model::infra::state_endpoint::{ENDPOINTS, EndpointVariables};
use crate::model::infra::{Around, RunOrder, Tool, Unit};
use crate::private_files;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::mpsc::channel;

const REAL: &str = r#"{"version":4,"lineage":"real","resources":[{"mode":"managed","type":"aws_vpc","name":"a",
    "provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{}]}]}"#;

fn who() -> Actor {
    Actor { user: "ana".into(), host: "desk".into(), pid: 1 }
}

fn root(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("cockpit-supervisor-{name}-{}", std::process::id()))
}

/// Creates the supervisor of a run over a Terragrunt unit that was never initialised, and may be planned ahead.
fn supervisor(root: &Path, account: AccountLookup<'static>) -> Supervisor<'static> {
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
    private_files::make(&folder::of_unit(&run, "app")).unwrap();
    let order =
        RunOrder { units: vec![unit], account: Some("111111111111".into()), ..steps::tests::order(Goal::Apply) };
    let around = steps::tool_environment(&order, []);
    let counts: LossCounter<'static> = &|_, _| Box::pin(async { Vec::new() });
    let outside = Outside { who: who(), audit: &|_| Ok(()), account, counts };
    let mut supervisor = Supervisor::new(run, runs, order, around, outside, channel(1).0).unwrap();
    supervisor.emit(RunEventKind::Prepared { fresh: vec!["app".into()], ahead: vec!["app".into()] });
    supervisor
}

/// Starts its plan.
fn start_plan(supervisor: &mut Supervisor<'_>, early: bool) {
    supervisor.emit(RunEventKind::Step { unit: "app".into(), step: Step::Plan, pid: None, early });
}

fn is_early(supervisor: &Supervisor<'_>) -> bool {
    supervisor.state.units["app"].step.as_ref().unwrap().early
}

/// Returns why its plan, which has ended, failed.
fn failed(supervisor: &Supervisor<'_>) -> Option<String> {
    supervisor.state.units["app"].step.as_ref().unwrap().end.clone().unwrap()
}

fn recorded(supervisor: &Supervisor<'_>) -> Option<String> {
    std::fs::read_to_string(ahead::go_file(&supervisor.run, "app")).ok()
}

#[tokio::test]
async fn plan_continues_once_recorded_and_a_cancel_holds_it_back() {
    let root = root("records");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    start_plan(&mut supervisor, true);
    supervisor.release_plans();
    assert_eq!(recorded(&supervisor), None, "a dependency is not done");
    let go = ahead::go_file(&supervisor.run, "app");
    std::fs::create_dir(&go).unwrap();
    let unit = supervisor.unit("app").unwrap();
    supervisor.continue_plan(&unit).await;
    assert!(!is_early(&supervisor) && supervisor.state.notes.len() == 1, "{:?}", supervisor.state.notes);
    supervisor.release_plans();
    std::fs::remove_dir(&go).unwrap();
    supervisor.release_plans();
    assert_eq!(recorded(&supervisor).as_deref(), Some("yes"));
    assert_eq!(supervisor.state.notes.len(), 1, "the failure is reported once");
    supervisor.emit(RunEventKind::CancelAsked { by: who(), hard: false });
    supervisor.release_plans();
    assert_eq!(recorded(&supervisor).as_deref(), Some("no"), "there is no process to interrupt");
    std::fs::write(folder::leaf(&supervisor.run, "app", Step::Plan), "{}").unwrap();
    std::fs::remove_file(&go).unwrap();
    supervisor.release_plans();
    assert_eq!(recorded(&supervisor), None, "Terraform runs and is interrupted instead");
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn waiting_plan_does_not_continue_with_another_account() {
    let root = root("account");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("333333333333".to_owned()) }));
    start_plan(&mut supervisor, true);
    let unit = supervisor.unit("app").unwrap();
    supervisor.continue_plan(&unit).await;
    assert_eq!(recorded(&supervisor).as_deref(), Some("no"));
    let again = Decision::Begin { unit: "app".into(), step: Step::Plan, early: false };
    assert!(is_early(&supervisor) && supervisor.is_held_back(&again), "a rejected plan does not continue");
    std::fs::remove_file(ahead::go_file(&supervisor.run, "app")).unwrap();
    supervisor.release_plans();
    assert_eq!(recorded(&supervisor).as_deref(), Some("no"), "the answer is rewritten until the plan ends");
    supervisor.step_ended("app", Step::Plan, &Exit::Code(1));
    let why = failed(&supervisor).unwrap();
    assert!(why.contains("account 333333333333"), "{why}");
    assert!(is_early(&supervisor) && !supervisor.is_held_back(&again), "a new plan replaces it");
    assert!(supervisor.state.uninitialized.contains("app"), "the unit was not initialised");
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn waiting_plan_does_not_continue_with_a_state_of_another_aws() {
    let root = root("world");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    supervisor.order.world = EndpointVariables::of([(ENDPOINTS.to_owned(), "http://127.0.0.1:4566".to_owned())]);
    start_plan(&mut supervisor, true);
    let unit = supervisor.unit("app").unwrap();
    std::fs::write(unit.dir.join("terraform.tfstate"), REAL).unwrap();
    supervisor.continue_plan(&unit).await;
    assert_eq!(recorded(&supervisor).as_deref(), Some("no"));
    assert!(supervisor.held_back["app"].contains("1 resource of AWS itself"), "{:?}", supervisor.held_back);
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn initialising_plan_fails_with_a_state_of_another_aws() {
    for elsewhere in [false, true] {
        let root = root(if elsewhere { "elsewhere" } else { "here" });
        let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
        supervisor.order.world = EndpointVariables::of([(ENDPOINTS.to_owned(), "http://127.0.0.1:4566".to_owned())]);
        let unit = supervisor.unit("app").unwrap();
        // Nothing in its folder shows yet where its state is.
        let state = root.join("a.tfstate");
        std::fs::write(&state, if elsewhere { REAL } else { "{}" }).unwrap();
        assert_eq!(supervisor.other_world(&unit, Step::Plan), None);
        start_plan(&mut supervisor, false);
        let data = unit.dir.join(".terragrunt-cache/h/h/.terraform");
        std::fs::create_dir_all(&data).unwrap();
        let config = serde_json::json!({"version": 3, "backend": {"type": "local", "config": {"path": state}}});
        std::fs::write(data.join("terraform.tfstate"), config.to_string()).unwrap();
        std::fs::write(folder::plan_file(&supervisor.run, "app"), "a plan").unwrap();
        let message = Message::Summary(Summary::default());
        supervisor.emit(RunEventKind::Said { unit: "app".into(), step: Step::Plan, message });
        supervisor.step_ended("app", Step::Plan, &Exit::Code(2));
        let failed = failed(&supervisor);
        assert_eq!(failed.is_some(), elsewhere, "{failed:?}");
        assert!(failed.is_none_or(|why| why.contains("1 resource of AWS itself")));
        std::fs::remove_dir_all(root).unwrap();
    }
}

#[tokio::test]
async fn truncated_output_is_not_taken_for_a_step_that_did_not_start() {
    let root = root("lacks");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    let mut why = |lines: usize, code: i32| {
        start_plan(&mut supervisor, false);
        for _ in 0..lines {
            let message = Message::Log { text: "a word".into() };
            supervisor.emit(RunEventKind::Said { unit: "app".into(), step: Step::Plan, message });
        }
        supervisor.step_ended("app", Step::Plan, &Exit::Code(code));
        failed(&supervisor).unwrap()
    };
    assert_eq!(why(0, 1), "plan ended with exit code 1 and printed nothing");
    assert_eq!(why(1, 0), "plan ended before it had begun");
    for code in [0, 2] {
        let why = why(9, code);
        assert!(why.starts_with(&format!("plan ended with exit code {code}, and its output is incomplete")), "{why}");
    }
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn plan_with_changing_code_is_repeated_and_finally_given_up() {
    let root = root("unsettled");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    let files = |names: &[&str]| names.iter().map(|name| root.join("app").join(name)).collect::<BTreeSet<_>>();
    let mut plan = |names: &[&str]| supervisor.check_validity("app", &files(names));
    assert_eq!(plan(&[]), PlanValidity::Valid);
    let again = PlanValidity::Repeat("the code was changed while it was planned: a.tf".into());
    assert_eq!(plan(&["a.tf"]), again);
    assert_eq!(plan(&[]), PlanValidity::Valid, "one change is attributed to a person");
    assert_eq!(plan(&["a.tf"]), again);
    assert_eq!(plan(&["a.tf"]), PlanValidity::Valid, "a repeated change of the same file is made by the plan");
    assert_eq!(plan(&["a.tf"]), again);
    assert!(matches!(plan(&["b.tf"]), PlanValidity::Repeat(_)));
    let never = plan(&["c.tf"]);
    assert!(matches!(&never, PlanValidity::Impossible(why) if why.contains("its own code: c.tf")), "{never:?}");
    assert!(matches!(plan(&["d.tf"]), PlanValidity::Repeat(_)), "a retry resets the count");
    std::fs::remove_dir_all(root).unwrap();
}

/// The file `state` in a unit's folder, which `sh state pull` runs. It answers once the file `go` exists.
const ANSWERS: &str = "until [ -e go ]; do /bin/sleep 0.01; done\necho \
    '{\"version\":4,\"resources\":[{\"mode\":\"managed\",\"type\":\"a\",\"name\":\"written\",\"instances\":[{}]}]}'\n";

#[tokio::test]
async fn state_after_a_kill_is_read_in_the_background() {
    let root = root("unwritten");
    let mut supervisor = supervisor(&root, &|_| Box::pin(async { Ok("111111111111".to_owned()) }));
    let (out, mut reports) = channel(1);
    supervisor.out = out;
    supervisor.order.terraform = PathBuf::from("/bin/sh");
    let unit = supervisor.unit("app").unwrap();
    std::fs::write(unit.dir.join("state"), ANSWERS).unwrap();
    supervisor.emit(RunEventKind::Step { unit: "app".into(), step: Step::Apply, pid: None, early: false });
    for address in ["a.written", "a.lost"] {
        let (address, action) = (address.to_owned(), Action::Create);
        let begun = Message::ApplyStarted { address: address.clone(), action };
        let done = Message::ApplyDone { address, action, id: None, elapsed: 1 };
        for message in [begun, done] {
            supervisor.emit(RunEventKind::Said { unit: "app".into(), step: Step::Apply, message });
        }
    }
    supervisor.step_ended("app", Step::Apply, &Exit::Signal(9));
    assert_eq!(
        supervisor.state.units["app"].step.as_ref().unwrap().end,
        None,
        "the end waits for the state to be read"
    );
    assert!(supervisor.state.leftovers.is_empty());
    std::fs::write(unit.dir.join("go"), "").unwrap();
    supervisor.handle_report(reports.recv().await.unwrap()).await;
    assert_eq!(failed(&supervisor).as_deref(), Some("apply was ended by signal 9"));
    let left: Vec<&str> = supervisor.state.leftovers.keys().map(|(_, address)| address.as_str()).collect();
    assert_eq!(left, ["a.lost"]);
    std::fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn cancel_does_not_wait_for_an_unresponsive_aws() {
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
async fn units_that_start_together_request_the_account_once() {
    static REQUESTS: AtomicU32 = AtomicU32::new(0);
    let root = root("once");
    let mut supervisor = supervisor(&root, &|_| {
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok("333333333333".to_owned()) })
    });
    for _ in 0..2 {
        let why = supervisor.wrong_account(Step::Apply).await.unwrap();
        assert!(why.contains("account 333333333333"), "{why}");
    }
    assert_eq!(supervisor.wrong_account(Step::Show).await, None, "a read-only step does not request the account");
    assert_eq!(REQUESTS.load(Ordering::Relaxed), 1);
    supervisor.known_account = None;
    assert!(supervisor.wrong_account(Step::Apply).await.is_some());
    assert_eq!(REQUESTS.load(Ordering::Relaxed), 2, "the account is requested again in the next round");
    std::fs::remove_dir_all(root).unwrap();
}
