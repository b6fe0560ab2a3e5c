//! The sessions of a database, for the plan of a change that cuts connections.

use super::context::Context;
use super::database::Found;
use super::way::{Wanted, Way, way};
use crate::app::operation::database::Connected;
use crate::cli::Report;
use crate::db::Lost;
use crate::model::sql::connected::{WHO, lines};
use std::time::Duration;
use tokio::time::timeout;

/// A server that does not answer within this is planned for without it.
const PATIENCE: Duration = Duration::from_secs(10);
/// No more is read of the answer.
const MOST: usize = 1 << 20;

/// Asks the writer, through a tunnel where one is configured, in a session that only reads. Why it cannot be known is an answer
/// too: nothing is held up by it.
pub(super) async fn connected(context: &Context, found: &Found) -> Connected {
    match Box::pin(asked(context, found)).await {
        Ok(lines) => Connected::Known(lines),
        Err(report) => {
            let hint = report.hint.iter().map(|hint| format!("→ {hint}"));
            let words: Vec<String> = std::iter::once(report.message).chain(report.causes).chain(hint).collect();
            Connected::Unknown(words.join(": ").replace(": →", " →"))
        }
    }
}

async fn asked(context: &Context, found: &Found) -> Result<Vec<String>, Report> {
    let to = found.place(false)?;
    let wanted = Wanted {
        environment: context.global.env.as_deref(),
        to: Some(&to),
        command: ("db", " --activity=connections".to_owned()),
        ..Wanted::default()
    };
    let mut way = Box::pin(way(context, &wanted)).await?;
    way.settings.read_only = true;
    let done = match timeout(PATIENCE, Box::pin(ask(context, &way))).await {
        Ok(done) => done,
        Err(_) => Err(Report::new("session", "the server did not answer within 10 s", crate::cli::ExitCode::Failed)),
    };
    let (word, reason) = match &done {
        Ok(_) => ("done", String::new()),
        Err(report) => ("failed", report.message.clone()),
    };
    way.close(word, &reason).await?;
    done
}

async fn ask(context: &Context, way: &Way) -> Result<Vec<String>, Report> {
    let failed = |message: String| Report::new("session", message, crate::cli::ExitCode::Failed);
    let mut connection = way.connect(context).await?;
    let answer = connection.rows(WHO, MOST).await.map_err(|Lost(why)| failed(why))?;
    connection.close().await;
    answer.map(|answer| lines(&answer.rows)).map_err(|said| failed(said.message))
}
