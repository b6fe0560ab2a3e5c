//! Commands that change an environment: what is typed becomes an operation, a yes is asked for, and it is
//! followed to its end. What it does is decided in `app::operation`, who may say yes in `app::safety`.

use super::context::Context;
use super::{printed, verdict};
use crate::app::confirm::READABLE;
use crate::app::operation::choose::{self, Offer};
use crate::app::operation::deploy::{self, Source};
use crate::app::operation::outcome::Verdict;
use crate::app::operation::steps::{self, Wanted};
use crate::app::operation::{Operation, OperationId, Operations, Stage, What};
use crate::app::safety::{self, Decision, Yes};
use crate::cli::lists::Autoscaling;
use crate::cli::operations::{Audit, Deploy, Power as PowerFlags, Rollback, Scale, Schedule, StopTask, Which};
use crate::cli::{ExitCode, Output, Report};
use crate::config::{Config, EnvironmentConfig};
use crate::headless::{self, operation as reports};
use crate::model::names::Shortening;
use crate::model::timer::Power;
use crate::model::{Source as Read, text};
use crate::runtime::clock::{Clock, system_zone};
use crate::runtime::stop::{StopSignal, StopSignals};
use crate::runtime::{Collected, Driver, audit as audit_file, forget_typed, typed_more};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::Instant;

/// How long the audit file is looked at for what was left before.
const LOOK_BACK: std::time::Duration = std::time::Duration::from_secs(2);

/// An opened environment and what its operations need.
struct Opened {
    config: Config,
    environment: EnvironmentConfig,
    zone: TimeZone,
}

fn open(context: &Context) -> Result<Opened, Report> {
    let (loaded, environment) = context.open()?;
    let environment = context.session().overrides.apply(environment);
    let zone = environment.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(system_zone);
    Ok(Opened { config: loaded.config, environment, zone })
}

impl Opened {
    fn needs_cluster(&self) -> Result<(), Report> {
        if self.environment.cluster.is_some() {
            return Ok(());
        }
        Err(Report::usage(format!("{} has no containers", self.environment.name))
            .hint("an environment with services names its `cluster` in the configuration"))
    }

    fn driver(&self, context: &Context) -> Driver {
        let file = audit_file::path(self.config.audit_file.as_deref());
        let mut driver = Driver::new(&context.session().mark, self.zone.clone(), file, Clock::System);
        driver.operations.limit = context.cli.global.timeout;
        let left = context.limit().and_then(|left| SignedDuration::try_from(left).ok());
        driver.operations.deadline = left.and_then(|left| Clock::System.now().checked_add(left).ok());
        driver
    }
}

/// `--timeout` ended it before anything was asked for.
fn time_is_up(doing: &str) -> Report {
    let mut report = Report::new("timeout", format!("the time is up: {doing}"), ExitCode::TimedOut);
    report.causes.push("nothing was changed".to_owned());
    report.hint("give it more time with --timeout")
}

