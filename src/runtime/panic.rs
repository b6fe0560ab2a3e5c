//! A panic gives the terminal back first, and then says where its report is.

use super::terminal;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

/// Installs the hook. A panic in a feed's task is written down and the session goes on; one in the
/// main thread ends it.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        // One that ends no more than a request is written down, and told by what asked.
        let main = thread.name() == Some("main") && !crate::aws::session::panic_is_caught();
        if main {
            terminal::give_back();
        }
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // A panic may quote what was read.
        let message = crate::model::text::harmless(panic.payload_as_str().unwrap_or("no message"));
        let backtrace = std::backtrace::Backtrace::force_capture();
        // The message and the stack only: no arguments, no environment, nothing that was read.
        let report = format!(
            "cockpit {} panicked in {} at {place}\n{message}\n\n{backtrace}\n",
            env!("CARGO_PKG_VERSION"),
            thread.name().unwrap_or("a feed"),
        );
        tracing::error!(%place, "panic: {message}");
        let written = write_report(&report);
        if main {
            let mut err = std::io::stderr();
            let _ = match written {
                Some(path) => writeln!(
                    err,
                    "error: cockpit failed at {place}: {message}\n  hint: the report is {}",
                    path.display()
                ),
                None => writeln!(err, "error: {report}"),
            };
        }
    }));
}

fn write_report(report: &str) -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.cache_dir()).join("cockpit");
    fs::create_dir_all(&folder).ok()?;
    let path = folder.join(format!("panic-{}.txt", std::process::id()));
    fs::write(&path, report).ok()?;
    Some(path)
}
