//! Starts a run and hands it over: from then on it needs nobody.

use super::folder::{self, Written};
use crate::feeds::runs::Order;
use secrecy::ExposeSecret as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// What watches over a run says within this that it stands; it takes a few hundredths of it.
const STANDS: Duration = Duration::from_secs(10);

/// What it says then.
pub(super) const READY: &str = "ready\n";

/// The program that runs here, also where its file was replaced or removed since.
pub fn this_program() -> PathBuf {
    let named = std::env::current_exe().ok().filter(|path| path.exists());
    named.unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// Starts a run in a folder that is not there yet; `cockpit` is the program that watches over it. It stands on its own
/// when this returns.
///
/// # Errors
/// When the folder is there or cannot be made, or what watches over the run does not start; the program itself may
/// still not be found, which the run then tells.
pub async fn start(cockpit: &Path, folder: &Path, order: &Order) -> io::Result<()> {
    let folder = std::path::absolute(folder)?;
    folder::make(&folder)?;
    let lock = folder::new_file(&folder.join(folder::LOCK))?;
    // Handed over as its standard input, and so held from now on: there is no moment in which a run that is about to
    // begin looks like one that was lost.
    lock.lock()?;
    let written = Written { argv: order.argv.clone(), folder: order.folder.clone() };
    folder::replace(&folder, folder::ORDER, &serde_json::to_vec_pretty(&written)?)?;
    let mut command = Command::new(cockpit);
    command
        .arg("run-detached")
        .arg(&folder)
        .envs(order.variables.iter().map(|(name, value)| (name, value.expose_secret())))
        .stdin(Stdio::from(lock))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in &order.without {
        command.env_remove(name);
    }
    // It leaves this session itself. It is not ended with this process, nor waited for by it.
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            // Nobody has been told of it: it is as if it had not been asked for.
            std::fs::remove_dir_all(&folder)?;
            return Err(error);
        }
    };
    drop(command);
    let (mut said, mut complaint) = (String::new(), String::new());
    let stands = async {
        let (Some(mut out), Some(mut err)) = (child.stdout.take(), child.stderr.take()) else { return Ok(0) };
        let mut first = [0; READY.len()];
        let read = out.read_exact(&mut first).await;
        said = String::from_utf8_lossy(&first).into_owned();
        if read.is_ok() && said == READY { Ok(0) } else { err.read_to_string(&mut complaint).await }
    };
    match tokio::time::timeout(STANDS, stands).await {
        Ok(_) if said == READY => Ok(()),
        Ok(_) => Err(io::Error::other(format!("what watches over it has ended: {}", complaint.trim()))),
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("what watches over it did not say within {} s that it stands", STANDS.as_secs()),
        )),
    }
}
