//! Runs over units, with real Terraform on resources that need no provider. Waiting resources wait for a file, not for a time.

mod ahead;
mod crash;
mod failures;
mod hooks;
mod needs;
mod orphans;
mod refused;
mod retried;

mod stops;
mod surroundings;
mod typed;
mod unwritten;
mod wrapped;

use crate::support::Home;
use cockpit::infra::run::events::Reader;
use cockpit::infra::run::start::{self, NotStarted};
use cockpit::infra::run::{folder, requests};
use cockpit::model::infra::run::Phase;
use cockpit::model::infra::run_event::{Actor, Goal, Request, RequestKind, RunEnd, Step, UnitEnd};
use cockpit::model::infra::state_endpoint::EndpointVariables;
use cockpit::model::infra::{Around, RunOrder, RunState, Tool, Unit};
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

fn who() -> Actor {
    Actor { user: "ana".into(), host: "desk".into(), pid: std::process::id() }
}

fn terraform() -> PathBuf {
    let path = std::env::var_os("PATH").expect("PATH");
    let found = std::env::split_paths(&path).map(|folder| folder.join("terraform")).find(|path| path.is_file());
    found.expect("terraform is on PATH")
}

/// A Terraform unit with this code.
fn unit(home: &Home, name: &str, depends_on: &[&str], code: &str) -> Unit {
    let dir = home.path().join("units").join(name);
    std::fs::create_dir_all(&dir).expect("a folder");
    std::fs::write(dir.join("main.tf"), code).expect("a file");
    Unit {
        name: name.into(),
        tool: Tool::Terraform,
        dir,
        workspace: None,
        var_files: Vec::new(),
        depends_on: depends_on.iter().map(|needs| (*needs).to_owned()).collect(),
        around: Around::default(),
    }
}

const PLAIN: &str = r#"
variable "word" { default = "one" }
resource "terraform_data" "it" { input = var.word }
output "it" { value = terraform_data.it.output }
"#;

/// Reports that it has started, and waits until it may continue.
const WAITS: &str = r#"
resource "terraform_data" "first" { input = "first" }
resource "terraform_data" "waits" {
  provisioner "local-exec" { command = "touch begun; while [ ! -e go ]; do sleep 0.05; done" }
}
resource "terraform_data" "last" { triggers_replace = [terraform_data.waits.id] }
"#;

fn order(goal: Goal, units: Vec<Unit>) -> RunOrder {
    RunOrder {
        environment: "staging".into(),
        goal,
        units,
        targets: Vec::new(),
        replace: Vec::new(),
        parallelism: Some(3),
        guarded: false,
        account: None,
        by: who(),
        terraform: terraform(),
        terraform_said: String::new(),
        terragrunt: None,
        plugin_dir: None,
        profile: None,
        region: None,
        endpoint_url: None,
        world: EndpointVariables::default(),
        declared: false,
        reads: Vec::new(),
        ahead: Vec::new(),
        skip_snapshots: false,
        command: "cockpit infra apply".into(),
    }
}

/// A followed run. Its supervisor ends with this value.
struct Run {
    runs: PathBuf,
    folder: PathBuf,
    reader: Reader,
    state: RunState,
}

impl Run {
    async fn start(home: &Home, order: &RunOrder) -> Result<Self, NotStarted> {
        let runs = home.path().join("state/runs");
        let folder = start::start(&cockpit(), &runs, order, Timestamp::now()).await?;
        Ok(Self::of(&runs, &folder))
    }

    /// Follows an existing run.
    fn of(runs: &Path, folder: &Path) -> Self {
        Self { runs: runs.to_owned(), folder: folder.to_owned(), reader: Reader::new(0), state: RunState::default() }
    }

    fn read(&mut self) {
        for event in self.reader.read_all(&self.folder).expect("events").events {
            self.state.apply(&event);
        }
    }

