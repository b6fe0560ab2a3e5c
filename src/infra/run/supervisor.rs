//! Drives a run: `cockpit internal infra-supervisor FOLDER`. Carries out the decisions of the schedule, records the events, and
//! takes requests of people. It ends nothing unless requested, and the steps it started continue without it.

mod adopt;
mod checks;
mod early_plans;
mod first_events;
mod guard_removal;
mod leftovers;
mod missing_outputs;
mod requests;
mod shows;
mod step_end;
mod stops;
#[cfg(test)]
mod tests;

use super::ahead;
use super::bound;
use super::events::{Reader, Writer};
use super::folder;
use super::masks::Masks;
use super::process;
use super::shim;
use super::show;
use super::start::READY;
use super::step_process::{self, Exit, Progress, Report, StepPlace};
use super::steps;
use super::supervisor_helpers::start_failure;
use crate::infra::environment::ChildEnvironment;
use crate::model::audit::Record;
use crate::model::infra::data_loss::{DataResource, Loss};
use crate::model::infra::run_event::{Actor, Goal, RunEvent, RunEventKind, Step, UnitEnd};
use crate::model::infra::schedule::{self, Decision};
use crate::model::infra::{RunOrder, RunState, Tool, Unit};
use crate::private_files;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The interval of checks for requests, while one is likely.
const POLL_INTERVAL: Duration = Duration::from_millis(4);
/// The same when nothing has happened for a while.
const SLOW_POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How long after an event a request is likely from somebody who approves without reading. A person who reads takes longer, and
/// does not notice a quarter of a second.
const REQUEST_WINDOW: Duration = Duration::from_secs(2);
/// How long to wait for the last process of a run to end.
const EXIT_LIMIT: Duration = Duration::from_secs(2);
/// The interval of attempts to write to a full disk.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The future account of the credentials, or why it is unknown.
pub type AccountFuture<'a> = Pin<Box<dyn Future<Output = Result<String, String>> + 'a>>;

/// Requests the account of an order's credentials.
pub type AccountLookup<'a> = &'a dyn Fn(RunOrder) -> AccountFuture<'a>;

/// The future counts of lost data for each of these resources.
pub type LossFuture<'a> = Pin<Box<dyn Future<Output = Vec<Loss>> + 'a>>;

/// Counts, with an order's credentials, the data that would be lost with resources.
pub type LossCounter<'a> = &'a dyn Fn(RunOrder, Vec<DataResource>) -> LossFuture<'a>;

/// Appends a record to the audit file.
pub type Audit<'a> = &'a dyn Fn(Record) -> io::Result<()>;

/// Returns the audit file of a run, which is beside the folder of runs.
pub fn audit_file(run: &Path) -> Option<PathBuf> {
    let run = std::path::absolute(run).ok()?;
    let runs = run.parent()?.parent()?;
    let simulated = runs.file_name().is_some_and(|name| name == "runs-simulated");
    Some(runs.with_file_name(if simulated { "audit-simulated.jsonl" } else { "audit.jsonl" }))
}

/// Drives the run in a folder to its end.
///
/// # Errors
/// If it was not started as a run is, has a supervisor already, or its folder cannot be written.
pub async fn supervise<'a>(
    run: &Path,
    who: Actor,
    audit: Audit<'a>,
    account: AccountLookup<'a>,
    counts: LossCounter<'a>,
) -> io::Result<()> {
    process::own_session()?;
    let run = std::path::absolute(run)?;
    let order = folder::order(&run)?;
    let runs = run.parent().and_then(Path::parent).map(Path::to_owned);
    let runs = runs.ok_or_else(|| io::Error::other("it is in no folder of runs"))?;
    let environment = folder::of_environment(&runs, &order.environment).join("lock");
    if !folder::is_locked(&environment)? {
        return Err(io::Error::other(
            "nothing holds the environment's lock: a run is started by the cockpit, not by hand",
        ));
    }
    let _lock = folder::lock_run(&run)?;
    // SIGINT and SIGTERM cancel the run. A terminal that closes does not affect it.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let _hangup = signal(SignalKind::hangup())?;
    let (out, reports) = channel(64);
    let around = steps::tool_environment(&order, std::env::vars_os());
    let outside = Outside { who, audit, account, counts };
    let mut supervisor = Supervisor::new(run, runs, order, around, outside, out)?;
    supervisor.shim()?;
    ahead::clear_marks(&supervisor.run);
    if supervisor.state.started.is_none() {
        supervisor.begin();
    } else {
        supervisor.adopt();
    }
    supervisor.flush_events().await;
    let mut stdout = io::stdout();
    // Nobody may be listening any more.
    let _ = stdout.write_all(READY.as_bytes()).and_then(|()| stdout.flush());
    // Old runs that cannot be removed do no harm.
    let _ = folder::rotate(&supervisor.runs, &supervisor.order.environment);
    let stops = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    supervisor.drive(reports, stops).await;
    // A Terragrunt with nothing left to do may still be exiting, and would look to the next run as if it worked.
    let end = Instant::now() + EXIT_LIMIT;
    while folder::has_running_step(&supervisor.run).unwrap_or(false) && Instant::now() < end {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    supervisor.end();
    Ok(())
}

/// The supervisor's identity, and its access to AWS and the audit file.
struct Outside<'a> {
    who: Actor,
    audit: Audit<'a>,
    account: AccountLookup<'a>,
    counts: LossCounter<'a>,
}

