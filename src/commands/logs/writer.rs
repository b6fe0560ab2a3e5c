//! Writes lines, keeps the last ones for `--tail`, and says on stderr what stands beside them.

use super::report::Printer;
use super::tail::{Kept, Newest};
use crate::app::logs::follow::FeedState;
use crate::app::logs::reader::Out;
use crate::app::logs::written::json_alone;
use crate::cli::{ExitCode, Report};
use crate::commands::log_groups::say;
use crate::commands::printed::unwritten;
use crate::headless::{Written, write};
use crate::model::{Failure, time};
use crate::runtime::tee::Tee;
use jiff::SignedDuration;
use log_store::Filter;
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// A group that is this far behind is told of.
const BEHIND: i64 = 15_000;

/// Writes lines, or keeps the newest of them.
pub(super) struct Writer<'a> {
    pub(super) printer: &'a mut Printer,
    pub(super) exit_on: Option<Filter>,
    pub(super) tee: Option<Tee>,
    pub(super) out: &'a mut dyn io::Write,
    pub(super) missing: bool,
    pub(super) text: String,
    /// Keeps the newest lines while they are looked for; nothing is written meanwhile.
    pub(super) newest: Option<Newest>,
    /// Groups that could not be read whole.
    pub(super) failed: Vec<String>,
}

/// The message where the file of `--tee` cannot be written, which is not the output.
pub(super) fn tee_unwritten(path: &Path, error: &io::Error) -> Report {
    let message = format!("the file of --tee, {}, cannot be written", path.display());
    Report::new("output", message, ExitCode::Failed).caused_by(error)
}

impl Writer<'_> {
    /// Forgets what was kept: it is read again.
    pub(super) fn begin_again(&mut self) {
        self.printer.begin_again();
        if let Some(newest) = &mut self.newest {
            newest.clear();
        }
    }

    /// Keeps the newest lines of these.
    fn keep(&mut self, lines: &[Out]) {
        let Some(newest) = &mut self.newest else { return };
        for line in lines {
            match line {
                Out::Gap(gap) => {
                    self.missing = true;
                    self.failed.push(gap.group.clone());
                    self.printer.gap(gap, &mut newest.gaps);
                }
                Out::Line(arrived) => {
                    let mut text = String::new();
                    let over = self.printer.line(arrived, self.exit_on.as_ref(), &mut text);
                    if !text.is_empty() {
                        let tee = self.tee.is_some().then(|| json_alone(arrived));
                        newest.push(Kept { at: arrived.event.at, text, tee, over });
                    }
                }
            }
        }
    }

    /// Writes what was kept; an exit code where it is over.
    pub(super) fn write_kept(&mut self) -> Result<Option<ExitCode>, Report> {
        let Some(newest) = self.newest.take() else { return Ok(None) };
        self.text.clone_from(&newest.gaps);
        let mut over = None;
        for line in newest.into_lines() {
            self.text.push_str(&line.text);
            if let (Some(tee), Some(text)) = (&mut self.tee, &line.tee) {
                tee.write(text).map_err(|error| tee_unwritten(tee.path(), &error))?;
            }
            if line.over {
                over = Some(ExitCode::Done);
                break;
            }
        }
        self.put(over)
    }

    /// Writes; an exit code where it is over.
    pub(super) fn write(&mut self, lines: &[Out]) -> Result<Option<ExitCode>, Report> {
        if self.newest.is_some() {
            self.keep(lines);
            return Ok(None);
        }
        self.text.clear();
        let mut over = None;
        for line in lines {
            match line {
                Out::Gap(gap) => {
                    self.missing = true;
                    self.printer.gap(gap, &mut self.text);
                }
                Out::Line(arrived) => {
                    if let Some(tee) = &mut self.tee {
                        tee.write(&json_alone(arrived)).map_err(|error| tee_unwritten(tee.path(), &error))?;
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

    /// Hands on what was made of the lines.
    fn put(&mut self, over: Option<ExitCode>) -> Result<Option<ExitCode>, Report> {
        if let Some(tee) = &mut self.tee {
            tee.flush().map_err(|error| tee_unwritten(tee.path(), &error))?;
        }
        if self.text.is_empty() {
            return Ok(over);
        }
        match write(self.out, &self.text) {
            Ok(Written::All) => Ok(over),
            Ok(Written::Closed) => Ok(Some(ExitCode::Done)),
            // What was waited for came, though it could not be written.
            Err(error) => Err(Report { code: over.unwrap_or(ExitCode::Failed), ..unwritten(&error) }),
        }
    }
}

/// Tells of each trouble once, and when it is over.
#[derive(Default)]
pub(super) struct Trouble {
    failed: HashMap<String, Failure>,
    behind: HashMap<String, i64>,
    unread: bool,
}

impl Trouble {
    /// With something that could not be read when it was looked where the lines are, or without.
    pub(super) fn new(unread: bool) -> Self {
        Self { unread, ..Self::default() }
    }

    /// Says what could not be read when groups were looked up again; nothing where all could.
    pub(super) fn unread(&mut self, missing: &[String]) {
        if self.unread == missing.is_empty() {
            match missing.first() {
                Some(first) => say(&format!("{first}; what is not followed yet does not join meanwhile")),
                None => say("it is known again where the lines are"),
            }
        }
        self.unread = !missing.is_empty();
    }

    pub(super) fn tell(&mut self, states: &[FeedState], follow: bool) {
        for state in states {
            let group = &state.group;
            match (&state.failure, self.failed.get(group)) {
                (Some(failure), before) if before != Some(failure) => {
                    say(&format!("{group}: {failure}; it is tried again"));
                    self.failed.insert(group.clone(), failure.clone());
                }
                (None, Some(_)) => {
                    say(&format!("{group}: it is read again, from where it ended"));
                    self.failed.remove(group);
                }
                _ => {}
            }
            if !follow || state.failure.is_some() {
                continue;
            }
            let told = self.behind.get(group).copied().unwrap_or(0);
            if state.behind > BEHIND.max(told * 2) {
                let late = time::short(SignedDuration::from_millis(state.behind));
                say(&format!("{group}: {late} behind: more lines come than its requests bring"));
                self.behind.insert(group.clone(), state.behind);
            } else if told > 0 && state.behind < BEHIND / 2 {
                self.behind.remove(group);
            }
        }
    }
}
