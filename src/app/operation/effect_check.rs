//! Determines whether a change took effect when its answer was lost: what to read, and what the reply proves.

use super::call::{DESIRED_COUNT_TAG, Read, Reply, Write};
use super::exactly_once::{Before, Proof};
use super::single::invalidation::call::CdnReply;
use crate::model::service::Service;
use crate::model::task_definition::family;
use crate::model::timer::Timer;
use jiff::{SignedDuration, Timestamp};

/// The largest assumed difference between this machine's clock and AWS's.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

impl Write {
    /// The read that shows whether the change was made, after this many inconclusive looks.
    pub fn proof(&self, looks: u32) -> Read {
        match self {
            Self::Register { base, .. } => Read::TaskDefinition { name: family(base).to_owned() },
            // A deployment that has already ended appears only in the history.
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
            // Nothing shows whether it ran; running it twice does no harm.
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
            Self::Ingress(change) => Read::Reach(change.proof()),
            Self::Scaling(write) => Read::Scaling(write.proof()),
            Self::PutParameter(put) => Read::Parameter { name: put.name.clone() },
            Self::DeleteParameter { name } => Read::Parameter { name: name.clone() },
            Self::MuteAlarm { alarm, .. } | Self::UnmuteAlarm { alarm } => Read::Alarm { name: alarm.clone() },
        }
    }

    /// What the reply proves about this write.
    pub fn judge_proof(&self, before: &Before, proof: Reply) -> Proof {
        if let (Self::Update { service, task_definition, force, desired, .. }, Reply::Services(found)) = (self, &proof)
        {
            let Some(found) = found.iter().find(|other| other.name == *service) else { return Proof::NotMade };
            let counted = desired.is_none_or(|count| found.desired == count);
            if !*force && task_definition.is_none() {
                return if counted { Proof::Made(Reply::Services(vec![found.clone()])) } else { Proof::NotMade };
            }
            return deployed(found, task_definition.as_deref(), before);
        }
        if let (Self::Update { task_definition, .. }, Reply::Releases(found)) = (self, &proof) {
            let new = found.iter().find(|entry| {
                let wanted = task_definition.as_ref().unwrap_or(&before.running);
                !before.releases.contains(&entry.arn) && entry.target.as_ref().is_none_or(|target| target == wanted)
            });
            return match new {
                Some(entry) => Proof::Doubtful(format!(
                    "the history shows a deployment that began since, and that is {}",
                    entry.status.label()
                )),
                None => Proof::NotMade,
            };
        }
        if let (Self::RollBack { .. }, Reply::Releases(found)) = (self, &proof) {
            use crate::model::RolloutStatus::{InProgress, Pending, Stopped, Successful};
            return match found.first().map(|entry| &entry.status) {
                None | Some(Pending | InProgress) => Proof::NotMade,
                Some(status @ (Successful | Stopped)) => {
                    Proof::NoLongerPossible(format!("it had ended before: {}", status.label()))
                }
                Some(_) => Proof::Made(Reply::Done),
            };
        }
        self.done_by(before, proof).map_or(Proof::NotMade, Proof::Made)
    }

    /// The reply that the write would have had, if the proof shows that it was made.
    fn done_by(&self, before: &Before, proof: Reply) -> Option<Reply> {
        match (self, proof) {
            (Self::Rds(write), Reply::Rds(proof)) => {
                write.is_proven_by(before.sent.map(|(first, _)| first), &proof).then_some(Reply::Done)
            }
            (Self::Instance { turn, .. }, Reply::Instance(Some(found))) => {
                found.has_begun(*turn).then_some(Reply::Done)
            }
            (Self::Ingress(change), Reply::Reach(proof)) => change.is_proven_by(&proof).then_some(Reply::Done),
            (Self::Invalidate(_), Reply::Cdn(CdnReply::Invalidation(Some(found)))) => {
                Some(Reply::Cdn(CdnReply::Invalidation(Some(found))))
            }
            (Self::Scaling(write), Reply::Scaling(proof)) => write.is_proven_by(&proof).then_some(Reply::Done),
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
                let is_stored = desired.is_none_or(|count| found.remembered == Some(count))
                    && suspended.is_none_or(|state| found.remembered_scaling == Some(state));
                is_stored.then_some(Reply::Done)
            }
            (Self::Forget { arn, keys }, Reply::Services(found)) => {
                let found = found.first().filter(|found| found.arn == *arn)?;
                let left = |key: &&str| match *key {
                    DESIRED_COUNT_TAG => found.remembered.is_some(),
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
                    // Each group of schedules may have one with this name.
                    other.name == timer.name && other.group == timer.group && of(other) == of(timer)
                };
                let found = found.into_iter().find(same)?;
                // AWS keeps whole seconds.
                let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second);
                (seconds(found.start) == seconds(*until)).then_some(Reply::Done)
            }
            // The same value under the same name is what was requested, whoever wrote it.
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
                let transitional_or_final = [power.database_transition_status(), power.database_status()];
                transitional_or_final.contains(&status.as_str()).then_some(Reply::Done)
            }
            _ => None,
        }
    }
}

/// Whether a service shows a requested deployment. A new revision identifies it for certain, because only we know it. A
/// forced deployment is recognized by its time; one that began at another time is someone else's, and may have replaced
/// ours.
fn deployed(service: &Service, revision: Option<&str>, before: &Before) -> Proof {
    let mut new = service.deployments.iter().filter(|other| !before.deployments.contains(&other.id)).peekable();
    if new.peek().is_none() {
        return Proof::NotMade;
    }
    let in_time = |at: Option<Timestamp>| match (at, before.sent) {
        (Some(at), Some((first, last))) => (first - SKEW..=last + SKEW).contains(&at),
        _ => true,
    };
    let ours = if let Some(revision) = revision {
        new.find(|other| other.task_definition == revision).is_some()
    } else {
        let deployments: Vec<_> = new.collect();
        matches!(deployments.as_slice(), [only] if in_time(only.created_at) && only.task_definition == before.running)
    };
    if ours {
        return Proof::Made(Reply::Services(vec![service.clone()]));
    }
    let to = service.primary().map(|primary| primary.task_definition.as_str()).unwrap_or_default();
    Proof::Doubtful(format!("another deployment, to {to}, has begun, and whether ours did cannot be told"))
}
