//! Instances of EC2, and whether each is well.

use crate::health::Health;
use jiff::Timestamp;

/// The share in percent above which its processor, memory or disk is called full.
const FULL: f64 = 90.0;

/// An EC2 instance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Machine {
    pub id: String,
    /// Its tag `Name`.
    pub name: Option<String>,
    /// Its tag `Project`.
    pub project: Option<String>,
    /// Its tag `Environment`.
    pub environment: Option<String>,
    /// `t4g.small`.
    pub class: String,
    /// `pending`, `running`, `stopping`, `stopped`, `shutting-down`, `terminated`.
    pub state: String,
    /// Availability zone.
    pub az: String,
    /// Its private IP address.
    pub address: Option<String>,
    /// When it was started last.
    pub launched: Option<Timestamp>,
    /// The status check of what it runs on: `ok`, `impaired`, `initializing`, `insufficient-data`, `not-applicable`.
    pub system: Option<String>,
    /// The status check of itself.
    pub own: Option<String>,
    /// The agent of Systems Manager, where it has one.
    pub agent: Option<Agent>,
    /// CPU of the newest point, in percent.
    pub cpu: Option<f64>,
    /// Percent; only where the agent of CloudWatch reports it.
    pub memory: Option<f64>,
    /// Percent of the fullest file system; only where the agent of CloudWatch reports it.
    pub disk: Option<f64>,
    /// Its public IP address.
    pub public: Option<String>,
    /// The Auto Scaling group that it belongs to.
    pub group: Option<String>,
    /// Whether its disk is an instance store, which is gone when it does not run.
    pub store: bool,
    /// Why it is in its state, where EC2 tells.
    pub reason: Option<String>,
    /// Why its status checks are not known, where they could not be read.
    pub unread: Option<String>,
}

/// A change of an instance's power state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Start,
    Stop,
    Reboot,
}

impl Turn {
    /// The word that is typed for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Reboot => "reboot",
        }
    }
}

/// The agent of Systems Manager.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// `Online`, `ConnectionLost`, `Inactive`.
    pub ping: String,
    pub version: Option<String>,
}

impl Agent {
    /// Whether sessions can be opened through it.
    pub fn is_online(&self) -> bool {
        self.ping == "Online"
    }
}

impl Machine {
    /// Its name, else its id.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// Whether both of its status checks pass; none where one is not known.
    pub fn passes(&self) -> Option<bool> {
        Some(self.system.as_deref()? == "ok" && self.own.as_deref()? == "ok")
    }

    /// Whether it stands as one that was told to. A restart shows in its own status check alone.
    pub fn was_turned(&self, turn: Turn) -> bool {
        match turn {
            Turn::Start => matches!(self.state.as_str(), "pending" | "running"),
            Turn::Stop => matches!(self.state.as_str(), "stopping" | "stopped"),
            Turn::Reboot => self.state == "running" && self.own.as_deref() == Some("initializing"),
        }
    }

    /// Whether one of them fails.
    pub fn fails(&self) -> bool {
        [&self.system, &self.own].iter().any(|check| check.as_deref() == Some("impaired"))
    }

    /// Whether it is on its way out, or gone.
    pub fn is_ending(&self) -> bool {
        matches!(self.state.as_str(), "shutting-down" | "terminated")
    }

    /// Its health, with reasons.
    pub fn judge(&self) -> (Health, Vec<String>) {
        match self.state.as_str() {
            "stopped" | "terminated" => return (Health::Stopped, Vec::new()),
            "pending" | "stopping" | "shutting-down" => return (Health::Changing, Vec::new()),
            _ => {}
        }
        let mut why = Vec::new();
        let mut health = Health::Healthy;
        let checks = [("the status check of its host", &self.system), ("its own status check", &self.own)];
        for (name, status) in checks {
            match status.as_deref() {
                Some("impaired") => {
                    health = Health::Down;
                    why.push(format!("{name} fails"));
                }
                Some("initializing") if health == Health::Healthy => {
                    health = Health::Changing;
                    why.push(format!("{name} begins"));
                }
                _ => {}
            }
        }
        let full = [("processor", self.cpu), ("memory", self.memory), ("disk", self.disk)];
        for (name, share) in full {
            if let Some(share) = share.filter(|share| *share >= FULL) {
                health = if health == Health::Down { health } else { Health::Degraded };
                why.push(format!("{name} at {share:.0} %"));
            }
        }
        match &self.agent {
            Some(agent) if !agent.is_online() => {
                health = if health == Health::Healthy { Health::Degraded } else { health };
                why.push(format!("its agent of Systems Manager is {}", agent.ping));
            }
            _ => {}
        }
        (health, why)
    }
}

/// Whether an instance is one of those that are named: ids, or patterns of names.
pub fn is_named(machine: &Machine, patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| {
        *pattern == machine.id || machine.name.as_deref().is_some_and(|name| log_store::pattern::matches(pattern, name))
    })
}

/// Whether an instance has the tags of an environment: the project, and the environment where it has such a tag.
pub fn is_tagged(machine: &Machine, project: &str, environment: &str) -> bool {
    // A project with one environment may tag it as it likes: `production`.
    machine.project.as_deref() == Some(project)
        && (project == environment || machine.environment.as_deref().is_none_or(|tag| tag == environment))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Machine {
        Machine {
            id: "i-1".into(),
            name: Some("bastion".into()),
            state: "running".into(),
            system: Some("ok".into()),
            own: Some("ok".into()),
            ..Machine::default()
        }
    }

    #[test]
    fn an_instance_is_down_where_a_status_check_fails_and_degraded_where_something_is_full() {
        assert_eq!(running().judge().0, Health::Healthy);
        let full = Machine { disk: Some(93.4), ..running() };
        assert_eq!(full.judge(), (Health::Degraded, vec!["disk at 93 %".to_owned()]));
        let failing = Machine { own: Some("impaired".into()), ..full };
        assert_eq!(failing.judge().0, Health::Down);
        assert_eq!(failing.judge().1, ["its own status check fails", "disk at 93 %"]);
        let stopped = Machine { state: "stopped".into(), own: Some("impaired".into()), ..running() };
        assert_eq!(stopped.judge().0, Health::Stopped, "checks of what does not run say nothing");
    }

    #[test]
    fn an_agent_that_is_lost_is_told_and_none_is_no_fault() {
        let agent = Some(Agent { ping: "ConnectionLost".into(), version: None });
        assert_eq!(Machine { agent, ..running() }.judge().0, Health::Degraded);
        assert_eq!(running().judge().0, Health::Healthy);
    }

    #[test]
    fn instances_are_named_by_their_ids_or_patterns_of_their_names() {
        assert!(is_named(&running(), &["i-1".into()]) && is_named(&running(), &["bast*".into()]));
        assert!(!is_named(&running(), &["i-2".into(), "web*".into()]));
    }
}
