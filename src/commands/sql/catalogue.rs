//! A read-only session for reading the catalogue.

use super::args::Arguments;
use crate::cli::Report;
use crate::commands::context::Context;
use crate::commands::database_route::{RequestedServer, open_route};
use crate::commands::waiting::wait_for;
use crate::db::Connection;

/// The maximum size of an answer, in bytes.
pub(super) const MAX_CATALOGUE: usize = 64 << 20;

/// Passes a read-only session to `does`, and closes the connection and its tunnel afterwards.
pub(super) async fn with_catalogue<T>(
    context: &Context,
    arguments: &Arguments,
    flag: &str,
    does: impl AsyncFnOnce(&mut Connection) -> Result<T, Report>,
) -> Result<T, Report> {
    let wanted = RequestedServer {
        environment: arguments.environment.as_deref(),
        to: arguments.reader.then_some("reader"),
        through: arguments.through.as_deref(),
        url: arguments.url.as_ref().map(|url| url.0.as_str()),
        write_risk: None,
        command: ("sql", format!(" {flag}")),
    };
    let mut way = Box::pin(open_route(context, &wanted)).await?;
    way.settings.read_only = true;
    let done = match way.connect(context).await {
        Ok(mut connection) => {
            let done = wait_for(context, "the database did not answer in time", does(&mut connection)).await;
            connection.close().await;
            done
        }
        Err(report) => Err(report),
    };
    let (word, reason) = match &done {
        Ok(_) => ("done", String::new()),
        Err(report) => ("failed", report.message.clone()),
    };
    way.close(word, &reason).await?;
    done
}