struct Supervisor<'a> {
    run: PathBuf,
    /// The folder of all environments' runs.
    runs: PathBuf,
    order: RunOrder,
    state: RunState,
    writer: Writer,
    /// The variables for the tools.
    around: ChildEnvironment,
    /// This process.
    who: Actor,
    audit: Audit<'a>,
    account: AccountLookup<'a>,
    counts: LossCounter<'a>,
    out: Sender<Report>,
    /// The hashing of the code that plans are made from, by unit.
    codes: BTreeMap<String, tokio::task::JoinHandle<bound::CodeHashes>>,
    /// Plans that are being read, by unit.
    showing: BTreeMap<String, tokio::task::JoinHandle<Result<show::ReadPlan, String>>>,
    /// The secret values in plans that are applied.
    masks: Masks,
    /// Lists of workspaces that are being read, by unit.
    listing: BTreeMap<String, tokio::task::JoinHandle<()>>,
    /// Applies that have ended while their state is read, by unit: the exit code, and why they failed.
    reading_state: BTreeMap<String, (Option<i32>, String)>,
    /// The account of the credentials, if it was requested in this round: units that start at the same time request it once.
    known_account: Option<Result<String, String>>,
    /// When Terraform's process of a unit was last interrupted.
    interrupted: BTreeMap<String, Instant>,
    /// When the programs around Terraform were sent SIGTERM, by unit.
    terminated_at: BTreeMap<String, Instant>,
    /// The files that changed while the latest plans of a unit were made, and the number of such plans in a row.
    unsettled: BTreeMap<String, (BTreeSet<PathBuf>, u32)>,
    /// Plans that were started ahead and must not continue, until they end: the unit and the reason.
    held_back: BTreeMap<String, String>,
    /// Whether it was reported that the audit file cannot be written.
    audit_failed: bool,
}

impl<'a> Supervisor<'a> {
    /// Creates the supervisor of a run with the state of its events. Nothing is started.
    fn new(
        run: PathBuf,
        runs: PathBuf,
        order: RunOrder,
        around: ChildEnvironment,
        outside: Outside<'a>,
        out: Sender<Report>,
    ) -> io::Result<Self> {
        let earlier = Reader::new(0).read_all(&run)?.events;
        let Outside { who, audit, account, counts } = outside;
        Ok(Self {
            state: RunState::of(&earlier),
            writer: Writer::open(&run)?,
            around,
            who,
            audit,
            account,
            counts,
            out,
            codes: BTreeMap::new(),
            showing: BTreeMap::new(),
            masks: Masks::default(),
            listing: BTreeMap::new(),
            reading_state: BTreeMap::new(),
            known_account: None,
            interrupted: BTreeMap::new(),
            terminated_at: BTreeMap::new(),
            unsettled: BTreeMap::new(),
            held_back: BTreeMap::new(),
            audit_failed: false,
            run,
            runs,
            order,
        })
    }
}

