//! The events of an environment, on one time line: made of what several sources say ([`gather`], [`local`], [`trail`]),
//! each thing once and in one order ([`merge`]), whose it is ([`owners`]), and ranked by how near it is to a moment
//! ([`near`]).

pub mod event;
pub mod facts;
pub mod gather;
mod hand;
pub mod local;
pub mod merge;
pub mod near;
pub mod owners;
#[cfg(test)]
mod tests;
pub mod trail;

pub use event::{About, Kind, TimelineEvent};
pub use facts::{AlarmChange, RdsEvent, TrailEvent};
