//! Starts, stops or reboots an EC2 instance, and watches it until its state and status checks confirm it.

use super::{Decided, Job, Sent, SingleChange};
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply, Write};
use crate::app::operation::machine::{NewOperation, Target};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::Ctx;
use crate::model::Failure;
use crate::model::deploy::{Change, Check, Level};
use crate::model::machine::{Ec2Instance, PowerAction};
use crate::model::time::sentence_duration;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A reboot shows in the status checks only if it lasts long enough. If nothing was visible for this long, it is over.
const QUIET: SignedDuration = SignedDuration::from_mins(3);
const INSTANCE: &str = "instance";

/// A request to change an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub id: String,
    /// Its name, or its id if it has none.
    pub name: String,
    pub turn: PowerAction,
}

/// A start, stop or reboot of an EC2 instance.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceChange {
    request: Request,
    found: Option<Ec2Instance>,
    before: Option<Ec2Instance>,
    /// Whether it was seen in a transitional state.
    away: bool,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        Box::new(SingleChange::new(InstanceChange { request, found: None, before: None, away: false }))
    }
}

impl InstanceChange {
    /// `bastion (i-0123456789abcdef0)`.
    fn display_name(&self) -> String {
        let Request { id, name, .. } = &self.request;
        if name == id { id.clone() } else { format!("{name} ({id})") }
    }

    fn checks(&self, found: &Ec2Instance) -> Vec<Check> {
        let mut checks = Vec::new();
        if let Some(why) = &found.checks_unread_reason {
            let text = format!("its status checks cannot be read: {why}");
            checks.push(Check::new(Level::Warn, text).hint("its state alone tells how it ends"));
        }
        if let Some(group) = &found.group {
            let text = format!("it belongs to the Auto Scaling group {group}, which puts another in its place");
            checks.push(match self.request.turn {
                PowerAction::Stop => {
                    Check::new(Level::Stop, text).hint("change the size of the group where it is declared")
                }
                PowerAction::Start | PowerAction::Reboot => Check::new(Level::Note, text),
            });
        }
        if self.request.turn == PowerAction::Stop {
            if found.has_instance_store_root {
                let text = "its disk is an instance store: EC2 cannot stop it, only end it with all its data";
                checks.push(Check::new(Level::Stop, text).hint("restart it instead: `cockpit instances reboot`"));
            }
            if let Some(address) = &found.public {
                let text = format!("its public address {address} is another one after the next start");
                checks.push(Check::new(Level::Warn, text).hint("an Elastic IP stays"));
            }
            checks.push(Check::new(Level::Note, "tunnels and sessions through it end; its disks go on costing"));
        }
        checks
    }
}

impl Job for InstanceChange {
    fn title(&self) -> String {
        format!("{} {}", self.request.turn.name(), self.request.name)
    }

