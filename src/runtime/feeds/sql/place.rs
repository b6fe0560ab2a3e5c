//! Where results lie on this machine.

use crate::db::Spool;
use crate::model::sql::Column;
use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

/// The folder that results are kept in: the one that `TMPDIR` names, else the user's cache folder. `/tmp` is memory on many
/// machines, and a result may be larger than that.
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

/// A new file for a result, and the folder that it lies in: the system's own where the other one cannot be written to.
///
/// # Errors
/// There is no file in either.
pub(super) fn spool(columns: Vec<Column>, limit: u64) -> io::Result<(Spool, PathBuf)> {
    let folder = folder();
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    if let Ok(spool) = made.and_then(|()| Spool::new(&folder, columns.clone(), limit)) {
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
    fn results_lie_where_tmpdir_says_else_in_the_users_cache() {
        let cache = || Some(PathBuf::from("/home/me/.cache"));
        assert_eq!(chosen(Some(OsStr::new("/big")), cache()), Some("/big".into()));
        for none in [None, Some(OsStr::new(""))] {
            assert_eq!(chosen(none, cache()), Some("/home/me/.cache/cockpit/results".into()));
        }
        assert_eq!(chosen(None, None), None, "then the system's own");
    }
}
