//! Runs over units, compared with the tools alone: real Terraform and Terragrunt over resources that need no provider.

use crate::interactive::frames;
use crate::report::Report;
use crate::servers::{COCKPIT, Server, World, resident};
use crate::terminal::Terminal;
use crate::times::{Times, ms};
use crate::{Effort, Result};
use cockpit::infra::run::folder;
use cockpit::model::infra::message::{Action, Message};
use cockpit::model::infra::picture::fold::{self, Level};
use cockpit::model::infra::picture::formats::box_width;
use cockpit::model::infra::picture::{cells, layout::layout};
use cockpit::model::infra::plan::Plan;
use cockpit::model::infra::run_event::{Actor, Goal, RunEvent, RunEventKind, Started, Step};
use cockpit::model::infra::{Around, Tool, Unit};
use cockpit::private_files;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_mins(5);
/// An endpoint at which nothing listens: these units are not on AWS.
const NOWHERE: &str = "http://127.0.0.1:9";

const ALL: Duration = Duration::from_secs(9);
const PLANS: Duration = Duration::from_millis(4_300);
const PLANS_MB: f64 = 80.0;
const DRAWN: Duration = Duration::from_millis(200);
const KEY_P99: Duration = Duration::from_millis(16);
const IDLE_MB: f64 = 25.0;
/// Percent of a core.
const IDLE: f64 = 0.2;

/// A unit: its name, its dependencies, and the seconds that its single resource takes.
type UnitSpec = (&'static str, &'static [&'static str], f64);

/// Six units; their longest path takes 8.0 s.
const SIX: &[UnitSpec] = &[
    ("network", &[], 2.0),
    ("security", &["network"], 1.0),
    ("storage", &["network"], 1.5),
    ("database", &["security"], 3.0),
    ("compute", &["database", "storage"], 2.0),
    ("monitoring", &["compute"], 0.0),
];

/// Creates a separate home folder with a configuration.
fn home(world: &World, name: &str, config: &str) -> Result<World> {
    let folder = world.folder.join(name);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("config.toml"), config)?;
    Ok(World { folder })
}

fn write_unit(folder: &Path, code: &str) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    Ok(std::fs::write(folder.join("main.tf"), code)?)
}

fn terragrunt() -> Result<PathBuf> {
    let named = std::env::var_os("COCKPIT_TERRAGRUNT").map(PathBuf::from);
    let tool = std::env::home_dir().map(|home| home.join(".cache/cockpit/tools/terragrunt-1.1.0"));
    named.or(tool).filter(|path| path.is_file()).ok_or_else(|| "there is no Terragrunt: `./dev bench` builds it".into())
}

/// Runs a command to its end; returns the duration.
fn timed(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
    if !done.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(start.elapsed())
}

/// Applies six units, each with a bound and approved plan, compared with Terragrunt, which asks for no approval.
pub(crate) fn six(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let terragrunt = terragrunt()?;
    let (mut ours, mut peers) = (Times::default(), Times::default());
    for round in 0..effort.pick(5, 1) {
        for (whose, times) in [("cockpit", &mut ours), ("terragrunt", &mut peers)] {
            let config = format!(
                "[environments.lab.infra]\nkind = \"terragrunt\"\ndir = \"units\"\nterragrunt = {:?}\n",
                terragrunt.display().to_string()
            );
            let home = home(world, &format!("six-{whose}-{round}"), &config)?;
            for (name, needs, seconds) in SIX {
                let folder = home.folder.join("units").join(name);
                let resource = format!(
                    "resource \"terraform_data\" \"it\" {{\n  provisioner \"local-exec\" {{ command = \"sleep {seconds}\" }}\n}}\n"
                );
                write_unit(&folder, &(resource + "output \"id\" { value = terraform_data.it.id }\n"))?;
                let mut hcl = String::new();
                for needs in *needs {
                    writeln!(hcl, "dependency \"{needs}\" {{\n  config_path = \"../{needs}\"\n}}")?;
                }
                std::fs::write(folder.join("terragrunt.hcl"), hcl)?;
            }
            let took = if whose == "cockpit" {
                timed(home.command(COCKPIT, NOWHERE).args(["infra", "apply", "lab", "--yes", "--parallelism", "6"]))?
            } else {
                let mut all = home.command(&terragrunt.display().to_string(), NOWHERE);
                all.args([
                    "run",
                    "--all",
                    "--non-interactive",
                    "--tf-path",
                    "terraform",
                    "--",
                    "apply",
                    "-auto-approve",
                ]);
                timed(all.current_dir(home.folder.join("units")))?
            };
            times.push(took);
        }
    }
    let (ours, peer) = (ours.median(), peers.median());
    report.add(
        "six units with a critical path of 8.0 s, each plan bound and approved",
        "≤ 9.0 s",
        format!("{:.2} s; `terragrunt run --all apply`, unreviewed: {:.2} s", ours.as_secs_f64(), peer.as_secs_f64()),
        ours <= ALL,
    );
    Ok(())
}

