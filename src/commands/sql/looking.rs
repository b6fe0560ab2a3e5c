//! A read-only session for reading the catalogue.

use super::args::Arguments;
use crate::cli::Report;
use crate::commands::context::Context;
use crate::commands::waits::waited;
use crate::commands::way::{Wanted, way};
use crate::db::Connection;

/// No more is read of the catalogue at once.
pub(super) const MOST: usize = 64 << 20;

/// Uses a read-only session, and closes the connection and its tunnel afterwards.
pub(super) async fn looking<T>(
    context: &Context,
    arguments: &Arguments,
    flag: &str,
    does: impl AsyncFnOnce(&mut Connection) -> Result<T, Report>,
) -> Result<T, Report> {
    let wanted = Wanted {
        environment: arguments.environment.as_deref(),
        to: arguments.reader.then_some("reader"),
        through: arguments.through.as_deref(),
        url: arguments.url.as_ref().map(|url| url.0.as_str()),
        writes: None,
        command: ("sql", format!(" {flag}")),
    };
    let mut way = Box::pin(way(context, &wanted)).await?;
    way.settings.read_only = true;
    let done = match way.connect(context).await {
        Ok(mut connection) => {
            let done = waited(context, "the database did not answer in time", does(&mut connection)).await;
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
