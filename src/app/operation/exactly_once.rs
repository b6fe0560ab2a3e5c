//! One change, made exactly once. It is sent once; if its answer is lost, its effect is looked for before anything else
//! happens, and it is sent again only after two looks did not find it.

use super::call::{CallResult, Reply, Write, may_have_been_made, may_succeed_later};
use super::refusals::{self, ReportedFailures};
use super::step::{Ctx, Slot, Weight, wait_after};
use crate::app::refusals::Refusals;
use crate::model::{Failure, FailureKind};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The interval between two looks, and before the first: a change may become visible a moment later.
const LOOK: SignedDuration = SignedDuration::from_secs(3);
/// Number of looks that must not find it before it is sent again.
const LOOKS: u32 = 2;
/// Maximum number of times a change is sent.
const SENDS: u32 = 3;

/// Number of failed attempts to send a change before it is given up; nothing was changed. Refused credentials and those
/// of another account have limits of their own.
const UNSENT: u32 = 3;

/// The state before the change, to determine whether it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// Ids of the service's deployments.
    pub deployments: BTreeSet<String>,
    /// ARNs of the service's service deployments.
    pub releases: BTreeSet<String>,
    /// The revision that the service ran: a forced deployment keeps it.
    pub running: String,
    /// The newest revision of the family.
    pub newest: u32,
    /// When it was sent first, and when its answer was last given up.
    pub sent: Option<(Timestamp, Timestamp)>,
}

/// The result of looking for a change.
#[derive(Debug, Clone)]
pub enum Proof {
    /// It was made: the reply it would have had.
    Made(Reply),
    /// It was not made.
    NotMade,
    /// Something was made that may be this change, or may hide it. Sending it again could undo someone else's work.
    Doubtful(String),
    /// It was not made, and cannot be any more, for this reason.
    NoLongerPossible(String),
}

/// A write that was sent and whose outcome may have to be looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingWrite {
    write: Write,
    before: Before,
    state: State,
    sends: u32,
    waits: u32,
    /// How often it could not be sent, for reasons other than the credentials.
    unsent: u32,
    /// Consecutive refusals of the credentials.
    refusals: Refusals,
    reported_failures: ReportedFailures,
    /// The failure of a send that may have been carried out.
    lost: Option<Failure>,
    /// The failure that prevents it from being sent again, or its lost answer from being determined.
    held: Option<Failure>,
    /// Whether other changes were made before it, so that it waits while the credentials belong to another account.
    waits_for_account: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Sending,
    /// To be sent again at a time.
    Waiting(Timestamp),
    /// To be looked for at a time, after this many looks.
    Resting(Timestamp, u32),
    Looking(u32),
    Over,
}

/// The progress of a change that was sent.
#[derive(Debug, Clone)]
pub enum Progress {
    /// In flight.
    InFlight,
    /// It was made.
    Made(Box<Reply>),
    /// It was not made, and will not be.
    Refused(Failure),
}

impl PendingWrite {
    /// Sends it.
    pub(super) fn send(write: Write, before: Before, ctx: &mut Ctx<'_>) -> Self {
        ctx.write(write.clone());
        let before = Before { sent: Some((ctx.service_now, ctx.service_now)), ..before };
        Self {
            write,
            before,
            state: State::Sending,
            sends: 1,
            waits: 0,
            unsent: 0,
            refusals: Refusals::default(),
            reported_failures: ReportedFailures::default(),
            lost: None,
            held: None,
            waits_for_account: false,
        }
    }

    /// Marks it as following other changes: it waits while the credentials belong to another account, so that nothing
    /// stays half done.
    #[must_use]
    pub(super) fn after_other_changes(mut self) -> Self {
        self.waits_for_account = true;
        self
    }