/// Whole and short names of the services that were typed, or of all.
async fn names(context: &Context, opened: &Opened, typed: &[String]) -> Result<Vec<(String, String)>, Report> {
    let all: Vec<String> = if let Some(exact) = opened.environment.exact_services() {
        exact.to_vec()
    } else {
        let reading = context.collect(&[Read::Services], false).await?;
        super::lists::refuse(&reading)?;
        let estate = &reading.collector.app.estate;
        if estate.services.value().is_none() || reading.collected == Collected::TimedOut {
            let why = estate.services.failure().cloned();
            if reading.collected == Collected::TimedOut {
                return Err(time_is_up("the services could not be listed in it"));
            }
            let report = Report::new("services", "the services cannot be listed", ExitCode::Failed);
            return Err(match why {
                Some(failure) => Report::of_failure("the services cannot be listed", &failure),
                None => report,
            });
        }
        estate.services.value().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let every: Vec<&str> = all.iter().map(String::as_str).collect();
    let shortening = Shortening::of(every.iter().copied());
    let short = |name: &str| shortening.short(name).to_owned();
    let home = headless::select::Home::of(&opened.environment, None);
    let wanted = headless::select::among("service", &every, typed, home)?.unwrap_or_else(|| all.clone());
    // In the configured order, each once.
    Ok(all.iter().filter(|name| wanted.contains(name)).map(|name| (name.clone(), short(name))).collect())
}

pub(super) async fn deploy(context: &Context, flags: &Deploy, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.needs_cluster()?;
    let mut whats: Vec<What> = Vec::new();
    for (service, short) in names(context, &opened, &flags.services).await? {
        let source = match (&flags.image, flags.force, flags.build) {
            (Some(image), ..) => Source::Image(image.clone()),
            (None, true, _) => Source::Force,
            (None, false, true) => {
                let config = EnvironmentConfig::build_of(&opened.config.builds, &service).ok_or_else(|| {
                    Report::new("config", format!("how {short} is built is not configured"), ExitCode::Usage)
                        .hint(format!("write [build.{short}] with its `context`, or build elsewhere and use --image"))
                })?;
                Source::Build { config: config.clone(), dirty: flags.dirty }
            }
            (None, false, false) => Source::Attach,
        };
        let roll_back = match (flags.rollback_on_failure, flags.no_rollback) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        };
        let request = deploy::Request::new(service, short, source, opened.config.hooks.clone());
        let (base, container) = (flags.from.clone(), flags.container.clone());
        whats.push(deploy::Request { base, container, roll_back, ..request }.into());
    }
    act(context, &opened, whats, flags.dry_run, out).await
}

pub(super) async fn rollback(context: &Context, flags: &Rollback, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.needs_cluster()?;
    let (service, short) = one(names(context, &opened, std::slice::from_ref(&flags.service)).await?)?;
    let source = Source::Back(flags.to.clone());
    let request = deploy::Request::new(service, short, source, opened.config.hooks.clone());
    act(context, &opened, vec![request.into()], flags.dry_run, out).await
}

fn one(mut names: Vec<(String, String)>) -> Result<(String, String), Report> {
    match (names.pop(), names.is_empty()) {
        (Some(name), true) => Ok(name),
        _ => Err(Report::usage("one service is needed").hint("name it, as `cockpit services` lists it")),
    }
}

pub(super) async fn scale(context: &Context, flags: &Scale, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.needs_cluster()?;
    let (service, short) = one(names(context, &opened, std::slice::from_ref(&flags.service)).await?)?;
    let wanted = Wanted::Scale {
        service,
        desired: flags.desired,
        min: flags.min,
        max: flags.max,
        move_limits: flags.move_limits,
    };
    let what = steps::Request { wanted, short }.into();
    act(context, &opened, vec![what], flags.dry_run, out).await
}

pub(super) async fn limits(
    context: &Context,
    flags: &Autoscaling,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.needs_cluster()?;
    if flags.services.len() != 1 {
        return Err(
            Report::usage("a change of autoscaling needs one service").hint("name it, as `cockpit services` lists it")
        );
    }
    let (service, short) = one(names(context, &opened, &flags.services).await?)?;
    let suspended = if flags.suspend { Some(true) } else { flags.resume.then_some(false) };
    let wanted = Wanted::Limits { service, min: flags.min, max: flags.max, suspended };
    let what = steps::Request { wanted, short }.into();
    act(context, &opened, vec![what], flags.dry_run, out).await
}

pub(super) async fn power(
    context: &Context,
    power: Power,
    flags: &PowerFlags,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let services = if opened.environment.cluster.is_some() {
        names(context, &opened, &[]).await?.into_iter().map(|(name, _)| name).collect()
    } else {
        Vec::new()
    };
    let wanted = Wanted::Power { power, services, databases: flags.databases, direct: flags.direct };
    let short = opened.environment.name.clone();
    let what = steps::Request { wanted, short }.into();
    act(context, &opened, vec![what], flags.dry_run, out).await
}

pub(super) async fn stop_task(
    context: &Context,
    flags: &StopTask,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.needs_cluster()?;
    let id = whole_id(context, &opened, &flags.task).await?;
    let short = crate::app::operation::watch::short(&id).to_owned();
    let what = steps::Request { wanted: Wanted::StopTask { id }, short }.into();
    act(context, &opened, vec![what], flags.dry_run, out).await
}

