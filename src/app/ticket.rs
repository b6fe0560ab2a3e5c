//! Tickets: how an answer finds the question it belongs to, and how a late one is known.

/// Handed out with each fetch. An answer whose ticket is no longer held is dropped, in one place:
/// `Poller::claim`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket {
    /// Which opening of an environment; switching makes a new one.
    pub generation: u32,
    /// Which fetch in it.
    pub serial: u64,
}
