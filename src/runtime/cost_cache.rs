//! A cache for answers of Cost Explorer, in a file per account, tag and grouping: it is queried once a day at most.

use crate::model::Failure;
use crate::model::costs::Costs;
use crate::private_files;
use jiff::Timestamp;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

/// Returns the path of the cache file; `None` without a home folder. Each endpoint has its own files.
pub(crate) fn file(account: &str, endpoint: &str, tag: Option<&(String, String)>, by: Option<&str>) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().ok()?;
    let mut hasher = DefaultHasher::new();
    (endpoint, tag).hash(&mut hasher);
    // Grouping by service is not hashed, so that older files keep their names.
    if let Some(by) = by {
        by.hash(&mut hasher);
    }
    Some(base.cache_dir().join("cockpit").join("costs").join(format!("{account}-{:016x}.json", hasher.finish())))
}

/// Returns the cached costs, if they were read today (in UTC).
pub(crate) fn read(file: Option<&PathBuf>, now: Timestamp) -> Option<Costs> {
    let text = std::fs::read(file?).ok()?;
    let costs: Costs = serde_json::from_slice(&text).ok()?;
    costs.were_read_today(now).then_some(costs)
}

/// Returns the cached costs, or requests them and caches the answer. The second value is the error if the answer could not be
/// cached.
///
/// # Errors
/// The failure of the request.
pub(crate) async fn or_read(
    file: Option<&PathBuf>,
    now: Timestamp,
    ask: impl Future<Output = Result<Costs, Failure>>,
) -> Result<(Costs, Option<String>), Failure> {
    if let Some(costs) = read(file, now) {
        return Ok((costs, None));
    }
    let costs = ask.await?;
    let stored = file.map_or(Ok(()), |file| store(file, &costs).map_err(|error| (file, error)));
    let uncached = |(file, error): (&PathBuf, io::Error)| {
        format!("the answer of Cost Explorer cannot be stored in {}: {error}", file.display())
    };
    Ok((costs, stored.err().map(uncached)))
}

/// Writes the cache file, readable by its owner alone.
fn store(file: &Path, costs: &Costs) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        private_files::make(folder)?;
    }
    private_files::replace(file, &serde_json::to_vec(costs)?)
}
