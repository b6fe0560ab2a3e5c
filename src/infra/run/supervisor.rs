//! Drives a run: `cockpit internal infra-supervisor FOLDER`. It carries out what the schedule decides, writes down what
//! happens, and takes what people ask. It ends nothing unasked, and what it began goes on without it.

mod adopt;
mod asked;
mod begin;
mod checks;
mod ends;
mod leavings;
mod lift;
mod shows;
mod stops;
#[cfg(test)]
mod tests;
mod unapplied;
mod waits;

use super::ahead;
use super::around::not_started;
use super::bound;
use super::events::{Reader, Writer};
use super::folder;
use super::leaf::{self, Exit, News, Place, Told};
use super::masks::Masks;
use super::process;
use super::shim;
use super::show;
use super::start::READY;
use super::steps;
use crate::infra::surroundings::ChildEnvironment;
use crate::model::audit::Record;
use crate::model::infra::loss::{Held, Loss};
use crate::model::infra::run_event::{Goal, RunEvent, Step, UnitEnd, What, Who};
use crate::model::infra::schedule::{self, Decision};
use crate::model::infra::{Order, RunState, Tool, Unit};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The interval between two looks at what people ask, while somebody is likely to.
const LOOK: Duration = Duration::from_millis(4);
/// The same when nothing has happened for a while.
const LOOK_SELDOM: Duration = Duration::from_millis(250);
/// How long after something happened somebody who approves without reading is likely to ask; a person who reads takes longer,
/// and does not see a quarter of a second.
const LIKELY: Duration = Duration::from_secs(2);
/// How long the last process of a run is waited for.
const LAST: Duration = Duration::from_secs(2);
/// The interval between two tries to write on a full disk.
const FULL: Duration = Duration::from_millis(500);

/// The account of the credentials, or why nobody knows, when it is there.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Result<String, String>> + 'a>>;

/// Asks whose account the credentials of an order are of.
pub type Account<'a> = &'a dyn Fn(Order) -> Asked<'a>;

/// The counts of lost data of each of these resources.
pub type Counted<'a> = Pin<Box<dyn Future<Output = Vec<Loss>> + 'a>>;

/// Counts, with the credentials of an order, what is lost with resources.
pub type Counts<'a> = &'a dyn Fn(Order, Vec<Held>) -> Counted<'a>;

/// Writes a line of the audit file.
pub type Audit<'a> = &'a dyn Fn(Record) -> io::Result<()>;

/// The audit file of a run: beside where it is kept.
pub fn audit_file(run: &Path) -> Option<PathBuf> {
    let run = std::path::absolute(run).ok()?;
    let runs = run.parent()?.parent()?;
    let simulated = runs.file_name().is_some_and(|name| name == "runs-simulated");
    Some(runs.with_file_name(if simulated { "audit-simulated.jsonl" } else { "audit.jsonl" }))
}

/// Drives the run in a folder to its end.
///
/// # Errors
/// When it was not started as a run is, is driven already, or its folder cannot be written.
pub async fn supervise<'a>(
    run: &Path,
    who: Who,
    audit: Audit<'a>,
    account: Account<'a>,
    counts: Counts<'a>,
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
    let _lock = folder::drive(&run)?;
    // Whoever is told to end as everything else is cancels the run; a terminal that closes is not ours.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let _hangup = signal(SignalKind::hangup())?;
    let (out, told) = channel(64);
    let around = steps::surroundings(&order, std::env::vars_os());
    let outside = Outside { who, audit, account, counts };
    let mut supervisor = Supervisor::new(run, runs, order, around, outside, out)?;
    supervisor.shim()?;
    ahead::unmark(&supervisor.run);
    if supervisor.state.started.is_none() {
        supervisor.begin();
    } else {
        supervisor.adopt();
    }
    supervisor.written().await;
    let mut stdout = io::stdout();
    // Nobody may listen any more.
    let _ = stdout.write_all(READY.as_bytes()).and_then(|()| stdout.flush());
    // Old runs that cannot be removed do no harm.
    let _ = folder::rotate(&supervisor.runs, &supervisor.order.environment);
    let stops = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    supervisor.drive(told, stops).await;
    // A Terragrunt that has nothing left to do may not have ended: whoever begins the next run would take it for one that works.
    let end = Instant::now() + LAST;
    while folder::works(&supervisor.run).unwrap_or(false) && Instant::now() < end {
        tokio::time::sleep(LOOK).await;
    }
    supervisor.end();
    Ok(())
}

/// The supervisor's identity, and its ways to ask those around it.
struct Outside<'a> {
    who: Who,
    audit: Audit<'a>,
    account: Account<'a>,
    counts: Counts<'a>,
}

