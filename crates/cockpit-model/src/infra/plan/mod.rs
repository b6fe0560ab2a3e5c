//! Plans for display: the contents of Terraform's `show -json`, with all sensitive values masked before anything is
//! stored.

mod address;
mod bill;
mod diff;
mod edges;
pub mod lines;
mod list;
pub mod markdown;
mod read;
mod reason;
mod secret;
mod show;
mod sides;
mod targets;
#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod text;
pub mod types;

pub use address::{key_of, module_of, resource_of, type_of};
pub use reason::is_stateful;
pub use secret::Secrets;
pub use show::PlanError;
pub use targets::missing_instance;
pub use types::{Attribute, Bill, Billed, Change, Invocation, Output, Plan, Resource, ValueChange};
