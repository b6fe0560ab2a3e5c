//! The environment of the process: a browser to open links in, and the shell that can continue a stopped program.

use std::io;

/// Whether a shell could continue this program after it stopped; the first process of a container has none.
pub(super) fn has_shell() -> bool {
    rustix::process::getppid().is_some_and(|parent| !parent.is_init())
}

/// Starts a browser if this screen can show one; otherwise the link in the terminal has to do.
pub(super) fn open_link(link: &str) -> io::Result<()> {
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if has("SSH_CONNECTION") {
        return Ok(());
    }
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if has("DISPLAY") || has("WAYLAND_DISPLAY") {
        "xdg-open"
    } else {
        return Ok(());
    };
    let null = std::process::Stdio::null;
    std::process::Command::new(program).arg(link).stdin(null()).stdout(null()).stderr(null()).spawn().map(drop)
}
