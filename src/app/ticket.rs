//! Tickets: match an answer to its request, and detect late answers.

/// The part of the program that made a request and takes the answer. Each owner numbers its own requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// The scheduler of the estate.
    Poll,
    /// The pane with this name; the number is the pane's own, for the kind of request.
    Pane(&'static str, u8),
    /// The tunnel with the ticket's number, whichever environment is open.
    Tunnels,
    /// A command without a screen; the number is the command's own.
    Command(u8),
}

/// Issued with each fetch. An answer whose ticket is no longer held is dropped in one place: `Poller::claim`, or where
/// the owner takes its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket {
    /// The number of the environment's opening; each switch increases it. Commands have only one, 0.
    pub generation: u32,
    /// The part of the program that made the request and takes the answer.
    pub owner: Owner,
    /// The number of the owner's request.
    pub serial: u64,
}

impl Ticket {
    /// A ticket of a command, which has one environment from start to end.
    pub const fn of_command(kind: u8, serial: u64) -> Self {
        Self { generation: 0, owner: Owner::Command(kind), serial }
    }
}
