//! Statements with bound values (`\bind`).

use crate::db::{Connection, Lost};
use crate::model::sql::ServerMessage;
use crate::model::sql::keywords::literal;
use crate::runtime::feeds::sql_sessions::Job;

/// Returns the name of the prepared statement for a statement with bound values.
pub(super) fn prepared_name(job: &Job) -> String {
    format!("cockpit_statement_{}", job.result.0)
}

/// Returns the statement to send. The simple protocol cannot bind values, so a prepared statement does.
pub(super) async fn bind_values(connection: &mut Connection, job: &Job) -> Result<Result<String, ServerMessage>, Lost> {
    let Some(values) = &job.options.bind else { return Ok(Ok(job.statement.clone())) };
    let begin = format!("PREPARE {} AS ", prepared_name(job));
    if let Err(mut message) = connection.rows(&format!("{begin}{}", job.statement), 0).await? {
        message.position = message.position.map(|at| at.saturating_sub(begin.len() as u32));
        return Ok(Err(message));
    }
    let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
    let list = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    Ok(Ok(format!("EXECUTE {}{list}", prepared_name(job))))
}
