//! Plans that start while their dependencies are still being applied. Terragrunt takes a while to start and to read the code;
//! done ahead, that does not delay the run. At its first call of Terraform the shim waits until the supervisor lets it
//! continue, after all dependencies are done, so no output is read too early. Also answers calls of Terragrunt from what the
//! run already knows, which Terragrunt would ask Terraform for again and again.

use super::folder;
use super::process;
use crate::model::infra::run_event::Step;
use serde_json::Value;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The file in a run's folder with Terraform's output for its version.
pub(super) const VERSION: &str = "terraform.version";
/// The file in a unit's folder that marks it as completely applied in this run, by the current supervisor.
const APPLIED: &str = "applied";
/// The file in a unit's folder that says whether its plan continues.
const GO: &str = "go";
/// The content that lets the plan continue.
const YES: &str = "yes";
const NO: &str = "no";
/// The interval of checks of that file.
const POLL_INTERVAL: Duration = Duration::from_millis(4);
/// The interval of checks whether the run still has a supervisor.
const SUPERVISOR_CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// The maximum age of known outputs; older ones are requested again, since a person with another tool may have changed them.
/// The age counts from the last output of the apply, which may have ended while the run had no supervisor.
const MAX_AGE: Duration = Duration::from_mins(1);
/// The number of bytes at the end of an apply's output that contain its outputs.
const TAIL: u64 = 1024 * 1024;

/// Returns the path of the file that says whether the plan of a unit continues.
pub(super) fn go_file(run: &Path, unit: &str) -> PathBuf {
    folder::of_unit(run, unit).join(GO)
}

/// Records whether the plan continues.
///
/// # Errors
/// If that cannot be written; the plan waits until it is.
pub(super) fn write_go(run: &Path, unit: &str, continues: bool) -> io::Result<()> {
    let go = go_file(run, unit);
    let word = if continues { YES } else { NO };
    if std::fs::read_to_string(&go).is_ok_and(|recorded| recorded == word) {
        return Ok(());
    }
    std::fs::write(go, word)
}

