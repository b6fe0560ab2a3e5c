//! The folder of results on this machine.

use crate::db::Spool;
use crate::model::sql::Column;
use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

/// Returns the folder for results: `TMPDIR` if it is set, else the user's cache folder. `/tmp` is in memory on many machines, and
/// a result may be larger than that.
pub(super) fn folder() -> PathBuf {
    use etcetera::BaseStrategy as _;
    let cache = etcetera::choose_base_strategy().ok().map(|base| base.cache_dir());
    chosen(std::env::var_os("TMPDIR").as_deref(), cache).unwrap_or_else(std::env::temp_dir)
}

fn chosen(temporary: Option<&OsStr>, cache: Option<PathBuf>) -> Option<PathBuf> {
    match temporary.filter(|folder| !folder.is_empty()) {
        Some(folder) => Some(PathBuf::from(folder)),
        None => cache.map(|cache| cache.join("cockpit").join("results")),
    }
}

/// Creates a file for a result; returns it with its folder. If the folder is not writable, it is the system's temporary folder.
///
/// # Errors
/// If neither folder is writable.
pub(super) fn spool(columns: Vec<Column>, limit: u64) -> io::Result<(Spool, PathBuf)> {
    let folder = folder();
    let created = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    if let Ok(spool) = created.and_then(|()| Spool::new(&folder, columns.clone(), limit)) {
        Ok((spool, folder))
    } else {
        let folder = std::env::temp_dir();
        Spool::new(&folder, columns, limit).map(|spool| (spool, folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_stored_in_tmpdir_or_the_users_cache() {
        let cache = || Some(PathBuf::from("/home/me/.cache"));
        assert_eq!(chosen(Some(OsStr::new("/big")), cache()), Some("/big".into()));
        for none in [None, Some(OsStr::new(""))] {
            assert_eq!(chosen(none, cache()), Some("/home/me/.cache/cockpit/results".into()));
        }
        assert_eq!(chosen(None, None), None, "falls back to the system's folder");
    }
}
