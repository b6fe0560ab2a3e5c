//! Snapshots of estates made by hand.
