//! The audit file: append-only JSON lines, readable by its owner alone.

use crate::feeds::runs::Place;
use crate::model::audit::Record;
use crate::model::infra::run_event::Actor;
use jiff::{SignedDuration, Timestamp};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

/// Returns the path of the audit file: the configured one, else one in the user's state folder.
pub fn path(configured: Option<&str>) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    if let Some(path) = configured {
        return Some(PathBuf::from(path));
    }
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(folder.join("cockpit").join("audit.jsonl"))
}

/// Returns the audit file for changes of a simulated environment, which must not mix with real ones.
pub fn simulated_path() -> Option<PathBuf> {
    path(None).map(|path| path.with_file_name("audit-simulated.jsonl"))
}

/// Returns the folder that holds the runs over an environment's units, next to the audit file.
pub fn runs_folder(place: &Place) -> Option<PathBuf> {
    let folder = if place.simulated { "runs-simulated" } else { "runs" };
    path(place.audit_file.as_deref()).map(|path| path.with_file_name(folder))
}

/// Returns the user, host and process ID of this process.
pub fn current_process() -> Actor {
    Actor { user: user(), host: host(), pid: std::process::id() }
}

/// Appends one record in a single write, so that lines of concurrent cockpits never interleave. The record is dated by the
/// clock of AWS if it has that clock's offset from `now`. A half-written last line, left by a crash or a full disk, is
/// terminated first; an incomplete write is undone.
///
/// # Errors
/// If the file cannot be opened or written, or is not a regular file.
pub fn append(path: Option<&Path>, mut record: Record, now: Timestamp) -> io::Result<()> {
    let path = path.ok_or_else(|| io::Error::other("there is no home folder to keep the audit file in"))?;
    record.time = now + SignedDuration::from_millis(record.ahead_ms.unwrap_or_default());
    record.user = user();
    record.host = host();
    let mut line = serde_json::to_string(&record).map_err(io::Error::other)?;
    line.push('\n');
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = open(path)?;
    let before = file.metadata()?.len();
    if before > 0 && !ends_with_newline(&file, before)? {
        line.insert(0, '\n');
    }
    let written = file.write(line.as_bytes())?;
    if written < line.len() {
        // Truncate only our own bytes, and only if nobody has appended anything after them.
        if file.metadata()?.len() == before + written as u64 {
            file.set_len(before)?;
        }
        return Err(io::Error::new(io::ErrorKind::StorageFull, "there is no room for a whole line"));
    }
    // The record of a change in AWS must survive a power cut.
    file.sync_data()
}

fn ends_with_newline(file: &File, length: u64) -> io::Result<bool> {
    use std::os::unix::fs::FileExt as _;
    let mut last = [0];
    file.read_exact_at(&mut last, length - 1)?;
    Ok(last == *b"\n")
}

/// Opens the file for appending. Rejects pipes and devices: a pipe would wait for a reader, a device would keep nothing.
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(io::Error::other("it is not a regular file")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)
}

/// Returns the user's name from the environment variables, else from the process's user ID.
fn user() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()));
    named.unwrap_or_else(|| {
        let number = rustix::process::getuid().as_raw();
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let known = accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
        });
        // On macOS people's accounts are not in that file; their home folders carry the name.
        let home = || std::env::home_dir().filter(|home| cfg!(target_os = "macos") && home.starts_with("/Users"));
        let known = known.or_else(|| Some(home()?.file_name()?.to_string_lossy().into_owned()));
        // In a container many user IDs have no name.
        known.unwrap_or_else(|| format!("uid {number}"))
    })
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Returns a warning if others can read the existing file: it tells who changed what.
pub fn exposure_warning(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let path = path.display();
        format!("the audit file {path} can be read by others (mode {mode:03o}): `chmod 600 {path}`")
    })
}

/// Closes, as `unknown`, operations of this machine whose process is gone, and returns them. The IDs of this process's
/// own operations begin with `ours`.
///
/// # Errors
/// If the file cannot be read or written.
pub fn close_abandoned(path: &Path, ours: &str, now: Timestamp) -> io::Result<Vec<Record>> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        _ => return Ok(Vec::new()),
    }
    let mut open: Vec<Record> = Vec::new();
    for record in read(path)?.0 {
        if record.outcome == "started" {
            open.push(record);
        } else {
            open.retain(|other| other.operation != record.operation);
        }
    }
    let here = host();
    open.retain(|record| (record.host.is_empty() || record.host == here) && !is_alive(&record.operation, ours));
    for record in &mut open {
        let started_at = record.time;
        // The offset of the AWS clock is not known now.
        record.ahead_ms = None;
        "unknown".clone_into(&mut record.outcome);
        record.reason =
            format!("left at {started_at:.0}: the cockpit ended before it knew the end; it may have gone on");
        append(Some(path), record.clone(), now)?;
    }
    Ok(open)
}

