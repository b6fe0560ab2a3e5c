//! One change, made certain. It is sent once; where its answer was lost, it is looked for before anything
//! else is done, and sent again only when it was twice not there.

use super::call::{Answered, Reply, Write, may_have_landed, may_pass};
use super::refusals::{self, ReportedFailures};
use super::step::{Ctx, Slot, Weight, wait_after};
use crate::app::refusals::Refusals;
use crate::model::{Failure, FailureKind};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The interval between two looks, and before the first: a change may show a moment later.
const LOOK: SignedDuration = SignedDuration::from_secs(3);
/// Looks that must not find it before it is sent again.
const LOOKS: u32 = 2;
/// The most times that a change is sent.
const SENDS: u32 = 3;

/// The attempts to send a change that could not even be sent, before it is given up: nothing was changed. Credentials
/// that are refused, or another account's, have limits of their own.
const UNSENT: u32 = 3;

/// The state before the change, to tell whether it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// Ids of the service's deployments.
    pub deployments: BTreeSet<String>,
    /// ARNs of its service deployments.
    pub releases: BTreeSet<String>,
    /// The revision that the service ran: a forced deployment goes to the same.
    pub running: String,
    /// The newest revision of the family.
    pub newest: u32,
    /// When it was sent first, and when its answer was last given up.
    pub sent: Option<(Timestamp, Timestamp)>,
}

/// The result of a look for a change.
#[derive(Debug, Clone)]
pub enum Shown {
    /// It was made: the reply that it would have had.
    Yes(Reply),
    /// It was not made.
    No,
    /// Something was made that may be it, or may hide it. Sending again could undo somebody's work.
    Doubt(String),
    /// It was not made, and there is nothing left to make: why.
    Over(String),
}

/// A write that was sent and whose outcome may have to be looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingWrite {
    write: Write,
    before: Before,
    state: State,
    sends: u32,
    waits: u32,
    /// How often it could not even be sent, for another reason than the credentials.
    unsent: u32,
    /// Refusals of the credentials in a row.
    refusals: Refusals,
    told_kinds: ReportedFailures,
    /// Whether a sending may have been carried out.
    lost: Option<Failure>,
    /// The failure that keeps it from being sent again, or its lost answer from being known.
    held: Option<Failure>,
    /// Other changes were made before it, so that credentials of another account are waited out.
    waits_for_account: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Sending,
    /// To be sent again at a time.
    Waiting(Timestamp),
    /// To be looked for at a time, after so many looks.
    Resting(Timestamp, u32),
    Looking(u32),
    Over,
}

