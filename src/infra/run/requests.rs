//! The requests of people to a run: lines that any cockpit appends to its `requests.jsonl`, read by the supervisor.

use super::folder;
use crate::model::infra::run_event::Request;
use crate::private_files;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Appends a request in one write, so that those of two cockpits never mix. Returns the offset of its end, in bytes.
///
/// # Errors
/// If there is no run, or nothing can be appended.
pub fn send(run: &Path, request: &Request) -> io::Result<u64> {
    folder::order(run)?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    let mut file = private_files::to_add_to(&run.join(folder::REQUESTS))?;
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    // A half-written line, left by a crash or a full disk, is terminated first.
    if last != *b"\n" {
        line.insert(0, '\n');
    }
    file.write_all(line.as_bytes())?;
    // Requests that others add meanwhile come after it.
    let end = file.stream_position()?;
    file.sync_data()?;
    Ok(end)
}

/// Returns the requests since offset `from`, and the offset to continue at. Malformed lines are skipped; an incomplete last
/// line is read the next time.
///
/// # Errors
/// If they cannot be read.
pub fn read(run: &Path, from: u64) -> io::Result<(Vec<Request>, u64)> {
    let file = match File::open(run.join(folder::REQUESTS)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), from)),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    if length <= from {
        return Ok((Vec::new(), from));
    }
    let mut bytes = vec![0; usize::try_from(length - from).unwrap_or_default()];
    file.read_exact_at(&mut bytes, from)?;
    let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let lines = bytes[..complete].split(|byte| *byte == b'\n');
    Ok((lines.filter_map(|line| serde_json::from_slice(line).ok()).collect(), from + complete as u64))
}