    /// Handles a reply to it, or to a look.
    pub(super) fn reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) -> Progress {
        match (slot, &self.state) {
            (Slot::Write, State::Sending) => self.take_answer(answered, ctx),
            (Slot::Proof, State::Looking(looks)) => {
                let looks = *looks;
                self.take_proof(answered, looks, ctx)
            }
            _ => Progress::InFlight,
        }
    }

    fn take_answer(&mut self, answered: CallResult, ctx: &mut Ctx<'_>) -> Progress {
        let failure = match answered.outcome {
            Ok(reply) => {
                self.state = State::Over;
                return Progress::Made(Box::new(reply));
            }
            Err(failure) => failure,
        };
        if may_have_been_made(&failure) {
            let action = self.write.action();
            ctx.log(Weight::Warn, format!("the answer to {action} was lost ({failure}): looking whether it was done"));
            self.lost = Some(failure.clone());
            self.held = Some(failure);
            self.before.sent = self.before.sent.map(|(first, _)| (first, ctx.service_now));
            self.state = State::Resting(ctx.now + LOOK, 0);
            return Progress::InFlight;
        }
        // An earlier send whose answer was lost may still be carried out: the refusal of a later one proves nothing
        // about it.
        let given_up = self.refusals.note(&failure, ctx.now) || (unsent_by_fault(&failure) && self.unsent >= UNSENT);
        let refused = failure.kind == FailureKind::WrongAccount && !self.waits_for_account;
        if may_succeed_later(&failure) && !given_up && !refused {
            return self.wait(&failure, ctx);
        }
        self.state = State::Over;
        Progress::Refused(failure)
    }

    /// Handles a temporary refusal: throttled, or the credentials have expired. It was not carried out.
    fn wait(&mut self, failure: &Failure, ctx: &mut Ctx<'_>) -> Progress {
        let why = match failure.kind {
            FailureKind::Throttled => "AWS asks to slow down",
            FailureKind::Credentials => "AWS refuses the credentials; they are read again",
            FailureKind::WrongAccount => "the credentials are another account's; they are read again",
            _ if failure.unsent => "it was not sent, and is tried again",
            _ => "it was not done",
        };
        if self.reported_failures.is_news(failure) {
            let limit = refusals::waiting(failure);
            ctx.log(Weight::Warn, format!("{}: {why}: waiting ({failure}){limit}", self.write.action()));
        }
        self.unsent += u32::from(unsent_by_fault(failure));
        let wait = wait_after(LOOK, self.waits);
        self.waits += 1;
        self.held = Some(failure.clone());
        self.state = State::Waiting(ctx.now + wait);
        Progress::InFlight
    }

    fn take_proof(&mut self, answered: CallResult, looks: u32, ctx: &mut Ctx<'_>) -> Progress {
        let reply = match answered.outcome {
            Ok(reply) => {
                self.refusals.clear();
                reply
            }
            Err(failure) if !self.refusals.note(&failure, ctx.now) && may_succeed_later(&failure) => {
                self.held = Some(failure);
                self.state = State::Resting(ctx.now + LOOK, looks);
                return Progress::InFlight;
            }
            // A change whose proof cannot be read stays unknown.
            Err(failure) => {
                self.state = State::Over;
                return Progress::Refused(self.unresolved(&failure));
            }
        };
        match self.write.judge_proof(&self.before, reply) {
            Proof::Made(reply) => {
                self.state = State::Over;
                ctx.log(Weight::Step, format!("{} was done", self.write.action()));
                return Progress::Made(Box::new(reply));
            }
            Proof::Doubtful(why) => {
                self.state = State::Over;
                let lost = self.lost.as_ref().map(ToString::to_string).unwrap_or_default();
                return Progress::Refused(Failure::new(FailureKind::Service, format!("{lost}; {why}")));
            }
            Proof::NoLongerPossible(why) => {
                self.state = State::Over;
                return Progress::Refused(Failure::new(FailureKind::Other, why));
            }
            Proof::NotMade => {}
        }
        let looks = looks + 1;
        if looks < LOOKS {
            self.state = State::Resting(ctx.now + LOOK, looks);
            return Progress::InFlight;
        }
        if self.sends >= SENDS {
            self.state = State::Over;
            let failure = self.lost.clone().unwrap_or_else(|| Failure::new(FailureKind::Service, "no answer"));
            return Progress::Refused(failure);
        }
        ctx.log(Weight::Step, format!("{} was not done: sending it again", self.write.action()));
        self.resend(ctx);
        Progress::InFlight
    }

    fn resend(&mut self, ctx: &mut Ctx<'_>) {
        self.sends += 1;
        self.held = None;
        self.state = State::Sending;
        ctx.write(self.write.clone());
    }

    fn unresolved(&self, failure: &Failure) -> Failure {
        let lost = self.lost.as_ref().map(ToString::to_string).unwrap_or_default();
        Failure::new(failure.kind, format!("{lost}; and whether it was done cannot be read: {failure}"))
    }

    /// Advances the time.
    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match self.state {
            State::Waiting(at) if ctx.now >= at => {
                self.state = State::Sending;
                ctx.write(self.write.clone());
            }
            State::Resting(at, looks) if ctx.now >= at => {
                self.state = State::Looking(looks);
                ctx.read(Slot::Proof, self.write.proof(looks));
            }
            State::Waiting(_) | State::Resting(..) | State::Sending | State::Looking(_) | State::Over => {}
        }
    }

    /// Whether it asks ECS to end a deployment and roll back.
    pub(super) fn is_roll_back(&self) -> bool {
        matches!(self.write, Write::RollBack { .. })
    }

    /// The failure that prevents it from being carried out, or from being determined.
    pub(super) fn obstacle(&self) -> Option<&Failure> {
        self.held.as_ref()
    }

    /// The change itself.
    pub(super) fn change(&self) -> &Write {
        &self.write
    }

    /// Whether it may have been carried out, at least partly.
    pub(super) fn may_have_been_made(&self) -> bool {
        self.lost.is_some() || self.state == State::Sending
    }
}

/// Whether something other than the credentials prevented it from being sent.
fn unsent_by_fault(failure: &Failure) -> bool {
    failure.unsent && !matches!(failure.kind, FailureKind::Credentials | FailureKind::WrongAccount)
}
