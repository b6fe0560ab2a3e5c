//! The requests of people to a run, and their effects.

use super::super::requests;
use super::{SLOW_POLL_INTERVAL, Supervisor};
use crate::model::infra::run_event::{Actor, Request, RequestKind, RunEventKind};
use crate::model::infra::schedule;

impl Supervisor<'_> {
    /// Processes the requests since the last call.
    pub(super) fn take_requests(&mut self) {
        // Requests that cannot be read now are read later.
        let Ok((requests, next)) = requests::read(&self.run, self.state.requests_read) else { return };
        if next == self.state.requests_read {
            return;
        }
        for request in requests {
            self.take_request(request);
        }
        self.emit(RunEventKind::Heard { next });
    }

    fn take_request(&mut self, Request { by, wish, .. }: Request) {
        match wish {
            RequestKind::Approve { unit, sha256 } => match schedule::rejection_reason(&self.state, &unit, &sha256) {
                None => self.emit(RunEventKind::Approved { unit, sha256, by }),
                Some(why) => self.note(Some(&unit), format!("the approval by {} was refused: {why}", by.user)),
            },
            RequestKind::Cancel { hard } => self.cancel(by, hard),
            RequestKind::Retry => match schedule::units_to_retry(&self.state) {
                Ok(units) => self.emit(RunEventKind::Retried { units, by }),
                Err(why) => self.note(None, why),
            },
        }
    }

    /// Waits for an answer of AWS; `None` if the run is cancelled meanwhile, since a cancel must not wait for AWS.
    pub(super) async fn unless_cancelled<T>(&mut self, mut answer: impl Future<Output = T> + Unpin) -> Option<T> {
        loop {
            tokio::select! {
                biased;
                result = &mut answer => return Some(result),
                () = tokio::time::sleep(SLOW_POLL_INTERVAL) => {
                    self.take_requests();
                    if self.state.cancel.is_some() {
                        return None;
                    }
                }
            }
        }
    }

    /// Cancels the run: nothing new starts. The effects on steps in progress are worked out in each round.
    pub(super) fn cancel(&mut self, by: Actor, hard: bool) {
        // A repeated cancel that was not confirmed as a hard one changes nothing.
        if self.state.end.is_some() || (self.state.cancel.is_some() && !hard) {
            return;
        }
        self.emit(RunEventKind::CancelAsked { by, hard });
    }
}
