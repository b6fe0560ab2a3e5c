//! The events of an environment on one timeline: collected from several sources ([`collect`], [`local`], [`cloudtrail`]),
//! merged and sorted ([`merge`]), assigned to environments ([`owners`]), and ranked as possible causes ([`possible_causes`]).

pub mod cloudtrail;
pub mod collect;
pub mod event;
pub mod facts;
pub mod local;
mod manual_ends;
pub mod merge;
pub mod owners;
pub mod possible_causes;
#[cfg(test)]
mod tests;

pub use event::{About, Kind, TimelineEvent};
pub use facts::{AlarmChange, RdsEvent, TrailEvent};
