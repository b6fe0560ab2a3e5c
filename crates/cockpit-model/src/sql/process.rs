//! A process of a server, named so that another one which got its number later is not meant.

use super::keywords::literal;

/// When a process began, of `pg_stat_activity`, in words that no setting of a session changes.
pub const BEGAN: &str = "pg_catalog.to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";

/// A process of a server. Its number alone may be somebody else's: after it ended, or where another session reaches another
/// instance (a failover, an endpoint of several readers).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// The id of the process.
    pub pid: i32,
    /// When it began, as [`BEGAN`] has it; none where that may not be seen.
    pub began: Option<String>,
}

impl Process {
    /// The key by which it is selected in a list.
    pub fn key(&self) -> String {
        match &self.began {
            Some(began) => format!("{} {began}", self.pid),
            None => self.pid.to_string(),
        }
    }

    /// The one of such a key.
    pub fn of(key: &str) -> Option<Self> {
        let (pid, began) = key.split_once(' ').map_or((key, None), |(pid, began)| (pid, Some(began.to_owned())));
        Some(Self { pid: pid.parse().ok()?, began })
    }

    /// The statement that cancels what it works at (`pg_cancel_backend`), or ends it (`pg_terminate_backend`): `t` where that was
    /// done; `f` or no row where the server has no such process.
    pub fn signal(&self, function: &str) -> String {
        let began = match &self.began {
            Some(began) => format!("= {}", literal(began)),
            None => "IS NULL".to_owned(),
        };
        format!(
            "SELECT pg_catalog.{function}(pid) FROM pg_catalog.pg_stat_activity WHERE pid = {} AND {BEGAN} {began}",
            self.pid
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_by_when_it_began_too() {
        let known = Process { pid: 77, began: Some("2026-03-01 10:00:00.000123".into()) };
        let asked = known.signal("pg_cancel_backend");
        assert!(asked.starts_with("SELECT pg_catalog.pg_cancel_backend(pid) FROM "), "{asked}");
        assert!(asked.contains("pid = 77 AND ") && asked.ends_with("= '2026-03-01 10:00:00.000123'"), "{asked}");
        let hidden = Process { pid: 77, began: None };
        assert!(hidden.signal("pg_terminate_backend").ends_with(" IS NULL"));
        for process in [known, hidden] {
            assert_eq!(Process::of(&process.key()), Some(process));
        }
        assert_eq!(Process::of("activity"), None);
    }
}
