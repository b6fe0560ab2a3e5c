//! The panes, one folder each. A pane consists of the declaration in its `mod.rs` (see `app::pane`): its tab, its commands
//! and keys, the actions on its selection, and its background work. Everything else is derived from that.
//!
//! A new pane needs its folder and one line in each of the two lists here: see docs/adding-a-pane.md.

/// The list of panes, in the order of their commands. (`extra` exists for the test of the example in
/// docs/adding-a-pane.md.)
macro_rules! with_panes {
    ($make:ident $($extra:ident)*) => {
        $make! {
            overview,
            services,
            logs,
            database,
            query,
            infra,
            parameters,
            metrics,
            operation,
            tunnels,
            $($extra,)*
        }
    };
}

#[cfg(test)]
#[path = "../../docs/adding-a-pane/alarms/mod.rs"]
pub mod alarms;

pub mod database;
pub mod infra;
pub mod logs;
pub mod metrics;
pub mod operation;
pub mod overview;
pub mod parameters;
pub mod query;
pub mod services;
pub mod state;
pub mod table;
pub mod tunnels;
pub mod views;
