//! Reads the configuration in AWS, probes the hosts, and prints the results.

use super::args::Arguments;
use super::report;
use crate::app::probes::{ProbeKinds, allows_automatic_probes, order};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::commands::report_output::print;
use crate::model::health_probe::findings::Findings;
use crate::runtime::health::check;
use std::io;
use tokio::sync::mpsc;

/// The capacity of the channel of findings.
const WAITING: usize = 64;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if let Some(action) = &arguments.action {
        return Box::pin(super::change::change(context, action, out)).await;
    }
    let reading = context.collect(report::SOURCES, false).await?;
    reading.check_credentials()?;
    let app = &reading.collector.app;
    let sends = ProbeKinds {
        probes: !arguments.no_probe
            && (arguments.probe || arguments.probe_waf || allows_automatic_probes(&app.environment)),
        waf: arguments.probe_waf,
    };
    let order = order(&app.environment, &app.estate, sends);
    let session = context.aws(&app.environment);
    let (sender, mut found) = mpsc::channel(WAITING);
    let mut findings = Findings::default();
    let looking = async {
        tokio::join!(
            async {
                let result = check(&session, Some(&app.environment), &order, &sender).await;
                drop(sender);
                result
            },
            async {
                while let Some(finding) = found.recv().await {
                    findings.add(finding);
                }
            }
        )
        .0
    };
    // Findings from before the timeout are printed.
    let result = context.in_time(Box::pin(looking)).await;
    let over = result.is_none();
    let result = result.unwrap_or(Ok(()));
    result.map_err(|why| Report::usage(why).hint("correct `health` of the environment in the configuration"))?;
    let report = report::health(&reading.input(), &findings, order.send, order.waf);
    let code = print(context, &reading, &report, report.exit_code(), out)?;
    if over {
        print_note("the time is up: not everything was checked; give it more time with --timeout");
        return Ok(ExitCode::TimedOut);
    }
    Ok(code)
}
