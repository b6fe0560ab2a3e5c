//! `--estimate`: finds the plans or makes new ones, and estimates their costs. AWS is not called, except for the
//! identity check before a new plan.

use super::args::Arguments;
use super::estimate_report::{self, PlanDto};
use crate::cli::{ExitCode, Report};
use crate::commands::change_target::time_is_up;
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::commands::report_output::{emit, print_result, verdict_code};
use crate::config::{Config, EnvironmentConfig};
use crate::feeds::runs::Place;
use crate::headless::TimeDisplay;
use crate::infra::run::events::Reader;
use crate::infra::run::{folder, ordered, requests, start, state_endpoints};
use crate::infra::{DiscoverOptions, discover_as};
use crate::model::Source;
use crate::model::estimate::coverage::{self, Cover};
use crate::model::estimate::prices::Prices;
use crate::model::estimate::{Unit, estimate};
use crate::model::infra::RunState;
use crate::model::infra::plan::Plan;
use crate::model::infra::run_event::{Goal, Request, RequestKind};
use crate::model::infra::run_order::ListedRun;
use crate::runtime::audit;
use crate::runtime::clock::zone;
use crate::runtime::stop::{StopSignal, StopSignals, unless_stopped};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The polling interval of a running plan.
const LOOK: Duration = Duration::from_millis(100);
/// The maximum size of a plan's JSON, in bytes.
const MOST: u64 = 1 << 30;

/// The plans by unit, and the description of each.
type Plans = (Vec<(String, Plan)>, Vec<PlanDto>);

pub(super) async fn run(
    context: &Context,
    arguments: &Arguments,
    config: Config,
    environment: &EnvironmentConfig,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let name = environment.name.clone();
    let zone = zone(environment.timezone.as_deref());
    let Some(region) = context.global.region.clone().or_else(|| environment.region.clone()) else {
        return Err(Report::usage(format!("the region of {name} is not known, and prices are of a region"))
            .hint("write `region` into the configuration, or give --region"));
    };
    let (plans, from) = if !arguments.plans.is_empty() {
        of_files(&arguments.plans)?
    } else if arguments.now {
        let run = Box::pin(make_plan(context, config, environment)).await?;
        of_run(&run, &read(&run)?, None)?
    } else {
        let (run, state) = recorded_run(&config, &name, arguments.run.as_deref())?;
        // The run may cover only some of the environment's units.
        let found = context.in_time(Box::pin(discover_as(environment, DiscoverOptions::default()))).await;
        let found = found.ok_or_else(|| time_is_up("the units were not found"))?;
        let units = found.map(|found| found.graph.units().iter().map(|unit| unit.name.clone()).collect());
        of_run(&run, &state, Some(units.map_err(|trouble| trouble.message)))?
    };
    let bills = plans.iter().filter_map(|(unit, plan)| Some(Unit { name: unit, bill: plan.bill.as_ref()? }));
    let units: Vec<Unit<'_>> = bills.collect();
    let (prices, now) = (Prices::built_in(), Timestamp::now());
    let estimate = estimate(&units, &prices, &region, now);
    let report = estimate_report::report(&estimate, &prices, &name, &region, from, TimeDisplay { now, zone });
    let code = if report.complete { ExitCode::Done } else { ExitCode::Incomplete };
    verdict_code(emit(context, &report, out), code)
}

/// The part of the output of `terraform show -json` that is read here.
#[derive(serde::Deserialize)]
struct Whole {
    /// Whether applying the plan leaves nothing to do; `false` for a plan with targets. Terraform before 1.8 does not
    /// report it.
    complete: Option<bool>,
}

