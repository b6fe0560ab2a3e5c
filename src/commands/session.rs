//! The interactive session, on AWS or on the simulator.

use super::context::Context;
use crate::app::custom_commands;
use crate::app::operation::Operation;
use crate::app::{Session, keymap::Keymap};
use crate::cli::{Color, ExitCode, Report};
use crate::config::{Config, EnvironmentConfig};
use crate::headless;
use crate::model::text;
use crate::panes::table::TABLE;
use crate::runtime::clock::Clock;
use crate::runtime::{self, Ended};
use crate::ui::theme::Theme;
use std::io::{IsTerminal as _, Write as _};

/// Opens the session on the configured environment; with `all` it starts with all environments side by side.
pub(super) async fn run(context: &Context, all: bool) -> Result<ExitCode, Report> {
    require_terminal("`cockpit snapshot`")?;
    let (loaded, environment) = context.open()?;
    let session = Session { all, places: loaded.places(), ..context.session() };
    show(context, loaded.config, environment, session, Clock::System).await
}

/// Fails without a terminal, which the session needs; `instead` is a command to suggest.
pub(super) fn require_terminal(instead: &str) -> Result<(), Report> {
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        if runtime::is_drawable() {
            return Ok(());
        }
        let name = std::env::var("TERM").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "not set".to_owned());
        return Err(Report::usage(format!("the interactive session cannot be drawn on this terminal: TERM is {name}"))
            .hint(format!("for scripts there is {instead}; in a terminal that can, set TERM to its name")));
    }
    Err(Report::usage("the interactive session needs a terminal").hint(format!("for scripts there is {instead}")))
}

/// Runs the session until it ends.
pub(super) async fn show(
    context: &Context,
    config: Config,
    environment: EnvironmentConfig,
    session: Session,
    clock: Clock,
) -> Result<ExitCode, Report> {
    let table = custom_commands::table(&TABLE, &config.commands);
    let keymap = Keymap::new(table, &config.keys).map_err(|mistakes| {
        mistakes
            .into_iter()
            .fold(Report::new("config", "the key bindings cannot be used", ExitCode::Usage), Report::cause)
    })?;
    let theme = theme(context, &config)?;
    let session = Session { ascii: config.ui.ascii.unwrap_or(session.ascii), ..session };
    let ended = Box::pin(runtime::interactive(table, (config, environment), session, keymap, theme, clock)).await;
    match ended {
        Ok((ended, left)) => {
            for operation in &left {
                for line in left_behind(operation) {
                    // A terminal that is gone cannot be written to; the error is ignored.
                    let _ = writeln!(std::io::stderr(), "{}", text::sanitize(&line));
                }
            }
            let goes_on = left.iter().map(headless::operation::exit_code).any(|code| code == ExitCode::TimedOut);
            Ok(match ended {
                // When quitting, the session has already listed what continues.
                Ended::Quit => ExitCode::Done,
                Ended::Signal(_) | Ended::TerminalGone if goes_on => ExitCode::TimedOut,
                Ended::Signal(2) => ExitCode::Interrupted,
                Ended::Signal(_) | Ended::TerminalGone => ExitCode::Failed,
            })
        }
        Err(error) => Err(Report::new("terminal", "the terminal cannot be used", ExitCode::Failed).caused_by(&error)),
    }
}

/// Describes an operation that was still running when the session ended, as lines for a person: its outcome, the
/// causes, and how to follow it.
fn left_behind(operation: &Operation) -> Vec<String> {
    let environment = &operation.environment.name;
    let Some(outcome) = &operation.outcome else {
        return vec![format!("{environment}: {}: how it ended is not known", operation.title)];
    };
    let mut lines = vec![format!("{environment}: {}", outcome.summary)];
    lines.extend(outcome.causes.iter().map(|cause| format!("  cause: {cause}")));
    lines.extend(outcome.hint.iter().map(|hint| format!("  hint: {hint}")));
    if let Some(why) = &operation.audit_failure {
        lines.push(format!("  the audit file does not have its end: {why}"));
    }
    lines
}

fn theme(context: &Context, config: &Config) -> Result<Theme, Report> {
    let coloured = match context.global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => !anstyle_query::no_color(),
    };
    if !coloured {
        return Ok(Theme::monochrome());
    }
    config.ui.theme.as_deref().map_or_else(|| Ok(Theme::default()), named_theme)
}

/// Loads a built-in theme by name, or a theme file by path.
pub(super) fn named_theme(name: &str) -> Result<Theme, Report> {
    if let Some(theme) = Theme::named(name) {
        return Ok(theme);
    }
    let wrong =
        |report: Report| report.hint("`ui.theme` is `dark`, `light`, `high-contrast` or the path of a theme file");
    if crate::config::is_named_pipe(std::path::Path::new(name)) {
        return Err(wrong(Report::new("config", format!("the theme {name} is a pipe"), ExitCode::Usage)));
    }
    let text = std::fs::read_to_string(name).map_err(|error| {
        wrong(Report::new("config", format!("the theme {name} cannot be read"), ExitCode::Usage).caused_by(&error))
    })?;
    Theme::parse(&text).map_err(|mistakes| {
        let report = Report::new("config", format!("the theme {name} cannot be used"), ExitCode::Usage);
        wrong(mistakes.into_iter().fold(report, Report::cause))
    })
}
