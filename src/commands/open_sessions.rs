//! The open sessions of a database, for the plan of a change that closes connections.

use super::context::Context;
use super::database::FoundDatabase;
use super::database_route::{RequestedServer, ServerRoute, open_route};
use crate::app::operation::database::ConnectedSessions;
use crate::cli::Report;
use crate::db::Lost;
use crate::model::sql::open_sessions::{QUERY, lines};
use std::time::Duration;
use tokio::time::timeout;

/// How long to wait for the server before the plan goes on without its sessions.
const PATIENCE: Duration = Duration::from_secs(10);
/// The maximum size of the answer, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// Lists the sessions on the writer, through a tunnel if one is configured, in a read-only session. A failure becomes
/// [`Connected::Unknown`] with its reason, so that it does not block the plan.
pub(super) async fn list_connections(context: &Context, found: &FoundDatabase) -> ConnectedSessions {
    match Box::pin(sessions_of(context, found)).await {
        Ok(lines) => ConnectedSessions::Known(lines),
        Err(report) => {
            let hint = report.hint.iter().map(|hint| format!("→ {hint}"));
            let words: Vec<String> = std::iter::once(report.message).chain(report.causes).chain(hint).collect();
            ConnectedSessions::Unknown(words.join(": ").replace(": →", " →"))
        }
    }
}

async fn sessions_of(context: &Context, found: &FoundDatabase) -> Result<Vec<String>, Report> {
    let to = found.address(false)?;
    let wanted = RequestedServer {
        environment: context.global.env.as_deref(),
        to: Some(&to),
        command: ("db", " --activity=connections".to_owned()),
        ..RequestedServer::default()
    };
    let mut way = Box::pin(open_route(context, &wanted)).await?;
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

async fn ask(context: &Context, way: &ServerRoute) -> Result<Vec<String>, Report> {
    let failed = |message: String| Report::new("session", message, crate::cli::ExitCode::Failed);
    let mut connection = way.connect(context).await?;
    let answer = connection.rows(QUERY, MAX_ANSWER).await.map_err(|Lost(why)| failed(why))?;
    connection.close().await;
    answer.map(|answer| lines(&answer.rows)).map_err(|server_error| failed(server_error.message))
}