struct Supervisor<'a> {
    run: PathBuf,
    /// The folder of all environments' runs.
    runs: PathBuf,
    order: Order,
    state: RunState,
    writer: Writer,
    /// The variables of the tools.
    around: ChildEnvironment,
    /// This process.
    who: Who,
    audit: Audit<'a>,
    account: Account<'a>,
    counts: Counts<'a>,
    out: Sender<Told>,
    /// The code that plans are made of, by unit, looked at while they are made.
    codes: BTreeMap<String, tokio::task::JoinHandle<bound::Code>>,
    /// Plans that are being read, by unit.
    showing: BTreeMap<String, tokio::task::JoinHandle<Result<show::Read, String>>>,
    /// The secret values in plans that are applied.
    masks: Masks,
    /// Workspaces that are being listed, by unit.
    listing: BTreeMap<String, tokio::task::JoinHandle<()>>,
    /// Applies that have ended while their states are asked what they have, by unit: with which code, and why they failed.
    asking: BTreeMap<String, (Option<i32>, String)>,
    /// The account of the credentials, as far as it was asked for in this round: units that begin at one moment ask once.
    whose: Option<Result<String, String>>,
    /// When Terraform's process of a unit was interrupted last.
    interrupted: BTreeMap<String, Instant>,
    /// When what runs around Terraform was told to end, by unit.
    told_to_end: BTreeMap<String, Instant>,
    /// Files that were changed while the latest plans of a unit were made, and of how many in a row.
    unsettled: BTreeMap<String, (BTreeSet<PathBuf>, u32)>,
    /// Plans that were begun ahead and told that they do not go on, until they end: unit and why.
    held_back: BTreeMap<String, String>,
    /// The audit file could not be written, which was said.
    unaudited: bool,
}

impl<'a> Supervisor<'a> {
    /// A supervisor of a run whose state is that of its events. Nothing has begun.
    fn new(
        run: PathBuf,
        runs: PathBuf,
        order: Order,
        around: ChildEnvironment,
        outside: Outside<'a>,
        out: Sender<Told>,
    ) -> io::Result<Self> {
        let before = Reader::new(0).read_all(&run)?.events;
        let Outside { who, audit, account, counts } = outside;
        Ok(Self {
            state: RunState::of(&before),
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
            asking: BTreeMap::new(),
            whose: None,
            interrupted: BTreeMap::new(),
            told_to_end: BTreeMap::new(),
            unsettled: BTreeMap::new(),
            held_back: BTreeMap::new(),
            unaudited: false,
            run,
            runs,
            order,
        })
    }
}

