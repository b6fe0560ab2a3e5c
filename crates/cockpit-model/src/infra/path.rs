//! Lexical path operations, without file access.

use std::path::{Component, Path, PathBuf};

/// Returns the path without `.` and `..`; symbolic links are not resolved.
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}
