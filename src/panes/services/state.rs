//! Its name, those of its blocks, and what it keeps: what is opened in it.

use crate::app::command::PaneId;
use crate::app::screen::Block;

/// The pane.
pub const ID: PaneId = PaneId("services");
/// All services.
pub const LIST: Block = Block("services");
/// A service's tasks.
pub const TASKS: Block = Block("tasks");
/// A service's deployments and their history.
pub const DEPLOYMENTS: Block = Block("deployments");
/// A service's events.
pub const EVENTS: Block = Block("events");
/// A service's autoscaling: limits, policies, schedule, activities.
pub const SCALING: Block = Block("scaling");
/// A service's load balancer targets.
pub const TARGETS: Block = Block("targets");
/// A service's curves.
pub const CURVES: Block = Block("service-curves");
/// A task's containers.
pub const CONTAINERS: Block = Block("containers");
/// A task's facts.
pub const TASK_FACTS: Block = Block("task-facts");

/// What is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The opened service.
    pub service: Option<String>,
    /// The opened task of it.
    pub task: Option<String>,
}
