//! Watches over the run.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};

/// Watches over the run to its end. How its program ended is written down there, and is not this command's exit code.
pub(super) async fn run(arguments: &Arguments) -> Result<ExitCode, Report> {
    match crate::runtime::runs::watch::watch(&arguments.folder).await {
        Ok(()) => Ok(ExitCode::Done),
        Err(error) => {
            let text = format!("the run in {} cannot be watched over", arguments.folder.display());
            Err(Report::new("system", text, ExitCode::Failed).caused_by(&error))
        }
    }
}