/// Deletes the record of an earlier plan.
///
/// # Errors
/// If it cannot be deleted.
pub(super) fn clear_go(run: &Path, unit: &str) -> io::Result<()> {
    match std::fs::remove_file(go_file(run, unit)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Waits until it is recorded whether the plan continues. It does not continue if the run has no supervisor any more.
pub(super) fn wait_for_go(go: &Path, run: &Path) -> bool {
    let mut checked = Instant::now();
    loop {
        match std::fs::read_to_string(go).as_deref() {
            Ok(YES) => return true,
            Ok(NO) => return false,
            _ => std::thread::sleep(POLL_INTERVAL),
        }
        if checked.elapsed() > SUPERVISOR_CHECK_INTERVAL {
            checked = Instant::now();
            if !folder::has_supervisor(run).unwrap_or(true) {
                return false;
            }
        }
    }
}

/// Marks a unit as applied in this run.
///
/// # Errors
/// If that cannot be written; its outputs are then requested as usual.
pub(super) fn mark_applied(run: &Path, unit: &str) -> io::Result<()> {
    std::fs::write(folder::of_unit(run, unit).join(APPLIED), "")
}

/// Deletes the marks of applied units, and the version of Terraform: whoever resumes a run later does not know what happened
/// meanwhile.
pub(super) fn clear_marks(run: &Path) {
    // If this fails, nothing else of the run can be written either.
    let _ = std::fs::remove_file(run.join(VERSION));
    for unit in std::fs::read_dir(run.join("units")).into_iter().flatten().flatten() {
        // It may not exist; and a mark that cannot be deleted is too old to be used.
        let _ = std::fs::remove_file(unit.path().join(APPLIED));
    }
}

/// Whether a unit that works in this folder was applied in this run.
pub(super) fn is_applied(run: &Path, dir: &Path) -> bool {
    applied_unit(run, dir).is_some()
}

/// Returns the folder, inside the run's, of the applied unit that works in this folder.
fn applied_unit(run: &Path, dir: &Path) -> Option<PathBuf> {
    let units = std::fs::read_dir(run.join("units")).ok()?.flatten().map(|entry| entry.path());
    units.into_iter().find(|unit| {
        let leaf = process::leaf(&unit.join(format!("{}.leaf", folder::step_name(Step::Apply))));
        unit.join(APPLIED).exists() && leaf.is_some_and(|leaf| leaf.dir == dir)
    })
}

/// Returns the output of `output -json` in a folder, if an apply of this run printed the outputs recently. `None` if they are not
/// known, or if one is sensitive, since an apply does not print those.
pub(super) fn outputs(run: &Path, dir: &Path) -> Option<Vec<u8>> {
    let unit = applied_unit(run, dir)?;
    let stdout = unit.join(format!("{}.stdout", folder::step_name(Step::Apply)));
    let age = stdout.metadata().ok()?.modified().ok()?.elapsed().ok()?;
    if age > MAX_AGE {
        return None;
    }
    let output = read_tail(&stdout).ok()?;
    let of_outputs = |line: &&str| line.contains("\"type\":\"outputs\"");
    let line = output.lines().rev().find(of_outputs).filter(|line| keeps_numbers(line))?;
    let line: Value = serde_json::from_str(line).ok()?;
    let outputs = line["outputs"].as_object().filter(|_| line["type"] == "outputs")?;
    let complete =
        |output: &Value| output["sensitive"] == false && output.get("value").is_some() && output.get("type").is_some();
    outputs.values().all(complete).then(|| serde_json::to_vec(outputs).ok())?
}

/// Whether all numbers in a JSON text are unchanged when it is parsed and written again. Numbers of Terraform have any number of
/// digits, a [`Value`] only those of 64 bits.
fn keeps_numbers(json: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    let plain: String = json
        .chars()
        .map(|letter| {
            let is_text = quoted;
            quoted = (letter == '"' && !escaped) != quoted;
            escaped = is_text && letter == '\\' && !escaped;
            if is_text { ' ' } else { letter }
        })
        .collect();
    let words = plain.split(|letter: char| !letter.is_ascii_digit() && !"+-.eE".contains(letter));
    words.filter(|word| word.bytes().any(|byte| byte.is_ascii_digit())).all(|word| {
        serde_json::from_str::<Value>(word)
            .is_ok_and(|number| serde_json::to_string(&number).is_ok_and(|again| again == word))
    })
}

/// Whether the program called Terraform is really Terraform, with the same version in every folder; not a script or a version
/// manager, which choose the version by folder.
pub(super) fn is_real_terraform(terraform: &Path) -> bool {
    let Ok(program) = terraform.canonicalize() else { return false };
    let mut begin = [0_u8; 2];
    let is_read = File::open(&program).and_then(|file| file.read_exact_at(&mut begin, 0)).is_ok();
    is_read && begin != *b"#!" && program.file_name().is_some_and(|name| name == "terraform")
}

/// Returns the end of a file.
fn read_tail(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL);
    let mut end = vec![0; usize::try_from(length - from).unwrap_or(0)];
    file.read_exact_at(&mut end, from)?;
    Ok(String::from_utf8_lossy(&end).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_files;
    use std::time::SystemTime;

    fn unit(name: &str, output: &str) -> (PathBuf, PathBuf) {
        let run = std::env::temp_dir().join(format!("cockpit-ahead-{name}-{}", std::process::id()));
        let unit = folder::of_unit(&run, "network");
        private_files::make(&unit).unwrap();
        let leaf = process::Leaf { pid: 1, dir: "/envs/network/.terragrunt-cache/a/b".into() };
        std::fs::write(unit.join("apply.leaf"), serde_json::to_vec(&leaf).unwrap()).unwrap();
        std::fs::write(unit.join("apply.stdout"), output).unwrap();
        mark_applied(&run, "network").unwrap();
        (run, leaf.dir)
    }

    #[test]
    fn outputs_come_from_the_apply_unless_one_is_sensitive() {
        let open = r#"{"outputs":{"id":{"sensitive":false,"type":"string","value":"vpc-1"}},"type":"outputs"}"#;
        let secret = r#"{"outputs":{"id":{"sensitive":false,"type":"string","value":"vpc-1"},"key":{"sensitive":true,"type":"string"}},"type":"outputs"}"#;
        let planned = r#"{"outputs":{"id":{"sensitive":false,"action":"create"}},"type":"outputs"}"#;
        let large = open.replace(r#""string","value":"vpc-1""#, r#""number","value":18446744073709551616"#);
        assert!(large.contains("18446744073709551616"));
        let (run, dir) = unit("open", &format!("{planned}\nnot JSON\n{open}\n"));
        assert_eq!(
            String::from_utf8(outputs(&run, &dir).unwrap()).unwrap(),
            r#"{"id":{"sensitive":false,"type":"string","value":"vpc-1"}}"#
        );
        assert_eq!(outputs(&run, Path::new("/envs/other")), None, "the folder belongs to another unit");
        clear_marks(&run);
        assert_eq!(outputs(&run, &dir), None, "a new supervisor does not use old marks");
        std::fs::remove_dir_all(run).unwrap();
        for (name, output) in [("secret", secret), ("planned", planned), ("large", large.as_str()), ("nothing", "")] {
            let (run, dir) = unit(name, output);
            assert_eq!(outputs(&run, &dir), None, "{name}");
            assert!(is_applied(&run, &dir));
            std::fs::remove_dir_all(run).unwrap();
        }
    }

    #[test]
    fn age_of_outputs_counts_from_the_output_of_the_apply() {
        let (run, dir) = unit("old", r#"{"outputs":{},"type":"outputs"}"#);
        assert_eq!(outputs(&run, &dir), Some(b"{}".to_vec()));
        let output = File::options().write(true).open(folder::stdout(&run, "network", Step::Apply)).unwrap();
        output.set_modified(SystemTime::now() - MAX_AGE - Duration::from_secs(1)).unwrap();
        mark_applied(&run, "network").unwrap();
        assert_eq!(outputs(&run, &dir), None, "the outputs are older than the limit");
        std::fs::remove_dir_all(run).unwrap();
    }

    #[test]
    fn numbers_that_would_change_are_detected() {
        assert!(keeps_numbers(r#"{"a":[1,-2,0.5,18446744073709551615],"b":"1e400 \" 00","c":true,"d":null}"#));
        for number in ["18446744073709551616", "0.12345678901234567890", "1e400", "-1.50"] {
            assert!(!keeps_numbers(&format!("{{\"a\":\"\\\"\",\"b\":[{number}]}}")), "{number}");
        }
    }

    #[test]
    fn version_is_cached_for_real_terraform_and_one_supervisor() {
        let (run, _) = unit("version", "");
        let put = |folder: &str, name: &str, text: &[u8]| {
            std::fs::create_dir_all(run.join(folder)).unwrap();
            std::fs::write(run.join(folder).join(name), text).unwrap();
            run.join(folder).join(name)
        };
        let real = put("real", "terraform", b"\x7fELF");
        let switch = put("switch", "switch", b"\x7fELF");
        let script = put("script", "terraform", b"#!/bin/sh\n");
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, run.join(name)).unwrap();
            run.join(name)
        };
        assert!(is_real_terraform(&real) && is_real_terraform(&link(&real, "tf")));
        assert!(!is_real_terraform(&link(&switch, "terraform")), "a version switcher is not Terraform itself");
        assert!(!is_real_terraform(&script) && !is_real_terraform(&run.join("nothing")));
        std::fs::write(run.join(VERSION), "Terraform v1.11.4\n").unwrap();
        clear_marks(&run);
        assert!(!run.join(VERSION).exists(), "a new supervisor may use another version");
        std::fs::remove_dir_all(run).unwrap();
    }

    #[test]
    fn waiting_plan_continues_as_recorded_and_ends_without_supervisor() {
        let (run, _) = unit("go", "");
        write_go(&run, "network", true).unwrap();
        assert!(wait_for_go(&go_file(&run, "network"), &run));
        write_go(&run, "network", false).unwrap();
        assert!(!wait_for_go(&go_file(&run, "network"), &run));
        clear_go(&run, "network").unwrap();
        assert!(!wait_for_go(&go_file(&run, "network"), &run), "the run has no supervisor");
        std::fs::remove_dir_all(run).unwrap();
    }
}
