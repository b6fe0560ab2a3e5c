//! The audit file: JSON lines, only ever added to, readable by its owner alone.

use crate::model::audit::Record;
use jiff::Timestamp;
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

/// Adds a line, in one write, so that two cockpits never mix theirs.
pub(super) fn append(path: Option<&Path>, mut record: Record, now: Timestamp) -> io::Result<()> {
    let path = path.ok_or_else(|| io::Error::other("there is no home folder to keep the audit file in"))?;
    record.time = now;
    record.user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let mut line = serde_json::to_string(&record).map_err(io::Error::other)?;
    line.push('\n');
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = open(path)?;
    file.write_all(line.as_bytes())?;
    // What was changed in AWS must not be missing here after a power cut.
    file.sync_data()
}

fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// All lines, oldest first, and how many could not be understood. No file is no line.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read(path: &Path) -> io::Result<(Vec<Record>, usize)> {
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
}
