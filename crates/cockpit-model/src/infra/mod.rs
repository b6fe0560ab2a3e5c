//! Infrastructure as code, as plain data: units of an environment and their order, Terraform's messages, runs and their
//! state. Starting processes and reading files is in `src/infra`.

pub mod backend;
pub mod cached;
pub mod compared;
pub mod data_loss;
pub mod declared;
pub mod error_causes;
pub mod errors;
pub mod estimate;
pub mod files_read;
pub mod guard;
pub mod import;
pub mod lock;
pub mod message;
pub mod orphan;
mod orphan_types;
pub mod path;
pub mod picture;
pub mod plan;
pub mod prevent_destroy;
pub mod question;
pub mod remote_state;
pub mod run;
pub mod run_event;
pub mod run_order;
pub mod run_unit;
pub mod schedule;
#[cfg(test)]
mod schedule_early_tests;
#[cfg(test)]
mod schedule_tests;
pub mod shared_state;
pub mod state;
pub mod state_endpoint;
pub mod terragrunt_settings;
#[cfg(test)]
pub(crate) mod testing;
pub mod unit;

pub use errors::{InfraError, InfraErrorKind};
pub use run::RunState;
pub use run_event::RunEvent;
pub use run_order::RunOrder;
pub use terragrunt_settings::Around;
pub use unit::{Graph, GraphError, Tool, Unit};
