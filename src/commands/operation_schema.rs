//! The schema of the output of commands that make changes.

use super::declared::Schema;
use crate::headless::{operation, schema};

/// The schema of one or several operations.
pub(super) const OPERATION: Schema = Schema {
    name: "operation",
    about: "`cockpit deploy`, `rollback`, `scale`, `stop`, `start`, `stop-task`, `failover`, `db --snapshot` with `-o json`",
    make: || schema::of::<operation::OperationReport>(operation::SCHEMA),
};
