//! Terraform and Terragrunt: the programs themselves, started with the variables that they should have, and the units
//! that are found with them.
//!
//! What a unit, a graph, a plan and a run are is in `model::infra`, as plain data. What is printed is in
//! `src/commands/infra`.

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

pub use access::{Access, each};
pub use ask::{Answer, Question};
pub use find::{Discovered, Look, discover, discover_as};
pub use surroundings::ChildEnvironment;
pub use tools::Tools;
