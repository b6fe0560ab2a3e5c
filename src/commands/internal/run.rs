//! Does what the cockpit started itself for.

use super::args::{Arguments, Part};
use crate::cli::{ExitCode, Report};
use crate::infra::run::{shim, supervisor};
use crate::runtime::audit;
use jiff::Timestamp;

pub(super) async fn run(arguments: &Arguments) -> Result<ExitCode, Report> {
    match &arguments.part {
        Part::InfraSupervisor { folder } => {
            let path = supervisor::audit_file(folder);
            let record = |record| audit::append(path.as_deref(), record, Timestamp::now());
            match supervisor::supervise(folder, audit::who(), &record).await {
                Ok(()) => Ok(ExitCode::Done),
                Err(error) => {
                    let text = format!("the run in {} cannot be driven", folder.display());
                    Err(Report::new("system", text, ExitCode::Failed).caused_by(&error))
                }
            }
        }
        // It does not come back where it becomes Terraform.
        Part::TfShim { arguments } => {
            let error = shim::become_terraform(arguments);
            Err(Report::new("system", "terraform cannot be started", ExitCode::Failed).caused_by(&error))
        }
    }
}
