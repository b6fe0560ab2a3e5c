//! What several panes draw: the lists of services, of databases and of what happened, curves, lines of facts, grids.

pub mod curves;
pub mod databases;
pub mod facts;
pub mod grid;
pub mod happenings;
pub mod listing;
pub mod services;
pub mod tunnels;
