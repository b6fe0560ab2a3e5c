//! `doctor`: tools, credentials, account, clock, permissions, values of one's own, terminal. Every check
//! runs; none stops the others.

use super::own_values;
use super::report::{self, Check};
use super::tunnels;
use crate::app::tunnels::route;
use crate::cli::{ExitCode, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::printed::verdict;
use crate::config::{Config, EnvironmentConfig};
use crate::headless;
use crate::model::time::spoken;
use crate::model::{FailureKind, Identity, Observed, Source};
use crate::runtime::{Collected, drawable, probe_widths};
use jiff::SignedDuration;
use std::io::{self, IsTerminal as _};
use std::process::Stdio;
use std::time::Duration;

/// AWS refuses requests whose clock is off by more than this. Source: the SigV4 documentation.
const SKEW_REFUSED: SignedDuration = SignedDuration::from_mins(5);
/// From this on it is worth a word.
const SKEW_NOTED: SignedDuration = SignedDuration::from_secs(30);
/// A tool that does not tell its version in this time hangs.
const TOOL_LIMIT: Duration = Duration::from_secs(10);

/// Tools that the commands call, how each tells its version, and what needs it.
const TOOLS: [(&str, &[&str], &str); 3] = [
    ("terraform", &["version"], "the environments in infra/terraform are made with it"),
    ("terragrunt", &["--version"], "the environments in infra/terraform are made with it"),
    ("docker", &["--version"], "`cockpit deploy --build` needs it"),
];

pub(super) async fn run(context: &Context, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let loaded = context.load();
    let mut checks = Vec::new();
    match loaded.sound() {
        Ok(()) => checks.push(Check::ok("configuration", loaded.files.join(", "))),
        Err(report) => checks.push(Check::fail("configuration", report.message, "run `cockpit config check`")),
    }
    let environment = loaded.open(context.global.env.as_deref()).cloned();
    let (tools, found) = tokio::join!(tools(context), async {
        match &environment {
            Ok(environment) => Box::pin(of_environment(context, &loaded.config, environment)).await,
            Err(report) => {
                let hint = report.hint.clone().unwrap_or_default();
                Found::whole(vec![Check::fail("environment", report.message.clone(), hint)])
            }
        }
    });
    checks.extend(tools);
    checks.extend(found.checks);
    if let Ok(environment) = &environment {
        checks.extend(own_values::checks(&std::env::current_dir().unwrap_or_default(), environment));
    }
    checks.extend(terminal());
    let name = environment.as_ref().ok().map(|environment| environment.name.as_str());
    let report = report::doctor(name, checks);
    let code = found.code.unwrap_or_else(|| report.exit_code());
    verdict(headless::print(out, &report, context.output, Context::width()).map(drop), code)
}

/// What was found, and what the exit code tells of it.
struct Found {
    checks: Vec<Check>,
    /// The exit code, where it is not that of the checks.
    code: Option<ExitCode>,
}

impl Found {
    fn whole(checks: Vec<Check>) -> Self {
        Self { checks, code: None }
    }

    fn late(what: &str) -> Self {
        let checks = vec![Check::fail(what, "no answer in time", FailureKind::Timeout.hint())];
        // What was not answered in time is not known to be wrong.
        Self { checks, code: Some(ExitCode::TimedOut) }
    }
}

async fn tools(context: &Context) -> Vec<Check> {
    let limit = context.limit().map_or(TOOL_LIMIT, |limit| limit.min(TOOL_LIMIT));
    let asked = TOOLS.map(|(name, arguments, needed)| async move {
        let hint = format!("install it and put it on PATH: {needed}");
        let child = tokio::process::Command::new(name).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
        match tokio::time::timeout(limit, child).await {
            Ok(Ok(output)) if output.status.success() => {
                let text = String::from_utf8_lossy(&output.stdout);
                Check::ok(name, text.lines().next().unwrap_or_default().to_owned())
            }
            Ok(Ok(output)) => Check::warn(name, format!("it ends with {}", output.status), hint),
            Ok(Err(_)) => Check::warn(name, "not found", hint),
            Err(_) => Check::warn(name, "it does not answer", hint),
        }
    });
    futures_util::future::join_all(asked).await
}

async fn of_environment(context: &Context, config: &Config, environment: &EnvironmentConfig) -> Found {
    let mut checks = Vec::new();
    let environment = context.session().overrides.apply(environment.clone());
    let session = context.aws(&environment);
    let limit = context.limit().unwrap_or(Duration::from_mins(1));
    let Ok(probes) = tokio::time::timeout(limit, session.probe(&environment)).await else {
        return Found::late("aws");
    };
    let whose = route::whose(config, &environment);
    let Ok(tunnels) = tokio::time::timeout(limit, tunnels::checks(&session, &environment, &whose)).await else {
        return Found::late("tunnels");
    };
    let Found { checks: who, code } = identity(context, &environment).await;
    checks.extend(who);
    checks.push(match session.region() {
        Some(region) => Check::ok("region", region),
        None => Check::fail("region", "none is set", "set `region` of the environment, --region or AWS_REGION"),
    });
    checks.push(match session.service_clock().measured() {
        None => Check::warn("clock", "no answer told the time", "check the endpoint"),
        Some(skew) => {
            let off = skew.abs();
            let detail = format!("{} off", spoken(off));
            if off >= SKEW_REFUSED {
                Check::fail("clock", detail, "set this machine's clock: AWS refuses requests that are 5 minutes off")
            } else if off >= SKEW_NOTED {
                Check::warn("clock", detail, "set this machine's clock")
            } else {
                Check::ok("clock", detail)
            }
        }
    });
    for probe in probes {
        checks.push(match probe.outcome {
            Ok(()) => Check::ok(probe.action, "allowed"),
            Err(failure) if failure.kind == FailureKind::Throttled => {
                Check::warn(probe.action, failure.message.clone(), failure.hint())
            }
            Err(failure) => Check::fail(probe.action, failure.message.clone(), failure.hint()),
        });
    }
    checks.extend(tunnels);
    Found { checks, code }
}

async fn identity(context: &Context, environment: &EnvironmentConfig) -> Found {
    let reading = match context.collect(&[Source::Identity], false).await {
        Ok(reading) if reading.collected == Collected::Settled => reading,
        Ok(_) => return Found::late("identity"),
        Err(report) => {
            return Found::whole(vec![Check::fail("identity", report.message, report.hint.unwrap_or_default())]);
        }
    };
    let failure = reading.collector.app.estate.identity.failure();
    let refused = failure.is_some_and(|failure| failure.kind == FailureKind::Credentials);
    Found { code: refused.then_some(ExitCode::Credentials), ..Found::whole(who(&reading, environment)) }
}

fn who(reading: &Reading, environment: &EnvironmentConfig) -> Vec<Check> {
    let seen: &Observed<Identity> = &reading.collector.app.estate.identity;
    let mut checks = Vec::new();
    if let Some(failure) = seen.failure() {
        checks.push(Check::fail("identity", failure.message.clone(), failure.hint()));
        return checks;
    }
    let Some(identity) = seen.value() else { return checks };
    checks.push(Check::ok("identity", identity.arn.clone()));
    checks.push(match &environment.account {
        Some(_) => Check::ok("account", format!("{}, as configured", identity.account)),
        None => Check::warn(
            "account",
            identity.account.clone(),
            "set `account` of the environment, so that another one is refused",
        ),
    });
    if let Some(expires) = identity.expires {
        let left = expires.duration_since(reading.collector.app.service_now());
        let detail = format!("end in {}", spoken(left));
        checks.push(if left < SignedDuration::from_mins(15) {
            Check::warn("credentials", detail, FailureKind::Credentials.hint())
        } else {
            Check::ok("credentials", detail)
        });
    }
    checks
}

fn terminal() -> Vec<Check> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return vec![Check::warn("terminal", "output is not a terminal", "run `cockpit doctor` in one to check it")];
    }
    let mut checks = Vec::new();
    let name = std::env::var("TERM").unwrap_or_default();
    if let Ok((columns, rows)) = crossterm::terminal::size() {
        let detail = format!("{name}, {columns}×{rows}");
        let (least_columns, least_rows) = crate::app::screen::SMALLEST;
        checks.push(if columns < least_columns || rows < least_rows {
            Check::warn("terminal", detail, format!("the screen needs {least_columns}×{least_rows}"))
        } else {
            Check::ok("terminal", detail)
        });
    }
    if !drawable() {
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
