//! Widgets that panes are built from. No widget knows a pane.

pub mod chart;
pub mod frame;
pub mod rollout_lanes;
pub mod spark;
pub mod table;
pub use crate::model::units;
