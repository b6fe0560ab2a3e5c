//! Small answers, read whole: what the cockpit itself asks a server.

use super::connection::{Connection, Event, Lost};
use super::wire::{Fields, Messages};
use crate::model::sql::{Column, Server, ServerMessage};
use crate::model::units::bytes;
use std::time::Duration;

/// Values of a row; none is NULL.
pub type Row = Vec<Option<String>>;

/// The last result of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// A part of the rows would pass for all of them.
fn too_large(most: usize) -> ServerMessage {
    ServerMessage {
        severity: "ERROR".to_owned(),
        code: "54000".to_owned(),
        message: format!("the answer is larger than {}, which is all that is read of it", bytes(most as f64)),
        hint: Some("ask for less: one name, or a pattern".to_owned()),
        ..ServerMessage::default()
    }
}

impl Connection {
    /// Runs a statement and reads its rows, no more than so many bytes of them; 0 reads none.
    ///
    /// # Errors
    /// The connection is gone. Within: the statement failed, or its rows are larger.
    pub async fn rows(&mut self, statement: &str, most: usize) -> Result<Result<Rows, ServerMessage>, Lost> {
        self.send(statement).await?;
        let (mut rows, mut failed, mut size, mut cut) = (Rows::default(), None, 0_usize, false);
        loop {
            match self.next().await? {
                Event::Columns(columns) => (rows, cut) = (Rows { columns, rows: Vec::new() }, false),
                Event::Rows(came, _) => {
                    size = size.saturating_add(came.len());
                    if size > most {
                        cut = true;
                        continue;
                    }
                    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                    rows.rows
                        .extend(Messages(came).map(|body| Fields::of(body).map(|value| value.map(text)).collect()));
                }
                Event::Part { .. } => cut = true,
                Event::Failed(said) => {
                    failed.get_or_insert(said);
                }
                // It may come with any answer, and is of nobody's question.
                Event::Notification { channel, text, process } => {
                    self.notices.push(ServerMessage::from_notification(&channel, &text, process));
                }
                Event::CopyIn => {
                    let message = super::wire::copy_fail("nothing is copied here");
                    self.write(&message).await?;
                }
                Event::Ready(_) => {
                    if cut && most > 0 {
                        failed.get_or_insert_with(|| too_large(most));
                    }
                    return Ok(failed.map_or(Ok(rows), Err));
                }
                Event::Complete(_)
                | Event::Empty
                | Event::Notice(_)
                | Event::Parameter(..)
                | Event::CopyOut
                | Event::Copied(_)
                | Event::CopyDone => {}
            }
        }
    }
}

/// The facts on a session's server that are known without asking it.
pub fn known_facts(connection: &Connection) -> Server {
    let settings = connection.settings();
    Server {
        host: settings.place.host.clone(),
        port: settings.place.port,
        database: settings.database.clone(),
        user: settings.user.clone(),
        version: connection.parameter("server_version").unwrap_or_default().to_owned(),
        read_only: settings.read_only,
        tls: connection.is_encrypted(),
        pid: connection.process(),
        escapes: connection.escapes(),
        ..Server::default()
    }
}

/// Asks the server for facts. Servers that only resemble PostgreSQL may not know all of it: what cannot be asked is not
/// known.
///
/// # Errors
/// The connection is gone.
pub async fn read_facts(connection: &mut Connection) -> Result<Server, Lost> {
    // One message, one way there and back.
    const ASKED: &str = "SELECT pg_catalog.pg_is_in_recovery(), current_setting('statement_timeout', true), \
                         current_setting('idle_in_transaction_session_timeout', true), \
                         current_setting('default_transaction_read_only', true), current_database(), current_user, \
                         pg_catalog.host(pg_catalog.inet_server_addr()) || ':' || pg_catalog.inet_server_port(), \
                         pg_catalog.pg_backend_pid()";
    let answer = connection.rows(ASKED, 1 << 16).await?;
    let row = answer.ok().and_then(|answer| answer.rows.into_iter().next()).unwrap_or_default();
    let value = |at: usize| row.get(at).cloned().flatten();
    connection.backend = value(7).and_then(|process| process.parse().ok());
    let known = known_facts(connection);
    Ok(Server {
        database: value(4).unwrap_or(known.database),
        user: value(5).unwrap_or(known.user),
        reader: value(0).map(|is| is == "t"),
        read_only: value(3).map_or(known.read_only, |on| on == "on"),
        statement_timeout: value(1).and_then(|text| limit(&text)),
        idle_timeout: value(2).and_then(|text| limit(&text)),
        address: value(6),
        ..known
    })
}

/// A limit as the server shows it: `30s`, `5min`, `1500ms`; `0` is none.
fn limit(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    let each = match &text[digits.len()..] {
        "" | "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(each)?)).filter(|limit| !limit.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_the_server_shows_it() {
        assert_eq!(limit("0"), None);
        assert_eq!(limit("30s"), Some(Duration::from_secs(30)));
        assert_eq!(limit("5min"), Some(Duration::from_mins(5)));
        assert_eq!(limit("1500ms"), Some(Duration::from_millis(1500)));
        assert_eq!(limit("2h"), Some(Duration::from_hours(2)));
        assert_eq!((limit("soon"), limit("")), (None, None));
    }
}
