//! The events of a run over the units of an environment, one line of its `events.jsonl` each. The file is append-only;
//! [`super::RunState`] is derived from it alone, also in later sessions.

use super::data_loss::Loss;
use super::guard::Guard;
use super::message::{Message, Summary};
use super::unit::Unit;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An event with its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEvent {
    /// The time. The clock may jump back; the order is that of the file.
    pub time: Timestamp,
    #[serde(flatten)]
    pub what: RunEventKind,
}

/// The kinds of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEventKind {
    /// The run started. Always the first event.
    Started(Box<Started>),
    /// Another supervisor took over the run after the previous one was killed.
    TakenUp {
        /// The process id of the new supervisor.
        pid: u32,
    },
    /// A step of a unit began.
    Step {
        unit: String,
        /// The step.
        step: Step,
        /// The process id of Terraform itself, which is the only process that is ever signalled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pid: Option<u32>,
        /// Whether the unit's dependencies were not complete when it began, so that a failure is not final.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        early: bool,
    },
    /// Terraform printed a message in a step.
    Said {
        unit: String,
        step: Step,
        /// The message.
        message: Message,
    },
    /// A step of a unit ended.
    StepEnded {
        unit: String,
        step: Step,
        /// The exit code; `None` after a signal, or if the process could not be found again.
        code: Option<i32>,
        /// The reason why it counts as failed; `None` on success.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
    /// Units whose planning can be prepared faster.
    Prepared {
        /// Units that were never initialized; planning initializes them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fresh: Vec<String>,
        /// Units whose planning may begin while their dependencies are being applied, because their code reads nothing
        /// until then; the plan waits for them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ahead: Vec<String>,
    },
    /// A unit's plan is ready for review.
    PlanReady {
        unit: String,
        /// The plan file's hash, and the facts to which its approval is bound.
        plan: PlanRef,
    },
    /// A plan was approved; exactly this one is applied.
    Approved {
        unit: String,
        /// The plan's [`PlanRef::sha256`].
        sha256: String,
        /// The person who approved it.
        by: Actor,
    },
    /// An approved plan can no longer be applied; the unit is planned again and needs a new approval.
    PlanStale {
        unit: String,
        /// The reason, in words.
        why: String,
    },
    /// The data that a unit's destroy would lose was counted.
    Counted {
        unit: String,
        /// The lost data, by resource.
        losses: Vec<Loss>,
    },
    /// Resources to be destroyed are guarded; the guards are lifted first, with a separate plan.
    Guarded {
        unit: String,
        /// The guards, in the order in which they are lifted.
        guards: Vec<Guard>,
    },
    /// The guards of a unit were lifted; now its destruction is planned.
    Lifted { unit: String },
    /// An apply that did not end properly left something behind.
    Left {
        unit: String,
        /// The file with the state that Terraform could not write.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<PathBuf>,
        /// Resources that were created but are not in the state.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unwritten: Vec<String>,
    },
    /// A unit ended.
    UnitEnded { unit: String, end: UnitEnd },
    /// Failed and blocked units are retried.
    Retried {
        units: Vec<String>,
        /// The person who requested it.
        by: Actor,
    },
    /// Terraform's own process is about to receive a SIGINT. The event is written first, so that a new supervisor does
    /// not repeat the signal.
    Interrupted {
        unit: String,
        step: Step,
        /// Number of signals in this step, including this one.
        times: u32,
    },
    /// The run was cancelled: each process receives one SIGINT, and nothing new begins.
    CancelAsked {
        /// The person who requested it.
        by: Actor,
        /// Whether it was confirmed with a typed word: each such request sends another SIGINT to each process, and
        /// state may be lost.
        hard: bool,
    },
    /// Requests were read up to this position.
    Heard {
        /// The position in `requests.jsonl`, in bytes.
        next: u64,
    },
    /// A note for the user: a variable that was dropped, hooks, waiting for a lock.
    Note {
        /// The unit that it concerns.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// The note, as a sentence.
        text: String,
    },
    /// The run ended.
    Ended { end: RunEnd },
    /// An event unknown to this version.
    #[serde(other)]
    Unknown,
}

impl RunEventKind {
    /// Scales elapsed times for a clock that runs `speed` times faster, as in a demo.
    #[must_use]
    pub fn scaled(mut self, speed: f64) -> Self {
        if let Self::Said { message, .. } = &mut self
            && let Some(elapsed) = message.elapsed_mut()
        {
            *elapsed = (*elapsed as f64 * speed).round() as u64;
        }
        self
    }
}

