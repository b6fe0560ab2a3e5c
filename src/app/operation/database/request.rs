//! Requests to change a database: their kinds, titles, button labels and command lines.

use crate::app::command::Risk;
use crate::model::timer::Power;

/// The change to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Another member writes.
    Failover {
        /// The member; none leaves the choice to promotion tiers and lag.
        to: Option<String>,
    },
    /// A snapshot of this name.
    Snapshot { name: String },
    /// An instance is restarted.
    Reboot { instance: String },
    /// It is stopped or started.
    Power(Power),
}

/// The sessions of the database, where one could be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Connected {
    /// Nobody could be asked.
    #[default]
    Unasked,
    /// The sessions, in sentences.
    Known(Vec<String>),
    /// It could not be asked: why.
    Unknown(String),
}

/// A request to change a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Identifier of the cluster or the instance.
    pub database: String,
    pub cluster: bool,
    pub wanted: Wanted,
    pub connected: Connected,
}

impl Request {
    /// The command line that does this, without the environment.
    pub fn typed(&self) -> String {
        let id = &self.database;
        match &self.wanted {
            Wanted::Failover { to: None } => format!("failover {id}"),
            Wanted::Failover { to: Some(to) } => format!("failover {id} --to {to}"),
            Wanted::Snapshot { name } => format!("db {id} --snapshot {name}"),
            Wanted::Reboot { instance } if instance == id => format!("db {id} --reboot"),
            Wanted::Reboot { instance } => format!("db {id} --reboot --member {instance}"),
            Wanted::Power(power) => format!("db {id} --{}", power.word()),
        }
    }

    /// `fail bookmark-manager-prod-aurora over`.
    pub fn title(&self) -> String {
        let id = &self.database;
        match &self.wanted {
            Wanted::Failover { .. } => format!("fail {id} over"),
            Wanted::Snapshot { name } => format!("snapshot {name} of {id}"),
            Wanted::Reboot { instance } => format!("restart {instance}"),
            Wanted::Power(power) => format!("{} {id}", power.word()),
        }
    }

    /// The word on the button of a yes.
    pub fn verb(&self) -> &'static str {
        match &self.wanted {
            Wanted::Failover { .. } => "Fail over",
            Wanted::Snapshot { .. } => "Make it",
            Wanted::Reboot { .. } => "Restart",
            Wanted::Power(Power::Stop) => "Stop",
            Wanted::Power(Power::Start) => "Start",
        }
    }

    /// The risk, which decides how it is confirmed.
    pub fn risk(&self) -> Risk {
        match &self.wanted {
            Wanted::Failover { .. } | Wanted::Reboot { .. } | Wanted::Power(Power::Stop) => Risk::Disrupt,
            Wanted::Snapshot { .. } | Wanted::Power(Power::Start) => Risk::Change,
        }
    }

    /// Whether those who are connected are cut off.
    pub fn cuts(&self) -> bool {
        self.risk() == Risk::Disrupt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_has_every_flag_that_was_given() {
        let typed = |wanted| {
            let (database, connected) = ("db".to_owned(), Connected::Unasked);
            Request { database, cluster: true, wanted, connected }.typed()
        };
        assert_eq!(typed(Wanted::Failover { to: None }), "failover db");
        assert_eq!(typed(Wanted::Failover { to: Some("db-2".into()) }), "failover db --to db-2");
        assert_eq!(typed(Wanted::Snapshot { name: "x".into() }), "db db --snapshot x");
        assert_eq!(typed(Wanted::Reboot { instance: "db".into() }), "db db --reboot");
        assert_eq!(typed(Wanted::Reboot { instance: "db-2".into() }), "db db --reboot --member db-2");
        assert_eq!(typed(Wanted::Power(Power::Stop)), "db db --stop");
    }
}
