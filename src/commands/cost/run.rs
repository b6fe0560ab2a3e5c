//! Prints what was kept, or asks Cost Explorer where that is too old.

use super::args::Arguments;
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::opened::time_is_up;
use crate::commands::printed::print;
use crate::commands::say::say;
use crate::feeds::aws::{CostsOf, Fact, Query};
use crate::model::costs::{self, Costs};
use crate::model::{Failure, Source};
use crate::runtime::kept_costs as kept;
use jiff::tz::TimeZone;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let (loaded, environment) = context.open_typed(arguments.environment.as_deref())?;
    if arguments.estimate {
        return Box::pin(super::estimate::run(context, arguments, loaded.config, &environment, out)).await;
    }
    let mut reading = Box::pin(context.collect_in(loaded.config, environment, &[Source::Identity], false)).await;
    reading.check_credentials()?;
    let app = &reading.collector.app;
    let identity = app.estate.identity.value().cloned();
    let account =
        identity.as_ref().map(|identity| identity.account.clone()).or_else(|| app.environment.account.clone());
    let Some(account) = account else {
        let failure = app.estate.identity.failure().cloned().unwrap_or_else(Failure::other_answer);
        return Err(Report::of_failure("whose costs these would be cannot be asked", &failure));
    };
    if identity.is_none() {
        let why = app.estate.identity.failure().map_or("AWS did not answer in time".to_owned(), ToString::to_string);
        say(&format!("! whose credentials these are is not known, and {account} is the configured account: {why}"));
    }
    let unsure = identity.is_none();
    let endpoint = identity.and_then(|identity| identity.endpoint).unwrap_or_default();
    let now = app.service_now();
    let (environment, zone) = (app.environment.name.clone(), app.zone());
    // Cost Explorer's days are those of UTC.
    let today = now.to_zoned(TimeZone::UTC).date();
    // Whose figures these would be is not known: they are neither kept under the configured account, nor taken from it.
    let file = if unsure { None } else { kept::file(&account, &endpoint, arguments.tag.as_ref()) };
    let costs = if let Some(costs) = kept::read(file.as_ref(), now) {
        costs
    } else {
        let (from, to) = costs::span(today);
        let of =
            CostsOf { now, from, to, ahead: costs::ahead(today), tag: arguments.tag.clone(), account: account.clone() };
        let limit = context.limit();
        let asking = Box::pin(ask(&mut reading.collector, of));
        let asked = match limit {
            Some(left) => tokio::time::timeout(left, asking)
                .await
                .map_err(|_| time_is_up("Cost Explorer did not answer in it"))?,
            None => asking.await,
        };
        let costs = asked.map_err(|failure| Report::of_failure("what the account costs cannot be read", &failure))?;
        if let Some(file) = &file
            && let Err(error) = kept::keep(file, &costs)
        {
            say(&format!("! what Cost Explorer said cannot be kept in {}: {error}", file.display()));
        }
        costs
    };
    let tag = arguments.tag.as_ref().map(|(key, value)| format!("{key}={value}"));
    let shown = crate::headless::Shown { now, zone };
    let list = report::cost(&costs, &environment, &account, tag, today, shown);
    let incomplete = unsure || costs.no_forecast.is_some() || costs.no_budgets.is_some();
    let code = if incomplete { ExitCode::Incomplete } else { ExitCode::Done };
    print(context, &reading, &list, code, out)
}

async fn ask(collector: &mut crate::runtime::Collector, of: CostsOf) -> Result<Costs, Failure> {
    for fact in collector.ask(Query::Costs(Box::new(of))).await? {
        if let Fact::Costs(costs) = fact {
            return Ok(*costs);
        }
    }
    Err(Failure::other_answer())
}
