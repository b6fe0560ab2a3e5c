//! The runs of an environment.

use crate::headless::Shown;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, prose, words};
use crate::model::infra::RunState;
use crate::model::infra::order::Listed;
use crate::model::time::short;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit infra runs`.
pub const SCHEMA: &str = "cockpit.infra-runs/1";

/// The runs of an environment.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(clippy::struct_field_names, reason = "the names are those of the JSON")]
pub struct Runs {
    /// `cockpit.infra-runs/1`.
    schema: String,
    /// The environment's name.
    environment: String,
    /// The runs, the latest first.
    runs: Vec<One>,
    #[serde(skip)]
    shown: Shown,
}

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
struct One {
    /// Its name, which sorts by time.
    run: String,
    /// `plan`, `drift`, `apply` or `destroy`; `null` where that cannot be read.
    goal: Option<String>,
    /// `going on`, `lost` (it was killed and can be resumed), `done`, `failed`, `cancelled`.
    state: String,
    /// The time at which it began.
    began: Option<String>,
    /// The person who began it: `user@host`.
    by: Option<String>,
    /// Units that are over, of all.
    units: String,
    /// Plans that wait for a yes.
    waiting: usize,
    /// How long it took, or goes on by now, in seconds; `null` where that is not known.
    seconds: Option<u64>,
    /// How long it still takes, by earlier runs; `null` where nobody knows, and of one that is over.
    seconds_left: Option<u64>,
    /// Where it is kept.
    folder: String,
}

/// The report of runs with how each stands, and what is left of it.
pub fn runs(environment: &str, runs: &[(Listed, RunState, Option<u64>)], shown: Shown) -> Runs {
    let now = shown.now;
    let one = |(listed, state, left): &(Listed, RunState, Option<u64>)| {
        let (over, all) = state.progress();
        // One that was killed has no end that anybody knows.
        let until = state.end.map(|(time, _)| time).or_else(|| listed.live.then_some(now));
        let took = state.began.zip(until).map(|(began, until)| until.duration_since(began).as_secs());
        One {
            run: listed.run.clone(),
            goal: listed.order.as_ref().map(|order| order.goal.word().to_owned()),
            state: state.word(listed.live).to_owned(),
            began: state.began.map(|time| format!("{time:.0}")),
            by: listed.order.as_ref().map(|order| format!("{}@{}", order.by.user, order.by.host)),
            units: format!("{over}/{all}"),
            waiting: if state.end.is_none() { state.to_review().count() } else { 0 },
            seconds: took.map(|seconds| seconds.max(0).unsigned_abs()),
            seconds_left: left.filter(|_| state.end.is_none() && listed.live),
            folder: listed.folder.display().to_string(),
        }
    };
    let runs = runs.iter().map(one).collect();
    Runs { schema: SCHEMA.to_owned(), environment: environment.to_owned(), runs, shown }
}

impl One {
    /// How long, and what is left.
    fn time(&self) -> Option<String> {
        let short = |seconds: u64| short(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0)));
        let left = self.seconds_left.map(|left| format!(", about {} left", short(left))).unwrap_or_default();
        self.seconds.map(|seconds| format!("{}{left}", short(seconds)))
    }
}

impl Printable for Runs {
    fn tables(&self) -> Vec<Table> {
        let columns = [
            words("RUN"),
            words("STATE"),
            words("UNITS"),
            words("WAITING"),
            words("BEGAN"),
            prose("TIME").rank(1),
            prose("BY"),
        ];
        let mut table = Table::new(&columns, "no runs");
        for run in &self.runs {
            table.row([
                Some(run.run.clone()),
                Some(run.state.clone()),
                Some(run.units.clone()),
                (run.waiting > 0).then(|| run.waiting.to_string()),
                run.began.as_deref().map(|at| self.shown.time(at)),
                run.time(),
                run.by.clone(),
            ]);
        }
        vec![table]
    }
}
