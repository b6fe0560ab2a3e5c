//! The trait that every kind of operation implements, used by the common life cycle ([`super::life_cycle`]), the screen and
//! the reports. Each kind has a folder of its own.

use super::call::CallResult;
use super::outcome::Outcome;
use super::plan::Plan;
use super::step::{Ctx, Slot, Weight};
use super::watch::Watch;
use crate::model::Failure;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// An operation that has not started yet.
pub type NewOperation = Box<dyn Machine>;

/// The thing that an operation changes. Two simultaneous operations on the same target conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its kind: [`Target::SERVICE`] or another.
    pub kind: &'static str,
    /// Its full name.
    pub name: String,
}

impl Target {
    /// A service of the environment's cluster.
    pub const SERVICE: &'static str = "service";

    /// A service, by its full name.
    pub fn service(name: impl Into<String>) -> Self {
        Self { kind: Self::SERVICE, name: name.into() }
    }
}

/// Details of an operation for reports, beside its verdict, where known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The deployment's id: `ecs-svc/…`.
    pub deployment: Option<String>,
    /// The task definition it deploys.
    pub revision: Option<String>,
    /// The task definition that ran before.
    pub previous: Option<String>,
    pub image: Option<String>,
    pub digest: Option<String>,
    /// The version that runs now, as text.
    pub running_version: Option<String>,
}

/// How an operation in progress is drawn.
#[derive(Debug)]
pub enum Picture<'a> {
    /// A rollout: tasks over time.
    Rollout {
        /// The deployment.
        watch: &'a Watch,
        /// `family:revision` that ran before.
        previous: Option<&'a str>,
        /// The version, as people refer to it.
        version: &'a str,
    },
    /// The steps of the plan, and counts of services.
    Steps {
        /// Services whose counts are awaited.
        waited: usize,
        /// The last counts seen, running and desired.
        counts: &'a BTreeMap<String, (u32, u32)>,
    },
    /// A progress bar, if there is a total.
    Bar,
}

/// One option to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceOption {
    /// The value of the option: a tag, a digest, `family:revision`.
    pub value: String,
    /// A note beside it.
    pub note: String,
}

/// The choices before an operation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choices {
    /// Whether the options are images, so that one can also be typed or built.
    pub images: bool,
    /// The options, once they were read.
    pub options: Vec<ChoiceOption>,
}

/// One kind of operation: a state machine. Replies and time go in, calls come out.
pub trait Machine: Debug + Send + Sync {
    /// A copy of the current state.
    fn clone_box(&self) -> Box<dyn Machine>;

    /// `deploy web`.
    fn title(&self) -> String;

    /// The label of the confirmation button, one or two words.
    fn verb(&self) -> &'static str;

    /// The equivalent command line, without the program's name and the environment.
    fn command_line(&self) -> String;

    /// The thing it changes, if it is a single one.
    fn target(&self) -> Option<Target> {
        None
    }

    /// Whether it changes nothing.
    fn is_read_only(&self) -> bool {
        false
    }

    /// Whether it is recorded in the audit file although it is not known to change anything.
    fn is_audited(&self) -> bool {
        false
    }

    /// Starts reading.
    fn begin(&mut self, ctx: &mut Ctx<'_>);

    /// Handles a reply.
    fn reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>);

    /// Starts changing: the operation is confirmed and recorded.
    fn start_changes(&mut self, _: &mut Ctx<'_>) {}

    /// Advances the time.
    fn tick(&mut self, _: &mut Ctx<'_>) {}

    /// Handles a line of a program's output.
    fn output(&mut self, line: &str, ctx: &mut Ctx<'_>) {
        ctx.log(Weight::Detail, line);
    }

    /// Its current activity in two or three words.
    fn activity(&self) -> &'static str;

    /// Its progress, if there is a total.
    fn progress(&self) -> Option<(u32, u32)> {
        None
    }

    /// When it started changing something.
    fn began(&self) -> Option<Timestamp> {
        None
    }

    /// When the time limit starts to count, for an operation confirmed at a time.
    fn limited_since(&self, confirmed: Option<Timestamp>) -> Option<Timestamp> {
        confirmed
    }

    /// How long it took, or has taken until a time.
    fn duration(&self, until: Timestamp) -> Option<SignedDuration> {
        Some(until.duration_since(self.began()?))
    }

    /// When the thing it watches ended; `itself` is when the operation ended.
    fn ended_at(&self, itself: Option<Timestamp>) -> Option<Timestamp> {
        itself
    }

    /// How long it usually takes.
    fn usual_duration(&self) -> Option<SignedDuration> {
        None
    }

    /// Whether the change in progress can be reverted now.
    fn revertible(&self) -> bool {
        false
    }

    /// Reverts the change in progress.
    fn revert_change(&mut self, _: &mut Ctx<'_>) {}

    /// Whether its local program can be stopped now.
    fn stoppable(&self) -> bool {
        false
    }

    /// Stops its local program, which ends the operation.
    fn stop(&mut self, _: &mut Ctx<'_>) {}

    /// Called when it is abandoned; returns the outcome, if it is known anyway.
    fn abandon(&mut self) -> Option<Outcome> {
        None
    }

    /// What is known so far, when it is abandoned without an outcome.
    fn known_so_far(&self) -> Vec<String> {
        Vec::new()
    }

    /// The failure that currently prevents its change or its reads, while they are retried.
    fn obstacle(&self) -> Option<&Failure> {
        None
    }

    /// What it was doing if it is abandoned before any change: `while the image was built`.
    fn unchanged_while(&self) -> &'static str {
        "before anything was changed"
    }

    /// How to check on it after it was abandoned, without the environment: ``look with `cockpit services``.
    fn check_hint(&self) -> String {
        "look with `cockpit services".to_owned()
    }

    /// The sentence about what happens to it if cockpit quits now.
    fn quit_note(&self, environment: &str) -> String {
        format!("continues in AWS; look with `cockpit services --env {environment}`")
    }

    /// The values before and after the change, for the audit file.
    fn record(&self, _: Option<&Plan>) -> (Value, Value) {
        (Value::Null, Value::Null)
    }

    /// Its details for reports.
    fn details(&self) -> Details {
        Details::default()
    }

    /// Whether it fails like a deployment, which has an exit code of its own.
    fn is_deployment(&self) -> bool {
        false
    }

    /// The deployment it watches.
    fn watch(&self) -> Option<&Watch> {
        None
    }

    /// When the last failed read is tried again.
    fn next_try(&self) -> Option<Timestamp> {
        None
    }

    /// How it is drawn on the screen.
    fn picture(&self) -> Picture<'_> {
        Picture::Bar
    }

    /// Its options, while it waits for a choice.
    fn choices(&self) -> Option<&Choices> {
        None
    }

    /// The operation for the wider plan that the plan offers.
    fn wider_operation(&self) -> Option<NewOperation> {
        None
    }
}

impl Clone for Box<dyn Machine> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}
