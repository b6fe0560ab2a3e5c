//! A PostgreSQL server from this machine's own binaries, for the demo and for tests. It lives as long as its value, keeps its
//! data in a temporary folder, and listens only on 127.0.0.1, at a free port.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Options of a local server.
#[derive(Debug, Clone, Default)]
pub struct LocalOptions {
    /// A certificate and its key as PEM; with them the server offers TLS.
    pub tls: Option<(String, String)>,
    /// The content of `pg_hba.conf`; without it everybody on this machine may connect as any user.
    pub hba: Option<String>,
    /// Settings for `postgresql.conf`, after those that make the server small and fast.
    pub settings: Vec<(String, String)>,
    /// The port on 127.0.0.1 of a primary that this server follows as a standby, until it is promoted.
    pub standby_of: Option<u16>,
}

/// Why no local PostgreSQL server can be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPostgres {
    /// Its programs are not on this machine.
    #[error("this machine has no PostgreSQL server")]
    Missing,
    /// It did not start, with the output.
    #[error("PostgreSQL did not start: {0}")]
    Failed(String),
}

impl NoPostgres {
    /// Returns a hint for a person, as a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing => {
                "install one (Debian: apt install postgresql; macOS: brew install postgresql), or name the folder of \
                 `postgres` and `initdb` in PGBIN"
            }
            Self::Failed(_) => "see that the temporary folder has room, and that its programs can be run",
        }
    }
}

/// The time limit for the start. It takes about a second, and longer on a busy machine.
const START_LIMIT: Duration = Duration::from_mins(1);
/// The time between SIGQUIT, which stops the server at once, and SIGKILL.
const STOP_LIMIT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Starts the server, and stops it and removes its folder when standard input ends, even if this program is killed. `$1` is the
/// folder of the programs, `$2` the server's own folder, which is the working directory.
const KEEPER: &str = r#"
exec 3<&0 </dev/null
serve() {
  if [ -e standby ]; then
    "$1/pg_basebackup" -D data -h 127.0.0.1 -p "$(cat standby)" -U postgres -X stream -c fast --no-sync || return
    : >data/standby.signal
  else
    "$1/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync || return
  fi
  cat settings >>data/postgresql.conf
  [ ! -e hba ] || cat hba >data/pg_hba.conf
  exec "$1/postgres" -D data
}
serve "$1" >log 2>&1 3<&- &
server=$!
{ read -r _ <&3; kill -QUIT "$server"; kill -TERM "$server"; } 2>/dev/null &
wait "$server"
: >ended
wait
cd / && rm -rf "$2"
"#;

/// A running server. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct LocalPostgres {
    keeper: Child,
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
}

impl LocalPostgres {
    /// Starts a server and waits until it accepts connections, which blocks this thread for about a second.
    ///
    /// # Errors
    /// If the programs are missing, or the server does not start.
    pub fn start(options: &LocalOptions) -> Result<Self, NoPostgres> {
        let programs = programs().ok_or(NoPostgres::Missing)?;
        let mut failed = NoPostgres::Missing;
        // Another process may take the port between the check and the start.
        for _ in 0..3 {
            match Self::start_once(&programs, options) {
                Ok(Ok(server)) => return Ok(server),
                Ok(Err(log)) => {
                    let taken = log.contains("Address already in use") || log.contains("could not bind");
                    failed = NoPostgres::Failed(last_lines(&log));
                    if !taken {
                        break;
                    }
                }
                Err(error) => return Err(NoPostgres::Failed(error.to_string())),
            }
        }
        Err(failed)
    }

    /// Returns the port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the folder of its programs, including `psql`.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Returns the server's URL for a user: `postgres://USER@127.0.0.1:PORT/DATABASE`.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes one attempt; returns the server, or its log if it ended.
    fn start_once(programs: &Path, options: &LocalOptions) -> io::Result<Result<Self, String>> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let folder = tempfile::Builder::new().prefix("cockpit-postgres-").tempdir()?.keep();
        let user = unprivileged();
        let written = lay_out(&folder, port, options, user);
        if let Err(error) = written {
            let _ = fs::remove_dir_all(&folder);
            return Err(error);
        }
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(KEEPER).arg("keeper").arg(programs).arg(&folder).current_dir(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Signals of the terminal to this program are not meant for the server.
        command.process_group(0);
        for name in ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGOPTIONS"] {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C");
        if let Some((user, group)) = user {
            command.uid(user).gid(group);
        }
        let mut server = Self { keeper: command.spawn()?, folder, programs: programs.to_owned(), port };
        let end = Instant::now() + START_LIMIT;
        loop {
            let pid = fs::read_to_string(server.folder.join("data/postmaster.pid")).unwrap_or_default();
            // Source: PostgreSQL's `miscadmin.h`, LOCK_FILE_LINE_PM_STATUS: the 8th line.
            if pid.lines().nth(7).is_some_and(|state| state.starts_with("ready")) {
                return Ok(Ok(server));
            }
            let ended = server.folder.join("ended").exists() || server.keeper.try_wait()?.is_some();
            if ended || Instant::now() > end {
                let log = fs::read_to_string(server.folder.join("log")).unwrap_or_default();
                return Ok(Err(if log.is_empty() { "it printed nothing".to_owned() } else { log }));
            }
            sleep(POLL_INTERVAL);
        }
    }
}

