//! `cockpit alarms`: alarms that are not OK, or all.

use crate::headless::Rows;
use crate::headless::convert;
use crate::headless::dto::AlarmDto;
use crate::headless::emit::Printable;
use crate::headless::input::{SnapshotInput, known};
use crate::headless::lists::{Head, alarms_with_parts, or_unasked};
use crate::headless::table::{Table, prose, words};
use crate::model::kept::gone;
use crate::model::timeline::AlarmChange;
use crate::model::{AlarmState, Source};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

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
    /// With `--history`: how their states changed, newest first; `null` without it, or if that could not be read.
    pub history: Option<Vec<ChangeDto>>,
    #[serde(skip)]
    asked: bool,
    /// The part of the requested time that AWS does not keep any more.
    #[serde(skip)]
    gone: Vec<String>,
    /// The state of each alarm that was read, for those that composite ones are made of.
    #[serde(skip)]
    states: BTreeMap<String, String>,
}

/// A change of an alarm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChangeDto {
    /// The time of the change.
    pub at: String,
    /// The alarm's name.
    pub alarm: String,
    /// The state before; `null` where its configuration was changed.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// Why, or what was changed.
    pub reason: String,
}

/// Sources of `cockpit alarms`.
pub const SOURCES: &[Source] = &[Source::Identity, Source::Alarms, Source::AlarmMutes];

/// `cockpit alarms [--all]`.
pub fn alarms(input: &SnapshotInput<'_>, all: bool) -> AlarmList {
    let mutes = input.estate.alarm_mutes.value().map_or(&[][..], Vec::as_slice);
    let keep = |alarm: &&crate::model::Alarm| all || (alarm.state != AlarmState::Ok && !alarm.of_autoscaling());
    let list = if input.environment.alarms.is_empty() {
        Some(Vec::new())
    } else {
        known(&input.estate.alarms, Vec::is_empty)
            .map(|alarms| alarms.iter().filter(keep).map(|alarm| convert::alarm(alarm, mutes, input.now)).collect())
    };
    let read = input.estate.alarms.value().into_iter().flatten();
    let states = read.map(|alarm| (alarm.name.clone(), alarm.state.word().to_owned())).collect();
    AlarmList {
        head: Head::new(SCHEMA, input, SOURCES),
        alarms: list,
        history: None,
        asked: false,
        gone: Vec::new(),
        states,
    }
}

/// The alarms with the changes of their states since a moment.
pub fn with_history(input: &SnapshotInput<'_>, all: bool, since: Timestamp) -> AlarmList {
    let known = known(&input.estate.alarm_changes, Vec::is_empty);
    let changes = known.map(|changes| {
        let wanted = changes.iter().filter(|change| change.at >= since);
        let wanted = wanted.filter(|change| all || !change.alarm.starts_with("TargetTracking-"));
        let dto = |change: &AlarmChange| ChangeDto {
            at: change.at.to_string(),
            alarm: change.alarm.clone(),
            from: change.states.map(|(from, _)| from.word().to_owned()),
            to: change.states.map(|(_, to)| to.word().to_owned()),
            reason: if change.states.is_some() { change.reason.clone() } else { change.summary.clone() },
        };
        wanted.map(dto).collect()
    });
    let sources: Vec<Source> = SOURCES.iter().copied().chain([Source::AlarmHistory]).collect();
    AlarmList {
        head: Head::new(SCHEMA, input, &sources),
        history: changes,
        asked: true,
        gone: gone(since, input.now, |source| source == Source::AlarmHistory),
        ..alarms(input, all)
    }
}

impl Printable for AlarmList {
    fn tables(&self) -> Vec<Table> {
        // What is listed was already chosen.
        let mut table = alarms_with_parts(self.alarms.as_deref(), true, &self.head.shown, &self.states);
        if self.alarms.is_some() {
            "no alarm is raised".clone_into(&mut table.empty);
        }
        let table = or_unasked(table, "alarms", &self.head.sources, &[Source::Alarms]);
        if !self.asked {
            return vec![table];
        }
        let empty = if self.history.is_some() { "no alarm has changed" } else { "their history is not known" };
        let columns = [words("TIME"), words("ALARM"), words("FROM").rank(1), words("TO"), prose("REASON").rank(2)];
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
