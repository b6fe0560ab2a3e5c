//! Follows a change of a database until it has taken effect. A failover is measured by the events of RDS, or by
//! observation if there are none.

use super::call::{RdsRead, RdsReply, RdsWrite, writer};
use super::plan::{DATABASE, EVENTS, SNAPSHOTS};
use super::request::StepChange;
use super::{DatabaseChange, Phase};
use crate::app::operation::call::{Read, Reply, Write};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::model::database_history::{EventMeaning, failovers};
use crate::model::database_power::is_stuck;
use crate::model::time::{clock, sentence_duration};
use crate::model::{Database, DatabaseEvent, DatabaseSnapshot};
use jiff::{SignedDuration, Timestamp};

/// How long to wait for the event that reports the end of a failover, which may come later than the writer.
const EVENT_LATE: SignedDuration = SignedDuration::from_secs(10);
/// An accepted failover without any visible effect after this time has not happened.
const NOTHING: SignedDuration = SignedDuration::from_mins(5);
/// Events are requested from this long before the change, because the clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(2);

impl DatabaseChange {
    /// When the change was sent, on the service's clock.
    fn sent(&self, ctx: &Ctx<'_>) -> Timestamp {
        self.sent.unwrap_or(ctx.service_now)
    }

    pub(super) fn send_reads(&mut self, ctx: &mut Ctx<'_>) {
        if !self.rounds.begin_if_due(ctx) {
            return;
        }
        let (id, cluster) = (self.request.database.clone(), self.request.cluster);
        let reads = match &self.request.wanted {
            StepChange::Snapshot { .. } => vec![(SNAPSHOTS, RdsRead::Snapshots { id, cluster })],
            StepChange::Power(_) => vec![(DATABASE, RdsRead::Database { id, cluster })],
            StepChange::Failover { .. } | StepChange::Reboot { .. } => {
                let members = self.before.iter().flat_map(|before| &before.members);
                let mut sources: Vec<(String, bool)> = members.map(|member| (member.id.clone(), false)).collect();
                if cluster {
                    sources.insert(0, (id.clone(), true));
                }
                let since = self.sent(ctx) - SKEW;
                vec![
                    (DATABASE, RdsRead::Database { id, cluster }),
                    (EVENTS, RdsRead::Events { sources, since: Some(since) }),
                ]
            }
        };
        self.rounds.sent(reads.len() as u32);
        for (slot, read) in reads {
            ctx.read(slot, Read::Rds(read));
        }
    }

    pub(super) fn take_reply(&mut self, slot: &Slot, reply: Reply, ctx: &mut Ctx<'_>) {
        match reply {
            Reply::Rds(RdsReply::Events(found)) => self.take_events(found, ctx),
            Reply::Rds(RdsReply::Snapshots(found)) => return self.take_snapshots(&found, ctx),
            Reply::Rds(RdsReply::Database(Some(found))) => {
                self.report_changes(&found, ctx);
                self.found = Some(*found);
            }
            _ if *slot == DATABASE => {
                let text = format!("{} no longer exists", self.request.database);
                ctx.end = Some(Outcome::new(Verdict::Failed, text).hint("`cockpit db` lists what there is"));
                return;
            }
            _ => {}
        }
        if self.rounds.complete() {
            self.judge(ctx);
        }
    }

    /// Reports statuses and roles that are new.
    fn report_changes(&mut self, found: &Database, ctx: &mut Ctx<'_>) {
        let mut say = |text: String, reported: &mut std::collections::BTreeSet<String>| {
            if reported.insert(text.clone()) {
                ctx.log(Weight::Step, text);
            }
        };
        say(status_line(&found.id, &found.status), &mut self.reported);
        if self.request.cluster {
            if let Some(writer) = writer(found) {
                say(format!("{writer} writes"), &mut self.reported);
            }
            for member in &found.members {
                if let Some(status) = member.status.as_deref().filter(|status| *status != "available") {
                    say(format!("{}: {status}", member.id), &mut self.reported);
                }
            }
        }
    }

    fn take_events(&mut self, found: Vec<DatabaseEvent>, ctx: &mut Ctx<'_>) {
        let sent = self.sent(ctx) - SKEW;
        for event in found.into_iter().filter(|event| event.at >= sent) {
            if !self.seen.events.contains(&event) {
                ctx.log(Weight::Detail, format!("{} {}: {}", clock(event.at, ctx.zone), event.source, event.message));
                self.seen.events.push(event);
            }
        }
    }

