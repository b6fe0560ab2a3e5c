//! The costs of an environment by its plans, before it is built: what runs by the hour, at list prices; what depends on
//! use, with its unit price; and what is not in the table of prices, which is never taken for nothing.
//!
//! `cover`: what of an environment the plans have; `prices`: the table; `types`: what is told; `sheet`: where it is written; `sizes` and `rules`: what each type of
//! resource costs; `schedule`: what stops services; `whole`: all of it; `words`: in words.

pub mod cover;
pub mod prices;
mod rules;
mod schedule;
mod sheet;
mod sizes;
#[cfg(test)]
mod tests;
mod types;
mod whole;
pub mod words;

pub use types::{Estimate, HOURS, Line, Unit, Unknown, Usage};
pub use whole::estimate;