/// Reads the plans from files.
fn of_files(files: &[PathBuf]) -> Result<Plans, Report> {
    let (mut plans, mut from) = (Vec::new(), Vec::new());
    for file in files {
        let shown = if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() };
        let unit = file.file_stem().map_or_else(|| shown.clone(), |stem| stem.to_string_lossy().into_owned());
        let unread = |error: &io::Error| {
            Report::new("system", format!("{shown} cannot be read"), ExitCode::Usage).caused_by(error)
        };
        let mut text = Vec::new();
        let read = if file.as_os_str() == "-" {
            io::stdin().lock().take(MOST).read_to_end(&mut text)
        } else {
            std::fs::File::open(file).and_then(|file| file.take(MOST).read_to_end(&mut text))
        };
        read.map_err(|error| unread(&error))?;
        let plan = Plan::read(&text).map_err(|error| {
            Report::usage(format!("{shown} is not a plan"))
                .cause(error.to_string())
                .hint(format!("a plan file is made readable with `terraform show -json {shown} > plan.json`"))
        })?;
        let complete = serde_json::from_slice::<Whole>(&text).ok().and_then(|whole| whole.complete);
        let cover = Cover {
            partial: coverage::partial(complete == Some(false), &plan),
            missing: coverage::missing_costs_reason(&plan),
            ..Cover::complete(&unit)
        };
        from.push(PlanDto::new(cover, shown, None));
        plans.push((unit, plan));
    }
    Ok((plans, from))
}

/// Returns the folder of all environments' runs.
fn place(config: &Config) -> Result<PathBuf, Report> {
    audit::runs_folder(&Place { audit_file: config.audit_file.clone(), simulated: false }).ok_or_else(|| {
        Report::new("system", "there is no home folder to keep runs in", ExitCode::Failed)
            .hint("set HOME, or `audit_file`")
    })
}

/// Returns the named run, or the latest one with plans. Drift and destroy runs do not count: their plans do not
/// describe the environment to be built.
fn recorded_run(config: &Config, environment: &str, named: Option<&str>) -> Result<(PathBuf, RunState), Report> {
    let runs = place(config)?;
    let listed = folder::list(&runs, environment).map_err(|error| {
        Report::new("system", format!("the runs in {} cannot be listed", runs.display()), ExitCode::Failed)
            .caused_by(&error)
            .hint("check that it is a folder that can be read; runs are kept beside `audit_file` of the configuration")
    })?;
    let plans = |run: &&ListedRun| {
        let goal = run.order.as_ref().map(|order| order.goal);
        goal.is_some_and(coverage::describes_intended_resources) && named.is_none_or(|named| run.run.contains(named))
    };
    let hint =
        "`cockpit infra plan` plans it, or --now does here; --plan FILE takes what `terraform show -json` printed";
    for run in listed.iter().filter(plans) {
        let state = read(&run.folder);
        if named.is_some() || state.as_ref().is_ok_and(|state| state.units.values().any(|unit| unit.plan.is_some())) {
            return Ok((run.folder.clone(), state?));
        }
    }
    Err(match named {
        Some(named) => Report::usage(format!("{environment} has no run `{named}` that planned"))
            .hint("`cockpit infra runs` lists them"),
        None => Report::usage(format!("{environment} has no run that planned")).hint(hint),
    })
}

/// Reads the state of a run.
fn read(run: &Path) -> Result<RunState, Report> {
    let news = Reader::new(0).read_all(run).map_err(|error| unread(&run.display().to_string(), &error))?;
    Ok(RunState::of(&news.events))
}

fn unread(what: &str, error: &io::Error) -> Report {
    Report::new("system", format!("{what} cannot be read"), ExitCode::Failed).caused_by(error)
}

/// Returns the plans of a run, and its units without a plan. If `environment` lists the environment's units, those that
/// the run lacks are included.
fn of_run(run: &Path, state: &RunState, environment: Option<Result<Vec<String>, String>>) -> Result<Plans, Report> {
    let mut plans: BTreeMap<&str, Plan> = BTreeMap::new();
    for unit in state.in_order() {
        let Some(plan) = &state.units[unit].plan else { continue };
        let text = std::fs::read(&plan.shown).map_err(|error| unread(&format!("the plan of {unit}"), &error))?;
        let plan =
            serde_json::from_slice(&text).map_err(|error| unread(&format!("the plan of {unit}"), &error.into()))?;
        plans.insert(unit, plan);
    }
    let mut covers = coverage::of_run(state, |unit| plans.get(unit));
    if plans.is_empty() {
        let mut report = Report::new("infra", "no unit could be planned", ExitCode::Failed);
        for cover in &covers {
            report = report.cause(format!("{}: {}", cover.unit, cover.missing.as_deref().unwrap_or_default()));
        }
        return Err(report.hint("`cockpit infra plan` shows the output of each unit"));
    }
    if let Some(units) = environment {
        coverage::add_missing_units(&mut covers, units);
    }
    let made = state.began.map(|began| began.to_string());
    let name = folder::name(run);
    let from = covers.into_iter().map(|cover| PlanDto::new(cover, &name, made.clone())).collect();
    Ok((plans.into_iter().map(|(unit, plan)| (unit.to_owned(), plan)).collect(), from))
}

