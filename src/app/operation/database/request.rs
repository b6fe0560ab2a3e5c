//! Requests to change a database: their kinds, titles, button labels and command lines.

use crate::app::command::Risk;
use crate::model::timer::Power;

/// The change to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepChange {
    /// Another member becomes the writer.
    Failover {
        /// The member; `None` leaves the choice to promotion tiers and lag.
        to: Option<String>,
    },
    /// A snapshot with this name is created.
    Snapshot { name: String },
    /// An instance is rebooted.
    Reboot { instance: String },
    /// The database is stopped or started.
    Power(Power),
}

/// The sessions connected to the database, if they could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConnectedSessions {
    /// Nothing could be read.
    #[default]
    NotRequested,
    /// The sessions, as sentences.
    Known(Vec<String>),
    /// Why they could not be read.
    Unknown(String),
}

/// A request to change a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The identifier of the cluster or the instance.
    pub database: String,
    pub cluster: bool,
    pub wanted: StepChange,
    pub connected: ConnectedSessions,
}

impl Request {
    /// The command line that does this, without the environment.
    pub fn command_line(&self) -> String {
        let id = &self.database;
        match &self.wanted {
            StepChange::Failover { to: None } => format!("failover {id}"),
            StepChange::Failover { to: Some(to) } => format!("failover {id} --to {to}"),
            StepChange::Snapshot { name } => format!("db {id} --snapshot {name}"),
            StepChange::Reboot { instance } if instance == id => format!("db {id} --reboot"),
            StepChange::Reboot { instance } => format!("db {id} --reboot --member {instance}"),
            StepChange::Power(power) => format!("db {id} --{}", power.name()),
        }
    }

    /// `fail bookmark-manager-prod-aurora over`.
    pub fn title(&self) -> String {
        let id = &self.database;
        match &self.wanted {
            StepChange::Failover { .. } => format!("fail {id} over"),
            StepChange::Snapshot { name } => format!("snapshot {name} of {id}"),
            StepChange::Reboot { instance } => format!("restart {instance}"),
            StepChange::Power(power) => format!("{} {id}", power.name()),
        }
    }

    /// The label of the confirmation button.
    pub fn verb(&self) -> &'static str {
        match &self.wanted {
            StepChange::Failover { .. } => "Fail over",
            StepChange::Snapshot { .. } => "Make it",
            StepChange::Reboot { .. } => "Restart",
            StepChange::Power(Power::Stop) => "Stop",
            StepChange::Power(Power::Start) => "Start",
        }
    }

    /// The risk, which determines the consent required.
    pub fn risk(&self) -> Risk {
        match &self.wanted {
            StepChange::Failover { .. } | StepChange::Reboot { .. } | StepChange::Power(Power::Stop) => Risk::Disrupt,
            StepChange::Snapshot { .. } | StepChange::Power(Power::Start) => Risk::Change,
        }
    }

    /// Whether connected sessions are cut off.
    pub fn disconnects_sessions(&self) -> bool {
        self.risk() == Risk::Disrupt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_has_every_given_flag() {
        let typed = |wanted| {
            let (database, connected) = ("db".to_owned(), ConnectedSessions::NotRequested);
            Request { database, cluster: true, wanted, connected }.command_line()
        };
        assert_eq!(typed(StepChange::Failover { to: None }), "failover db");
        assert_eq!(typed(StepChange::Failover { to: Some("db-2".into()) }), "failover db --to db-2");
        assert_eq!(typed(StepChange::Snapshot { name: "x".into() }), "db db --snapshot x");
        assert_eq!(typed(StepChange::Reboot { instance: "db".into() }), "db db --reboot");
        assert_eq!(typed(StepChange::Reboot { instance: "db-2".into() }), "db db --reboot --member db-2");
        assert_eq!(typed(StepChange::Power(Power::Stop)), "db db --stop");
    }
}
