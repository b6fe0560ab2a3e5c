//! EC2 instances that sessions can go through: a running bastion and a stopped one.

use super::{DAY, SECOND, World};
use crate::clock::Ms;
use crate::scenario::Scenario;
use serde_json::Value;

/// The time from the start until it is running, and from then until its agent is online.
pub(crate) const BOOT: Ms = 15 * SECOND;
const AGENT: Ms = 20 * SECOND;
/// The duration of the status checks after a start, and of a stop.
const CHECKS: Ms = 60 * SECOND;
const STOPS: Ms = 25 * SECOND;

/// An EC2 instance.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: &'static str,
    /// Its tags; `Name` is its name.
    pub(crate) tags: &'static [(&'static str, &'static str)],
    /// The time at which it was started; none if it never was.
    pub(crate) started: Option<Ms>,
    /// The time at which its stop was requested.
    pub(crate) stopped: Option<Ms>,
    /// The time at which it was terminated.
    pub(crate) terminated: Option<Ms>,
    /// Whether its own status check fails.
    pub(crate) impaired: bool,
    pub(crate) class: &'static str,
    pub(crate) address: &'static str,
    /// The values of its tags `Environment` and `Project`.
    pub(crate) environment: &'static str,
    pub(crate) project: &'static str,
}

impl Instance {
    /// The instances of a world: a running bastion, and a stopped one.
    pub(crate) fn all(scenario: Scenario) -> Vec<Self> {
        let environment = scenario.environment();
        let project = match environment {
            "pantri" | "minimal" | "big" => environment,
            _ => "bookmark-manager",
        };
        let one = |id, tags, address, started| Self {
            id,
            tags,
            started,
            stopped: None,
            terminated: None,
            impaired: false,
            class: "t4g.nano",
            address,
            environment,
            project,
        };
        vec![
            // Long ago.
            one("i-0123456789abcdef0", &[("Name", "bastion"), ("Role", "bastion")], "10.0.1.10", Some(Ms::MIN / 2)),
            one("i-0fedcba9876543210", &[("Name", "bastion-spare")], "10.0.2.10", None),
        ]
    }

    /// All of its tags.
    pub(crate) fn all_tags(&self) -> Vec<(&'static str, &'static str)> {
        let mut tags = self.tags.to_vec();
        tags.extend([("Project", self.project), ("Environment", self.environment)]);
        tags
    }

    /// The launch time reported by EC2.
    pub(crate) fn launched(&self, start: Ms) -> Ms {
        self.started.map_or(start - 90 * DAY, |at| at.max(start - 30 * DAY))
    }

    /// Its state: EC2's code and name.
    pub(crate) fn state(&self, now: Ms) -> (i64, &'static str) {
        if let Some(at) = self.terminated {
            return if at + STOPS > now { (32, "shutting-down") } else { (48, "terminated") };
        }
        match (self.stopped, self.started) {
            (Some(at), _) if at + STOPS > now => (64, "stopping"),
            (Some(_), _) | (None, None) => (80, "stopped"),
            (None, Some(at)) if at + BOOT > now => (0, "pending"),
            (None, Some(_)) => (16, "running"),
        }
    }

    /// The state of its status checks.
    pub(crate) fn checks(&self, now: Ms) -> &'static str {
        match (self.state(now).1, self.started) {
            ("running", Some(at)) if at + BOOT + CHECKS > now => "initializing",
            ("running", _) if self.impaired => "impaired",
            ("running", _) => "ok",
            _ => "not-applicable",
        }
    }

    /// Starts it; has no effect if it is running.
    pub(crate) fn start(&mut self, now: Ms) {
        if self.stopped.take().is_some() || self.started.is_none() {
            self.started = Some(now);
        }
    }

    /// Starts to stop it.
    pub(crate) fn stop(&mut self, now: Ms) {
        if self.started.is_some() && self.stopped.is_none() {
            self.stopped = Some(now);
        }
    }

    /// Whether its agent is online.
    pub(crate) fn online(&self, now: Ms) -> bool {
        self.terminated.is_none() && self.stopped.is_none() && self.started.is_some_and(|at| at + BOOT + AGENT <= now)
    }
}

impl World {
    /// Terminates an instance, makes its status check fail, or renames it (`name`).
    pub(crate) fn poke_instance(&mut self, value: &Value) -> Result<(), String> {
        let now = self.now;
        let found = self.instances.iter_mut().find(|one| value["id"] == one.id);
        let one = found.ok_or("there is no such instance")?;
        if value["terminated"] == true {
            one.terminated = Some(now);
        }
        if let Some(on) = value["impaired"].as_bool() {
            one.impaired = on;
        }
        if value["name"] == "bastion" {
            one.tags = &[("Name", "bastion")];
        }
        Ok(())
    }
}
