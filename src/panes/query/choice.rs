//! The choices in the windows of the Query pane, what is chosen, and the purposes of typed lines.

use super::state::ID;
use crate::app::overlay::{Choice, Kind};

/// A window of the Query pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Window {
    /// Statements that were run.
    History,
    /// Queries that were saved.
    Saved,
    /// Formats that can be copied.
    Copy,
    /// Columns, to be shown or hidden.
    Columns,
    /// Where there is to connect to.
    Places,
    /// The columns of a row that comes.
    Row,
    /// Rows that foreign keys lead to.
    References,
    /// Columns, to go to one by its name.
    Column,
}

impl Window {
    const ALL: [Self; 8] = [
        Self::History,
        Self::Saved,
        Self::Copy,
        Self::Columns,
        Self::Places,
        Self::Row,
        Self::References,
        Self::Column,
    ];

    /// The window as windows over the panes carry it.
    pub fn kind(self) -> Kind {
        match self {
            Self::History | Self::Saved | Self::Column => Kind::Find(ID, self as u8),
            Self::Copy | Self::Columns | Self::Places | Self::Row | Self::References => Kind::Pane(ID, self as u8),
        }
    }

    /// The window of this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|window| *window as u8 == number)
    }

    /// The choice with this text in the window.
    pub fn choice(self, text: impl Into<String>) -> Choice {
        Choice::Pane { pane: ID, what: self as u8, text: text.into() }
    }

    /// The title in its frame.
    pub fn title(self) -> &'static str {
        match self {
            Self::History => "Statements that were run",
            Self::Saved => "Saved queries",
            Self::Copy => "Copy",
            Self::Columns => "Columns",
            Self::Places => "Connect to",
            Self::Row => "A new row",
            Self::References => "Rows by foreign keys",
            Self::Column => "Go to column",
        }
    }
}

/// The purpose of a line that is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Prompt {
    /// Looked for in the rows.
    Search,
    /// The filter that rows must match.
    Filter,
    /// The number of a row to go to.
    Row,
    /// A name to save the query by.
    Save,
    /// A file to write the result into.
    Export,
    /// Another value for the selected cell.
    Edit,
    /// A file to write the selected value into.
    Value,
    /// The value of a variable, which psql's `\prompt` asks for.
    Variable,
    /// Looked for in the text of the editor.
    Find,
    /// A name for the text of the editor.
    Name,
}

impl Prompt {
    const ALL: [Self; 10] = [
        Self::Search,
        Self::Filter,
        Self::Row,
        Self::Save,
        Self::Export,
        Self::Edit,
        Self::Value,
        Self::Variable,
        Self::Find,
        Self::Name,
    ];

    /// The prompt of this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|prompt| *prompt as u8 == number)
    }

    /// The label before the line.
    pub fn label(self) -> &'static str {
        match self {
            Self::Search => "/",
            Self::Filter => "rows with ",
            Self::Row => "to row ",
            Self::Save => "save the query as ",
            Self::Export => "write to file ",
            Self::Value => "write the value to file ",
            Self::Edit => "value (\\N is NULL) ",
            Self::Variable => "value of the variable ",
            Self::Find => "find ",
            Self::Name => "name of the text ",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_what_they_were() {
        for window in Window::ALL {
            assert_eq!(Window::of(window as u8), Some(window));
        }
        for prompt in Prompt::ALL {
            assert_eq!(Prompt::of(prompt as u8), Some(prompt));
        }
    }
}
