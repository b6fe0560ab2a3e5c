//! Runs Terraform and Terragrunt with the right variables, and finds units with them.
//!
//! Units, graphs, plans and runs are plain data in `model::infra`. Output is printed by `src/commands/infra`.

pub mod aws_use;
pub mod caches;
pub mod code;
mod code_search;
pub mod dependents;
pub mod environment;
mod find;
pub mod format;
pub mod imports;
pub mod lint;
pub mod local_states;
pub mod locks;
pub mod migrate;
pub mod prevent_destroy;
pub mod run;
pub mod shared_state;
mod short_calls;
mod stacks;
mod terraform;
pub mod terragrunt;
mod terragrunt_settings;
pub mod tools;
pub mod unit_queries;
pub mod unit_reads;
pub mod unwritten_state;

pub use environment::ChildEnvironment;
pub use find::{DiscoverOptions, Discovered, discover, discover_as};
pub use short_calls::{ToolCall, ToolOutput};
pub use tools::Tools;
pub use unit_queries::{Access, query_each};
