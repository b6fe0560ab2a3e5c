//! Server processes, identified so that a later process with the same id is not confused with them.

use super::keywords::literal;

/// A process's start time from `pg_stat_activity`, in a format that no session setting changes.
pub const START_TIME: &str = "pg_catalog.to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";

/// A server process. Its id alone may belong to another process: after it has ended, or if another session is connected to
/// another instance (after a failover, or through an endpoint of several readers).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// The process id.
    pub pid: i32,
    /// The start time, as returned by [`START_TIME`]; `None` if it is not visible.
    pub start_time: Option<String>,
}

impl Process {
    /// Returns the key that selects it in a list.
    pub fn key(&self) -> String {
        match &self.start_time {
            Some(began) => format!("{} {began}", self.pid),
            None => self.pid.to_string(),
        }
    }

    /// Parses such a key.
    pub fn of(key: &str) -> Option<Self> {
        let (pid, began) = key.split_once(' ').map_or((key, None), |(pid, began)| (pid, Some(began.to_owned())));
        Some(Self { pid: pid.parse().ok()?, start_time: began })
    }

    /// Returns the statement that cancels its current statement (`pg_cancel_backend`) or terminates it
    /// (`pg_terminate_backend`). The result is `t` if the signal was sent; `f` or no row if the server has no such process.
    pub fn signal(&self, function: &str) -> String {
        let began = match &self.start_time {
            Some(began) => format!("= {}", literal(began)),
            None => "IS NULL".to_owned(),
        };
        format!(
            "SELECT pg_catalog.{function}(pid) FROM pg_catalog.pg_stat_activity WHERE pid = {} AND {START_TIME} {began}",
            self.pid
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_is_identified_by_its_start_time_too() {
        let known = Process { pid: 77, start_time: Some("2026-03-01 10:00:00.000123".into()) };
        let statement = known.signal("pg_cancel_backend");
        assert!(statement.starts_with("SELECT pg_catalog.pg_cancel_backend(pid) FROM "), "{statement}");
        assert!(
            statement.contains("pid = 77 AND ") && statement.ends_with("= '2026-03-01 10:00:00.000123'"),
            "{statement}"
        );
        let hidden = Process { pid: 77, start_time: None };
        assert!(hidden.signal("pg_terminate_backend").ends_with(" IS NULL"));
        for process in [known, hidden] {
            assert_eq!(Process::of(&process.key()), Some(process));
        }
        assert_eq!(Process::of("activity"), None);
    }
}
