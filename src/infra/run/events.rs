//! The events of a run: written by what drives it, read by anybody.

use super::folder;
use crate::model::infra::RunEvent;
use crate::model::infra::run_event::What;
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Bytes that are read at a time.
const PIECE: usize = 256 * 1024;

/// Adds events to a run. What cannot be written now, as on a full disk, waits.
#[derive(Debug)]
pub struct Writer {
    file: File,
    /// Bytes of events that are not written yet.
    waiting: Vec<u8>,
}

impl Writer {
    /// Opens the events of a run, to add some. A last line that was left half written, by a crash or a full disk, is
    /// ended first: it is nothing that anybody has seen.
    ///
    /// # Errors
    /// When its events cannot be opened.
    pub fn open(run: &Path) -> io::Result<Self> {
        let file = folder::to_add_to(&run.join(folder::EVENTS))?;
        let length = file.metadata()?.len();
        let mut last = [b'\n'];
        if length > 0 {
            file.read_exact_at(&mut last, length - 1)?;
        }
        let waiting = if last == *b"\n" { Vec::new() } else { vec![b'\n'] };
        Ok(Self { file, waiting })
    }

    /// Writes down what happened, now or as soon as that is possible.
    pub fn tell(&mut self, event: &RunEvent) {
        // All events can be written as JSON: their maps have names as keys.
        if serde_json::to_writer(&mut self.waiting, event).is_ok() {
            self.waiting.push(b'\n');
        }
    }

    /// Writes what waits, as far as there is room. Whether all of it is written.
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

    /// Flushes what was written to the disk, against a power cut.
    pub fn sync(&self) {
        // Where the disk cannot, the file is as good as the system keeps it.
        let _ = self.file.sync_data();
    }
}

/// Reads the events of one run, from a place on. Any number may read at a time.
#[derive(Debug)]
pub struct Reader {
    file: Option<File>,
    /// Where the events end that were told.
    next: u64,
    /// The bytes behind the last whole event: the beginning of one.
    rest: Vec<u8>,
}

/// Events that were read, and where to go on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct News {
    /// The events, in order.
    pub events: Vec<RunEvent>,
    /// Where to go on, in bytes.
    pub next: u64,
}

impl Reader {
    /// Reads on from an offset that [`News::next`] gave, or from 0.
    pub fn new(from: u64) -> Self {
        Self { file: None, next: from, rest: Vec::new() }
    }

    /// Whole events that are there since, some of them if there are many; none where there is nothing new.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read(&mut self, run: &Path) -> io::Result<News> {
        if self.file.is_none() {
            self.file = match File::open(run.join(folder::EVENTS)) {
                Ok(file) => Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
        }
        // It is looked at many times a second, mostly in vain: no room is made for nothing.
        if let Some(file) = &self.file
            && file.metadata()?.len() > self.next + self.rest.len() as u64
        {
            // Reads as much as one event takes: a line may be longer than a piece.
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
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let mut news = News::default();
        for line in self.rest[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            // One that was left half written is nothing; a whole one of a later version counts as unknown.
            match serde_json::from_slice(line) {
                Ok(event) => news.events.push(event),
                Err(_) if serde_json::from_slice::<serde_json::Value>(line).is_ok() => {
                    news.events.push(RunEvent { time: Timestamp::UNIX_EPOCH, what: What::Unknown });
                }
                Err(_) => {}
            }
        }
        self.rest.drain(..whole);
        self.next += whole as u64;
        news.next = self.next;
        Ok(news)
    }

    /// All that is there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_all(&mut self, run: &Path) -> io::Result<News> {
        let mut all = News::default();
        loop {
            let before = self.next;
            let news = self.read(run)?;
            all.next = news.next;
            all.events.extend(news.events);
            if all.next == before {
                return Ok(all);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(text: &str) -> RunEvent {
        RunEvent { time: Timestamp::UNIX_EPOCH, what: What::Note { unit: None, text: text.into() } }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn events_wait_while_the_disk_is_full_and_are_written_in_their_order_after_that() {
        let run = std::env::temp_dir().join(format!("cockpit-full-{}", std::process::id()));
        folder::make(&run).unwrap();
        let mut writer = Writer::open(&run).unwrap();
        let full = std::fs::OpenOptions::new().append(true).open("/dev/full").unwrap();
        let disk = std::mem::replace(&mut writer.file, full);
        writer.tell(&note("one"));
        writer.tell(&note("two"));
        assert!(!writer.flush() && !writer.flush());
        assert_eq!(Reader::new(0).read_all(&run).unwrap().events, []);
        writer.file = disk;
        assert!(writer.flush());
        assert_eq!(Reader::new(0).read_all(&run).unwrap().events, [note("one"), note("two")]);
        std::fs::remove_dir_all(run).unwrap();
    }

    #[test]
    fn a_last_line_that_is_torn_is_nothing_and_what_comes_after_it_is_whole() {
        let run = std::env::temp_dir().join(format!("cockpit-events-{}", std::process::id()));
        folder::make(&run).unwrap();
        let mut writer = Writer::open(&run).unwrap();
        writer.tell(&note("one"));
        assert!(writer.flush());
        let path = run.join(folder::EVENTS);
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend_from_slice(br#"{"time":"1970-01-01T00:00:00Z","event":"no"#);
        std::fs::write(&path, torn).unwrap();
        let mut reader = Reader::new(0);
        assert_eq!(reader.read_all(&run).unwrap().events, [note("one")]);
        let mut writer = Writer::open(&run).unwrap();
        writer.tell(&note("two"));
        assert!(writer.flush());
        let news = reader.read_all(&run).unwrap();
        assert_eq!(news.events, [note("two")]);
        assert_eq!(Reader::new(0).read_all(&run).unwrap().events, [note("one"), note("two")]);
        assert_eq!(Reader::new(news.next).read_all(&run).unwrap().events, []);
        std::fs::remove_dir_all(run).unwrap();
    }
}
