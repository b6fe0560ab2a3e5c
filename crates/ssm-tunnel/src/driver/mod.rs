//! Sockets around the core, for tokio: the signed WebSocket, the local listener, the loop that drives a session.

mod actor;
mod bucket;
mod dial;
mod extra_sessions;
mod gate;
mod listener;
mod local;
mod proxy;
mod recent_traffic;
mod shell;
mod shell_io;
mod sign;
mod status;
mod stream;
mod suspension;
mod tunnel;

pub use gate::{Credentials, Gate, OpenSession, Options, Token};
pub use listener::Local;
pub use proxy::Proxy;
pub use shell::Shell;
pub use shell_io::{ShellInput, ShellOutput};
pub use status::Status;
pub use tunnel::Tunnel;
