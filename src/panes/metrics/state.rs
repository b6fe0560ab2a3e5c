//! Identifiers of the Metrics pane and its blocks, and its state: subject, time range, and the curves that were read.

use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::telemetry::{Area, Figure, MetricIdentity};
use crate::model::timeline::TimelineEvent;
use crate::model::timeline::local::Local;
use crate::model::{Failure, Point};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The identifier of the Metrics pane.
pub const ID: PaneId = PaneId("metrics");
/// The block with one figure per row.
pub const LIST: Block = Block("metrics-list");
/// The block with the curves of the selected figure.
pub const CHARTS: Block = Block("metrics-charts");
/// The block with the events in the range of the charts.
pub const MARKS: Block = Block("metrics-marks");

/// The block with alarms, shown instead of the figures.
pub const ALARMS: Block = Block("metrics-alarms");
/// The block with the state changes of the selected alarm.
pub const HISTORY: Block = Block("metrics-alarm-history");

/// The dialog that asks how long to mute an alarm.
pub const MUTE: u8 = 0;

/// The selectable time ranges, each with its label.
pub const RANGES: [(SignedDuration, &str); 7] = [
    (SignedDuration::from_hours(1), "1 hour"),
    (SignedDuration::from_hours(3), "3 hours"),
    (SignedDuration::from_hours(12), "12 hours"),
    (SignedDuration::from_hours(24), "1 day"),
    (SignedDuration::from_hours(3 * 24), "3 days"),
    (SignedDuration::from_hours(7 * 24), "1 week"),
    (SignedDuration::from_hours(30 * 24), "30 days"),
];

/// The subject of the charts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Topic {
    #[default]
    All,
    /// A service by its full name, and the load balancer in front of it.
    Service(String),
    /// A database, or one of its instances.
    Database(String),
    /// All figures of one area.
    Area(Area),
    /// The metrics that alarms watch.
    Alarms,
}

/// The earlier period that is shown for comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Against {
    #[default]
    Nothing,
    Yesterday,
    LastWeek,
}

impl Against {
    /// The distance to the earlier period.
    pub fn earlier(self) -> Option<SignedDuration> {
        match self {
            Self::Nothing => None,
            Self::Yesterday => Some(SignedDuration::from_hours(24)),
            Self::LastWeek => Some(SignedDuration::from_hours(7 * 24)),
        }
    }

    /// The label, as in `against …`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Yesterday => "the same time yesterday",
            Self::LastWeek => "the same time last week",
        }
    }
}

/// A figure with its curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub figure: Figure,
    /// The points, oldest first.
    pub points: Vec<Point>,
    /// The points of the earlier period, shifted to this one.
    pub before: Vec<Point>,
}

/// The result of a read: its time, its range, and its curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// Time of the read, by this machine's clock.
    pub at: Timestamp,
    pub since: Timestamp,
    pub until: Timestamp,
    /// Seconds covered by one point.
    pub period: i32,
    pub against: Against,
    pub curves: Vec<Curve>,
    /// Number of metrics left out, because a request can hold no more.
    pub left_out: usize,
    /// Names of the region's resources that do not match the environment's names.
    pub others: BTreeSet<String>,
}

/// A pending request.
#[derive(Debug, Clone, PartialEq)]
pub struct InFlight {
    pub serial: u64,
    /// The result so far; points are added as they arrive.
    pub read: Read,
    /// Number of missing answers: for this period and for the earlier one.
    pub missing_answers: u8,
}

/// The existing load balancers, gateways and firewalls.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Monitored {
    pub listed: Vec<MetricIdentity>,
    /// Pages received so far for the pending request.
    pub incoming: Vec<MetricIdentity>,
    /// Why the list could not be read.
    pub failure: Option<Failure>,
    /// Time of the last request.
    pub asked: Option<Timestamp>,
    /// Serial number of the pending request.
    pub flight: Option<u64>,
}

/// The state of the Metrics pane.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub topic: Topic,
    /// The pane it was opened from, to which `Esc` returns.
    pub opened_from: Option<PaneId>,
    /// Index into [`RANGES`].
    pub range: usize,
    /// Distance of the range's end from now, in halves of the range.
    pub steps_back: u32,
    pub against: Against,
    /// Whether one chart fills the screen.
    pub single_chart: bool,
    /// Whether the whole region is shown, not only resources with the environment's names.
    pub whole_region: bool,
    pub monitored: Monitored,
    pub flight: Option<InFlight>,
    pub read: Option<Read>,
    /// Why the last read failed.
    pub failure: Option<Failure>,
    /// Time of the last request; `None` makes the next one due now.
    pub asked: Option<Timestamp>,
    /// The last serial number given to a request.
    pub serial: u64,
    /// Operations and runs recorded on this machine; `local_asked` is the time of their request.
    pub local: Local,
    pub local_asked: Option<Timestamp>,
    /// Events in the range of the charts, newest first.
    pub marks: Vec<TimelineEvent>,
    pub marks_made: Option<Timestamp>,
    /// The alarm that the mute dialog is about.
    pub muting: Option<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            topic: Topic::All,
            opened_from: None,
            range: 1,
            steps_back: 0,
            against: Against::Nothing,
            single_chart: false,
            whole_region: false,
            monitored: Monitored::default(),
            flight: None,
            read: None,
            failure: None,
            asked: None,
            serial: 0,
            local: Local::default(),
            local_asked: None,
            marks: Vec::new(),
            marks_made: None,
            muting: None,
        }
    }
}
