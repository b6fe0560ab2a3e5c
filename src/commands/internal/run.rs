//! Runs the processes that the cockpit starts itself.

use super::args::{Arguments, Part};
use crate::app::poll::Wants;
use crate::aws::{Connection, Session};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::config::{Config, EnvironmentConfig};
use crate::infra::run::supervisor::{AccountFuture, LossFuture};
use crate::infra::run::{shim, supervisor};
use crate::model::Source;
use crate::model::infra::RunOrder;
use crate::model::infra::data_loss::{DataResource, Loss};
use crate::model::infra::state_endpoint::ENDPOINTS;
use crate::runtime::clock::Clock;
use crate::runtime::{Collector, audit};
use jiff::Timestamp;
use std::time::Duration;

/// How long to wait for the account.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    match &arguments.part {
        Part::InfraSupervisor { folder } => {
            let path = supervisor::audit_file(folder);
            let record = |record| audit::append(path.as_deref(), record, Timestamp::now());
            let account = |order| -> AccountFuture<'_> { Box::pin(account(context, order)) };
            let counts = |order, held| -> LossFuture<'_> { Box::pin(counts(order, held)) };
            match supervisor::supervise(folder, audit::current_process(), &record, &account, &counts).await {
                Ok(()) => Ok(ExitCode::Done),
                Err(error) => {
                    let text = format!("the run in {} cannot be driven", folder.display());
                    Err(Report::new("system", text, ExitCode::Failed).caused_by(&error))
                }
            }
        }
        // Does not return if it becomes Terraform.
        Part::TfShim { arguments } => match shim::become_terraform(arguments) {
            Ok(true) => Ok(ExitCode::Done),
            Ok(false) => Ok(ExitCode::Failed),
            Err(error) => Err(Report::new("system", "terraform cannot be started", ExitCode::Failed).caused_by(&error)),
        },
    }
}

/// Counts what is lost with the resources to be destroyed.
async fn counts(order: RunOrder, held: Vec<DataResource>) -> Vec<Loss> {
    let account = order.account.clone();
    let session = Session::new(Connection::from(&environment(order)));
    let counted = tokio::time::timeout(LIMIT, session.losses(&held, account.as_deref())).await;
    let unanswered = |held: &DataResource| {
        held.known_uncounted().unwrap_or_else(|| held.describe(Err("AWS does not answer".into())))
    };
    counted.unwrap_or_else(|_| held.iter().map(unanswered).collect())
}

/// Returns the account of the tools' credentials, or why it is not known.
async fn account(context: &Context, order: RunOrder) -> Result<String, String> {
    // A new session each time: the tools also reload their credentials, and those may have changed.
    let wants = Wants { sources: [Source::Identity].into(), once: true, ..Wants::default() };
    let mut collector = Collector::new(Config::default(), environment(order), context.session(), wants, Clock::System);
    let collecting = Box::pin(collector.collect(None));
    tokio::time::timeout(LIMIT, collecting).await.map_err(|_| "AWS does not answer".to_owned())?;
    let identity = &collector.app.estate.identity;
    let failed =
        || identity.failure().map_or_else(|| "AWS does not answer".to_owned(), |failure| failure.message.clone());
    identity.value().map(|identity| identity.account.clone()).ok_or_else(failed)
}

/// Returns the environment of an order, with its AWS settings.
fn environment(order: RunOrder) -> EnvironmentConfig {
    // The user who resumes a run may have another endpoint in the environment variables, or none: the tools keep the
    // endpoint that the run was started with.
    let alone = order.world.0.len() == 1;
    let led_to = order.world.0.get(ENDPOINTS).filter(|_| alone).cloned();
    EnvironmentConfig {
        name: order.environment,
        profile: order.profile,
        region: order.region,
        endpoint_url: order.endpoint_url.or(led_to),
        ..EnvironmentConfig::default()
    }
}
