//! Tunnels: private hosts and ports, reached through ports of this machine. They belong to the session rather than a
//! pane, and stay open when the environment is switched. Code that needs a tunnel looks it up with [`find`] and opens
//! one with [`opening`].

pub mod absorb;
pub mod block;
pub mod find;
pub mod opening;
pub mod pane;
pub mod route;
pub mod shell;
pub mod state;
#[cfg(test)]
mod tests;
pub mod texts;
