//! Plans of Terragrunt units that are started while their dependencies are still applied: none of them is based on the state
//! before that.

use crate::infra_runs::{Run, order, unit, wait_for};
use crate::support::Home;
use cockpit::config::EnvironmentConfig;
use cockpit::infra::run::folder;
use cockpit::infra::{DiscoverOptions, discover_as};
use cockpit::model::infra::run::Phase;
use cockpit::model::infra::run_event::{Goal, RequestKind, RunEnd, Step, UnitEnd};
use cockpit::model::infra::{RunOrder, RunState, Tool, Unit};
use rustix::process::{Signal, kill_process};
use std::path::PathBuf;

pub(crate) fn terragrunt() -> PathBuf {
    let named = std::env::var_os("COCKPIT_TERRAGRUNT").map(PathBuf::from);
    let kept = || Some(std::env::home_dir()?.join(".cache/cockpit/tools/terragrunt-1.1.0"));
    named.or_else(kept).filter(|path| path.exists()).expect("`./dev test` builds Terragrunt, or set COCKPIT_TERRAGRUNT")
}

/// A network that reports its creation, waits for a file, and fails if another one exists; and an app that needs its output.
fn units(home: &Home) -> Vec<Unit> {
    let at = home.path().join("units/network").display().to_string();
    let network = format!(
        "resource \"terraform_data\" \"it\" {{ input = \"real\" }}\nresource \"terraform_data\" \"waits\" {{\n  provisioner \"local-exec\" {{ \
         command = \"touch {at}/begun; while [ ! -e {at}/go ]; do sleep 0.05; done; test ! -e {at}/fails\" }}\n}}\n\
         output \"word\" {{ value = terraform_data.it.output }}\noutput \"late\" {{ value = terraform_data.waits.id }}\n"
    );
    let app = "variable \"from\" {}\nvariable \"late\" {}\nresource \"terraform_data\" \"it\" { input = \"app-${var.from}\" }\n\
               resource \"terraform_data\" \"late\" { input = var.late }\n";
    let mut units = vec![unit(home, "network", &[], &network), unit(home, "app", &["network"], app)];
    let needs = "dependency \"network\" {\n  config_path = \"../network\"\n}\ninputs = {\n  from = dependency.network.outputs.word\n  \
                 late = dependency.network.outputs.late\n}\n";
    std::fs::write(units[0].dir.join("terragrunt.hcl"), "").expect("a file");
    std::fs::write(units[1].dir.join("terragrunt.hcl"), needs).expect("a file");
    for unit in &mut units {
        unit.tool = Tool::Terragrunt;
    }
    units
}

fn with(units: &[Unit]) -> RunOrder {
    RunOrder { terragrunt: Some(terragrunt()), ahead: vec!["app".into()], ..order(Goal::Apply, units.to_vec()) }
}

fn waits(state: &RunState) -> bool {
    let unit = &state.units["app"];
    unit.step.as_ref().is_some_and(|step| step.step == Step::Plan && step.early && step.end.is_none())
}

/// A run in which the network is being created, and the plan of the app waits for it.
async fn waiting(home: &Home) -> (Vec<Unit>, Run) {
    let units = units(home);
    let mut run = Run::start(home, &with(&units)).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    run.approve_all();
    wait_for(&units[0].dir.join("begun"));
    run.until("the plan ahead", false, waits);
    assert_eq!(run.state.units["app"].phase, Phase::Queued, "the operator's request waits");
    (units, run)
}

