//! Open tunnels that other commands of the same user may use. Each also listens on a Unix socket in the user's state folder, next
//! to a file that describes it. The file contains no token and no password.

use super::audit;
use crate::private_files::{make, replace_for_now};
use serde::{Deserialize, Serialize};
use ssm_tunnel::Tunnel;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::net::UnixStream;

/// The maximum length in bytes of the path of a Unix socket on every system. With a terminating zero there is room for 104 on
/// macOS and for 108 on Linux.
const MAX_PATH: usize = 103;

/// The description of a tunnel, by which another command decides whether it can use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TunnelOffer {
    pub environment: String,
    pub account: String,
    pub region: String,
    /// The endpoint of AWS; empty for the real one.
    pub endpoint: String,
    /// The host and port at its far end.
    pub to: String,
    /// The service, or the instance as it was named.
    pub through: String,
    pub pid: u32,
}

impl TunnelOffer {
    /// Whether both lead to the same place, from the same environment with the same account.
    fn has_same_target(&self, other: &Self) -> bool {
        self.target() == other.target()
    }

    fn target(&self) -> [&str; 5] {
        [&self.environment, &self.account, &self.region, &self.endpoint, &self.to]
    }
}

/// The files of an offered tunnel. Dropping it deletes them.
pub struct PublishedOffer {
    socket: PathBuf,
}

impl PublishedOffer {
    /// Describes the tunnel for other commands, if it listens on a socket for them.
    pub fn new(tunnel: &Tunnel, offer: &TunnelOffer) -> Option<Self> {
        let socket = tunnel.additional_socket()?.to_owned();
        replace_for_now(&description(&socket), &serde_json::to_vec(offer).ok()?).ok()?;
        Some(Self { socket })
    }
}

impl Drop for PublishedOffer {
    fn drop(&mut self) {
        remove(&self.socket);
    }
}

/// A tunnel that another process offers.
pub struct FoundTunnel {
    pub offer: TunnelOffer,
    pub socket: PathBuf,
}

fn folder() -> Option<PathBuf> {
    audit::path(None).map(|audit| audit.with_file_name("tunnels"))
}

/// Returns the path of the description of the tunnel at a socket.
fn description(socket: &Path) -> PathBuf {
    socket.with_extension("json")
}

fn remove(socket: &Path) {
    let _ = fs::remove_file(description(socket));
    let _ = fs::remove_file(socket);
}

/// Returns a socket path for one more tunnel of this process; `None` if the folder is not private to this user, or the path is
/// too long for a socket.
pub fn socket() -> Option<PathBuf> {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let folder = folder()?;
    make(&folder).ok()?;
    let numbers = std::iter::repeat_with(|| LAST.fetch_add(1, Ordering::Relaxed));
    is_private(&folder).then(|| unused(&folder, std::process::id(), numbers)).flatten()
}

/// Returns a path without leftover files. Process IDs repeat soon in a container, and a file left by an earlier process describes
/// that process's tunnel.
fn unused(folder: &Path, pid: u32, numbers: impl Iterator<Item = u32>) -> Option<PathBuf> {
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let mut sockets = numbers.map_while(|number| named(folder, pid, number));
    sockets.find(|socket| !is_there(socket) && !is_there(&description(socket)))
}

fn named(folder: &Path, pid: u32, number: u32) -> Option<PathBuf> {
    let path = folder.join(format!("{pid}-{number}.sock"));
    (path.as_os_str().len() <= MAX_PATH).then_some(path)
}

/// Whether only this user can have created the folder's content.
fn is_private(folder: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let is_own = |found: fs::Metadata| {
        let others = found.mode() & 0o077;
        found.is_dir() && found.uid() == own && others == 0
    };
    fs::symlink_metadata(folder).is_ok_and(is_own)
}

/// Returns the tunnels with the same target as `wanted`; they may have ended meanwhile.
pub fn find_matching(wanted: &TunnelOffer) -> Vec<FoundTunnel> {
    folder().map(|folder| found_in(&folder, wanted)).unwrap_or_default()
}

