//! `cockpit with-db` beside an open tunnel: the tunnel is reused only if it leads to the same place.

use super::*;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Answers any number of concurrent connections as PostgreSQL without TLS does before the login.
fn answering() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            std::thread::spawn(move || {
                let mut request = [0; 8];
                if socket.read_exact(&mut request).is_ok() {
                    let _ = socket.write_all(b"N");
                    let _ = socket.read(&mut request);
                }
            });
        }
    });
    address
}

/// A world with a database, and a home whose state folder has a short path: a socket address has a length limit.
struct Desk {
    home: Home,
    state: tempfile::TempDir,
    world: World,
}

impl Desk {
    fn new() -> Self {
        Self { home: home(), state: tempfile::tempdir().unwrap(), world: World::mapped(REMOTE, answering()) }
    }

    fn command(&self) -> Command {
        let mut command = self.home.on(&self.world);
        command.env("XDG_STATE_HOME", self.state.path());
        command
    }

    fn tunnel(&self, environment: &str, more: &str) -> Running {
        let mut command = self.command();
        command.args(format!("tunnel {environment} --to {REMOTE} --port 0 --json {more}").split_whitespace());
        let mut tunnel = Running::of(command);
        tunnel.until("ready");
        tunnel
    }

    fn with_db(&self, typed: &str, shell: &str) -> Command {
        let mut command = self.command();
        command.args(["with-db", "--to", REMOTE]).args(typed.split_whitespace()).args(["--", "sh", "-c", shell]);
        command
    }

    /// Whether the command used the tunnel of this process.
    fn uses(&self, typed: &str, tunnel: &Running) -> bool {
        let output = run(&mut self.with_db(typed, "true"), [""; 0]).exits(0);
        let uses = format!("uses the tunnel of process {} to {REMOTE}, through ", tunnel.child.id());
        assert_eq!(output.err.contains(&uses), output.err.contains("uses the tunnel"), "{output:#?}");
        output.err.contains(&uses)
    }

    fn sessions(&self) -> u64 {
        self.world.requests("ssm:StartSession")
    }

