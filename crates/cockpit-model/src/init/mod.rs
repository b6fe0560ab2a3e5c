//! Generation of a configuration from an account: discovered resources ([`seen`]), grouping into environments
//! ([`group`]), output (`write`), and differences from an existing file ([`diff`]).

mod beside;
pub mod diff;
mod draft;
pub mod group;
pub mod seen;
pub mod write;