/// Returns notices about the audit file before the first append: operations that were left open and are now closed, and
/// whether others can read it. Write errors are reported when a write happens.
pub fn startup_notes(path: &Path, ours: &str, now: Timestamp) -> Vec<String> {
    let closed = close_abandoned(path, ours, now).unwrap_or_default().into_iter();
    let closed = closed.map(|record| {
        format!("`{}` of {:.0} was left before its end was known: it is closed as unknown", record.command, record.time)
    });
    closed.chain(exposure_warning(path)).collect()
}

/// Whether the process that began an operation is still alive. Its process ID is part of the operation's ID, after the
/// second in which it began. An ID without one counts as alive.
///
/// Processes of a container often get the same process ID. An operation with our process ID but without the prefix `ours`,
/// which this process gives to its own operations, was left behind by an earlier process.
fn is_alive(operation: &str, ours: &str) -> bool {
    let number = operation.split('-').nth(1).and_then(|number| number.parse().ok());
    let Some(process) = number.and_then(rustix::process::Pid::from_raw) else { return true };
    if process == rustix::process::getpid() {
        return operation.strip_prefix(ours).is_some_and(|rest| rest.starts_with('-'));
    }
    // A process of another user cannot be signalled, but it is alive.
    let is_alive = rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH);
    // Process IDs are reused: a process that started after the operation is a different one.
    let second: Option<i64> = operation.split('-').next().and_then(|second| second.parse().ok());
    let another = || started_at(process).zip(second).is_some_and(|(started_at, second)| started_at > second + SLACK);
    is_alive && !another()
}

/// Tolerance in seconds between the start time that a process recorded and the one that the system reports: the system
/// counts from boot, and rounds the time of the boot.
const SLACK: i64 = 10;

/// Returns when a process started, in seconds since the Unix epoch; `None` if unknown.
#[cfg(target_os = "linux")]
fn started_at(process: rustix::process::Pid) -> Option<i64> {
    /// Clock ticks of `/proc` per second, on every architecture (`USER_HZ`).
    const TICKS: i64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
    // The program's name, in brackets, may contain anything. The start time is field 22, the 20th after the name.
    let ticks: i64 = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()?;
    let machine = std::fs::read_to_string("/proc/stat").ok()?;
    let boot: i64 = machine.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(boot + ticks / TICKS)
}

