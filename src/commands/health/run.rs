//! Reads what AWS declares, looks at the hosts, and prints what it means.

use super::args::Arguments;
use super::report;
use crate::app::probes::{Sends, order, sends_by_itself};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::printed::print;
use crate::commands::say::say;
use crate::model::health_probe::findings::Findings;
use crate::runtime::health::look;
use std::io;
use tokio::sync::mpsc;

/// Findings that wait to be taken in.
const WAITING: usize = 64;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if let Some(action) = &arguments.action {
        return Box::pin(super::change::change(context, action, out)).await;
    }
    let reading = context.collect(report::SOURCES, false).await?;
    reading.check_credentials()?;
    let app = &reading.collector.app;
    let sends = Sends {
        probes: !arguments.no_probe && (arguments.probe || arguments.probe_waf || sends_by_itself(&app.environment)),
        waf: arguments.probe_waf,
    };
    let order = order(&app.environment, &app.estate, sends);
    let session = context.aws(&app.environment);
    let (sender, mut found) = mpsc::channel(WAITING);
    let mut findings = Findings::default();
    let looking = async {
        tokio::join!(
            async {
                let looked = look(&session, Some(&app.environment), &order, &sender).await;
                drop(sender);
                looked
            },
            async {
                while let Some(finding) = found.recv().await {
                    findings.take(finding);
                }
            }
        )
        .0
    };
    // What was found until then is told.
    let looked = context.in_time(Box::pin(looking)).await;
    let over = looked.is_none();
    let looked = looked.unwrap_or(Ok(()));
    looked.map_err(|why| Report::usage(why).hint("correct `health` of the environment in the configuration"))?;
    let report = report::health(&reading.input(), &findings, order.send, order.waf);
    let code = print(context, &reading, &report, report.exit_code(), out)?;
    if over {
        say("the time is up: not all was looked at; give it more time with --timeout");
        return Ok(ExitCode::TimedOut);
    }
    Ok(code)
}
