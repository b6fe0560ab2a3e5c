//! Asks AWS, with the session of the opened environment.

use super::means::FeedContext;
use crate::feeds::aws::Query;

/// Asks. Before an environment is opened there is nobody to ask, and nobody waits.
pub(super) async fn answer(means: &FeedContext, query: Query) {
    if let Some(session) = &means.session {
        session.ask(means.ticket, means.lane, query, &means.out).await;
    }
}