    fn take_snapshots(&mut self, found: &[DatabaseSnapshot], ctx: &mut Ctx<'_>) {
        let StepChange::Snapshot { name } = &self.request.wanted else { return };
        let Some(snapshot) = found.iter().find(|other| other.id == *name) else {
            // It may not be visible yet if it was never seen.
            if self.reported.iter().any(|reported| reported.starts_with(&format!("{name}: "))) {
                ctx.end = Some(ended_otherwise(format!("the snapshot {name} was deleted meanwhile")));
            }
            return;
        };
        self.seen.percent = snapshot.percent;
        let percent = snapshot.percent.map(|percent| format!(" {percent} %")).unwrap_or_default();
        let text = format!("{name}: {}{percent}", snapshot.status);
        if self.reported.insert(text.clone()) {
            ctx.log(Weight::Step, text);
        }
        match snapshot.status.as_str() {
            "available" => {
                let size = snapshot.size_gib.map(|gib| format!(", {gib} GiB")).unwrap_or_default();
                let summary =
                    format!("the snapshot {name} of {} is there{size}{}", self.request.database, self.took(ctx));
                let outcome = Outcome::new(Verdict::Done, summary);
                ctx.end = Some(match self.restorable(ctx) {
                    Some(more) => outcome.hint(more),
                    None => outcome,
                });
            }
            "failed" => {
                let summary = format!("the snapshot {name} of {} failed", self.request.database);
                ctx.end = Some(
                    Outcome::new(Verdict::Failed, summary).hint("look at its events in the AWS console: they say why"),
                );
            }
            _ => {}
        }
    }

    fn took(&self, ctx: &Ctx<'_>) -> String {
        let took = self.began.map(|began| ctx.now.duration_since(began)).filter(|took| took.as_secs() > 0);
        took.map(|took| format!(" after {}", sentence_duration(took))).unwrap_or_default()
    }

    /// Ends the operation if the requested state holds.
    fn judge(&mut self, ctx: &mut Ctx<'_>) {
        let Some(found) = self.found.clone() else { return };
        let available = found.status == "available";
        if !available || writer(&found).is_none() {
            self.seen.left_at.get_or_insert(ctx.now);
        }
        if is_stuck(&found.status) {
            ctx.end = Some(ended_otherwise(format!("{} is {}", found.id, found.status)));
            return;
        }
        match self.request.wanted.clone() {
            StepChange::Failover { .. } => self.judge_failover(&found, ctx),
            StepChange::Reboot { instance } => {
                let member = found.members.iter().find(|member| member.id == instance);
                if member.is_none_or(|member| member.status.as_deref() == Some("deleting")) {
                    ctx.end = Some(ended_otherwise(format!("{instance} was deleted meanwhile")));
                    return;
                }
                let up = member.is_some_and(|member| member.status.as_deref() == Some("available"));
                if !up {
                    self.seen.left_at.get_or_insert(ctx.now);
                }
                let restarted = self
                    .seen
                    .events
                    .iter()
                    .any(|event| event.source == instance && event.meaning() == EventMeaning::Restarted);
                if up && (restarted || self.seen.left_at.is_some()) {
                    let summary = format!("{instance} has restarted{}", self.took(ctx));
                    ctx.end = Some(Outcome::new(Verdict::Done, summary));
                }
            }
            StepChange::Power(power) => {
                let wanted = power.database_status();
                let begun = self.reported.contains(&status_line(&found.id, power.database_transition_status()));
                if found.status == wanted {
                    let summary = format!("{} is {wanted}{}", found.id, self.took(ctx));
                    ctx.end = Some(Outcome::new(Verdict::Done, summary));
                } else if let Some(why) = power.failure_reason(&found.status, begun) {
                    ctx.end = Some(ended_otherwise(format!("{} {why}", found.id)));
                }
            }
            StepChange::Snapshot { .. } => {}
        }
    }

