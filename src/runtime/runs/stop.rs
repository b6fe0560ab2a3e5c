//! Asks a run to stop.

use super::folder;
use crate::feeds::runs::Phase;
use std::io;
use std::path::Path;

/// Has what watches over the run ask its program to stop, once: asking again changes nothing. A file asks, and not a
/// signal: the process that a number names may be another one by then.
///
/// # Errors
/// When there is no run, or nothing watches over it any more.
pub fn ask(folder: &Path) -> io::Result<()> {
    // What watches over it outlives its end by a moment.
    if folder::state(folder)?.state != Phase::Running || !folder::watched(folder)? {
        return Err(io::Error::other("nothing watches over it any more: it has ended, or was lost"));
    }
    match folder::new_file(&folder.join(folder::STOP)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}
