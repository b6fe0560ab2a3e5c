//! A configuration made by looking at an account: what was seen ([`seen`]), how it is put into environments ([`group`]), and
//! how it is written ([`write`]).

pub mod group;
pub mod seen;
pub mod write;
