//! The simulated account.

/// The account every simulated resource belongs to.
pub const ACCOUNT: &str = "123456789012";
