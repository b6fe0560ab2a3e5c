//! The requests of people to a run: lines that any cockpit adds to its `requests.jsonl`, read by what drives it.

use super::folder;
use crate::model::infra::run_event::Request;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Asks something of a run, in one write, so that two cockpits never mix theirs. Returns up to where it must be taken (bytes).
///
/// # Errors
/// When there is no run, or nothing can be added.
pub fn ask(run: &Path, request: &Request) -> io::Result<u64> {
    folder::order(run)?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    let mut file = folder::to_add_to(&run.join(folder::REQUESTS))?;
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    // One that was left half written by a crash or a full disk is ended first.
    if last != *b"\n" {
        line.insert(0, '\n');
    }
    file.write_all(line.as_bytes())?;
    // What others add meanwhile comes after it.
    let asked = file.stream_position()?;
    file.sync_data()?;
    Ok(asked)
}

/// Reads what was asked since `from` (bytes), and where to go on. A line that is no request is left out; one whose end is not
/// written yet is read the next time.
///
/// # Errors
/// When it cannot be read.
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
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let lines = bytes[..whole].split(|byte| *byte == b'\n');
    Ok((lines.filter_map(|line| serde_json::from_slice(line).ok()).collect(), from + whole as u64))
}
