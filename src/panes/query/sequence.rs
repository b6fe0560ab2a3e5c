//! A sequence of statements as data: what each must achieve, and how to roll everything back.

use crate::model::sql::{ResultId, Transaction};
use std::collections::VecDeque;

/// The savepoint used within a transaction that is already open.
const SAVEPOINT: &str = "cockpit_script";

/// A statement of a sequence, with its required outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub statement: String,
    /// The required outcome.
    pub wanted: Wanted,
}

/// The required outcome of a statement; with any other, everything is rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It must not fail.
    Done,
    /// It must affect exactly one row.
    OneRow,
    /// It must return the result that the sequence exists for, which gets a tab.
    Result,
    /// It must end with this command tag.
    Word(&'static str),
}

/// The message at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The changes of a result were applied; with their number.
    Changed(ResultId, usize),
    /// A plan was made of a statement that may have changed something.
    Explained,
    /// A plan was made of a statement that only reads, so the rollback is not mentioned.
    Read,
}

/// A sequence of statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The title of the confirmation: `Apply 3 changes`.
    pub title: String,
    /// The verb on the button.
    pub verb: String,
    /// Why it needs confirmation, in sentences.
    pub why: Vec<String>,
    /// Statements still to be run.
    pub steps: VecDeque<Step>,
    /// The running statement and its number, from 1.
    pub(super) at: (usize, Option<Step>),
    /// The statement that rolls the sequence back.
    pub(super) back: String,
    /// Why it is being rolled back.
    pub(super) failed: Option<String>,
    /// The message at the end.
    pub then: Then,
}

impl Script {
    /// Wraps statements in a transaction of their own, or in a savepoint of the open one. If `keeps` is set, their changes
    /// stay.
    ///
    /// # Errors
    /// A message if they cannot be run now.
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
