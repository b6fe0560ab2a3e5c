//! Processes of a run are killed at arbitrary moments: whatever was killed, the final states equal those of an undisturbed
//! apply, and resources that may exist outside of every state were reported.

use crate::infra_runs::{PATIENCE, Run, cockpit, unit};
use crate::support::Home;
use cockpit::infra::run::folder;
use cockpit::infra::run::start;
use cockpit::model::infra::run_event::{RequestKind, RunEnd, Step};
use cockpit::model::infra::{RunState, Unit};
use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Default number of moments (`COCKPIT_KILLS`).
const MOMENTS: u64 = 6;
/// Approximate duration of an undisturbed apply.
const LASTS: Duration = Duration::from_millis(4_500);

const CONFIG: &str = r#"
[environments.lab.infra]
kind = "terraform"
units = [
  { name = "a", dir = "units/a", depends_on = [] },
  { name = "b", dir = "units/b", depends_on = ["a"] },
  { name = "c", dir = "units/c", depends_on = [] },
]
"#;

/// A chain of resources, each of which takes time to create.
const CHAIN: &str = r#"
resource "terraform_data" "quick" { input = "quick" }
resource "terraform_data" "first" {
  input = "first"
  provisioner "local-exec" { command = "sleep 0.4" }
}
resource "terraform_data" "second" {
  input = terraform_data.first.output
  provisioner "local-exec" { command = "sleep 0.4" }
}
resource "terraform_data" "beside" {
  count = 3
  input = "beside ${count.index}"
  provisioner "local-exec" { command = "sleep 0.3" }
}
output "word" { value = terraform_data.second.output }
"#;

/// The process to kill.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Victim {
    Leaf,
    Supervisor,
    Cockpit,
    /// Everything in the session of the command.
    Terminal,
    /// Terraform and the supervisor at the same moment.
    Both,
}

/// Random numbers that are the same for the same seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[tokio::test]
async fn states_after_any_kill_equal_those_of_an_undisturbed_apply() {
    let (undisturbed, _) = applied(None).await;
    let moments = number("COCKPIT_KILLS", MOMENTS);
    let mut dice = Dice(number("COCKPIT_SEED", 20_261_129));
    let victims = [Victim::Leaf, Victim::Supervisor, Victim::Cockpit, Victim::Terminal, Victim::Both];
    for moment in 0..moments {
        // In turn, so that few moments cover all of them.
        let victim = victims[(moment % victims.len() as u64) as usize];
        let after = Duration::from_millis(dice.below(LASTS.as_millis() as u64));
        let (states, _) = applied(Some((victim, after))).await;
        assert_eq!(states, undisturbed, "{victim:?} was killed after {after:?} (moment {moment})");
    }
}

