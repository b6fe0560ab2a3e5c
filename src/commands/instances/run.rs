//! Reads the environment's instances, and prints them.

use super::args::Arguments;
use super::report;
use crate::aws::machines::Which;
use crate::aws::{Connection, Session};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::opened::time_is_up;
use crate::commands::printed::print;
use std::io;

pub(super) async fn run(context: &Context, _: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let reading = context.collect(report::SOURCES, false).await?;
    reading.check_credentials()?;
    let app = &reading.collector.app;
    let environment = &app.environment;
    let session = Session::new(Connection::from(environment));
    let which = if environment.instances.is_empty() {
        Which::Tagged { project: &environment.project, environment: &environment.name }
    } else {
        Which::Named(&environment.instances)
    };
    let asked = session.machines(&which, app.service_now());
    let read = match context.limit() {
        Some(left) => tokio::time::timeout(left, asked).await.map_err(|_| time_is_up("the instances were read"))?,
        None => asked.await,
    };
    let list = report::instances(&reading.input(), &read);
    print(context, &reading, &list, list.exit_code(), out)
}
