//! Detached runs: programs that outlive the cockpit. What watches over one is a cockpit of its own (`cockpit
//! run-detached FOLDER`) in a session of its own, which no terminal and no signal to the one that started it reaches.
//!
//! A run is a folder that only its owner can read:
//!
//! - `order.json`: what it runs. Variables are not in it.
//! - `lock`: held by what watches over it for as long as that lives. The system lets go of it, whatever the end: another
//!   process that has the same id later holds nothing.
//! - `stdout`, `stderr`: what the program prints goes there, and not through a pipe: it goes on even where nobody
//!   watches over it any more. The program holds a lock on each. They are removed once everything is written down.
//! - `events.jsonl`: what happened (`feeds::runs::Entry`), a line each, written as it happens.
//! - `state.json`: how it stands (`feeds::runs::State`), replaced as a whole.
//! - `stop`: is there once it was asked to stop.

pub mod folder;
pub mod follow;
mod lines;
pub mod start;
pub mod stop;
pub mod watch;
