//! The I/O side of the feeds. For each feed of `src/feeds` a file here has a function `answer`, which sends its results piece by
//! piece and ends with the last piece or a failure.

mod aws;
pub(super) mod context;
mod costs;
mod errors;
mod infra;
mod infra_changes;
mod infra_inspect;
mod infra_move;
mod infra_state;
mod probes;
mod queries;
mod runs;
mod sql;
mod sql_programs;
pub(super) mod sql_sessions;
pub(super) mod tasks;
mod tunnels;

use crate::app::event::{Answer, Event};
use crate::feeds::part::Part;
use crate::feeds::{Ask, with_feeds};
use crate::model::{Failure, FailureKind};
use context::FeedContext;
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;

macro_rules! answers {
    ($($name:ident $Feed:ident $Question:ident,)*) => {
        async fn ask(context: &FeedContext, ask: Ask) {
            match ask {
                $(Ask::$Feed(question) => Box::pin($name::answer(context, question)).await,)*
            }
        }
    };
}

with_feeds!(answers);

/// Runs a query and sends the whole answer. A panic in a feed is reported, so that the asker does not wait for ever.
pub(super) async fn answer(context: FeedContext, question: Ask) {
    if AssertUnwindSafe(ask(&context, question)).catch_unwind().await.is_err() {
        let failure = Failure::new(FailureKind::Other, "an internal fault: see the report in the log");
        let answer = Answer { ticket: context.ticket, requests: 0, part: Part::Failed(failure) };
        let _ = context.out.send(Event::Answer(answer)).await;
    }
}
