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
/// The content that lets the plan go on.
const YES: &str = "yes";
const NO: &str = "no";
/// The interval between two looks into it.
const LOOK: Duration = Duration::from_millis(4);
/// The interval between two looks whether there still is a supervisor.
const LIVES: Duration = Duration::from_secs(2);
/// Outputs that were said longer ago are asked for again: a person with another tool may have changed them. Counted
/// from the last that the apply has said, as it may have ended while nobody drove the run.
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

/// Forgets which units were applied, and which version Terraform is: whoever takes a run up later does not know what
/// happened since.
pub(super) fn unmark(run: &Path) {
    // Where it cannot be removed, nothing of the run can be written either.
    let _ = std::fs::remove_file(run.join(VERSION));
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

/// The output of `output -json` in a folder, where an apply of this run has said the outputs a moment ago: none where
/// they are not known, and where any is sensitive, which no apply says.
pub(super) fn outputs(run: &Path, dir: &Path) -> Option<Vec<u8>> {
    let unit = applied(run, dir)?;
    let stdout = unit.join(format!("{}.stdout", folder::word(Step::Apply)));
    let age = stdout.metadata().ok()?.modified().ok()?.elapsed().ok()?;
    if age > FRESH {
        return None;
    }
    let said = last(&stdout).ok()?;
    let of_outputs = |line: &&str| line.contains("\"type\":\"outputs\"");
    let line = said.lines().rev().find(of_outputs).filter(|line| keeps_numbers(line))?;
    let line: Value = serde_json::from_str(line).ok()?;
    let outputs = line["outputs"].as_object().filter(|_| line["type"] == "outputs")?;
    let whole =
        |output: &Value| output["sensitive"] == false && output.get("value").is_some() && output.get("type").is_some();
    outputs.values().all(whole).then(|| serde_json::to_vec(outputs).ok())?
}

/// Whether all numbers in a text of JSON are written again as they stand in it. Terraform's have any number of digits,
/// and a [`Value`] has those of 64 bits.
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

/// Whether what is called as Terraform is Terraform, and says the same of its version wherever it is asked: not a
/// script, or a program of another name, which takes the version that a folder names.
pub(super) fn is_itself(terraform: &Path) -> bool {
    let Ok(program) = terraform.canonicalize() else { return false };
    let mut begin = [0_u8; 2];
    let is_read = File::open(&program).and_then(|file| file.read_exact_at(&mut begin, 0)).is_ok();
    is_read && begin != *b"#!" && program.file_name().is_some_and(|name| name == "terraform")
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
    use std::time::SystemTime;

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
        let large = open.replace(r#""string","value":"vpc-1""#, r#""number","value":18446744073709551616"#);
        assert!(large.contains("18446744073709551616"));
        let (run, dir) = unit("open", &format!("{planned}\nnot JSON\n{open}\n"));
        assert_eq!(
            String::from_utf8(outputs(&run, &dir).unwrap()).unwrap(),
            r#"{"id":{"sensitive":false,"type":"string","value":"vpc-1"}}"#
        );
        assert_eq!(outputs(&run, Path::new("/envs/other")), None, "it is another unit's folder");
        unmark(&run);
        assert_eq!(outputs(&run, &dir), None, "whoever took the run up does not know");
        std::fs::remove_dir_all(run).unwrap();
        for (name, said) in [("secret", secret), ("planned", planned), ("large", large.as_str()), ("nothing", "")] {
            let (run, dir) = unit(name, said);
            assert_eq!(outputs(&run, &dir), None, "{name}");
            assert!(is_applied(&run, &dir));
            std::fs::remove_dir_all(run).unwrap();
        }
    }

    #[test]
    fn outputs_are_as_old_as_what_the_apply_said_whenever_it_was_marked() {
        let (run, dir) = unit("old", r#"{"outputs":{},"type":"outputs"}"#);
        assert_eq!(outputs(&run, &dir), Some(b"{}".to_vec()));
        let said = File::options().write(true).open(folder::stdout(&run, "network", Step::Apply)).unwrap();
        said.set_modified(SystemTime::now() - FRESH - Duration::from_secs(1)).unwrap();
        mark(&run, "network").unwrap();
        assert_eq!(outputs(&run, &dir), None, "it has ended while nobody drove the run");
        std::fs::remove_dir_all(run).unwrap();
    }

    #[test]
    fn a_number_that_would_be_written_as_another_one_is_found() {
        assert!(keeps_numbers(r#"{"a":[1,-2,0.5,18446744073709551615],"b":"1e400 \" 00","c":true,"d":null}"#));
        for number in ["18446744073709551616", "0.12345678901234567890", "1e400", "-1.50"] {
            assert!(!keeps_numbers(&format!("{{\"a\":\"\\\"\",\"b\":[{number}]}}")), "{number}");
        }
    }

    #[test]
    fn a_version_is_kept_of_terraform_itself_and_for_as_long_as_one_supervisor_drives_the_run() {
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
        assert!(is_itself(&real) && is_itself(&link(&real, "tf")));
        assert!(!is_itself(&link(&switch, "terraform")), "it takes the version that a folder names");
        assert!(!is_itself(&script) && !is_itself(&run.join("nothing")));
        std::fs::write(run.join(VERSION), "Terraform v1.11.4\n").unwrap();
        unmark(&run);
        assert!(!run.join(VERSION).exists(), "whoever takes the run up may have another");
        std::fs::remove_dir_all(run).unwrap();
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
