//! What people ask of a run, and what is done about it.

use super::super::requests;
use super::Supervisor;
use crate::model::infra::run_event::{Request, RequestKind, Step, What, Who};
use crate::model::infra::schedule;
use rustix::process::{Pid, Signal, kill_process};

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

    /// Stops the run: each process of Terraform gets one SIGINT, and another one where that was asked for with a word.
    pub(super) fn cancel(&mut self, by: Who, hard: bool) {
        if self.state.end.is_some() {
            return;
        }
        match &self.state.cancel {
            // A second one that was not confirmed as such changes nothing.
            Some((_, before)) if *before || !hard => return,
            _ => {}
        }
        let first = self.state.cancel.is_none();
        self.tell(What::CancelAsked { by, hard });
        let under_way: Vec<(String, Step)> = self
            .state
            .units
            .iter()
            .filter_map(|(name, unit)| {
                let step = unit.step.as_ref().filter(|step| step.end.is_none())?;
                Some((name.clone(), step.step))
            })
            .collect();
        for (unit, step) in under_way {
            self.interrupt(&unit, step, if first && hard { 2 } else { 1 });
        }
    }

    /// Interrupts Terraform's own process of a step: not Terragrunt, which would kill it after a while, nor its group. One that
    /// is not known yet is interrupted when it is.
    pub(super) fn interrupt(&mut self, unit: &str, step: Step, times: u32) {
        let pid = self.place(unit, step).pid();
        let Some(pid) = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) else { return };
        for _ in 0..times {
            let _ = kill_process(pid, Signal::INT);
        }
    }
}