    /// The files in the folder of tunnels.
    fn files(&self) -> Vec<PathBuf> {
        let found = std::fs::read_dir(self.state.path().join("cockpit/tunnels"));
        let mut files: Vec<PathBuf> = found.into_iter().flatten().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Whether the server at a port is the database.
fn answers(port: u16) -> bool {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = [0];
    socket.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).unwrap();
    socket.read_exact(&mut answer).is_ok_and(|()| answer == *b"N")
}

#[test]
fn open_tunnel_is_reused_by_commands_of_the_same_user_only() {
    let desk = Desk::new();
    let mut tunnel = desk.tunnel("staging", "");
    let files = desk.files();
    let modes: Vec<u32> = files.iter().map(|file| mode(file)).collect();
    assert_eq!((mode(files[0].parent().unwrap()), &modes[..]), (0o700, &[0o600, 0o600][..]), "{files:?}");
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let offer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((offer["to"].as_str(), offer["environment"].as_str()), (Some(REMOTE), Some("staging")), "{text}");
    for secret in [crate::support::SECRET, crate::support::TOKEN, PASSWORD, "AAEAA"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(desk.uses("staging", &tunnel) && desk.uses("staging", &tunnel));
    assert_eq!(desk.sessions(), 1);
    let of = format!("of process {}", tunnel.child.id());
    let entries: Vec<_> = audit(&desk.home).into_iter().filter(|line| line["after"]["tunnel"] == *of).collect();
    assert_eq!(entries.len(), 4, "two entries for each: start and end");
    assert!(
        entries[0]["command"].as_str().unwrap().contains("--through bookmark-manager-staging-web -- sh"),
        "{entries:?}"
    );
    assert!(!desk.uses("staging --new-tunnel", &tunnel), "a new tunnel is requested");
    assert_eq!(desk.sessions(), 2);
    signal(tunnel.child.id(), Signal::INT);
    tunnel.until("closed");
    ended(&mut tunnel.child);
    assert!(desk.files().is_empty(), "they are removed with it");
}

#[test]
fn tunnel_of_another_environment_or_route_is_not_reused() {
    let desk = Desk::new();
    let instance = "--through i-0123456789abcdef0";
    let tunnel = desk.tunnel("minimal", instance);
    assert!(!desk.uses("staging", &tunnel), "the same place under the other environment's name");
    assert!(!desk.uses("minimal --through instance:bastion", &tunnel));
    assert_eq!(desk.sessions(), 3);
    assert!(desk.uses(&format!("minimal {instance}"), &tunnel));
    assert!(desk.uses("minimal", &tunnel), "the route is not configured");
    assert_eq!(desk.sessions(), 3);
}

#[test]
fn silently_dead_tunnel_is_removed_and_replaced() {
    let desk = Desk::new();
    let mut tunnel = desk.tunnel("staging", "");
    tunnel.child.kill().unwrap();
    tunnel.child.wait().unwrap();
    assert_eq!(desk.files().len(), 2);
    assert!(!desk.uses("staging", &tunnel));
    assert_eq!((desk.sessions(), desk.files().len()), (2, 0));
}

#[test]
fn unresponsive_tunnel_is_not_reused() {
    let desk = Desk::new();
    let tunnel = desk.tunnel("staging", "");
    signal(tunnel.child.id(), Signal::STOP);
    assert!(!desk.uses("staging", &tunnel));
    assert_eq!(desk.sessions(), 2);
}

#[test]
fn tunnel_with_too_long_a_socket_path_still_opens() {
    let desk = Desk::new();
    let long = desk.state.path().join("x".repeat(90));
    let mut command = desk.command();
    command.env("XDG_STATE_HOME", &long);
    command.args(format!("tunnel staging --to {REMOTE} --port 0 --json").split_whitespace());
    let mut tunnel = Running::of(command);
    let ready = tunnel.until("ready");
    let port = ready["local"].as_str().unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
    assert!(answers(port));
    assert!(std::fs::read_dir(long.join("cockpit/tunnels")).unwrap().next().is_none());
}

#[test]
fn replacement_tunnel_opens_even_after_an_earlier_interrupt() {
    let desk = Desk::new();
    let mut tunnel = desk.tunnel("staging", "");
    let over = desk.state.path().join("over");
    let script = "trap 'echo caught' INT; echo $PGPORT; while [ ! -e \"$OVER\" ]; do sleep 0.05; done";
    let mut command = desk.with_db("staging", script);
    command.env("OVER", &over).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = out.next().unwrap().unwrap().parse().unwrap();
    // Like Ctrl-C in psql, which cancels a statement and no more.
    signal(child.id(), Signal::INT);
    assert_eq!(out.next().unwrap().unwrap(), "caught");
    signal(tunnel.child.id(), Signal::INT);
    ended(&mut tunnel.child);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut output = String::new();
    while !output.contains("new connections") {
        assert!(err.read_line(&mut output).unwrap() > 0, "{output}");
    }
    assert!(output.contains("new connections go through a tunnel of this command's own"), "{output}");
    assert!(answers(port));
    assert_eq!(desk.sessions(), 2);
    std::fs::write(&over, "").unwrap();
    assert_eq!(ended(&mut child).code(), Some(0));
}

#[test]
fn command_continues_through_its_own_tunnel_when_the_shared_one_ends() {
    let desk = Desk::new();
    let mut tunnel = desk.tunnel("staging", "");
    let mut command = desk.with_db("staging", "echo $PGPORT; read _");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut port = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut port).unwrap();
    let port: u16 = port.trim().parse().unwrap();
    assert!(answers(port));
    assert_eq!(desk.sessions(), 1);
    signal(tunnel.child.id(), Signal::INT);
    ended(&mut tunnel.child);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut output = String::new();
    while !output.contains("new connections go through a tunnel of this command's own") {
        assert!(err.read_line(&mut output).unwrap() > 0, "{output}");
    }
    assert!(output.contains(&format!("of process {} to {REMOTE} has ended", tunnel.child.id())), "{output}");
    assert!(answers(port), "on the same port");
    assert_eq!(desk.sessions(), 2);
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(ended(&mut child).code(), Some(0));
    let written = audit(&desk.home);
    let words: Vec<&str> = written.iter().filter_map(|line| line["after"]["tunnel"].as_str()).collect();
    let of = format!("of process {}", tunnel.child.id());
    let end = format!("{of}, then its own");
    assert_eq!(words, [of.as_str(), "its own, through bookmark-manager-staging-web", end.as_str()]);
}
