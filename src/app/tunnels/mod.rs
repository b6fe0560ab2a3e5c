//! Tunnels: private hosts and ports on ports of this machine. They are the session's and not a pane's, and go on while another
//! environment is looked at. Whoever needs one asks [`find`] whether there is one and [`ask`] for one to be opened.

pub mod absorb;
pub mod ask;
pub mod block;
pub mod find;
pub mod pane;
pub mod route;
pub mod shell;
pub mod state;
pub mod tell;
#[cfg(test)]
mod tests;
