//! Estates made by hand.
