//! `cockpit alarms`: alarms that are not OK, or all.

use crate::headless::Rows;
use crate::headless::convert;
use crate::headless::dto::AlarmDto;
use crate::headless::emit::Printable;
use crate::headless::input::{SnapshotInput, known};
use crate::headless::lists::{Head, alarms_table};
use crate::headless::table::Table;
use crate::model::{AlarmState, Source};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit alarms`.
pub const SCHEMA: &str = "cockpit.alarms/1";

/// `cockpit alarms`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AlarmList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// As in the snapshot; without `--all` only those that are not OK and not autoscaling's.
    pub alarms: Option<Vec<AlarmDto>>,
}

/// Sources of `cockpit alarms`.
pub const SOURCES: &[Source] = &[Source::Identity, Source::Alarms];

/// `cockpit alarms [--all]`.
pub fn alarms(input: &SnapshotInput<'_>, all: bool) -> AlarmList {
    let keep = |alarm: &&crate::model::Alarm| all || (alarm.state != AlarmState::Ok && !alarm.of_autoscaling());
    let list = if input.environment.alarms.is_empty() {
        Some(Vec::new())
    } else {
        known(&input.estate.alarms, Vec::is_empty)
            .map(|alarms| alarms.iter().filter(keep).map(convert::alarm).collect())
    };
    AlarmList { head: Head::new(SCHEMA, input, SOURCES), alarms: list }
}

impl Printable for AlarmList {
    fn tables(&self) -> Vec<Table> {
        // What is listed was already chosen.
        let mut table = alarms_table(self.alarms.as_deref(), true, &self.head.shown);
        if self.alarms.is_some() {
            "no alarm is raised".clone_into(&mut table.empty);
        }
        vec![table]
    }
    fn rows(&self) -> Option<Rows> {
        let fields = [
            "state",
            "name",
            "since",
            "reason",
            "description",
            "namespace",
            "metric",
            "threshold",
            "autoscaling",
            "actions_enabled",
        ];
        Some(Rows::new("alarms", &fields))
    }
    fn notes(&self) -> Vec<String> {
        self.head.notes()
    }
}
