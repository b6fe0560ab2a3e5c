//! The interactive session, on AWS or on the simulator.

use super::context::Context;
use crate::app::{Session, keymap::Keymap};
use crate::cli::{Color, ExitCode, Report};
use crate::config::{Config, EnvironmentConfig};
use crate::panes::table::TABLE;
use crate::runtime::clock::Clock;
use crate::runtime::{self, Ended};
use crate::ui::theme::Theme;
use std::io::IsTerminal as _;

/// On the configured environment.
pub(super) async fn run(context: &Context) -> Result<ExitCode, Report> {
    needs_terminal("`cockpit snapshot`")?;
    let (loaded, environment) = context.open()?;
    show(context, loaded.config, environment, context.session(), Clock::System).await
}

/// The session cannot be where there is no terminal.
pub(super) fn needs_terminal(instead: &str) -> Result<(), Report> {
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        if runtime::drawable() {
            return Ok(());
        }
        let name = std::env::var("TERM").unwrap_or_default();
        return Err(Report::usage(format!("the interactive session cannot be drawn on this terminal: TERM is {name}"))
            .hint(format!("for scripts there is {instead}; in a terminal that can, set TERM to its name")));
    }
    Err(Report::usage("the interactive session needs a terminal").hint(format!("for scripts there is {instead}")))
}

/// Shows the screen until it ends.
pub(super) async fn show(
    context: &Context,
    config: Config,
    environment: EnvironmentConfig,
    session: Session,
    clock: Clock,
) -> Result<ExitCode, Report> {
    let keymap = Keymap::new(&TABLE, &config.keys).map_err(|mistakes| {
        mistakes
            .into_iter()
            .fold(Report::new("config", "the key bindings cannot be used", ExitCode::Usage), Report::cause)
    })?;
    let theme = theme(context, &config)?;
    let session = Session { ascii: config.ui.ascii.unwrap_or(session.ascii), ..session };
    let ended = Box::pin(runtime::interactive(config, environment, session, keymap, theme, clock)).await;
    match ended {
        Ok(Ended::Quit) => Ok(ExitCode::Done),
        Ok(Ended::Signal(2)) => Ok(ExitCode::Interrupted),
        Ok(Ended::Signal(_) | Ended::TerminalGone) => Ok(ExitCode::Failed),
        Err(error) => Err(Report::new("terminal", "the terminal cannot be used", ExitCode::Failed).caused_by(&error)),
    }
}

fn theme(context: &Context, config: &Config) -> Result<Theme, Report> {
    let coloured = match context.cli.global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => !anstyle_query::no_color(),
    };
    if !coloured {
        return Ok(Theme::monochrome());
    }
    config.ui.theme.as_deref().map_or_else(|| Ok(Theme::default()), named_theme)
}

/// The theme of this name, or in this file.
pub(super) fn named_theme(name: &str) -> Result<Theme, Report> {
    if let Some(theme) = Theme::named(name) {
        return Ok(theme);
    }
    let wrong =
        |report: Report| report.hint("`ui.theme` is `dark`, `light`, `high-contrast` or the path of a theme file");
    let text = std::fs::read_to_string(name).map_err(|error| {
        wrong(Report::new("config", format!("the theme {name} cannot be read"), ExitCode::Usage).caused_by(&error))
    })?;
    Theme::parse(&text).map_err(|mistakes| {
        let report = Report::new("config", format!("the theme {name} cannot be used"), ExitCode::Usage);
        wrong(mistakes.into_iter().fold(report, Report::cause))
    })
}