    /// Reads events until the condition holds, and approves all waiting plans on request.
    fn until(&mut self, what: &str, approve: bool, mut so: impl FnMut(&RunState) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.read();
            if so(&self.state) {
                return;
            }
            if approve {
                self.approve_all();
            }
            assert!(Instant::now() < end, "waited for {what}: {:#?}", self.state);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Does not wait until the approvals are taken: the supervisor may have been killed.
    fn approve_waiting(&self) {
        for (unit, plan) in self.state.to_review() {
            self.ask(RequestKind::Approve { unit: unit.to_owned(), sha256: plan.sha256.clone() });
        }
    }

    fn approve_all(&mut self) {
        self.approve_waiting();
        // Requested once: it is taken before the next request.
        let requested = std::fs::metadata(self.folder.join(folder::REQUESTS)).map_or(0, |file| file.len());
        let end = Instant::now() + PATIENCE;
        while self.state.requests_read < requested {
            assert!(Instant::now() < end, "the request is not taken: {:#?}", self.state);
            std::thread::sleep(Duration::from_millis(10));
            self.read();
        }
    }

    fn ask(&self, wish: RequestKind) {
        requests::send(&self.folder, &Request { time: Timestamp::now(), by: who(), wish }).expect("it is asked");
    }

    fn end(&mut self, approve: bool) -> RunEnd {
        self.until("the end of the run", approve, |state| state.end.is_some());
        self.state.end.expect("an end").1
    }

    fn unit_end(&self, unit: &str) -> &UnitEnd {
        self.state.units[unit].end.as_ref().expect("an end")
    }

    fn supervisor(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.state.supervisor.expect("a supervisor")).expect("a number"))
            .expect("a process")
    }

    /// Waits until it has no supervisor: the system takes a moment to release the locks of a killed process.
    fn wait_until_released(&self) {
        let end = Instant::now() + PATIENCE;
        while folder::has_supervisor(&self.folder).expect("a lock") {
            assert!(Instant::now() < end, "it still has a supervisor");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    async fn resume(&self) {
        self.wait_until_released();
        start::resume(&cockpit(), &self.runs, &self.folder, &who(), Timestamp::now())
            .await
            .expect("the run is resumed");
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.read();
        if folder::has_supervisor(&self.folder).unwrap_or(false) {
            for unit in self.state.units.values() {
                if let Some(pid) = unit.pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) {
                    let _ = kill_process(pid, Signal::KILL);
                }
            }
            let _ = kill_process(self.supervisor(), Signal::KILL);
        }
    }
}

fn cockpit() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_cockpit"))
}

fn wait_for(path: &Path) {
    let end = Instant::now() + PATIENCE;
    while !path.exists() {
        assert!(Instant::now() < end, "{} does not arrive", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The addresses in a unit's state, sorted.
fn in_state(unit: &Unit) -> Vec<String> {
    let listed = Command::new(terraform())
        .args(["state", "list"])
        .current_dir(&unit.dir)
        .env_remove("TF_CLI_CONFIG_FILE")
        .stdin(Stdio::null())
        .output()
        .expect("terraform runs");
    let mut found: Vec<String> = String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect();
    found.sort();
    found
}

#[tokio::test]
async fn units_are_planned_and_applied_in_order_with_the_approved_plans() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], PLAIN), unit(&home, "b", &["a"], PLAIN), unit(&home, "c", &[], PLAIN)];
    let mut run = Run::start(&home, &order(Goal::Apply, units.clone())).await.expect("it starts");
    run.until("plans of independent units", false, |state| state.to_review().count() == 2);
    assert_ne!(run.state.units["b"].phase, Phase::Review, "it is planned with the applied state");
    run.ask(RequestKind::Approve { unit: "a".into(), sha256: "0".repeat(64) });
    run.until("the request to be taken", false, |state| state.requests_read > 0);
    assert_eq!(run.state.units["a"].phase, Phase::Review, "another plan was approved instead of this one");
    assert_eq!(run.end(true), RunEnd::Done);
    for unit in &units {
        assert_eq!(run.unit_end(&unit.name), &UnitEnd::Done);
        assert_eq!(in_state(unit), ["terraform_data.it"]);
    }
    let plan = run.state.units["a"].plan.as_ref().expect("a plan");
    assert_eq!((plan.summary.add, plan.empty, plan.on_mocks), (1, false, false));
    assert!(plan.shown.exists());
    // Once more: there is nothing to do, and no approval is needed.
    drop(run);
    let mut again = Run::start(&home, &order(Goal::Apply, units)).await.expect("it starts");
    assert_eq!(again.end(false), RunEnd::Done);
    assert_eq!(again.unit_end("b"), &UnitEnd::Unchanged);
    // Only its owner can read a run, and the audit file contains it.
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&again.folder), 0o700);
    for name in [folder::EVENTS, "request.json", "lock"] {
        assert_eq!(mode(&again.folder.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&folder::plan_file(&again.folder, "a")) & 0o077, 0);
    let audit = std::fs::read_to_string(home.path().join("state/audit.jsonl")).expect("an audit file");
    assert_eq!(audit.lines().filter(|line| line.contains("\"outcome\":\"done\"")).count(), 2, "{audit}");
}

