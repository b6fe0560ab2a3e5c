//! One step of a machine: where replies go ([`Slot`]), and what a step knows and can do ([`Ctx`]).

use super::call::{Call, Read, Write};
use super::outcome::Outcome;
use super::plan::Plan;
use crate::config::EnvironmentConfig;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// The longest wait before a retry.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(30);

/// How long to wait after this many failures in a row: `base`, doubled with each failure.
pub(super) fn wait_after(base: SignedDuration, failures: u32) -> SignedDuration {
    (base * 2_i32.pow(failures.min(4))).min(LONGEST_WAIT)
}

/// The part of a machine that a reply belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The identity of the credentials.
    Identity,
    /// The service, or services.
    Service,
    /// The service again, right before a change.
    Recheck,
    /// The history of deployments.
    History,
    /// Our service deployment.
    Release,
    /// A final read after the end: of the service, its tasks or its targets.
    Last(&'static str),
    Tasks,
    /// Autoscaling.
    Scalable,
    /// The task definition that runs.
    Definition,
    /// The task definition that is copied or rolled back to.
    Base,
    /// The newest revision of the family.
    Newest,
    Image,
    /// The findings of the image's scan.
    Scan,
    /// The image in a container's repository, to find out which container it belongs to.
    ImageOf(String),
    /// Schedules.
    Timers,
    /// Scheduled actions of autoscaling.
    Actions,
    /// The scheduler function.
    Function,
    Targets,
    Databases,
    /// A database: itself, its events, its snapshots, its figures.
    Rds(&'static str),
    /// A read of an operation with a single change, by its name.
    NamedRead(&'static str),
    /// The last lines of a container's log.
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
    /// One of the options to choose from.
    Choice(String),
    /// A part of an operation with several parts, by its number.
    Part(usize, Box<Slot>),
}

/// The reads of everything that starts or stops an environment on a schedule.
pub(super) fn schedules(environment: &EnvironmentConfig) -> Vec<(Slot, Read)> {
    let timers = environment.schedules.clone().map(|prefix| (Slot::Timers, Read::Timers { prefix }));
    let actions = environment.cluster.clone().map(|cluster| (Slot::Actions, Read::Actions { cluster }));
    timers.into_iter().chain(actions).collect()
}

/// An equivalent command line, with its environment.
pub(super) fn command(typed: &str, environment: &EnvironmentConfig) -> String {
    environment.command_scope().command(&format!("cockpit {typed}"))
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
    /// A failure.
    Bad,
    /// A success.
    Good,
}

/// A line of an operation's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The time, on the service's clock.
    pub at: Timestamp,
    /// How important the line is.
    pub weight: Weight,
    pub text: String,
}

/// One step of a machine: what it knows and can do.
#[derive(Debug)]
pub struct Ctx<'a> {
    /// The time on this machine's clock, for local waits.
    pub now: Timestamp,
    /// The time on the service's clock, for comparison with its timestamps.
    pub service_now: Timestamp,
    pub environment: &'a EnvironmentConfig,
    /// The zone in which times are shown.
    pub zone: &'a TimeZone,
    /// The account of every change: the configured one, or else that of the credentials shown in the plan.
    pub account: Option<String>,
    /// Number of operations being watched, which limits how often each one reads.
    pub watched_count: usize,
    pub(super) calls: Vec<(Slot, Call)>,
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
            calls: Vec::new(),
            lines: Vec::new(),
            plan: None,
            end: None,
        }
    }

    /// Makes a call; the reply comes with this slot.
    pub(super) fn send_call(&mut self, slot: Slot, call: Call) {
        self.calls.push((slot, call));
    }

    /// Reads from AWS; the reply comes with this slot.
    pub(super) fn read(&mut self, slot: Slot, read: Read) {
        self.send_call(slot, Call::Read(read));
    }

    /// Sends a change to AWS.
    pub(super) fn write(&mut self, write: Write) {
        let account = self.account.clone();
        self.send_call(Slot::Write, Call::Write { write, account });
    }

    /// The command line that does this in the operation's environment.
    pub(super) fn command(&self, typed: &str) -> String {
        command(typed, self.environment)
    }

    /// Adds a line to the operation's log.
    pub(super) fn log(&mut self, weight: Weight, text: impl Into<String>) {
        self.lines.push(Line { at: self.service_now, weight, text: text.into() });
    }

    /// The cluster; operations on services are started only if there is one.
    pub(super) fn cluster(&self) -> String {
        self.environment.cluster.clone().unwrap_or_default()
    }
}
