//! Programs that are started beside the screen, or would have to be there: a browser, the shell that it was started
//! from.

use std::io;

/// Whether anybody could continue a stopped program: as the first process of a container, nobody could.
pub(super) fn has_shell() -> bool {
    rustix::process::getppid().is_some_and(|parent| !parent.is_init())
}

/// Starts a browser where there is one on this screen; elsewhere the link on the screen must do.
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
