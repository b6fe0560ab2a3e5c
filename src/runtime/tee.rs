//! A file that log lines are copied into. It is rotated at a maximum size, so that it never fills a disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The size in bytes at which a file is rotated.
const ROTATION_SIZE: u64 = 64 << 20;
/// The number of rotated files to keep beside the current one.
const ROTATED_FILES: u32 = 3;

/// A file that log lines are also written into, rotated at a size.
#[derive(Debug)]
pub struct Tee {
    path: PathBuf,
    file: BufWriter<File>,
    size: u64,
    rotation_size: u64,
}

impl Tee {
    /// Opens the file; existing content stays.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with(path, ROTATION_SIZE)
    }

    fn with(path: &Path, rotation_size: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), size, rotation_size })
    }

    /// Returns the path of the current file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a text; rotates the file first if it is large.
    ///
    /// # Errors
    /// If the file cannot be written or renamed.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        if self.size >= self.rotation_size {
            self.rotate()?;
        }
        self.file.write_all(text.as_bytes())?;
        self.size += text.len() as u64;
        Ok(())
    }

    /// Writes all buffered text.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file.flush()?;
        for n in (1..ROTATED_FILES).rev() {
            let (from, to) = (self.rotated(n), self.rotated(n + 1));
            if from.exists() {
                fs::rename(from, to)?;
            }
        }
        fs::rename(&self.path, self.rotated(1))?;
        *self = Self::with(&self.path, self.rotation_size)?;
        Ok(())
    }

    /// Returns the path of a rotated file; `FILE.1` is the newest.
    fn rotated(&self, n: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{n}"));
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_keeps_four_files_at_most() {
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
