//! Whether a pooler gives each transaction another connection to the server. What is set for a session there holds for
//! whoever gets the connection next: for the application itself, which would suddenly find that it cannot write.

use super::connection::{Connection, Lost};
use super::startup;
use crate::model::sql::process::{Process, START_TIME};

/// How often both sessions are asked.
const ROUNDS: usize = 5;
const PROCESS: &str = "SELECT pg_catalog.pg_backend_pid()";

impl Connection {
    /// Whether its connection to the server is another client's between two transactions (pgbouncer's `pool_mode =
    /// transaction`), or whether that cannot be found out.
    ///
    /// A pooler tells its own number for the process. Two sessions that rest are then the same process on the server where
    /// transactions are pooled, and two where sessions are.
    ///
    /// # Errors
    /// The connection is gone.
    pub(super) async fn is_pooled(&mut self) -> Result<bool, Lost> {
        let Some(first) = self.backend().await? else {
            // No function of this name: no PostgreSQL, and no pooler of one.
            return Ok(false);
        };
        if first == self.process() || self.settings().is_rds_proxy() {
            return Ok(false);
        }
        let settings = self.settings().clone();
        let Ok(begun) = startup::start_session(&settings).await else { return Ok(true) };
        let mut other = Self::from_startup(&settings, begun);
        // Under load the pooled connection may be with another client just while the second session asks.
        let mut pooled = false;
        for _ in 0..ROUNDS {
            let Ok(second) = other.backend().await else { return Ok(true) };
            pooled |= second == Some(first) || self.backend().await? != Some(first);
        }
        other.close().await;
        Ok(pooled)
    }

    /// The process on the server that the session has now.
    pub(super) async fn backend(&mut self) -> Result<Option<i32>, Lost> {
        let rows = self.rows(PROCESS, 1 << 10).await?;
        self.backend = rows.ok().and_then(|rows| rows.rows.first()?.first()?.as_ref()?.parse().ok());
        Ok(self.backend)
    }

    /// Asks which process on the server is the session's own until it ends, so that another session can name it. Behind a pooler
    /// it may be another one's after this transaction, unless the pooler keeps it: there it is not known.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn read_own_process(&mut self) -> Result<(), Lost> {
        if self.own_process.is_some() {
            return Ok(());
        }
        let backend = match self.backend {
            None => self.backend().await?,
            known => known,
        };
        if backend == Some(self.process()) { self.read_process().await } else { Ok(()) }
    }

    /// Asks for the process where that is known to be the session's own.
    pub(super) async fn read_process(&mut self) -> Result<(), Lost> {
        let asked = format!(
            "SELECT pid, {START_TIME} FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()"
        );
        let row = self.rows(&asked, 1 << 10).await?.ok().and_then(|rows| rows.rows.into_iter().next());
        if let Some([Some(pid), Some(began)]) = row.as_deref()
            && let Ok(pid) = pid.parse()
        {
            self.backend = Some(pid);
            self.own_process = Some(Process { pid, start_time: Some(began.clone()) });
        }
        Ok(())
    }
}
