//! Identifiers of the Services pane and its blocks, and its state: what is opened in it.

use super::repeated_request::RepeatedRequest;
use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::health_probe::findings::Findings;
use crate::model::machine::Ec2Instance;
use crate::model::scaling_watch::{Observation, Sample, Watch};
use crate::model::users::PoolStatistics;
use crate::model::{Failure, Point};
use jiff::Timestamp;

/// The identifier of the Services pane.
pub const ID: PaneId = PaneId("services");
/// The block with all services.
pub const LIST: Block = Block("services");
/// The block with a service's tasks.
pub const TASKS: Block = Block("tasks");
/// The block with a service's deployments and their history.
pub const DEPLOYMENTS: Block = Block("deployments");
/// The block with a service's events.
pub const EVENTS: Block = Block("events");
/// The block with a service's autoscaling: limits, policies, schedule, activities.
pub const SCALING: Block = Block("scaling");
/// The block with a service's load balancer targets.
pub const TARGETS: Block = Block("targets");
/// The block with a service's curves.
pub const CURVES: Block = Block("service-curves");
/// The block with a task's containers.
pub const CONTAINERS: Block = Block("containers");
/// The block with a task's facts.
pub const TASK_FACTS: Block = Block("task-facts");

/// The block with the health from outside.
pub const HEALTH: Block = Block("health");

/// The block with the environment's EC2 instances.
pub const MACHINES: Block = Block("instances");

/// The block with the environment's user pool.
pub const POOL: Block = Block("user-pool");

/// A page shown instead of the list of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubView {
    /// Health from outside: how the environment is reached.
    Health,
    /// The EC2 instances.
    Machines,
    /// The user pool.
    Pool,
}

/// The instances, once their page was opened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Machines {
    pub request: RepeatedRequest<Listed>,
    /// Number of finished instance changes at the time of the last request.
    pub finished_changes: usize,
}

/// The listed instances.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    pub machines: Vec<Ec2Instance>,
    /// The reads that failed.
    pub missing: Vec<Failure>,
}

/// Health from outside, once its page was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExternalHealth {
    /// Serial number of the last request.
    pub serial: u64,
    pub requested_at: Option<Timestamp>,
    /// Time when the answer was complete.
    pub read: Option<Timestamp>,
    /// Whether probes were sent.
    pub sent: bool,
    /// Number of finished changes of allowed addresses at the time of the last request.
    pub ended: usize,
    pub found: Findings,
    /// Why the look failed.
    pub failure: Option<Failure>,
}

/// A service that is watched while it scales.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scaling {
    /// The service's name.
    pub service: String,
    pub since: Timestamp,
    /// Time of the last poll.
    pub polled_at: Option<Timestamp>,
    /// Time when the polled data was read.
    pub read: Option<Timestamp>,
    /// The observed events, for the report.
    pub watch: Watch,
    /// The last sample of its counts.
    pub last: Option<Sample>,
    /// Events in the order in which they happened.
    pub events: Vec<Observation>,
    /// Desired and running task counts at each poll.
    pub desired: Vec<Point>,
    pub running: Vec<Point>,
    /// Whether the service has scaled out and back in.
    pub finished: bool,
}

/// The state of the Services pane: the opened page and its data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The service that is watched while it scales, opened or not.
    pub scaling: Option<Scaling>,
    /// The page shown instead of the list of services.
    pub sub_view: Option<SubView>,
    /// The environment's instances.
    pub machines: Machines,
    /// The environment's user pool; `None` inside if it has none.
    pub pool: RepeatedRequest<Option<PoolStatistics>>,
    /// Health from outside.
    pub health: ExternalHealth,
    /// Name of the opened service.
    pub service: Option<String>,
    /// Id of the opened task of that service.
    pub task: Option<String>,
}

impl State {
    /// Whether this page is shown instead of the list, and no service is opened.
    pub fn is_shown(&self, what: SubView) -> bool {
        self.sub_view == Some(what) && self.service.is_none()
    }
}
