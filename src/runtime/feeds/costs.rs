//! Reads what was kept of costs, or asks and keeps it.

use super::means::FeedContext;
use crate::app::event::{Answer, Event};
use crate::feeds::aws::{Fact as Of, Query};
use crate::feeds::costs::{Ask, Fact};
use crate::feeds::part::Part;
use crate::model::Failure;
use crate::runtime::kept_costs;
use tokio::sync::mpsc;

/// Pieces of an answer that wait to be taken: there is one, and perhaps the word that credentials were renewed.
const PIECES: usize = 16;

/// Answers a question about costs.
pub(super) async fn answer(means: &FeedContext, ask: Ask) {
    let Ask::Look { of, endpoint, keep } = ask;
    let file = kept_costs::file(&of.account, &endpoint, of.tag.as_ref(), of.by.as_deref()).filter(|_| keep);
    let Some(session) = &means.session else { return };
    let now = of.now;
    let mut sent = 0;
    let asked = async {
        let (out, mut pieces) = mpsc::channel(PIECES);
        session.ask(means.ticket, means.lane, Query::Costs(of), &out).await;
        drop(out);
        let mut told = Err(Failure::other_answer());
        while let Some(event) = pieces.recv().await {
            let Event::Answer(answer) = event else {
                let _ = means.out.send(event).await;
                continue;
            };
            let Answer { requests, part, .. } = answer.of::<Of>();
            sent += requests;
            told = match part {
                Part::Page(_) => continue,
                Part::Last(Of::Costs(costs)) => Ok(*costs),
                Part::Last(_) => Err(Failure::other_answer()),
                Part::Failed(failure) => Err(failure),
            };
        }
        told
    };
    let part = match Box::pin(kept_costs::or_asked(file.as_ref(), now, asked)).await {
        Ok((costs, unkept)) => {
            // What cannot be kept is asked for again tomorrow all the same, and after a restart.
            if let Some(why) = unkept {
                tracing::warn!("{why}");
            }
            Part::Last(Fact::Costs(Box::new(costs)))
        }
        Err(failure) => Part::Failed(failure),
    };
    let _ = means.out.send(Event::Answer(Answer { ticket: means.ticket, requests: sent, part: part.into() })).await;
}
