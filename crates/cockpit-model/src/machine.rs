//! EC2 instances and their health.

use crate::health::Health;
use jiff::Timestamp;

/// Usage of processor, memory or disk in percent from which it counts as full.
const FULL: f64 = 90.0;

/// An EC2 instance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ec2Instance {
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
    /// When it was last started.
    pub launched: Option<Timestamp>,
    /// The system status check (of its host): `ok`, `impaired`, `initializing`, `insufficient-data`, `not-applicable`.
    pub system_check: Option<String>,
    /// The instance status check.
    pub instance_check: Option<String>,
    /// Its Systems Manager agent, if it has one.
    pub agent: Option<Agent>,
    /// The newest CPU value, in percent.
    pub cpu: Option<f64>,
    /// Memory usage in percent; only if the CloudWatch agent reports it.
    pub memory: Option<f64>,
    /// Usage of the fullest file system in percent; only if the CloudWatch agent reports it.
    pub disk: Option<f64>,
    /// Its public IP address.
    pub public: Option<String>,
    /// The Auto Scaling group that it belongs to.
    pub group: Option<String>,
    /// Whether its root disk is an instance store, which is lost when the instance stops.
    pub has_instance_store_root: bool,
    /// The reason for its state, if EC2 reports one.
    pub reason: Option<String>,
    /// The reason why its status checks could not be read.
    pub checks_unread_reason: Option<String>,
}

/// A change of an instance's power state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerAction {
    Start,
    Stop,
    Reboot,
}

impl PowerAction {
    /// Returns the command word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Reboot => "reboot",
        }
    }
}

/// The Systems Manager agent of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// `Online`, `ConnectionLost`, `Inactive`.
    pub ping: String,
    pub version: Option<String>,
}

impl Agent {
    /// Whether sessions can be opened through the agent.
    pub fn is_online(&self) -> bool {
        self.ping == "Online"
    }
}

impl Ec2Instance {
    /// Returns its name, or else its id.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// Whether both status checks pass; `None` if one is unknown.
    pub fn checks_pass(&self) -> Option<bool> {
        Some(self.system_check.as_deref()? == "ok" && self.instance_check.as_deref()? == "ok")
    }

    /// Whether its state shows that the change has begun. A reboot shows only in the instance status check.
    pub fn has_begun(&self, turn: PowerAction) -> bool {
        match turn {
            PowerAction::Start => matches!(self.state.as_str(), "pending" | "running"),
            PowerAction::Stop => matches!(self.state.as_str(), "stopping" | "stopped"),
            PowerAction::Reboot => self.state == "running" && self.instance_check.as_deref() == Some("initializing"),
        }
    }

    /// Whether a status check fails.
    pub fn has_failed_check(&self) -> bool {
        [&self.system_check, &self.instance_check].iter().any(|check| check.as_deref() == Some("impaired"))
    }

    /// Whether it is terminated or shutting down.
    pub fn is_ending(&self) -> bool {
        matches!(self.state.as_str(), "shutting-down" | "terminated")
    }

    /// Returns its health, with reasons.
    pub fn judge(&self) -> (Health, Vec<String>) {
        match self.state.as_str() {
            "stopped" | "terminated" => return (Health::Stopped, Vec::new()),
            "pending" | "stopping" | "shutting-down" => return (Health::Changing, Vec::new()),
            _ => {}
        }
        let mut why = Vec::new();
        let mut health = Health::Healthy;
        let checks =
            [("the status check of its host", &self.system_check), ("its own status check", &self.instance_check)];
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

/// Whether an instance matches one of the patterns: ids, or patterns of names.
pub fn is_named(machine: &Ec2Instance, patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| {
        *pattern == machine.id || machine.name.as_deref().is_some_and(|name| log_store::pattern::matches(pattern, name))
    })
}

/// Whether an instance has the tags of an environment: the project and, if it has such a tag, the environment.
pub fn is_tagged(machine: &Ec2Instance, project: &str, environment: &str) -> bool {
    // In a project with a single environment, the tag may have any value: `production`.
    machine.project.as_deref() == Some(project)
        && (project == environment || machine.environment.as_deref().is_none_or(|tag| tag == environment))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Ec2Instance {
        Ec2Instance {
            id: "i-1".into(),
            name: Some("bastion".into()),
            state: "running".into(),
            system_check: Some("ok".into()),
            instance_check: Some("ok".into()),
            ..Ec2Instance::default()
        }
    }

    #[test]
    fn failed_check_is_down_and_full_resource_is_degraded() {
        assert_eq!(running().judge().0, Health::Healthy);
        let full = Ec2Instance { disk: Some(93.4), ..running() };
        assert_eq!(full.judge(), (Health::Degraded, vec!["disk at 93 %".to_owned()]));
        let failing = Ec2Instance { instance_check: Some("impaired".into()), ..full };
        assert_eq!(failing.judge().0, Health::Down);
        assert_eq!(failing.judge().1, ["its own status check fails", "disk at 93 %"]);
        let stopped = Ec2Instance { state: "stopped".into(), instance_check: Some("impaired".into()), ..running() };
        assert_eq!(stopped.judge().0, Health::Stopped, "status checks of a stopped instance are ignored");
    }

    #[test]
    fn lost_agent_is_reported_and_missing_agent_is_not() {
        let agent = Some(Agent { ping: "ConnectionLost".into(), version: None });
        assert_eq!(Ec2Instance { agent, ..running() }.judge().0, Health::Degraded);
        assert_eq!(running().judge().0, Health::Healthy);
    }

    #[test]
    fn instances_match_by_id_or_name_pattern() {
        assert!(is_named(&running(), &["i-1".into()]) && is_named(&running(), &["bast*".into()]));
        assert!(!is_named(&running(), &["i-2".into(), "web*".into()]));
    }
}
