//! The folder of a run: names, permissions, locks, and the list of runs.

use crate::model::infra::RunOrder;
use crate::model::infra::run_event::{Actor, Step};
use crate::model::infra::run_order::ListedRun;
pub use crate::model::infra::run_order::run_name as name;
use crate::private_files::{make, replace, to_add_to};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The file with the order of the run.
const REQUEST: &str = "request.json";
/// The file with the events of the run, one per line.
pub const EVENTS: &str = "events.jsonl";
/// The file with the requests of people to the run, one per line.
pub const REQUESTS: &str = "requests.jsonl";
/// The lock file of a run's supervisor; a file with the same name beside the runs of an environment locks the environment.
const LOCK: &str = "lock";
/// The format of the beginning of a run's name: when it was started, to the second.
const STAMP: &str = "%Y%m%dT%H%M%SZ";
/// The number of runs of an environment that are kept completely.
const KEPT_RUNS: usize = 50;
/// The number of runs of an environment whose plan files are kept.
const KEPT_PLANS: usize = 3;

/// Returns the folder of an environment's runs.
pub fn of_environment(runs: &Path, environment: &str) -> PathBuf {
    runs.join(file_name(environment))
}

/// Returns the folder of a run of an environment.
pub fn of_run(runs: &Path, environment: &str, run: &str) -> PathBuf {
    of_environment(runs, environment).join(file_name(run))
}

/// Returns the folder of a unit inside that of a run.
pub fn of_unit(run: &Path, unit: &str) -> PathBuf {
    run.join("units").join(file_name(unit))
}

/// Returns the file with Terraform's standard output in a step of a unit.
pub fn stdout(run: &Path, unit: &str, step: Step) -> PathBuf {
    of_unit(run, unit).join(format!("{}.stdout", step_name(step)))
}

/// Returns the file with the standard error of Terraform and Terragrunt in a step of a unit.
pub fn stderr(run: &Path, unit: &str, step: Step) -> PathBuf {
    of_unit(run, unit).join(format!("{}.stderr", step_name(step)))
}

/// Returns the file that records Terraform's process in a step of a unit.
pub fn leaf(run: &Path, unit: &str, step: Step) -> PathBuf {
    of_unit(run, unit).join(format!("{}.leaf", step_name(step)))
}

/// Returns a unit's plan file. It contains secrets in clear text.
pub fn plan_file(run: &Path, unit: &str) -> PathBuf {
    of_unit(run, unit).join("plan.tfplan")
}

/// Returns the file with a unit's plan as it may be shown.
pub fn shown_plan(run: &Path, unit: &str) -> PathBuf {
    of_unit(run, unit).join("plan.json")
}

/// Returns the name of a step, as used in file names.
pub fn step_name(step: Step) -> &'static str {
    match step {
        Step::Init => "init",
        Step::Plan => "plan",
        Step::Show => "show",
        Step::Apply => "apply",
    }
}

