//! Starts the simulated AWS.

use crate::cli::{ExitCode, Report};
use aws_sim::SimOptions;

pub(super) async fn start(options: SimOptions) -> Result<aws_sim::Sim, Report> {
    aws_sim::Sim::start(options).await.map_err(|error| {
        Report::new("simulator", "the simulator cannot be started", ExitCode::Failed).caused_by(&error)
    })
}
