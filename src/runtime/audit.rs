//! The audit file: JSON lines, only ever added to, readable by its owner alone.

use crate::feeds::runs::Place;
use crate::model::audit::Record;
use crate::model::infra::run_event::Who;
use jiff::{SignedDuration, Timestamp};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

/// Where it is: as configured, else in the user's state folder.
pub fn path(configured: Option<&str>) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    if let Some(path) = configured {
        return Some(PathBuf::from(path));
    }
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(folder.join("cockpit").join("audit.jsonl"))
}

/// Where changes of a simulated environment go: they must not stand among those that were real.
pub fn simulated() -> Option<PathBuf> {
    path(None).map(|path| path.with_file_name("audit-simulated.jsonl"))
}

/// Where runs over the units of an environment are kept: beside the audit file.
pub fn runs(place: &Place) -> Option<PathBuf> {
    let folder = if place.simulated { "runs-simulated" } else { "runs" };
    path(place.audit_file.as_deref()).map(|path| path.with_file_name(folder))
}

/// The person at this process.
pub fn who() -> Who {
    Who { user: user(), host: host(), pid: std::process::id() }
}

/// Adds a line, dated by the clock of AWS where the record says how far that is ahead of `now`, in one write, so that two
/// cockpits never mix theirs. What was left half written before it, by a crash or a full disk, is ended first; a write that
/// does not go in whole is taken back.
///
/// # Errors
/// When the file cannot be opened or written, or is not a regular file.
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
    if before > 0 && !ends_a_line(&file, before)? {
        line.insert(0, '\n');
    }
    let written = file.write(line.as_bytes())?;
    if written < line.len() {
        // Only what is ours, and only while nobody has added anything behind it.
        if file.metadata()?.len() == before + written as u64 {
            file.set_len(before)?;
        }
        return Err(io::Error::new(io::ErrorKind::StorageFull, "there is no room for a whole line"));
    }
    // What was changed in AWS must not be missing here after a power cut.
    file.sync_data()
}

fn ends_a_line(file: &File, length: u64) -> io::Result<bool> {
    use std::os::unix::fs::FileExt as _;
    let mut last = [0];
    file.read_exact_at(&mut last, length - 1)?;
    Ok(last == *b"\n")
}

/// Opens it for adding. A pipe or a device would wait for a reader, or keep nothing.
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

/// The machine's user: as the variables say, else by the number of the process's user.
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
        // On macOS the names of persons are not in that file, and their home folders have them.
        let home = || std::env::home_dir().filter(|home| cfg!(target_os = "macos") && home.starts_with("/Users"));
        let known = known.or_else(|| Some(home()?.file_name()?.to_string_lossy().into_owned()));
        // A container has no name for many a number.
        known.unwrap_or_else(|| format!("uid {number}"))
    })
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// A sentence on what is wrong with an existing file: others may read who changed what.
pub fn exposed(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let path = path.display();
        format!("the audit file {path} can be read by others (mode {mode:03o}): `chmod 600 {path}`")
    })
}

/// Closes what was begun on this machine by processes that are no more, as `unknown`; gives back what was closed. The
/// operations of this process begin with `ours`.
///
/// # Errors
/// When the file cannot be read or written.
pub fn close_left(path: &Path, ours: &str, now: Timestamp) -> io::Result<Vec<Record>> {
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
    open.retain(|record| (record.host.is_empty() || record.host == here) && !lives(&record.operation, ours));
    for record in &mut open {
        let began = record.time;
        // What it is now is not known.
        record.ahead_ms = None;
        "unknown".clone_into(&mut record.outcome);
        record.reason = format!("left at {began:.0}: the cockpit ended before it knew the end; it may have gone on");
        append(Some(path), record.clone(), now)?;
    }
    Ok(open)
}

/// Sentences on the audit file before something is added: operations that were left open and are closed now, and
/// whether others can read it. That it cannot be written is said where it is written.
pub fn look_back(path: &Path, ours: &str, now: Timestamp) -> Vec<String> {
    let closed = close_left(path, ours, now).unwrap_or_default().into_iter();
    let closed = closed.map(|record| {
        format!("`{}` of {:.0} was left before its end was known: it is closed as unknown", record.command, record.time)
    });
    closed.chain(exposed(path)).collect()
}

/// Whether the process lives that has begun an operation: its number stands in the operation's name, after the
/// second in which it began. What has no number is taken to live.
///
/// A container gives each of its processes the same number: what has ours and another beginning than `ours`, by which
/// this process names its operations, was left.
fn lives(operation: &str, ours: &str) -> bool {
    let number = operation.split('-').nth(1).and_then(|number| number.parse().ok());
    let Some(process) = number.and_then(rustix::process::Pid::from_raw) else { return true };
    if process == rustix::process::getpid() {
        return operation.strip_prefix(ours).is_some_and(|rest| rest.starts_with('-'));
    }
    // One of another user cannot be signalled, and lives.
    let lives = rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH);
    // Numbers are used again: who began after the operation is another process.
    let second: Option<i64> = operation.split('-').next().and_then(|second| second.parse().ok());
    let another = || began(process).zip(second).is_some_and(|(began, second)| began > second + SLACK);
    lives && !another()
}

/// How far the beginnings of a process as it told it and as the machine tells it may be from each other, in seconds: the machine
/// counts from its start, whose time it rounds.
const SLACK: i64 = 10;

/// When a process began, in seconds since the Unix epoch; none where it cannot be told.
#[cfg(target_os = "linux")]
fn began(process: rustix::process::Pid) -> Option<i64> {
    /// Ticks of `/proc` a second, on every architecture (`USER_HZ`).
    const TICKS: i64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
    // The name of the program, in brackets, may hold anything. The field is the 22nd, and the 20th behind it.
    let ticks: i64 = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()?;
    let machine = std::fs::read_to_string("/proc/stat").ok()?;
    let started: i64 = machine.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(started + ticks / TICKS)
}

