//! Probes an environment from this machine.

use super::means::FeedContext;
use crate::feeds::part::Part;
use crate::feeds::probes::{Ask, Fact};
use crate::model::{Failure, FailureKind};
use crate::runtime::health::look;
use tokio::sync::mpsc;

/// Findings that wait to be sent.
const WAITING: usize = 16;

/// Sends what is found as it is found.
pub(super) async fn answer(means: &FeedContext, ask: Ask) {
    let Ask::Look(order) = ask;
    let Some(session) = &means.session else { return };
    let (out, mut found) = mpsc::channel(WAITING);
    let (looked, ()) = tokio::join!(
        async {
            let looked = look(session, means.environment.as_deref(), &order, &out).await;
            drop(out);
            looked
        },
        async {
            while let Some(finding) = found.recv().await {
                means.send(Part::Page(Fact::Found(Box::new(finding)))).await;
            }
        }
    );
    let end = match looked {
        Ok(()) => Part::Last(Fact::Done),
        Err(why) => Part::Failed(Failure::new(FailureKind::Invalid, why).hinted("correct `health` of the environment")),
    };
    means.send(end).await;
}
