//! What is configured: types, and how files, environment variables and flags become one value.
//!
//! Reading files happens in `load`; the types here are plain data that the app may hold.

mod format;
mod types;

pub use format::{is_account, is_region, is_url};
pub use types::{Config, EnvironmentConfig, Ui};
