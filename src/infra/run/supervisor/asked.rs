//! The requests of people to a run, and their effects.

use super::super::requests;
use super::{LOOK_SELDOM, Supervisor};
use crate::model::infra::run_event::{Request, RequestKind, What, Who};
use crate::model::infra::schedule;

impl Supervisor<'_> {
    /// Takes what was asked since the last time.
    pub(super) fn take_requests(&mut self) {
        // What cannot be read now is read later.
        let Ok((asked, next)) = requests::read(&self.run, self.state.heard) else { return };
        if next == self.state.heard {
            return;
        }
        for request in asked {
            self.take_request(request);
        }
        self.tell(What::Heard { next });
    }

    fn take_request(&mut self, Request { by, wish, .. }: Request) {
        match wish {
            RequestKind::Approve { unit, sha256 } => match schedule::refused(&self.state, &unit, &sha256) {
                None => self.tell(What::Approved { unit, sha256, by }),
                Some(why) => self.note(Some(&unit), format!("the approval by {} was not taken: {why}", by.user)),
            },
            RequestKind::Cancel { hard } => self.cancel(by, hard),
            RequestKind::Retry => match schedule::to_retry(&self.state) {
                Ok(units) => self.tell(What::Retried { units, by }),
                Err(why) => self.note(None, why),
            },
        }
    }

    /// Waits for what AWS answers; none where the run is cancelled meanwhile, which is not kept waiting by that.
    pub(super) async fn unless_cancelled<T>(&mut self, mut asked: impl Future<Output = T> + Unpin) -> Option<T> {
        loop {
            tokio::select! {
                biased;
                answer = &mut asked => return Some(answer),
                () = tokio::time::sleep(LOOK_SELDOM) => {
                    self.take_requests();
                    if self.state.cancel.is_some() {
                        return None;
                    }
                }
            }
        }
    }

    /// Asks the run to stop: nothing new begins. What that does to what is under way is worked out in each round.
    pub(super) fn cancel(&mut self, by: Who, hard: bool) {
        // A second one that was not confirmed as such changes nothing.
        if self.state.end.is_some() || (self.state.cancel.is_some() && !hard) {
            return;
        }
        self.tell(What::CancelAsked { by, hard });
    }
}
