//! The shared parts of the end-to-end tests: a simulated AWS with its controls, a temporary home folder, and the program run
//! as a person runs it. Nothing here can leave this machine: the environment is cleared, the credentials are dummies
//! and the endpoint is on loopback.
#![allow(dead_code)] // each test binary uses its part

pub mod state_server;
pub mod tunnels;

use aws_sim::{Scenario, Sim, SimOptions};
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The secret access key, which must never be printed.
pub const SECRET: &str = "hush/SecretAccessKey/hush";
/// The session token, which must never be printed.
pub const TOKEN: &str = "hush-session-token-hush";
/// Longer than any step takes on a busy machine; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until the closure returns a value.
///
/// # Panics
/// If it does not within `limit`.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {limit:?} for: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A simulated AWS in this process, with a clock that only [`World::advance`] moves.
pub struct World {
    sim: Sim,
    _runtime: tokio::runtime::Runtime,
}

impl World {
    pub fn start(scenario: Scenario) -> Self {
        Self::run_at(scenario, 0.0)
    }

    /// Starts a world whose clock runs `speed` times faster than this machine's.
    pub fn run_at(scenario: Scenario, speed: f64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = SimOptions { scenario, speed, ..SimOptions::default() };
        let sim = runtime.block_on(Sim::start(options)).unwrap();
        Self { sim, _runtime: runtime }
    }

    /// Starts a world whose clock is ahead of this machine's (behind: negative) and runs.
    pub fn off_by(scenario: Scenario, ahead: jiff::SignedDuration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let start = Some(jiff::Timestamp::now() + ahead);
        let sim = runtime.block_on(Sim::start(SimOptions { scenario, start, ..SimOptions::default() })).unwrap();
        Self { sim, _runtime: runtime }
    }

    /// Starts a world whose clock runs.
    pub fn running(scenario: Scenario) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sim = runtime.block_on(Sim::start(SimOptions { scenario, ..SimOptions::default() })).unwrap();
        Self { sim, _runtime: runtime }
    }

    /// Starts staging, with tunnels to `HOST:PORT` mapped to an address of this machine.
    pub fn mapped(from: &str, to: std::net::SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = SimOptions { speed: 0.0, map: vec![(from.to_owned(), to)], ..SimOptions::default() };
        let sim = runtime.block_on(Sim::start(options)).unwrap();
        Self { sim, _runtime: runtime }
    }

    /// Starts staging, with container commands run as programs of this machine, with a terminal of their own.
    pub fn with_programs() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = SimOptions { speed: 0.0, commands: true, ..SimOptions::default() };
        let sim = runtime.block_on(Sim::start(options)).unwrap();
        Self { sim, _runtime: runtime }
    }

    /// Starts a world whose clock runs, with hosts and ports mapped to addresses of this machine.
    pub fn with_map(scenario: Scenario, speed: f64, map: Vec<(String, std::net::SocketAddr)>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = SimOptions { scenario, speed, map, limited: false, ..SimOptions::default() };
        let sim = runtime.block_on(Sim::start(options)).unwrap();
        Self { sim, _runtime: runtime }
    }

    pub fn staging() -> Self {
        Self::start(Scenario::Staging)
    }

    pub fn endpoint(&self) -> String {
        self.sim.endpoint()
    }

    /// The endpoint over TLS.
    pub fn tls_endpoint(&self) -> String {
        self.sim.tls_endpoint()
    }

    /// The certificate of the authority that signed its TLS certificate.
    pub fn authority(&self) -> String {
        self.sim.authority()
    }

    /// Sends a control request.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        http(&self.endpoint(), "POST", path, &body.to_string())
    }

    pub fn get(&self, path: &str) -> Value {
        http(&self.endpoint(), "GET", path, "")
    }

    pub fn fault(&self, operation: &str, kind: &str) {
        self.post("/_sim/fault", &serde_json::json!({"operation": operation, "kind": kind}));
    }

    pub fn clear_faults(&self) {
        self.post("/_sim/fault", &serde_json::json!({"clear": true}));
    }

    pub fn advance(&self, seconds: u64) {
        self.post("/_sim/advance", &serde_json::json!({"seconds": seconds}));
    }

    /// Changes the world.
    pub fn poke(&self, change: &Value) {
        self.post("/_sim/world", change);
    }

    /// Number of requests received for an operation.
    pub fn requests(&self, operation: &str) -> u64 {
        let requests = self.get("/_sim/requests");
        let counts = requests["operations"].as_object().expect("operations");
        counts.get(operation).map_or(0, |count| count.as_u64().or_else(|| count["count"].as_u64()).unwrap_or(0))
    }
}

