//! Follows a run: reads what it tells from a place on, until its end or until it is lost.

use super::folder;
use crate::feeds::runs::{End, Entry, News};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between two looks at whether there is more.
const LOOK: Duration = Duration::from_millis(50);
/// Bytes that are read at a time.
const PIECE: usize = 256 * 1024;

/// A reader of one run. Any number may read at a time.
#[derive(Debug)]
pub struct Reader {
    folder: PathBuf,
    events: Option<File>,
    /// Where the entries end that were told.
    next: u64,
    /// What was read after that: the beginning of an entry.
    rest: Vec<u8>,
}

impl Reader {
    /// A reader of the run in a folder, from a place on that was told as `next`, or from 0.
    ///
    /// # Errors
    /// When there is no run.
    pub fn open(folder: &Path, from: u64) -> io::Result<Self> {
        std::fs::metadata(folder.join(folder::ORDER))?;
        Ok(Self { folder: folder.to_owned(), events: None, next: from, rest: Vec::new() })
    }

    /// What it tells next: waits until there is something. The last news have the end.
    ///
    /// # Errors
    /// When what it tells cannot be read.
    pub async fn next(&mut self) -> io::Result<News> {
        loop {
            let watched = folder::watched(&self.folder)?;
            // Read after that: nothing is added any more where nobody watches over it.
            let news = self.read()?;
            if !news.entries.is_empty() {
                return Ok(news);
            }
            if !watched {
                let lost =
                    End::Lost { program_runs: folder::program_runs(&self.folder), unread: self.rest.len() as u64 };
                return Ok(News { end: Some(lost), ..news });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whole entries that are there, some of them if there are many.
    fn read(&mut self) -> io::Result<News> {
        let mut news = News::default();
        if self.events.is_none() {
            self.events = match File::open(self.folder.join(folder::EVENTS)) {
                Ok(file) => Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(error),
            };
        }
        if let Some(events) = &self.events {
            // As much as it takes for one entry: a line may be longer than a piece.
            while !self.rest.contains(&b'\n') {
                let before = self.rest.len();
                self.rest.resize(before + PIECE, 0);
                let read = events.read_at(&mut self.rest[before..], self.next + before as u64);
                self.rest.truncate(before + read.as_ref().copied().unwrap_or_default());
                if read? == 0 {
                    break;
                }
            }
        }
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in self.rest[..whole].split_inclusive(|byte| *byte == b'\n') {
            self.next += line.len() as u64;
            let entry = Entry::parse(String::from_utf8_lossy(line).trim_end_matches('\n'));
            news.end = entry.end();
            news.entries.push(entry);
            if news.end.is_some() {
                break;
            }
        }
        self.rest.drain(..whole);
        news.next = self.next;
        Ok(news)
    }
}
