//! All waiting and I/O: terminal, signals, clock, tasks. (`infra` and `aws::helper` start processes, too.)
//!
//! It turns the terminal, signals, time and answers of AWS into events, passes them to the app one by one, and carries out the
//! effects that the app returns. What an event means is decided in `src/app`.

pub mod audit;
mod browser;
pub mod child;
pub mod clock;
mod collect;
pub(crate) mod cost_cache;
pub mod database_login;
pub mod demo_database;
pub mod demo_infra;
pub mod demo_recorded;
pub mod demo_site;
pub mod doctor;
pub mod editor;
pub mod event_loop;
mod executor;
mod feeds;
pub mod files;
mod headless_operations;
pub mod health;
pub mod history;
mod input;
mod interactive;
pub mod local_postgres;
pub mod logs;
mod memory;
pub mod mfa_codes;
pub mod orphans;
pub mod output;
mod panic;
mod pipe;
pub mod ports;
pub mod postgres;
mod process;
mod program_lines;
mod queries;
pub mod raw_terminal;
mod registry;
pub mod relay;
mod session_end;
pub mod shared_tunnels;
pub mod shell;
mod signals;
pub mod states;
pub mod stop;
mod stored_texts;
mod survey;
mod suspended_screen;
pub mod tee;
mod terminal;
pub mod tunnels;

pub use collect::{Collected, Collector};
pub use event_loop::{EventHandler, EventLoop};
pub use executor::Executor;
pub use headless_operations::Driver;
pub use interactive::{Ended, interactive};
pub use memory::retain_freed_memory;
pub use output::{Output, WriteAborted};
pub use panic::install_panic_hook;
pub use pipe::widen_output;
pub use process::{end_helpers, end_programs};
pub use terminal::{discard_input, has_input_within, is_drawable, probe_widths};
