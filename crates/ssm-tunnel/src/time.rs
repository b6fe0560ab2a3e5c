//! Points in time.

/// A point in time, as the duration since an origin that the caller chooses. It never goes backwards.
pub type Time = std::time::Duration;
