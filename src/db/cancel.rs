//! Cancelling what a session works at: a connection of its own through the same place, on which nothing is said but the
//! process and its secret.

use super::dial::dial;
use super::settings::Settings;
use super::wire;
use crate::model::{Failure, FailureKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What cancels the statements of a session.
#[derive(Clone)]
pub struct Canceller {
    settings: Settings,
    process: i32,
    secret: i32,
}

impl Canceller {
    pub(super) fn new(settings: Settings, process: i32, secret: i32) -> Self {
        Self { settings, process, secret }
    }

    /// The process on the server.
    pub fn process(&self) -> i32 {
        self.process
    }

    /// Asks the server to cancel what the session works at; it may work at nothing any more.
    ///
    /// # Errors
    /// The server cannot be told.
    pub async fn cancel(&self) -> Result<(), Failure> {
        let told = async {
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
            sent.await
                .map_err(|error| Failure::new(FailureKind::Unreachable, format!("it cannot be cancelled: {error}")))
        };
        tokio::time::timeout(self.settings.connect_timeout, told)
            .await
            .unwrap_or_else(|_| Err(super::words::late(&self.settings)))
    }
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canceller").field("process", &self.process).finish_non_exhaustive()
    }
}
