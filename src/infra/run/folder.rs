//! The folder of a run: names, modes, locks, and which are there.

use crate::model::infra::Order;
use crate::model::infra::order::Listed;
pub use crate::model::infra::order::run_name as name;
use crate::model::infra::run_event::{Step, Who};
pub use crate::private_files::{make, replace, replace_for_now, to_add_to};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The file with the order of the run.
const REQUEST: &str = "request.json";
/// The file with the events of the run, one in a line.
pub const EVENTS: &str = "events.jsonl";
/// The file with the requests of people to the run, one in a line.
pub const REQUESTS: &str = "requests.jsonl";
/// Held by what drives it; the same name beside the runs of an environment.
const LOCK: &str = "lock";
/// How a run's name begins: when it was begun, to the second.
const STAMP: &str = "%Y%m%dT%H%M%SZ";
/// Runs of an environment that are kept whole.
const KEPT: usize = 50;
/// Runs of an environment whose plan files are kept.
const KEPT_PLANS: usize = 3;

/// The folder of an environment's runs.
pub fn of_environment(runs: &Path, environment: &str) -> PathBuf {
    runs.join(file_name(environment))
}

/// The folder of a run of an environment.
pub fn of_run(runs: &Path, environment: &str, run: &str) -> PathBuf {
    of_environment(runs, environment).join(file_name(run))
}

/// The folder of a unit in that of a run.
pub fn of_unit(run: &Path, unit: &str) -> PathBuf {
    run.join("units").join(file_name(unit))
}

/// The file with Terraform's stdout in a step of a unit.
pub fn stdout(run: &Path, unit: &str, step: Step) -> PathBuf {
    of_unit(run, unit).join(format!("{}.stdout", word(step)))
}

/// The file with the stderr of Terraform and Terragrunt in a step of a unit.
pub fn stderr(run: &Path, unit: &str, step: Step) -> PathBuf {
    of_unit(run, unit).join(format!("{}.stderr", word(step)))
}

/// Terraform's process in a step of a unit.
pub fn leaf(run: &Path, unit: &str, step: Step) -> PathBuf {
    of_unit(run, unit).join(format!("{}.leaf", word(step)))
}

/// A unit's plan file. It has secrets in clear.
pub fn plan_file(run: &Path, unit: &str) -> PathBuf {
    of_unit(run, unit).join("plan.tfplan")
}

/// A unit's plan as it may be shown.
pub fn shown_plan(run: &Path, unit: &str) -> PathBuf {
    of_unit(run, unit).join("plan.json")
}

/// A step as the name of a file.
pub fn word(step: Step) -> &'static str {
    match step {
        Step::Init => "init",
        Step::Plan => "plan",
        Step::Show => "show",
        Step::Apply => "apply",
    }
}

/// A name as that of a file: other characters than letters, digits, `-`, `_` and `.` become their bytes, `%2F`.
pub fn file_name(name: &str) -> String {
    let mut made = String::new();
    for (at, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && at > 0) {
            made.push(char::from(byte));
        } else {
            let _ = write!(made, "%{byte:02X}");
        }
    }
    made
}

