//! One change, made certain. It is sent once; where its answer was lost, it is looked for before anything
//! else is done, and sent again only when it was twice not there.

use super::call::{Answered, REMEMBERED, Read, Reply, Write, may_have_landed, may_pass};
use super::refusals::{self, Refusals, ToldKinds};
use super::single::invalidation::call::CdnReply;
use super::step::{Ctx, Slot, Weight, wait_after};
use crate::model::service::Service;
use crate::model::timer::{Power, Timer};
use crate::model::{Failure, FailureKind};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Between two looks, and before the first: a change may show a moment later.
const LOOK: SignedDuration = SignedDuration::from_secs(3);
/// Looks that must not find it before it is sent again.
const LOOKS: u32 = 2;
/// It is sent at most so often.
const SENDS: u32 = 3;

/// What could not even be sent is tried so often again before it is given up: nothing was changed.
const UNSENT: u32 = 3;

/// What was there before the change, to tell whether it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// Ids of the service's deployments.
    pub deployments: BTreeSet<String>,
    /// ARNs of its service deployments.
    pub releases: BTreeSet<String>,
    /// What the service ran: a forced deployment goes to the same.
    pub running: String,
    /// The newest revision of the family.
    pub newest: u32,
    /// When it was sent first, and when its answer was last given up.
    pub sent: Option<(Timestamp, Timestamp)>,
}

/// What a look for a change shows.
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

/// This machine's clock and AWS's may be apart by this much.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// A change on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Sure {
    write: Write,
    before: Before,
    state: State,
    sends: u32,
    waits: u32,
    /// How often it could not even be sent.
    unsent: u32,
    /// Refusals of the credentials in a row.
    refusals: Refusals,
    told_kinds: ToldKinds,
    /// Whether a sending may have been carried out.
    lost: Option<Failure>,
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

/// How far it is.
#[derive(Debug, Clone)]
pub enum Progress {
    /// On its way.
    Going,
    /// It was made.
    Landed(Box<Reply>),
    /// It was not made, and will not be.
    Refused(Failure),
}

impl Sure {
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
            told_kinds: ToldKinds::default(),
            lost: None,
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
            self.lost = Some(failure);
            self.before.sent = self.before.sent.map(|(first, _)| (first, ctx.service_now));
            self.state = State::Resting(ctx.now + LOOK, 0);
            return Progress::Going;
        }
        // A sending that was lost before may still be carried out: a refusal of the next says nothing of it.
        let given_up = self.refusals.note(&failure, ctx.now) || (failure.unsent && self.unsent >= UNSENT);
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
        self.unsent += u32::from(failure.unsent);
        let wait = wait_after(LOOK, self.waits);
        self.waits += 1;
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

    /// Whether something of it may have been carried out.
    pub(super) fn may_have_landed(&self) -> bool {
        self.lost.is_some() || self.state == State::Sending
    }
}

impl Write {
    /// What to read to see whether it was carried out, after so many looks that did not show it.
    pub fn proof(&self, looks: u32) -> Read {
        match self {
            Self::Register { base, .. } => Read::TaskDefinition { name: family(base).to_owned() },
            // A deployment that has already come to its end shows only in the history.
            Self::Update { cluster, service, task_definition, force, .. }
                if looks > 0 && (*force || task_definition.is_some()) =>
            {
                Read::History { cluster: cluster.clone(), service: service.clone() }
            }
            Self::Update { cluster, service, .. } => {
                Read::Services { cluster: cluster.clone(), names: vec![service.clone()] }
            }
            Self::Remember { arn, .. } | Self::Forget { arn, .. } => {
                let mut parts = arn.rsplit('/');
                let name = parts.next().unwrap_or_default().to_owned();
                Read::Services { cluster: parts.next().unwrap_or_default().to_owned(), names: vec![name] }
            }
            Self::RollBack { arn } => Read::Releases { arns: vec![arn.clone()] },
            Self::StopTask { cluster, id, .. } => Read::Task { cluster: cluster.clone(), id: id.clone() },
            Self::Limits { resource, .. } => Read::Scalable { resource: resource.clone() },
            // Nothing shows whether it ran; what it does can be done twice.
            Self::Invoke { function, .. } => Read::Function { name: function.clone() },
            Self::Skip { timer, .. } => match &timer.action {
                Some(sets) => {
                    let cluster = sets.resource.split('/').nth(1).unwrap_or_default().to_owned();
                    Read::Actions { cluster }
                }
                None => Read::Timers { prefix: timer.name.clone() },
            },
            Self::Database { id, .. } => Read::Databases { patterns: vec![id.clone()] },
            Self::Rds(write) => Read::Rds(write.proof()),
            Self::Instance { id, .. } => Read::Instance { id: id.clone() },
            Self::Invalidate(batch) => Read::Cdn(batch.proof()),
            Self::Scaling(write) => Read::Scaling(write.proof()),
            Self::PutParameter(put) => Read::Parameter { name: put.name.clone() },
            Self::DeleteParameter { name } => Read::Parameter { name: name.clone() },
            Self::MuteAlarm { alarm, .. } | Self::UnmuteAlarm { alarm } => Read::Alarm { name: alarm.clone() },
        }
    }

