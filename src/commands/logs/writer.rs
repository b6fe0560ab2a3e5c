//! Writes lines, keeps the newest ones for `--tail`, and reports problems on stderr.

use super::report::Printer;
use super::tail::{FormattedLine, Newest};
use crate::app::logs::follow::FeedState;
use crate::app::logs::json_line::received_line_json;
use crate::app::logs::reader::OutputItem;
use crate::cli::{ExitCode, Report};
use crate::commands::log_groups::print_note;
use crate::commands::report_output::write_error;
use crate::headless::{Written, write};
use crate::model::{Failure, time};
use crate::runtime::tee::Tee;
use jiff::SignedDuration;
use log_store::Filter;
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// The delay of a group, in milliseconds, from which it is reported.
const BEHIND: i64 = 15_000;

/// Writes lines, or collects the newest of them.
pub(super) struct Writer<'a> {
    pub(super) printer: &'a mut Printer,
    pub(super) exit_on: Option<Filter>,
    pub(super) tee: Option<Tee>,
    pub(super) out: &'a mut dyn io::Write,
    pub(super) missing: bool,
    pub(super) text: String,
    /// Collects the newest lines for `--tail`; nothing is written meanwhile.
    pub(super) newest: Option<Newest>,
    /// Groups that could not be read completely.
    pub(super) failed: Vec<String>,
}

/// Returns the error for a `--tee` file that cannot be written; it names the file, because it is not the main output.
pub(super) fn tee_error(path: &Path, error: &io::Error) -> Report {
    let message = format!("the file of --tee, {}, cannot be written", path.display());
    Report::new("output", message, ExitCode::Failed).caused_by(error)
}

impl Writer<'_> {
    /// Discards the collected lines, before they are read again.
    pub(super) fn reset(&mut self) {
        self.printer.reset();
        if let Some(newest) = &mut self.newest {
            newest.clear();
        }
    }

    /// Collects the newest of these lines.
    fn keep(&mut self, lines: &[OutputItem]) {
        let Some(newest) = &mut self.newest else { return };
        for line in lines {
            match line {
                OutputItem::Gap(gap) => {
                    self.missing = true;
                    self.failed.push(gap.group.clone());
                    self.printer.gap(gap, &mut newest.gaps);
                }
                OutputItem::Line(arrived) => {
                    let mut text = String::new();
                    let over = self.printer.line(arrived, self.exit_on.as_ref(), &mut text);
                    if !text.is_empty() {
                        let tee = self.tee.is_some().then(|| received_line_json(arrived));
                        newest.push(FormattedLine { at: arrived.event.at, text, tee, ends_command: over });
                    }
                }
            }
        }
    }

    /// Writes the collected lines. Returns an exit code if one of them ends the command.
    pub(super) fn write_collected(&mut self) -> Result<Option<ExitCode>, Report> {
        let Some(newest) = self.newest.take() else { return Ok(None) };
        self.text.clone_from(&newest.gaps);
        let mut over = None;
        for line in newest.into_lines() {
            self.text.push_str(&line.text);
            if let (Some(tee), Some(text)) = (&mut self.tee, &line.tee) {
                tee.write(text).map_err(|error| tee_error(tee.path(), &error))?;
            }
            if line.ends_command {
                over = Some(ExitCode::Done);
                break;
            }
        }
        self.put(over)
    }

    /// Writes lines. Returns an exit code if one of them ends the command.
    pub(super) fn write(&mut self, lines: &[OutputItem]) -> Result<Option<ExitCode>, Report> {
        if self.newest.is_some() {
            self.keep(lines);
            return Ok(None);
        }
        self.text.clear();
        let mut over = None;
        for line in lines {
            match line {
                OutputItem::Gap(gap) => {
                    self.missing = true;
                    self.printer.gap(gap, &mut self.text);
                }
                OutputItem::Line(arrived) => {
                    if let Some(tee) = &mut self.tee {
                        tee.write(&received_line_json(arrived)).map_err(|error| tee_error(tee.path(), &error))?;
                    }
                    if self.printer.line(arrived, self.exit_on.as_ref(), &mut self.text) {
                        over = Some(ExitCode::Done);
                        break;
                    }
                }
            }
        }
        self.put(over)
    }

    /// Flushes the formatted lines.
    fn put(&mut self, over: Option<ExitCode>) -> Result<Option<ExitCode>, Report> {
        if let Some(tee) = &mut self.tee {
            tee.flush().map_err(|error| tee_error(tee.path(), &error))?;
        }
        if self.text.is_empty() {
            return Ok(over);
        }
        match write(self.out, &self.text) {
            Ok(Written::Complete) => Ok(over),
            Ok(Written::Closed) => Ok(Some(ExitCode::Done)),
            // The awaited line was found, even though it could not be written.
            Err(error) => Err(Report { code: over.unwrap_or(ExitCode::Failed), ..write_error(&error) }),
        }
    }
}

/// Reports each problem once, and its end.
#[derive(Default)]
pub(super) struct TroubleReporter {
    failed: HashMap<String, Failure>,
    behind: HashMap<String, i64>,
    unread: bool,
}

impl TroubleReporter {
    /// `unread`: whether some log groups could not be determined.
    pub(super) fn new(unread: bool) -> Self {
        Self { unread, ..Self::default() }
    }

    /// Reports a change in whether all log groups could be determined.
    pub(super) fn report_unread(&mut self, missing: &[String]) {
        if self.unread == missing.is_empty() {
            match missing.first() {
                Some(first) => print_note(&format!("{first}; what is not followed yet does not join meanwhile")),
                None => print_note("it is known again where the lines are"),
            }
        }
        self.unread = !missing.is_empty();
    }

    pub(super) fn report(&mut self, states: &[FeedState], follow: bool) {
        for state in states {
            let group = &state.group;
            match (&state.failure, self.failed.get(group)) {
                (Some(failure), before) if before != Some(failure) => {
                    print_note(&format!("{group}: {failure}; it is tried again"));
                    self.failed.insert(group.clone(), failure.clone());
                }
                (None, Some(_)) => {
                    print_note(&format!("{group}: it is read again, from where it ended"));
                    self.failed.remove(group);
                }
                _ => {}
            }
            if !follow || state.failure.is_some() {
                continue;
            }
            let reported = self.behind.get(group).copied().unwrap_or(0);
            if state.behind > BEHIND.max(reported * 2) {
                let late = time::short(SignedDuration::from_millis(state.behind));
                print_note(&format!("{group}: {late} behind: more lines come than its requests bring"));
                self.behind.insert(group.clone(), state.behind);
            } else if reported > 0 && state.behind < BEHIND / 2 {
                self.behind.remove(group);
            }
        }
    }
}