/// Encodes a name as a file name: bytes other than letters, digits, `-`, `_` and `.` become `%2F`.
pub fn file_name(name: &str) -> String {
    let mut encoded = String::new();
    for (at, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && at > 0) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Creates the folder of a new run, with its order. Its name begins with the time, so that names sort by start: a run that starts
/// in the same second as the last one, or while the clock was set back, gets the second after the last one.
///
/// # Errors
/// If it exists, or cannot be created.
pub fn new_run(runs: &Path, order: &RunOrder, now: Timestamp) -> io::Result<PathBuf> {
    let place = of_environment(runs, &order.environment);
    make(&place)?;
    let last = folders(&place)?.iter().filter_map(|run| started_at(&name(run))).max();
    let next = last.and_then(|last| last.checked_add(SignedDuration::from_secs(1)).ok());
    let time = next.filter(|next| *next > now).unwrap_or(now).strftime(STAMP);
    // Two runs that start at the same moment differ by their process IDs, and by the number of the attempt.
    for number in 0..100_u32 {
        let mark = (order.by.pid.wrapping_mul(31).wrapping_add(number)) & 0xffff;
        let run = format!("{time}-{}-{mark:04x}", order.goal.name());
        let folder = of_run(runs, &order.environment, &run);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => {
                replace(&folder.join(REQUEST), &serde_json::to_vec_pretty(order)?)?;
                return Ok(folder);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Returns when a run was started, from its name.
fn started_at(run: &str) -> Option<Timestamp> {
    let stamp = run.split_once('-')?.0;
    Some(jiff::civil::DateTime::strptime(STAMP, stamp).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// Returns the order of a run.
///
/// # Errors
/// If there is no run, or it cannot be read.
pub fn order(run: &Path) -> io::Result<RunOrder> {
    Ok(serde_json::from_slice(&std::fs::read(run.join(REQUEST))?)?)
}

/// Returns the runs of an environment, the latest first.
///
/// # Errors
/// If they cannot be listed. A missing folder has no runs.
pub fn list(runs: &Path, environment: &str) -> io::Result<Vec<ListedRun>> {
    let mut found: Vec<ListedRun> = folders(&of_environment(runs, environment))?
        .into_iter()
        .map(|folder| {
            let order = order(&folder).ok();
            // Checked before its end is read, so that a run that ends meanwhile does not look killed.
            let live = has_supervisor(&folder).unwrap_or(false);
            ListedRun { run: name(&folder), live, end: super::outcome::read_end(&folder.join(EVENTS)), folder, order }
        })
        .collect();
    found.sort_by(|a, b| b.run.cmp(&a.run));
    Ok(found)
}

/// Returns the folders of the runs of all environments.
///
/// # Errors
/// If they cannot be listed. A missing folder has no runs.
pub fn all_runs(runs: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for environment in folders(runs)? {
        found.extend(folders(&environment)?);
    }
    Ok(found)
}

/// Returns the folders inside a folder.
fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Whether the run has a live supervisor.
///
/// # Errors
/// If the file system has no locks.
pub fn has_supervisor(run: &Path) -> io::Result<bool> {
    is_locked(&run.join(LOCK))
}

/// Takes the lock of a run for as long as the file is open.
///
/// # Errors
/// If the run has another supervisor, or it cannot be locked.
pub fn lock_run(run: &Path) -> io::Result<File> {
    let lock = to_add_to(&run.join(LOCK))?;
    if take(&lock)? { Ok(lock) } else { Err(io::Error::other("another process drives it")) }
}

/// Takes a lock; false if another process holds it. Retries for a while, because a check whether it is locked holds it for a
/// moment without being its owner, and the supervisor of a run that has just ended takes a moment to exit.
fn take(lock: &File) -> io::Result<bool> {
    for _ in 0..400 {
        match lock.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(5)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}

/// Whether another process holds a lock on a file; a missing file is not locked. The check uses a shared lock, so that two
/// concurrent checks do not see each other.
///
/// # Errors
/// If the file system has no locks.
pub fn is_locked(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a step of a run is still working: Terraform or Terragrunt has one of its output files open, even if the run has no
/// supervisor any more.
///
/// # Errors
/// If the run cannot be read.
pub fn has_running_step(run: &Path) -> io::Result<bool> {
    for unit in folders(&run.join("units"))? {
        for entry in std::fs::read_dir(unit)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "stdout" || ending == "stderr") && is_locked(&path)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The process that drives a run of an environment, as recorded in the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub run: String,
    /// The person who started or resumed it.
    pub by: Actor,
    /// When it took the lock.
    pub since: Timestamp,
}

/// Why the lock of an environment could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run is in progress.
    #[error("another run is going on")]
    Taken(Option<Holder>),
    /// The supervisor of this run was killed, and its programs are still working.
    #[error("the supervisor of {0} was killed, and its Terraform still works")]
    StepsRunning(String),
    /// It cannot be locked.
    #[error("the lock of the environment cannot be taken: {0}")]
    Io(#[from] io::Error),
}

/// Takes the lock of an environment for as long as the file, or a copy of it in another process, is open.
///
/// # Errors
/// If another run of the environment is in progress, with its holder.
pub fn lock_environment(runs: &Path, environment: &str, holder: &Holder) -> Result<File, LockError> {
    let folder = of_environment(runs, environment);
    make(&folder)?;
    let mut lock =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(folder.join(LOCK))?;
    if !take(&lock)? {
        let mut text = String::new();
        let read = lock.read_to_string(&mut text);
        return Err(LockError::Taken(read.ok().and_then(|_| serde_json::from_str(&text).ok())));
    }
    lock.rewind()?;
    lock.set_len(0)?;
    lock.write_all(&serde_json::to_vec(holder).map_err(io::Error::from)?)?;
    Ok(lock)
}

/// Removes old data of an environment's runs: plan files first, because they contain secrets, and later whole runs. A run with a
/// supervisor stays.
///
/// # Errors
/// If something cannot be removed.
pub fn rotate(runs: &Path, environment: &str) -> io::Result<()> {
    let ended = list(runs, environment)?.into_iter().filter(|run| !run.live);
    for (at, run) in ended.enumerate() {
        if at >= KEPT_RUNS {
            std::fs::remove_dir_all(&run.folder)?;
        } else if at >= KEPT_PLANS {
            for unit in folders(&run.folder.join("units"))? {
                match std::fs::remove_file(unit.join("plan.tfplan")) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::infra::run_event::Goal;
    use crate::private_files::replace_for_now;

    #[test]
    fn names_of_runs_in_one_second_sort_by_start() {
        let runs = std::env::temp_dir().join(format!("cockpit-names-{}", std::process::id()));
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let begin = |goal, at| name(&new_run(&runs, &super::super::steps::tests::order(goal), at).unwrap());
        let plan = begin(Goal::Plan, now);
        let apply = begin(Goal::Apply, now + SignedDuration::from_millis(900));
        let earlier = begin(Goal::Apply, now - SignedDuration::from_secs(30));
        let later = begin(Goal::Plan, now + SignedDuration::from_secs(9));
        assert!(plan < apply && apply < earlier && earlier < later, "{plan} {apply} {earlier} {later}");
        assert!(later.starts_with("20270115T080009Z-plan-"), "{later}");
        std::fs::remove_dir_all(runs).unwrap();
    }

    #[test]
    fn rotation_removes_plans_before_runs_and_keeps_live_ones() {
        let runs = std::env::temp_dir().join(format!("cockpit-rotate-{}", std::process::id()));
        let order = super::super::steps::tests::order(crate::model::infra::run_event::Goal::Plan);
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let run_folders: Vec<PathBuf> = (0..54)
            .map(|second| {
                let run = new_run(&runs, &order, at(second)).unwrap();
                make(&of_unit(&run, "a")).unwrap();
                std::fs::write(plan_file(&run, "a"), "secret").unwrap();
                run
            })
            .collect();
        let driven = lock_run(&run_folders[0]).unwrap();
        rotate(&runs, "staging").unwrap();
        let left: Vec<&PathBuf> = run_folders.iter().filter(|run| run.exists()).collect();
        assert_eq!(left.len(), KEPT_RUNS + 1);
        assert!(run_folders[0].exists() && plan_file(&run_folders[0], "a").exists(), "the run has a supervisor");
        assert!(!run_folders[1].exists() && run_folders[4].exists());
        let with_plans = left.iter().filter(|run| plan_file(run, "a").exists()).count();
        assert_eq!(with_plans, KEPT_PLANS + 1);
        drop(driven);
        std::fs::remove_dir_all(runs).unwrap();
    }

    #[test]
    fn check_of_the_lock_does_not_prevent_taking_it() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let run = std::env::temp_dir().join(format!("cockpit-asked-{}", std::process::id()));
        make(&run).unwrap();
        drop(lock_run(&run).unwrap());
        let over = AtomicBool::new(false);
        let driven: Vec<io::Result<()>> = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) && has_supervisor(&run).is_ok() {
                    std::thread::yield_now();
                }
            });
            let drives = (0..300).map(|_| lock_run(&run).map(drop)).collect();
            over.store(true, Ordering::SeqCst);
            drives
        });
        std::fs::remove_dir_all(&run).unwrap();
        assert!(driven.iter().all(Result::is_ok), "{driven:?}");
    }

    #[test]
    fn replaced_file_is_private_and_leaves_no_temporary_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = std::env::temp_dir().join(format!("cockpit-replace-{}", std::process::id()));
        make(&root).unwrap();
        let path = root.join("a");
        for (write, text) in [(replace as fn(&Path, &[u8]) -> io::Result<()>, "one"), (replace_for_now, "two")] {
            write(&path, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(std::fs::read_dir(&root).unwrap().count(), 1);
        }
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn unit_names_become_valid_file_names() {
        assert_eq!(file_name("network"), "network");
        assert_eq!(file_name("../a b"), "%2E.%2Fa%20b");
        assert_eq!(file_name("a/b.c"), "a%2Fb.c");
        assert_ne!(file_name("a/b"), file_name("a%2Fb"));
    }
}
