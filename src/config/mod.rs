//! The configuration: its types, and how files, environment variables and flags are merged.
//!
//! Files are read in `read`; the types are plain data, so the app may hold them.

mod aws_files;
mod aws_settings;
mod check;
mod commands;
mod diagnose;
mod docs;
mod known;
mod load;
mod loaded;
mod own_commands;
mod read;
mod schema;
mod show;
mod tables;
mod types;
mod units;
mod value;

pub use aws_files::{AwsFiles, AwsSection, FileEndpoint, FileEndpoints};
pub use commands::SELECTIONS;
pub use diagnose::{Diagnostic, MistakeLocation, SourceFile};
pub use docs::markdown;
pub use known::KNOWN;
pub use load::{FILE, Flags, Request, load, parse};
pub use loaded::{KnownCommand, Loaded, Origin, Places};
pub use read::{MAX_FILE_SIZE, is_named_pipe};
pub use schema::{Known, Place, TableScope};
pub use show::{Row, rows};
pub use types::{
    BuildConfig, CommandConfig, Config, DatabaseConfig, EnvironmentConfig, HealthConfig, Hooks, InfraConfig, Ui,
    UnitConfig,
};
pub use value::{InvalidValue, Kind, Value};

#[cfg(test)]
mod commands_tests;
#[cfg(test)]
mod database_tests;
#[cfg(test)]
mod infra_tests;
#[cfg(test)]
mod tests;
