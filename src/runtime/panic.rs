//! The panic hook: restores the terminal first, then prints where the report is.

use super::terminal;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

/// Installs the hook. After a panic in a feed's task the session continues; a panic in the main thread ends it.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        // A panic that ends only a request is reported by the asker, so it is just written down.
        let main = thread.name() == Some("main") && !crate::aws::session::panic_is_caught();
        if main {
            terminal::restore();
        }
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // A panic may quote external text.
        let message = crate::model::text::sanitize(panic.payload_as_str().unwrap_or("no message"));
        let backtrace = std::backtrace::Backtrace::force_capture();
        // Only the message and the stack: no arguments, no environment, no data.
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