/// A task by the beginning of its id. Source of the length: ECS task ids are 32 hexadecimal digits.
async fn whole_id(context: &Context, opened: &Opened, typed: &str) -> Result<String, Report> {
    let typed = headless::select::Home::of(&opened.environment, None).bare("task", typed)?;
    if typed.len() == 32 && typed.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(typed.to_owned());
    }
    let reading = context.collect(&[Read::Services, Read::Tasks], false).await?;
    super::lists::refuse(&reading)?;
    if reading.collected == Collected::TimedOut {
        return Err(time_is_up("the tasks could not be listed in it"));
    }
    let tasks = reading.collector.app.estate.tasks.value();
    let mut found = tasks.into_iter().flatten().map(|(id, _)| id).filter(|id| id.starts_with(typed));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id.clone()),
        (None, _) => {
            Err(Report::usage(format!("no task's id begins with `{typed}`")).hint("`cockpit tasks` lists them"))
        }
        (Some(_), Some(_)) => {
            Err(Report::usage(format!("several tasks' ids begin with `{typed}`")).hint("write more of it"))
        }
    }
}

pub(super) async fn schedule(context: &Context, flags: &Schedule, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let of = |which: Which| if which == Which::Stop { Power::Stop } else { Power::Start };
    let change = flags.skip.map(|which| (of(which), false)).or(flags.unskip.map(|which| (of(which), true)));
    if let Some((power, undo)) = change {
        let short = opened.environment.name.clone();
        let what = steps::Request { wanted: Wanted::Skip { power, undo }, short }.into();
        return act(context, &opened, vec![what], flags.dry_run, out).await;
    }
    let mut driver = opened.driver(context);
    let request = choose::Request { service: String::new(), title: "schedule".to_owned(), offer: Offer::Timers };
    let id = driver.start(request, &opened.environment);
    driver.until(|all| all.get(id).is_none_or(|operation| operation.outcome.is_some()), |_| {}).await;
    let Some(operation) = driver.operations.get(id) else { return Ok(ExitCode::Failed) };
    if let Some(outcome) = operation.outcome.as_ref().filter(|outcome| outcome.verdict != Verdict::Done) {
        return Err(reports::not_begun(operation, outcome));
    }
    let timers = operation.machine().choices().map(|choices| choices.timers.as_slice()).unwrap_or_default();
    let report = reports::schedule(timers, &opened.environment.name, driver.service_now(), &opened.zone);
    printed(headless::print(out, &report, context.output()?, Context::width()).map(drop))
}

pub(super) fn audit(context: &Context, flags: &Audit, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let path = audit_file::path(opened.config.audit_file.as_deref()).ok_or_else(|| {
        Report::new("audit", "there is no home folder to keep the audit file in", ExitCode::Failed)
            .hint("name a file with `audit_file` in the configuration")
    })?;
    let (records, odd) = audit_file::read(&path).map_err(|error| {
        Report::new("audit", format!("the audit file {} cannot be read", path.display()), ExitCode::Failed)
            .caused_by(&error)
            .hint("check its permissions, or name another one with `audit_file`")
    })?;
    let environment = (!flags.all).then_some(opened.environment.name.as_str());
    let shown = headless::Shown { now: jiff::Timestamp::now(), zone: opened.zone.clone() };
    let report = reports::audit(records, odd, path.display().to_string(), environment, flags.last, shown);
    printed(headless::print(out, &report, context.output()?, Context::width()).map(drop))
}

