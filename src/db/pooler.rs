//! Whether a pooler gives each transaction another connection to the server. What is set for a session there holds for
//! whoever gets the connection next: for the application itself, which would suddenly find that it cannot write.

use super::connection::{Connection, Lost};
use super::settings::Settings;
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
        if first == self.process() || pins(self.settings()) {
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

    async fn backend(&mut self) -> Result<Option<i32>, Lost> {
        let rows = self.rows(PROCESS, 1 << 10).await?;
        self.backend = rows.ok().and_then(|rows| rows.rows.first()?.first()?.as_ref()?.parse().ok());
        Ok(self.backend)
    }
}

/// RDS Proxy keeps the connection for a session that has set something. Source: "Avoiding pinning an RDS Proxy" in the user
/// guide of RDS; the names of its endpoints are `NAME.proxy-ID.REGION.rds.amazonaws.com`.
fn pins(settings: &Settings) -> bool {
    let host = settings.place.host.as_str();
    host.contains(".proxy-") && (host.ends_with(".rds.amazonaws.com") || host.ends_with(".rds.amazonaws.com.cn"))
}
