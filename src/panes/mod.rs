//! The panes, a folder each. A pane is what its `mod.rs` declares (see `app::pane`): its tab, its commands and keys,
//! what can be done to what is selected, and what it does of itself. Everything else follows from that.
//!
//! A new pane is its folder and one line in each of the two lists here.

/// The list of panes, in the order of their commands.
macro_rules! with_panes {
    ($make:ident) => {
        $make! {
            overview,
            services,
            database,
            logs,
            operation,
        }
    };
}

pub mod database;
pub mod logs;
pub mod operation;
pub mod overview;
pub mod services;
pub mod state;
pub mod table;
pub mod views;