/// Looks at all that was asked for, asks for one yes, and does one after the other up to the first failure.
async fn act(
    context: &Context,
    opened: &Opened,
    whats: Vec<What>,
    dry_run: bool,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let output = context.output()?;
    let mut stops = StopSignals::new()
        .map_err(|error| Report::new("signals", "signals cannot be taken", ExitCode::Failed).caused_by(&error))?;
    if !dry_run {
        left_before(opened).await;
    }
    let mut driver = opened.driver(context);
    let ids: Vec<OperationId> = whats.into_iter().map(|what| driver.start(what, &opened.environment)).collect();
    let mut told = Told::new(opened.zone.clone());
    let looked = |all: &Operations| {
        ids.iter().all(|id| all.get(*id).is_none_or(|operation| !matches!(operation.stage, Stage::Looking)))
    };
    tokio::select! {
        () = driver.until(looked, |_| {}) => {}
        stop = stops.next() => return Ok(stop.code()),
    }
    let all: Vec<&Operation> = ids.iter().filter_map(|id| driver.operations.get(*id)).collect();
    let attach = all.iter().all(|operation| operation.only_looks());
    if let Some((operation, outcome)) =
        all.iter().find_map(|operation| Some((*operation, operation.outcome.as_ref()?))).filter(|_| !attach)
    {
        // What stops one stops all: nothing was changed yet.
        for other in all.iter().filter(|other| other.plan.is_some()) {
            tell_plan(other);
        }
        return Err(reports::not_begun(operation, outcome));
    }
    if dry_run {
        for operation in &all {
            tell_plan(operation);
        }
        let report = reports::report(&all, true);
        return printed(headless::print(out, &report, output, Context::width()).map(drop));
    }
    if !attach {
        for operation in &all {
            tell_plan(operation);
        }
        let risk = all.iter().filter_map(|operation| operation.plan.as_ref()).map(|plan| plan.risk).max();
        let answer = tokio::select! {
            biased;
            // Nothing was changed: the read of the terminal is left behind, and the process ends.
            stop = stops.next() => {
                let _ = writeln!(io::stderr());
                return Ok(stop.code());
            }
            () = over(context) => return Err(time_is_up("no yes came in it")),
            answer = said_yes(context, opened, risk.unwrap_or(crate::app::command::Risk::Change)) => answer?,
        };
        if !answer {
            return Err(Report::new("cancelled", "nothing was changed: the answer was no", ExitCode::Refused));
        }
    }
    let mut code = ExitCode::Done;
    let mut done = Vec::new();
    for id in &ids {
        done.push(*id);
        if !attach {
            driver.confirm(*id);
        }
        let stop = follow(&mut driver, *id, &mut told, &mut stops).await;
        let Some(operation) = driver.operations.get(*id) else { continue };
        code = reports::exit_code(operation);
        if let Some(outcome) = &operation.outcome {
            // Why one was not begun may quote what a program printed, which is nobody's business.
            let begun = operation.began().map_or("", |_| outcome.summary.as_str());
            tracing::info!("{} ended: {} {begun}", operation.title, outcome.verdict.word());
        }
        // A person ended it before the environment was changed; a program that was running was interrupted, too.
        if let Some(stop) = stop
            && matches!(ended_as(operation), Some(Verdict::Cancelled | Verdict::Impossible))
        {
            code = stop.code();
        }
        if code != ExitCode::Done {
            break;
        }
    }
    let finished: Vec<&Operation> = done.iter().filter_map(|id| driver.operations.get(*id)).collect();
    let report = reports::report(&finished, false);
    let written = headless::print(out, &report, output, Context::width());
    if output != Output::Table || written.is_err() {
        // The verdict stands on stderr for whoever reads along.
        for operation in &finished {
            let told = |verdict: Verdict| verdict != Verdict::Done || written.is_err();
            if let Some(outcome) = operation.outcome.as_ref().filter(|outcome| told(outcome.verdict)) {
                say(&outcome.summary);
            }
        }
    }
    verdict(written.map(drop), code)
}

/// Tells what an earlier run has left behind in the audit file, and whether others can read it.
async fn left_before(opened: &Opened) {
    let Some(path) = audit_file::path(opened.config.audit_file.as_deref()) else { return };
    let looking = tokio::task::spawn_blocking(move || audit_file::look_back(&path, Clock::System.now()));
    // A file system that does not answer is told where something is written.
    let told = tokio::time::timeout(LOOK_BACK, looking).await;
    for said in told.into_iter().flatten().flatten() {
        say(&said);
    }
}

