//! A plan that is begun while what it needs is still applied. Terragrunt takes a while to start and to read its code; done
//! ahead, that is no part of what a run waits for. The first time that it asks Terraform for something the shim has it wait,
//! until the supervisor says that all it needs is done: so no output is read too early. Beside it what the run knows
//! already, which Terragrunt would ask for again and again.

use super::folder;
use super::process;
use crate::model::infra::run_event::Step;
use serde_json::Value;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The file of a run with what Terraform says of its version.
pub(super) const VERSION: &str = "terraform.version";
/// The file of a unit that was applied whole in this run, by the supervisor that drives it.
const APPLIED: &str = "applied";
/// The file of a unit in which it stands whether its plan goes on.
const GO: &str = "go";
/// What stands in it.
const YES: &str = "yes";
const NO: &str = "no";
/// Between two looks into it.
const LOOK: Duration = Duration::from_millis(4);
/// Between two looks whether there still is a supervisor.
const LIVES: Duration = Duration::from_secs(2);
/// Outputs that were said longer ago are asked for again: a person with another tool may have changed them.
const FRESH: Duration = Duration::from_mins(1);
/// Bytes at the end of what an apply said among which its outputs are.
const END: u64 = 1024 * 1024;

/// Where it will stand whether the plan of a unit goes on.
pub(super) fn go(run: &Path, unit: &str) -> PathBuf {
    folder::of_unit(run, unit).join(GO)
}

/// Says whether it goes on.
///
/// # Errors
/// When that cannot be written: it waits until it is.
pub(super) fn say(run: &Path, unit: &str, goes_on: bool) -> io::Result<()> {
    let go = go(run, unit);
    let word = if goes_on { YES } else { NO };
    if std::fs::read_to_string(&go).is_ok_and(|said| said == word) {
        return Ok(());
    }
    std::fs::write(go, word)
}

