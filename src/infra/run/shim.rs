//! Becomes Terraform: `cockpit internal tf-shim ARGUMENTS`, and the same program under the name [`NAME`], which Terragrunt
//! is given as its Terraform. In the step that it was started for it leaves the session of whoever started it, prints
//! into a file instead of a pipe and writes down which process it is, so that it goes on, and is found again, where what
//! started it is killed. In everything else that Terragrunt asks Terraform for it is plain Terraform.

use super::folder;
use rustix::process::setsid;
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The name under which this program is Terraform.
pub const NAME: &str = "cockpit-tf-shim";
/// The variable that has Terraform's path.
pub const TERRAFORM: &str = "COCKPIT_SHIM_TERRAFORM";
/// The variable that has the step's word: Terraform's first argument in it.
pub const STEP: &str = "COCKPIT_SHIM_STEP";
/// The variable that has the file for what Terraform says.
pub const STDOUT: &str = "COCKPIT_SHIM_STDOUT";
/// The variable that has the file for which process it is.
pub const LEAF: &str = "COCKPIT_SHIM_LEAF";

/// Terraform's process in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Its id.
    pub pid: u32,
    /// Where it runs.
    pub dir: PathBuf,
}

/// Terraform's process in a step, as it was written down; none where it has not come to that.
pub fn leaf(path: &Path) -> Option<Leaf> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// The arguments of Terraform, where this program was called by [`NAME`].
pub fn called(mut arguments: impl Iterator<Item = OsString>) -> Option<Vec<OsString>> {
    let name = PathBuf::from(arguments.next()?);
    (name.file_name() == Some(OsStr::new(NAME))).then(|| arguments.collect())
}

/// Becomes Terraform. Comes back only where that fails.
pub fn become_terraform(arguments: &[OsString]) -> io::Error {
    let Some(terraform) = std::env::var_os(TERRAFORM) else {
        return io::Error::other("it is started by the cockpit, not by hand");
    };
    let mut command = Command::new(terraform);
    command.args(arguments);
    for name in [TERRAFORM, STEP, STDOUT, LEAF] {
        command.env_remove(name);
    }
    if arguments.first().is_some_and(|first| std::env::var_os(STEP).as_ref() == Some(first))
        && let Err(error) = detach(&mut command)
    {
        return error;
    }
    command.exec()
}

/// Leaves the session, prints into the step's file, and writes down which process this is.
fn detach(command: &mut Command) -> io::Result<()> {
    // Where it leads a session already there is nothing to leave.
    let _ = setsid();
    let (Some(out), Some(leaf)) = (std::env::var_os(STDOUT), std::env::var_os(LEAF)) else { return Ok(()) };
    let out: File = folder::to_add_to(Path::new(&out))?;
    // Held for as long as Terraform has the file open: what takes the run up asks by it whether Terraform lives.
    out.lock()?;
    command.stdin(Stdio::null()).stdout(Stdio::from(out));
    let process = Leaf { pid: std::process::id(), dir: std::env::current_dir()? };
    folder::replace(Path::new(&leaf), &serde_json::to_vec(&process)?)
}
