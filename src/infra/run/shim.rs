//! Becomes Terraform: `cockpit internal tf-shim ARGUMENTS`, and the same program under the name [`NAME`], which Terragrunt
//! is given as its Terraform. In the step that it was started for it leaves the session of whoever started it, prints
//! into a file instead of a pipe and writes down which process it is, so that it goes on, and is found again, where what
//! started it is killed. In everything else that Terragrunt asks Terraform for it is plain Terraform, but for what the run
//! knows already, and for a plan that was begun ahead: that waits (`ahead`).

use super::ahead;
use super::folder;
pub use super::process::{Leaf, leaf};
use rustix::process::setsid;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
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
/// The variable that has the run's folder, where Terragrunt may be answered from what the run knows.
pub const RUN: &str = "COCKPIT_SHIM_RUN";
/// The variable that has the unit's folder, and behind it, line by line, what its `init` gets beside what Terragrunt gives it:
/// where planning a unit initialises it.
pub const INIT: &str = "COCKPIT_SHIM_INIT";
/// The variable that has the folder of the unit in a cache that is elsewhere.
pub const CACHE: &str = "COCKPIT_SHIM_CACHE";
/// The variable that has the file in which it will stand whether a plan that was begun ahead goes on.
pub const GO: &str = "COCKPIT_SHIM_GO";

/// The arguments of Terraform, where this program was called by [`NAME`].
pub fn called(mut arguments: impl Iterator<Item = OsString>) -> Option<Vec<OsString>> {
    let name = PathBuf::from(arguments.next()?);
    (name.file_name() == Some(OsStr::new(NAME))).then(|| arguments.collect())
}

/// Becomes Terraform. Comes back where it need not, with whether all is well.
///
/// # Errors
/// Terraform cannot be started.
pub fn become_terraform(arguments: &[OsString]) -> io::Result<bool> {
    let Some(terraform) = std::env::var_os(TERRAFORM) else {
        return Err(io::Error::other("it is started by the cockpit, not by hand"));
    };
    let first = arguments.first().map(OsString::as_os_str);
    let run = std::env::var_os(RUN).map(PathBuf::from);
    let is_step = first.is_some() && std::env::var_os(STEP).as_deref() == first;
    let is_version = matches!(arguments, [asked] if asked == "-version" || asked == "version");
    if let Some(run) = run.as_deref().filter(|_| !is_step) {
        if is_version && let Ok(said) = std::fs::read(run.join(ahead::VERSION)) {
            return printed(&said);
        }
        if !is_version && !gone_on(run) {
            return Ok(false);
        }
        let dir = std::env::current_dir()?;
        if first == Some(OsStr::new("init")) && ahead::is_applied(run, &dir) {
            // It was initialised by this run, and has not been touched since.
            return Ok(true);
        }
        if arguments == ["output", "-json"]
            && let Some(known) = ahead::outputs(run, &dir)
        {
            return printed(&known);
        }
    } else if run.as_deref().is_some_and(|run| !gone_on(run)) {
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

fn printed(text: &[u8]) -> io::Result<bool> {
    let mut out = io::stdout();
    out.write_all(text)?;
    out.flush()?;
    Ok(true)
}

/// Whether what was begun ahead goes on, once that is known; at once where nothing was.
fn gone_on(run: &Path) -> bool {
    std::env::var_os(GO).is_none_or(|go| ahead::wait(Path::new(&go), run))
}

/// The `init` of the unit itself says what it has to say in the step's file, as messages.
fn initialise(command: &mut Command) -> io::Result<()> {
    let (Some(init), Some(out)) = (std::env::var_os(INIT), std::env::var_os(STDOUT)) else { return Ok(()) };
    let init = init.to_string_lossy().into_owned();
    let mut lines = init.lines();
    let unit = PathBuf::from(lines.next().unwrap_or_default());
    let dir = std::env::current_dir()?;
    let elsewhere = std::env::var_os(CACHE).map(PathBuf::from).is_some_and(|cache| {
        // This folder is told without links.
        let real = cache.canonicalize();
        dir.starts_with(real.unwrap_or(cache))
    });
    if dir != unit && !elsewhere && !dir.starts_with(unit.join(".terragrunt-cache")) {
        return Ok(());
    }
    command.args(["-json", "-input=false"]).args(lines);
    command.stdin(Stdio::null()).stdout(Stdio::from(folder::to_add_to(Path::new(&out))?));
    Ok(())
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
    folder::replace_for_now(Path::new(&leaf), &serde_json::to_vec(&process)?)
}
