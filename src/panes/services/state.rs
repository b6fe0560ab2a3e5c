//! Its name, those of its blocks, and what it keeps: what is opened in it.

use super::asked::Asked;
use crate::app::command::PaneId;
use crate::app::screen::Block;
use crate::model::health_probe::findings::Findings;
use crate::model::machine::Machine;
use crate::model::scaling_watch::{Sample, Told, Watch};
use crate::model::users::Seen;
use crate::model::{Failure, Point};
use jiff::Timestamp;

/// The name of the Services pane.
pub const ID: PaneId = PaneId("services");
/// The block with all services.
pub const LIST: Block = Block("services");
/// The block with a service's tasks.
pub const TASKS: Block = Block("tasks");
/// A service's deployments and their history.
pub const DEPLOYMENTS: Block = Block("deployments");
/// The block with a service's events.
pub const EVENTS: Block = Block("events");
/// A service's autoscaling: limits, policies, schedule, activities.
pub const SCALING: Block = Block("scaling");
/// A service's load balancer targets.
pub const TARGETS: Block = Block("targets");
/// The block with a service's curves.
pub const CURVES: Block = Block("service-curves");
/// The block with a task's containers.
pub const CONTAINERS: Block = Block("containers");
/// The block with a task's facts.
pub const TASK_FACTS: Block = Block("task-facts");

/// How the environment is reached.
pub const HEALTH: Block = Block("health");

/// The environment's instances of EC2.
pub const MACHINES: Block = Block("instances");

/// The environment's user pool.
pub const POOL: Block = Block("user-pool");

/// A page of the pane that is shown instead of the list of services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubView {
    /// How the environment is reached.
    Health,
    /// Its instances of EC2.
    Machines,
    /// Its user pool.
    Pool,
}

/// The instances, as far as somebody looked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Machines {
    pub asked: Asked<Listed>,
    /// Changes of instances that had ended when they were asked for.
    pub ended: usize,
}

/// Instances as they were listed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listed {
    pub machines: Vec<Machine>,
    /// The reads that failed.
    pub missing: Vec<Failure>,
}

/// How the environment is reached, as far as somebody looked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// The number of the last question.
    pub serial: u64,
    pub asked: Option<Timestamp>,
    /// When the answer was whole.
    pub read: Option<Timestamp>,
    /// Whether probes were sent.
    pub sent: bool,
    /// Changes of who is let in that had ended when it was asked.
    pub ended: usize,
    pub found: Findings,
    /// Why nothing was read.
    pub failure: Option<Failure>,
}

/// A service that is watched while it scales.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scaling {
    /// The service's name.
    pub service: String,
    pub since: Timestamp,
    /// When it was looked at last.
    pub looked: Option<Timestamp>,
    /// When what was looked at had been read.
    pub read: Option<Timestamp>,
    /// The record of what was seen, for the report.
    pub watch: Watch,
    /// The last sample of its counts.
    pub last: Option<Sample>,
    /// The events that were told as they happened, oldest first.
    pub told: Vec<Told>,
    /// Desired count, and tasks that run, at each look.
    pub desired: Vec<Point>,
    pub running: Vec<Point>,
    /// Whether it was out and is back.
    pub over: bool,
}

/// The state of the Services pane: the page that is open, and what it asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// A service that is watched while it scales, opened or not.
    pub scaling: Option<Scaling>,
    /// The page that is shown instead of the list of services.
    pub instead: Option<SubView>,
    /// The environment's instances.
    pub machines: Machines,
    /// The environment's user pool; none where it has none.
    pub pool: Asked<Option<Seen>>,
    /// How the environment is reached.
    pub health: Looked,
    /// The service whose page is open, by name.
    pub service: Option<String>,
    /// The opened task of it.
    pub task: Option<String>,
}

impl State {
    /// Whether something is shown instead of the list, and no service is opened.
    pub fn is_shown(&self, what: SubView) -> bool {
        self.instead == Some(what) && self.service.is_none()
    }
}
