//! The lifetime of a question.

/// How long a question, and whatever it holds open, lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lifetime {
    /// Until another environment is opened, because its answers must not be taken for the new environment's.
    Environment,
    /// Until the session ends, across switches of environment.
    Session,
    /// Until it is left or the session ends. It is then notified and closes what it holds open; the session waits briefly for
    /// that.
    Closing,
    /// Until it ends by itself. The session waits briefly for it, because it starts something that outlives the session.
    Detached,
}