/// Sends one HTTP/1.1 request; panics on any status but 200.
pub fn http(endpoint: &str, method: &str, path: &str, body: &str) -> Value {
    let address = endpoint.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: ");
    write!(stream, "{head}{}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{method} {path} {body}: {answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// A folder used as home, working directory and place of the configuration; removed when dropped.
pub struct Home(PathBuf);

impl Home {
    /// A home with the example configuration, which works unchanged.
    pub fn new() -> Self {
        Self::with(include_str!("../../config.toml"))
    }

    /// A home with another configuration.
    pub fn with(config: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("home-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("config.toml"), config).unwrap();
        Self(path)
    }

    /// Adds the folders of code that the example configuration names.
    pub fn with_code(self) -> Self {
        for folder in ["envs/staging", "envs/prod", "envs/minimal", "pantri"] {
            std::fs::create_dir_all(self.0.join("infra/terraform").join(folder)).unwrap();
        }
        for file in ["prod.tfvars", "dev.tfvars"] {
            self.write(&format!("infra/terraform/pantri/{file}"), "");
        }
        self
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The variables of a session: all others are cleared.
    pub fn variables(&self, endpoint: Option<&str>) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let home = self.0.to_str().unwrap().to_owned();
        let mut variables = vec![
            ("PATH", path),
            ("HOME", home),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
            ("TZ", "Asia/Tokyo".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            // Nothing may leave the machine even if an endpoint is forgotten: the proxy is a closed port.
            ("HTTPS_PROXY", "http://127.0.0.1:9".to_owned()),
        ];
        if let Some(endpoint) = endpoint {
            variables.extend([
                ("AWS_ENDPOINT_URL", endpoint.to_owned()),
                ("AWS_ACCESS_KEY_ID", "AKIASIMULATED0000001".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
                ("AWS_SESSION_TOKEN", TOKEN.to_owned()),
            ]);
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The program, connected to a world.
    pub fn on(&self, world: &World) -> Command {
        self.at(Some(&world.endpoint()))
    }

    /// The program, connected to an endpoint, or with neither endpoint nor credentials.
    pub fn at(&self, endpoint: Option<&str>) -> Command {
        take_signals();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cockpit"));
        command.env_clear().envs(self.variables(endpoint)).current_dir(&self.0).stdin(Stdio::null());
        command
    }
}

/// Resets ignored signals. A program keeps ignoring the signals that were ignored when it was started, and tests that run in the
/// background of a script have SIGINT and SIGQUIT ignored. A signal handled here has its default action in started programs.
fn take_signals() {
    use tokio::signal::unix::{SignalKind, signal};
    static TAKEN: std::sync::Once = std::sync::Once::new();
    let take = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        for kind in [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit(), SignalKind::terminate()] {
            if cockpit::runtime::stop::is_ignored(kind) {
                drop(signal(kind).unwrap());
            }
        }
    };
    // Async tests already have a runtime, inside which another one must not be dropped.
    TAKEN.call_once(|| std::thread::spawn(take).join().unwrap());
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The outcome of a command: its output and its exit code.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Output {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The error that `-o json` prints on stderr.
    pub fn error(&self) -> Value {
        let value: Value = serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}: {self:#?}"));
        value["error"].clone()
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

/// Validates printed JSON against the schema that `cockpit schema` prints for it.
pub fn follows_schema(home: &Home, name: &str, instance: &Value) {
    let schema = line(&mut home.at(None), &format!("schema {name}")).exits(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(instance).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?} in {instance}");
}

/// Validates each line of a text against the schema.
pub fn lines_follow_schema(home: &Home, name: &str, text: &str) {
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty());
    let all = format!(
        "{{\"type\":\"array\",\"items\":{}}}",
        line(&mut home.at(None), &format!("schema {name}")).exits(0).out
    );
    let validator = jsonschema::validator_for(&serde_json::from_str(&all).unwrap()).unwrap();
    let lines = Value::from(lines);
    let wrong: Vec<String> = validator.iter_errors(&lines).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
}

/// Runs a command to its end, and checks that its output holds no secret and no terminal escapes.
pub fn run<A: AsRef<OsStr>>(command: &mut Command, arguments: impl IntoIterator<Item = A>) -> Output {
    let child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    finish(child)
}

/// Runs a command with arguments split at blanks.
pub fn line(command: &mut Command, arguments: &str) -> Output {
    run(command, arguments.split_whitespace())
}

/// Runs with an output that cannot be written to, like a full disk.
#[cfg(target_os = "linux")]
pub fn on_a_full_disk(command: &mut Command, arguments: &str) -> Output {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    finish(command.args(arguments.split_whitespace()).stdout(full).stderr(Stdio::piped()).spawn().unwrap())
}

/// Waits for a child and reads the rest of its output.
pub fn finish(mut child: Child) -> Output {
    fn read(stream: Option<impl std::io::Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                let _ = stream.read_to_end(&mut bytes);
            }
            bytes
        })
    }
    let (out, err) = (read(child.stdout.take()), read(child.stderr.take()));
    let status = ended(&mut child);
    let text = |bytes: std::thread::JoinHandle<Vec<u8>>| String::from_utf8(bytes.join().unwrap()).unwrap();
    let output = Output { code: status.code().unwrap_or(-1), out: text(out), err: text(err) };
    harmless(&output.out);
    harmless(&output.err);
    output
}

/// The lines that a child prints. Each is waited for up to [`PATIENCE`].
pub struct Lines(mpsc::Receiver<String>);

impl Lines {
    pub fn of(stream: impl std::io::Read + Send + 'static) -> Self {
        let (out, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in std::io::BufRead::lines(std::io::BufReader::new(stream)) {
                let Ok(line) = line else { return };
                if out.send(line).is_err() {
                    return;
                }
            }
        });
        Self(lines)
    }
}

impl Iterator for Lines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        match self.0.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("no line came within {PATIENCE:?}"),
        }
    }
}

/// Waits until a child has ended; kills it if it does not.
pub fn ended(child: &mut Child) -> std::process::ExitStatus {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("the program did not end within {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Checks that a text holds no secret and no terminal escapes.
#[track_caller]
pub fn harmless(text: &str) {
    assert!(!text.contains(SECRET) && !text.contains(TOKEN), "a secret: {text}");
    let acting = text.chars().find(|c| {
        (c.is_control() && *c != '\n' && *c != '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    assert_eq!(acting, None, "raw in: {text}");
}

/// A message of PostgreSQL's protocol.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend((body.len() as u32 + 4).to_be_bytes());
    bytes.extend(body);
    bytes
}

/// Sends a signal to a process.
pub fn signal(id: u32, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    rustix::process::kill_process(id, signal).unwrap();
}

/// The Python with boto3, moto and the AWS CLI: `$COCKPIT_PYTHON`, else that of `./dev test`.
pub fn python() -> PathBuf {
    if let Some(path) = std::env::var_os("COCKPIT_PYTHON") {
        return path.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap();
    let path = cache.join("cockpit/venv/bin/python");
    assert!(
        path.exists(),
        "{} is not there: `./dev test` makes the Python environment, or set COCKPIT_PYTHON to an interpreter with boto3, moto and awscli",
        path.display()
    );
    path
}
