//! Reads one environment that is not opened, in a separate session.

use super::clock::Clock;
use super::collect::{Collected, Collector};
use super::cost_cache;
use crate::app::Session;
use crate::app::event::Event;
use crate::app::poll::Wants;
use crate::config::{Config, EnvironmentConfig};
use crate::model::glance::{Glance, glance};
use crate::model::{Source, costs};
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// The sources of a survey: about ten requests for a small environment, and none that costs money.
const SOURCES: [Source; 6] =
    [Source::Identity, Source::Services, Source::Tasks, Source::DbClusters, Source::DbInstances, Source::Alarms];
/// The time limit for one environment.
const LIMIT: Duration = Duration::from_mins(1);

/// Reads an environment and sends the summary.
pub(super) async fn survey(
    config: Config,
    environment: EnvironmentConfig,
    session: Session,
    clock: Clock,
    out: Sender<Event>,
) {
    let name = environment.name.clone();
    let simulated = session.simulated;
    let wants = Wants { sources: SOURCES.into(), service_metrics: false, once: true, ..Wants::default() };
    let mut collector =
        Collector::new(config, environment, session, wants, clock.clone()).with_screen().in_background();
    let collected = Box::pin(collector.collect(Some(LIMIT))).await;
    let app = &collector.app;
    let sources = app.poller.sources(&app.environment);
    let mut seen = glance(&app.estate, &sources, clock.now());
    if collected == Collected::TimedOut {
        if seen.account.is_none() && seen.error.is_none() {
            seen = Glance::failed("it did not answer within a minute".to_owned(), clock.now());
        }
        // A source that never answered has no failure either.
        seen.missing =
            sources.iter().filter(|source| app.estate.status(**source).at.is_none()).count().max(seen.missing);
    }
    if app.poller.wrong_account() {
        let account = app.environment.account.clone().unwrap_or_default();
        seen.error = Some(format!("the credentials belong to another account than {account}"));
    }
    let identity = app.estate.identity.value().filter(|_| !simulated);
    if let Some(identity) = identity {
        // Costs come from the cache; no request that costs money is sent.
        let file = cost_cache::file(&identity.account, identity.endpoints.of("ce").unwrap_or_default(), None, None);
        let now = app.service_now();
        seen.cost = cost_cache::read(file.as_ref(), now).map(|kept| {
            let costs_now = costs::summarize(&kept, costs::today(now));
            (costs_now.month, kept.currency)
        });
    }
    let _ = out.send(Event::Surveyed(name, Box::new(seen))).await;
}
