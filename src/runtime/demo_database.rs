//! The database of the demo, at the far end of the tunnel of the simulated environments. It is a PostgreSQL from this machine's
//! own installation, started and filled on the first connection, and a standby that follows it, started when a reader is first
//! needed. Without an installation, clients get a PostgreSQL error that says so.

use super::local_postgres::{LocalOptions, LocalPostgres, NoPostgres};
use crate::db::wire::{Body, SSL_REQUEST};
use crate::db::{Connection, Settings};
use crate::feeds::sql::Place;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OnceCell;
use tokio::task::{AbortHandle, JoinSet};

/// The user of the demo's database.
pub const USER: &str = "app";
/// The database that the demo connects to.
pub const DATABASE: &str = "app";

const SCHEMA: &str = include_str!("demo_database.sql");

/// The demo's database server. Dropping it stops the server.
#[derive(Debug)]
pub struct DemoDatabase {
    writer: SocketAddr,
    reader: SocketAddr,
    tasks: [AbortHandle; 2],
}

impl DemoDatabase {
    /// Listens on ports of this machine. The servers start only when a client connects.
    ///
    /// # Errors
    /// If no port can be listened on.
    pub async fn listen(bookmarks: u64) -> io::Result<Self> {
        let servers = Arc::new(Servers { bookmarks, writer: OnceCell::new(), reader: OnceCell::new() });
        let writer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let reader = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self {
            writer: writer.local_addr()?,
            reader: reader.local_addr()?,
            tasks: [
                tokio::spawn(serve(writer, Arc::clone(&servers), false)).abort_handle(),
                tokio::spawn(serve(reader, servers, true)).abort_handle(),
            ],
        })
    }

    /// Returns the address of the server that accepts writes.
    pub fn address(&self) -> SocketAddr {
        self.writer
    }

    /// Returns the address of the read-only standby, whose data lags by a moment.
    pub fn reader(&self) -> SocketAddr {
        self.reader
    }
}

impl Drop for DemoDatabase {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

type Started = Result<LocalPostgres, NoPostgres>;

/// The two servers, each started when it is first needed.
#[derive(Debug)]
struct Servers {
    bookmarks: u64,
    writer: OnceCell<Started>,
    reader: OnceCell<Started>,
}

impl Servers {
    async fn writer(&self) -> &Started {
        self.writer.get_or_init(|| start(self.bookmarks)).await
    }

    async fn reader(&self) -> &Started {
        let start_standby = async {
            let port = self.writer().await.as_ref().map_err(Clone::clone)?.port();
            launch(LocalOptions { standby_of: Some(port), ..LocalOptions::default() }).await
        };
        Box::pin(self.reader.get_or_init(|| start_standby)).await
    }
}

async fn serve(listener: TcpListener, servers: Arc<Servers>, read_only: bool) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        let servers = Arc::clone(&servers);
        connections.spawn(async move {
            match if read_only { Box::pin(servers.reader()).await } else { servers.writer().await } {
                Ok(server) => forward(stream, server.port()).await,
                Err(why) => refuse(stream, why).await,
            }
        });
    }
}

async fn launch(options: LocalOptions) -> Started {
    let server = tokio::task::spawn_blocking(move || LocalPostgres::start(&options)).await;
    server.unwrap_or_else(|_| Err(NoPostgres::Failed("an internal fault".to_owned())))
}

async fn start(bookmarks: u64) -> Started {
    let server = launch(LocalOptions::default()).await?;
    fill(server.port(), bookmarks).await.map_err(NoPostgres::Failed)?;
    Ok(server)
}

/// Creates the database and its content.
async fn fill(port: u16, bookmarks: u64) -> Result<(), String> {
    let place = || Place { host: "127.0.0.1".to_owned(), port, through: None };
    let connect = async |user: &str, database: &str| {
        let settings = Settings::of(place(), user, database);
        Connection::open(&settings).await.map_err(|failure| failure.message)
    };
    let mut first = connect("postgres", "postgres").await?;
    for statement in [format!("CREATE ROLE {USER} LOGIN SUPERUSER"), format!("CREATE DATABASE {DATABASE} OWNER {USER}")]
    {
        first.rows(&statement, 0).await.map_err(|lost| lost.0)?.map_err(|error| error.message)?;
    }
    first.close().await;
    let mut app = connect(USER, DATABASE).await?;
    let statements = SCHEMA.replace(":bookmarks", &bookmarks.to_string());
    app.rows(&statements, 0).await.map_err(|lost| lost.0)?.map_err(|error| error.message)?;
    app.close().await;
    Ok(())
}

async fn forward(mut stream: TcpStream, port: u16) {
    if let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        let _ = (stream.set_nodelay(true), server.set_nodelay(true));
        let _ = copy_bidirectional(&mut stream, &mut server).await;
    }
}

/// Answers a client with the reason why there is no server, as a PostgreSQL error.
async fn refuse(mut stream: TcpStream, why: &NoPostgres) {
    let mut header = [0; 8];
    while stream.read_exact(&mut header).await.is_ok() {
        if header == SSL_REQUEST {
            if stream.write_all(b"N").await.is_err() {
                return;
            }
            continue;
        }
        // Read the rest of the startup message first: an answer must not arrive before it was sent.
        let length = Body(&header).i32().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let mut rest = vec![0; length.saturating_sub(header.len()).min(10_000)];
        let _ = stream.read_exact(&mut rest).await;
        let _ = stream.write_all(&fatal(&why.to_string(), why.hint())).await;
        let _ = stream.shutdown().await;
        return;
    }
}

fn fatal(message: &str, hint: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, text) in [(b'S', "FATAL"), (b'V', "FATAL"), (b'C', "58000"), (b'M', message), (b'H', hint)] {
        body.push(kind);
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.push(0);
    let mut bytes = vec![b'E'];
    bytes.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn client_without_postgresql_gets_an_installation_hint() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            refuse(stream, &NoPostgres::Missing).await;
        });
        let place = Place { host: "127.0.0.1".into(), port, through: None };
        let failure = Connection::open(&Settings::of(place, USER, DATABASE)).await.unwrap_err();
        server.await.unwrap();
        assert!(failure.message.contains("this machine has no PostgreSQL server"), "{failure:?}");
        assert!(failure.hint().contains("apt install postgresql"), "{failure:?}");
    }
}
