//! Runs the processes that the cockpit starts for itself.

use super::args::{Arguments, Part};
use crate::app::poll::Wants;
use crate::aws::{Connection, Session};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::config::{Config, EnvironmentConfig};
use crate::infra::run::supervisor::{Asked, Counted};
use crate::infra::run::{shim, supervisor};
use crate::model::Source;
use crate::model::infra::Order;
use crate::model::infra::loss::{Held, Loss};
use crate::model::infra::world::ENDPOINTS;
use crate::runtime::clock::Clock;
use crate::runtime::{Collector, audit};
use jiff::Timestamp;
use std::time::Duration;

/// How long AWS may take to say whose account it is.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    match &arguments.part {
        Part::InfraSupervisor { folder } => {
            let path = supervisor::audit_file(folder);
            let record = |record| audit::append(path.as_deref(), record, Timestamp::now());
            let account = |order| -> Asked<'_> { Box::pin(account(context, order)) };
            let counts = |order, held| -> Counted<'_> { Box::pin(counts(order, held)) };
            match supervisor::supervise(folder, audit::who(), &record, &account, &counts).await {
                Ok(()) => Ok(ExitCode::Done),
                Err(error) => {
                    let text = format!("the run in {} cannot be driven", folder.display());
                    Err(Report::new("system", text, ExitCode::Failed).caused_by(&error))
                }
            }
        }
        // It does not come back where it becomes Terraform.
        Part::TfShim { arguments } => match shim::become_terraform(arguments) {
            Ok(true) => Ok(ExitCode::Done),
            Ok(false) => Ok(ExitCode::Failed),
            Err(error) => Err(Report::new("system", "terraform cannot be started", ExitCode::Failed).caused_by(&error)),
        },
    }
}

/// Counts what is lost with resources that are to be destroyed.
async fn counts(order: Order, held: Vec<Held>) -> Vec<Loss> {
    let account = order.account.clone();
    let session = Session::new(Connection::from(&environment(order)));
    let counted = tokio::time::timeout(LIMIT, session.losses(&held, account.as_deref())).await;
    let untold = |held: &Held| held.unasked().unwrap_or_else(|| held.told(Err("AWS does not answer".into())));
    counted.unwrap_or_else(|_| held.iter().map(untold).collect())
}

/// The account of the credentials that the tools have, or why nobody knows.
async fn account(context: &Context, order: Order) -> Result<String, String> {
    // With a session of its own each time: the tools read their credentials anew, too, and those may be others by now.
    let wants = Wants { sources: [Source::Identity].into(), once: true, ..Wants::default() };
    let mut collector = Collector::new(Config::default(), environment(order), context.session(), wants, Clock::System);
    let asked = Box::pin(collector.collect(None));
    tokio::time::timeout(LIMIT, asked).await.map_err(|_| "AWS does not answer".to_owned())?;
    let identity = &collector.app.estate.identity;
    let failed =
        || identity.failure().map_or_else(|| "AWS does not answer".to_owned(), |failure| failure.message.clone());
    identity.value().map(|identity| identity.account.clone()).ok_or_else(failed)
}

/// The environment of an order, with its settings for AWS.
fn environment(order: Order) -> EnvironmentConfig {
    // Whoever takes a run up may have another endpoint in the shell, or none: the tools go where the run was begun.
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
