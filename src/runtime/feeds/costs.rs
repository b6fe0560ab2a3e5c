//! Reads what was kept of costs, or asks and keeps it.

use super::means::Means;
use crate::app::event::{Answer, Event};
use crate::feeds::aws::{Fact as Of, Query};
use crate::feeds::costs::{Ask, Fact};
use crate::feeds::part::Part;
use crate::model::{Failure, FailureKind};
use crate::runtime::kept_costs;
use tokio::sync::mpsc;

/// Pieces of an answer that wait to be taken: there is one, and perhaps the word that credentials were renewed.
const PIECES: usize = 16;

/// Does what is asked.
pub(super) async fn answer(means: &Means, ask: Ask) {
    let Ask::Look { of, endpoint, keep } = ask;
    let file = kept_costs::file(&of.account, &endpoint, of.tag.as_ref()).filter(|_| keep);
    if let Some(costs) = kept_costs::read(file.as_ref(), of.now) {
        means.send(Part::Last(Fact::Costs(Box::new(costs)))).await;
        return;
    }
    let Some(session) = &means.session else { return };
    let (out, mut pieces) = mpsc::channel(PIECES);
    session.ask(means.ticket, means.lane, Query::Costs(of), &out).await;
    drop(out);
    while let Some(event) = pieces.recv().await {
        let Event::Answer(answer) = event else {
            let _ = means.out.send(event).await;
            continue;
        };
        let Answer { ticket, requests, part } = answer.of::<Of>();
        let part = match part {
            Part::Page(_) => continue,
            Part::Last(Of::Costs(costs)) => {
                // What cannot be kept is asked for again tomorrow all the same, and after a restart.
                if let Some(Err(error)) = file.as_ref().map(|file| kept_costs::keep(file, &costs)) {
                    tracing::warn!("costs cannot be kept: {error}");
                }
                Part::Last(Fact::Costs(costs))
            }
            Part::Last(_) => Part::Failed(Failure::new(FailureKind::Malformed, "ce: an answer to another question")),
            Part::Failed(failure) => Part::Failed(failure),
        };
        let _ = means.out.send(Event::Answer(Answer { ticket, requests, part: part.into() })).await;
    }
}
