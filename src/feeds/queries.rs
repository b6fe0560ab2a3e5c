//! The feed of queries stored on this machine: the history of statements, and queries saved under a name.

use super::lifetime::Lifetime;

/// A question about stored statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Reads the history of earlier sessions, oldest first.
    History,
    /// Adds a statement to the history.
    Remember(String),
    /// Reads the texts that earlier sessions left in the editor.
    Texts,
    /// Stores the editor's texts for the next session.
    KeepTexts {
        /// The texts that this session stored before, which are removed; those of other sessions stay.
        before: Vec<EditorText>,
        /// The texts to store now.
        now: Vec<EditorText>,
    },
    /// Lists the saved queries.
    Saved {
        /// The folder; `None` for the one in the user's configuration.
        folder: Option<String>,
    },
    /// Reads a file to run.
    Read(String),
    /// Writes a text to a file that only the user may read. An existing file is replaced, as with psql's `\w`.
    Write { path: String, text: String },
    /// Reads an environment variable; answers [`Fact::Done`] if it is unset.
    Variable(String),
    /// Resolves the full path of a folder; `None` is the home folder.
    Folder(Option<String>),
    /// Creates or empties a file for appending results, readable only by the user.
    Begin(String),
    /// Saves a query; answers [`Fact::NameTaken`] if another one has its name and must not be replaced.
    Save {
        folder: Option<String>,
        /// The query, whose name becomes a file name.
        query: Saved,
        /// Whether to replace a query with the same name.
        replaces: bool,
    },
}

impl Ask {
    /// Returns the lifetime. A write that has begun is completed.
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

    /// Returns whether it continues until it is left: never, each has a single answer.
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

/// A saved query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub name: String,
    /// The text of the query.
    pub text: String,
}

/// A text in the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditorText {
    pub name: String,
    pub text: String,
}

/// An answer about stored statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The history of statements.
    History(Vec<String>),
    /// The texts that were in the editor.
    Texts(Vec<EditorText>),
    /// The saved queries, by name.
    Saved(Vec<Saved>),
    /// The query was not saved, because another one has its name.
    NameTaken(Saved),
    /// The text of a file, or why it cannot be read.
    Text(Result<String, String>),
    /// Success, with a message that may be empty.
    Done(String),
}
