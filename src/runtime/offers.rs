//! Tunnels that commands of the same user may use: each takes connections at a Unix socket in the user's state folder too, and a
//! file beside that says what it is. No token and no password stands there.

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

/// The address of a Unix socket has room for so many bytes, and a zero behind them, on every system: 104 on macOS, 108 on Linux.
const LONGEST: usize = 103;

/// The description of a tunnel, from which another command tells whether it can use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TunnelOffer {
    pub environment: String,
    pub account: String,
    pub region: String,
    /// The endpoint of AWS; empty for AWS itself.
    pub endpoint: String,
    /// The host and port that it leads to.
    pub to: String,
    /// The service, or the instance as it was named.
    pub through: String,
    pub pid: u32,
}

impl TunnelOffer {
    /// Whether both lead to the same place, from the same environment with the same account.
    fn leads_as(&self, other: &Self) -> bool {
        self.where_to() == other.where_to()
    }

    fn where_to(&self) -> [&str; 5] {
        [&self.environment, &self.account, &self.region, &self.endpoint, &self.to]
    }
}

/// The files of a tunnel that is offered, which go with this.
pub struct Offered {
    socket: PathBuf,
}

impl Offered {
    /// Says what the tunnel is, where it listens at a socket for others.
    pub fn new(tunnel: &Tunnel, offer: &TunnelOffer) -> Option<Self> {
        let socket = tunnel.beside()?.to_owned();
        replace_for_now(&description(&socket), &serde_json::to_vec(offer).ok()?).ok()?;
        Some(Self { socket })
    }
}

impl Drop for Offered {
    fn drop(&mut self) {
        remove(&self.socket);
    }
}

/// A tunnel that another process offers.
pub struct Found {
    pub offer: TunnelOffer,
    pub socket: PathBuf,
}

fn folder() -> Option<PathBuf> {
    audit::path(None).map(|audit| audit.with_file_name("tunnels"))
}

/// The file that says what the tunnel at a socket is.
fn description(socket: &Path) -> PathBuf {
    socket.with_extension("json")
}

fn remove(socket: &Path) {
    let _ = fs::remove_file(description(socket));
    let _ = fs::remove_file(socket);
}

/// Where one more tunnel of this process listens for others; none without a folder that is this user's alone, or where the path
/// is too long for a socket.
pub fn socket() -> Option<PathBuf> {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let folder = folder()?;
    make(&folder).ok()?;
    let numbers = std::iter::repeat_with(|| LAST.fetch_add(1, Ordering::Relaxed));
    is_private(&folder).then(|| unused(&folder, std::process::id(), numbers)).flatten()
}

/// One that nothing is left of. In a container the number of a process comes again soon: what an earlier one has left there says
/// where that one led.
fn unused(folder: &Path, pid: u32, numbers: impl Iterator<Item = u32>) -> Option<PathBuf> {
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let mut sockets = numbers.map_while(|number| named(folder, pid, number));
    sockets.find(|socket| !is_there(socket) && !is_there(&description(socket)))
}

fn named(folder: &Path, pid: u32, number: u32) -> Option<PathBuf> {
    let path = folder.join(format!("{pid}-{number}.sock"));
    (path.as_os_str().len() <= LONGEST).then_some(path)
}

/// Whether nobody else can have made what is in it.
fn is_private(folder: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let is_own = |found: fs::Metadata| {
        let others = found.mode() & 0o077;
        found.is_dir() && found.uid() == own && others == 0
    };
    fs::symlink_metadata(folder).is_ok_and(is_own)
}

/// Those that lead where this one would; whether they still do is not known.
pub fn like(wanted: &TunnelOffer) -> Vec<Found> {
    folder().map(|folder| inside(&folder, wanted)).unwrap_or_default()
}

fn inside(folder: &Path, wanted: &TunnelOffer) -> Vec<Found> {
    if !is_private(folder) {
        return Vec::new();
    }
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let sockets = files.filter(|path| path.extension().is_some_and(|ending| ending == "sock"));
    let offers = sockets.filter_map(|socket| {
        let offer: TunnelOffer = serde_json::from_slice(&fs::read(description(&socket)).ok()?).ok()?;
        offer.leads_as(wanted).then_some(Found { offer, socket })
    });
    let mut found: Vec<Found> = offers.collect();
    found.sort_by(|a, b| a.socket.cmp(&b.socket));
    found
}

/// Connects through a tunnel that is offered. The files of one whose process has ended without a word are taken away.
///
/// # Errors
/// Nobody listens there, or another user does.
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

    /// A folder with a socket that nobody listens at any more, and what its tunnel was.
    fn left_behind() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let socket = named(folder.path(), 1234, 0).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        replace_for_now(&description(&socket), &serde_json::to_vec(&offer()).unwrap()).unwrap();
        (folder, socket)
    }

    #[test]
    fn a_name_that_no_socket_of_macos_has_room_for_is_none() {
        let folder = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        let name = "/1234-0.sock".len();
        assert_eq!(named(&folder(103 - name), 1234, 0).unwrap().as_os_str().len(), 103);
        assert_eq!(named(&folder(104 - name), 1234, 0), None);
    }

    #[test]
    fn a_tunnel_takes_no_name_under_which_an_earlier_process_of_the_same_number_left_what_its_own_was() {
        let (folder, socket) = left_behind();
        let taken = || unused(folder.path(), 1234, 0..).unwrap();
        let next = named(folder.path(), 1234, 1).unwrap();
        assert_eq!(taken(), next);
        fs::remove_file(&socket).unwrap();
        assert_eq!(taken(), next, "the description alone would be that of another tunnel");
        remove(&socket);
        assert_eq!(taken(), socket);
    }

    #[test]
    fn one_that_differs_in_environment_account_region_endpoint_or_place_is_not_found() {
        let (folder, socket) = left_behind();
        let found = inside(folder.path(), &TunnelOffer { through: String::new(), pid: 0, ..offer() });
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
            assert!(inside(folder.path(), &wanted).is_empty(), "{wanted:?}");
        }
        fs::write(description(&socket), "half of {").unwrap();
        assert!(inside(folder.path(), &offer()).is_empty(), "what it is cannot be read");
    }

    #[test]
    fn nothing_is_taken_from_a_folder_that_others_may_write_to() {
        let (folder, _) = left_behind();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(inside(folder.path(), &offer()).is_empty());
    }

    #[tokio::test]
    async fn what_was_left_behind_is_taken_away_when_it_is_met() {
        let (_folder, socket) = left_behind();
        assert!(connect(&socket).await.is_err());
        assert!(!socket.exists() && !description(&socket).exists());
        let _listener = tokio::net::UnixListener::bind(&socket).unwrap();
        assert!(connect(&socket).await.is_ok());
    }
}
