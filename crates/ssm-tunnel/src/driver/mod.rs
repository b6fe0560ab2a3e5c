//! Sockets around the core, for tokio: the signed WebSocket, the local listener, the loop that drives a session.

mod actor;
mod awake;
mod bucket;
mod dial;
mod further;
mod gate;
mod listener;
mod local;
mod proxy;
mod recent;
mod said;
mod shell;
mod sign;
mod status;
mod stream;
mod tunnel;

pub use gate::{Credentials, Gate, Granted, Options, Token};
pub use listener::Local;
pub use proxy::Proxy;
pub use said::{ShellInput, ShellOutput};
pub use shell::Shell;
pub use status::Status;
pub use tunnel::Tunnel;
