//! Judgements before a deployment, while it goes on, and at its end. Reads and changes are in `app::operation`.
//!
//! - [`preflight`]: what is looked at before anything is changed, and what is wrong with it.
//! - [`diff`]: the task definition now and next.
//! - [`history`]: what ran before, and how long deployments take.
//! - [`trouble`]: why new tasks do not come up, said before a limit is reached.

pub mod diff;
pub mod history;
pub mod preflight;
pub mod trouble;

pub use diff::Change;
pub use preflight::{Check, Level};
pub use trouble::{Trouble, TroubleKind};
