//! Statuses of databases: which mean that one is broken, and whether one that was told to stop or to start still can.

use crate::timer::Power;

/// Statuses of a database that serves nobody and does not recover by itself. Source: "Viewing Amazon RDS DB instance status" and
/// the same of Aurora clusters.
const BROKEN: &[&str] = &[
    "failed",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "incompatible-create",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "restore-error",
    "storage-full",
];

/// Whether a status is of a database, or of an instance, that is broken.
pub fn is_broken(status: &str) -> bool {
    BROKEN.contains(&status)
}

/// Whether RDS does not leave a status by itself.
pub fn is_stuck(status: &str) -> bool {
    status == "deleting" || is_broken(status)
}

impl Power {
    /// The status of a database that has been stopped or started.
    pub fn database_status(self) -> &'static str {
        match self {
            Self::Stop => "stopped",
            Self::Start => "available",
        }
    }

    /// The status of a database that is being stopped or started.
    pub fn database_on_the_way(self) -> &'static str {
        match self {
            Self::Stop => "stopping",
            Self::Start => "starting",
        }
    }

    /// Why a database will not be stopped or started any more: a sentence without its name. `begun`: it was seen stopping or
    /// starting.
    pub fn prevented(self, status: &str, begun: bool) -> Option<String> {
        if is_stuck(status) {
            return Some(format!("is {status}"));
        }
        let (other, done) = match self {
            Self::Stop => (["starting", "available"], "started"),
            Self::Start => (["stopping", "stopped"], "stopped"),
        };
        (begun && other.contains(&status)).then(|| format!("was {done} meanwhile"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_gone_broken_or_turned_the_other_way_is_not_waited_for() {
        for power in [Power::Stop, Power::Start] {
            let (way, there) = (power.database_on_the_way(), power.database_status());
            for status in [way, there, "backing-up", "configuring-log-exports", "upgrading"] {
                assert_eq!(power.prevented(status, true), None, "{status}");
            }
            assert_eq!(power.prevented("deleting", false).as_deref(), Some("is deleting"));
        }
        // Right after it was accepted the status may still be the one of before.
        assert_eq!(Power::Stop.prevented("available", false), None);
        assert_eq!(Power::Stop.prevented("available", true).as_deref(), Some("was started meanwhile"));
        assert_eq!(Power::Start.prevented("stopping", true).as_deref(), Some("was stopped meanwhile"));
    }
}