impl Drop for LocalPostgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let end = Instant::now() + STOP_LIMIT;
        while !matches!(self.keeper.try_wait(), Ok(Some(_)) | Err(_)) {
            if Instant::now() > end {
                let _ = self.keeper.kill();
                let _ = self.keeper.wait();
                break;
            }
            sleep(POLL_INTERVAL);
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Writes the settings of the server into its folder.
fn lay_out(folder: &Path, port: u16, options: &LocalOptions, user: Option<(u32, u32)>) -> io::Result<()> {
    let mut settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n\
         synchronous_commit = off\nfull_page_writes = off\nshared_buffers = 32MB\nmax_connections = 40\n\
         log_checkpoints = off\n"
    );
    if let Some((certificate, key)) = &options.tls {
        fs::write(folder.join("server.crt"), certificate)?;
        fs::write(folder.join("server.key"), key)?;
        fs::set_permissions(folder.join("server.key"), fs::Permissions::from_mode(0o600))?;
        settings.push_str("ssl = on\nssl_cert_file = '../server.crt'\nssl_key_file = '../server.key'\n");
    }
    for (name, value) in &options.settings {
        let _ = writeln!(settings, "{name} = '{}'", value.replace('\'', "''"));
    }
    if let Some(port) = options.standby_of {
        // Not with `pg_basebackup -R`: a newer version writes settings that an older server does not know.
        let _ = writeln!(settings, "primary_conninfo = 'host=127.0.0.1 port={port} user=postgres'");
        fs::write(folder.join("standby"), port.to_string())?;
    }
    fs::write(folder.join("settings"), settings)?;
    if let Some(hba) = &options.hba {
        fs::write(folder.join("hba"), hba)?;
    }
    if let Some((user, group)) = user {
        for entry in fs::read_dir(folder)? {
            chown(entry?.path(), Some(user), Some(group))?;
        }
        chown(folder, Some(user), Some(group))?;
    }
    Ok(())
}

/// Returns the user and group for the server if this process is root, which PostgreSQL refuses: `postgres`, else `nobody`.
fn unprivileged() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(|field| field.parse::<u32>().ok());
        Some((fields.next()??, fields.next()??))
    };
    of("postgres").or_else(|| of("nobody")).or(Some((65534, 65534)))
}

/// Returns the folder of `postgres` and `initdb`.
fn programs() -> Option<PathBuf> {
    let has = |folder: &PathBuf| folder.join("postgres").is_file() && folder.join("initdb").is_file();
    if let Some(folder) = std::env::var_os("PGBIN") {
        return Some(PathBuf::from(folder)).filter(has);
    }
    let bindir = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).stderr(Stdio::null()).output().ok();
    let bindir =
        bindir.and_then(|bindir| String::from_utf8(bindir.stdout).ok()).map(|bindir| PathBuf::from(bindir.trim()));
    let usual = [
        ("/usr/lib/postgresql", "bin"),
        ("/usr/pgsql-", "bin"),
        ("/opt/homebrew/opt/postgresql", "bin"),
        ("/usr/local/opt/postgresql", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = usual.into_iter().flat_map(|(place, below)| newest(place, below));
    bindir.into_iter().chain(usual).chain(std::env::split_paths(&path)).find(has)
}

/// Returns versioned folders, the newest first: those inside `place`, or those whose names begin with it.
fn newest(place: &str, below: &str) -> Vec<PathBuf> {
    let place = Path::new(place);
    let entries_of = |folder: &Path, beginning: &str| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(beginning));
        named.map(|entry| entry.path()).collect()
    };
    let beginning = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut found = if place.is_dir() && !place.join(below).is_dir() {
        entries_of(place, "")
    } else {
        place.parent().map(|parent| entries_of(parent, &beginning)).unwrap_or_default()
    };
    let version = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        std::cmp::Reverse(digits.parse::<u32>().unwrap_or_default())
    };
    found.sort_by_key(version);
    found.into_iter().map(|path| path.join(below)).collect()
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_version_in_a_folder_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["9", "15", "17", "13"] {
            fs::create_dir_all(folder.path().join(version).join("bin")).unwrap();
        }
        let found = newest(folder.path().to_str().unwrap(), "bin");
        let versions: Vec<_> = found.iter().map(|path| path.parent().unwrap().file_name().unwrap()).collect();
        assert_eq!(versions, ["17", "15", "13", "9"]);
    }

    #[test]
    fn missing_server_has_an_installation_hint() {
        assert!(NoPostgres::Missing.hint().contains("apt install postgresql"));
    }
}
