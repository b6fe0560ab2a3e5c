//! Cancelling what a session works at: a connection of its own through the same place, on which nothing is said but the
//! process and its secret. RDS Proxy does not pass that on (source: "Limitations for RDS Proxy with PostgreSQL" in the user guide
//! of RDS): there it is a session that asks for it, by the number of the process.

use super::dial::dial;
use super::settings::Settings;
use super::{startup, wire};
use crate::model::{Failure, FailureKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// When the process began, in words that no setting of a session changes.
pub(super) const BEGAN: &str = "pg_catalog.to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";

/// A process on the server that a pooler keeps for a session until it ends. Another session may reach another instance (a
/// failover, an endpoint of several readers), where the number alone is somebody else's.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) process: i32,
    /// When it began, as [`BEGAN`] has it.
    pub(super) began: String,
}

/// What cancels the statements of a session.
#[derive(Clone)]
pub struct Canceller {
    settings: Settings,
    process: i32,
    secret: i32,
    /// The process on the server that a pooler keeps for the session until it ends, where it passes no requests on.
    kept: Option<Kept>,
}

impl Canceller {
    pub(super) fn new(settings: Settings, process: i32, secret: i32, kept: Option<Kept>) -> Self {
        Self { settings, process, secret, kept }
    }

    /// The process on the server, or what a pooler says that it is.
    pub fn process(&self) -> i32 {
        self.kept.as_ref().map_or(self.process, |kept| kept.process)
    }

    /// Whether a pooler keeps the process for the session until it ends.
    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// The statement with which another session cancels what this one works at (`pg_cancel_backend`), or ends its process
    /// (`pg_terminate_backend`): `t` where that was done; `f` or no row where the server has no such process.
    pub fn asking(&self, function: &str) -> String {
        match &self.kept {
            Some(Kept { process, began }) => format!(
                "SELECT pg_catalog.{function}(pid) FROM pg_catalog.pg_stat_activity \
                 WHERE pid = {process} AND {BEGAN} = '{}'",
                began.replace('\'', "''")
            ),
            None => format!("SELECT pg_catalog.{function}({})", self.process),
        }
    }

    /// Asks the server to cancel what the session works at; it may work at nothing any more.
    ///
    /// # Errors
    /// The server cannot be told.
    pub async fn cancel(&self) -> Result<(), Failure> {
        let told = async {
            if self.kept.is_some() {
                return self.ask().await;
            }
            if self.settings.is_rds_proxy() {
                let what =
                    "it cannot be cancelled: RDS Proxy passes no request on, and which process it is, is not known";
                return Err(Failure::new(FailureKind::Invalid, what));
            }
            // As libpq since 17: encrypted where the session is.
            let open = !self.settings.sslmode.needs_tls() && self.settings.place.through.is_some();
            let mut stream = dial(&self.settings, open).await?.stream;
            let sent = async {
                stream.write_all(&wire::cancel(self.process, self.secret)).await?;
                stream.flush().await?;
                // The server closes the connection when it has passed it on.
                let mut rest = [0; 16];
                while stream.read(&mut rest).await.unwrap_or(0) > 0 {}
                Ok::<(), std::io::Error>(())
            };
            sent.await.map_err(|error| cannot(&error))
        };
        tokio::time::timeout(self.settings.connect_timeout, told)
            .await
            .unwrap_or_else(|_| Err(super::words::late(&self.settings)))
    }

    /// Asks for it in a session of its own.
    async fn ask(&self) -> Result<(), Failure> {
        let mut stream = startup::begin(&self.settings).await?.stream;
        let answered = async {
            stream.write_all(&wire::query(&self.asking("pg_cancel_backend"))).await?;
            stream.flush().await?;
            let (mut said, mut piece, mut done) = (Vec::<u8>::new(), [0; 1024], false);
            loop {
                while let Some((kind, length)) = wire::head(&said)?.filter(|(_, length)| *length <= said.len()) {
                    let body = &said[wire::HEAD..length];
                    match kind {
                        b'E' => {
                            let why = wire::said(body).message;
                            return Ok(Err(Failure::new(
                                FailureKind::Denied,
                                format!("it cannot be cancelled: {why}"),
                            )));
                        }
                        b'Z' => return Ok(if done { Ok(()) } else { Err(no_process()) }),
                        b'D' => done = wire::Fields::of(body).next().flatten() == Some(b"t".as_slice()),
                        _ => {}
                    }
                    drop(said.drain(..length));
                }
                match stream.read(&mut piece).await? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    count => said.extend_from_slice(&piece[..count]),
                }
            }
        };
        let answered: std::io::Result<Result<(), Failure>> = answered.await;
        let _ = stream.write_all(&wire::TERMINATE).await;
        answered.map_err(|error| cannot(&error))?
    }
}

fn no_process() -> Failure {
    let what = "it cannot be cancelled: where another session gets to, the server has no such process";
    Failure::new(FailureKind::NotFound, what).hinted("after a failover, or at another reader: connect again")
}

fn cannot(error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Unreachable, format!("it cannot be cancelled: {error}"))
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canceller").field("process", &self.process).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::sql::Place;

    fn canceller(kept: Option<Kept>) -> Canceller {
        let place = Place { host: "db.internal".into(), port: 5432, through: None };
        Canceller::new(Settings::of(place, "postgres", "postgres"), 1, 2, kept)
    }

    #[test]
    fn a_process_that_a_pooler_keeps_is_named_by_when_it_began_too() {
        let began = "2026-03-01 10:00:00.000123".to_owned();
        let asked = canceller(Some(Kept { process: 77, began })).asking("pg_cancel_backend");
        assert!(asked.starts_with("SELECT pg_catalog.pg_cancel_backend(pid) FROM "), "{asked}");
        assert!(asked.contains("pid = 77 AND ") && asked.ends_with("= '2026-03-01 10:00:00.000123'"), "{asked}");
        assert_eq!(canceller(None).asking("pg_terminate_backend"), "SELECT pg_catalog.pg_terminate_backend(1)");
    }
}