/// The progress of a change that was sent.
#[derive(Debug, Clone)]
pub enum Progress {
    /// On its way.
    Going,
    /// It was made.
    Landed(Box<Reply>),
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
            told_kinds: ReportedFailures::default(),
            lost: None,
            held: None,
            waits_for_account: false,
        }
    }

    /// The same of a change after which others were made: credentials of another account are waited out, as nothing
    /// may be left half done for them.
    #[must_use]
    pub(super) fn in_the_middle(mut self) -> Self {
        self.waits_for_account = true;
        self
    }

    /// A reply to it, or to a look.
    pub(super) fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) -> Progress {
        match (slot, &self.state) {
            (Slot::Write, State::Sending) => self.sent(answered, ctx),
            (Slot::Proof, State::Looking(looks)) => {
                let looks = *looks;
                self.looked(answered, looks, ctx)
            }
            _ => Progress::Going,
        }
    }

    fn sent(&mut self, answered: Answered, ctx: &mut Ctx<'_>) -> Progress {
        let failure = match answered.outcome {
            Ok(reply) => {
                self.state = State::Over;
                return Progress::Landed(Box::new(reply));
            }
            Err(failure) => failure,
        };
        if may_have_landed(&failure) {
            let action = self.write.action();
            ctx.say(Weight::Warn, format!("the answer to {action} was lost ({failure}): looking whether it was done"));
            self.lost = Some(failure.clone());
            self.held = Some(failure);
            self.before.sent = self.before.sent.map(|(first, _)| (first, ctx.service_now));
            self.state = State::Resting(ctx.now + LOOK, 0);
            return Progress::Going;
        }
        // A sending that was lost before may still be carried out: a refusal of the next says nothing of it.
        let given_up = self.refusals.note(&failure, ctx.now) || (unsent_by_fault(&failure) && self.unsent >= UNSENT);
        let refused = failure.kind == FailureKind::WrongAccount && !self.waits_for_account;
        if may_pass(&failure) && !given_up && !refused {
            return self.wait(&failure, ctx);
        }
        self.state = State::Over;
        Progress::Refused(failure)
    }

    /// Refused for now: throttled, or the credentials have expired. It was not carried out.
    fn wait(&mut self, failure: &Failure, ctx: &mut Ctx<'_>) -> Progress {
        let why = match failure.kind {
            FailureKind::Throttled => "AWS asks to slow down",
            FailureKind::Credentials => "AWS refuses the credentials; they are read again",
            FailureKind::WrongAccount => "the credentials are another account's; they are read again",
            _ if failure.unsent => "it was not sent, and is tried again",
            _ => "it was not done",
        };
        if self.told_kinds.is_news(failure) {
            let limit = refusals::waiting(failure);
            ctx.say(Weight::Warn, format!("{}: {why}: waiting ({failure}){limit}", self.write.action()));
        }
        self.unsent += u32::from(unsent_by_fault(failure));
        let wait = wait_after(LOOK, self.waits);
        self.waits += 1;
        self.held = Some(failure.clone());
        self.state = State::Waiting(ctx.now + wait);
        Progress::Going
    }

    fn looked(&mut self, answered: Answered, looks: u32, ctx: &mut Ctx<'_>) -> Progress {
        let reply = match answered.outcome {
            Ok(reply) => {
                self.refusals.clear();
                reply
            }
            Err(failure) if !self.refusals.note(&failure, ctx.now) && may_pass(&failure) => {
                self.held = Some(failure);
                self.state = State::Resting(ctx.now + LOOK, looks);
                return Progress::Going;
            }
            // What cannot be looked for stays unknown.
            Err(failure) => {
                self.state = State::Over;
                return Progress::Refused(self.unresolved(&failure));
            }
        };
        match self.write.shown_by(&self.before, reply) {
            Shown::Yes(reply) => {
                self.state = State::Over;
                ctx.say(Weight::Step, format!("{} was done", self.write.action()));
                return Progress::Landed(Box::new(reply));
            }
            Shown::Doubt(why) => {
                self.state = State::Over;
                let lost = self.lost.as_ref().map(ToString::to_string).unwrap_or_default();
                return Progress::Refused(Failure::new(FailureKind::Service, format!("{lost}; {why}")));
            }
            Shown::Over(why) => {
                self.state = State::Over;
                return Progress::Refused(Failure::new(FailureKind::Other, why));
            }
            Shown::No => {}
        }
        let looks = looks + 1;
        if looks < LOOKS {
            self.state = State::Resting(ctx.now + LOOK, looks);
            return Progress::Going;
        }
        if self.sends >= SENDS {
            self.state = State::Over;
            let failure = self.lost.clone().unwrap_or_else(|| Failure::new(FailureKind::Service, "no answer"));
            return Progress::Refused(failure);
        }
        ctx.say(Weight::Step, format!("{} was not done: sending it again", self.write.action()));
        self.again(ctx);
        Progress::Going
    }

    fn again(&mut self, ctx: &mut Ctx<'_>) {
        self.sends += 1;
        self.held = None;
        self.state = State::Sending;
        ctx.write(self.write.clone());
    }

    fn unresolved(&self, failure: &Failure) -> Failure {
        let lost = self.lost.as_ref().map(ToString::to_string).unwrap_or_default();
        Failure::new(failure.kind, format!("{lost}; and whether it was done cannot be read: {failure}"))
    }

    /// Time goes on.
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

    /// Whether it asks ECS to end a deployment and go back.
    pub(super) fn is_roll_back(&self) -> bool {
        matches!(self.write, Write::RollBack { .. })
    }

    /// The failure that keeps it from being carried out, or from being known to be, as far as it was sent.
    pub(super) fn held_up(&self) -> Option<&Failure> {
        self.held.as_ref()
    }

    /// The change itself.
    pub(super) fn change(&self) -> &Write {
        &self.write
    }

    /// Whether something of it may have been carried out.
    pub(super) fn may_have_landed(&self) -> bool {
        self.lost.is_some() || self.state == State::Sending
    }
}

/// Whether something else than the credentials kept it from being sent.
fn unsent_by_fault(failure: &Failure) -> bool {
    failure.unsent && !matches!(failure.kind, FailureKind::Credentials | FailureKind::WrongAccount)
}