/// Plans of six units with 600 resources, compared with Terraform alone, two at a time.
pub(crate) fn plans(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let names: Vec<String> = (1..=6).map(|number| format!("u{number}")).collect();
    let units: Vec<String> =
        names.iter().map(|name| format!("{{ name = \"{name}\", dir = \"units/{name}\" }}")).collect();
    let config = format!("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{}]\n", units.join(", "));
    let home = home(world, "plans", &config)?;
    for name in &names {
        let code = "resource \"terraform_data\" \"it\" {\n  count = 600\n  input = { name = \"it ${count.index}\", size = 3 }\n}\n";
        write_unit(&home.folder.join("units").join(name), code)?;
    }
    let shell = |words: &str| {
        let mut command = home.command("sh", NOWHERE);
        command.args(["-c", &format!("printf '%s\\n' {} | xargs -P2 -I{{}} {words}", names.join(" "))]);
        command
    };
    timed(&mut shell("terraform -chdir=units/{} init -input=false"))?;
    let (mut ours, mut peers, mut most) = (Times::default(), Times::default(), 0.0_f64);
    for _ in 0..effort.pick(5, 1) {
        peers.push(timed(&mut shell("terraform -chdir=units/{} plan -input=false -out=plan"))?);
        let start = Instant::now();
        let mut command = home.command(COCKPIT, NOWHERE);
        let mut child = command.args(["infra", "plan", "lab"]).stderr(Stdio::null()).spawn()?;
        let memory = watched(&mut child, &home.folder)?;
        ours.push(start.elapsed());
        most = most.max(memory);
    }
    let (median, peer) = (ours.median(), peers.median());
    report.add(
        "plan of 6 units × 600 resources",
        "≤ 4.3 s, ≤ 80 MB in the cockpit and its supervisor",
        format!("{:.2} s, {most:.0} MB; `xargs -P2 terraform plan`: {:.2} s", median.as_secs_f64(), peer.as_secs_f64()),
        median <= PLANS && most <= PLANS_MB,
    );
    Ok(())
}

