//! The report of `cockpit alarms`: alarms that are not OK, or all.

use crate::headless::Rows;
use crate::headless::convert;
use crate::headless::dto::AlarmDto;
use crate::headless::emit::Printable;
use crate::headless::input::{SnapshotInput, known};
use crate::headless::lists::{Head, alarms_with_parts, or_not_configured};
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::retention::retention_gaps;
use crate::model::timeline::AlarmChange;
use crate::model::{AlarmState, Source};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Schema of the alarm list.
pub const SCHEMA: &str = "cockpit.alarms/1";

/// The list of alarms.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AlarmList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// As in the snapshot; without `--all` only alarms that are not OK and not owned by autoscaling.
    pub alarms: Option<Vec<AlarmDto>>,
    /// State changes, newest first, with `--history`; `null` without it, or if they could not be read.
    pub history: Option<Vec<ChangeDto>>,
    #[serde(skip)]
    with_history: bool,
    /// Notes about the part of the requested time that AWS no longer keeps.
    #[serde(skip)]
    gone: Vec<String>,
    /// The state of each alarm that was read, to show the children of composite alarms.
    #[serde(skip)]
    states: BTreeMap<String, String>,
}

/// A state or configuration change of an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChangeDto {
    /// The time of the change.
    pub at: String,
    /// The alarm's name.
    pub alarm: String,
    /// The state before; `null` for a configuration change.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// The reason for the change, or what was changed.
    pub reason: String,
}

/// Sources of `cockpit alarms`.
pub const SOURCES: &[Source] = &[Source::Identity, Source::Alarms, Source::AlarmMutes];

/// Builds the list of alarms.
pub fn alarms(input: &SnapshotInput<'_>, all: bool) -> AlarmList {
    let mutes = input.estate.alarm_mutes.value().map_or(&[][..], Vec::as_slice);
    let keep = |alarm: &&crate::model::Alarm| all || (alarm.state != AlarmState::Ok && !alarm.is_for_autoscaling());
    let list = if input.environment.alarms.is_empty() {
        Some(Vec::new())
    } else {
        known(&input.estate.alarms, Vec::is_empty)
            .map(|alarms| alarms.iter().filter(keep).map(|alarm| convert::alarm(alarm, mutes, input.now)).collect())
    };
    let read = input.estate.alarms.value().into_iter().flatten();
    let states = read.map(|alarm| (alarm.name.clone(), alarm.state.name().to_owned())).collect();
    AlarmList {
        head: Head::new(SCHEMA, input, SOURCES),
        alarms: list,
        history: None,
        with_history: false,
        gone: Vec::new(),
        states,
    }
}

/// Builds the list of alarms with their state changes since a moment.
pub fn with_history(input: &SnapshotInput<'_>, all: bool, since: Timestamp) -> AlarmList {
    let known = known(&input.estate.alarm_changes, Vec::is_empty);
    let changes = known.map(|changes| {
        let wanted = changes.iter().filter(|change| change.at >= since);
        let wanted = wanted.filter(|change| all || !change.alarm.starts_with("TargetTracking-"));
        let dto = |change: &AlarmChange| ChangeDto {
            at: change.at.to_string(),
            alarm: change.alarm.clone(),
            from: change.states.map(|(from, _)| from.name().to_owned()),
            to: change.states.map(|(_, to)| to.name().to_owned()),
            reason: if change.states.is_some() { change.reason.clone() } else { change.summary.clone() },
        };
        wanted.map(dto).collect()
    });
    let sources: Vec<Source> = SOURCES.iter().copied().chain([Source::AlarmHistory]).collect();
    AlarmList {
        head: Head::new(SCHEMA, input, &sources),
        history: changes,
        with_history: true,
        gone: retention_gaps(since, input.now, |source| source == Source::AlarmHistory),
        ..alarms(input, all)
    }
}

impl Printable for AlarmList {
    fn tables(&self) -> Vec<Table> {
        // The list was already filtered.
        let mut table = alarms_with_parts(self.alarms.as_deref(), true, &self.head.shown, &self.states);
        if self.alarms.is_some() {
            "no alarm is raised".clone_into(&mut table.empty);
        }
        let table = or_not_configured(table, "alarms", &self.head.sources, &[Source::Alarms]);
        if !self.with_history {
            return vec![table];
        }
        let empty = if self.history.is_some() { "no alarm has changed" } else { "their history is not known" };
        let columns = [
            left_aligned("TIME"),
            left_aligned("ALARM"),
            left_aligned("FROM").rank(1),
            left_aligned("TO"),
            prose("REASON").rank(2),
        ];
        let mut history = Table::new(&columns, empty).titled("History");
        for change in self.history.iter().flatten() {
            history.row([
                Some(self.head.shown.time(&change.at)),
                Some(change.alarm.clone()),
                change.from.clone(),
                change.to.clone(),
                Some(change.reason.clone()),
            ]);
        }
        vec![table, history]
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
            "muted_until",
            "children",
            "suppressed",
        ];
        Some(Rows::new("alarms", &fields))
    }
    fn notes(&self) -> Vec<String> {
        self.head.notes().into_iter().chain(self.gone.iter().cloned()).collect()
    }
}
