//! Whether a pooler gives each transaction another connection to the server. What is set for a session there holds for
//! whoever gets the connection next: for the application itself, which would suddenly find that it cannot write.

use super::cancel::{BEGAN, Kept};
use super::connection::{Connection, Lost};
use super::startup;

/// So often both sessions are asked.
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
        let Ok(begun) = startup::begin(&settings).await else { return Ok(true) };
        let mut other = Self::of(&settings, begun);
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

    /// The process on the server that a pooler keeps for the session, so that another session can name it.
    pub(super) async fn kept_process(&mut self) -> Result<Option<Kept>, Lost> {
        let asked =
            format!("SELECT pid, {BEGAN} FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()");
        let row = self.rows(&asked, 1 << 10).await?.ok().and_then(|rows| rows.rows.into_iter().next());
        let Some([Some(process), Some(began)]) = row.as_deref() else { return Ok(None) };
        let Ok(process) = process.parse::<i32>() else { return Ok(None) };
        self.backend = Some(process);
        Ok(Some(Kept { process, began: began.clone() }))
    }
}
