//! A simulated AWS on loopback.
