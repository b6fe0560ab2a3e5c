//! Database statuses: which ones mean broken, and whether a database can still reach its requested state (stopped or
//! started).

use crate::timer::Power;

/// Statuses of a database that is out of service and does not recover by itself. Source: "Viewing Amazon RDS DB
/// instance status" and the same of Aurora clusters.
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

/// Whether a status of a database or an instance means that it is broken.
pub fn is_broken(status: &str) -> bool {
    BROKEN.contains(&status)
}

/// Whether a database does not leave this status by itself.
pub fn is_stuck(status: &str) -> bool {
    status == "deleting" || is_broken(status)
}

impl Power {
    /// Returns the status of a database that has been stopped or started.
    pub fn database_status(self) -> &'static str {
        match self {
            Self::Stop => "stopped",
            Self::Start => "available",
        }
    }

    /// Returns the status of a database that is being stopped or started.
    pub fn database_transition_status(self) -> &'static str {
        match self {
            Self::Stop => "stopping",
            Self::Start => "starting",
        }
    }

    /// Returns why a database will no longer stop or start: a phrase without its name. `begun`: it was seen stopping or
    /// starting.
    pub fn failure_reason(self, status: &str, begun: bool) -> Option<String> {
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
    fn deleted_broken_or_reversed_database_is_not_waited_for() {
        for power in [Power::Stop, Power::Start] {
            let (way, there) = (power.database_transition_status(), power.database_status());
            for status in [way, there, "backing-up", "configuring-log-exports", "upgrading"] {
                assert_eq!(power.failure_reason(status, true), None, "{status}");
            }
            assert_eq!(power.failure_reason("deleting", false).as_deref(), Some("is deleting"));
        }
        // Right after the request the status may still be the previous one.
        assert_eq!(Power::Stop.failure_reason("available", false), None);
        assert_eq!(Power::Stop.failure_reason("available", true).as_deref(), Some("was started meanwhile"));
        assert_eq!(Power::Start.failure_reason("stopping", true).as_deref(), Some("was stopped meanwhile"));
    }
}