impl Supervisor<'_> {
    /// Puts this program beside the run under the name of Terraform.
    fn shim(&self) -> io::Result<()> {
        let path = self.run.join(shim::NAME);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // Where its file was replaced or removed since, it is still there as what this process runs.
        let named = std::env::current_exe().ok().filter(|path| path.exists());
        let program = named.unwrap_or_else(|| PathBuf::from(format!("/proc/{}/exe", std::process::id())));
        std::os::unix::fs::symlink(program, path)
    }

    /// Writes down what happened, and takes it in.
    fn tell(&mut self, what: What) {
        let event = RunEvent { time: Timestamp::now(), what };
        self.state.fold(&event);
        self.writer.tell(&event);
    }

    fn note(&mut self, unit: Option<&str>, text: impl Into<String>) {
        self.tell(What::Note { unit: unit.map(str::to_owned), text: text.into() });
    }

    /// Waits until everything is written: on a full disk nothing goes on.
    async fn written(&mut self) {
        while !self.writer.flush() {
            self.whose = None;
            tokio::time::sleep(FULL).await;
        }
    }

    /// Loops until the run is over and no request is left.
    async fn drive(&mut self, mut told: Receiver<Told>, mut stops: impl AsyncFnMut()) {
        let mut happened = Instant::now();
        loop {
            self.whose = None;
            self.take_requests();
            self.stop_steps().await;
            self.decide().await;
            self.written().await;
            // A run whose folder was removed can neither receive requests nor report events.
            if self.state.end.is_some() || !self.run.exists() {
                return;
            }
            let pause = if happened.elapsed() < LIKELY { LOOK } else { LOOK_SELDOM };
            tokio::select! {
                news = told.recv() => {
                    happened = Instant::now();
                    if let Some(news) = news {
                        self.take(news).await;
                    }
                    // What else is there: one write for all of it.
                    for _ in 0..64 {
                        let Ok(news) = told.try_recv() else { break };
                        self.take(news).await;
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

    /// Does what the schedule decides, until there is nothing more to do now.
    async fn decide(&mut self) {
        loop {
            let mut decisions = schedule::decide(&self.state);
            decisions.retain(|decision| !self.is_held_back(decision));
            if decisions.is_empty() {
                self.let_go();
                return;
            }
            for decision in decisions {
                match decision {
                    // It may have been asked for while another one began.
                    Decision::Begin { .. } if self.state.cancel.is_some() => {}
                    Decision::Begin { unit, step, early } => self.begin_step(&unit, step, early).await,
                    Decision::End { unit, end } => self.end_unit(unit, end),
                    Decision::Lifted { unit } => self.tell(What::Lifted { unit }),
                    Decision::EndRun(end) => {
                        self.tell(What::Ended { end });
                        return;
                    }
                }
            }
        }
    }

    fn unit(&self, name: &str) -> Option<Unit> {
        self.order.units.iter().find(|unit| unit.name == name).cloned()
    }

    fn place(&self, unit: &str, step: Step) -> Place {
        Place { run: self.run.clone(), unit: unit.to_owned(), step }
    }

    /// Begins a step. It is written down first: one that is not may not have begun.
    async fn begin_step(&mut self, name: &str, step: Step, early: bool) {
        let Some(unit) = self.unit(name) else { return };
        let before = self.state.units.get(name);
        if step == Step::Plan && before.is_some_and(schedule::waits) {
            // It was begun ahead: all that it has to do now is to go on.
            self.go_on(&unit).await;
            return;
        }
        let ways = steps::Ways { fresh: !before.is_some_and(schedule::is_initialised), ahead: early };
        self.tell(What::Step { unit: name.to_owned(), step, pid: None, early });
        self.written().await;
        if step == Step::Apply {
            // What others do is done again after a power cut.
            self.writer.sync();
        }
        let dir = self.state.units.get(name).and_then(|unit| unit.plan.as_ref()?.dir.clone());
        if step == Step::Show {
            self.show(&unit);
            return;
        }
        if let Some(why) = self.other_world(&unit, step).or_else(|| self.unpushed(&unit, step)) {
            self.tell(What::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why) });
            return;
        }
        // The code is read while AWS is asked.
        let of = unit.clone();
        let code = (step == Step::Apply).then(|| tokio::task::spawn_blocking(move || bound::code(&of)));
        if let Some(why) = self.wrong_account(step).await {
            self.tell(What::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why) });
            return;
        }
        if let Some(code) = code
            && let Some(why) = self.not_as_approved(&unit, code).await
        {
            self.tell(What::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why.clone()) });
            self.tell(What::PlanStale { unit: name.to_owned(), why });
            return;
        }
        if step == Step::Plan {
            if let Err(error) = ahead::forget(&self.run, name) {
                let why = format!("its folder cannot be written: {error}");
                self.tell(What::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why) });
                return;
            }
            // What an apply before left is not this plan's: whoever takes the run up must not take it for that.
            let _ = self.place(name, Step::Apply).set_aside();
            // Terraform keeps the mode of a file that is there; it has secrets.
            let _ = folder::make(&folder::of_unit(&self.run, name));
            let _ = folder::replace_for_now(&folder::plan_file(&self.run, name), b"");
            if let Err(why) = self.override_code(&unit) {
                self.tell(What::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why) });
                return;
            }
            let of = unit.clone();
            self.codes.insert(name.to_owned(), tokio::task::spawn_blocking(move || bound::code(&of)));
        }
        if step == Step::Init {
            super::world::lend_record(&unit);
        }
        let lifting = self.lifting(&unit);
        let mut call = steps::call(&self.run, &self.order, &self.around, &unit, step, dir.as_deref(), lifting.as_ref());
        if step == Step::Plan && unit.tool == Tool::Terragrunt {
            call = steps::led(call, &self.run, &self.order, &unit, ways);
        }
        let place = self.place(name, step);
        match leaf::start(&place, &call) {
            Ok(child) => {
                let by_leaf =
                    step == Step::Plan && self.order.goal == Goal::Apply && self.order.ahead.contains(&unit.name);
                drop(tokio::spawn(leaf::follow(place, Some(child), 0, by_leaf, self.out.clone())));
            }
            Err(error) => {
                let why = not_started(&call, &error);
                self.step_ended(name, step, &Exit::NotStarted(why));
            }
        }
    }

    /// Something happened in a step.
    async fn take(&mut self, told: Told) {
        let Told { unit, step, what } = told;
        match what {
            News::Pid(pid) => {
                let early =
                    self.state.units.get(&unit).and_then(|unit| unit.step.as_ref()).is_some_and(|step| step.early);
                self.tell(What::Step { unit, step, pid: Some(pid), early });
            }
            News::Lines(lines) => {
                for line in lines {
                    let message = self.heard(&unit, step, &line).await;
                    self.tell(What::Said { unit: unit.clone(), step, message });
                }
            }
            News::Workspace(missing) => self.workspaces_listed(&unit, missing),
            News::Ended(_) if step == Step::Show => self.shown(&unit).await,
            News::Ended(exit) => self.step_ended(&unit, step, &exit),
            News::Unwritten(unwritten) => self.state_asked(&unit, unwritten),
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
            // Where it cannot be marked, its outputs are asked for.
            let _ = ahead::mark(&self.run, &unit);
        }
        self.tell(What::UnitEnded { unit, end });
    }
}
