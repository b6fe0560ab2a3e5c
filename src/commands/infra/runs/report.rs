//! The report of `cockpit infra runs`.

use crate::headless::TimeDisplay;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::infra::RunState;
use crate::model::infra::run_order::ListedRun;
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
    shown: TimeDisplay,
}

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
struct One {
    /// Its name, which sorts by time.
    run: String,
    /// `plan`, `drift`, `apply` or `destroy`; `null` if that cannot be read.
    goal: Option<String>,
    /// `going on`, `lost` (its supervisor was killed; it can be resumed), `done`, `failed`, `cancelled`.
    state: String,
    /// When it began.
    began: Option<String>,
    /// The user who started it: `user@host`.
    by: Option<String>,
    /// The number of finished units, of all: `2/3`.
    units: String,
    /// The number of plans that wait for approval.
    waiting: usize,
    /// How long it took, or has been running, in seconds; `null` if not known.
    seconds: Option<u64>,
    /// The estimated remaining seconds, by earlier runs; `null` if not known, or if the run is not running.
    seconds_left: Option<u64>,
    /// The folder of the run.
    folder: String,
}

/// Builds the report of runs with their states and remaining seconds.
pub fn runs(environment: &str, runs: &[(ListedRun, RunState, Option<u64>)], shown: TimeDisplay) -> Runs {
    let now = shown.now;
    let one = |(listed, state, left): &(ListedRun, RunState, Option<u64>)| {
        let (over, all) = state.progress();
        // The end of a run that was killed is not known.
        let until = state.end.map(|(time, _)| time).or_else(|| listed.live.then_some(now));
        let took = state.began.zip(until).map(|(began, until)| until.duration_since(began).as_secs());
        One {
            run: listed.run.clone(),
            goal: listed.order.as_ref().map(|order| order.goal.name().to_owned()),
            state: state.status_name(listed.live).to_owned(),
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
    /// Returns the duration and the remaining time in words.
    fn time(&self) -> Option<String> {
        let short = |seconds: u64| short(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0)));
        let left = self.seconds_left.map(|left| format!(", about {} left", short(left))).unwrap_or_default();
        self.seconds.map(|seconds| format!("{}{left}", short(seconds)))
    }
}

impl Printable for Runs {
    fn tables(&self) -> Vec<Table> {
        let columns = [
            left_aligned("RUN"),
            left_aligned("STATE"),
            left_aligned("UNITS"),
            left_aligned("WAITING"),
            left_aligned("BEGAN"),
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
