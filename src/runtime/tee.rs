//! A file that takes every line along: rotated when it is large, so that it never fills a disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file is set aside when it is this large, in bytes.
const LARGE: u64 = 64 << 20;
/// How many are kept beside the one that is written.
const KEPT: u32 = 3;

/// A file that log lines are also written into, rotated at a size.
#[derive(Debug)]
pub struct Tee {
    path: PathBuf,
    file: BufWriter<File>,
    size: u64,
    large: u64,
}

impl Tee {
    /// Opens it; what is there already stays.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with(path, LARGE)
    }

    fn with(path: &Path, large: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), size, large })
    }

    /// The path of the file that is written now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes text; before, sets the file aside if it is large.
    ///
    /// # Errors
    /// When the file cannot be written or set aside.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        if self.size >= self.large {
            self.rotate()?;
        }
        self.file.write_all(text.as_bytes())?;
        self.size += text.len() as u64;
        Ok(())
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file.flush()?;
        for n in (1..KEPT).rev() {
            let (from, to) = (self.aside(n), self.aside(n + 1));
            if from.exists() {
                fs::rename(from, to)?;
            }
        }
        fs::rename(&self.path, self.aside(1))?;
        *self = Self::with(&self.path, self.large)?;
        Ok(())
    }

    /// `FILE.1`, the newest that was set aside.
    fn aside(&self, n: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{n}"));
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_files_at_most() {
        let folder = std::env::temp_dir().join(format!("cockpit-tee-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("logs.jsonl");
        let mut tee = Tee::with(&path, 10).unwrap();
        for n in 0..9 {
            tee.write(&format!("line {n} ......\n")).unwrap();
        }
        tee.flush().unwrap();
        let mut names: Vec<String> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["logs.jsonl", "logs.jsonl.1", "logs.jsonl.2", "logs.jsonl.3"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "line 8 ......\n");
        assert_eq!(fs::read_to_string(folder.join("logs.jsonl.1")).unwrap(), "line 7 ......\n");
        fs::remove_dir_all(&folder).unwrap();
    }
}
