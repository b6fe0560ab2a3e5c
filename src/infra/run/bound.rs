//! What a plan is bound to: the hash of its file, and the code that it was made of.

use crate::model::infra::Unit;
use crate::model::infra::run_event::Revision;
use sha2::{Digest as _, Sha256};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Endings of the files that Terraform and Terragrunt read.
const CODE: &[&str] = &["*.tf", "*.tf.json", "*.tfvars", "*.tfvars.json", "*.hcl", "*.tftpl", "*.tpl"];
/// Laid over the code of a unit while what guards it is lifted.
pub(super) const OVERRIDE: &str = "cockpit_destroy_override.tf";
/// Folders that are made of others.
const MADE: &[&str] = &[".terraform", ".terragrunt-cache", ".git"];

/// SHA-256 of a file, in hexadecimal digits.
///
/// # Errors
/// When it cannot be read.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hex(hash))
}

fn hex(hash: Sha256) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The revision of the code of a folder; none where it is in no repository.
pub fn revision(dir: &Path) -> Option<Revision> {
    let commit = git(dir, ["rev-parse", "HEAD"])?;
    let commit = String::from_utf8(commit).ok()?.trim().to_owned();
    let dirty = git(dir, ["status", "--porcelain"]).is_none_or(|changes| !changes.is_empty());
    Some(Revision { commit, dirty })
}

/// One hash over the files that a plan of a unit may be made of: all code of its repository, changes that are not committed
/// too; outside of one, what is in its folder. Empty where they cannot be read.
pub fn code(unit: &Unit) -> String {
    let top = git(&unit.dir, ["rev-parse", "--show-toplevel"])
        .and_then(|top| String::from_utf8(top).ok())
        .map(|top| PathBuf::from(top.trim_end_matches('\n')));
    let mut files = if let Some(top) = &top {
        in_repository(top).unwrap_or_default()
    } else {
        let mut found = Vec::new();
        in_folder(&unit.dir, &mut found);
        found
    };
    files.extend(unit.var_files.iter().cloned());
    // What the cockpit lays over the code for the time of a plan is in that plan.
    files.retain(|file| file.file_name() != Some(OsStr::new(OVERRIDE)));
    files.sort();
    files.dedup();
    let mut all = Sha256::new();
    for file in files {
        // One that is gone is a change too: its name is in the list of the repository, or it is not in the folder's.
        let content = sha256(&file).unwrap_or_default();
        all.update(file.as_os_str().as_encoded_bytes());
        all.update([0]);
        all.update(content);
        all.update([0]);
    }
    hex(all)
}

fn in_repository(top: &Path) -> Option<Vec<PathBuf>> {
    use std::os::unix::ffi::OsStrExt as _;
    let mut arguments = vec!["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"];
    arguments.extend(CODE);
    let listed = git(top, arguments)?;
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Some(names.map(|name| top.join(OsStr::from_bytes(name))).collect())
}

fn in_folder(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if !MADE.contains(&name.as_ref()) {
                in_folder(&entry.path(), found);
            }
        } else if CODE.iter().any(|ending| name.ends_with(&ending[1..])) {
            found.push(entry.path());
        }
    }
}

/// What git says; none where it fails, or is not there.
fn git<'a>(dir: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Option<Vec<u8>> {
    let asked = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(["--no-optional-locks"])
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    asked.status.success().then_some(asked.stdout)
}
