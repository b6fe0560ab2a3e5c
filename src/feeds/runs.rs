//! The feed of runs: programs that outlive the cockpit, such as one that changes infrastructure. A run is a folder. It is
//! started once, followed by whoever looks, today or in a later session, and asked to stop; nothing ends it unasked.

use super::lifetime::Lifetime;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A question about a run, or what is to become of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Starts a run in a folder that is not there yet. Answered when it stands on its own.
    Start {
        /// The run's own folder.
        folder: PathBuf,
        /// What it runs.
        order: Box<Order>,
    },
    /// Reads what it tells, until its end or until it is known to be lost.
    Follow {
        /// The run's own folder.
        folder: PathBuf,
        /// Where to go on: `next` of the last [`News`], 0 for its beginning.
        from: u64,
    },
    /// Asks its program to stop, with SIGINT, once: Terraform ends what it is at, and gives its state's lock back.
    Stop {
        /// The run's own folder.
        folder: PathBuf,
    },
}

impl Ask {
    /// Following ends with the session; what starts or stops a run is not left half-way.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Start { .. } | Self::Stop { .. } => Lifetime::Detached,
            Self::Follow { .. } => Lifetime::Session,
        }
    }

    /// A run is followed until somebody leaves it, or it ends.
    pub fn goes_on(&self) -> bool {
        matches!(self, Self::Follow { .. })
    }
}

/// What a run runs. Its standard input is empty.
#[derive(Debug, Clone)]
pub struct Order {
    /// Program and arguments. Never a secret: everybody on the machine can see arguments, and they are written down.
    pub argv: Vec<String>,
    /// Where it runs; none is the folder in which the cockpit was started.
    pub folder: Option<PathBuf>,
    /// Variables beside the inherited ones. They are handed over and not written down.
    pub variables: Vec<(String, SecretString)>,
    /// Variables that are not inherited.
    pub without: Vec<String>,
}

impl PartialEq for Order {
    fn eq(&self, other: &Self) -> bool {
        // Whether two values are the same is nobody's business.
        let names = |order: &Self| order.variables.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        (&self.argv, &self.folder, &self.without) == (&other.argv, &other.folder, &other.without)
            && names(self) == names(other)
    }
}

/// What was learned of runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// It was started, and goes on without the cockpit.
    Started,
    /// Its program will be asked to stop, or was before.
    StopAsked,
    /// What it told since.
    News(News),
}

/// What a run told since the last time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct News {
    /// What happened, in order.
    pub entries: Vec<Entry>,
    /// Where to go on, in bytes from the beginning of what it tells.
    pub next: u64,
    /// How it ended, if it has.
    pub end: Option<End>,
}

/// Something that happened to a run, as it is written down: a line of JSON each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Entry {
    /// Its program runs.
    Started {
        /// When.
        time: Timestamp,
        /// The program's process.
        pid: u32,
    },
    /// Its program printed a line.
    Line {
        /// When it was read, at most a moment after it was printed.
        time: Timestamp,
        /// Where. Lines of one stream are in their order; between the two the order is that of being read.
        stream: Stream,
        /// The line, without its end.
        text: String,
        /// Bytes that are missing at the end of a line that was too long.
        #[serde(default, skip_serializing_if = "is_zero")]
        cut: u64,
        /// It was no UTF-8: the text has a sign for each byte that is no character.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not_utf8: bool,
    },
    /// Its program was asked to stop.
    StopAsked {
        /// When.
        time: Timestamp,
    },
    /// Its program has ended, and everything that it printed stands before this.
    Ended {
        /// When.
        time: Timestamp,
        /// How.
        #[serde(flatten)]
        exit: Exit,
        /// A program that it started goes on, and may print more, which is not in here but in the run's folder.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        left_running: bool,
    },
    /// The program could not be started.
    NotStarted {
        /// When.
        time: Timestamp,
        /// Why.
        reason: String,
    },
    /// A line that this version does not understand, as it is.
    #[serde(skip)]
    Unknown(String),
}

/// Whether nothing was cut.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Where a program prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Its program ended.
    Ended(Exit),
    /// Its program could not be started: why.
    NotStarted(String),
    /// What watched over the program is gone, and how the program ended is not known.
    Lost {
        /// The program, or one that it started, still runs.
        program_runs: bool,
        /// Bytes of a last entry that was not written whole.
        unread: u64,
    },
}

impl Entry {
    /// Reads a line that was written down.
    pub fn parse(line: &str) -> Self {
        serde_json::from_str(line).unwrap_or_else(|_| Self::Unknown(line.to_owned()))
    }

    /// The end that it tells of.
    pub fn end(&self) -> Option<End> {
        match self {
            Self::Ended { exit, .. } => Some(End::Ended(*exit)),
            Self::NotStarted { reason, .. } => Some(End::NotStarted(reason.clone())),
            Self::Started { .. } | Self::Line { .. } | Self::StopAsked { .. } | Self::Unknown(_) => None,
        }
    }
}

/// How a run stands, as `state.json` of its folder says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// `cockpit.run/1`.
    pub schema: String,
    /// What it runs.
    pub argv: Vec<String>,
    /// `running`, `ended` or `not_started`. Whether one that says `running` is there still is known from the lock
    /// that it holds: neither its process id nor its start tells, as another process may have the same later.
    pub state: Phase,
    /// The process that watches over the program.
    pub pid: u32,
    /// The program's process.
    pub program_pid: Option<u32>,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub exit: Option<Exit>,
    /// Lines that were written down.
    pub lines: u64,
    /// Bytes that were cut off lines that were too long.
    pub cut: u64,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It runs, unless it is lost.
    Running,
    /// Its program has ended.
    Ended,
    /// Its program could not be started.
    NotStarted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_what_is_not_understood_is_kept() {
        let time: Timestamp = "2026-11-20T05:00:00Z".parse().unwrap();
        let line =
            |cut, not_utf8| Entry::Line { time, stream: Stream::Err, text: "日本 \u{1b}[0m".into(), cut, not_utf8 };
        let exit = Exit { code: None, signal: Some(9) };
        for entry in [
            Entry::Started { time, pid: 7 },
            line(0, false),
            line(3, true),
            Entry::StopAsked { time },
            Entry::Ended { time, exit, left_running: true },
            Entry::NotStarted { time, reason: "no".into() },
        ] {
            let written = serde_json::to_string(&entry).unwrap();
            assert!(!written.contains('\n'), "{written}");
            assert_eq!(Entry::parse(&written), entry);
        }
        let later = r#"{"event":"paused","time":"2026-11-20T05:00:00Z"}"#;
        assert_eq!(Entry::parse(later), Entry::Unknown(later.into()));
    }

    #[test]
    fn values_of_variables_are_in_no_debug_output() {
        let variables = vec![("TOKEN".to_owned(), SecretString::from("hush"))];
        let order = Order { argv: vec!["terraform".into()], folder: None, variables, without: Vec::new() };
        assert!(!format!("{order:?}").contains("hush"));
    }
}
