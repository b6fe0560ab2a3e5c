//! The widgets that panes are made of. No widget knows a pane.

pub mod chart;
pub mod frame;
pub mod lanes;
pub mod spark;
pub mod table;
pub use crate::model::units;