/// When a process began, in seconds since the Unix epoch; none where it cannot be told.
#[cfg(not(target_os = "linux"))]
fn began(process: rustix::process::Pid) -> Option<i64> {
    let number = process.as_raw_nonzero().to_string();
    let said = std::process::Command::new("ps").args(["-o", "etime=", "-p", &number]).output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    // `2-03:04:05`, `03:04:05`, `04:05`: how long it has run.
    let (days, clock) = text.trim().split_once('-').unwrap_or(("0", text.trim()));
    let mut seconds = 0;
    for part in clock.split(':') {
        seconds = seconds * 60 + part.parse::<i64>().ok()?;
    }
    Some(Timestamp::now().as_second() - days.parse::<i64>().ok()? * 86_400 - seconds)
}

/// All lines, oldest first, and how many could not be understood. No file is no line.
///
/// # Errors
/// When it is there and cannot be read, or is not a regular file: a pipe would wait for a writer.
pub fn read(path: &Path) -> io::Result<(Vec<Record>, usize)> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("it is not a regular file"));
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(error) => return Err(error),
    };
    let (mut records, mut odd) = (Vec::new(), 0);
    for line in BufReader::new(file).split(b'\n') {
        let line = line?;
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(record) => records.push(record),
            Err(_) => odd += 1,
        }
    }
    Ok((records, odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_and_read_back_and_others_may_not_read_them() {
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
        let (records, odd) = read(&path).unwrap();
        assert_eq!((records.len(), odd), (2, 1));
        assert_eq!((records[1].outcome.as_str(), records[1].time), ("done", now));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&folder.join("none")).unwrap(), (Vec::new(), 0));
        assert!(append(Some(&folder.join("deep/audit.jsonl/x")), Record::default(), now).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// A folder of its own for each test.
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
    fn a_half_line_does_not_swallow_the_next() {
        let folder = folder("half");
        let path = folder.join("audit.jsonl");
        std::fs::write(&path, b"{\"operation\":\"1-1-1\",\"outc").unwrap();
        append(Some(&path), record("1-2-1", "started"), at("2026-11-20T11:00:00Z")).unwrap();
        append(Some(&path), record("1-2-1", "done"), at("2026-11-20T11:00:00Z")).unwrap();
        let (records, odd) = read(&path).unwrap();
        assert_eq!((records.len(), odd), (2, 1));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 3, "and no empty line");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn every_line_has_a_user_and_a_machine() {
        let folder = folder("user");
        let path = folder.join("audit.jsonl");
        append(Some(&path), record("1-2-1", "started"), at("2026-11-20T11:00:00Z")).unwrap();
        let written = &read(&path).unwrap().0[0];
        assert!(!written.user.is_empty() && !written.host.is_empty(), "{written:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_no_regular_file_is_refused_and_not_waited_for() {
        let folder = folder("pipe");
        let path = folder.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        for odd in [path.as_path(), Path::new("/dev/null"), folder.as_path()] {
            let error = append(Some(odd), Record::default(), at("2026-11-20T11:00:00Z")).unwrap_err();
            assert_eq!(error.to_string(), "it is not a regular file", "{odd:?}");
        }
        assert_eq!(read(&path).unwrap_err().to_string(), "it is not a regular file");
        assert_eq!(close_left(&path, "", at("2026-11-20T11:00:00Z")).unwrap(), Vec::new());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_others_can_read_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder("mode");
        let path = folder.join("audit.jsonl");
        assert_eq!(exposed(&path), None);
        append(Some(&path), Record::default(), at("2026-11-20T11:00:00Z")).unwrap();
        assert_eq!(exposed(&path), None);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(exposed(&path).unwrap().contains("mode 644"));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_a_process_left_that_is_no_more_is_closed_once() {
        let folder = folder("left");
        let path = folder.join("audit.jsonl");
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        let gone = ended.id();
        ended.wait().unwrap();
        let (left, mark) = (format!("1700000000-{gone}-1"), format!("1700000000-{}", std::process::id()));
        let ours = format!("{mark}-1");
        // A process that runs has got the number of one that was killed; one that began before the operation may be its own.
        let mut runs = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let began_later = format!("1650000000-{}-1", runs.id());
        let own = format!("{}-{}-2", Timestamp::now().as_second(), runs.id());
        // In a container the one before had the number of this one.
        let reused = format!("1600000000-{}-1", std::process::id());
        let began = at("2026-11-20T11:00:00Z");
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
            append(Some(&path), record(operation, outcome), began).unwrap();
        }
        let mut elsewhere =
            serde_json::to_string(&Record { host: "another".into(), ..record(&left, "started") }).unwrap();
        elsewhere = elsewhere.replace(&left, &format!("1700000000-{gone}-9")) + "\n";
        OpenOptions::new().append(true).open(&path).unwrap().write_all(elsewhere.as_bytes()).unwrap();
        let closed = close_left(&path, &mark, at("2026-11-20T12:00:00Z")).unwrap();
        assert_eq!(
            closed.iter().map(|record| record.operation.as_str()).collect::<Vec<_>>(),
            [left.as_str(), reused.as_str(), began_later.as_str()]
        );
        let last = read(&path).unwrap().0.pop().unwrap();
        assert_eq!((last.operation.as_str(), last.outcome.as_str()), (began_later.as_str(), "unknown"));
        assert!(last.reason.starts_with("left at 2026-11-20T11:00:00Z"), "{}", last.reason);
        assert_eq!(close_left(&path, &mark, at("2026-11-20T13:00:00Z")).unwrap(), Vec::new());
        runs.kill().unwrap();
        runs.wait().unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}