/// Plans every unit, waits for the end, and returns the run's folder.
async fn make_plan(context: &Context, config: Config, environment: &EnvironmentConfig) -> Result<PathBuf, Report> {
    let found = unless_stopped(context.in_time(Box::pin(discover_as(environment, DiscoverOptions::default())))).await?;
    let found = found.ok_or_else(|| time_is_up("the units were not found"))?.map_err(|trouble| {
        let mut report = Report::new(trouble.kind.name(), trouble.message, ExitCode::Failed);
        report.causes = trouble.causes;
        report.hint = trouble.hint;
        report
    })?;
    if found.graph.units().is_empty() {
        return Err(Report::usage(format!("{} has no units", environment.name))
            .hint("`cockpit infra graph` shows where they are searched"));
    }
    let runs = place(&config)?;
    let command = environment.command_scope().command(&format!("cockpit cost {} --estimate --now", environment.name));
    let mut order = ordered::build_order(&found, environment, Goal::Plan, audit::current_process(), command);
    if let Some(why) = state_endpoints::other_world(&runs, &order) {
        return Err(Report::new("refused", format!("nothing of {} is planned", environment.name), ExitCode::Refused)
            .cause(why)
            .hint(crate::model::infra::state_endpoint::HINT));
    }
    if environment.account.is_some() {
        let collected = Box::pin(context.collect_in(config, environment.clone(), &[Source::Identity], false));
        let reading = unless_stopped(collected).await?;
        reading.check_credentials()?;
        order.account = reading.collector.app.estate.identity.value().map(|identity| identity.account.clone());
    }
    // From here on Ctrl-C is handled: it cancels the run that was started.
    let stops = StopSignals::new().ok();
    let run = start::start(&start::this_program(), &runs, &order, Timestamp::now()).await.map_err(|error| {
        Report::new("refused", "the plan cannot be made", ExitCode::Refused)
            .cause(error.sentence())
            .hint("`cockpit infra runs` shows what is running")
    })?;
    print_note(&format!("planning {} units of {}: {}", order.units.len(), environment.name, folder::name(&run)));
    follow(context, &run, stops).await?;
    Ok(run)
}

/// Waits until a run ends. An interrupt cancels it, which is safe because a plan changes nothing.
async fn follow(context: &Context, run: &Path, mut stops: Option<StopSignals>) -> Result<(), Report> {
    let mut reader = Reader::new(0);
    let mut state = RunState::default();
    let unread = |error: &io::Error| {
        Report::new("system", format!("the run in {} cannot be read", run.display()), ExitCode::Failed).caused_by(error)
    };
    loop {
        let live = folder::has_supervisor(run).map_err(|error| unread(&error))?;
        let news = reader.read_all(run).map_err(|error| unread(&error))?;
        for event in &news.events {
            state.apply(event);
        }
        if state.end.is_some() {
            return Ok(());
        }
        if !live && news.events.is_empty() {
            return Err(Report::new("system", "the plan ended half-way: nothing drives it any more", ExitCode::Failed)
                .hint(format!("`cockpit infra resume {}` resumes it", folder::name(run))));
        }
        let left = context.time_left();
        let ended = tokio::select! {
            signal = next(&mut stops) => Some((signal.code(), "the plan was interrupted")),
            () = tokio::time::sleep(LOOK) => {
                left.filter(Duration::is_zero).map(|_| (ExitCode::TimedOut, "the time is up"))
            }
        };
        if let Some((code, words)) = ended {
            let wish = RequestKind::Cancel { hard: false };
            let request = Request { time: Timestamp::now(), by: audit::current_process(), wish };
            print_result(requests::send(run, &request).map(drop))?;
            return Err(Report::new("cancelled", format!("{words}, and it was cancelled"), code));
        }
    }
}