    fn verb(&self) -> &'static str {
        match self.request.turn {
            PowerAction::Start => "Start",
            PowerAction::Stop => "Stop",
            PowerAction::Reboot => "Restart",
        }
    }

    fn command_line(&self) -> String {
        format!("instances {} {}", self.request.turn.name(), self.request.id)
    }

    fn target(&self) -> Option<Target> {
        Some(Target { kind: INSTANCE, name: self.request.id.clone() })
    }

    fn risk(&self) -> Risk {
        if self.request.turn == PowerAction::Start { Risk::Change } else { Risk::Disrupt }
    }

    fn reads(&self, _: &Ctx<'_>) -> Vec<(&'static str, Read)> {
        vec![(INSTANCE, Read::Instance { id: self.request.id.clone() })]
    }

    fn take_answer(
        &mut self,
        _: &'static str,
        outcome: Result<Reply, Failure>,
        _: &Ctx<'_>,
    ) -> Result<Vec<(&'static str, Read)>, Failure> {
        let Reply::Instance(found) = outcome? else { return Err(Failure::mismatched_answer()) };
        self.found = found.map(|found| *found);
        self.before.clone_from(&self.found);
        Ok(Vec::new())
    }

    fn decide(&mut self, _: &Ctx<'_>) -> Decided {
        let turn = self.request.turn;
        let Some(found) = &self.found else {
            let check = Check::usage(format!("there is no instance {}", self.request.id));
            return Decided { checks: vec![check.hint("`cockpit instances` lists them")], ..Decided::default() };
        };
        let needed = if turn == PowerAction::Start { "stopped" } else { "running" };
        let mut checks = self.checks(found);
        if found.state != needed {
            let text = match (turn, found.state.as_str()) {
                (PowerAction::Start, "running") => "it runs already".to_owned(),
                (PowerAction::Stop, "stopped") => "it is stopped already".to_owned(),
                (_, state) => format!("it is {state}: it must be {needed}"),
            };
            checks.insert(0, Check::new(Level::Stop, text).hint("`cockpit instances` shows its state"));
        }
        let stops = checks.iter().any(|check| check.level == Level::Stop);
        let id = self.request.id.clone();
        let (doing, until, next) = match turn {
            PowerAction::Start => ("starting", "waiting until it runs and its status checks pass", "running"),
            PowerAction::Stop => ("stopping", "waiting until it is stopped", "stopped"),
            PowerAction::Reboot => ("restarting", "waiting until its status checks pass again", "running"),
        };
        Decided {
            write: (!stops).then_some(Write::Instance { id, turn }),
            steps: vec![format!("{doing} {}", self.display_name()), until.to_owned()],
            changes: Change::of("state", found.state.clone(), next).into_iter().collect(),
            checks,
            undo: match turn {
                PowerAction::Start => format!("`cockpit instances stop {}` stops it again", self.request.id),
                PowerAction::Stop => format!("`cockpit instances start {}` starts it again", self.request.id),
                PowerAction::Reboot => "a restart cannot be undone".to_owned(),
            },
        }
    }

    fn state_to_recheck(&self) -> String {
        self.found.as_ref().map(|found| found.state.clone()).unwrap_or_default()
    }

    fn progress_read(&self, _: &Write) -> Read {
        Read::Instance { id: self.request.id.clone() }
    }

    fn take_progress(&mut self, reply: Reply, sent: &Sent, ctx: &mut Ctx<'_>) -> Option<Outcome> {
        let display_name = self.display_name();
        let Reply::Instance(found) = reply else { return None };
        let Some(found) = found.map(|found| *found).filter(|found| !found.is_ending()) else {
            let outcome = Outcome::new(Verdict::Failed, format!("{display_name} was terminated meanwhile"));
            return Some(outcome.hint("`cockpit timeline` may tell who did it"));
        };
        let waited = ctx.now.duration_since(sent.at);
        let took = if waited.as_secs() > 0 { format!(" after {}", sentence_duration(waited)) } else { String::new() };
        let passes = found.checks_pass();
        let outcome = match (self.request.turn, found.state.as_str()) {
            (PowerAction::Stop, "stopped") => {
                Some(Outcome::new(Verdict::Done, format!("{display_name} is stopped{took}")))
            }
            (PowerAction::Start | PowerAction::Reboot, "running") => {
                self.away |= passes != Some(true);
                let is_over = self.request.turn == PowerAction::Start || self.away || waited >= QUIET;
                match passes {
                    Some(true) if is_over => {
                        let how = if self.request.turn == PowerAction::Start {
                            format!("runs, its status checks pass{took}")
                        } else if self.away {
                            format!("has restarted, its status checks pass{took}")
                        } else {
                            format!(
                                "was told to restart {} ago; its status checks never failed",
                                sentence_duration(waited)
                            )
                        };
                        Some(Outcome::new(Verdict::Done, format!("{display_name} {how}")))
                    }
                    None if found.checks_unread_reason.is_some()
                        && (self.request.turn == PowerAction::Start || waited >= QUIET) =>
                    {
                        let outcome = Outcome::new(Verdict::Done, format!("{display_name} runs{took}"));
                        Some(outcome.hint("whether its status checks pass is not known: they cannot be read"))
                    }
                    Some(false) if waited >= QUIET && found.has_failed_check() => {
                        let outcome =
                            Outcome::new(Verdict::Failed, format!("{display_name} runs, and a status check fails"));
                        let (_, why) = found.judge();
                        Some(
                            why.into_iter()
                                .fold(outcome, Outcome::cause)
                                .hint("look at its system log in the EC2 console"),
                        )
                    }
                    _ => None,
                }
            }
            (PowerAction::Start, "stopped") if self.away => {
                let why = found.reason.clone().unwrap_or_else(|| "EC2 gives no reason".to_owned());
                Some(Outcome::new(Verdict::Failed, format!("{display_name} has stopped again")).cause(why))
            }
            (PowerAction::Stop, "pending" | "running") if self.away => {
                Some(Outcome::new(Verdict::Failed, format!("{display_name} was started meanwhile")))
            }
            (PowerAction::Reboot, "stopped" | "stopping") => {
                Some(Outcome::new(Verdict::Failed, format!("{display_name} was stopped meanwhile")))
            }
            (_, state) => {
                self.away |= state == "pending" || state == "stopping";
                None
            }
        };
        self.found = Some(found);
        outcome
    }

    fn waiting_for(&self) -> &'static str {
        "waiting for the instance"
    }

    fn status_command(&self) -> String {
        "cockpit instances".to_owned()
    }

    fn known_so_far(&self) -> Vec<String> {
        let Some(found) = &self.found else { return Vec::new() };
        let checks = match (&found.system_check, &found.instance_check) {
            (Some(system), Some(own)) if system == own => format!(", status checks {system}"),
            (Some(system), Some(own)) => format!(", status checks {system} and {own}"),
            _ => String::new(),
        };
        vec![format!("{} is {}{checks}", self.request.name, found.state)]
    }

    fn record(&self, _: Option<&Write>) -> (Value, Option<(&'static str, Value)>) {
        let before = self.before.as_ref().map_or(Value::Null, |before| json!({"state": before.state}));
        (before, Some((INSTANCE, json!(self.request.id))))
    }
}
