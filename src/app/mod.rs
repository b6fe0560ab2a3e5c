//! State changes: events in, effects out. Pure, synchronous, total.
//!
//! This module makes no requests and uses no clock, files or terminal: time enters as an event, and actions leave as an
//! [`effect::Effect`].

mod absorb;
pub mod backoff;
pub mod bottom_line;
pub mod command;
pub mod commands;
pub mod confirm;
pub mod custom_commands;
pub mod data_status;
pub mod dialog;
pub mod doctor;
pub mod editor;
pub mod effect;
pub mod event;
pub mod facts;
pub mod grid;
pub mod input;
pub mod keymap;
pub mod keys_document;
pub mod layout;
pub mod list;
pub mod logs;
pub mod metric_list;
pub mod mfa_code;
pub mod operation;
pub mod operation_list;
pub mod operation_reports;
pub mod operation_texts;
pub mod overlay;
pub mod overlays;
pub mod owners;
pub mod pane;
pub mod parameters;
mod plan;
pub mod poll;
pub mod probes;
pub mod question;
pub mod refusals;
pub mod rows;
pub mod safety;
pub mod scaling;
pub mod screen;
pub mod select;
mod state;
pub mod stray_input;
pub mod subject;
pub mod surveys;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
pub mod ticket;
pub mod timeline;
pub mod tunnels;
mod unmatched_names;
pub(crate) mod update;
pub mod window;

pub use state::{App, AttentionCounts, Command, Entry, Hooks, Overrides, Pane, Session, Spec, Table, View};
