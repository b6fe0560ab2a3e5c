//! The events of a run over the units of an environment, as a line of its `events.jsonl` each. The file is only added
//! to; [`super::RunState`] is made of it alone, by whoever watches, today or in a later session.

use super::guard::Guard;
use super::loss::Loss;
use super::message::{Message, Summary};
use super::unit::Unit;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEvent {
    /// When. A clock can jump back: order is that of the file.
    pub time: Timestamp,
    #[serde(flatten)]
    pub what: What,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The run began. Always the first.
    Started(Box<Started>),
    /// Another supervisor took the run up, after the one before was killed.
    TakenUp {
        /// Its process.
        pid: u32,
    },
    /// A step of a unit began.
    Step {
        unit: String,
        /// The step that is done.
        step: Step,
        /// Terraform's own process, which alone is ever signalled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pid: Option<u32>,
        /// Whether what the unit needs was not done when it began, so that its failure says nothing yet.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        early: bool,
    },
    /// Terraform said something in a step.
    Said {
        unit: String,
        step: Step,
        /// The message of Terraform.
        message: Message,
    },
    /// A step of a unit ended.
    StepEnded {
        unit: String,
        step: Step,
        /// The exit code; none after a signal, or where the process was never found again.
        code: Option<i32>,
        /// Why it counts as failed; none where it did what it should.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
    /// Units whose plans may be prepared for in a way that takes less time.
    Prepared {
        /// They were never initialised: planning them does it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fresh: Vec<String>,
        /// Their plan may be begun while what they need is applied, and waits for that: their code reads nothing until then.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ahead: Vec<String>,
    },
    /// A unit's plan is ready to be read.
    PlanReady {
        unit: String,
        /// The plan file's hash and the facts that its approval is bound to.
        plan: PlanRef,
    },
    /// A plan was approved: exactly this one is applied.
    Approved {
        unit: String,
        /// The plan's [`PlanRef::sha256`].
        sha256: String,
        /// By whom.
        by: Who,
    },
    /// An approved plan cannot be applied any more; it is planned again, and asked for again.
    PlanStale {
        unit: String,
        /// Why, in words.
        why: String,
    },
    /// The data that a destroy of a unit loses, counted.
    Counted {
        unit: String,
        /// The lost data, with its resources.
        losses: Vec<Loss>,
    },
    /// Something guards what a unit would destroy: that is lifted first, by a plan of its own.
    Guarded {
        unit: String,
        /// What, in the order in which it is lifted.
        guards: Vec<Guard>,
    },
    /// The guards of a unit are lifted: now it is planned to be destroyed.
    Lifted { unit: String },
    /// The remains of an apply that did not end well.
    Left {
        unit: String,
        /// Where Terraform keeps the state that it could not write.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<PathBuf>,
        /// Resources that it made and that the state does not have.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unwritten: Vec<String>,
    },
    /// A unit is over.
    UnitEnded { unit: String, end: UnitEnd },
    /// Failed and blocked units are tried again.
    Retried {
        units: Vec<String>,
        /// The person who asked for it.
        by: Who,
    },
    /// Terraform's own process is about to get a SIGINT. Written down before: whoever takes the run up sends none twice.
    Interrupted {
        unit: String,
        step: Step,
        /// How many it got in this step, with this one.
        times: u32,
    },
    /// Somebody asked the run to stop: each process gets one SIGINT, and nothing new begins.
    CancelAsked {
        /// The person who asked for it.
        by: Who,
        /// Whether it was confirmed with a word: each process gets another SIGINT each time, and state may be lost.
        hard: bool,
    },
    /// The requests of people were read up to here.
    Heard {
        /// In bytes of `requests.jsonl`.
        next: u64,
    },
    /// Something a person should know: a variable that was dropped, hooks, a lock that is waited for.
    Note {
        /// The unit it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// A sentence for a person.
        text: String,
    },
    /// The run is over.
    Ended { end: RunEnd },
    /// An event that this version does not know.
    #[serde(other)]
    Unknown,
}

impl What {
    /// The same where time passes this many times faster: the clock of a demo.
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

/// The order of a run, and where it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The run's name, which sorts by time: `20261128T203339Z-apply-1f2e`.
    pub run: String,
    pub environment: String,
    /// The goal of the run: plan, apply, destroy.
    pub goal: Goal,
    /// Its units, in the order of their names; dependencies among them are to be waited for.
    pub units: Vec<Unit>,
    /// Addresses that alone are planned (`-target`); empty is all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// Addresses that are made again (`-replace`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<String>,
    /// The person who started it.
    pub by: Who,
    /// The AWS account that the credentials are of; none where there is none.
    pub account: Option<String>,
    /// Revision of the code.
    pub revision: Option<Revision>,
    /// Names of inherited variables that were dropped, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// How many units work at a time.
    pub parallelism: u32,
    /// Whether the environment is guarded.
    pub guarded: bool,
    /// One `init` at a time: those that share a plugin cache would write into it together.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub serial_init: bool,
    /// The supervisor's process.
    pub pid: u32,
}

/// The purpose of a run: plan, apply, destroy, drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Plans, and changes nothing.
    Plan,
    /// Plans with `-refresh-only`: what was changed elsewhere.
    Drift,
    /// Plans, waits for approval, applies.
    Apply,
    /// The same with `-destroy`, in the reverse order.
    Destroy,
}