/// Waits for the end of a command; returns the peak memory of it and the supervisor of its run together.
fn watched(child: &mut Child, home: &Path) -> Result<f64> {
    let (mut most, end) = (0.0_f64, Instant::now() + LONG);
    loop {
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok(most) } else { Err(format!("it ended with {status}").into()) };
        }
        let supervisor = live(home, "lab").and_then(|run| supervisor(&run)).and_then(|pid| resident(pid).ok());
        most = most.max(resident(child.id()).unwrap_or(0.0) + supervisor.unwrap_or(0.0));
        if Instant::now() > end {
            return Err("it does not end".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The folder of the live run.
fn live(home: &Path, environment: &str) -> Option<PathBuf> {
    let runs = home.join(".local/state/cockpit/runs");
    folder::list(&runs, environment).ok()?.into_iter().find(|run| run.live).map(|run| run.folder)
}

fn supervisor(run: &Path) -> Option<u64> {
    let events = std::fs::read_to_string(run.join(folder::EVENTS)).ok()?;
    serde_json::from_str::<Value>(events.lines().next()?).ok()?["pid"].as_u64()
}

/// The cost of a supervisor whose plan waits for approval.
pub(crate) fn waits(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let config = "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n";
    let home = home(world, "waits", config)?;
    write_unit(&home.folder.join("units/a"), "resource \"terraform_data\" \"it\" { input = 1 }\n")?;
    let detached = home.command(COCKPIT, NOWHERE).args(["infra", "apply", "lab", "--detach"]).status()?;
    if detached.code() != Some(7) {
        return Err(format!("it was not left: {detached}").into());
    }
    let end = Instant::now() + LONG;
    let run = loop {
        let run = live(&home.folder, "lab").ok_or("no run goes on")?;
        if std::fs::read_to_string(run.join(folder::EVENTS))?.contains("\"plan_ready\"") {
            break run;
        }
        if Instant::now() > end {
            return Err("no plan comes".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let pid = supervisor(&run).ok_or("the run names no supervisor")?;
    std::thread::sleep(Duration::from_secs(1));
    let (before, start) = (processor(pid)?, Instant::now());
    std::thread::sleep(Duration::from_secs(effort.pick(60, 10)));
    let percent = processor(pid)?.saturating_sub(before).as_secs_f64() / start.elapsed().as_secs_f64() * 100.0;
    let memory = resident(pid)?;
    home.command(COCKPIT, NOWHERE).args(["infra", "cancel", "--env", "lab"]).status()?;
    report.add(
        "the supervisor of a run that waits",
        "≤ 0.2 % of a core, ≤ 25 MB",
        format!("{percent:.2} %, {memory:.1} MB"),
        percent <= IDLE && memory <= IDLE_MB,
    );
    Ok(())
}

/// The CPU time of all threads.
fn processor(pid: u64) -> Result<Duration> {
    let mut total = Duration::ZERO;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let figures = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        total += Duration::from_nanos(figures.split(' ').next().unwrap_or_default().parse()?);
    }
    Ok(total)
}

/// The plan of a number of new resources in modules, in the form of `show -json`.
fn shown(count: usize) -> Value {
    let (mut changes, mut modules) = (Vec::new(), serde_json::Map::new());
    for module in 0..count.div_ceil(100) {
        let mut resources = Vec::new();
        for number in 0..100.min(count - module * 100) {
            let (kind, name) =
                (["aws_subnet", "aws_ecs_service", "aws_s3_bucket", "aws_sqs_queue"][number % 4], number);
            let own = format!("{kind}.r{name}");
            let expressions = if number == 0 {
                json!({})
            } else {
                json!({"name": {"references": [format!("{}.r{}", ["aws_subnet", "aws_ecs_service", "aws_s3_bucket", "aws_sqs_queue"][(number - 1) % 4], number - 1)]}})
            };
            resources.push(json!({"address": own, "mode": "managed", "type": kind, "name": format!("r{name}"), "expressions": expressions}));
            changes.push(json!({
                "address": format!("module.m{module}.{own}"), "module_address": format!("module.m{module}"), "mode": "managed",
                "type": kind, "name": format!("r{name}"), "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {"actions": ["create"], "before": null, "after": {"name": format!("n{name}"), "size": 3}, "after_unknown": {"id": true},
                    "before_sensitive": false, "after_sensitive": {}},
            }));
        }
        modules.insert(format!("m{module}"), json!({"module": {"resources": resources}}));
    }
    json!({
        "format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes,
        "configuration": {"root_module": {"module_calls": modules}}, "applyable": true, "complete": true, "errored": false,
    })
}

/// From the plan in a run's folder to the lines and boxes of its graph.
pub(crate) fn graph(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    const WIDEST: usize = 36;
    let plan = Plan::read(&serde_json::to_vec(&shown(10_000))?).map_err(|error| format!("no plan: {error}"))?;
    let file = world.folder.join("plan.json");
    std::fs::write(&file, serde_json::to_vec(&plan)?)?;
    let (mut times, mut boxes, mut strokes) = (Times::default(), 0, 0);
    for _ in 0..effort.pick(21, 5) {
        let start = Instant::now();
        let plan: Plan = serde_json::from_slice(&std::fs::read(&file)?)?;
        let level = fold::level(&plan, Level::Resource, fold::MAX_BOXES);
        let picture = fold::picture(&plan, level).reduced();
        let width = |node: &cockpit::model::infra::picture::Node| box_width(&node.label, &node.note).min(WIDEST);
        let widths: Vec<usize> = picture.nodes.iter().map(width).collect();
        strokes = cells::strokes(&layout(&widths, &picture.edges), |_| false).len();
        times.push(start.elapsed());
        boxes = picture.nodes.len();
    }
    if boxes == 0 || plan.changes.len() != 10_000 {
        return Err(format!("{boxes} boxes of {} changes, {strokes} strokes", plan.changes.len()).into());
    }
    let median = times.median();
    report.add(
        "plan file of 10,000 resources to a drawn graph",
        "≤ 200 ms",
        format!("{} ({boxes} boxes)", ms(median)),
        median <= DRAWN,
    );
    Ok(())
}

/// Keys in the pane while 200 resources change per second.
pub(crate) fn changing(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let config = "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }, { name = \"b\", dir = \"units/b\" }]\n";
    let home = home(world, "changing", config)?;
    for name in ["a", "b"] {
        write_unit(&home.folder.join("units").join(name), "resource \"terraform_data\" \"it\" { input = 1 }\n")?;
    }
    // A run driven by this process, which writes the messages of its Terraform.
    let run = home.folder.join(".local/state/cockpit/runs/lab/20991231T000000Z-apply-0001");
    private_files::make(&run)?;
    let who = Actor { user: "bench".into(), host: "here".into(), pid: std::process::id() };
    std::fs::write(run.join("request.json"), serde_json::to_vec(&order(&home.folder, &who))?)?;
    let _driven = folder::lock_run(&run)?;
    let mut events = private_files::to_add_to(&run.join(folder::EVENTS))?;
    append_events(&mut events, [RunEventKind::Started(Box::new(started(&home.folder, &who))), step("a"), step("b")])?;
    let nowhere = Server::with_stopped_clock("staging")?;
    let log = home.folder.join("frames.log").display().to_string();
    let mut terminal = Terminal::open(&home, &nowhere, "lab", &["-vv", "--log-file", &log])?;
    terminal.until("a frame", LONG, |screen| screen.contents().contains("Infra"))?;
    terminal.write("6")?;
    terminal.until("the run", LONG, |screen| screen.contents().contains("applying"))?;
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let ends = std::sync::Arc::clone(&stop);
    let writer = std::thread::spawn(move || -> std::io::Result<()> {
        let mut number = 0_u64;
        while !ends.load(std::sync::atomic::Ordering::Relaxed) {
            let address = |number: u64| format!("module.m{}.aws_sqs_queue.q[{number}]", number / 100);
            let (unit, now, before) =
                (if number.is_multiple_of(2) { "a" } else { "b" }, address(number), address(number.saturating_sub(20)));
            let event = |message| RunEventKind::Said { unit: unit.into(), step: Step::Apply, message };
            append_events(
                &mut events,
                [
                    event(Message::ApplyStarted { address: now, action: Action::Create }),
                    event(Message::ApplyDone { address: before, action: Action::Create, id: None, elapsed: 1 }),
                ],
            )?;
            number += 1;
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    });
    let mut keys = Times::default();
    for _ in 0..effort.pick(200, 30) {
        for key in ["j", "k"] {
            keys.push(terminal.press(key)?);
            terminal.watch(Duration::from_millis(40));
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().map_err(|_| "the writer fell over")??;
    frames("a frame while 200 resources a second change", &std::fs::read_to_string(&log)?, report);
    report.add("… key to frame", "p99 ≤ 16 ms", keys.quantiles(), keys.p99() <= KEY_P99);
    Ok(())
}

fn append_events(file: &mut std::fs::File, all: impl IntoIterator<Item = RunEventKind>) -> std::io::Result<()> {
    let mut text = String::new();
    for what in all {
        text.push_str(&serde_json::to_string(&RunEvent { time: Timestamp::now(), what })?);
        text.push('\n');
    }
    file.write_all(text.as_bytes())
}

fn step(unit: &str) -> RunEventKind {
    RunEventKind::Step { unit: unit.into(), step: Step::Apply, pid: Some(std::process::id()), early: false }
}

fn units(folder: &Path) -> Vec<Unit> {
    let unit = |name: &str| Unit {
        name: name.into(),
        tool: Tool::Terraform,
        dir: folder.join("units").join(name),
        workspace: None,
        var_files: Vec::new(),
        depends_on: Vec::new(),
        around: Around::default(),
    };
    vec![unit("a"), unit("b")]
}

fn started(folder: &Path, who: &Actor) -> Started {
    Started {
        run: "20991231T000000Z-apply-0001".into(),
        environment: "lab".into(),
        goal: Goal::Apply,
        units: units(folder),
        targets: Vec::new(),
        replace: Vec::new(),
        by: who.clone(),
        account: None,
        revision: None,
        dropped: Vec::new(),
        parallelism: 2,
        guarded: false,
        serial_init: false,
        pid: who.pid,
    }
}

fn order(folder: &Path, who: &Actor) -> cockpit::model::infra::RunOrder {
    cockpit::model::infra::RunOrder {
        environment: "lab".into(),
        goal: Goal::Apply,
        units: units(folder),
        targets: Vec::new(),
        replace: Vec::new(),
        parallelism: Some(2),
        guarded: false,
        account: None,
        by: who.clone(),
        terraform: "terraform".into(),
        terraform_said: String::new(),
        terragrunt: None,
        plugin_dir: None,
        profile: None,
        region: None,
        endpoint_url: None,
        world: cockpit::model::infra::state_endpoint::EndpointVariables::default(),
        declared: false,
        reads: Vec::new(),
        ahead: Vec::new(),
        skip_snapshots: false,
        command: "cockpit infra apply lab".into(),
    }
}
