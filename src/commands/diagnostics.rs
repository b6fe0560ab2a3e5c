//! `-v`, `-vv`, `--log-file`: the diagnostic log. It never contains secrets: modules log names, kinds and durations,
//! not requests or answers.

use crate::cli::{ExitCode, Global, Report};
use crate::config::is_named_pipe;
use std::fs::OpenOptions;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// Starts the log, if the flags enable it.
pub(super) fn start(global: &Global, screen: bool) -> Result<(), Report> {
    if global.verbose == 0 && global.log_file.is_none() {
        return Ok(());
    }
    // The SDK's own log lines can contain headers, so they are excluded at every level.
    let level = match global.verbose {
        0 | 1 => "cockpit=info",
        2 => "cockpit=debug",
        _ => "cockpit=trace",
    };
    // A line that cannot be written is dropped: reporting it on a closed stderr would panic.
    let builder =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::new(level)).with_ansi(false).log_internal_errors(false);
    match &global.log_file {
        Some(path) => {
            if is_named_pipe(path) {
                return Err(Report::new("output", format!("{} is a pipe", path.display()), ExitCode::Usage)
                    .hint("name a regular file with --log-file"));
            }
            let file = OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
                Report::new("output", format!("cannot write to {}", path.display()), ExitCode::Usage)
                    .caused_by(&error)
                    .hint("name another file with --log-file")
            })?;
            builder.with_writer(Mutex::new(file)).init();
        }
        // On stderr, log lines would overwrite the screen.
        None if screen => {
            return Err(Report::usage("diagnostics of the interactive session need a file").hint("add --log-file FILE"));
        }
        None => builder.with_writer(std::io::stderr).init(),
    }
    Ok(())
}