    /// What a proof says of this write.
    pub fn shown_by(&self, before: &Before, proof: Reply) -> Shown {
        if let (Self::Update { service, task_definition, force, desired, .. }, Reply::Services(found)) = (self, &proof)
        {
            let Some(found) = found.iter().find(|other| other.name == *service) else { return Shown::No };
            let counted = desired.is_none_or(|count| found.desired == count);
            if !*force && task_definition.is_none() {
                return if counted { Shown::Yes(Reply::Services(vec![found.clone()])) } else { Shown::No };
            }
            return deployed(found, task_definition.as_deref(), before);
        }
        if let (Self::Update { task_definition, .. }, Reply::Releases(found)) = (self, &proof) {
            let new = found.iter().find(|entry| {
                let wanted = task_definition.as_ref().unwrap_or(&before.running);
                !before.releases.contains(&entry.arn) && entry.target.as_ref().is_none_or(|target| target == wanted)
            });
            return match new {
                Some(entry) => Shown::Doubt(format!(
                    "the history shows a deployment that began since, and that is {}",
                    entry.status.words()
                )),
                None => Shown::No,
            };
        }
        if let (Self::RollBack { .. }, Reply::Releases(found)) = (self, &proof) {
            use crate::model::RolloutStatus::{InProgress, Pending, Stopped, Successful};
            return match found.first().map(|entry| &entry.status) {
                None | Some(Pending | InProgress) => Shown::No,
                Some(status @ (Successful | Stopped)) => {
                    Shown::Over(format!("it had ended before: {}", status.words()))
                }
                Some(_) => Shown::Yes(Reply::Done),
            };
        }
        self.done_by(before, proof).map_or(Shown::No, Shown::Yes)
    }

