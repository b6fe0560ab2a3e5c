//! `--filter`, `--grep` and `--level`, as log lines and things that happened are sifted by them.

use crate::app::logs::named::{WrongName, expand};
use crate::cli::Report;
use log_store::{Filter, FilterError, Level, Search, SearchError};

/// A filter as it was typed behind a flag; names of the configured ones in it are known.
pub(super) fn filter(flag: &str, text: &str, named: &[String]) -> Result<Filter, Report> {
    let text = &expand(text, named).map_err(|wrong| {
        let report = Report::usage(format!("{flag}: {}", wrong.words()));
        report.hint(match wrong {
            WrongName::Unknown(_) => {
                "`log_filters` of the environment names them ([\"slow: latency>500ms\"]), and + in the logs pane saves them; \
                 an `@` that means itself is written in quotation marks"
            }
            WrongName::Itself(_) => "write out in `log_filters` what it is to hold",
        })
    })?;
    Filter::parse(text).map_err(|error| wrong_filter(flag, text, &error))
}

fn wrong_filter(flag: &str, text: &str, error: &FilterError) -> Report {
    let report = Report::usage(format!("{flag} is not a filter: {}", error.what));
    let report = error.under(text).lines().fold(report, |report, line| report.cause(line.to_owned()));
    report.hint("for example: level>=warn service:api status:5xx latency>500ms -healthcheck")
}

/// A level as it was typed; all, where none was.
pub(super) fn level(typed: Option<&str>) -> Result<Level, Report> {
    let Some(word) = typed else { return Ok(Level::None) };
    Level::from_word(word.as_bytes()).ok_or_else(|| {
        Report::usage(format!("`{word}` is not a level")).hint("there are: trace, debug, info, warn, error, fatal")
    })
}

/// A regular expression as it was typed.
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
