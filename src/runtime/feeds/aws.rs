//! Queries AWS with the session of the opened environment.

use super::context::FeedContext;
use crate::feeds::aws::Query;

/// Sends the query. Without an opened environment there is no session, and nobody waits for an answer.
pub(super) async fn answer(context: &FeedContext, query: Query) {
    if let Some(session) = &context.session {
        session.fetch(context.ticket, context.priority, query, &context.out).await;
    }
}