    /// The reply of a write that leaves no doubt, where the proof shows that it was carried out.
    fn done_by(&self, before: &Before, proof: Reply) -> Option<Reply> {
        match (self, proof) {
            (Self::Rds(write), Reply::Rds(proof)) => {
                write.is_shown_by(before.sent.map(|(first, _)| first), &proof).then_some(Reply::Done)
            }
            (Self::Instance { turn, .. }, Reply::Instance(Some(found))) => {
                found.was_turned(*turn).then_some(Reply::Done)
            }
            (Self::Invalidate(_), Reply::Cdn(CdnReply::Invalidation(Some(found)))) => {
                Some(Reply::Cdn(CdnReply::Invalidation(Some(found))))
            }
            (Self::Scaling(write), Reply::Scaling(proof)) => write.is_shown_by(&proof).then_some(Reply::Done),
            (Self::Register { base, images }, Reply::TaskDefinition(found)) => {
                let number = |name: &str| name.rsplit(':').next().and_then(|text| text.parse::<u32>().ok());
                let newer = number(&found.name)? > before.newest.max(number(base)?);
                let same = images.iter().all(|(name, image)| {
                    found.containers.iter().any(|container| container.name == *name && container.image == *image)
                });
                (newer && same).then(|| Reply::Registered(found.name.clone()))
            }
            (Self::Remember { arn, desired, suspended }, Reply::Services(found)) => {
                let found = found.first().filter(|found| found.arn == *arn)?;
                let kept = desired.is_none_or(|count| found.remembered == Some(count))
                    && suspended.is_none_or(|state| found.remembered_scaling == Some(state));
                kept.then_some(Reply::Done)
            }
            (Self::Forget { arn, keys }, Reply::Services(found)) => {
                let found = found.first().filter(|found| found.arn == *arn)?;
                let left = |key: &&str| match *key {
                    REMEMBERED => found.remembered.is_some(),
                    _ => found.remembered_scaling.is_some(),
                };
                (!keys.iter().any(left)).then_some(Reply::Done)
            }
            (Self::StopTask { .. }, Reply::Tasks(found)) => {
                found.first().is_none_or(|task| task.desired_status == "STOPPED").then_some(Reply::Done)
            }
            (Self::Limits { min, max, suspended, .. }, Reply::Scalable(found)) => {
                let found = found?;
                let fits = min.is_none_or(|min| found.min == min)
                    && max.is_none_or(|max| found.max == max)
                    && suspended.is_none_or(|state| found.suspended == state);
                fits.then_some(Reply::Done)
            }
            (Self::Skip { timer, until }, Reply::Timers(found)) => {
                let same = |other: &Timer| {
                    let of = |timer: &Timer| timer.action.as_ref().map(|sets| sets.resource.clone());
                    other.name == timer.name && of(other) == of(timer)
                };
                let found = found.into_iter().find(same)?;
                // AWS keeps whole seconds.
                let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second);
                (seconds(found.start) == seconds(*until)).then_some(Reply::Done)
            }
            // The same value under the same name is what was asked for, whoever wrote it.
            (Self::PutParameter(put), Reply::Parameter(Some(found))) => {
                let same =
                    found.value.as_ref().is_ok_and(|value| *value == put.value) && found.parameter.kind == put.kind;
                same.then_some(Reply::Written(found.parameter.version))
            }
            (Self::DeleteParameter { .. }, Reply::Parameter(None)) => Some(Reply::Done),
            (Self::MuteAlarm { alarm, from, length }, Reply::Alarm(_, mutes)) => {
                let until = from.checked_add(*length).ok();
                mutes.iter().any(|mute| mute.is_ours(alarm) && mute.until == until).then_some(Reply::Done)
            }
            (Self::UnmuteAlarm { alarm }, Reply::Alarm(_, mutes)) => {
                (!mutes.iter().any(|mute| mute.is_ours(alarm))).then_some(Reply::Done)
            }
            (Self::Database { id, power, .. }, Reply::Databases(found)) => {
                let status = found.into_iter().find(|other| other.id == *id)?.status;
                let there = match power {
                    Power::Stop => ["stopping", "stopped"],
                    Power::Start => ["starting", "available"],
                };
                there.contains(&status.as_str()).then_some(Reply::Done)
            }
            _ => None,
        }
    }
}

/// Whether a service shows a deployment that was asked for. By its revision it is told for certain: nobody
/// else knows that one. A forced one is told by its time; one that began at another is somebody else's, and
/// may have taken the place of ours.
fn deployed(service: &Service, revision: Option<&str>, before: &Before) -> Shown {
    let mut new = service.deployments.iter().filter(|other| !before.deployments.contains(&other.id)).peekable();
    if new.peek().is_none() {
        return Shown::No;
    }
    let meant = |at: Option<Timestamp>| match (at, before.sent) {
        (Some(at), Some((first, last))) => (first - SKEW..=last + SKEW).contains(&at),
        _ => true,
    };
    let ours = if let Some(revision) = revision {
        new.find(|other| other.task_definition == revision).is_some()
    } else {
        let all: Vec<_> = new.collect();
        matches!(all.as_slice(), [only] if meant(only.created_at) && only.task_definition == before.running)
    };
    if ours {
        return Shown::Yes(Reply::Services(vec![service.clone()]));
    }
    let to = service.primary().map(|primary| primary.task_definition.as_str()).unwrap_or_default();
    Shown::Doubt(format!("another deployment, to {to}, has begun, and whether ours did cannot be told"))
}

/// `web` of `web:42`.
fn family(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(family, _)| family)
}
