//! Generation of a configuration from an account: discovered resources ([`discovered`]), grouping into environments
//! ([`group`]), output (`write`), and differences from an existing file ([`diff`]).

pub mod diff;
pub mod discovered;
mod draft;
pub mod group;
mod other_resources;
pub mod write;
