//! The settings that a session begins with.

use super::connection::{Connection, Lost};
use crate::model::sql::ServerMessage;
use crate::model::sql::keywords::literal;
use crate::model::{Failure, FailureKind};

impl Connection {
    /// Settings go as statements, not with the beginning: what pools connections (pgbouncer) refuses those it does not know.
    pub(super) async fn set_up(&mut self) -> Result<(), Failure> {
        let milliseconds = |limit: std::time::Duration| limit.as_millis();
        // What was asked for by name comes first: a rule of safety has the last word.
        let options = self.settings.options.clone();
        let mut wished: Vec<(&str, String)> = Vec::new();
        wished.extend(options.iter().map(|(name, value)| (name.as_str(), value.clone())));
        if self.settings.read_only {
            wished.push(("default_transaction_read_only", "on".to_owned()));
        }
        if let Some(limit) = self.settings.statement_timeout {
            wished.push(("statement_timeout", milliseconds(limit).to_string()));
        }
        if let Some(limit) = self.settings.idle_timeout {
            wished.push(("idle_in_transaction_session_timeout", milliseconds(limit).to_string()));
        }
        let keeps = self.settings.is_rds_proxy();
        if keeps {
            // Only the number of a process that is the session's own can be named to cancel what it works at.
            wished.push(("application_name", self.settings.application.clone()));
        }
        if wished.is_empty() {
            return Ok(());
        }
        let lost = |Lost(why)| Failure::new(FailureKind::Unreachable, why);
        self.pooled = self.is_pooled().await.map_err(lost)?;
        if self.pooled {
            let names: Vec<&str> = wished.iter().map(|(name, _)| *name).collect();
            let message = format!(
                "a pooler gives each transaction another connection (pool_mode = transaction): {} not set, as whoever gets the \
                 connection next would have it too",
                names.join(", ") + if names.len() == 1 { " is" } else { " are" }
            );
            self.notices.push(ServerMessage::warning(message));
            return Ok(());
        }
        let mut pinned = false;
        for (name, value) in wished {
            // Written as the server takes it on its command line: `SET` would take a list for one name.
            let value = literal(&value);
            let statement = if options.iter().any(|(option, _)| option == name) {
                format!("SELECT pg_catalog.set_config({}, {value}, false)", literal(name))
            } else {
                format!("SET {name} = {value}")
            };
            let done = self.rows(&statement, 64 * 1024).await;
            let why = match done {
                Ok(Ok(_)) => {
                    pinned = true;
                    continue;
                }
                Ok(Err(said)) => said.message,
                Err(Lost(why)) => return Err(Failure::new(FailureKind::Unreachable, why)),
            };
            // A limit that the server does not know is none; that nothing can be changed must be sure.
            if name == "default_transaction_read_only" {
                let what = format!("the session cannot be made a read-only one: {why}");
                return Err(Failure::new(FailureKind::Denied, what).with_hint("connect as a user who can only read"));
            }
            // As with libpq there is no session then.
            if options.iter().any(|(option, _)| option == name) {
                let what = format!("the options of the connection cannot be set: {why}");
                return Err(Failure::new(FailureKind::Invalid, what)
                    .with_hint("look at `options` of the URL, and at PGOPTIONS"));
            }
            self.notices.push(ServerMessage::warning(why));
        }
        // Where nothing was set, nothing is kept: the next transaction may be another process's.
        if keeps && pinned {
            self.read_process().await.map_err(lost)?;
        }
        Ok(())
    }
}
