//! The flags `--filter`, `--grep` and `--level` of log lines and timeline events.

use crate::app::logs::named_filters::{InvalidFilterName, expand};
use crate::cli::Report;
use log_store::{Filter, FilterError, Level, Search, SearchError};

/// Parses the filter of a flag; `named` are the configured filters that it may refer to.
pub(super) fn filter(flag: &str, text: &str, named: &[String]) -> Result<Filter, Report> {
    let text = &expand(text, named).map_err(|wrong| {
        let report = Report::usage(format!("{flag}: {}", wrong.message()));
        report.hint(match wrong {
            InvalidFilterName::Unknown(_) => {
                "`log_filters` of the environment names them ([\"slow: latency>500ms\"]), and + in the logs pane saves them; \
                 an `@` that means itself is written in quotation marks"
            }
            InvalidFilterName::SelfReference(_) => "write out in `log_filters` what it is to hold",
        })
    })?;
    Filter::parse(text).map_err(|error| wrong_filter(flag, text, &error))
}

fn wrong_filter(flag: &str, text: &str, error: &FilterError) -> Report {
    let report = Report::usage(format!("{flag} is not a filter: {}", error.what));
    let report = error.with_carets(text).lines().fold(report, |report, line| report.cause(line.to_owned()));
    report.hint("for example: level>=warn service:api status:5xx latency>500ms -healthcheck")
}

/// Parses a level; all levels if none was typed.
pub(super) fn level(typed: Option<&str>) -> Result<Level, Report> {
    let Some(word) = typed else { return Ok(Level::None) };
    Level::from_word(word.as_bytes()).ok_or_else(|| {
        Report::usage(format!("`{word}` is not a level")).hint("there are: trace, debug, info, warn, error, fatal")
    })
}

/// Parses a regular expression.
pub(super) fn grep(pattern: &str) -> Result<Search, Report> {
    Search::regex(pattern).map_err(|error| match error {
        SearchError::Syntax { what, at } => {
            let caret = format!("{}^", " ".repeat(at));
            let report = Report::usage(format!("--grep is not a regular expression: {what}"));
            report.cause(pattern).cause(caret).hint(
                "a sign that means itself has a backslash before it: `\\[error\\]`; --filter takes words as they are",
            )
        }
        SearchError::TooLarge { .. } => {
            Report::usage(format!("--grep: {error}")).hint("write a shorter one, with fewer repetitions")
        }
    })
}
