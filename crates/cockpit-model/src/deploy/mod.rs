//! Assessments before, during and after a deployment. Reads and changes are in `app::operation`.
//!
//! - [`preflight`]: checks before a change.
//! - [`diff`]: the current and the next task definition.
//! - [`history`]: earlier versions, and the usual duration of deployments.
//! - [`task_problems`]: why new tasks do not start, reported before a limit is reached.

pub mod diff;
pub mod history;
pub mod preflight;
pub mod task_problems;

pub use diff::Change;
pub use preflight::{Check, Level};
pub use task_problems::{DeployProblem, ProblemKind};
