//! Reads costs from the cache, or requests and caches them.

use super::context::FeedContext;
use crate::app::event::{Answer, Event};
use crate::feeds::aws::{Fact as Of, Query};
use crate::feeds::costs::{Ask, Fact};
use crate::feeds::part::Part;
use crate::model::Failure;
use crate::runtime::cost_cache;
use tokio::sync::mpsc;

/// Capacity for pieces of an answer: there is one, and perhaps an event that credentials were renewed.
const PIECES: usize = 16;

/// Answers a question about costs.
pub(super) async fn answer(context: &FeedContext, ask: Ask) {
    let Ask::Read { of, endpoint, keep } = ask;
    let file = cost_cache::file(&of.account, &endpoint, of.tag.as_ref(), of.group_by_tag.as_deref()).filter(|_| keep);
    let Some(session) = &context.session else { return };
    let now = of.now;
    let mut sent = 0;
    let request = async {
        let (out, mut pieces) = mpsc::channel(PIECES);
        session.fetch(context.ticket, context.priority, Query::Costs(of), &out).await;
        drop(out);
        let mut result = Err(Failure::mismatched_answer());
        while let Some(event) = pieces.recv().await {
            let Event::Answer(answer) = event else {
                let _ = context.out.send(event).await;
                continue;
            };
            let Answer { requests, part, .. } = answer.of::<Of>();
            sent += requests;
            result = match part {
                Part::Page(_) => continue,
                Part::Last(Of::Costs(costs)) => Ok(*costs),
                Part::Last(_) => Err(Failure::mismatched_answer()),
                Part::Failed(failure) => Err(failure),
            };
        }
        result
    };
    let part = match Box::pin(cost_cache::or_read(file.as_ref(), now, request)).await {
        Ok((costs, unkept)) => {
            // Costs that cannot be cached are simply requested again tomorrow and after a restart.
            if let Some(why) = unkept {
                tracing::warn!("{why}");
            }
            Part::Last(Fact::Costs(Box::new(costs)))
        }
        Err(failure) => Part::Failed(failure),
    };
    let _ = context.out.send(Event::Answer(Answer { ticket: context.ticket, requests: sent, part: part.into() })).await;
}
