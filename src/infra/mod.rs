//! Runs Terraform and Terragrunt with the right variables, and finds units with them.
//!
//! Units, graphs, plans and runs are plain data in `model::infra`. Output is printed by `src/commands/infra`.

pub mod access;
mod around;
mod ask;
pub mod caches;
pub mod code;
mod find;
pub mod format;
pub mod imports;
pub mod kept;
pub mod lint;
pub mod locks;
pub mod look;
pub mod migrate;
pub mod movable;
pub mod needed;
pub mod one_state;
pub mod prevented;
pub mod run;
mod stacks;
pub mod surroundings;
mod terraform;
pub mod terragrunt;
mod texts;
pub mod tools;
pub mod uses;

pub use access::{Access, query_each};
pub use ask::{ToolCall, ToolOutput};
pub use find::{DiscoverOptions, Discovered, discover, discover_as};
pub use surroundings::ChildEnvironment;
pub use tools::Tools;
