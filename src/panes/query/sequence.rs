//! Statements that belong together, as data: what each must do, and what takes all of them back.

use crate::model::sql::{ResultId, Transaction};
use std::collections::VecDeque;

/// The savepoint within a transaction that is open already.
const SAVEPOINT: &str = "cockpit_script";

/// A statement of a sequence, with what it must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub statement: String,
    /// The outcome that it must have.
    pub wanted: Wanted,
}

/// The outcome that a statement must have, else all are rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Not fail.
    Done,
    /// Touch exactly one row.
    OneRow,
    /// Its result is what it is all for: it has a tab.
    Result,
    /// End with this word of the server.
    Word(&'static str),
}

/// The message at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The changes of a result were applied: so many.
    Changed(ResultId, usize),
    /// A plan was made of a statement that may have changed something.
    Explained,
    /// A plan was made of one that reads: that it was taken back needs no word.
    Read,
}

/// Statements that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// In the frame of the window that asks: `Apply 3 changes`.
    pub title: String,
    /// The verb on the button.
    pub verb: String,
    /// Why it asks, in sentences.
    pub why: Vec<String>,
    /// Statements that are still to be run.
    pub steps: VecDeque<Step>,
    /// The one that runs, and which it is, from 1.
    pub(super) at: (usize, Option<Step>),
    /// The statement that rolls it back.
    pub(super) back: String,
    /// Why it is being taken back.
    pub(super) failed: Option<String>,
    /// The message at the end.
    pub then: Then,
}

impl Script {
    /// Statements within a transaction: their own one, or a savepoint of the one that is open. `keeps`: what they did stays.
    ///
    /// # Errors
    /// Why they cannot be run now, in words.
    pub fn new(transaction: Transaction, keeps: bool, within: Vec<Step>, then: Then) -> Result<Self, String> {
        let step = |statement: &str, wanted| Step { statement: statement.to_owned(), wanted };
        let (begin, end, back) = match (transaction, keeps) {
            (Transaction::Failed, _) => return Err("the transaction failed: ROLLBACK ends it first".to_owned()),
            (Transaction::Idle, true) => {
                (step("BEGIN", Wanted::Done), step("COMMIT", Wanted::Word("COMMIT")), "ROLLBACK".to_owned())
            }
            (Transaction::Idle, false) => {
                (step("BEGIN", Wanted::Done), step("ROLLBACK", Wanted::Done), "ROLLBACK".to_owned())
            }
            (Transaction::Open, keeps) => {
                let back = format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}; RELEASE SAVEPOINT {SAVEPOINT}");
                let end = if keeps { format!("RELEASE SAVEPOINT {SAVEPOINT}") } else { back.clone() };
                (step(&format!("SAVEPOINT {SAVEPOINT}"), Wanted::Done), step(&end, Wanted::Done), back)
            }
        };
        let steps = std::iter::once(begin).chain(within).chain(std::iter::once(end)).collect();
        Ok(Self {
            title: String::new(),
            verb: String::new(),
            why: Vec::new(),
            steps,
            at: (0, None),
            back,
            failed: None,
            then,
        })
    }
}