fn found_in(folder: &Path, wanted: &TunnelOffer) -> Vec<FoundTunnel> {
    if !is_private(folder) {
        return Vec::new();
    }
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let sockets = files.filter(|path| path.extension().is_some_and(|ending| ending == "sock"));
    let offers = sockets.filter_map(|socket| {
        let offer: TunnelOffer = serde_json::from_slice(&fs::read(description(&socket)).ok()?).ok()?;
        offer.has_same_target(wanted).then_some(FoundTunnel { offer, socket })
    });
    let mut found: Vec<FoundTunnel> = offers.collect();
    found.sort_by(|a, b| a.socket.cmp(&b.socket));
    found
}

/// Connects through an offered tunnel. Deletes its files if its process has ended without doing so.
///
/// # Errors
/// If nobody listens on the socket, or another user does.
pub async fn connect(socket: &Path) -> io::Result<UnixStream> {
    let connected = UnixStream::connect(socket).await;
    if connected.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
        remove(socket);
    }
    let stream = connected?;
    if stream.peer_cred()?.uid() == rustix::process::geteuid().as_raw() {
        return Ok(stream);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "another user listens there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn offer() -> TunnelOffer {
        let text = |text: &str| text.to_owned();
        TunnelOffer {
            environment: text("staging"),
            account: text("111111111111"),
            region: text("ap-northeast-1"),
            endpoint: String::new(),
            to: text("db.internal:5432"),
            through: text("web"),
            pid: 1234,
        }
    }

    /// Creates a folder with a socket that nobody listens on any more, and its description.
    fn left_behind() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let socket = named(folder.path(), 1234, 0).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        replace_for_now(&description(&socket), &serde_json::to_vec(&offer()).unwrap()).unwrap();
        (folder, socket)
    }

    #[test]
    fn path_too_long_for_a_socket_is_rejected() {
        let folder = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        let name = "/1234-0.sock".len();
        assert_eq!(named(&folder(103 - name), 1234, 0).unwrap().as_os_str().len(), 103);
        assert_eq!(named(&folder(104 - name), 1234, 0), None);
    }

    #[test]
    fn tunnel_skips_paths_with_leftover_files() {
        let (folder, socket) = left_behind();
        let taken = || unused(folder.path(), 1234, 0..).unwrap();
        let next = named(folder.path(), 1234, 1).unwrap();
        assert_eq!(taken(), next);
        fs::remove_file(&socket).unwrap();
        assert_eq!(taken(), next, "without its socket the description would be of another tunnel");
        remove(&socket);
        assert_eq!(taken(), socket);
    }

    #[test]
    fn tunnel_with_another_target_is_not_found() {
        let (folder, socket) = left_behind();
        let found = found_in(folder.path(), &TunnelOffer { through: String::new(), pid: 0, ..offer() });
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].socket, &found[0].offer), (&socket, &offer()));
        let other = || "other".to_owned();
        for wanted in [
            TunnelOffer { environment: other(), ..offer() },
            TunnelOffer { account: other(), ..offer() },
            TunnelOffer { region: other(), ..offer() },
            TunnelOffer { endpoint: other(), ..offer() },
            TunnelOffer { to: other(), ..offer() },
        ] {
            assert!(found_in(folder.path(), &wanted).is_empty(), "{wanted:?}");
        }
        fs::write(description(&socket), "half of {").unwrap();
        assert!(found_in(folder.path(), &offer()).is_empty(), "an unreadable description is skipped");
    }

    #[test]
    fn folder_writable_by_others_is_ignored() {
        let (folder, _) = left_behind();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(found_in(folder.path(), &offer()).is_empty());
    }

    #[tokio::test]
    async fn leftover_files_are_deleted_on_connect() {
        let (_folder, socket) = left_behind();
        assert!(connect(&socket).await.is_err());
        assert!(!socket.exists() && !description(&socket).exists());
        let _listener = tokio::net::UnixListener::bind(&socket).unwrap();
        assert!(connect(&socket).await.is_ok());
    }
}
