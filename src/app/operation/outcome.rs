//! How an operation ends: one verdict, what runs now, and what to do.

use crate::model::names::listed;
use crate::model::{Failure, FailureKind};

/// The verdict. There is one, and it is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The state that was asked for is reached and holds.
    Done,
    /// The new version failed, the one before serves again.
    RolledBack,
    /// It failed; nothing brought the version before back.
    Failed,
    /// It may still be going on: detached, or the time is up.
    Unknown,
    /// A safety rule refused it; nothing was changed.
    Refused,
    /// A check before it failed; nothing was changed.
    Impossible,
    /// A person left it before it began.
    Cancelled,
}

impl Verdict {
    /// The word in JSON and in the audit file.
    pub fn word(self) -> &'static str {
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

    /// The verdict in words, for people.
    pub fn words(self) -> &'static str {
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

/// Changes that were not made, in a sentence.
pub fn not_done(undone: &[String]) -> String {
    format!("not done: {}", listed(&undone.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// How an operation ended: verdict, summary, hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub verdict: Verdict,
    /// A sentence: `web runs 9f3c2e1 (web:44), 1 of 1`.
    pub summary: String,
    /// Why, the nearest cause first.
    pub causes: Vec<String>,
    /// The hint: what a person can do about it.
    pub hint: Option<String>,
    /// The kind of failure of AWS that ended it, where one did.
    pub failure: Option<FailureKind>,
    /// Whether what was asked for must be said in another way.
    pub usage: bool,
}

impl Outcome {
    /// An outcome without causes.
    pub fn new(verdict: Verdict, summary: impl Into<String>) -> Self {
        Self { verdict, summary: summary.into(), causes: Vec::new(), hint: None, failure: None, usage: false }
    }

    /// A change was refused, or its answer was lost; `look` is what shows whether it was made.
    pub fn unmade(title: &str, lost: bool, failure: &Failure, look: &str) -> Self {
        let outcome = if lost {
            Self::new(Verdict::Unknown, format!("{title}: AWS did not answer, and whether it was done is not known"))
                .hint(format!("look with `{look}` before trying again"))
        } else {
            Self::new(Verdict::Impossible, format!("{title}: it could not be done")).cause("nothing was changed")
        };
        outcome.because(failure)
    }

    /// Several changes stopped half-way. What is done stays; `undone` is the rest, and `again` what does that.
    pub fn half_way(title: &str, all: usize, undone: &[String], failure: &Failure, again: &str) -> Self {
        let done = all.saturating_sub(undone.len());
        let stopped = Self::new(Verdict::Failed, format!("{title}: it stopped after {done} of {all} changes"));
        let hint = format!("{}; then {again}", failure.hint());
        stopped.hint(hint).because(failure).cause(not_done(undone))
    }

    /// The outcome of an operation that was left before anything was changed.
    pub fn left(title: &str) -> Self {
        Self::new(Verdict::Cancelled, format!("{title}: it was left before anything was changed"))
            .cause("nothing was changed")
    }

    /// The outcome where the plan cannot be checked again after a late yes.
    pub fn unseen(title: &str, failure: &Failure) -> Self {
        Self::new(Verdict::Impossible, format!("{title}: it cannot be read again"))
            .because(failure)
            .cause("nothing was changed")
    }

    /// The outcome where things are no longer as the plan showed them, after a late yes.
    pub fn changed(title: &str) -> Self {
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

    /// Sets the hint: what a person can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a failure of AWS as the cause.
    #[must_use]
    pub fn because(mut self, failure: &Failure) -> Self {
        self.causes.push(failure.message.clone());
        self.hint.get_or_insert_with(|| failure.hint().to_owned());
        self.failure = Some(failure.kind);
        // Only where nothing was changed it is the rule's refusal; what was changed, or may have been, keeps its verdict.
        if failure.kind == FailureKind::WrongAccount && self.verdict == Verdict::Impossible {
            self.verdict = Verdict::Refused;
        }
        self
    }
}
