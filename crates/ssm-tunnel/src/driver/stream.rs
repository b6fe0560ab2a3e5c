//! A stream of bytes, whatever carries it, and TLS over one.

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

/// Any stream.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// TLS with the host of this name.
pub(super) async fn secured(
    stream: Box<dyn Stream>,
    name: ServerName<'static>,
    trusted: Arc<ClientConfig>,
) -> io::Result<Box<dyn Stream>> {
    Ok(Box::new(TlsConnector::from(trusted).connect(name, stream).await?))
}
