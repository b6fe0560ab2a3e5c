//! PostgreSQL: connections, what the server says, results on disk. It speaks the simple query protocol, in which the server
//! gives each value as its own text. It spawns nothing and draws nothing; what a session is asked for comes from
//! `src/runtime` and `src/commands`. Whose password it is and where it lies is not known here.

mod all;
pub mod cancel;
pub mod connection;
mod dial;
mod index;
mod options;
pub mod password_file;
mod pooler;
mod set_up;
pub mod settings;
pub mod spool;
mod startup;
mod tls;
pub mod url;
pub mod wire;
mod words;

pub use all::{Rows, known_facts, read_facts};
pub use cancel::Canceller;
pub use connection::{Connection, Event, Lost};
pub use settings::{Roots, Settings, SslMode};
pub use spool::Spool;
