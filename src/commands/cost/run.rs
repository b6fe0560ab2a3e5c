//! Prints the cached costs, or reads Cost Explorer if they are too old.

use super::args::Arguments;
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::change_target::time_is_up;
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::commands::report_output::print;
use crate::feeds::aws::{CostQuery, Fact, Query};
use crate::model::costs::{self, Costs};
use crate::model::{Failure, Source};
use crate::runtime::cost_cache;
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
        return Err(Report::from_failure("cannot tell whose costs these would be", &failure));
    };
    let unsure = identity.is_none();
    if let Some(why) = reading.identity_unknown() {
        print_note(&format!("! {why}"));
    }
    let endpoint = identity.and_then(|identity| identity.endpoints.of("ce").map(str::to_owned)).unwrap_or_default();
    let now = app.service_now();
    let (environment, zone) = (app.environment.name.clone(), app.zone());
    let today = costs::today(now);
    // The account is not confirmed: its costs are neither cached under the configured account, nor taken from that
    // cache.
    let file =
        if unsure { None } else { cost_cache::file(&account, &endpoint, arguments.tag.as_ref(), arguments.by_tag()) };
    let by = arguments.by_tag().map(str::to_owned);
    let (from, to) = costs::days_to_read(today);
    let request = CostQuery {
        now,
        from,
        to,
        forecast: costs::days_to_forecast(today),
        tag: arguments.tag.clone(),
        group_by_tag: by.clone(),
        account: account.clone(),
    };
    let answer = cost_cache::or_read(file.as_ref(), now, ask(&mut reading.collector, request));
    let answer = context.in_time(Box::pin(answer)).await;
    let answer = answer.ok_or_else(|| time_is_up("Cost Explorer did not answer"))?;
    let (costs, unkept) =
        answer.map_err(|failure| Report::from_failure("the costs of the account cannot be read", &failure))?;
    if let Some(why) = unkept {
        print_note(&format!("! {why}"));
    }
    let tag = arguments.tag.as_ref().map(|(key, value)| format!("{key}={value}"));
    let shown = crate::headless::TimeDisplay { now, zone };
    let list = report::cost(&costs, &environment, &account, (tag, by), today, shown);
    let incomplete = unsure || costs.no_forecast.is_some() || costs.no_budgets.is_some();
    let code = if incomplete { ExitCode::Incomplete } else { ExitCode::Done };
    print(context, &reading, &list, code, out)
}

async fn ask(collector: &mut crate::runtime::Collector, of: CostQuery) -> Result<Costs, Failure> {
    for fact in collector.query(Query::Costs(Box::new(of))).await? {
        if let Fact::Costs(costs) = fact {
            return Ok(*costs);
        }
    }
    Err(Failure::mismatched_answer())
}
