//! One step of a machine: where replies go ([`Slot`]), and what a step knows and may do ([`Ctx`]).

use super::call::{Call, Read, Write};
use super::outcome::Outcome;
use super::plan::Plan;
use crate::config::EnvironmentConfig;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// The longest wait before something that failed is tried again.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// How long to wait after so many failures in a row before it is tried again: `base`, doubled with each.
pub(super) fn wait_after(base: SignedDuration, failures: u32) -> SignedDuration {
    (base * 2_i32.pow(failures.min(4))).min(LONGEST_WAIT)
}

/// The place in a machine that a reply belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The identity of the credentials.
    Identity,
    /// The service, or services.
    Service,
    /// The service once more, right before a change.
    Again,
    /// The history of deployments.
    History,
    /// Our service deployment.
    Release,
    /// A last look, after the end: at the service, its tasks or its targets.
    Last(&'static str),
    Tasks,
    /// Autoscaling.
    Scalable,
    /// The task definition that runs.
    Definition,
    /// The one that is copied or gone back to.
    Base,
    /// The newest of the family.
    Newest,
    Image,
    /// The findings of the image's scan.
    Scan,
    /// The image in the repository of a container, to tell which container it is of.
    ImageOf(String),
    /// Schedules.
    Timers,
    /// Scheduled actions of autoscaling.
    Actions,
    /// The scheduler function.
    Function,
    Targets,
    Databases,
    /// One database: itself, its events, its snapshots, its figures.
    Rds(&'static str),
    /// A read of an operation with a single change, by its name.
    Of(&'static str),
    /// The last lines of a container of a task.
    Log {
        /// The task's id.
        task: String,
        /// The container's name.
        container: String,
    },
    /// A change.
    Write,
    /// Whether a change whose answer was lost was made.
    Proof,
    /// Registry login.
    Login,
    /// A program.
    Run(&'static str),
    /// The audit file.
    Audit,
    /// One of the things to choose from.
    Choice(String),
    /// A part of an operation that has several, by its number.
    Part(usize, Box<Slot>),
}

/// The reads of everything that starts or stops an environment at set times.
pub(super) fn schedules(environment: &EnvironmentConfig) -> Vec<(Slot, Read)> {
    let timers = environment.schedules.clone().map(|prefix| (Slot::Timers, Read::Timers { prefix }));
    let actions = environment.cluster.clone().map(|cluster| (Slot::Actions, Read::Actions { cluster }));
    timers.into_iter().chain(actions).collect()
}

/// A command as it would be typed, with its environment.
pub(super) fn command(typed: &str, environment: &EnvironmentConfig) -> String {
    environment.named().command(&format!("cockpit {typed}"))
}

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// A step of the operation.
    Step,
    /// A message of the service: events, output of programs, log lines.
    Detail,
    /// Something is not as it should be.
    Warn,
    /// Bad news.
    Bad,
    /// Good news.
    Good,
}

/// A line of an operation's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, by the service's clock.
    pub at: Timestamp,
    /// How important the line is.
    pub weight: Weight,
    pub text: String,
}

/// One step of a machine: what it knows and what it may do.
#[derive(Debug)]
pub struct Ctx<'a> {
    /// Now by this machine's clock: for what is waited for here.
    pub now: Timestamp,
    /// Now by the service's clock: for what the service dates.
    pub service_now: Timestamp,
    pub environment: &'a EnvironmentConfig,
    /// The zone in which times are told.
    pub zone: &'a TimeZone,
    /// The account of every change: the configured one, else that of the credentials that were shown.
    pub account: Option<String>,
    /// How many operations are being watched: what is read of each depends on it.
    pub watched_count: usize,
    pub(super) asks: Vec<(Slot, Call)>,
    pub(super) lines: Vec<Line>,
    pub(super) plan: Option<Plan>,
    pub(super) end: Option<Outcome>,
}

impl<'a> Ctx<'a> {
    pub(super) fn new(
        now: Timestamp,
        environment: &'a EnvironmentConfig,
        zone: &'a TimeZone,
        watched_count: usize,
    ) -> Self {
        let account = environment.account.clone();
        Self {
            now,
            service_now: now,
            environment,
            zone,
            account,
            watched_count,
            asks: Vec::new(),
            lines: Vec::new(),
            plan: None,
            end: None,
        }
    }

    /// Asks for something; the reply comes with this slot.
    pub(super) fn ask(&mut self, slot: Slot, call: Call) {
        self.asks.push((slot, call));
    }

    /// Asks AWS; the reply comes with this slot.
    pub(super) fn read(&mut self, slot: Slot, read: Read) {
        self.ask(slot, Call::Read(read));
    }

    /// Sends a change to AWS.
    pub(super) fn write(&mut self, write: Write) {
        let account = self.account.clone();
        self.ask(Slot::Write, Call::Write { write, account });
    }

    /// The command line that does this in the opened environment.
    pub(super) fn command(&self, typed: &str) -> String {
        command(typed, self.environment)
    }

    /// Adds a line to the operation's log.
    pub(super) fn say(&mut self, weight: Weight, text: impl Into<String>) {
        self.lines.push(Line { at: self.service_now, weight, text: text.into() });
    }

    /// The cluster; operations on services are only started where there is one.
    pub(super) fn cluster(&self) -> String {
        self.environment.cluster.clone().unwrap_or_default()
    }
}
