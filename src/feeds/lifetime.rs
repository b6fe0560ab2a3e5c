//! How long a question is asked for.

/// How long a question is asked for, and with it what it holds open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lifetime {
    /// Until another environment is opened: an answer about the one before would be taken for one about this.
    Environment,
    /// Until the session ends; a switch of environment leaves it alone.
    Session,
    /// Until it is left or the session ends; it is told so, and closes what it holds open, which the session waits a moment for.
    Closing,
    /// To its end, which the session waits a moment for: it hands something over that outlives the session.
    Detached,
}
