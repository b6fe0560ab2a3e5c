//! An instance of EC2 is started, stopped or restarted, and watched until its state and its status checks say so.

use super::{Decided, Job, Sent, SingleChange};
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply, Write};
use crate::app::operation::machine::{Target, What};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::Ctx;
use crate::model::Failure;
use crate::model::deploy::{Change, Check, Level};
use crate::model::machine::{Machine, Turn};
use crate::model::time::spoken;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A restart shows in the status checks, where it lasts long enough. One of which nothing was seen for so long is over.
const QUIET: SignedDuration = SignedDuration::from_mins(3);
const INSTANCE: &str = "instance";

/// A request to change an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub id: String,
    /// Its name, else its id.
    pub name: String,
    pub turn: Turn,
}

/// A start, stop or restart of an EC2 instance.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceChange {
    request: Request,
    found: Option<Machine>,
    before: Option<Machine>,
    /// Whether it was seen as it is between the two.
    away: bool,
}

impl From<Request> for What {
    fn from(request: Request) -> Self {
        Box::new(SingleChange::new(InstanceChange { request, found: None, before: None, away: false }))
    }
}

impl InstanceChange {
    /// `bastion (i-0123456789abcdef0)`.
    fn named(&self) -> String {
        let Request { id, name, .. } = &self.request;
        if name == id { id.clone() } else { format!("{name} ({id})") }
    }

