//! Identifiers of the Overview pane and its blocks, and its state.

use super::switches::Switches;
use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::Failure;
use crate::model::costs::{CostSummary, Costs};
use crate::model::timeline::TimelineEvent;
use crate::model::timeline::local::Local;
use jiff::Timestamp;
use jiff::civil::Date;

/// The identifier of the Overview pane.
pub const ID: PaneId = PaneId("overview");
/// The block with the needs-attention list.
pub const ATTENTION: Block = Block("attention");
/// The block with the list of services.
pub const SERVICES: Block = Block("overview-services");
/// The block with the list of databases.
pub const DATABASES: Block = Block("overview-databases");
/// The block with the curves of the selected service.
pub const SERVICE_CURVES: Block = Block("overview-service-curves");
/// The block with the curves of the selected database.
pub const DATABASE_CURVES: Block = Block("overview-database-curves");

/// The block with the latest events.
pub const TIMELINE: Block = Block("overview-timeline");

/// The block at a glance: alarms, schedule, cost, tunnels and runs, one line each.
pub const GLANCE: Block = Block("overview-standing");

/// The state of the Overview pane.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The latest events, without routine ones, newest first.
    pub events: Vec<TimelineEvent>,
    /// Number of writes in other environments that were left out.
    pub omitted_writes: usize,
    /// Time when the timeline was built.
    pub built_at: Option<Timestamp>,
    /// Operations and runs recorded on this machine, for the timeline.
    pub local: Local,
    /// Time of the last request for them.
    pub local_requested_at: Option<Timestamp>,
    /// The costs of the account, read once a day.
    pub costs: Option<Costs>,
    /// Why the costs are not known.
    pub costs_failure: Option<Failure>,
    /// The cached cost summary: when the costs were read, the day it is for, and the summary.
    pub cost_summary: Option<(Timestamp, Date, CostSummary)>,
    /// The next scheduled stop and start, until they must be computed again.
    pub switches: Option<Switches>,
    /// Time of the last request for certificates.
    pub certificates_requested_at: Option<Timestamp>,
    /// Time of the last request for costs.
    pub costs_requested_at: Option<Timestamp>,
}
