//! The checks and the plan for a change of a database.

use super::call::{RdsRead, RdsReply, RdsWrite, writer};
use super::request::{ConnectedSessions, StepChange};
use super::{DatabaseChange, Phase};
use crate::app::operation::call::{CallResult, Read, Reply, Write};
use crate::app::operation::plan::Plan;
use crate::app::operation::step::{Ctx, Slot};
use crate::model::database_history::snapshot_name_error;
use crate::model::deploy::{Change, Check, Level};
use crate::model::failover::{self, FailoverKind};
use crate::model::time::{moment, sentence_duration};
use crate::model::timer::Power;
use crate::model::{Database, DatabaseKind, Member, Role};

/// The slots of the reads.
pub(super) const DATABASE: Slot = Slot::Rds("database");
pub(super) const EVENTS: Slot = Slot::Rds("events");
pub(super) const SNAPSHOTS: Slot = Slot::Rds("snapshots");
const FIGURES: Slot = Slot::Rds("figures");

impl DatabaseChange {
    /// Reads everything the plan is based on.
    pub(super) fn read(&mut self, ctx: &mut Ctx<'_>) {
        let (id, cluster) = (self.request.database.clone(), self.request.cluster);
        let mut reads = vec![(DATABASE, RdsRead::Database { id: id.clone(), cluster })];
        if matches!(self.request.wanted, StepChange::Snapshot { .. }) {
            reads.push((SNAPSHOTS, RdsRead::Snapshots { id, cluster }));
        }
        for (slot, read) in reads {
            self.waiting.push(slot.clone());
            ctx.read(slot, Read::Rds(read));
        }
    }

