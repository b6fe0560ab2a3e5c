//! Tickets: how an answer finds the question it belongs to, and how a late one is known.

/// The part of the program that asked and takes the answer in. Each owner numbers its own questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// The scheduler of the estate.
    Poll,
    /// The pane of this name; the number is the pane's own, for the kind of its question.
    Pane(&'static str, u8),
    /// The tunnel with the ticket's number, in whichever environment one is.
    Tunnels,
    /// A command without a screen; the number is the command's own.
    Command(u8),
}

/// Handed out with each fetch. An answer whose ticket is no longer held is dropped, in one place:
/// `Poller::claim`, or where the owner takes its answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket {
    /// Which opening of an environment; switching makes a new one. Commands have one only, 0.
    pub generation: u32,
    /// The part of the program that asked and takes the answer.
    pub owner: Owner,
    /// Which of the owner's questions.
    pub serial: u64,
}

impl Ticket {
    /// A ticket of a command that has one environment from its start to its end.
    pub const fn of_command(kind: u8, serial: u64) -> Self {
        Self { generation: 0, owner: Owner::Command(kind), serial }
    }
}
