//! Infrastructure as code: its runs.

pub mod run;