#[tokio::test]
async fn failure_blocks_dependent_units_and_a_retry_runs_only_those() {
    let home = Home::new();
    let fails = r#"
resource "terraform_data" "it" {
  provisioner "local-exec" { command = "test -e go" }
}"#;
    let units = vec![unit(&home, "a", &[], fails), unit(&home, "b", &["a"], PLAIN), unit(&home, "c", &[], PLAIN)];
    let mut run = Run::start(&home, &order(Goal::Apply, units.clone())).await.expect("it starts");
    assert_eq!(run.end(true), RunEnd::Failed);
    assert!(
        matches!(run.unit_end("a"), UnitEnd::Failed { why } if why.contains("local-exec")),
        "{:?}",
        run.unit_end("a")
    );
    let diagnostic = &run.state.units["a"].diagnostics[0];
    assert_eq!(
        (diagnostic.file.as_deref(), diagnostic.line, diagnostic.address.as_deref()),
        (Some("main.tf"), Some(3), Some("terraform_data.it"))
    );
    assert_eq!(run.unit_end("b"), &UnitEnd::Blocked { by: "a".into() });
    assert_eq!(run.unit_end("c"), &UnitEnd::Done);
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    run.ask(RequestKind::Retry);
    run.resume().await;
    run.until("the retry", false, |state| state.end.is_none());
    assert_eq!(run.end(true), RunEnd::Done);
    assert_eq!(in_state(&units[1]), ["terraform_data.it"]);
    let events = std::fs::read_to_string(run.folder.join(folder::EVENTS)).expect("text");
    let plans = |name: &str| events.matches(&format!(r#""event":"plan_ready","unit":"{name}""#)).count();
    assert_eq!((plans("a"), plans("b"), plans("c")), (2, 1, 1));
}

/// Two units, the first of which is being applied and waits for a file.
async fn applying(home: &Home) -> (Vec<Unit>, Run) {
    let units = vec![unit(home, "a", &[], WAITS), unit(home, "b", &["a"], PLAIN)];
    let mut run = Run::start(home, &order(Goal::Apply, units.clone())).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    run.approve_all();
    wait_for(&units[0].dir.join("begun"));
    (units, run)
}

#[tokio::test]
async fn cancel_interrupts_terraform_once_and_starts_nothing_more() {
    let home = Home::new();
    let (units, mut run) = applying(&home).await;
    run.ask(RequestKind::Cancel { hard: false });
    // A unit that is ending may fail because of that, which a retry would not include.
    run.ask(RequestKind::Retry);
    assert_eq!(run.end(false), RunEnd::Cancelled);
    assert!(run.state.notes.iter().any(|(_, text)| text.contains("it is being cancelled")), "{:?}", run.state.notes);
    assert!(matches!(run.unit_end("a"), UnitEnd::Cancelled { applied: true, .. }), "{:?}", run.unit_end("a"));
    assert!(matches!(run.unit_end("b"), UnitEnd::Cancelled { in_flight, applied: false } if in_flight.is_empty()));
    // Its state was written, and its lock released.
    assert!(in_state(&units[0]).contains(&"terraform_data.first".to_owned()));
    assert!(!units[0].dir.join(".terraform.tfstate.lock.info").exists());
    assert_eq!(run.state.units["a"].pid, None);
}

#[tokio::test]
async fn run_continues_after_its_supervisor_was_killed() {
    let home = Home::new();
    let (units, mut run) = applying(&home).await;
    run.until("its process to be known", false, |state| state.units["a"].pid.is_some());
    let leaf = run.state.units["a"].pid;
    kill_process(run.supervisor(), Signal::KILL).expect("it is there");
    // A torn last line after a crash: nobody has seen it.
    let mut events = std::fs::OpenOptions::new().append(true).open(run.folder.join(folder::EVENTS)).expect("a file");
    run.wait_until_released();
    let second = Run::start(&home, &order(Goal::Plan, units.clone())).await.err().expect("it is refused").sentence();
    assert!(second.contains("its Terraform still works"), "{second}");
    events.write_all(br#"{"time":"2026-11-28T05:00:00Z","event":"sa"#).expect("it is written");
    run.resume().await;
    run.until("the step to be found", false, |state| state.units["a"].pid.is_some() && state.supervisor.is_some());
    assert_eq!(run.state.units["a"].pid, leaf, "the same process continues");
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    assert_eq!(run.end(true), RunEnd::Done);
    assert_eq!(in_state(&units[0]), ["terraform_data.first", "terraform_data.last", "terraform_data.waits"]);
    assert_eq!(in_state(&units[1]), ["terraform_data.it"]);
    let text = std::fs::read_to_string(run.folder.join(folder::EVENTS)).expect("text");
    let done =
        text.lines().filter(|line| line.contains(r#""says":"apply_done","address":"terraform_data.first""#)).count();
    assert_eq!(done, 1, "reported lines are not repeated");
    assert_eq!(
        text.matches(r#""event":"step","unit":"a","step":"apply""#).count(),
        3,
        "started once, known, and found again"
    );
}

#[tokio::test]
async fn second_run_of_an_environment_is_refused_with_owner_and_start_time() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], PLAIN)];
    let mut run = Run::start(&home, &order(Goal::Apply, units.clone())).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    let second = Run::start(&home, &order(Goal::Plan, units.clone())).await;
    let why = second.err().expect("it is refused").sentence();
    assert!(why.contains("started by ana on desk"), "{why}");
    assert!(why.contains(&folder::name(&run.folder)), "{why}");
    assert_eq!(folder::list(&run.runs, "staging").expect("a list").len(), 1, "a refusal leaves nothing");
    // Another environment has another lock.
    let mut other = order(Goal::Plan, units);
    other.environment = "prod".into();
    let mut other = Run::start(&home, &other).await.expect("it starts");
    assert_eq!(other.end(false), RunEnd::Done);
    run.ask(RequestKind::Cancel { hard: false });
    assert_eq!(run.end(false), RunEnd::Cancelled);
}

#[tokio::test]
async fn terragrunt_units_are_planned_on_real_outputs_and_destroyed_in_reverse_order() {
    let home = Home::new();
    let module = |output: &str| {
        format!(
            "variable \"from\" {{ default = \"none\" }}\nresource \"terraform_data\" \"it\" {{ input = \"{output}-${{var.from}}\" }}\noutput \"word\" {{ value = terraform_data.it.output }}\n"
        )
    };
    let mut network = unit(&home, "network", &[], &module("network"));
    let mut app = unit(&home, "app", &["network"], &module("app"));
    std::fs::write(network.dir.join("terragrunt.hcl"), "inputs = { from = \"here\" }\n").expect("a file");
    let needs = "dependency \"network\" {\n  config_path = \"../network\"\n}\ninputs = { from = dependency.network.outputs.word }\n";
    std::fs::write(app.dir.join("terragrunt.hcl"), needs).expect("a file");
    (network.tool, app.tool) = (Tool::Terragrunt, Tool::Terragrunt);
    let with = |goal, units| RunOrder { terragrunt: Some(ahead::terragrunt()), ..order(goal, units) };
    // A plan on its own reports missing outputs.
    let mut plan = Run::start(&home, &with(Goal::Plan, vec![network.clone(), app.clone()])).await.expect("it starts");
    assert_eq!(plan.end(false), RunEnd::Failed);
    assert_eq!(plan.unit_end("network"), &UnitEnd::Done);
    assert_eq!(plan.unit_end("app"), &UnitEnd::Blocked { by: "network".into() });
    let mut run = Run::start(&home, &with(Goal::Apply, vec![network.clone(), app.clone()])).await.expect("it starts");
    assert_eq!(run.end(true), RunEnd::Done);
    let shown = std::fs::read_to_string(folder::shown_plan(&run.folder, "app")).expect("a plan");
    assert!(shown.contains("app-network-here"), "{shown}");
    assert!(run.state.units["app"].plan.as_ref().is_some_and(|plan| !plan.on_mocks));
    let mut destroy = Run::start(&home, &with(Goal::Destroy, vec![network, app])).await.expect("it starts");
    assert_eq!(destroy.end(true), RunEnd::Done);
    let text = std::fs::read_to_string(destroy.folder.join(folder::EVENTS)).expect("text");
    let at = |unit: &str| {
        text.find(&format!(r#""event":"step","unit":"{unit}","step":"{}""#, folder::step_name(Step::Apply)))
    };
    assert!(at("app") < at("network") && at("app").is_some(), "{:?} {:?}", at("app"), at("network"));
}
