//! The sides of feeds that ask: for each feed of `src/feeds` a file here with an `answer`, which sends what it learns
//! piece by piece and ends with the last piece or a failure.

mod aws;
mod costs;
mod infra;
mod infra_look;
mod infra_make;
mod infra_move;
mod infra_state;
pub(super) mod means;
mod probes;
mod queries;
mod runs;
mod sql;
mod sql_programs;
pub(super) mod sql_sessions;
pub(super) mod tasks;
mod trouble;
mod tunnels;

use crate::app::event::{Answer, Event};
use crate::feeds::part::Part;
use crate::feeds::{Ask, with_feeds};
use crate::model::{Failure, FailureKind};
use futures_util::FutureExt as _;
use means::FeedContext;
use std::panic::AssertUnwindSafe;

macro_rules! answers {
    ($($name:ident $Feed:ident $Question:ident,)*) => {
        async fn ask(means: &FeedContext, ask: Ask) {
            match ask {
                $(Ask::$Feed(question) => Box::pin($name::answer(means, question)).await,)*
            }
        }
    };
}

with_feeds!(answers);

/// Asks, and sends the whole answer. A fault in one feed must not leave whoever asked waiting for ever.
pub(super) async fn answer(means: FeedContext, question: Ask) {
    if AssertUnwindSafe(ask(&means, question)).catch_unwind().await.is_err() {
        let failure = Failure::new(FailureKind::Other, "an internal fault: see the report in the log");
        let answer = Answer { ticket: means.ticket, requests: 0, part: Part::Failed(failure) };
        let _ = means.out.send(Event::Answer(answer)).await;
    }
}