#[tokio::test]
async fn plan_started_ahead_includes_what_was_applied_meanwhile() {
    let home = Home::new();
    let (units, mut run) = waiting(&home).await;
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    assert_eq!(run.end(true), RunEnd::Done);
    let shown = std::fs::read_to_string(folder::shown_plan(&run.folder, "app")).expect("a plan");
    assert!(shown.contains("app-real"), "{shown}");
    assert!(run.state.units["app"].plan.as_ref().is_some_and(|plan| !plan.on_mocks));
    let events = std::fs::read_to_string(run.folder.join(folder::EVENTS)).expect("text");
    let place = |text: &str| events.find(text).unwrap_or_else(|| panic!("{text} is not in it"));
    assert!(
        place(r#""event":"unit_ended","unit":"network""#) < place(r#""event":"plan_ready","unit":"app""#),
        "it continues after its dependency is done"
    );
    // An attempt before its time finds no outputs.
    let inits = events.lines().filter(|line| line.contains(r#""event":"step","unit":"app","step":"init""#));
    assert!(inits.into_iter().all(|line| line.contains(r#""early":true"#)), "its plan initialises it");
    // It was planned with the values that are now in the state.
    let id = |unit: &Unit, what: &str| {
        let mut files = Vec::new();
        below(&unit.dir, &mut files);
        let text = files.iter().map(|file| std::fs::read_to_string(file).expect("text")).collect::<String>();
        assert!(text.contains(what), "{text}");
        text
    };
    let made = id(&units[0], "\"late\"");
    let late = made.split("\"late\"").nth(1).and_then(|rest| rest.split('"').nth(3)).expect("an id").to_owned();
    assert!(id(&units[1], "app-real").contains(&late), "{late}");
}

/// Collects the states below a folder.
fn below(folder: &std::path::Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            below(&entry.path(), found);
        } else if entry.file_name() == "terraform.tfstate" {
            found.push(entry.path());
        }
    }
}

#[tokio::test]
async fn plan_started_ahead_of_a_failure_is_dropped_and_made_by_a_retry() {
    let home = Home::new();
    let (units, mut run) = waiting(&home).await;
    let fails = units[0].dir.join("fails");
    std::fs::write(&fails, "").expect("a file");
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    assert_eq!(run.end(true), RunEnd::Failed);
    assert!(matches!(run.unit_end("network"), UnitEnd::Failed { .. }), "{:?}", run.unit_end("network"));
    assert_eq!(run.unit_end("app"), &UnitEnd::Blocked { by: "network".into() });
    assert!(run.state.units["app"].plan.is_none() && run.state.units["app"].diagnostics.is_empty());
    std::fs::remove_file(fails).expect("it is there");
    run.ask(RequestKind::Retry);
    run.resume().await;
    run.until("the retry", false, |state| state.end.is_none());
    assert_eq!(run.end(true), RunEnd::Done);
    assert!(std::fs::read_to_string(folder::shown_plan(&run.folder, "app")).expect("a plan").contains("app-real"));
}

#[tokio::test]
async fn cancel_ends_a_waiting_plan() {
    let home = Home::new();
    let (units, mut run) = waiting(&home).await;
    run.ask(RequestKind::Cancel { hard: false });
    assert_eq!(run.end(false), RunEnd::Cancelled);
    assert!(matches!(run.unit_end("app"), UnitEnd::Cancelled { in_flight, applied: false } if in_flight.is_empty()));
    assert!(!folder::has_running_step(&run.folder).expect("a folder"), "no process of it is left");
    let mut states = Vec::new();
    below(&units[1].dir, &mut states);
    assert!(states.is_empty(), "{states:?}");
}

/// A run whose waiting plan cannot be signalled at its time, as on a full disk; and the obstacle.
async fn unsignalled(home: &Home) -> (Vec<Unit>, Run, PathBuf) {
    let (units, mut run) = waiting(home).await;
    let go = folder::of_unit(&run.folder, "app").join("go");
    std::fs::create_dir(&go).expect("a folder");
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    run.until("the time of the plan ahead", false, |state| {
        state.notes.iter().any(|(_, text)| text.contains("could not be released"))
    });
    assert!(run.state.units["app"].step.as_ref().is_some_and(|step| !step.early && step.end.is_none()));
    (units, run, go)
}

#[tokio::test]
async fn waiting_plan_continues_once_its_go_signal_can_be_written() {
    let home = Home::new();
    let (_units, mut run, go) = unsignalled(&home).await;
    std::fs::remove_dir(go).expect("it is there");
    assert_eq!(run.end(true), RunEnd::Done);
    assert!(std::fs::read_to_string(folder::shown_plan(&run.folder, "app")).expect("a plan").contains("app-real"));
}

#[tokio::test]
async fn cancel_reaches_a_plan_whose_go_signal_could_not_be_written() {
    let home = Home::new();
    let (units, mut run, go) = unsignalled(&home).await;
    run.ask(RequestKind::Cancel { hard: false });
    run.until("the cancel", false, |state| state.cancel.is_some());
    std::fs::remove_dir(go).expect("it is there");
    assert_eq!(run.end(false), RunEnd::Cancelled);
    assert!(run.state.units["app"].plan.is_none());
    let mut states = Vec::new();
    below(&units[1].dir, &mut states);
    assert!(states.is_empty(), "{states:?}");
}

#[tokio::test]
async fn plan_waiting_for_a_killed_supervisor_is_made_by_the_next_one() {
    let home = Home::new();
    let (units, mut run) = waiting(&home).await;
    kill_process(run.supervisor(), Signal::KILL).expect("it is there");
    run.wait_until_released();
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    run.resume().await;
    assert_eq!(run.end(true), RunEnd::Done);
    assert!(std::fs::read_to_string(folder::shown_plan(&run.folder, "app")).expect("a plan").contains("app-real"));
}

#[tokio::test]
async fn working_folders_of_units_that_are_only_read_or_only_dependent_are_known() {
    let home = Home::new();
    let cache = home.path().join("cache");
    std::fs::create_dir_all(&cache).expect("a folder");
    let cache = cache.canonicalize().expect("a path");
    // Nothing is applied yet: Terragrunt shows it for units that need outputs only in their rendered code.
    for unit in units(&home) {
        let file = unit.dir.join("terragrunt.hcl");
        let code = std::fs::read_to_string(&file).expect("text");
        std::fs::write(file, format!("{code}download_dir = \"{}\"\n", cache.display())).expect("a file");
    }
    let mut environment = EnvironmentConfig { name: "lab".into(), ..EnvironmentConfig::default() };
    environment.infra.kind = Some(Tool::Terragrunt);
    environment.infra.dir = Some(home.path().join("units").display().to_string());
    environment.infra.terragrunt = Some(terragrunt().display().to_string());
    let names = ["app", "network"].map(|name| [name.to_owned()]);
    let look = |units| DiscoverOptions { units, hooks: false, ..DiscoverOptions::default() };
    let app = Box::pin(discover_as(&environment, look(&names[0]))).await.expect("it is found");
    let network = Box::pin(discover_as(&environment, look(&names[1]))).await.expect("it is found");
    for others in [&app.read_only_dependencies, &network.needed_by] {
        let [unit] = &others[..] else { panic!("{others:?}") };
        assert!(unit.around.cache.as_ref().is_some_and(|own| own.starts_with(&cache)), "{unit:?}");
    }
}
