//! The outcomes of several restarts, and their common outcome.

use crate::app::operation::outcome::{Outcome, Verdict};

/// The outcome of each restart: the service's short name, the outcome, and whether its desired count is 0.
pub(super) struct Ends<'a>(pub(super) Vec<(&'a str, &'a Outcome, bool)>);

/// The hint if a version fails because of what it reads.
const LOOK: &str = "look with `cockpit tasks`; the value before is in `cockpit params history NAME --reveal`";

impl Ends<'_> {
    fn of(&self, wanted: impl Fn(Verdict) -> bool) -> Vec<&str> {
        self.0.iter().filter(|(_, end, _)| wanted(end.verdict)).map(|(short, ..)| *short).collect()
    }

    /// The common outcome, the worst of all; `what` describes the changes before the restarts.
    pub(super) fn outcome(&self, what: String) -> Outcome {
        let failed = self.of(|verdict| {
            matches!(verdict, Verdict::Failed | Verdict::Refused | Verdict::Impossible | Verdict::Cancelled)
        });
        let back = self.of(|verdict| verdict == Verdict::RolledBack);
        let unknown = self.of(|verdict| verdict == Verdict::Unknown);
        let done = |zero: bool| -> Vec<&str> {
            let done = self.0.iter().filter(|(_, end, at_zero)| end.verdict == Verdict::Done && *at_zero == zero);
            done.map(|(short, ..)| *short).collect()
        };
        let mut summary = what;
        let mut add = |services: &[&str], words: &dyn Fn(String) -> String| {
            if !services.is_empty() {
                summary = format!("{summary}{}", words(services.join(", ")));
            }
        };
        add(&done(true), &|names| format!("; nothing of {names} runs (desired 0)"));
        add(&done(false), &|names| format!(", and {names} runs new tasks"));
        add(&failed, &|names| format!(", and the new tasks of {names} failed"));
        add(&back, &|names| format!(", and {names} runs the tasks of before"));
        add(&unknown, &|names| format!(", and whether new tasks of {names} run is not known"));
        let verdict = match (failed.is_empty(), back.is_empty(), unknown.is_empty()) {
            (false, ..) => Verdict::Failed,
            (true, false, _) => Verdict::RolledBack,
            (true, true, false) => Verdict::Unknown,
            (true, true, true) => Verdict::Done,
        };
        let mut outcome = Outcome::new(verdict, summary);
        for (_, end, _) in self.0.iter().filter(|(_, end, _)| end.verdict != Verdict::Done) {
            outcome.causes.push(end.summary.clone());
            outcome.causes.extend(end.causes.iter().cloned());
            // The credentials are the same for all of them.
            outcome.failure = outcome.failure.or(end.failure);
        }
        let hint = match verdict {
            Verdict::Failed | Verdict::RolledBack => Some(LOOK.to_owned()),
            _ => self.0.iter().filter(|(_, end, _)| end.verdict == verdict).find_map(|(_, end, _)| end.hint.clone()),
        };
        Outcome { hint: hint.filter(|_| verdict != Verdict::Done), ..outcome }
    }
}
