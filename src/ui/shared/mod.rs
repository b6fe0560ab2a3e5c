//! What several panes draw: the lists of services, of databases and of what happened, curves, lines of facts.

pub mod curves;
pub mod databases;
pub mod facts;
pub mod happenings;
pub mod listing;
pub mod services;
pub mod tunnels;
