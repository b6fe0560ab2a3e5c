//! The feed of what is kept of queries on this machine: statements that were run, and queries that were saved by a name.

use super::lifetime::Lifetime;

/// A question about statements that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Reads the statements that earlier sessions ran, the oldest first.
    History,
    /// Keeps a statement for later sessions.
    Remember(String),
    /// Reads the texts that earlier sessions left in the editor.
    Texts,
    /// Keeps what stands in the editor for the next session.
    KeepTexts {
        /// The texts that this session kept before: they are removed; those of other sessions stay.
        before: Vec<Typed>,
        /// The texts to keep now.
        now: Vec<Typed>,
    },
    /// The saved queries.
    Saved {
        /// Where they are; none is the folder of the user's configuration.
        folder: Option<String>,
    },
    /// The text of a file that is to be run.
    Read(String),
    /// Writes a text to a file, which only this person may read. What was there is replaced, as psql's `\w` does it.
    Write { path: String, text: String },
    /// The value of an environment variable; [`Fact::Done`] where there is none.
    Variable(String),
    /// The whole name of a folder; none is the home folder.
    Folder(Option<String>),
    /// Begins a file that results are added to: it is empty then, and nobody else may read it.
    Begin(String),
    /// Saves a query; [`Fact::There`] where another one of that name is there and is not to be replaced.
    Save {
        folder: Option<String>,
        /// The query. Its name becomes that of a file.
        query: Saved,
        /// One of that name is replaced.
        replaces: bool,
    },
}

impl Ask {
    /// A write that has begun is finished.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Remember(_) | Self::KeepTexts { .. } | Self::Save { .. } | Self::Write { .. } => Lifetime::Detached,
            Self::History
            | Self::Texts
            | Self::Saved { .. }
            | Self::Read(_)
            | Self::Variable(_)
            | Self::Folder(_)
            | Self::Begin(_) => Lifetime::Session,
        }
    }

    /// Whether it goes on until it is left: none does, each is answered once.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::History
            | Self::Remember(_)
            | Self::Texts
            | Self::KeepTexts { .. }
            | Self::Saved { .. }
            | Self::Read(_)
            | Self::Write { .. }
            | Self::Variable(_)
            | Self::Folder(_)
            | Self::Begin(_)
            | Self::Save { .. } => false,
        }
    }
}

/// A query that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub name: String,
    /// The query.
    pub text: String,
}

/// A text of the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    pub name: String,
    pub text: String,
}

/// An answer about statements that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Statements that were run.
    History(Vec<String>),
    /// The texts that stood in the editor.
    Texts(Vec<Typed>),
    /// Queries that were saved, by name.
    Saved(Vec<Saved>),
    /// It was not saved: another one of its name is there.
    There(Saved),
    /// The text of a file, or why it cannot be read.
    Text(Result<String, String>),
    /// It was done; what there is to say, if anything.
    Done(String),
}
