//! The stream to a server: TCP, a socket of this machine or the end of a tunnel, with TLS where it is wanted.

use super::settings::{Settings, SslMode};
use super::wire::SSL_REQUEST;
use super::{connection_errors, tls};
use crate::model::Failure;
use rustls::ClientConfig;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect as _, TlsStream as _};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A stream of bytes both ways.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A stream on which no messages yet.
pub(super) struct Dialed {
    pub(super) stream: Box<dyn Stream>,
    /// How TLS is spoken on it, if it is.
    pub(super) tls: Option<ClientConfig>,
    /// The data that binds a password's exchange to this TLS connection.
    pub(super) binding: ChannelBinding,
}

impl Dialed {
    fn open(stream: Box<dyn Stream>) -> Self {
        Self { stream, tls: None, binding: ChannelBinding::none() }
    }
}

/// Makes the stream; `open`: without TLS, whatever the mode says; `known`: TLS is spoken as it was before, so that no file of
/// authorities is read again.
pub(super) async fn dial(settings: &Settings, open: bool, known: Option<&ClientConfig>) -> Result<Dialed, Failure> {
    let place = &settings.place;
    if place.host.starts_with('/') {
        let path = format!("{}/.s.PGSQL.{}", place.host, place.port);
        let stream =
            UnixStream::connect(path).await.map_err(|error| connection_errors::unreachable(settings, &error))?;
        return Ok(Dialed::open(Box::new(stream)));
    }
    let connected = match &place.through {
        Some(through) => TcpStream::connect(through.as_str()).await,
        None => TcpStream::connect((place.host.as_str(), place.port)).await,
    };
    let mut stream = connected.map_err(|error| connection_errors::unreachable(settings, &error))?;
    let _ = stream.set_nodelay(true);
    let mode = settings.sslmode;
    if open || mode == SslMode::Disable {
        return Ok(Dialed::open(Box::new(stream)));
    }
    let asked = async {
        stream.write_all(&SSL_REQUEST).await?;
        stream.read_u8().await
    };
    match asked.await {
        Ok(b'S') => {}
        Ok(b'N') if mode.needs_tls() => return Err(connection_errors::tls_unsupported(settings)),
        Ok(b'N') => return Ok(Dialed::open(Box::new(stream))),
        Ok(_) => return Err(connection_errors::not_postgres(settings)),
        Err(error) if is_closed(&error) => return Err(connection_errors::connection_closed(settings)),
        Err(error) => return Err(connection_errors::unreachable(settings, &error)),
    }
    let config = match known {
        Some(known) => known.clone(),
        None => tls::config(mode, &settings.roots)?,
    };
    let mut maker = MakeRustlsConnect::new(config.clone());
    let Ok(connector) = <MakeRustlsConnect as MakeTlsConnect<TcpStream>>::make_tls_connect(&mut maker, &place.host);
    let stream = connector.connect(stream).await.map_err(|error| connection_errors::tls_failed(settings, &error))?;
    let binding = stream.channel_binding();
    Ok(Dialed { stream: Box::new(stream), tls: Some(config), binding })
}

/// Whether the other side ended the connection.
pub(super) fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}
