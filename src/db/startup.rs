//! The start of a session. `tokio-postgres` authenticates (SCRAM with channel binding, MD5); then the stream is taken back,
//! exactly after the server's first `ReadyForQuery`. From there on `connection` implements the protocol: tokio-postgres reports
//! neither the transaction status nor the command tag, allocates for each row, and loses the connection at a `COPY FROM STDIN`
//! in a simple query.

use super::connection_errors;
use super::dial::{Dialed, Stream, dial, is_closed};
use super::settings::{Binding, Settings, SslMode};
use super::wire::{self, HEADER_LEN};
use crate::model::Failure;
use crate::model::sql::ServerMessage;
use rustls::ClientConfig;
use secrecy::ExposeSecret as _;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::{ChannelBinding as Bind, SslMode as Mode, SslNegotiation};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Maximum length of a message during startup. A longer one means that the server does not speak PostgreSQL.
const MAX_MESSAGE: usize = 1 << 20;

/// A session that is ready for queries.
pub(super) struct StartedSession {
    pub(super) stream: Box<dyn Stream>,
    /// The TLS configuration; `None` for plaintext.
    pub(super) tls: Option<ClientConfig>,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) notices: Vec<ServerMessage>,
    pub(super) process: i32,
    pub(super) secret: i32,
}

/// Starts a session, with or without TLS as `sslmode` requires.
pub(super) async fn start_session(settings: &Settings) -> Result<StartedSession, Failure> {
    let made = async {
        let plaintext_first = settings.sslmode == SslMode::Allow;
        match attempt(settings, plaintext_first).await {
            Ok(session) => Ok(session),
            // Like libpq: if the server refuses one of TLS and plaintext, the other is tried.
            Err((first, true)) if connection_errors::falls_back(settings.sslmode) && !is_local(settings) => {
                attempt(settings, !plaintext_first).await.map_err(|_| first)
            }
            Err((failure, _)) => Err(failure),
        }
    };
    tokio::time::timeout(settings.connect_timeout, made)
        .await
        .unwrap_or_else(|_| Err(connection_errors::timed_out(settings)))
}

fn is_local(settings: &Settings) -> bool {
    settings.place.host.starts_with('/')
}

/// One attempt. The error says whether the other of TLS and plaintext is worth trying.
async fn attempt(settings: &Settings, plaintext: bool) -> Result<StartedSession, (Failure, bool)> {
    let Dialed { stream, tls, binding } = dial(settings, plaintext, None).await.map_err(|failure| (failure, true))?;
    let shared = Arc::new(Mutex::new(Inner::new(stream)));
    let mut config = tokio_postgres::Config::new();
    config.user(&settings.user).dbname(&settings.database).application_name(&settings.application);
    // TLS, if any, is established already: tokio-postgres must not negotiate it again.
    config.ssl_mode(Mode::Require).ssl_negotiation(SslNegotiation::Direct);
    config.channel_binding(match settings.binding {
        Binding::Disable => Bind::Disable,
        Binding::Prefer => Bind::Prefer,
        Binding::Require => Bind::Require,
    });
    if let Some(password) = &settings.password {
        config.password(password.expose_secret());
    }
    let bound = Bound { inner: Arc::clone(&shared), binding: Arc::new(Mutex::new(Some(binding))) };
    let connected = config.connect_raw(bound.clone(), bound).await;
    if let Err(error) = connected {
        let inner = lock(&shared);
        return Err(match &inner.refused {
            Some(said) => (connection_errors::connection_refused(settings, said), said.code == "28000"),
            None if inner.malformed => (connection_errors::not_postgres(settings), false),
            None if inner.asked_for_password && settings.password.is_none() => {
                (connection_errors::password_missing(settings), false)
            }
            None => {
                let io = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
                match io {
                    Some(io) if is_closed(io) => (connection_errors::connection_closed(settings), false),
                    Some(io) => (connection_errors::unreachable(settings, io), false),
                    None if error.is_closed() => (connection_errors::connection_closed(settings), false),
                    None => (connection_errors::other_authentication(settings, &cause_of(&error)), false),
                }
            }
        });
    }
    drop(connected);
    let inner = Arc::into_inner(shared).map(|inner| inner.into_inner().unwrap_or_else(PoisonError::into_inner));
    let inner = inner.ok_or_else(|| (connection_errors::connection_closed(settings), false))?;
    let Inner { stream, parameters, notices, process, secret, .. } = inner;
    Ok(StartedSession { stream, tls, parameters, notices, process, secret })
}

