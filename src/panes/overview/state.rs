//! Its name, those of its blocks, and what it keeps: nothing of its own.

use crate::app::command::PaneId;
use crate::app::screen::Block;

/// The pane.
pub const ID: PaneId = PaneId("overview");
/// What needs attention.
pub const ATTENTION: Block = Block("attention");
/// Services.
pub const SERVICES: Block = Block("overview-services");
/// Databases.
pub const DATABASES: Block = Block("overview-databases");
/// Curves of the selected service.
pub const SERVICE_CURVES: Block = Block("overview-service-curves");
/// Curves of the selected database.
pub const DATABASE_CURVES: Block = Block("overview-database-curves");

/// Nothing.
#[derive(Debug, Clone, Default)]
pub struct State;