/// Waits for the next signal; forever if no signal handler could be installed.
async fn next(stops: &mut Option<StopSignals>) -> StopSignal {
    match stops {
        Some(stops) => stops.next().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headless::Printable as _;
    use crate::model::infra::plan::Bill;
    use crate::private_files;
    use serde_json::json;

    fn report(plans: Vec<PlanDto>) -> estimate_report::CostEstimate {
        let estimate = crate::model::estimate::Estimate::default();
        estimate_report::report(&estimate, &Prices::built_in(), "lab", "ap-northeast-1", plans, TimeDisplay::default())
    }

    /// Makes a folder with a run over the unit `app`.
    fn run(name: &str, targets: &[&str], plan: &Plan) -> PathBuf {
        let run = std::env::temp_dir().join(format!("cockpit-estimate-{name}-{}", std::process::id()));
        private_files::make(&run).unwrap();
        let shown = run.join("app.json");
        std::fs::write(&shown, serde_json::to_vec(plan).unwrap()).unwrap();
        let time = "2026-11-28T20:33:39Z";
        let started = json!({
            "time": time, "event": "started", "run": name, "environment": "lab", "goal": "plan", "targets": targets,
            "units": [{"name": "app", "tool": "terraform", "dir": "/lab/app"}],
            "by": {"user": "kenta", "host": "mac", "pid": 1}, "account": null, "revision": null,
            "parallelism": 1, "guarded": false, "pid": 1,
        });
        let planned = json!({
            "time": time, "event": "plan_ready", "unit": "app",
            "plan": {
                "sha256": "00", "summary": {"add": 0, "change": 0, "remove": 0}, "drifted": 0, "empty": true,
                "on_mocks": false, "shown": shown,
            },
        });
        std::fs::write(run.join(folder::EVENTS), format!("{started}\n{planned}\n")).unwrap();
        run
    }

    #[test]
    fn run_with_targets_or_plan_errors_is_incomplete() {
        let complete = Plan { bill: Some(Bill::default()), ..Plan::default() };
        let errored = Plan { errored: true, ..complete.clone() };
        for (name, targets, plan, why) in [
            ("whole", 0, &complete, None),
            ("targets", 1, &complete, Some("its plan is of some resources alone (--target)")),
            ("errors", 0, &errored, Some("its plan was made with errors")),
        ] {
            let run = run(name, &["aws_lb.a"][..targets], plan);
            let (plans, from) = of_run(&run, &read(&run).unwrap(), None).unwrap();
            std::fs::remove_dir_all(run).unwrap();
            assert_eq!((plans.len(), from.len()), (1, 1), "{name}");
            assert_eq!(from[0].partial.as_deref(), why, "{name}");
            let report = report(from);
            assert_eq!(report.complete, why.is_none(), "{name}");
            let wanted = "! more may belong in the sum than the plan of app has";
            let noted = report.notes().iter().any(|note| note.starts_with(wanted));
            assert_eq!(noted, why.is_some(), "{name}: {:?}", report.notes());
        }
    }

    #[test]
    fn plan_file_with_targets_is_partial() {
        let file = std::env::temp_dir().join(format!("cockpit-estimate-file-{}.json", std::process::id()));
        let mut show = crate::model::infra::plan::testing::show(&[]);
        show["complete"] = json!(false);
        std::fs::write(&file, show.to_string()).unwrap();
        let (_, from) = of_files(std::slice::from_ref(&file)).unwrap();
        std::fs::remove_file(file).unwrap();
        assert!(from[0].partial.as_deref().unwrap().contains("--target"), "{from:?}");
        assert!(!report(from).complete);
    }
}
