//! How an operation ends: one verdict, what runs now, and a hint.

use crate::model::names::list_names;
use crate::model::{Failure, FailureKind};

/// The verdict. There is exactly one, and it is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The requested state is reached and holds.
    Done,
    /// The new version failed, and the previous one serves again.
    RolledBack,
    /// It failed, and the previous version was not restored.
    Failed,
    /// It may still be in progress: detached, or the time is up.
    Unknown,
    /// A safety rule refused it; nothing was changed.
    Refused,
    /// A check before the change failed; nothing was changed.
    Impossible,
    /// A person cancelled it before it began.
    Cancelled,
}

impl Verdict {
    /// The word in JSON and in the audit file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::RolledBack => "rolled_back",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Impossible => "impossible",
            Self::Cancelled => "cancelled",
        }
    }

    /// The verdict for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::RolledBack => "rolled back",
            Self::Failed => "failed",
            Self::Unknown => "not known",
            Self::Refused => "refused",
            Self::Impossible => "not begun",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Names the changes that were not made, in a sentence.
pub fn undone_note(undone: &[String]) -> String {
    format!("not done: {}", list_names(&undone.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// How an operation ended: verdict, summary, hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub verdict: Verdict,
    /// A sentence: `web runs 9f3c2e1 (web:44), 1 of 1`.
    pub summary: String,
    /// The causes, the most direct first.
    pub causes: Vec<String>,
    /// What a person can do about it.
    pub hint: Option<String>,
    /// The kind of the AWS failure that ended it, if any.
    pub failure: Option<FailureKind>,
    /// Whether the request itself must be corrected.
    pub usage: bool,
}

impl Outcome {
    /// An outcome without causes.
    pub fn new(verdict: Verdict, summary: impl Into<String>) -> Self {
        Self { verdict, summary: summary.into(), causes: Vec::new(), hint: None, failure: None, usage: false }
    }

    /// A change was refused, or its answer was lost; `look` shows whether it was made.
    pub fn change_failed(title: &str, lost: bool, failure: &Failure, look: &str) -> Self {
        let outcome = if lost {
            Self::new(Verdict::Unknown, format!("{title}: AWS did not answer, and whether it was done is not known"))
                .hint(format!("look with `{look}` before trying again"))
        } else {
            Self::new(Verdict::Impossible, format!("{title}: it could not be done")).cause("nothing was changed")
        };
        outcome.caused_by(failure)
    }

    /// Several changes stopped half-way. Completed ones stay; `undone` are the rest, and `again` is the command for
    /// them.
    pub fn partially_done(title: &str, all: usize, undone: &[String], failure: &Failure, again: &str) -> Self {
        let done = all.saturating_sub(undone.len());
        let stopped = Self::new(Verdict::Failed, format!("{title}: it stopped after {done} of {all} changes"));
        let hint = format!("{}; then {again}", failure.hint());
        stopped.hint(hint).caused_by(failure).cause(undone_note(undone))
    }

    /// The operation was abandoned before anything was changed.
    pub fn abandoned(title: &str) -> Self {
        Self::new(Verdict::Cancelled, format!("{title}: it was left before anything was changed"))
            .cause("nothing was changed")
    }

    /// The plan could not be verified again after a late confirmation.
    pub fn recheck_failed(title: &str, failure: &Failure) -> Self {
        Self::new(Verdict::Impossible, format!("{title}: it cannot be read again"))
            .caused_by(failure)
            .cause("nothing was changed")
    }

    /// Things no longer match the plan after a late confirmation.
    pub fn plan_outdated(title: &str) -> Self {
        Self::new(Verdict::Impossible, format!("{title}: it changed since it was looked at"))
            .cause("nothing was changed")
            .hint("ask for it again: the plan is another one now")
    }

    /// Adds a cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds an AWS failure as a cause.
    #[must_use]
    pub fn caused_by(mut self, failure: &Failure) -> Self {
        self.causes.push(failure.message.clone());
        self.hint.get_or_insert_with(|| failure.hint().to_owned());
        self.failure = Some(failure.kind);
        // It counts as refused only if nothing was changed; otherwise the verdict stays.
        if failure.kind == FailureKind::WrongAccount && self.verdict == Verdict::Impossible {
            self.verdict = Verdict::Refused;
        }
        self
    }
}