/// Makes the folder of a new run, with what it is asked to do. Its name begins with the time, so that names sort as runs were begun:
/// one that begins in the second of another, or by a clock that was set back, has the second after that.
///
/// # Errors
/// When it is there, or cannot be made.
pub fn new_run(runs: &Path, order: &Order, now: Timestamp) -> io::Result<PathBuf> {
    let place = of_environment(runs, &order.environment);
    make(&place)?;
    let last = folders(&place)?.iter().filter_map(|run| begun(&name(run))).max();
    let next = last.and_then(|last| last.checked_add(SignedDuration::from_secs(1)).ok());
    let time = next.filter(|next| *next > now).unwrap_or(now).strftime(STAMP);
    // Two that begin at one moment differ by their processes, and by the numbers of their tries.
    for number in 0..100_u32 {
        let mark = (order.by.pid.wrapping_mul(31).wrapping_add(number)) & 0xffff;
        let run = format!("{time}-{}-{mark:04x}", order.goal.word());
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

/// When a run was begun, by its name.
fn begun(run: &str) -> Option<Timestamp> {
    let stamp = run.split_once('-')?.0;
    Some(jiff::civil::DateTime::strptime(STAMP, stamp).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// The order of a run.
///
/// # Errors
/// When there is no run, or it cannot be read.
pub fn order(run: &Path) -> io::Result<Order> {
    Ok(serde_json::from_slice(&std::fs::read(run.join(REQUEST))?)?)
}

/// The runs of an environment, the latest first.
///
/// # Errors
/// When they cannot be listed; no folder is no runs.
pub fn list(runs: &Path, environment: &str) -> io::Result<Vec<Listed>> {
    let mut found: Vec<Listed> = folders(&of_environment(runs, environment))?
        .into_iter()
        .map(|folder| {
            let order = order(&folder).ok();
            // Asked before its end is read: one that ends meanwhile is not taken for one that was killed.
            let live = driven(&folder).unwrap_or(false);
            Listed { run: name(&folder), live, end: super::outcome::of(&folder.join(EVENTS)), folder, order }
        })
        .collect();
    found.sort_by(|a, b| b.run.cmp(&a.run));
    Ok(found)
}

/// The folders of the runs of all environments.
///
/// # Errors
/// When they cannot be listed; no folder is no runs.
pub fn of_all(runs: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for environment in folders(runs)? {
        found.extend(folders(&environment)?);
    }
    Ok(found)
}

/// The folders in a folder.
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

/// Whether a process drives the run.
///
/// # Errors
/// When the file system has no locks.
pub fn driven(run: &Path) -> io::Result<bool> {
    is_locked(&run.join(LOCK))
}

/// Takes the lock of a run for as long as the file is open.
///
/// # Errors
/// When another process drives it, or it cannot be locked.
pub fn drive(run: &Path) -> io::Result<File> {
    let lock = to_add_to(&run.join(LOCK))?;
    if take(&lock)? { Ok(lock) } else { Err(io::Error::other("another process drives it")) }
}

/// Takes a lock; false where another process holds it. Somebody may ask whether it is locked right now, which takes a moment and is
/// no holder; and the supervisor of a run that has just ended needs a moment to go.
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

/// Whether another process holds a lock on a file; a file that is not there is not locked. It is asked for a lock that
/// others may hold too, so that two that ask at a time do not find each other.
///
/// # Errors
/// When the file system has no locks.
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

/// Whether a step of a run still works: Terraform or Terragrunt has a file open that it prints into, also where nobody
/// drives the run any more.
///
/// # Errors
/// When the run cannot be looked at.
pub fn works(run: &Path) -> io::Result<bool> {
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

/// The process that drives a run of an environment, as the lock says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub run: String,
    /// The person who started or resumed it.
    pub by: Who,
    /// When it took the lock.
    pub since: Timestamp,
}

/// Why the lock of an environment could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run is driven.
    #[error("another run is going on")]
    Taken(Option<Holder>),
    /// The supervisor of this run was killed, and what it began still works.
    #[error("the supervisor of {0} was killed, and its Terraform still works")]
    Works(String),
    /// It cannot be locked.
    #[error("the lock of the environment cannot be taken: {0}")]
    Impossible(#[from] io::Error),
}

/// Takes the lock of an environment for as long as the file, or one that is made of it in another process, is open.
///
/// # Errors
/// When another run of the environment is driven: which, by whom, and since when.
pub fn hold(runs: &Path, environment: &str, holder: &Holder) -> Result<File, LockError> {
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

/// Removes what is old of an environment's runs: plan files first, as they have secrets, and in the end whole runs. One
/// that is driven stays, and so does one that can still be applied.
///
/// # Errors
/// When something cannot be removed.
pub fn rotate(runs: &Path, environment: &str) -> io::Result<()> {
    let ended = list(runs, environment)?.into_iter().filter(|run| !run.live);
    for (at, run) in ended.enumerate() {
        if at >= KEPT {
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

    #[test]
    fn runs_of_one_second_are_named_in_the_order_in_which_they_were_begun() {
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
    fn of_old_runs_plans_go_first_then_whole_runs_and_what_is_driven_stays() {
        let runs = std::env::temp_dir().join(format!("cockpit-rotate-{}", std::process::id()));
        let order = super::super::steps::tests::order(crate::model::infra::run_event::Goal::Plan);
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let made: Vec<PathBuf> = (0..54)
            .map(|second| {
                let run = new_run(&runs, &order, at(second)).unwrap();
                make(&of_unit(&run, "a")).unwrap();
                std::fs::write(plan_file(&run, "a"), "secret").unwrap();
                run
            })
            .collect();
        let driven = drive(&made[0]).unwrap();
        rotate(&runs, "staging").unwrap();
        let left: Vec<&PathBuf> = made.iter().filter(|run| run.exists()).collect();
        assert_eq!(left.len(), KEPT + 1);
        assert!(made[0].exists() && plan_file(&made[0], "a").exists(), "it is driven");
        assert!(!made[1].exists() && made[4].exists());
        let with_plans = left.iter().filter(|run| plan_file(run, "a").exists()).count();
        assert_eq!(with_plans, KEPT_PLANS + 1);
        drop(driven);
        std::fs::remove_dir_all(runs).unwrap();
    }

    #[test]
    fn who_asks_whether_a_run_is_driven_does_not_keep_another_from_driving_it() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let run = std::env::temp_dir().join(format!("cockpit-asked-{}", std::process::id()));
        make(&run).unwrap();
        drop(drive(&run).unwrap());
        let over = AtomicBool::new(false);
        let driven: Vec<io::Result<()>> = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) && driven(&run).is_ok() {
                    std::thread::yield_now();
                }
            });
            let drives = (0..300).map(|_| drive(&run).map(drop)).collect();
            over.store(true, Ordering::SeqCst);
            drives
        });
        std::fs::remove_dir_all(&run).unwrap();
        assert!(driven.iter().all(Result::is_ok), "{driven:?}");
    }

    #[test]
    fn what_is_written_as_a_whole_is_its_owners_alone_and_leaves_nothing_beside_it() {
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
    fn names_of_units_are_names_of_files_whatever_they_are() {
        assert_eq!(file_name("network"), "network");
        assert_eq!(file_name("../a b"), "%2E.%2Fa%20b");
        assert_eq!(file_name("a/b.c"), "a%2Fb.c");
        assert_ne!(file_name("a/b"), file_name("a%2Fb"));
    }
}
