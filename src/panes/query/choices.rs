//! Choices in the dialogs of the Query pane, and the purposes of its input lines.

use super::state::ID;
use crate::app::overlay::{Choice, Kind};

/// A dialog of the Query pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Window {
    /// Statements that were run before.
    History,
    /// Saved queries.
    Saved,
    /// Formats for copying.
    Copy,
    /// Columns to show or hide.
    Columns,
    /// Addresses to connect to.
    Places,
    /// The columns of a new row.
    Row,
    /// Rows reachable by foreign keys.
    References,
    /// Columns to jump to by name.
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

    /// The dialog as the kind of an overlay.
    pub fn kind(self) -> Kind {
        match self {
            Self::History | Self::Saved | Self::Column => Kind::Find(ID, self as u8),
            Self::Copy | Self::Columns | Self::Places | Self::Row | Self::References => Kind::Pane(ID, self as u8),
        }
    }

    /// Returns the dialog with this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|window| *window as u8 == number)
    }

    /// A choice of this dialog with the given text.
    pub fn choice(self, text: impl Into<String>) -> Choice {
        Choice::Pane { pane: ID, what: self as u8, text: text.into() }
    }

    /// The title in the frame.
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

/// The purpose of an input line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Prompt {
    /// The text to search for in the rows.
    Search,
    /// The filter for the rows.
    Filter,
    /// The number of a row to jump to.
    Row,
    /// A name under which the query is saved.
    Save,
    /// A file to export the result to.
    Export,
    /// A new value for the selected cell.
    Edit,
    /// A file to write the selected value to.
    Value,
    /// The value of a variable, requested by psql's `\prompt`.
    Variable,
    /// The text to search for in the editor.
    Find,
    /// A name for the editor's text.
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

    /// Returns the purpose with this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|prompt| *prompt as u8 == number)
    }

    /// The label before the input line.
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
    fn dialog_and_prompt_numbers_round_trip() {
        for window in Window::ALL {
            assert_eq!(Window::of(window as u8), Some(window));
        }
        for prompt in Prompt::ALL {
            assert_eq!(Prompt::of(prompt as u8), Some(prompt));
        }
    }
}
