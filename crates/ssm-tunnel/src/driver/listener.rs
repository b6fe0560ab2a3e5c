//! The local listener for programs: a port of this machine, or a Unix socket that only its owner may use.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::time::timeout;

/// The connection timeout within this machine, where connecting takes no time.
const CONNECTS: Duration = Duration::from_secs(1);

/// The local address of a tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local {
    /// An IP address and port; port 0 picks a free one.
    Address(SocketAddr),
    /// The path of a Unix socket.
    Socket(PathBuf),
}

impl Local {
    /// The IP address, unless it is a Unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Socket(_) => None,
        }
    }

    /// The port; 0 for a Unix socket.
    pub fn port(&self) -> u16 {
        self.address().map_or(0, |address| address.port())
    }

    /// The path of the Unix socket, if it is one.
    pub fn socket(&self) -> Option<&Path> {
        match self {
            Self::Address(_) => None,
            Self::Socket(path) => Some(path),
        }
    }
}

impl From<SocketAddr> for Local {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

impl From<PathBuf> for Local {
    fn from(path: PathBuf) -> Self {
        Self::Socket(path)
    }
}

impl fmt::Display for Local {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(out),
            Self::Socket(path) => path.display().fmt(out),
        }
    }
}

/// The listening sockets: one for the local address, and optionally an additional Unix socket.
pub(super) struct Listener {
    at: Place,
    beside: Option<Place>,
}

/// A listening socket. Dropping it removes the file of a Unix socket.
enum Place {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    pub(super) async fn bind(local: &Local) -> io::Result<Self> {
        Ok(Self { at: Place::bind(local).await?, beside: None })
    }

    /// Also listens at a Unix socket, if it can be created.
    pub(super) async fn with_additional_socket(mut self, path: &Path) -> Self {
        self.beside = Place::bind(&Local::Socket(path.to_owned())).await.ok();
        self
    }

    pub(super) fn local(&self) -> io::Result<Local> {
        self.at.local()
    }

    /// The path of the additional Unix socket.
    pub(super) fn additional_socket(&self) -> Option<&Path> {
        match &self.beside {
            Some(Place::Unix(_, path)) => Some(path),
            Some(Place::Tcp(_)) | None => None,
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        let Some(beside) = &self.beside else { return self.at.accept().await };
        tokio::select! {
            accepted = self.at.accept() => accepted,
            accepted = beside.accept() => accepted,
        }
    }
}

impl Place {
    async fn bind(local: &Local) -> io::Result<Self> {
        match local {
            Local::Address(address) => {
                // Linux reports a conflict itself. Other systems allow listening at one address although another
                // program listens at all of them; programs that meant that one would then connect here.
                if cfg!(not(target_os = "linux")) && is_taken(*address).await {
                    return Err(io::ErrorKind::AddrInUse.into());
                }
                Ok(Self::Tcp(TcpListener::bind(address).await?))
            }
            Local::Socket(path) => {
                let listener = match UnixListener::bind(path) {
                    Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_left_behind(path).await => {
                        std::fs::remove_file(path)?;
                        UnixListener::bind(path)?
                    }
                    bound => bound?,
                };
                let listener = Self::Unix(listener, path.clone());
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
                Ok(listener)
            }
        }
    }

    fn local(&self) -> io::Result<Local> {
        match self {
            Self::Tcp(listener) => Ok(Local::Address(listener.local_addr()?)),
            Self::Unix(_, path) => Ok(Local::Socket(path.clone())),
        }
    }

    async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => listener.accept().await.map(|(socket, _)| Accepted::Tcp(socket)),
            Self::Unix(listener, _) => listener.accept().await.map(|(socket, _)| Accepted::Unix(socket)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A connection from a local program.
pub(super) enum Accepted {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Accepted {
    /// Resets the connection, so that the program does not take it for an empty answer. A Unix socket has no reset.
    pub(super) fn reset(self) {
        if let Self::Tcp(socket) = self {
            let _ = socket.set_zero_linger();
        }
    }
}

/// Whether a program accepts connections at an address of this machine.
async fn is_taken(address: SocketAddr) -> bool {
    let own = address.ip().is_loopback() && address.port() != 0;
    own && matches!(timeout(CONNECTS, TcpStream::connect(address)).await, Ok(Ok(_)))
}

/// Whether a socket file exists but nothing listens at it, because its creator ended without removing it. Other files
/// are never removed.
async fn is_left_behind(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    is_socket && UnixStream::connect(path).await.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("ssm-tunnel-{}-{name}", std::process::id()))
    }

    #[tokio::test]
    async fn socket_is_private_to_its_owner_and_removed_with_its_listener() {
        let path = place("own");
        let listener = Listener::bind(&path.clone().into()).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let taken = Listener::bind(&path.clone().into()).await.err().unwrap();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse, "somebody listens there");
        assert!(path.exists());
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn port_taken_on_all_addresses_is_taken_on_each() {
        let all = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let here = SocketAddr::from(([127, 0, 0, 1], all.local_addr().unwrap().port()));
        assert!(is_taken(here).await);
        let taken = Listener::bind(&here.into()).await.err().unwrap();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        // Bound but not listening: no other program gets this port.
        let silent = tokio::net::TcpSocket::new_v4().unwrap();
        silent.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        assert!(!is_taken(silent.local_addr().unwrap()).await);
    }

    #[tokio::test]
    async fn stale_socket_is_replaced_but_a_regular_file_is_not() {
        let path = place("left");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(Listener::bind(&path.clone().into()).await.unwrap());
        std::fs::write(&path, "mine").unwrap();
        assert!(Listener::bind(&path.clone().into()).await.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        std::fs::remove_file(&path).unwrap();
    }

    #[tokio::test]
    async fn additional_socket_shares_the_listener_and_is_optional() {
        let path = place("beside");
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(&here.into()).await.unwrap().with_additional_socket(&path).await;
        assert_eq!(listener.additional_socket(), Some(&*path));
        let port = listener.local().unwrap().address().unwrap();
        for _ in 0..2 {
            let (_program, accepted) = tokio::join!(TcpStream::connect(port), listener.accept());
            assert!(matches!(accepted.unwrap(), Accepted::Tcp(_)));
            let (_program, accepted) = tokio::join!(UnixStream::connect(&path), listener.accept());
            assert!(matches!(accepted.unwrap(), Accepted::Unix(_)));
        }
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(listener);
        assert!(!path.exists());
        let nowhere = path.join("in no folder");
        let listener = Listener::bind(&here.into()).await.unwrap().with_additional_socket(&nowhere).await;
        assert_eq!(listener.additional_socket(), None);
        let port = listener.local().unwrap().address().unwrap();
        let (_program, accepted) = tokio::join!(TcpStream::connect(port), listener.accept());
        assert!(accepted.is_ok());
    }
}
