//! The name of the Metrics pane, those of its blocks, and what it remembers: the subject, the time and what was read.

use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::telemetry::{Area, Figure, Listed};
use crate::model::timeline::TimelineEvent;
use crate::model::timeline::local::Local;
use crate::model::{Failure, Point};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The name of the Metrics pane.
pub const ID: PaneId = PaneId("metrics");
/// The block with one figure a row.
pub const LIST: Block = Block("metrics-list");
/// The block with the curves of the selected figure.
pub const CHARTS: Block = Block("metrics-charts");
/// The block with the events in the time of the charts.
pub const MARKS: Block = Block("metrics-marks");

/// Alarms, instead of the figures.
pub const ALARMS: Block = Block("metrics-alarms");
/// How the selected alarm changed.
pub const HISTORY: Block = Block("metrics-alarm-history");

/// The window that asks for how long an alarm is muted.
pub const MUTE: u8 = 0;

/// How long a time is looked at, with its words.
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
    /// A service, by its whole name, and the load balancer in front of it.
    Service(String),
    /// A database, or an instance of one.
    Database(String),
    /// All figures of one area.
    Area(Area),
    /// The metrics that alarms watch.
    Alarms,
}

/// The time beside which it is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Against {
    #[default]
    Nothing,
    Yesterday,
    LastWeek,
}

impl Against {
    /// How much earlier that is.
    pub fn earlier(self) -> Option<SignedDuration> {
        match self {
            Self::Nothing => None,
            Self::Yesterday => Some(SignedDuration::from_hours(24)),
            Self::LastWeek => Some(SignedDuration::from_hours(7 * 24)),
        }
    }

    /// The words, as in `against …`.
    pub fn words(self) -> &'static str {
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
    /// The points, the oldest first.
    pub points: Vec<Point>,
    /// Those of the other time, moved to this one.
    pub before: Vec<Point>,
}

/// Curves that were read: when, and over which time.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// When, by this machine's clock.
    pub at: Timestamp,
    pub since: Timestamp,
    pub until: Timestamp,
    /// Seconds that one point covers.
    pub period: i32,
    pub against: Against,
    pub curves: Vec<Curve>,
    /// More than one request may ask for.
    pub left_out: usize,
    /// Figures of the region whose names are not the environment's.
    pub others: BTreeSet<String>,
}

/// A question that is under way.
#[derive(Debug, Clone, PartialEq)]
pub struct InFlight {
    pub serial: u64,
    /// The curves so far: points are added as they come.
    pub read: Read,
    /// Questions that are not answered yet: of this time, and of the other.
    pub waits: u8,
}

/// Which load balancers, gateways and firewalls there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Monitored {
    pub listed: Vec<Listed>,
    /// Pages that came of the question under way.
    pub coming: Vec<Listed>,
    /// Why the curves are not known.
    pub failure: Option<Failure>,
    /// When it was asked last.
    pub asked: Option<Timestamp>,
    /// The number of the question under way.
    pub flight: Option<u64>,
}

/// The state of the Metrics pane.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub of: Topic,
    /// Where it was opened from: `Esc` leads back there.
    pub from: Option<PaneId>,
    /// The place of the range in [`RANGES`].
    pub range: usize,
    /// How many halves of the range before now it ends.
    pub back: u32,
    pub against: Against,
    /// Whether one chart has the whole screen.
    pub alone: bool,
    /// Whether all of the region is shown, not only what has the environment's names.
    pub everything: bool,
    pub there: Monitored,
    pub flight: Option<InFlight>,
    pub read: Option<Read>,
    /// Why the last question brought nothing.
    pub failure: Option<Failure>,
    /// When it was asked last; none: now.
    pub asked: Option<Timestamp>,
    /// How many questions were asked, which numbers them.
    pub serial: u64,
    /// Operations and runs of this machine, and when they were asked for.
    pub local: Local,
    pub local_asked: Option<Timestamp>,
    /// Events in the time of the charts, newest first.
    pub marks: Vec<TimelineEvent>,
    pub marks_made: Option<Timestamp>,
    /// The alarm that is to be muted.
    pub muting: Option<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            of: Topic::All,
            from: None,
            range: 1,
            back: 0,
            against: Against::Nothing,
            alone: false,
            everything: false,
            there: Monitored::default(),
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
