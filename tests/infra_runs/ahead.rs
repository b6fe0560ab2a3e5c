//! Plans of Terragrunt's units that are begun while what they need is still applied: none of them is made of what was there
//! before.

use crate::support::Home;
use crate::{Run, order, unit, wait_for};
use cockpit::config::EnvironmentConfig;
use cockpit::infra::run::folder;
use cockpit::infra::{Look, discover_as};
use cockpit::model::infra::run::Phase;
use cockpit::model::infra::run_event::{Goal, RequestKind, RunEnd, Step, UnitEnd};
use cockpit::model::infra::{Order, RunState, Tool, Unit};
use rustix::process::{Signal, kill_process};
use std::path::PathBuf;

pub(crate) fn terragrunt() -> PathBuf {
    let named = std::env::var_os("COCKPIT_TERRAGRUNT").map(PathBuf::from);
    let kept = || Some(std::env::home_dir()?.join(".cache/cockpit/tools/terragrunt-1.1.0"));
    named.or_else(kept).filter(|path| path.exists()).expect("`./dev test` builds Terragrunt, or set COCKPIT_TERRAGRUNT")
}

/// A network that says that it is being made and waits for a file, and fails where another one is there; and what needs its output.
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

fn with(units: &[Unit]) -> Order {
    Order { terragrunt: Some(terragrunt()), ahead: vec!["app".into()], ..order(Goal::Apply, units.to_vec()) }
}

fn waits(state: &RunState) -> bool {
    let unit = &state.units["app"];
    unit.step.as_ref().is_some_and(|step| step.step == Step::Plan && step.early && step.end.is_none())
}

/// A run in which the network is being made, and the plan of the app waits for it.
async fn waiting(home: &Home) -> (Vec<Unit>, Run) {
    let units = units(home);
    let mut run = Run::start(home, &with(&units)).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    run.approve_all();
    wait_for(&units[0].dir.join("begun"));
    run.until("the plan ahead", false, waits);
    assert_eq!(run.state.units["app"].phase, Phase::Queued, "for a person it waits");
    (units, run)
}

#[tokio::test]
async fn a_plan_that_was_begun_ahead_is_made_of_what_was_applied_meanwhile() {
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
        "it goes on after what it needs is done"
    );
    // One that is tried before its time finds no outputs.
    let inits = events.lines().filter(|line| line.contains(r#""event":"step","unit":"app","step":"init""#));
    assert!(inits.into_iter().all(|line| line.contains(r#""early":true"#)), "its plan initialises it");
    // What it was planned on is what is in the state now.
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

/// The states below a folder.
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
async fn a_plan_that_was_begun_ahead_of_what_fails_is_not_made_and_a_retry_makes_it() {
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
async fn a_cancel_ends_a_plan_that_waits() {
    let home = Home::new();
    let (units, mut run) = waiting(&home).await;
    run.ask(RequestKind::Cancel { hard: false });
    assert_eq!(run.end(false), RunEnd::Cancelled);
    assert!(matches!(run.unit_end("app"), UnitEnd::Cancelled { in_flight, applied: false } if in_flight.is_empty()));
    assert!(!folder::works(&run.folder).expect("a folder"), "no process of it is left");
    let mut states = Vec::new();
    below(&units[1].dir, &mut states);
    assert!(states.is_empty(), "{states:?}");
}

/// A run whose plan ahead can be told nothing, as on a full disk, when its time has come; and what is in its way.
async fn told_nothing(home: &Home) -> (Vec<Unit>, Run, PathBuf) {
    let (units, mut run) = waiting(home).await;
    let go = folder::of_unit(&run.folder, "app").join("go");
    std::fs::create_dir(&go).expect("a folder");
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    run.until("the time of the plan ahead", false, |state| {
        state.notes.iter().any(|(_, text)| text.contains("cannot be told to go on"))
    });
    assert!(run.state.units["app"].step.as_ref().is_some_and(|step| !step.early && step.end.is_none()));
    (units, run, go)
}

#[tokio::test]
async fn a_plan_that_could_not_be_told_to_go_on_is_told_as_soon_as_it_can_be() {
    let home = Home::new();
    let (_units, mut run, go) = told_nothing(&home).await;
    std::fs::remove_dir(go).expect("it is there");
    assert_eq!(run.end(true), RunEnd::Done);
    assert!(std::fs::read_to_string(folder::shown_plan(&run.folder, "app")).expect("a plan").contains("app-real"));
}

#[tokio::test]
async fn a_cancel_reaches_a_plan_that_could_not_be_told_to_go_on() {
    let home = Home::new();
    let (units, mut run, go) = told_nothing(&home).await;
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
async fn a_plan_that_waits_for_a_supervisor_that_was_killed_is_made_by_the_next_one() {
    let home = Home::new();
    let (units, mut run) = waiting(&home).await;
    kill_process(run.supervisor(), Signal::KILL).expect("it is there");
    run.let_go();
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    run.resume().await;
    assert_eq!(run.end(true), RunEnd::Done);
    assert!(std::fs::read_to_string(folder::shown_plan(&run.folder, "app")).expect("a plan").contains("app-real"));
}

#[tokio::test]
async fn where_units_work_that_are_only_read_or_only_need_what_is_meant_is_known_too() {
    let home = Home::new();
    let cache = home.path().join("cache");
    std::fs::create_dir_all(&cache).expect("a folder");
    let cache = cache.canonicalize().expect("a path");
    // Nothing is applied yet: Terragrunt says it of what needs outputs by its rendered code alone.
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
    let look = |units| Look { units, hooks: false, ..Look::default() };
    let app = Box::pin(discover_as(&environment, look(&names[0]))).await.expect("it is found");
    let network = Box::pin(discover_as(&environment, look(&names[1]))).await.expect("it is found");
    for others in [&app.reads, &network.needed_by] {
        let [unit] = &others[..] else { panic!("{others:?}") };
        assert!(unit.around.cache.as_ref().is_some_and(|own| own.starts_with(&cache)), "{unit:?}");
    }
}