    fn checks(&self, found: &Machine) -> Vec<Check> {
        let mut checks = Vec::new();
        if let Some(why) = &found.unread {
            let text = format!("its status checks cannot be read: {why}");
            checks.push(Check::new(Level::Warn, text).hint("its state alone tells how it ends"));
        }
        if let Some(group) = &found.group {
            let text = format!("it belongs to the Auto Scaling group {group}, which puts another in its place");
            checks.push(match self.request.turn {
                Turn::Stop => Check::new(Level::Stop, text).hint("change the size of the group where it is declared"),
                Turn::Start | Turn::Reboot => Check::new(Level::Note, text),
            });
        }
        if self.request.turn == Turn::Stop {
            if found.store {
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
        format!("{} {}", self.request.turn.word(), self.request.name)
    }

    fn verb(&self) -> &'static str {
        match self.request.turn {
            Turn::Start => "Start",
            Turn::Stop => "Stop",
            Turn::Reboot => "Restart",
        }
    }

    fn typed(&self) -> String {
        format!("instances {} {}", self.request.turn.word(), self.request.id)
    }

    fn target(&self) -> Option<Target> {
        Some(Target { kind: INSTANCE, name: self.request.id.clone() })
    }

    fn risk(&self) -> Risk {
        if self.request.turn == Turn::Start { Risk::Change } else { Risk::Disrupt }
    }

    fn reads(&self, _: &Ctx<'_>) -> Vec<(&'static str, Read)> {
        vec![(INSTANCE, Read::Instance { id: self.request.id.clone() })]
    }

    fn learn(
        &mut self,
        _: &'static str,
        outcome: Result<Reply, Failure>,
        _: &Ctx<'_>,
    ) -> Result<Vec<(&'static str, Read)>, Failure> {
        let Reply::Instance(found) = outcome? else { return Err(Failure::other_answer()) };
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
        let needed = if turn == Turn::Start { "stopped" } else { "running" };
        let mut checks = self.checks(found);
        if found.state != needed {
            let text = match (turn, found.state.as_str()) {
                (Turn::Start, "running") => "it runs already".to_owned(),
                (Turn::Stop, "stopped") => "it is stopped already".to_owned(),
                (_, state) => format!("it is {state}: it must be {needed}"),
            };
            checks.insert(0, Check::new(Level::Stop, text).hint("`cockpit instances` tells its state"));
        }
        let stops = checks.iter().any(|check| check.level == Level::Stop);
        let id = self.request.id.clone();
        let (doing, until, next) = match turn {
            Turn::Start => ("starting", "waiting until it runs and its status checks pass", "running"),
            Turn::Stop => ("stopping", "waiting until it is stopped", "stopped"),
            Turn::Reboot => ("restarting", "waiting until its status checks pass again", "running"),
        };
        Decided {
            write: (!stops).then_some(Write::Instance { id, turn }),
            steps: vec![format!("{doing} {}", self.named()), until.to_owned()],
            changes: Change::of("state", found.state.clone(), next).into_iter().collect(),
            checks,
            undo: match turn {
                Turn::Start => format!("`cockpit instances stop {}` stops it again", self.request.id),
                Turn::Stop => format!("`cockpit instances start {}` starts it again", self.request.id),
                Turn::Reboot => "a restart cannot be taken back".to_owned(),
            },
        }
    }

    fn standing(&self) -> String {
        self.found.as_ref().map(|found| found.state.clone()).unwrap_or_default()
    }

    fn look(&self, _: &Write) -> Read {
        Read::Instance { id: self.request.id.clone() }
    }

    fn looked(&mut self, reply: Reply, sent: &Sent, ctx: &mut Ctx<'_>) -> Option<Outcome> {
        let named = self.named();
        let Reply::Instance(found) = reply else { return None };
        let Some(found) = found.map(|found| *found).filter(|found| !found.is_ending()) else {
            let outcome = Outcome::new(Verdict::Failed, format!("{named} was terminated meanwhile"));
            return Some(outcome.hint("`cockpit timeline` may tell who did it"));
        };
        let waited = ctx.now.duration_since(sent.at);
        let took = if waited.as_secs() > 0 { format!(" after {}", spoken(waited)) } else { String::new() };
        let passes = found.passes();
        let outcome = match (self.request.turn, found.state.as_str()) {
            (Turn::Stop, "stopped") => Some(Outcome::new(Verdict::Done, format!("{named} is stopped{took}"))),
            (Turn::Start | Turn::Reboot, "running") => {
                self.away |= passes != Some(true);
                let over = self.request.turn == Turn::Start || self.away || waited >= QUIET;
                match passes {
                    Some(true) if over => {
                        let how = if self.request.turn == Turn::Start {
                            format!("runs, its status checks pass{took}")
                        } else if self.away {
                            format!("has restarted, its status checks pass{took}")
                        } else {
                            format!("was told to restart {} ago; its status checks never failed", spoken(waited))
                        };
                        Some(Outcome::new(Verdict::Done, format!("{named} {how}")))
                    }
                    None if found.unread.is_some() && (self.request.turn == Turn::Start || waited >= QUIET) => {
                        let outcome = Outcome::new(Verdict::Done, format!("{named} runs{took}"));
                        Some(outcome.hint("whether its status checks pass is not known: they cannot be read"))
                    }
                    Some(false) if waited >= QUIET && found.fails() => {
                        let outcome = Outcome::new(Verdict::Failed, format!("{named} runs, and a status check fails"));
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
            (Turn::Start, "stopped") if self.away => {
                let why = found.reason.clone().unwrap_or_else(|| "EC2 gives no reason".to_owned());
                Some(Outcome::new(Verdict::Failed, format!("{named} has stopped again")).cause(why))
            }
            (Turn::Stop, "pending" | "running") if self.away => {
                Some(Outcome::new(Verdict::Failed, format!("{named} was started meanwhile")))
            }
            (Turn::Reboot, "stopped" | "stopping") => {
                Some(Outcome::new(Verdict::Failed, format!("{named} was stopped meanwhile")))
            }
            (_, state) => {
                self.away |= state == "pending" || state == "stopping";
                None
            }
        };
        self.found = Some(found);
        outcome
    }

    fn waits(&self) -> &'static str {
        "waiting for the instance"
    }

    fn shown_by(&self) -> String {
        "cockpit instances".to_owned()
    }

    fn known(&self) -> Vec<String> {
        let Some(found) = &self.found else { return Vec::new() };
        let checks = match (&found.system, &found.own) {
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
