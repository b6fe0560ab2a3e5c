//! The last answer of Cost Explorer, kept in a file for each account, tag and grouping: it is asked once a day at most.

use crate::model::Failure;
use crate::model::costs::Costs;
use crate::private_files;
use jiff::Timestamp;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

/// Where it is kept; none without a home folder. Another endpoint is another world.
pub(crate) fn file(account: &str, endpoint: &str, tag: Option<&(String, String)>, by: Option<&str>) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().ok()?;
    let mut hasher = DefaultHasher::new();
    (endpoint, tag).hash(&mut hasher);
    // By service, as ever: those have the names that they had.
    if let Some(by) = by {
        by.hash(&mut hasher);
    }
    Some(base.cache_dir().join("cockpit").join("costs").join(format!("{account}-{:016x}.json", hasher.finish())))
}

/// The kept costs, if they were read today (in UTC).
pub(crate) fn read(file: Option<&PathBuf>, now: Timestamp) -> Option<Costs> {
    let text = std::fs::read(file?).ok()?;
    let costs: Costs = serde_json::from_slice(&text).ok()?;
    costs.are_of_today(now).then_some(costs)
}

/// The kept costs, or those that Cost Explorer answers now, which are kept then; with the error that kept them from
/// being kept.
///
/// # Errors
/// What it answered.
pub(crate) async fn or_asked(
    file: Option<&PathBuf>,
    now: Timestamp,
    ask: impl Future<Output = Result<Costs, Failure>>,
) -> Result<(Costs, Option<String>), Failure> {
    if let Some(costs) = read(file, now) {
        return Ok((costs, None));
    }
    let costs = ask.await?;
    let kept = file.map_or(Ok(()), |file| keep(file, &costs).map_err(|error| (file, error)));
    let unkept = |(file, error): (&PathBuf, io::Error)| {
        format!("what Cost Explorer said cannot be kept in {}: {error}", file.display())
    };
    Ok((costs, kept.err().map(unkept)))
}

/// Keeps what it said, readable by its owner alone.
fn keep(file: &Path, costs: &Costs) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        private_files::make(folder)?;
    }
    private_files::replace(file, &serde_json::to_vec(costs)?)
}
