//! The name of the Overview pane, those of its blocks, and what it remembers.

use super::switches::Switches;
use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::Failure;
use crate::model::costs::{Costs, Told};
use crate::model::timeline::TimelineEvent;
use crate::model::timeline::local::Local;
use jiff::Timestamp;
use jiff::civil::Date;

/// The name of the Overview pane.
pub const ID: PaneId = PaneId("overview");
/// The block with the needs-attention list.
pub const ATTENTION: Block = Block("attention");
/// The block with the list of services.
pub const SERVICES: Block = Block("overview-services");
/// The block with the list of databases.
pub const DATABASES: Block = Block("overview-databases");
/// Curves of the selected service.
pub const SERVICE_CURVES: Block = Block("overview-service-curves");
/// Curves of the selected database.
pub const DATABASE_CURVES: Block = Block("overview-database-curves");

/// The block with the latest events.
pub const TIMELINE: Block = Block("overview-timeline");

/// Alarms, schedule, cost, tunnels and runs, a line each.
pub const STANDING: Block = Block("overview-standing");

/// The state of the Overview pane.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The latest events without the routine ones, newest first.
    pub happened: Vec<TimelineEvent>,
    /// How many writes of other environments are left out of it.
    pub of_others: usize,
    /// When that was put together last.
    pub made: Option<Timestamp>,
    /// Operations and runs of this machine, for the time line.
    pub local: Local,
    /// When that was asked for last.
    pub asked: Option<Timestamp>,
    /// The costs of the account, read once a day.
    pub costs: Option<Costs>,
    /// Why that is not known.
    pub no_costs: Option<Failure>,
    /// The sentences on the costs: when these were read, the day they are for, and the sentences.
    pub told: Option<(Timestamp, Date, Told)>,
    /// The next stop and start by schedules, until they have to be worked out again.
    pub switches: Option<Switches>,
    /// When certificates were asked for last.
    pub certificates_asked: Option<Timestamp>,
    /// When it was asked for last.
    pub costs_asked: Option<Timestamp>,
}
