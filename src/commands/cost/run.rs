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
use crate::runtime::kept_costs;
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
        let Some(failure) = app.estate.identity.failure().cloned() else {
            let text = format!("it is not known whose costs these would be: {} names no account", app.environment.name);
            return Err(Report::usage(text).hint("name its `account` and its `region` in the configuration"));
        };
        return Err(Report::of_failure("cannot tell whose costs these would be", &failure));
    };
    let unsure = identity.is_none();
    if let Some(why) = reading.identity_unknown() {
        say(&format!("! {why}"));
    }
    let endpoint = identity.and_then(|identity| identity.endpoints.of("ce").map(str::to_owned)).unwrap_or_default();
    let now = app.service_now();
    let (environment, zone) = (app.environment.name.clone(), app.zone());
    let today = costs::today(now);
    // Whose figures these would be is not known: they are neither kept under the configured account, nor taken from it.
    let file =
        if unsure { None } else { kept_costs::file(&account, &endpoint, arguments.tag.as_ref(), arguments.by_tag()) };
    let by = arguments.by_tag().map(str::to_owned);
    let (from, to) = costs::span(today);
    let of = CostsOf {
        now,
        from,
        to,
        ahead: costs::ahead(today),
        tag: arguments.tag.clone(),
        by: by.clone(),
        account: account.clone(),
    };
    let asked = kept_costs::or_asked(file.as_ref(), now, ask(&mut reading.collector, of));
    let asked = context.in_time(Box::pin(asked)).await;
    let asked = asked.ok_or_else(|| time_is_up("Cost Explorer did not answer"))?;
    let (costs, unkept) =
        asked.map_err(|failure| Report::of_failure("what the account costs cannot be read", &failure))?;
    if let Some(why) = unkept {
        say(&format!("! {why}"));
    }
    let tag = arguments.tag.as_ref().map(|(key, value)| format!("{key}={value}"));
    let shown = crate::headless::Shown { now, zone };
    let list = report::cost(&costs, &environment, &account, (tag, by), today, shown);
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