fn ended_as(operation: &Operation) -> Option<Verdict> {
    operation.outcome.as_ref().map(|outcome| outcome.verdict)
}

/// Ends when `--timeout` is over.
async fn over(context: &Context) {
    match context.limit() {
        Some(left) => tokio::time::sleep(left).await,
        None => std::future::pending().await,
    }
}

/// Follows one operation to its end; Ctrl-C, SIGTERM or SIGHUP leaves it, a second one at once. Which came first.
async fn follow(driver: &mut Driver, id: OperationId, told: &mut Told, stops: &mut StopSignals) -> Option<StopSignal> {
    let mut leaving = None;
    loop {
        let over = |all: &Operations| {
            all.get(id).is_none_or(|operation| operation.outcome.is_some()) && !all.waits_for_audit(id)
        };
        tokio::select! {
            biased;
            // Before its effects: a terminal interrupts the programs that run, too.
            stop = stops.next() => {
                if leaving.is_some() {
                    return leaving;
                }
                leaving = Some(stop);
                driver.leave(id);
            }
            () = driver.until(over, |all| told.news(all, id)) => return leaving,
        }
    }
}

/// Whether the flags, or a person at the terminal, say yes.
async fn said_yes(context: &Context, opened: &Opened, risk: crate::app::command::Risk) -> Result<bool, Report> {
    let global = &context.cli.global;
    let flags = safety::Flags { read_only: global.read_only, yes: global.yes, confirm: global.confirm.clone() };
    let prompt = io::stdin().is_terminal() && io::stderr().is_terminal();
    match safety::decide(risk, &opened.environment, &flags, prompt) {
        Decision::Go => Ok(true),
        Decision::Refuse(why, hint) => {
            Err(Report::new("refused", format!("nothing was changed: {why}"), ExitCode::Refused).hint(hint))
        }
        Decision::Ask(yes) => Ok(tokio::task::spawn_blocking(move || ask(&yes)).await.unwrap_or(false)),
    }
}

/// Asks a person. What was typed before the question is no answer to it.
fn ask(yes: &Yes) -> bool {
    let question = match yes {
        Yes::Key => "do it? [Y/n] ".to_owned(),
        Yes::Chosen => "do it? [y/N] ".to_owned(),
        Yes::Typed(name) => format!("type {name} to do it: "),
    };
    loop {
        // First, so that a program that answers for a person at once is heard.
        forget_typed();
        let mut err = io::stderr();
        let _ = write!(err, "{question}").and_then(|()| err.flush());
        let asked = Instant::now();
        let mut answer = String::new();
        if io::stdin().lock().read_line(&mut answer).unwrap_or(0) == 0 {
            return false;
        }
        let said = yes.said(&answer);
        // A second Enter of the command's own may still have been on its way, over ssh for one, or is held down.
        let early = asked.elapsed() < READABLE.unsigned_abs() || typed_more();
        if said && answer.trim().is_empty() && early {
            say("not taken: it came before this could be read");
            continue;
        }
        return said;
    }
}

/// A line for whoever reads along.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", text::harmless(line));
}

fn tell_plan(operation: &Operation) {
    tracing::info!("{} in {}: this is the plan", operation.title, operation.environment.name);
    for line in reports::plan(operation) {
        say(&line);
    }
}

/// What was told on stderr so far.
struct Told {
    zone: TimeZone,
    lines: usize,
    of: Option<OperationId>,
}

impl Told {
    fn new(zone: TimeZone) -> Self {
        Self { zone, lines: 0, of: None }
    }

    /// Lines that are new since the last time.
    fn news(&mut self, all: &Operations, id: OperationId) {
        let Some(operation) = all.get(id) else { return };
        if self.of != Some(id) {
            self.of = Some(id);
            self.lines = 0;
        }
        let total = operation.dropped + operation.lines.len();
        let new = total.saturating_sub(self.lines).min(operation.lines.len());
        for line in &operation.lines[operation.lines.len() - new..] {
            say(&reports::line(line, &self.zone));
        }
        self.lines = total;
    }
}
