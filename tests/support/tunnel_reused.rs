//! `cockpit with-db` beside a tunnel that is open: that is used where it leads to the same place, and nothing else is.

use super::*;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Answers any number of connections at a time as PostgreSQL without TLS does before anybody has said who they are.
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

/// A world with a database, and a home whose state has a short path: the address of a socket has no room for each.
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

    /// Whether it used the tunnel of this process.
    fn uses(&self, typed: &str, tunnel: &Running) -> bool {
        let said = run(&mut self.with_db(typed, "true"), [""; 0]).coded(0);
        let uses = format!("uses the tunnel of process {} to {REMOTE}, through ", tunnel.child.id());
        assert_eq!(said.err.contains(&uses), said.err.contains("uses the tunnel"), "{said:#?}");
        said.err.contains(&uses)
    }

    fn sessions(&self) -> u64 {
        self.world.asked("ssm:StartSession")
    }

    /// What stands in the folder of tunnels.
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

/// Whether what answers at a port is the database.
fn answers(port: u16) -> bool {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = [0];
    socket.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).unwrap();
    socket.read_exact(&mut answer).is_ok_and(|()| answer == *b"N")
}

#[test]
fn a_tunnel_that_is_open_is_used_by_each_command_and_only_its_user_can_reach_it() {
    let desk = Desk::new();
    let mut tunnel = desk.tunnel("staging", "");
    let files = desk.files();
    let modes: Vec<u32> = files.iter().map(|file| mode(file)).collect();
    assert_eq!((mode(files[0].parent().unwrap()), &modes[..]), (0o700, &[0o600, 0o600][..]), "{files:?}");
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let offer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((offer["to"].as_str(), offer["environment"].as_str()), (Some(REMOTE), Some("staging")), "{text}");
    for secret in [support::SECRET, support::TOKEN, PASSWORD, "AAEAA"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(desk.uses("staging", &tunnel) && desk.uses("staging", &tunnel));
    assert_eq!(desk.sessions(), 1);
    let of = format!("of process {}", tunnel.child.id());
    let ours: Vec<_> = audit(&desk.home).into_iter().filter(|line| line["after"]["tunnel"] == *of).collect();
    assert_eq!(ours.len(), 4, "each of the two, at its beginning and its end");
    assert!(ours[0]["command"].as_str().unwrap().contains("--through bookmark-manager-staging-web -- sh"), "{ours:?}");
    assert!(!desk.uses("staging --new-tunnel", &tunnel), "one of its own is asked for");
    assert_eq!(desk.sessions(), 2);
    signal(tunnel.child.id(), Signal::INT);
    tunnel.until("closed");
    ended(&mut tunnel.child);
    assert!(desk.files().is_empty(), "they go with it");
}

#[test]
fn a_tunnel_of_another_environment_or_through_something_else_is_not_used() {
    let desk = Desk::new();
    let instance = "--through i-0123456789abcdef0";
    let tunnel = desk.tunnel("minimal", instance);
    assert!(!desk.uses("staging", &tunnel), "the same place as another environment calls it");
    assert!(!desk.uses("minimal --through instance:bastion", &tunnel));
    assert_eq!(desk.sessions(), 3);
    assert!(desk.uses(&format!("minimal {instance}"), &tunnel));
    assert!(desk.uses("minimal", &tunnel), "nothing says through what");
    assert_eq!(desk.sessions(), 3);
}

#[test]
fn a_tunnel_that_ended_without_a_word_is_taken_away_and_another_one_is_opened() {
    let desk = Desk::new();
    let mut tunnel = desk.tunnel("staging", "");
    tunnel.child.kill().unwrap();
    tunnel.child.wait().unwrap();
    assert_eq!(desk.files().len(), 2);
    assert!(!desk.uses("staging", &tunnel));
    assert_eq!((desk.sessions(), desk.files().len()), (2, 0));
}

#[test]
fn a_tunnel_that_does_not_answer_is_not_used() {
    let desk = Desk::new();
    let tunnel = desk.tunnel("staging", "");
    signal(tunnel.child.id(), Signal::STOP);
    assert!(!desk.uses("staging", &tunnel));
    assert_eq!(desk.sessions(), 2);
}

#[test]
fn a_tunnel_whose_socket_would_have_too_long_a_name_is_opened_all_the_same() {
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
fn a_tunnel_of_its_own_is_opened_also_where_the_command_was_interrupted_before() {
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
    // As Ctrl-C in psql, which cancels a statement and no more.
    signal(child.id(), Signal::INT);
    assert_eq!(out.next().unwrap().unwrap(), "caught");
    signal(tunnel.child.id(), Signal::INT);
    ended(&mut tunnel.child);
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("new connections") {
        assert!(err.read_line(&mut said).unwrap() > 0, "{said}");
    }
    assert!(said.contains("new connections go through a tunnel of this command's own"), "{said}");
    assert!(answers(port));
    assert_eq!(desk.sessions(), 2);
    std::fs::write(&over, "").unwrap();
    assert_eq!(ended(&mut child).code(), Some(0));
}

#[test]
fn a_command_goes_on_through_a_tunnel_of_its_own_where_the_other_one_ends() {
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
    let mut said = String::new();
    while !said.contains("new connections go through a tunnel of this command's own") {
        assert!(err.read_line(&mut said).unwrap() > 0, "{said}");
    }
    assert!(said.contains(&format!("of process {} to {REMOTE} has ended", tunnel.child.id())), "{said}");
    assert!(answers(port), "at the same port");
    assert_eq!(desk.sessions(), 2);
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(ended(&mut child).code(), Some(0));
    let written = audit(&desk.home);
    let words: Vec<&str> = written.iter().filter_map(|line| line["after"]["tunnel"].as_str()).collect();
    let of = format!("of process {}", tunnel.child.id());
    let end = format!("{of}, then its own");
    assert_eq!(words, [of.as_str(), "its own, through bookmark-manager-staging-web", end.as_str()]);
}
