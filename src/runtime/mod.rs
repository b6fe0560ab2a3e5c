//! All waiting and I/O: terminal, signals, clock, tasks. (`infra` and `aws::helper` start processes, too.)
//!
//! It turns the terminal, signals, time and answers of AWS into events, passes them to the app one by one, and carries out the
//! effects that the app returns. What an event means is decided in `src/app`.

mod aside;
pub mod audit;
pub mod child;
pub mod clock;
pub mod codes;
mod collect;
pub mod database_login;
pub mod demo_database;
pub mod demo_infra;
pub mod demo_recorded;
pub mod demo_site;
pub mod doctor;
mod drive;
pub mod editor;
pub mod event_loop;
mod executor;
mod feeds;
pub mod files;
pub mod health;
pub mod history;
mod input;
mod interactive;
pub(crate) mod kept_costs;
mod leaving;
mod link;
pub mod local_postgres;
pub mod logs;
mod memory;
pub mod offers;
pub mod orphans;
pub mod output;
mod panic;
mod pipe;
pub mod ports;
pub mod postgres;
mod printed;
mod process;
mod queries;
pub mod raw;
mod registry;
pub mod relay;
pub mod shell;
mod signals;
pub mod states;
pub mod stop;
mod survey;
pub mod tee;
mod terminal;
mod texts;
pub mod tunnels;

pub use collect::{Collected, Collector};
pub use drive::Driver;
pub use event_loop::{EventHandler, EventLoop};
pub use executor::Executor;
pub use interactive::{Ended, interactive};
pub use memory::retain_freed_memory;
pub use output::{Output, WriteAborted};
pub use panic::install_panic_hook;
pub use pipe::widen_output;
pub use process::{end_helpers, end_programs};
pub use terminal::{discard_input, has_input_within, is_drawable, probe_widths};