impl Goal {
    /// Whether it changes what is there.
    pub fn applies(self) -> bool {
        matches!(self, Self::Apply | Self::Destroy)
    }

    /// The word that is typed for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Drift => "drift",
            Self::Apply => "apply",
            Self::Destroy => "destroy",
        }
    }
}

/// A person and where they sit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The user's name on that machine.
    pub user: String,
    /// The name of the machine.
    pub host: String,
    /// The id of the process.
    pub pid: u32,
}

/// A revision of the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The commit, in hexadecimal digits.
    pub commit: String,
    /// Whether there are changes that are not committed.
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

/// A plan that stands, and what it is bound to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRef {
    /// SHA-256 of the plan file, in hexadecimal digits: what is shown is what is applied.
    pub sha256: String,
    /// The counts of the plan's changes.
    pub summary: Summary,
    /// Resources that are not as the state has them.
    pub drifted: u64,
    /// Addresses of stateful resources that it would destroy or replace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destroys_stateful: Vec<String>,
    /// The guards of resources that it would destroy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// Whether nothing is to be done: no approval is asked for.
    pub empty: bool,
    /// Values of dependencies were made up, as those were not applied: it can be read and never applied.
    pub on_mocks: bool,
    /// The plan as it may be shown, sensitive values masked: JSON of [`super::plan::Plan`], in the run's folder.
    pub shown: PathBuf,
    /// The AWS account that it was made in; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Revision of the code that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// SHA-256 of the files of that code, changes that are not committed too; empty where they cannot be read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Where Terraform made it, and applies it: with Terragrunt a folder in its cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
}

/// How a unit ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum UnitEnd {
    /// As asked: planned, or applied whole.
    Done,
    /// There was nothing to do.
    Unchanged,
    Failed {
        /// The reason, as a sentence.
        why: String,
    },
    /// It was not tried, as what it needs failed or was not done.
    Blocked {
        /// The unit that it waits for.
        by: String,
    },
    /// The run was cancelled before it was whole.
    Cancelled {
        /// Addresses that were being changed, which may exist and be in no state.
        in_flight: Vec<String>,
        /// Whether its apply had begun: a part of it may be changed, also where nothing was in flight.
        #[serde(default)]
        applied: bool,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    /// Every unit did what it should.
    Done,
    /// Some unit failed.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

/// A request of a person to a run: one line of its `requests.jsonl`, which any cockpit may add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub time: Timestamp,
    pub by: Who,
    #[serde(flatten)]
    pub wish: RequestKind,
}

/// The kind of a request to a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum RequestKind {
    /// Apply this plan of this unit. A plan that has another hash by then is not applied.
    Approve {
        unit: String,
        /// The plan's [`PlanRef::sha256`], as it was read.
        sha256: String,
    },
    /// Stop, see [`What::CancelAsked`].
    Cancel {
        /// For the second time, confirmed with a word.
        hard: bool,
    },
    /// Try failed and blocked units again.
    Retry,
}
