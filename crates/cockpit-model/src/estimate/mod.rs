//! Cost estimates of an environment from its plans, before it is built: hourly costs at list prices, unit prices of
//! costs that depend on use, and resources without a known price, which are never counted as free.
//!
//! Modules: `cover` has the coverage of the plans; `prices` the price table; `types` the results; `sheet` collects the
//! lines; `sizes` and `rules` price each type of resource; `schedule` has the schedules that stop services; `whole`
//! computes the estimate; `words` describes it.

mod collector;
pub mod coverage;
pub mod figures;
pub mod prices;
mod rules;
mod schedule;
mod sizes;
#[cfg(test)]
mod tests;
mod total;
mod types;

pub use total::estimate;
pub use types::{Estimate, HOURS, Line, Unit, Unknown, Usage};
