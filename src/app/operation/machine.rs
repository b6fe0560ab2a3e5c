//! The trait of every kind of operation: what the life that all have ([`super::one`]), the screen and the reports ask
//! of it. Each kind is a folder of its own.

use super::call::Answered;
use super::outcome::Outcome;
use super::plan::Plan;
use super::step::{Ctx, Slot, Weight};
use super::watch::Watch;
use crate::model::Failure;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// An operation before it has begun.
pub type What = Box<dyn Machine>;

/// The thing that an operation changes. Two operations on the same thing at the same time conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Of which kind it is: [`Target::SERVICE`] or another.
    pub kind: &'static str,
    /// Its whole name.
    pub name: String,
}

impl Target {
    /// A service of the environment's cluster.
    pub const SERVICE: &'static str = "service";

    /// A service, by its whole name.
    pub fn service(name: impl Into<String>) -> Self {
        Self { kind: Self::SERVICE, name: name.into() }
    }
}

/// Details of an operation for reports, beside its verdict, as far as it has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The deployment's id: `ecs-svc/…`.
    pub deployment: Option<String>,
    /// The task definition that it goes to.
    pub revision: Option<String>,
    /// The one that ran before.
    pub previous: Option<String>,
    pub image: Option<String>,
    pub digest: Option<String>,
    /// The version that runs now, in words.
    pub runs: Option<String>,
}

/// How an operation under way is drawn.
#[derive(Debug)]
pub enum Picture<'a> {
    /// A rollout: tasks over time.
    Rollout {
        /// The deployment.
        watch: &'a Watch,
        /// `family:revision` that ran before.
        previous: Option<&'a str>,
        /// The version, as people call it.
        version: &'a str,
    },
    /// Steps of the plan, and counts of services.
    Steps {
        /// Services whose counts are waited for.
        waited: usize,
        /// The counts that were last seen, running and desired.
        counts: &'a BTreeMap<String, (u32, u32)>,
    },
    /// A bar, where there is a total.
    Bar,
}

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The value for the operation: a tag, a digest, `family:revision`.
    pub value: String,
    /// A note beside it.
    pub note: String,
}

/// The choices before an operation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choices {
    /// They are images, so that one can also be typed or built.
    pub images: bool,
    /// The entries, once they were read.
    pub options: Vec<Offered>,
}

/// One kind of operation: a state machine. Replies and time go in, calls come out.
pub trait Machine: Debug + Send + Sync {
    /// A copy of it as it stands.
    fn clone_box(&self) -> Box<dyn Machine>;

    /// `deploy web`.
    fn title(&self) -> String;

    /// The effect of a yes in a word or two, as on a button.
    fn verb(&self) -> &'static str;

    /// The command line that does this, without the program's name and without the environment.
    fn typed(&self) -> String;

    /// The thing that it changes, where that is one thing.
    fn target(&self) -> Option<Target> {
        None
    }

    /// Whether it changes nothing.
    fn only_looks(&self) -> bool {
        false
    }

    /// Whether it stands in the audit file though it changes nothing that is known.
    fn is_written_down(&self) -> bool {
        false
    }

    /// Begins to look.
    fn begin(&mut self, ctx: &mut Ctx<'_>);

    /// A reply.
    fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>);

    /// Confirmed and written down: it changes something from now on.
    fn go(&mut self, _: &mut Ctx<'_>) {}

    /// Time goes on.
    fn tick(&mut self, _: &mut Ctx<'_>) {}

    /// A line of a program's output.
    fn output(&mut self, line: &str, ctx: &mut Ctx<'_>) {
        ctx.say(Weight::Detail, line);
    }

    /// Its current activity, in two or three words.
    fn words(&self) -> &'static str;

    /// How far it is, where there is a total.
    fn progress(&self) -> Option<(u32, u32)> {
        None
    }

    /// When it began to change something.
    fn began(&self) -> Option<Timestamp> {
        None
    }

    /// Since when the limit counts, of one that was confirmed at a time.
    fn limited_since(&self, confirmed: Option<Timestamp>) -> Option<Timestamp> {
        confirmed
    }

    /// How long it took, or takes until a time.
    fn took(&self, until: Timestamp) -> Option<SignedDuration> {
        Some(until.duration_since(self.began()?))
    }

    /// When what it is about ended, of one that ended at a time itself.
    fn ended_at(&self, itself: Option<Timestamp>) -> Option<Timestamp> {
        itself
    }

    /// How long it usually takes.
    fn usual(&self) -> Option<SignedDuration> {
        None
    }

    /// Whether what is under way can be taken back now.
    fn revertible(&self) -> bool {
        false
    }

    /// A person takes back what is under way.
    fn take_back(&mut self, _: &mut Ctx<'_>) {}

    /// Whether what runs on this machine for it can be stopped now.
    fn stoppable(&self) -> bool {
        false
    }

    /// A person stops it: it ends.
    fn stop(&mut self, _: &mut Ctx<'_>) {}

    /// Left before its end: what is known all the same, if anything is.
    fn left(&mut self) -> Option<Outcome> {
        None
    }

    /// Left before its end, which is not known: what is known of it so far.
    fn known_so_far(&self) -> Vec<String> {
        Vec::new()
    }

    /// The failure that keeps its change from being carried out, or it from being looked at, while that is tried again.
    fn held_up(&self) -> Option<&Failure> {
        None
    }

    /// The activity during which it was left before anything was changed: `while the image was built`.
    fn unchanged_while(&self) -> &'static str {
        "before anything was changed"
    }

    /// How to look again at what was left, without the environment: ``look with `cockpit services``.
    fn look_again(&self) -> String {
        "look with `cockpit services".to_owned()
    }

    /// The sentence on what becomes of it when the cockpit is left now.
    fn leaving(&self, environment: &str) -> String {
        format!("goes on in AWS; look with `cockpit services --env {environment}`")
    }

    /// The values before and after the change, for the audit file.
    fn record(&self, _: Option<&Plan>) -> (Value, Value) {
        (Value::Null, Value::Null)
    }

    /// Its details for reports.
    fn details(&self) -> Details {
        Details::default()
    }

    /// Whether it fails as a deployment does, which has an exit code of its own.
    fn deploys(&self) -> bool {
        false
    }

    /// The deployment that it watches.
    fn watch(&self) -> Option<&Watch> {
        None
    }

    /// The last look failed: when it is tried again.
    fn next_try(&self) -> Option<Timestamp> {
        None
    }

    /// Its picture on the screen.
    fn picture(&self) -> Picture<'_> {
        Picture::Bar
    }

    /// Its choices, where it waits for one.
    fn choices(&self) -> Option<&Choices> {
        None
    }

    /// The operation that does what the plan offers too.
    fn offered(&self) -> Option<What> {
        None
    }
}

impl Clone for Box<dyn Machine> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}