/// Applies three units, killing a process on the way; returns the final states, and the number of resources reported as
/// possibly existing outside of every state.
async fn applied(kill: Option<(Victim, Duration)>) -> (Vec<Value>, usize) {
    let home = Home::with(CONFIG);
    let units: Vec<Unit> = [("a", vec![]), ("b", vec!["a"]), ("c", vec![])]
        .into_iter()
        .map(|(name, needs)| unit(&home, name, &needs, CHAIN))
        .collect();
    let mut typed = home.at(None);
    typed.args(["infra", "apply", "lab", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut typed = typed.spawn().expect("it starts");
    let mut run = attached(&home, &mut typed);
    if let Some((victim, after)) = kill {
        let until = Instant::now() + after;
        while Instant::now() < until {
            run.read();
            std::thread::sleep(Duration::from_millis(5));
        }
        run.read();
        killed(&run, victim, &mut typed);
    }
    let (mut reported, end) = (0, Instant::now() + PATIENCE);
    loop {
        assert!(Instant::now() < end, "it does not end after {kill:?}: {:#?}", run.state);
        run.read();
        let driven = folder::has_supervisor(&run.folder).expect("a lock");
        match run.state.end {
            Some((_, RunEnd::Done)) => break,
            Some(_) if !driven => {
                reported += reported_orphans(&run, &units, kill);
                run.ask(RequestKind::Retry);
                run.resume().await;
                run.until("the retry", false, |state| state.end.is_none());
            }
            None if !driven => {
                let taken =
                    start::resume(&cockpit(), &run.runs, &run.folder, &crate::infra_runs::who(), Timestamp::now())
                        .await;
                // The system takes a moment to release the locks of a killed process.
                if taken.is_err() {
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
            _ => {
                run.approve_waiting();
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
    let _ = typed.kill();
    let _ = typed.wait();
    assert!(run.state.leftovers.is_empty(), "everything was created in the end: {:?}", run.state.leftovers);
    (units.iter().map(state_of).collect(), reported)
}

/// The run of the command, once it exists.
fn attached(home: &Home, typed: &mut Child) -> Run {
    let runs = home.path().join(".local/state/cockpit/runs");
    let end = Instant::now() + PATIENCE;
    loop {
        let listed = folder::list(&runs, "lab").unwrap_or_default();
        if let Some(found) = listed.into_iter().find(|found| found.live) {
            let mut run = Run::of(&runs, &found.folder);
            run.until("its start", false, |state| state.supervisor.is_some());
            return run;
        }
        assert!(Instant::now() < end && typed.try_wait().expect("a process").is_none(), "no run is started");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn killed(run: &Run, victim: Victim, typed: &mut Child) {
    let leaves: Vec<Pid> = leaves(&run.state);
    match victim {
        Victim::Leaf => {
            for leaf in &leaves {
                kill_process(*leaf, Signal::KILL).unwrap_or_default();
            }
        }
        Victim::Supervisor => kill_process(run.supervisor(), Signal::KILL).unwrap_or_default(),
        Victim::Cockpit => typed.kill().unwrap_or_default(),
        Victim::Terminal => {
            let group = Pid::from_raw(i32::try_from(typed.id()).expect("a number")).expect("a process");
            kill_process_group(group, Signal::KILL).unwrap_or_default();
        }
        Victim::Both => {
            kill_process(run.supervisor(), Signal::KILL).unwrap_or_default();
            {
                for leaf in &leaves {
                    kill_process(*leaf, Signal::KILL).unwrap_or_default();
                }
            }
        }
    }
}

fn leaves(state: &RunState) -> Vec<Pid> {
    let pids = state.units.values().filter_map(|unit| unit.pid);
    pids.filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).collect()
}

/// Checks that each resource that Terraform started to create without finishing was reported; returns their number.
fn reported_orphans(run: &Run, units: &[Unit], kill: Option<(Victim, Duration)>) -> usize {
    let mut reported = 0;
    for unit in units {
        let output = std::fs::read_to_string(folder::stdout(&run.folder, &unit.name, Step::Apply)).unwrap_or_default();
        let (mut begun, mut over) = (BTreeSet::new(), BTreeSet::new());
        for line in output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let address = line["hook"]["resource"]["addr"].as_str().unwrap_or_default().to_owned();
            match line["type"].as_str() {
                Some("apply_start") => drop(begun.insert(address)),
                Some("apply_complete" | "apply_errored") => drop(over.insert(address)),
                _ => {}
            }
        }
        for address in begun.difference(&over) {
            let is_told = run.state.leftovers.contains_key(&(unit.name.clone(), address.clone()));
            assert!(is_told, "{address} of {} after {kill:?}: {:?}", unit.name, run.state.leftovers);
            reported += 1;
        }
    }
    reported
}

/// The content of a state, without the values that differ between applies.
fn state_of(unit: &Unit) -> Value {
    let text = std::fs::read(unit.dir.join("terraform.tfstate")).expect("a state");
    let state: Value = serde_json::from_slice(&text).expect("a state is JSON");
    let mut found: Vec<Value> = Vec::new();
    for resource in state["resources"].as_array().into_iter().flatten() {
        for instance in resource["instances"].as_array().into_iter().flatten() {
            let status = &instance["status"];
            let (name, key) = (&resource["name"], &instance["index_key"]);
            found.push(serde_json::json!([name, key, status, instance["attributes"]["input"]]));
        }
    }
    found.sort_by_key(Value::to_string);
    serde_json::json!([found, state["outputs"]["word"]["value"]])
}