impl Supervisor<'_> {
    /// Links this program into the run's folder under the name of Terraform.
    fn shim(&self) -> io::Result<()> {
        let path = self.run.join(shim::NAME);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // If its file was replaced or removed, it still exists as the image of this process.
        let named = std::env::current_exe().ok().filter(|path| path.exists());
        let program = named.unwrap_or_else(|| PathBuf::from(format!("/proc/{}/exe", std::process::id())));
        std::os::unix::fs::symlink(program, path)
    }

    /// Records an event, and updates the state with it.
    fn emit(&mut self, what: RunEventKind) {
        let event = RunEvent { time: Timestamp::now(), what };
        self.state.apply(&event);
        self.writer.append(&event);
    }

    fn note(&mut self, unit: Option<&str>, text: impl Into<String>) {
        self.emit(RunEventKind::Note { unit: unit.map(str::to_owned), text: text.into() });
    }

    /// Waits until all events are written: nothing continues on a full disk.
    async fn flush_events(&mut self) {
        while !self.writer.flush() {
            self.known_account = None;
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// Loops until the run is over and no request is left.
    async fn drive(&mut self, mut reports: Receiver<Report>, mut stops: impl AsyncFnMut()) {
        let mut happened = Instant::now();
        loop {
            self.known_account = None;
            self.take_requests();
            self.stop_steps().await;
            self.decide().await;
            self.flush_events().await;
            // A run whose folder was removed can neither receive requests nor report events.
            if self.state.end.is_some() || !self.run.exists() {
                return;
            }
            let pause = if happened.elapsed() < REQUEST_WINDOW { POLL_INTERVAL } else { SLOW_POLL_INTERVAL };
            tokio::select! {
                report = reports.recv() => {
                    happened = Instant::now();
                    if let Some(report) = report {
                        self.handle_report(report).await;
                    }
                    // Process the other waiting reports too, so that their events are one write.
                    for _ in 0..64 {
                        let Ok(report) = reports.try_recv() else { break };
                        self.handle_report(report).await;
                    }
                }
                () = stops() => {
                    let by = self.who.clone();
                    self.cancel(by, false);
                }
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Carries out the decisions of the schedule until there is nothing left to do now.
    async fn decide(&mut self) {
        loop {
            let mut decisions = schedule::decide(&self.state);
            decisions.retain(|decision| !self.is_held_back(decision));
            if decisions.is_empty() {
                self.release_plans();
                return;
            }
            for decision in decisions {
                match decision {
                    // A cancel may have been requested while another step was started.
                    Decision::Begin { .. } if self.state.cancel.is_some() => {}
                    Decision::Begin { unit, step, early } => self.begin_step(&unit, step, early).await,
                    Decision::End { unit, end } => self.end_unit(unit, end),
                    Decision::Lifted { unit } => self.emit(RunEventKind::Lifted { unit }),
                    Decision::EndRun(end) => {
                        self.emit(RunEventKind::Ended { end });
                        return;
                    }
                }
            }
        }
    }

    fn unit(&self, name: &str) -> Option<Unit> {
        self.order.units.iter().find(|unit| unit.name == name).cloned()
    }

    fn place(&self, unit: &str, step: Step) -> StepPlace {
        StepPlace { run: self.run.clone(), unit: unit.to_owned(), step }
    }

    /// Starts a step. Its event is written first: a step without one has certainly not started.
    async fn begin_step(&mut self, name: &str, step: Step, early: bool) {
        let Some(unit) = self.unit(name) else { return };
        let earlier = self.state.units.get(name);
        if step == Step::Plan && earlier.is_some_and(schedule::is_waiting_early) {
            // It was started ahead and only has to continue.
            self.continue_plan(&unit).await;
            return;
        }
        let shortcuts = steps::Shortcuts { fresh: !earlier.is_some_and(schedule::is_initialised), ahead: early };
        self.emit(RunEventKind::Step { unit: name.to_owned(), step, pid: None, early });
        self.flush_events().await;
        if step == Step::Apply {
            // The event of an apply must survive a power cut; other steps would just be repeated.
            self.writer.sync();
        }
        let dir = self.state.units.get(name).and_then(|unit| unit.plan.as_ref()?.dir.clone());
        if step == Step::Show {
            self.start_reading_plan(&unit);
            return;
        }
        if let Some(why) = self.other_world(&unit, step).or_else(|| self.unpushed_state_reason(&unit, step)) {
            self.emit(RunEventKind::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why) });
            return;
        }
        // Hash the code while AWS is queried.
        let unit_to_hash = unit.clone();
        let code = (step == Step::Apply).then(|| tokio::task::spawn_blocking(move || bound::hash_code(&unit_to_hash)));
        if let Some(why) = self.wrong_account(step).await {
            self.emit(RunEventKind::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why) });
            return;
        }
        if let Some(code) = code
            && let Some(why) = self.differs_from_approved(&unit, code).await
        {
            self.emit(RunEventKind::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why.clone()) });
            self.emit(RunEventKind::PlanStale { unit: name.to_owned(), why });
            return;
        }
        if step == Step::Plan {
            if let Err(error) = ahead::clear_go(&self.run, name) {
                let why = format!("its folder cannot be written: {error}");
                self.emit(RunEventKind::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why) });
                return;
            }
            // The output of an earlier apply does not belong to this plan; whoever resumes the run must not mix them up.
            let _ = self.place(name, Step::Apply).rename_output();
            // Create the plan file first, since Terraform keeps the mode of an existing file, and the plan contains secrets.
            let _ = private_files::make(&folder::of_unit(&self.run, name));
            let _ = private_files::replace_for_now(&folder::plan_file(&self.run, name), b"");
            if let Err(why) = self.write_override(&unit) {
                self.emit(RunEventKind::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why) });
                return;
            }
            let unit_to_hash = unit.clone();
            self.codes.insert(name.to_owned(), tokio::task::spawn_blocking(move || bound::hash_code(&unit_to_hash)));
        }
        if step == Step::Init {
            super::state_endpoints::lend_record(&unit);
        }
        let lifting = self.lifting(&unit);
        let unit_step = steps::UnitStep { unit: &unit, step, dir: dir.as_deref(), lifting: lifting.as_ref() };
        let mut call = steps::call(&self.run, &self.order, &self.around, unit_step);
        if step == Step::Plan && unit.tool == Tool::Terragrunt {
            call = steps::with_shortcuts(call, &self.run, &self.order, &unit, shortcuts);
        }
        let place = self.place(name, step);
        match step_process::start(&place, &call) {
            Ok(child) => {
                let by_leaf =
                    step == Step::Plan && self.order.goal == Goal::Apply && self.order.ahead.contains(&unit.name);
                drop(tokio::spawn(step_process::follow(place, Some(child), 0, by_leaf, self.out.clone())));
            }
            Err(error) => {
                let why = start_failure(&call, &error);
                self.step_ended(name, step, &Exit::NotStarted(why));
            }
        }
    }

    /// Processes a report of a step.
    async fn handle_report(&mut self, report: Report) {
        let Report { unit, step, progress: what } = report;
        match what {
            Progress::Pid(pid) => {
                let early =
                    self.state.units.get(&unit).and_then(|unit| unit.step.as_ref()).is_some_and(|step| step.early);
                self.emit(RunEventKind::Step { unit, step, pid: Some(pid), early });
            }
            Progress::Lines(lines) => {
                for line in lines {
                    let message = self.parse_line(&unit, step, &line).await;
                    self.emit(RunEventKind::Said { unit: unit.clone(), step, message });
                }
            }
            Progress::Workspace(missing) => self.workspaces_listed(&unit, missing),
            Progress::Ended(_) if step == Step::Show => self.finish_reading_plan(&unit).await,
            Progress::Ended(exit) => self.step_ended(&unit, step, &exit),
            Progress::Unwritten(unwritten) => self.state_read(&unit, unwritten),
        }
    }

    fn end_unit(&mut self, unit: String, end: UnitEnd) {
        if let UnitEnd::Cancelled { in_flight, .. } = &end
            && !in_flight.is_empty()
        {
            let text =
                format!("was being changed at the cancel, and may exist and be in no state: {}", in_flight.join(", "));
            self.note(Some(&unit), text);
        }
        if end == UnitEnd::Done && self.order.goal == Goal::Apply && self.order.targets.is_empty() {
            // If it cannot be marked, its outputs are requested instead.
            let _ = ahead::mark_applied(&self.run, &unit);
        }
        self.emit(RunEventKind::UnitEnded { unit, end });
    }
}
