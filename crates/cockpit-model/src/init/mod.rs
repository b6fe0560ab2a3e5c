//! A configuration made by looking at an account: what was seen ([`seen`]), how it is put into environments ([`group`]), and
//! how it is written (`write`), and what differs
//! from a file that is there ([`diff`]).

mod beside;
pub mod diff;
mod draft;
pub mod group;
pub mod seen;
pub mod write;