    /// Handles a reply to one of these reads.
    pub(super) fn take_read(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        self.waiting.retain(|waiting| waiting != slot);
        match answered.outcome {
            Ok(Reply::Rds(RdsReply::Database(found))) => {
                self.found = found.map(|found| *found);
                // Connections and lag are read for the members found.
                if let Some(found) = self
                    .found
                    .as_ref()
                    .filter(|_| self.request.disconnects_sessions() && self.phase == Phase::Gathering)
                {
                    let members = found.members.iter().map(|member| member.id.clone()).collect();
                    self.waiting.push(FIGURES);
                    ctx.read(FIGURES, Read::Rds(RdsRead::Figures { members, now: ctx.service_now }));
                }
            }
            Ok(Reply::Rds(RdsReply::Snapshots(found))) => self.snapshots = Some(found),
            Ok(Reply::Rds(RdsReply::Figures(found))) => self.figures = Some(found),
            Ok(_) => {}
            // The plan can do without figures; without the rest its effect is unknown.
            Err(failure) if *slot == FIGURES => {
                self.checks.push(Check::failed(Level::Warn, "lag and connections are not known", &failure));
            }
            Err(failure) => {
                self.checks.push(Check::failed(Level::Stop, "not everything could be read", &failure));
                self.failure.get_or_insert(failure);
            }
        }
        if self.waiting.is_empty() {
            match self.phase {
                Phase::Rechecking => self.judge_recheck(ctx),
                _ => self.plan(ctx),
            }
        }
    }

    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        let mut write = None;
        if self.failure.is_none() {
            match self.decide(ctx) {
                Ok(found) => write = found,
                Err(check) => self.checks.push(check),
            }
        }
        self.checks.sort_by_key(|check| std::cmp::Reverse(check.level));
        self.before = self.found.clone();
        self.write.clone_from(&write);
        self.planned = Some(ctx.now);
        self.phase = Phase::Planned;
        let steps = write.iter().map(|write| match write {
            Write::Rds(write) => write.sentence(),
            Write::Database { id, power: Power::Stop, .. } => format!("stopping {id}"),
            Write::Database { id, .. } => format!("starting {id}"),
            other => other.action().to_owned(),
        });
        let waits = match &self.request.wanted {
            StepChange::Failover { .. } => "waiting until the new writer is available",
            StepChange::Snapshot { .. } => "waiting until the snapshot is available",
            StepChange::Reboot { .. } | StepChange::Power(Power::Start) => "waiting until it is available",
            StepChange::Power(Power::Stop) => "waiting until it is stopped",
        };
        ctx.plan = Some(Plan {
            title: self.request.title(),
            steps: steps.chain([waits.to_owned()]).collect(),
            changes: self.changes(write.as_ref()),
            checks: self.checks.clone(),
            undo: self.undo(),
            risk: self.request.risk(),
            writes: write.into_iter().collect(),
            programs: Vec::new(),
            command: ctx.command(&self.request.command_line()),
            wider_plan_title: None,
        });
    }

    /// Returns the change, or what prevents it; notable facts are added to the checks.
    fn decide(&mut self, ctx: &Ctx<'_>) -> Result<Option<Write>, Check> {
        let (id, cluster) = (self.request.database.clone(), self.request.cluster);
        let Some(found) = self.found.clone() else {
            return Err(Check::usage(format!("there is no database {id}")).hint("`cockpit db` lists them"));
        };
        self.add_connection_checks();
        match self.request.wanted.clone() {
            StepChange::Failover { to } => {
                let way = failover::choose(&found, to.as_deref(), self.figures.as_ref())?;
                self.checks.extend(failover::checks(&way, self.figures.as_ref()));
                Ok(Some(Write::Rds(match way {
                    FailoverKind::Member { target, .. } => RdsWrite::Failover { cluster: id, to: target.id.clone() },
                    FailoverKind::Standby(instance) => {
                        RdsWrite::Reboot { instance: instance.id.clone(), failover: true }
                    }
                })))
            }
            StepChange::Snapshot { name } => {
                self.check_snapshot(&found, &name, ctx)?;
                Ok(Some(Write::Rds(RdsWrite::Snapshot { database: id, cluster, name })))
            }
            StepChange::Reboot { instance } => {
                self.check_reboot(&found, &instance)?;
                Ok(Some(Write::Rds(RdsWrite::Reboot { instance, failover: false })))
            }
            StepChange::Power(power) => {
                self.check_power(&found, power)?;
                Ok(Some(Write::Database { id, cluster, power }))
            }
        }
    }

    fn add_connection_checks(&mut self) {
        match &self.request.connected {
            ConnectedSessions::NotRequested => {}
            ConnectedSessions::Known(lines) => {
                self.checks.extend(lines.iter().map(|line| Check::new(Level::Note, line.clone())));
            }
            ConnectedSessions::Unknown(why) => {
                self.checks.push(Check::new(Level::Note, format!("who is connected is not known: {why}")));
            }
        }
    }

    fn check_snapshot(&mut self, found: &Database, name: &str, ctx: &Ctx<'_>) -> Result<(), Check> {
        if let Some(why) = snapshot_name_error(name, self.request.cluster) {
            return Err(Check::usage(why));
        }
        let snapshots = self.snapshots.as_deref().unwrap_or_default();
        if snapshots.iter().any(|other| other.id == name) {
            return Err(
                Check::new(Level::Stop, format!("there is a snapshot {name} already")).hint("choose another name")
            );
        }
        if found.status != "available" {
            let text = format!("{} is {}: a snapshot needs it available", found.id, found.status);
            return Err(Check::new(Level::Stop, text).hint("wait until it is: `cockpit db` shows its status"));
        }
        let newest = snapshots.iter().filter_map(|other| Some((other.at?, other))).max_by_key(|(at, _)| *at);
        if let Some((at, newest)) = newest {
            let age = sentence_duration(ctx.service_now.duration_since(at));
            self.checks.push(Check::new(Level::Note, format!("the newest one is {}, {age} old", newest.id)));
        }
        if found.kind == DatabaseKind::Rds && !found.multi_az {
            let text = "in one zone: its storage may stand still for some seconds while the snapshot begins";
            self.checks.push(Check::new(Level::Warn, text));
        }
        self.checks.push(Check::new(Level::Note, "it stays, and costs, until somebody deletes it"));
        Ok(())
    }

    fn check_reboot(&mut self, found: &Database, instance: &str) -> Result<(), Check> {
        let Some(member) = found.members.iter().find(|member| member.id == instance) else {
            let names: Vec<&str> = found.members.iter().map(|member| member.id.as_str()).collect();
            let text = format!("{} has no instance {instance}", found.id);
            return Err(Check::usage(text).hint(format!("there are: {}", names.join(", "))));
        };
        if let Some(status) = member.status.as_deref().filter(|status| *status != "available") {
            let text = format!("{instance} is {status}: it must be available");
            return Err(Check::new(Level::Stop, text).hint("`cockpit db` shows its status"));
        }
        if member.role == Role::Writer {
            let text = format!("{instance} is the writer: nothing can be written until it is back");
            self.checks.push(Check::new(Level::Warn, text).hint("`cockpit failover` is mostly quicker"));
        }
        let count = self.figures.as_ref().and_then(|figures| figures.connections.get(instance));
        self.checks.extend(count.map(|count| {
            Check::new(
                Level::Note,
                if *count < 1.5 {
                    format!("{instance} has {count:.0} connection: it is cut")
                } else {
                    format!("{instance} has {count:.0} connections: each of them is cut")
                },
            )
        }));
        let pending =
            |member: &Member| member.pending.iter().map(|(what, to)| format!("{what} → {to}")).collect::<Vec<_>>();
        if !pending(member).is_empty() {
            let text = format!("what waits for a restart or the maintenance window: {}", pending(member).join(", "));
            self.checks.push(Check::new(Level::Note, text));
        }
        Ok(())
    }

    fn check_power(&mut self, found: &Database, power: Power) -> Result<(), Check> {
        let (needed, done) = match power {
            Power::Stop => ("available", "stopped"),
            Power::Start => ("stopped", "available"),
        };
        if found.status != needed {
            let text = if found.status == done {
                format!("{} is {done} already", found.id)
            } else {
                format!("{} is {}: it must be {needed}", found.id, found.status)
            };
            return Err(Check::new(Level::Stop, text).hint("`cockpit db` shows its status"));
        }
        if power == Power::Stop {
            if found.kind == DatabaseKind::Rds && found.members.iter().any(|member| member.role == Role::Reader) {
                let text = format!("{} is a read replica: RDS does not stop it", found.id);
                return Err(Check::new(Level::Stop, text).hint("delete it, or promote it first"));
            }
            self.checks.push(Check::new(Level::Note, "AWS starts a stopped database by itself after seven days"));
        }
        Ok(())
    }

    fn changes(&self, write: Option<&Write>) -> Vec<Change> {
        let Some(found) = &self.found else { return Vec::new() };
        let change = match write {
            Some(Write::Rds(RdsWrite::Failover { to, .. })) => {
                Change::of("writer", writer(found).unwrap_or("none").to_owned(), to.clone())
            }
            Some(Write::Rds(RdsWrite::Snapshot { name, .. })) => Change::of("snapshot", String::new(), name.clone()),
            Some(Write::Database { power, .. }) => Change::of("status", found.status.clone(), power.database_status()),
            _ => None,
        };
        change.into_iter().collect()
    }

    fn undo(&self) -> String {
        let id = &self.request.database;
        match &self.request.wanted {
            StepChange::Failover { .. } => match (self.request.cluster, self.found.as_ref().and_then(writer)) {
                (true, Some(writer)) => {
                    format!("`cockpit failover {id} --to {writer}` goes back, with another interruption")
                }
                _ => format!("`cockpit failover {id}` goes back, with another interruption"),
            },
            StepChange::Snapshot { name } => {
                format!("it can be deleted: {name}, in the AWS console or where it is declared")
            }
            StepChange::Reboot { .. } => "a restart cannot be undone".to_owned(),
            StepChange::Power(Power::Stop) => {
                format!("`cockpit db {id} --start` starts it again, which takes minutes")
            }
            StepChange::Power(Power::Start) => format!("`cockpit db {id} --stop` stops it again"),
        }
    }

    /// The sentence on the latest restorable time, for the end of a snapshot.
    pub(super) fn restorable(&self, ctx: &Ctx<'_>) -> Option<String> {
        let latest = self.found.as_ref()?.backup.latest?;
        Some(format!("automated backups reach to {}", moment(latest, ctx.service_now, ctx.zone)))
    }
}
