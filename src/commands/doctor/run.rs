//! Runs the checks of the doctor, and prints them.

use super::args::Arguments;
use super::{policy, report};
use crate::app::doctor::Check;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::report_output::{print_result, verdict_code};
use crate::config::EnvironmentConfig;
use crate::headless;
use crate::runtime::clock::Clock;
use crate::runtime::doctor::{self, CheckedEnvironment, DoctorResult};
use crate::runtime::{is_drawable, probe_widths};
use std::io::{self, IsTerminal as _};
use tokio::time::Instant;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if let Some(purpose) = arguments.policy {
        let (_, environment) = context.open()?;
        let environment = context.session().overrides.apply(environment);
        let region = match &environment.region {
            Some(region) => Some(region.clone()),
            None => context.aws(&environment).configured_region().await.ok().flatten(),
        };
        let text = policy::text(&environment, region.as_deref(), purpose)?;
        return print_result(writeln!(out, "{text}").and_then(|()| out.flush()));
    }
    let loaded = context.load();
    let mut checks = Vec::new();
    match loaded.check_errors() {
        Ok(()) => checks.push(Check::ok("configuration", loaded.files.join(", "))),
        Err(report) => checks.push(Check::fail("configuration", report.message, "run `cockpit config check`")),
    }
    let environment = context.open_loaded(&loaded);
    let found = match &environment {
        Ok(environment) => {
            let environment: EnvironmentConfig = context.session().overrides.apply(environment.clone());
            let patient = CheckedEnvironment {
                config: loaded.config.clone(),
                session: crate::app::Session { places: loaded.places(), ..context.session() },
                aws: context.aws(&environment),
                environment,
                clock: Clock::System,
                end: context.time_left().and_then(|limit| Instant::now().checked_add(limit)),
                on_screen: false,
            };
            Box::pin(doctor::check(&patient)).await
        }
        Err(report) => {
            let mut found = doctor::tools(context.time_left()).await;
            let hint = report.hint.clone().unwrap_or_default();
            found.push(Check::fail("environment", report.message.clone(), hint));
            DoctorResult { checks: found, code: None, unread: false }
        }
    };
    checks.extend(found.checks);
    checks.extend(terminal());
    let name = environment.as_ref().ok().map(|environment| environment.name.as_str());
    let report = report::doctor(name, checks);
    let code = found.code.unwrap_or_else(|| report.exit_code(found.unread));
    verdict_code(headless::print(out, &report, context.output, Context::width()).map(drop), code)
}

fn terminal() -> Vec<Check> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return vec![Check::warn("terminal", "output is not a terminal", "run `cockpit doctor` in one to check it")];
    }
    let mut checks = Vec::new();
    let name = std::env::var("TERM").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "not set".to_owned());
    if let Ok((columns, rows)) = crossterm::terminal::size() {
        let detail = format!("{name}, {columns}×{rows}");
        let (least_columns, least_rows) = crate::app::screen::SMALLEST;
        checks.push(if columns < least_columns || rows < least_rows {
            Check::warn("terminal", detail, format!("the screen needs {least_columns}×{least_rows}"))
        } else {
            Check::ok("terminal", detail)
        });
    }
    if !is_drawable() {
        let hint = "the screen needs a terminal that can move its cursor; commands such as `cockpit services` do not";
        checks.push(Check::warn("signs", format!("TERM is {name}: nothing is drawn"), hint));
        return checks;
    }
    checks.push(match probe_widths() {
        Some(1) => Check::ok("signs", "one cell wide"),
        Some(_) => Check::warn("signs", "drawn two cells wide: frames would break", "set `ascii = true` under [ui]"),
        None => Check::warn(
            "signs",
            "the terminal does not tell its cursor",
            "set `ascii = true` under [ui] if frames look broken",
        ),
    });
    checks.push(if anstyle_query::no_color() {
        Check::ok("colour", "off: NO_COLOR is set")
    } else if anstyle_query::truecolor() {
        Check::ok("colour", "true colour")
    } else {
        Check::ok("colour", "16 or 256 colours")
    });
    checks
}
