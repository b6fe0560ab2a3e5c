//! Infrastructure as code, as plain data: units of an environment and their order, Terraform's messages, runs and their
//! state. Starting processes and reading files is in `src/infra`.

pub mod around;
pub mod backend;
pub mod cached;
pub mod causes;
pub mod compared;
pub mod declared;
pub mod estimate;
pub mod files_read;
pub mod guard;
pub mod import;
pub mod lock;
pub mod loss;
pub mod message;
pub mod one_state;
pub mod order;
pub mod orphan;
mod orphan_types;
pub mod path;
pub mod picture;
pub mod plan;
pub mod prevented;
pub mod question;
pub mod remote_state;
pub mod run;
pub mod run_event;
pub mod run_unit;
pub mod schedule;
#[cfg(test)]
mod schedule_early_tests;
#[cfg(test)]
mod schedule_tests;
pub mod state;
#[cfg(test)]
pub(crate) mod testing;
pub mod trouble;
pub mod unit;
pub mod world;

pub use around::Around;
pub use order::RunOrder;
pub use run::RunState;
pub use run_event::RunEvent;
pub use trouble::{InfraError, InfraErrorKind};
pub use unit::{Graph, GraphError, Tool, Unit};
