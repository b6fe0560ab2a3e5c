//! Becomes Terraform: as `cockpit internal tf-shim ARGUMENTS`, and as the same program under the name [`NAME`], which
//! Terragrunt gets as its Terraform. In the step that it was started for, it leaves the session of its starter, prints into a
//! file instead of a pipe and records its process ID. So it continues, and can be found again, if its starter is killed. In
//! all other calls by Terragrunt it is plain Terraform, except that it answers from what the run knows already, and that a
//! plan that was started ahead waits (see `ahead`).

use super::ahead;
pub use super::process::{Leaf, leaf};
use crate::private_files;
use rustix::process::setsid;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The name under which this program is Terraform.
pub const NAME: &str = "cockpit-tf-shim";
/// The variable with Terraform's path.
pub const TERRAFORM: &str = "COCKPIT_SHIM_TERRAFORM";
/// The variable with the name of the step, which is Terraform's first argument in it.
pub const STEP: &str = "COCKPIT_SHIM_STEP";
/// The variable with the file for Terraform's output.
pub const STDOUT: &str = "COCKPIT_SHIM_STDOUT";
/// The variable with the file for the process ID.
pub const LEAF: &str = "COCKPIT_SHIM_LEAF";
/// The variable with the run's folder, if Terragrunt may be answered from what the run knows.
pub const RUN: &str = "COCKPIT_SHIM_RUN";
/// The variable with the unit's folder, followed by lines of additional arguments for its `init`. Set if planning a unit also
/// initialises it.
pub const INIT: &str = "COCKPIT_SHIM_INIT";
/// The variable with the unit's folder in a cache outside of the unit.
pub const CACHE: &str = "COCKPIT_SHIM_CACHE";
/// The variable with the file that says whether a plan that was started ahead continues.
pub const GO: &str = "COCKPIT_SHIM_GO";

/// Returns the arguments of Terraform, if this program was called by [`NAME`].
pub fn terraform_arguments(mut arguments: impl Iterator<Item = OsString>) -> Option<Vec<OsString>> {
    let name = PathBuf::from(arguments.next()?);
    (name.file_name() == Some(OsStr::new(NAME))).then(|| arguments.collect())
}

/// Becomes Terraform. Returns only if Terraform is not needed, with whether the call succeeded.
///
/// # Errors
/// If Terraform cannot be started.
pub fn become_terraform(arguments: &[OsString]) -> io::Result<bool> {
    let Some(terraform) = std::env::var_os(TERRAFORM) else {
        return Err(io::Error::other("it is started by the cockpit, not by hand"));
    };
    let first = arguments.first().map(OsString::as_os_str);
    let run = std::env::var_os(RUN).map(PathBuf::from);
    let is_step = first.is_some() && std::env::var_os(STEP).as_deref() == first;
    let is_version = matches!(arguments, [argument] if argument == "-version" || argument == "version");
    if let Some(run) = run.as_deref().filter(|_| !is_step) {
        if is_version && let Ok(version) = std::fs::read(run.join(ahead::VERSION)) {
            return print(&version);
        }
        if !is_version && !may_continue(run) {
            return Ok(false);
        }
        let dir = std::env::current_dir()?;
        if first == Some(OsStr::new("init")) && ahead::is_applied(run, &dir) {
            // It was initialised by this run, and has not changed since.
            return Ok(true);
        }
        if arguments == ["output", "-json"]
            && let Some(known) = ahead::outputs(run, &dir)
        {
            return print(&known);
        }
    } else if run.as_deref().is_some_and(|run| !may_continue(run)) {
        return Ok(false);
    }
    let mut command = Command::new(terraform);
    command.args(arguments);
    if first == Some(OsStr::new("init")) {
        initialise(&mut command)?;
    }
    for name in [TERRAFORM, STEP, STDOUT, LEAF, RUN, INIT, CACHE, GO] {
        command.env_remove(name);
    }
    if is_step {
        detach(&mut command)?;
    }
    Err(command.exec())
}

fn print(text: &[u8]) -> io::Result<bool> {
    let mut out = io::stdout();
    out.write_all(text)?;
    out.flush()?;
    Ok(true)
}

/// Waits until it is known whether a plan that was started ahead continues; true at once if none was.
fn may_continue(run: &Path) -> bool {
    std::env::var_os(GO).is_none_or(|go| ahead::wait_for_go(Path::new(&go), run))
}

/// Makes the `init` of the unit itself print its messages as JSON into the step's file.
fn initialise(command: &mut Command) -> io::Result<()> {
    let (Some(init), Some(out)) = (std::env::var_os(INIT), std::env::var_os(STDOUT)) else { return Ok(()) };
    let init = init.to_string_lossy().into_owned();
    let mut lines = init.lines();
    let unit = PathBuf::from(lines.next().unwrap_or_default());
    let dir = std::env::current_dir()?;
    let elsewhere = std::env::var_os(CACHE).map(PathBuf::from).is_some_and(|cache| {
        // The current folder has no symbolic links in its path.
        let real = cache.canonicalize();
        dir.starts_with(real.unwrap_or(cache))
    });
    if dir != unit && !elsewhere && !dir.starts_with(unit.join(".terragrunt-cache")) {
        return Ok(());
    }
    command.args(["-json", "-input=false"]).args(lines);
    command.stdin(Stdio::null()).stdout(Stdio::from(private_files::to_add_to(Path::new(&out))?));
    Ok(())
}

/// Leaves the session, prints into the step's file, and records the process ID.
fn detach(command: &mut Command) -> io::Result<()> {
    // It fails if this process leads a session already.
    let _ = setsid();
    let (Some(out), Some(leaf)) = (std::env::var_os(STDOUT), std::env::var_os(LEAF)) else { return Ok(()) };
    let out: File = private_files::to_add_to(Path::new(&out))?;
    // Held as long as Terraform has the file open; whoever resumes the run uses it to see whether Terraform is alive.
    out.lock()?;
    command.stdin(Stdio::null()).stdout(Stdio::from(out));
    let process = Leaf { pid: std::process::id(), dir: std::env::current_dir()? };
    private_files::replace_for_now(Path::new(&leaf), &serde_json::to_vec(&process)?)
}
