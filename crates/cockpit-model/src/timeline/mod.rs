//! The events of an environment on one timeline: collected from several sources ([`gather`], [`local`], [`trail`]),
//! merged and sorted ([`merge`]), assigned to environments ([`owners`]), and ranked as possible causes ([`near`]).

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