/// Returns when a process started, in seconds since the Unix epoch; `None` if unknown.
#[cfg(not(target_os = "linux"))]
fn started_at(process: rustix::process::Pid) -> Option<i64> {
    let number = process.as_raw_nonzero().to_string();
    let output = std::process::Command::new("ps").args(["-o", "etime=", "-p", &number]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // The time since it started, as `2-03:04:05`, `03:04:05` or `04:05`.
    let (days, clock) = text.trim().split_once('-').unwrap_or(("0", text.trim()));
    let mut seconds = 0;
    for part in clock.split(':') {
        seconds = seconds * 60 + part.parse::<i64>().ok()?;
    }
    Some(Timestamp::now().as_second() - days.parse::<i64>().ok()? * 86_400 - seconds)
}

/// Returns all records, oldest first, and the number of lines that cannot be parsed. A missing file has no lines.
///
/// # Errors
/// If the file exists and cannot be read, or is not a regular file: a pipe would wait for a writer.
pub fn read(path: &Path) -> io::Result<(Vec<Record>, usize)> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("it is not a regular file"));
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(error) => return Err(error),
    };
    let (mut records, mut malformed) = (Vec::new(), 0);
    for line in BufReader::new(file).split(b'\n') {
        let line = line?;
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(record) => records.push(record),
            Err(_) => malformed += 1,
        }
    }
    Ok((records, malformed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appended_lines_are_read_back_and_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("cockpit-audit-{}", std::process::id()));
        let path = folder.join("deep/audit.jsonl");
        let now: Timestamp = "2026-11-20T11:00:00Z".parse().unwrap();
        for outcome in ["started", "done"] {
            let record =
                Record { outcome: outcome.into(), command: "cockpit deploy 日本".into(), ..Record::default() };
            append(Some(&path), record, now).unwrap();
        }
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{half\n").unwrap();
        let (records, malformed) = read(&path).unwrap();
        assert_eq!((records.len(), malformed), (2, 1));
        assert_eq!((records[1].outcome.as_str(), records[1].time), ("done", now));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&folder.join("none")).unwrap(), (Vec::new(), 0));
        assert!(append(Some(&folder.join("deep/audit.jsonl/x")), Record::default(), now).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// Creates a separate folder for each test.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("cockpit-audit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn record(operation: &str, outcome: &str) -> Record {
        Record {
            operation: operation.into(),
            outcome: outcome.into(),
            command: "cockpit scale web 2".into(),
            ..Record::default()
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn half_written_line_does_not_corrupt_the_next() {
        let folder = folder("half");
        let path = folder.join("audit.jsonl");
        std::fs::write(&path, b"{\"operation\":\"1-1-1\",\"outc").unwrap();
        append(Some(&path), record("1-2-1", "started"), at("2026-11-20T11:00:00Z")).unwrap();
        append(Some(&path), record("1-2-1", "done"), at("2026-11-20T11:00:00Z")).unwrap();
        let (records, malformed) = read(&path).unwrap();
        assert_eq!((records.len(), malformed), (2, 1));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 3, "no empty line is added");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn every_line_has_a_user_and_a_host() {
        let folder = folder("user");
        let path = folder.join("audit.jsonl");
        append(Some(&path), record("1-2-1", "started"), at("2026-11-20T11:00:00Z")).unwrap();
        let written = &read(&path).unwrap().0[0];
        assert!(!written.user.is_empty() && !written.host.is_empty(), "{written:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn irregular_file_is_rejected_without_waiting() {
        let folder = folder("pipe");
        let path = folder.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        for irregular in [path.as_path(), Path::new("/dev/null"), folder.as_path()] {
            let error = append(Some(irregular), Record::default(), at("2026-11-20T11:00:00Z")).unwrap_err();
            assert_eq!(error.to_string(), "it is not a regular file", "{irregular:?}");
        }
        assert_eq!(read(&path).unwrap_err().to_string(), "it is not a regular file");
        assert_eq!(close_abandoned(&path, "", at("2026-11-20T11:00:00Z")).unwrap(), Vec::new());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn file_readable_by_others_is_reported() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder("mode");
        let path = folder.join("audit.jsonl");
        assert_eq!(exposure_warning(&path), None);
        append(Some(&path), Record::default(), at("2026-11-20T11:00:00Z")).unwrap();
        assert_eq!(exposure_warning(&path), None);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(exposure_warning(&path).unwrap().contains("mode 644"));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn operations_of_dead_processes_are_closed_once() {
        let folder = folder("left");
        let path = folder.join("audit.jsonl");
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        let gone = ended.id();
        ended.wait().unwrap();
        let (left, mark) = (format!("1700000000-{gone}-1"), format!("1700000000-{}", std::process::id()));
        let ours = format!("{mark}-1");
        // A running process has the ID of one that was killed; a process that started before the operation may be its own.
        let mut runs = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let began_later = format!("1650000000-{}-1", runs.id());
        let own = format!("{}-{}-2", Timestamp::now().as_second(), runs.id());
        // In a container the previous process had the same ID as this one.
        let reused = format!("1600000000-{}-1", std::process::id());
        let started_at = at("2026-11-20T11:00:00Z");
        for (operation, outcome) in [
            (left.as_str(), "started"),
            (reused.as_str(), "started"),
            (ours.as_str(), "started"),
            (began_later.as_str(), "started"),
            (own.as_str(), "started"),
            (&format!("1700000000-{gone}-2"), "started"),
            (&format!("1700000000-{gone}-2"), "done"),
            ("odd", "started"),
        ] {
            append(Some(&path), record(operation, outcome), started_at).unwrap();
        }
        let mut elsewhere =
            serde_json::to_string(&Record { host: "another".into(), ..record(&left, "started") }).unwrap();
        elsewhere = elsewhere.replace(&left, &format!("1700000000-{gone}-9")) + "\n";
        OpenOptions::new().append(true).open(&path).unwrap().write_all(elsewhere.as_bytes()).unwrap();
        let closed = close_abandoned(&path, &mark, at("2026-11-20T12:00:00Z")).unwrap();
        assert_eq!(
            closed.iter().map(|record| record.operation.as_str()).collect::<Vec<_>>(),
            [left.as_str(), reused.as_str(), began_later.as_str()]
        );
        let last = read(&path).unwrap().0.pop().unwrap();
        assert_eq!((last.operation.as_str(), last.outcome.as_str()), (began_later.as_str(), "unknown"));
        assert!(last.reason.starts_with("left at 2026-11-20T11:00:00Z"), "{}", last.reason);
        assert_eq!(close_abandoned(&path, &mark, at("2026-11-20T13:00:00Z")).unwrap(), Vec::new());
        runs.kill().unwrap();
        runs.wait().unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}
