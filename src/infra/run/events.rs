//! The events of a run: written by its supervisor, read by anybody.

use super::folder;
use crate::model::infra::RunEvent;
use crate::model::infra::run_event::RunEventKind;
use crate::private_files;
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// The number of bytes to read at a time.
const PIECE: usize = 256 * 1024;

/// Appends events to a run. Events that cannot be written now, for example on a full disk, are kept in memory.
#[derive(Debug)]
pub struct Writer {
    file: File,
    /// The bytes of events that are not written yet.
    waiting: Vec<u8>,
}

impl Writer {
    /// Opens the events of a run for appending. A half-written last line, left by a crash or a full disk, is terminated first;
    /// nobody has read it as an event.
    ///
    /// # Errors
    /// If the events cannot be opened.
    pub fn open(run: &Path) -> io::Result<Self> {
        let file = private_files::to_add_to(&run.join(folder::EVENTS))?;
        let length = file.metadata()?.len();
        let mut last = [b'\n'];
        if length > 0 {
            file.read_exact_at(&mut last, length - 1)?;
        }
        let waiting = if last == *b"\n" { Vec::new() } else { vec![b'\n'] };
        Ok(Self { file, waiting })
    }

    /// Adds an event, which is written as soon as possible.
    pub fn append(&mut self, event: &RunEvent) {
        // Every event can be written as JSON: the keys of its maps are strings.
        if serde_json::to_writer(&mut self.waiting, event).is_ok() {
            self.waiting.push(b'\n');
        }
    }

    /// Writes the waiting events as far as there is room. Returns whether all are written.
    pub fn flush(&mut self) -> bool {
        while !self.waiting.is_empty() {
            match self.file.write(&self.waiting) {
                Ok(0) => return false,
                Ok(count) => drop(self.waiting.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Flushes the written events to the disk, against a power cut.
    pub fn sync(&self) {
        // If that fails, the system keeps the file as well as it can.
        let _ = self.file.sync_data();
    }
}

/// Reads the events of a run from an offset on. Any number of readers may read at a time.
#[derive(Debug)]
pub struct Reader {
    file: Option<File>,
    /// The offset of the end of the events that were returned.
    next: u64,
    /// The bytes after the last complete event: the beginning of the next.
    rest: Vec<u8>,
}

/// The events that were read, and the offset to continue at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventBatch {
    /// The events, in order.
    pub events: Vec<RunEvent>,
    /// The offset to continue at, in bytes.
    pub next: u64,
}

impl Reader {
    /// Creates a reader that starts at an offset from [`EventBatch::next`], or at 0.
    pub fn new(from: u64) -> Self {
        Self { file: None, next: from, rest: Vec::new() }
    }

    /// Returns the complete events since then, or some of them if there are many; none if there is nothing new.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read(&mut self, run: &Path) -> io::Result<EventBatch> {
        if self.file.is_none() {
            self.file = match File::open(run.join(folder::EVENTS)) {
                Ok(file) => Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
        }
        // This is called many times a second, mostly without new events, so allocate nothing in that case.
        if let Some(file) = &self.file
            && file.metadata()?.len() > self.next + self.rest.len() as u64
        {
            // Read at least one event: a line may be longer than a piece.
            loop {
                let before = self.rest.len();
                self.rest.resize(before + PIECE, 0);
                let read = file.read_at(&mut self.rest[before..], self.next + before as u64);
                self.rest.truncate(before + read.as_ref().copied().unwrap_or_default());
                if read? == 0 || self.rest[before..].contains(&b'\n') {
                    break;
                }
            }
        }
        let complete = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let mut news = EventBatch::default();
        for line in self.rest[..complete].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            // A half-written line is skipped; a complete one of a later version counts as unknown.
            match serde_json::from_slice(line) {
                Ok(event) => news.events.push(event),
                Err(_) if serde_json::from_slice::<serde_json::Value>(line).is_ok() => {
                    news.events.push(RunEvent { time: Timestamp::UNIX_EPOCH, what: RunEventKind::Unknown });
                }
                Err(_) => {}
            }
        }
        self.rest.drain(..complete);
        self.next += complete as u64;
        news.next = self.next;
        Ok(news)
    }

    /// Returns all events that exist.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read_all(&mut self, run: &Path) -> io::Result<EventBatch> {
        let mut collected = EventBatch::default();
        loop {
            let before = self.next;
            let news = self.read(run)?;
            collected.next = news.next;
            collected.events.extend(news.events);
            if collected.next == before {
                return Ok(collected);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(text: &str) -> RunEvent {
        RunEvent { time: Timestamp::UNIX_EPOCH, what: RunEventKind::Note { unit: None, text: text.into() } }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn events_wait_for_a_full_disk_and_keep_their_order() {
        let run = std::env::temp_dir().join(format!("cockpit-full-{}", std::process::id()));
        private_files::make(&run).unwrap();
        let mut writer = Writer::open(&run).unwrap();
        let full = std::fs::OpenOptions::new().append(true).open("/dev/full").unwrap();
        let disk = std::mem::replace(&mut writer.file, full);
        writer.append(&note("one"));
        writer.append(&note("two"));
        assert!(!writer.flush() && !writer.flush());
        assert_eq!(Reader::new(0).read_all(&run).unwrap().events, []);
        writer.file = disk;
        assert!(writer.flush());
        assert_eq!(Reader::new(0).read_all(&run).unwrap().events, [note("one"), note("two")]);
        std::fs::remove_dir_all(run).unwrap();
    }

    #[test]
    fn half_written_line_is_skipped_and_later_events_are_read() {
        let run = std::env::temp_dir().join(format!("cockpit-events-{}", std::process::id()));
        private_files::make(&run).unwrap();
        let mut writer = Writer::open(&run).unwrap();
        writer.append(&note("one"));
        assert!(writer.flush());
        let path = run.join(folder::EVENTS);
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend_from_slice(br#"{"time":"1970-01-01T00:00:00Z","event":"no"#);
        std::fs::write(&path, torn).unwrap();
        let mut reader = Reader::new(0);
        assert_eq!(reader.read_all(&run).unwrap().events, [note("one")]);
        let mut writer = Writer::open(&run).unwrap();
        writer.append(&note("two"));
        assert!(writer.flush());
        let news = reader.read_all(&run).unwrap();
        assert_eq!(news.events, [note("two")]);
        assert_eq!(Reader::new(0).read_all(&run).unwrap().events, [note("one"), note("two")]);
        assert_eq!(Reader::new(news.next).read_all(&run).unwrap().events, []);
        std::fs::remove_dir_all(run).unwrap();
    }
}
