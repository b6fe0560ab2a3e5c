//! What several panes draw: the lists of services and of databases, their curves, lines of facts.

pub mod curves;
pub mod databases;
pub mod facts;
pub mod listing;
pub mod services;
pub mod tunnels;
