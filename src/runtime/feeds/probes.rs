//! Probes an environment from this machine.

use super::context::FeedContext;
use crate::feeds::part::Part;
use crate::feeds::probes::{Ask, Fact};
use crate::model::{Failure, FailureKind};
use crate::runtime::health::check;
use tokio::sync::mpsc;

/// Capacity for findings that wait to be sent.
const WAITING: usize = 16;

/// Sends findings as they arrive.
pub(super) async fn answer(context: &FeedContext, ask: Ask) {
    let Ask::Run(order) = ask;
    let Some(session) = &context.session else { return };
    let (out, mut found) = mpsc::channel(WAITING);
    let (result, ()) = tokio::join!(
        async {
            let result = check(session, context.environment.as_deref(), &order, &out).await;
            drop(out);
            result
        },
        async {
            while let Some(finding) = found.recv().await {
                context.send(Part::Page(Fact::Found(Box::new(finding)))).await;
            }
        }
    );
    let end = match result {
        Ok(()) => Part::Last(Fact::Done),
        Err(why) => {
            Part::Failed(Failure::new(FailureKind::Invalid, why).with_hint("correct `health` of the environment"))
        }
    };
    context.send(end).await;
}