    fn judge_failover(&mut self, found: &Database, ctx: &mut Ctx<'_>) {
        let id = &self.request.database;
        let given_up = self.seen.events.iter().any(|event| event.meaning() == EventMeaning::FailoverFailed);
        if given_up {
            let now = writer(found).map_or("there is no writer".to_owned(), |writer| format!("{writer} writes"));
            let outcome = Outcome::new(Verdict::Failed, format!("{id}: RDS gave the failover up; {now}"));
            ctx.end = Some(outcome.hint("look at its members with `cockpit db`, then try again"));
            return;
        }
        let before = self.before.as_ref().and_then(writer).map(str::to_owned);
        let now = writer(found).map(str::to_owned);
        let standby = !self.request.cluster;
        let failover = failovers(&self.seen.events, id).into_iter().next_back();
        let completed = failover.as_ref().is_some_and(|failover| failover.completed.is_some());
        // For a single instance only its status and its events show that another machine answers.
        let moved = if standby { completed || self.seen.left_at.is_some() } else { now.is_some() && now != before };
        if !moved || found.status != "available" {
            let waited = self.began.map(|began| ctx.now.duration_since(began)).unwrap_or_default();
            if !moved && found.status == "available" && failover.is_none() && waited > NOTHING {
                let summary =
                    format!("{id}: it was accepted, and nothing has happened for {}", sentence_duration(waited));
                let writes = now.map_or("there is no writer".to_owned(), |now| format!("{now} still writes"));
                ctx.end = Some(Outcome::new(Verdict::Failed, summary).cause(writes));
            }
            return;
        }
        let back = *self.seen.available_at.get_or_insert(ctx.now);
        if !completed && ctx.now.duration_since(back) < EVENT_LATE {
            return;
        }
        let gap = if let Some((from, to, took)) =
            failover.as_ref().and_then(|failover| Some((failover.started, failover.completed?, failover.duration()?)))
        {
            let (from, to) = (clock(from, ctx.zone), clock(to, ctx.zone));
            format!("without a writer for at most {} (RDS: {from} to {to})", seconds(took))
        } else {
            let from = self.seen.left_at.or(self.began).unwrap_or(back);
            let looks = seconds(ctx.environment.refresh.watch);
            format!("without a writer for about {} (looked at every {looks})", seconds(back.duration_since(from)))
        };
        let writes = now.unwrap_or_else(|| id.clone());
        self.written = Some(writes.clone());
        let wanted = match &self.write {
            Some(Write::Rds(RdsWrite::Failover { to, .. })) => Some(to.clone()),
            _ => None,
        };
        ctx.end = Some(match wanted.filter(|wanted| *wanted != writes) {
            Some(wanted) => {
                Outcome::new(Verdict::Failed, format!("{id}: {writes} writes now, and not {wanted}; {gap}"))
                    .cause("RDS chose another member")
                    .hint(format!("`cockpit failover {id} --to {wanted}` tries again"))
            }
            None if standby => Outcome::new(Verdict::Done, format!("{id} runs on its standby; {gap}")),
            None => Outcome::new(Verdict::Done, format!("{writes} writes now; {gap}")),
        });
    }
}

/// The line that reports a new status.
fn status_line(id: &str, status: &str) -> String {
    format!("{id}: {status}")
}

/// The outcome if the requested state has become impossible because of someone else's change.
fn ended_otherwise(summary: String) -> Outcome {
    Outcome::new(Verdict::Failed, summary).hint("`cockpit timeline` may tell who did it; `cockpit db` how it is now")
}

/// `21 s`, `2 min`.
fn seconds(took: SignedDuration) -> String {
    if took.as_secs() < 120 { format!("{} s", took.as_secs()) } else { sentence_duration(took) }
}

impl DatabaseChange {
    /// What it is waiting for.
    pub(super) fn waiting_for(&self) -> &'static str {
        match (&self.phase, &self.request.wanted) {
            (Phase::Gathering | Phase::Rechecking, _) => "looking",
            (Phase::Planned, _) => "waiting for a yes",
            (Phase::Doing(_), _) => "changing",
            (Phase::Waiting, StepChange::Failover { .. }) => "waiting for the new writer",
            (Phase::Waiting, StepChange::Snapshot { .. }) => "waiting for the snapshot",
            (Phase::Waiting, StepChange::Reboot { .. } | StepChange::Power(_)) => "waiting for the database",
        }
    }
}
