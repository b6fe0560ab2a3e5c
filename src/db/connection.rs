//! A session: a statement goes out, what the server says of it comes back piece by piece. Nothing is read ahead: a reader
//! that stops holds the server up, not the memory.

use super::cancel::Canceller;
use super::dial::{Stream, is_closed};
use super::settings::Settings;
use super::startup::{self, StartedSession};
use super::wire::{self, Body, HEADER_LEN};
use crate::model::Failure;
use crate::model::sql::process::Process;
use crate::model::sql::{Column, ServerMessage, Transaction};
use bytes::{Buf as _, BytesMut};
use futures_util::FutureExt as _;
use rustls::ClientConfig;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};

/// How many bytes are asked for at a time.
const BLOCK: usize = 256 * 1024;
/// The same while something is written.
const HELD: usize = 8 * 1024;
/// A row that is larger is handed on in parts, where the reader takes parts.
const LARGE: usize = 1 << 20;

/// A message of the server.
#[derive(Debug)]
pub enum Event<'a> {
    /// A result begins.
    Columns(Vec<Column>),
    /// Rows: complete `DataRow` messages, one after the other, and how many.
    Rows(&'a [u8], u64),
    /// A part of a row that is larger than what is read at a time: how many bytes of the row came before, the bytes, and
    /// how many the whole row has.
    Part { before: u64, bytes: &'a [u8], whole: u64 },
    /// A statement is done; the server's word for it.
    Complete(String),
    /// There was no statement.
    Empty,
    /// A statement failed.
    Failed(ServerMessage),
    /// Something beside.
    Notice(ServerMessage),
    /// Somebody sent a NOTIFY: its channel, its text, whose process it was.
    Notification { channel: String, text: String, process: i32 },
    /// A setting that the server tells of changed.
    Parameter(String, String),
    /// The server waits for data to copy.
    CopyIn,
    /// Data that are copied come.
    CopyOut,
    /// Such data: complete `CopyData` messages, one after the other.
    Copied(&'a [u8]),
    /// All of them came.
    CopyDone,
    /// All that was sent is done.
    Ready(Transaction),
}

/// The connection is gone; what was said last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Lost(pub String);

/// A session on a server.
pub struct Connection {
    pub(super) settings: Settings,
    stream: Box<dyn Stream>,
    /// How TLS is spoken, if it is.
    tls: Option<ClientConfig>,
    buffer: BytesMut,
    /// Bytes at the beginning of the buffer that the last event was made of.
    taken: usize,
    /// A row that comes in parts: how many bytes of it came, and how many it has.
    part: Option<(u64, u64)>,
    /// Whether large rows come in parts.
    parts: bool,
    transaction: Transaction,
    /// Whether something was asked for, and not all that the server says of it came.
    busy: bool,
    parameters: BTreeMap<String, String>,
    pub(super) notices: Vec<ServerMessage>,
    process: i32,
    secret: i32,
    /// The last thing that the server said before it closed the connection.
    fatal: Option<ServerMessage>,
    /// Between two transactions the connection to the server is somebody else's.
    pub(super) pooled: bool,
    /// The process on the server that is the session's own until it ends, where it was asked for.
    pub(super) own_process: Option<Process>,
    /// The process as the server itself names it, where it was asked.
    pub(super) backend: Option<i32>,
}

impl Connection {
    /// Connects, and sets what holds in the session.
    ///
    /// # Errors
    /// Why not, with what to do.
    pub async fn open(settings: &Settings) -> Result<Self, Failure> {
        let begun = startup::start_session(settings).await?;
        let mut connection = Self::from_startup(settings, begun);
        connection.set_up().await?;
        Ok(connection)
    }

    /// A session that has begun, in which nothing was set.
    pub(super) fn from_startup(settings: &Settings, begun: StartedSession) -> Self {
        Self {
            settings: settings.clone(),
            stream: begun.stream,
            tls: begun.tls,
            buffer: BytesMut::new(),
            taken: 0,
            part: None,
            parts: false,
            transaction: Transaction::Idle,
            busy: false,
            parameters: begun.parameters,
            notices: begun.notices,
            process: begun.process,
            secret: begun.secret,
            fatal: None,
            pooled: false,
            own_process: None,
            backend: None,
        }
    }

    /// The settings that it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether a pooler gives each transaction another connection, so that nothing was set; known where something was to be.
    pub fn pooled(&self) -> bool {
        self.pooled
    }

    /// Its process on the server, or what a pooler says that it is.
    pub fn process(&self) -> i32 {
        self.process
    }

    /// The state of the transaction, as of the last `ReadyForQuery`.
    pub fn transaction(&self) -> Transaction {
        self.transaction
    }

    /// A setting that the server tells of by itself, as `server_version`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Whether `\` in a text is an escape, also without an `E` before it.
    pub fn escapes(&self) -> bool {
        self.parameter("standard_conforming_strings") == Some("off")
    }

    /// Whether the database knows no encoding: its texts may be no UTF-8.
    pub fn has_no_encoding(&self) -> bool {
        self.parameter("server_encoding") == Some("SQL_ASCII")
    }

    /// Takes the notices that came while it was made.
    pub fn take_notices(&mut self) -> Vec<ServerMessage> {
        std::mem::take(&mut self.notices)
    }

    /// A handle that cancels its statements.
    pub fn canceller(&self) -> Canceller {
        Canceller::new(self.settings.clone(), self.tls.clone(), (self.process, self.secret), self.own_process.clone())
    }

    /// Large rows come in parts from here on.
    pub fn split_large_rows(&mut self) {
        self.parts = true;
    }

    /// Sends a statement, or several; [`Self::next`] then tells of them up to [`Event::Ready`].
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn send(&mut self, statement: &str) -> Result<(), Lost> {
        self.busy = true;
        let message = wire::query(statement);
        self.write(&message).await
    }

    /// Asks which columns a statement would have, without running it; [`Self::next`] then tells of it up to [`Event::Ready`].
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn describe(&mut self, statement: &str) -> Result<(), Lost> {
        self.busy = true;
        self.write(&wire::describe(statement)).await
    }

    /// Sends messages as they are: data of a COPY, and its end.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn write(&mut self, messages: &[u8]) -> Result<(), Lost> {
        match self.put(messages).await {
            Ok(()) => Ok(()),
            // The reason may have come before.
            Err(error) => {
                while let Ok(event) = self.next().await {
                    if matches!(event, Event::Ready(_)) {
                        break;
                    }
                }
                Err(self.lost(&error))
            }
        }
    }

    async fn put(&mut self, messages: &[u8]) -> io::Result<()> {
        let mut sent = 0;
        while sent < messages.len() {
            let count = poll_fn(|cx| self.poll_put(cx, &messages[sent..])).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            sent += count;
        }
        poll_fn(|cx| self.poll_put(cx, &[])).await.map(drop)
    }

    /// Writes some of it, or what is held where nothing is left. What comes meanwhile is taken in: a server that cannot get rid of
    /// the notices of a COPY reads no more of its data, and each would wait for the other.
    fn poll_put(&mut self, cx: &mut Context<'_>, left: &[u8]) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        let put = if left.is_empty() { stream.poll_flush(cx).map_ok(|()| 0) } else { stream.poll_write(cx, left) };
        if put.is_ready() {
            return put;
        }
        let mut block = [0; HELD];
        loop {
            let mut came = ReadBuf::new(&mut block);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut came))?;
            if came.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            self.buffer.extend_from_slice(came.filled());
        }
    }

    fn lost(&self, error: &io::Error) -> Lost {
        match &self.fatal {
            Some(said) => Lost(said.message.clone()),
            None if is_closed(error) => Lost("the server closed the connection".to_owned()),
            None => Lost(error.to_string()),
        }
    }

    /// The next thing that the server says. It can be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn next(&mut self) -> Result<Event<'_>, Lost> {
        let taken = std::mem::take(&mut self.taken);
        self.buffer.advance(taken);
        loop {
            match self.found() {
                Ok(Some(found)) => return Ok(self.event(&found)),
                Ok(None) => {}
                Err(malformed) => return Err(Lost(malformed.to_string())),
            }
            if self.buffer.capacity() > 4 * LARGE && self.buffer.len() < BLOCK {
                // What a large row took is given back.
                self.buffer = BytesMut::from(&self.buffer[..]);
            }
            self.buffer.reserve(self.room());
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) => return Err(self.lost(&io::ErrorKind::UnexpectedEof.into())),
                Ok(_) => {}
                Err(error) => return Err(self.lost(&error)),
            }
        }
    }

    /// How much is asked for: the rest of a message that is known to be larger.
    fn room(&self) -> usize {
        let wanted = match (self.part, wire::header(&self.buffer)) {
            (None, Ok(Some((_, length)))) if !self.parts => length.saturating_sub(self.buffer.len()),
            _ => 0,
        };
        wanted.max(BLOCK)
    }

    /// The first message in the buffer: its kind, how many bytes it has, how many messages they are.
    fn found(&mut self) -> Result<Option<Found>, wire::Malformed> {
        if let Some((before, whole)) = self.part {
            let count = usize::try_from(whole - before).unwrap_or(usize::MAX).min(self.buffer.len());
            if count == 0 {
                return Ok(None);
            }
            let after = before + count as u64;
            self.part = (after < whole).then_some((after, whole));
            return Ok(Some(Found { kind: PART, length: count, count: 1, part: (before, whole) }));
        }
        let Some((kind, length)) = wire::header(&self.buffer)? else { return Ok(None) };
        if length > self.buffer.len() {
            if self.parts && kind == b'D' && length > LARGE {
                self.part = Some((0, length as u64));
                return self.found();
            }
            return Ok(None);
        }
        let (mut all, mut count) = (length, 1);
        if matches!(kind, b'D' | b'd') {
            while let Ok(Some((next, length))) = wire::header(&self.buffer[all..])
                && next == kind
                && all + length <= self.buffer.len()
            {
                all += length;
                count += 1;
            }
        }
        Ok(Some(Found { kind, length: all, count, part: (0, 0) }))
    }

    fn event(&mut self, found: &Found) -> Event<'_> {
        self.taken = found.length;
        let bytes = &self.buffer[..found.length];
        let body = bytes.get(HEADER_LEN..).unwrap_or_default();
        match found.kind {
            PART => Event::Part { before: found.part.0, bytes, whole: found.part.1 },
            b'D' => Event::Rows(bytes, found.count),
            b'd' => Event::Copied(bytes),
            b'T' => Event::Columns(wire::columns(body).unwrap_or_default()),
            b'C' => Event::Complete(Body(body).text().unwrap_or_default()),
            // Also part of the description of a statement: that it was parsed, its parameters, that it has no rows.
            b'I' | b'1' | b't' | b'n' => Event::Empty,
            b'E' => {
                let said = wire::server_message(body);
                if said.severity == "FATAL" || said.severity == "PANIC" {
                    self.fatal = Some(said.clone());
                }
                Event::Failed(said)
            }
            b'N' => Event::Notice(wire::server_message(body)),
            b'S' => {
                let mut body = Body(body);
                let (name, value) = (body.text().unwrap_or_default(), body.text().unwrap_or_default());
                self.parameters.insert(name.clone(), value.clone());
                Event::Parameter(name, value)
            }
            b'A' => {
                let mut body = Body(body);
                let process = body.i32().unwrap_or_default();
                Event::Notification {
                    process,
                    channel: body.text().unwrap_or_default(),
                    text: body.text().unwrap_or_default(),
                }
            }
            b'G' | b'W' => Event::CopyIn,
            b'H' => Event::CopyOut,
            b'c' => Event::CopyDone,
            b'Z' => {
                self.transaction = wire::transaction(body);
                self.busy = false;
                Event::Ready(self.transaction)
            }
            // What a newer server says beside, or what only the extended protocol has.
            _ => Event::Notice(ServerMessage::default()),
        }
    }

    /// Reads all that the server says of what was asked for, and forgets it.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn drain(&mut self) -> Result<(), Lost> {
        while self.busy {
            if let Event::CopyIn = self.next().await? {
                let message = wire::copy_fail("it was given up");
                self.write(&message).await?;
            }
        }
        Ok(())
    }

    /// Whether nothing could be sent to it as a statement.
    pub fn unsendable_reason(statement: &str) -> Option<&'static str> {
        statement.contains('\0').then_some("a statement cannot have a NUL (U+0000) in it")
    }

    /// Ends the session and closes the connection.
    pub async fn close(mut self) {
        let _ = self.write(&wire::TERMINATE).await;
        let _ = self.stream.shutdown().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // As far as it goes without waiting: a server that is not told would write that the client has vanished.
        let _ = self.stream.write_all(&wire::TERMINATE).now_or_never();
        let _ = self.stream.flush().now_or_never();
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("process", &self.process)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

/// A part of a row, which is no message of the protocol.
const PART: u8 = 0;

struct Found {
    kind: u8,
    length: usize,
    count: u64,
    part: (u64, u64),
}
