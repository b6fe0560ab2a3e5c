//! A running tunnel and its audit entries.

use super::{Home, Lines, SECRET, TOKEN, World};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

pub const REMOTE: &str = "db.internal:5432";
pub const PASSWORD: &str = "simulated-";

/// The entries of the audit file.
pub fn audit(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.path().join("audit.jsonl")).unwrap_or_default();
    for secret in [SECRET, TOKEN, PASSWORD, "AAEAA"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The example configuration with an audit file inside the home folder and the keys of a tunnel.
pub fn home() -> Home {
    let home = Home::new();
    let audit = home.path().join("audit.jsonl");
    let config = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let top = format!("audit_file = {:?}\n", audit.to_str().unwrap());
    let shipped = "service = \"bookmark-manager-staging-api\"\n";
    assert!(config.contains(shipped), "{config}");
    let service = "service = \"bookmark-manager-staging-web\"\nsecret = \"bookmark-manager-staging-db/app\"\n";
    // Both environments share one bastion, which the simulator tags accordingly: an environment that names it owns it.
    let minimal = "[environments.minimal]\n";
    assert!(config.contains(minimal), "{config}");
    let shared = format!("{minimal}instances = [\"bastion*\"]\n");
    home.write("config.toml", top + &config.replace(shipped, service).replace(minimal, &shared));
    home
}

/// A running tunnel, and the lines it has printed.
pub struct Running {
    pub child: Child,
    lines: Lines,
    pub printed: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

impl Running {
    pub fn start(home: &Home, world: &World, arguments: &str) -> Self {
        let mut command = home.on(world);
        command.args(arguments.split_whitespace());
        Self::of(command)
    }

    pub fn of(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        Self { child, lines, printed: String::new() }
    }

    /// Waits for the next line that reports this state.
    pub fn until(&mut self, state: &str) -> Value {
        loop {
            let Some(line) = self.lines.next() else {
                let mut err = String::new();
                self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
                panic!("it ended before {state}: {}{err}", self.printed);
            };
            self.printed.push_str(&line);
            self.printed.push('\n');
            let value: Value = serde_json::from_str(&line).unwrap();
            if value["state"] == state {
                return value;
            }
        }
    }
}

pub fn echoes(socket: &mut TcpStream, bytes: &[u8]) {
    let mut writer = socket.try_clone().unwrap();
    let sent = bytes.to_vec();
    let sending = std::thread::spawn(move || writer.write_all(&sent));
    let mut got = vec![0; bytes.len()];
    socket.read_exact(&mut got).unwrap();
    sending.join().unwrap().unwrap();
    assert!(got == bytes);
}
