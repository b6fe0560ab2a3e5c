//! Cancelling what a session works at: a connection of its own through the same place, on which nothing is said but the
//! process and its secret. RDS Proxy does not pass that on (source: "Limitations for RDS Proxy with PostgreSQL" in the user guide
//! of RDS): there it is a session that asks for it, by the number of the process.

use super::dial::dial;
use super::settings::Settings;
use super::{startup, wire};
use crate::model::sql::process::Process;
use crate::model::{Failure, FailureKind};
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A handle that cancels the statements of a session.
#[derive(Clone)]
pub struct Canceller {
    settings: Settings,
    /// How TLS is spoken in the session, if it is: authorities are not read again, which would hold the request up.
    tls: Option<ClientConfig>,
    process: i32,
    secret: i32,
    /// The process on the server that is the session's own until it ends, where it was asked for.
    own: Option<Process>,
}

impl Canceller {
    pub(super) fn new(
        settings: Settings,
        tls: Option<ClientConfig>,
        (process, secret): (i32, i32),
        own: Option<Process>,
    ) -> Self {
        Self { settings, tls, process, secret, own }
    }

    /// The process on the server, or what a pooler says that it is.
    pub fn process(&self) -> i32 {
        self.own.as_ref().map_or(self.process, |own| own.pid)
    }

    /// The statement with which another session cancels what this one works at (`pg_cancel_backend`), or ends its process
    /// (`pg_terminate_backend`), as [`Process::signal`] has it; none where it is not known which process of the server it is.
    pub fn cancel_statement(&self, function: &str) -> Option<String> {
        self.own.as_ref().map(|own| own.signal(function))
    }

    /// Asks the server to cancel what the session works at; it may work at nothing any more.
    ///
    /// # Errors
    /// The server cannot be told.
    pub async fn cancel(&self) -> Result<(), Failure> {
        let told = async {
            if self.settings.is_rds_proxy() {
                if let Some(asked) = self.cancel_statement("pg_cancel_backend") {
                    return self.ask(&asked).await;
                }
                let what =
                    "it cannot be cancelled: RDS Proxy passes no request on, and which process it is, is not known";
                return Err(Failure::new(FailureKind::Invalid, what));
            }
            // As libpq since 17: encrypted where the session is.
            let open = !self.settings.sslmode.needs_tls() && self.settings.place.through.is_some();
            let mut stream = dial(&self.settings, open, self.tls.as_ref()).await?.stream;
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
            .unwrap_or_else(|_| Err(super::connection_errors::timed_out(&self.settings)))
    }

    /// Asks for it in a session of its own.
    async fn ask(&self, asked: &str) -> Result<(), Failure> {
        let mut stream = startup::start_session(&self.settings).await?.stream;
        let answered = async {
            stream.write_all(&wire::query(asked)).await?;
            stream.flush().await?;
            let (mut said, mut piece, mut done) = (Vec::<u8>::new(), [0; 1024], false);
            loop {
                while let Some((kind, length)) = wire::header(&said)?.filter(|(_, length)| *length <= said.len()) {
                    let body = &said[wire::HEADER_LEN..length];
                    match kind {
                        b'E' => {
                            let why = wire::server_message(body).message;
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
    Failure::new(FailureKind::NotFound, what).with_hint("after a failover, or at another reader: connect again")
}

fn cannot(error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::Unreachable, format!("it cannot be cancelled: {error}"))
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canceller").field("process", &self.process).finish_non_exhaustive()
    }
}