/// The cause of an error, which its own text omits.
fn cause_of(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

fn lock(shared: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stream, and what was received over it.
struct Inner {
    stream: Box<dyn Stream>,
    /// The received part of the current message.
    message: Vec<u8>,
    /// The number of its bytes passed on; none before the message is complete.
    handed: usize,
    parameters: BTreeMap<String, String>,
    notices: Vec<ServerMessage>,
    process: i32,
    secret: i32,
    refused: Option<ServerMessage>,
    malformed: bool,
    asked_for_password: bool,
    begun: bool,
}

impl Inner {
    fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            message: Vec::new(),
            handed: 0,
            parameters: BTreeMap::new(),
            notices: Vec::new(),
            process: 0,
            secret: 0,
            refused: None,
            malformed: false,
            asked_for_password: false,
            begun: false,
        }
    }

    /// The length of the message, or of its header until that is received.
    fn wanted(&self) -> Result<usize, wire::Malformed> {
        match wire::header(&self.message)? {
            None => Ok(HEADER_LEN),
            Some((_, length)) if length > MAX_MESSAGE => Err(wire::Malformed),
            Some((_, length)) => Ok(length),
        }
    }

    /// Records what a complete message says.
    fn record_message(&mut self) {
        let body = &self.message[HEADER_LEN..];
        let mut reader = wire::Body(body);
        match self.message[0] {
            b'R' => {
                // Anything but AuthenticationOk (0) and AuthenticationSASLFinal (12) requests credentials.
                self.asked_for_password |= !matches!(reader.i32(), Some(0 | 12) | None);
            }
            b'S' => {
                if let (Some(name), Some(value)) = (reader.text(), reader.text()) {
                    self.parameters.insert(name, value);
                }
            }
            b'K' => {
                self.process = reader.i32().unwrap_or_default();
                self.secret = reader.i32().unwrap_or_default();
            }
            b'N' => self.notices.push(wire::server_message(body)),
            b'E' => self.refused = Some(wire::server_message(body)),
            b'Z' => self.begun = true,
            _ => {}
        }
    }

    /// Reads one message whole and hands it on: nothing after `ReadyForQuery` is taken from the stream.
    fn poll(&mut self, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.handed == 0 && !self.begun {
            loop {
                let wanted = self.wanted().map_err(|malformed| {
                    self.malformed = true;
                    io::Error::from(malformed)
                })?;
                let have = self.message.len();
                if have == wanted {
                    self.record_message();
                    break;
                }
                let mut bytes = [0; 4096];
                let most = (wanted - have).min(bytes.len());
                let mut some_bytes = ReadBuf::new(&mut bytes[..most]);
                std::task::ready!(Pin::new(&mut self.stream).poll_read(context, &mut some_bytes))?;
                if some_bytes.filled().is_empty() {
                    // The end, which is handed on as it is.
                    return Poll::Ready(Ok(()));
                }
                self.message.extend_from_slice(some_bytes.filled());
            }
        }
        if self.handed == self.message.len() {
            // Startup is complete: tokio-postgres reads nothing more.
            return Poll::Pending;
        }
        let rest = &self.message[self.handed..];
        let count = rest.len().min(out.remaining());
        out.put_slice(&rest[..count]);
        self.handed += count;
        if self.handed == self.message.len() && !self.begun {
            self.message.clear();
            self.handed = 0;
        }
        Poll::Ready(Ok(()))
    }
}

/// The stream as it is lent to tokio-postgres.
#[derive(Clone)]
struct Bound {
    inner: Arc<Mutex<Inner>>,
    binding: Arc<Mutex<Option<ChannelBinding>>>,
}

impl AsyncRead for Bound {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        lock(&self.inner).poll(context, out)
    }
}

impl AsyncWrite for Bound {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut lock(&self.inner).stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(&self.inner).stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // It is taken back, not closed.
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for Bound {
    fn channel_binding(&self) -> ChannelBinding {
        let mut binding = self.binding.lock().unwrap_or_else(PoisonError::into_inner);
        binding.take().unwrap_or_else(ChannelBinding::none)
    }
}

impl TlsConnect<Bound> for Bound {
    type Stream = Bound;
    type Error = Infallible;
    type Future = Ready<Result<Bound, Infallible>>;

    fn connect(self, _: Bound) -> Self::Future {
        ready(Ok(self))
    }
}
