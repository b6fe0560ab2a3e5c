//! Polls until each change has taken effect.

use super::counts::CountStatus;
use super::{Goal, Phase, Steps};
use crate::app::operation::call::{DatabaseState, Read, Reply};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::app::operation::watch::short;
use crate::model::Task;
use crate::model::service::Service;
use crate::model::timer::Power;
use std::collections::BTreeMap;

/// The hint on where to find who intervened.
const WHO: &str = "`cockpit timeline` may tell who did it";

impl Steps {
    pub(super) fn send_reads(&mut self, ctx: &mut Ctx<'_>) {
        let Phase::Waiting(goal) = &self.phase else { return };
        if !self.rounds.begin_if_due(ctx) {
            return;
        }
        self.looks += 1;
        self.rounds.sent(1);
        match goal {
            Goal::Counts(_) => self.rounds.sent(self.settling.send_reads(self.looks, ctx)),
            Goal::Stopped(id) => ctx.read(Slot::Tasks, Read::Task { cluster: ctx.cluster(), id: id.clone() }),
            Goal::Databases(_, ids) => {
                ctx.read(Slot::Databases, Read::Databases { patterns: ids.iter().cloned().collect() });
            }
        }
    }

    pub(super) fn take_reply(&mut self, slot: &Slot, reply: Reply, ctx: &mut Ctx<'_>) {
        let Phase::Waiting(goal) = &self.phase else { return };
        let reached = match (goal, reply) {
            (Goal::Counts(goals), reply) => {
                if let Reply::Services(found) = &reply {
                    let goals = goals.clone();
                    self.report_changes(found, &goals, ctx);
                }
                self.settling.take(slot, reply, ctx);
                match self.settling.status() {
                    CountStatus::Changing => false,
                    CountStatus::Reached => true,
                    CountStatus::Failing(service, why) => return self.failing(&service, &why, ctx),
                    CountStatus::Gone(service) => {
                        let summary = format!("{}: {service} is gone: the service was deleted", self.request.short);
                        ctx.end = Some(Outcome::new(Verdict::Failed, summary).hint(WHO));
                        return;
                    }
                    CountStatus::Overruled(service, desired, goal) => {
                        let summary =
                            format!("{}: desired of {service} is {desired} now, not {goal}", self.request.short);
                        let outcome = Outcome::new(Verdict::Failed, summary);
                        let cause = "somebody else, a schedule or autoscaling has set it since, and it stayed so";
                        ctx.end = Some(outcome.cause(cause).hint(WHO));
                        return;
                    }
                }
            }
            (Goal::Stopped(id), Reply::Tasks(found)) => {
                let task = found.iter().find(|task| task.id == *id);
                if let Some(task) = task
                    && self.reported.insert(task.last_status.clone())
                {
                    ctx.log(Weight::Step, format!("task {}: {}", short(id), task.last_status));
                }
                task.is_none_or(Task::stopped)
            }
            (Goal::Databases(power, ids), Reply::Databases(found)) => {
                let (power, ids) = (*power, ids.clone());
                for database in &found {
                    if self.reported.insert(format!("{} {}", database.id, database.status)) {
                        ctx.log(Weight::Step, format!("{}: {}", database.id, database.status));
                    }
                }
                if let Some(why) = ids.iter().find_map(|id| self.prevented(power, id, &found)) {
                    let outcome = Outcome::new(Verdict::Failed, format!("{}: {why}", self.request.short));
                    ctx.end = Some(outcome.hint(WHO));
                    return;
                }
                let reached =
                    |id: &String| found.iter().any(|other| other.id == *id && other.status == power.database_status());
                ids.iter().all(reached)
            }
            _ => false,
        };
        if reached {
            self.next(ctx);
        }
    }

    /// Why a database will not reach the awaited state any more.
    fn prevented(&self, power: Power, id: &str, found: &[DatabaseState]) -> Option<String> {
        let Some(database) = found.iter().find(|other| other.id == id) else {
            return Some(format!("{id} no longer exists"));
        };
        let begun = self.reported.contains(&format!("{id} {}", power.database_transition_status()));
        power.failure_reason(&database.status, begun).map(|why| format!("{id} {why}"))
    }

    /// Reports counts and events of services that are new.
    fn report_changes(&mut self, found: &[Service], goals: &BTreeMap<String, u32>, ctx: &mut Ctx<'_>) {
        for service in found {
            let Some(goal) = goals.get(&service.name) else { continue };
            let (running, desired) = (service.running, service.desired);
            let before = self.counts.insert(service.name.clone(), (running, desired));
            if before != Some((running, desired)) {
                ctx.log(Weight::Step, format!("{}: {running} of {desired} run", service.name));
            }
            let ahead = ctx.service_now.duration_since(ctx.now);
            for event in service.events.iter().rev() {
                let new = event.at.is_some_and(|at| self.began.is_some_and(|began| at >= began + ahead));
                if new && self.reported.insert(event.id.clone()) {
                    ctx.log(Weight::Detail, event.message.clone());
                }
            }
            // Someone, or autoscaling, has requested another count.
            if *goal != desired {
                let text = format!("{}: desired is {desired} now, not {goal}", service.name);
                if self.reported.insert(text.clone()) {
                    ctx.log(Weight::Warn, text);
                }
            }
        }
    }

    /// Ends the operation because tasks fail again and again: the count was set, but the promised state does not hold.
    fn failing(&self, service: &str, why: &str, ctx: &mut Ctx<'_>) {
        let summary = format!("{}: the tasks of {service} do not stay", self.request.short);
        let outcome = Outcome::new(Verdict::Failed, summary)
            .cause(why)
            .cause("the desired count was set, and ECS keeps trying")
            .hint(format!(
                "`cockpit tasks {service}` and its log say why; `cockpit rollback {service}` brings the version before back"
            ));
        ctx.end = Some(outcome);
    }
}
