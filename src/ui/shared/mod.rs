//! Drawings that several panes share: lists of services, databases, events and tunnels, curves, labelled facts, grids.

pub mod curves;
pub mod databases;
pub mod facts;
pub mod grid;
pub mod listing;
pub mod services;
pub mod timeline_list;
pub mod tunnels;
