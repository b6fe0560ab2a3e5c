//! The common parts of all commands: global flags, formats, errors, exit codes. The commands themselves are folders of
//! `src/commands`.

pub mod duration;
pub mod error;
pub mod exit;
pub mod global;
pub mod output;

pub use error::Report;
pub use exit::ExitCode;
pub use global::Global;
pub use output::{Color, Formats, Output};