/// Forgets what was said of an earlier plan.
///
/// # Errors
/// When what was said cannot be removed.
pub(super) fn forget(run: &Path, unit: &str) -> io::Result<()> {
    match std::fs::remove_file(go(run, unit)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Waits until it stands there whether it goes on. It does not where nobody drives the run any more.
pub(super) fn wait(go: &Path, run: &Path) -> bool {
    let mut looked = Instant::now();
    loop {
        match std::fs::read_to_string(go).as_deref() {
            Ok(YES) => return true,
            Ok(NO) => return false,
            _ => std::thread::sleep(LOOK),
        }
        if looked.elapsed() > LIVES {
            looked = Instant::now();
            if !folder::driven(run).unwrap_or(true) {
                return false;
            }
        }
    }
}

/// Marks a unit as applied in this run.
///
/// # Errors
/// When it cannot be written: then its outputs are asked for, as ever.
pub(super) fn mark(run: &Path, unit: &str) -> io::Result<()> {
    std::fs::write(folder::of_unit(run, unit).join(APPLIED), "")
}

/// Forgets which units were applied: whoever takes a run up later does not know what happened since.
pub(super) fn unmark(run: &Path) {
    for unit in std::fs::read_dir(run.join("units")).into_iter().flatten().flatten() {
        // What is not there need not be removed; what cannot be is too old to be believed.
        let _ = std::fs::remove_file(unit.path().join(APPLIED));
    }
}

/// Whether a unit that works in this folder was applied in this run.
pub(super) fn is_applied(run: &Path, dir: &Path) -> bool {
    applied(run, dir).is_some()
}

/// The folder, in that of the run, of the unit that works in this folder and was applied.
fn applied(run: &Path, dir: &Path) -> Option<PathBuf> {
    let units = std::fs::read_dir(run.join("units")).ok()?.flatten().map(|entry| entry.path());
    units.into_iter().find(|unit| {
        let leaf = process::leaf(&unit.join(format!("{}.leaf", folder::word(Step::Apply))));
        unit.join(APPLIED).exists() && leaf.is_some_and(|leaf| leaf.dir == dir)
    })
}

/// What `output -json` says in a folder, where an apply of this run has said it a moment ago: none where it is not known, and
/// where any of it is sensitive, which no apply says.
pub(super) fn outputs(run: &Path, dir: &Path) -> Option<Vec<u8>> {
    let unit = applied(run, dir)?;
    let age = unit.join(APPLIED).metadata().ok()?.modified().ok()?.elapsed().ok()?;
    if age > FRESH {
        return None;
    }
    let said = last(&unit.join(format!("{}.stdout", folder::word(Step::Apply)))).ok()?;
    let of_outputs = |line: &&str| line.contains("\"type\":\"outputs\"");
    let line: Value = serde_json::from_str(said.lines().rev().find(of_outputs)?).ok()?;
    let outputs = line["outputs"].as_object().filter(|_| line["type"] == "outputs")?;
    let whole =
        |output: &Value| output["sensitive"] == false && output.get("value").is_some() && output.get("type").is_some();
    outputs.values().all(whole).then(|| serde_json::to_vec(outputs).ok())?
}

/// The end of a file.
fn last(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(END);
    let mut end = vec![0; usize::try_from(length - from).unwrap_or(0)];
    file.read_exact_at(&mut end, from)?;
    Ok(String::from_utf8_lossy(&end).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, said: &str) -> (PathBuf, PathBuf) {
        let run = std::env::temp_dir().join(format!("cockpit-ahead-{name}-{}", std::process::id()));
        let unit = folder::of_unit(&run, "network");
        folder::make(&unit).unwrap();
        let leaf = process::Leaf { pid: 1, dir: "/envs/network/.terragrunt-cache/a/b".into() };
        std::fs::write(unit.join("apply.leaf"), serde_json::to_vec(&leaf).unwrap()).unwrap();
        std::fs::write(unit.join("apply.stdout"), said).unwrap();
        mark(&run, "network").unwrap();
        (run, leaf.dir)
    }

    #[test]
    fn outputs_are_those_that_the_apply_has_said_and_none_where_one_is_sensitive() {
        let open = r#"{"outputs":{"id":{"sensitive":false,"type":"string","value":"vpc-1"}},"type":"outputs"}"#;
        let secret = r#"{"outputs":{"id":{"sensitive":false,"type":"string","value":"vpc-1"},"key":{"sensitive":true,"type":"string"}},"type":"outputs"}"#;
        let planned = r#"{"outputs":{"id":{"sensitive":false,"action":"create"}},"type":"outputs"}"#;
        let (run, dir) = unit("open", &format!("{planned}\nnot JSON\n{open}\n"));
        assert_eq!(
            String::from_utf8(outputs(&run, &dir).unwrap()).unwrap(),
            r#"{"id":{"sensitive":false,"type":"string","value":"vpc-1"}}"#
        );
        assert_eq!(outputs(&run, Path::new("/envs/other")), None, "it is another unit's folder");
        unmark(&run);
        assert_eq!(outputs(&run, &dir), None, "whoever took the run up does not know");
        std::fs::remove_dir_all(run).unwrap();
        for (name, said) in [("secret", secret), ("planned", planned), ("nothing", "")] {
            let (run, dir) = unit(name, said);
            assert_eq!(outputs(&run, &dir), None, "{name}");
            assert!(is_applied(&run, &dir));
            std::fs::remove_dir_all(run).unwrap();
        }
    }

    #[test]
    fn a_plan_that_waits_goes_on_as_is_said_and_not_where_nobody_is_left_to_say_it() {
        let (run, _) = unit("go", "");
        say(&run, "network", true).unwrap();
        assert!(wait(&go(&run, "network"), &run));
        say(&run, "network", false).unwrap();
        assert!(!wait(&go(&run, "network"), &run));
        forget(&run, "network").unwrap();
        assert!(!wait(&go(&run, "network"), &run), "nobody drives the run");
        std::fs::remove_dir_all(run).unwrap();
    }
}
