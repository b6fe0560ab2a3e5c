//! The servers of the measurements, the simulator and moto, each in a separate process, and starting the product.

use crate::Result;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The measured binary.
pub(crate) const COCKPIT: &str = env!("CARGO_BIN_EXE_cockpit");

/// A folder with the configuration, which is also the home of all started processes.
pub(crate) struct World {
    pub(crate) folder: PathBuf,
}

impl World {
    pub(crate) fn new() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("cockpit-figures-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let example = fs::read_to_string(root().join("config.toml"))?;
        let big = "\n[environments.big]\nproject = \"big\"\naccount = \"123456789012\"\nregion = \"ap-northeast-1\"\n\
                   cluster = \"big-cluster\"\n";
        fs::write(folder.join("config.toml"), example + big)?;
        Ok(Self { folder })
    }

    /// The environment of all processes: the AWS endpoint, and nothing of this machine.
    pub(crate) fn environment(&self, endpoint: &str) -> Vec<(String, String)> {
        let home = self.folder.display().to_string();
        let pairs = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "example"),
            ("AWS_REGION", "ap-northeast-1"),
            ("AWS_DEFAULT_REGION", "ap-northeast-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("HOME", &home),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("TZ", "Asia/Tokyo"),
        ];
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// Runs `work` while the configuration contains the login for the database of staging.
    pub(crate) fn logging_in<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let config = self.folder.join("config.toml");
        let before = fs::read_to_string(&config)?;
        let login = "[environments.staging.database]\nuser = \"postgres\"\ndatabase = \"postgres\"\n";
        fs::write(&config, format!("{before}\n{login}"))?;
        let done = work();
        fs::write(&config, before)?;
        done
    }

    /// A command with that environment, in the folder of the configuration.
    pub(crate) fn command(&self, program: &str, endpoint: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment(endpoint)).current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The resident memory of a process in MB (millions of bytes).
pub(crate) fn resident(process: impl std::fmt::Display) -> Result<f64> {
    memory(process, "VmRSS:")
}

/// The anonymous memory of a process in MB: without pages of the program file, which are shared and can be reclaimed.
pub(crate) fn own(process: impl std::fmt::Display) -> Result<f64> {
    memory(process, "RssAnon:")
}

fn memory(process: impl std::fmt::Display, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or_else(|| format!("no {name}"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024.0 / 1e6)
}

/// The source folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A server that ends when this value is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) endpoint: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts the simulator with low priority: on AWS its work would run elsewhere.
    pub(crate) fn simulator(scenario: &str) -> Result<Self> {
        Self::at_speed(scenario, "1")
    }

    /// Starts the simulator with a stopped clock.
    pub(crate) fn with_stopped_clock(scenario: &str) -> Result<Self> {
        Self::at_speed(scenario, "0")
    }

    /// Starts the simulator with a clock that runs faster by a factor.
    pub(crate) fn at_speed(scenario: &str, speed: &str) -> Result<Self> {
        Self::with(&["--scenario", scenario, "--speed", speed])
    }

    /// Starts staging with all tunnels leading to this address.
    pub(crate) fn with_tunnels_to(to: std::net::SocketAddr, speed: &str) -> Result<Self> {
        Self::with(&["--speed", speed, "--unlimited", "--map", &format!("*:5432={to}")])
    }

    fn with(arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new("nice")
            .args(["-n", "5", COCKPIT, "sim"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut hello = String::new();
        let out = child.stdout.take().ok_or("the simulator has no output")?;
        BufReader::new(out).read_line(&mut hello)?;
        let hello: Value = serde_json::from_str(&hello)?;
        let endpoint = hello["endpoint"].as_str().ok_or("the simulator names no endpoint")?.to_owned();
        Ok(Self { child, endpoint })
    }

    /// Starts moto, filled with staging.
    pub(crate) fn moto(python: &str) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { child, endpoint: format!("http://127.0.0.1:{port}") };
        let limit = Instant::now() + Duration::from_mins(1);
        while server.request("GET", "/moto-api/data.json", "").is_err() {
            if Instant::now() > limit {
                return Err("moto does not start".into());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(server)
    }

    /// Sends a request and returns its answer.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let host = self.endpoint.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("an answer without a body")?;
        if !head.contains(" 200 ") {
            return Err(format!("{path}: {head}").into());
        }
        Ok(serde_json::from_str(body).unwrap_or_default())
    }

    /// Delays every answer.
    pub(crate) fn delay(&self, ms: u64) -> Result<()> {
        self.request("POST", "/_sim/fault", r#"{"clear":true}"#)?;
        if ms > 0 {
            let fault = json!({"operation": "*", "kind": "delay", "delay_ms": ms});
            self.request("POST", "/_sim/fault", &fault.to_string())?;
        }
        Ok(())
    }

    /// The requests counted since the last reset.
    pub(crate) fn requests(&self) -> Result<Value> {
        self.request("GET", "/_sim/requests", "")
    }

    pub(crate) fn reset(&self) -> Result<()> {
        self.request("POST", "/_sim/requests/reset", "").map(drop)
    }
}
