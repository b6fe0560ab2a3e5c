//! Shared by all commands: global flags, formats, errors, exit codes. The commands themselves are folders in `src/commands`.

pub mod duration;
pub mod error;
pub mod exit;
pub mod global;
pub mod output;

pub use error::Report;
pub use exit::ExitCode;
pub use global::Global;
pub use output::{Color, Formats, Output};
