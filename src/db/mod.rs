//! PostgreSQL: connections, what the server says, results on disk. It speaks the simple query protocol, in which the server
//! gives each value as its own text. It spawns nothing and draws nothing; what a session is asked for comes from
//! `src/runtime` and `src/commands`. Whose password it is and where it lies is not known here.

pub mod cancel;
pub mod connection;
mod connection_errors;
mod dial;
mod index;
mod options;
pub mod password_file;
mod pooler;
mod set_up;
pub mod settings;
mod small_answers;
pub mod spool;
mod startup;
mod tls;
pub mod url;
pub mod wire;

pub use cancel::Canceller;
pub use connection::{Connection, Event, Lost};
pub use settings::{Roots, Settings, SslMode};
pub use small_answers::{Rows, known_facts, read_facts};
pub use spool::Spool;
