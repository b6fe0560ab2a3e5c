//! The panes, a folder each. A pane is what its `mod.rs` declares (see `app::pane`): its tab, its commands and keys,
//! what can be done to what is selected, and what it does of itself. Everything else follows from that.
//!
//! A new pane is its folder and one line in each of the two lists here: see docs/adding-a-pane.md.

/// The list of panes, in the order of their commands. (`extra` is for the test of the example of
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
