//! Moments.

/// A moment, as the time since one that the caller chose. It never goes back.
pub type Time = std::time::Duration;
