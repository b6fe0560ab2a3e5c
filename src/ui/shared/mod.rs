//! Drawings that several panes share: the lists of services, of databases and of events, curves, lines of facts, grids.

pub mod curves;
pub mod databases;
pub mod facts;
pub mod grid;
pub mod happenings;
pub mod listing;
pub mod services;
pub mod tunnels;