/// The order of a run, with its circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The run's name, which sorts by time: `20261128T203339Z-apply-1f2e`.
    pub run: String,
    pub environment: String,
    /// The goal of the run: plan, apply, destroy.
    pub goal: Goal,
    /// Its units, sorted by name; dependencies among them are awaited.
    pub units: Vec<Unit>,
    /// Addresses to which the plan is limited (`-target`); empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Addresses to be replaced (`-replace`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<String>,
    /// The person who started it.
    pub by: Actor,
    /// The AWS account of the credentials, if known.
    pub account: Option<String>,
    /// The revision of the code.
    pub revision: Option<Revision>,
    /// Names of inherited variables that were dropped, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// Maximum number of units at a time.
    pub parallelism: u32,
    /// Whether the environment is guarded.
    pub guarded: bool,
    /// Whether only one `init` runs at a time, because concurrent ones would write into a shared plugin cache.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub serial_init: bool,
    /// The process id of the supervisor.
    pub pid: u32,
}

/// The purpose of a run: plan, apply, destroy, drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Plans only.
    Plan,
    /// Plans with `-refresh-only` to find changes made outside of Terraform.
    Drift,
    /// Plans, waits for approval, applies.
    Apply,
    /// The same with `-destroy`, in reverse order.
    Destroy,
}

impl Goal {
    /// Whether it changes resources.
    pub fn applies(self) -> bool {
        matches!(self, Self::Apply | Self::Destroy)
    }

    /// Returns the word used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Drift => "drift",
            Self::Apply => "apply",
            Self::Destroy => "destroy",
        }
    }
}

/// A person and the process that they used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The user name on that machine.
    pub user: String,
    /// The host name.
    pub host: String,
    /// The process id.
    pub pid: u32,
}

/// A revision of the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The commit hash in hexadecimal digits.
    pub commit: String,
    /// Whether there are uncommitted changes.
    pub dirty: bool,
}

/// A step of a unit, which is one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// `init`.
    Init,
    /// `plan`.
    Plan,
    /// `show` of the plan.
    Show,
    /// `apply` of the plan.
    Apply,
}

/// A plan, and the facts to which it is bound.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRef {
    /// SHA-256 of the plan file in hexadecimal digits, which ensures that the displayed plan is the one that is
    /// applied.
    pub sha256: String,
    /// The counts of the plan's changes.
    pub summary: Summary,
    /// Number of resources that differ from the state.
    pub drifted: u64,
    /// Addresses of stateful resources that it would destroy or replace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destroys_stateful: Vec<String>,
    /// The guards of resources that it would destroy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// Whether there is nothing to do, so that no approval is needed.
    pub empty: bool,
    /// Whether it was made with mock outputs, because dependencies were not applied: it can be reviewed but never
    /// applied.
    pub on_mocks: bool,
    /// The displayable plan with masked sensitive values, as JSON of [`super::plan::Plan`] in the run's folder.
    pub shown: PathBuf,
    /// The AWS account in which it was made, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The revision of the code that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// SHA-256 of the code's files, including uncommitted changes; empty if they cannot be read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The folder in which Terraform makes and applies it; with Terragrunt, a folder in its cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
}

/// How a unit ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum UnitEnd {
    /// As requested: planned, or completely applied.
    Done,
    /// There was nothing to do.
    Unchanged,
    Failed {
        /// The reason, as a sentence.
        why: String,
    },
    /// It was not attempted, because a dependency failed or was not complete.
    Blocked {
        /// The dependency.
        by: String,
    },
    /// The run was cancelled before it was complete.
    Cancelled {
        /// Addresses that were being changed, which may exist without being in a state.
        in_flight: Vec<String>,
        /// Whether its apply had begun, so that it may be partly applied even if nothing was in flight.
        #[serde(default)]
        applied: bool,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// All units succeeded.
    Done,
    /// At least one unit failed.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// A request to a run: one line of its `requests.jsonl`, which any cockpit may append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub time: Timestamp,
    pub by: Actor,
    #[serde(flatten)]
    pub wish: RequestKind,
}

/// The kinds of requests to a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum RequestKind {
    /// Apply this plan of this unit. If the plan has another hash by then, it is not applied.
    Approve {
        unit: String,
        /// The plan's [`PlanRef::sha256`], as it was reviewed.
        sha256: String,
    },
    /// Cancel, see [`RunEventKind::CancelAsked`].
    Cancel {
        /// Whether it is a second request, confirmed with a typed word.
        hard: bool,
    },
    /// Retry failed and blocked units.
    Retry,
}
