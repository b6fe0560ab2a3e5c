//! Choices in the dialogs of the Logs pane, and the purposes of its input lines.

use super::state::{Detail, ID};
use crate::app::overlay::{Choice, Kind};

/// A dialog of this pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Window {
    /// Log groups, and services to show or hide.
    Sources,
    /// Fields to show in columns, and how much of a line is shown.
    Columns,
    /// Saved filters.
    Filters,
    /// Insights queries.
    Insights,
}

/// An entry that can be chosen in a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Shows or hides the lines of a service.
    Service(String),
    /// Adds or removes a field's column.
    Column(String),
    /// Sets how much of a line is shown.
    Detail(Detail),
    /// Applies the filter with this name.
    Filter(String),
    /// Runs an Insights query: a preset, the search text, or a typed query.
    Query(QuerySource),
    /// Selects the next time range for queries.
    Range,
    /// Opens the input line for a query.
    Type,
}

/// An Insights query to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuerySource {
    /// A preset, by name.
    Preset(String),
    /// The lines that match the search.
    Search,
    Typed,
}

/// The purpose of an input line of this pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Prompt {
    /// Text or `/regex/` to search for.
    Search,
    Filter,
    /// A time to jump to.
    Time,
    /// A file to export lines to.
    Export,
    /// A file that receives every arriving line.
    Tee,
    /// A name under which the filter is saved.
    Save,
    /// An Insights query.
    Insights,
}

impl Prompt {
    const ALL: [Self; 7] =
        [Self::Search, Self::Filter, Self::Time, Self::Export, Self::Tee, Self::Save, Self::Insights];

    /// Returns the purpose with this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|prompt| *prompt as u8 == number)
    }

    /// The label before the input line.
    pub fn label(self) -> &'static str {
        match self {
            Self::Search => "/",
            Self::Filter => "filter ",
            Self::Time => "to time ",
            Self::Export => "write to file ",
            Self::Tee => "write what comes into file ",
            Self::Save => "save the filter as ",
            Self::Insights => "query ",
        }
    }
}

impl Window {
    const ALL: [Self; 4] = [Self::Sources, Self::Columns, Self::Filters, Self::Insights];

    /// The dialog as the kind of an overlay.
    pub fn kind(self) -> Kind {
        Kind::Pane(ID, self as u8)
    }

    /// Returns the dialog with this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|window| *window as u8 == number)
    }
}

impl Pick {
    /// Encodes the choice for a line of an overlay.
    pub fn choice(self) -> Choice {
        let (what, text) = match self {
            Self::Service(name) => (0, name),
            Self::Column(name) => (1, name),
            Self::Detail(Detail::Fields) => (2, "fields".to_owned()),
            Self::Detail(Detail::Message) => (2, "message".to_owned()),
            Self::Detail(Detail::Raw) => (2, "raw".to_owned()),
            Self::Filter(name) => (3, name),
            Self::Query(QuerySource::Preset(name)) => (4, name),
            Self::Query(QuerySource::Search) => (5, String::new()),
            Self::Query(QuerySource::Typed) => (6, String::new()),
            Self::Range => (7, String::new()),
            Self::Type => (8, String::new()),
        };
        Choice::Pane { pane: ID, what, text }
    }

    /// Decodes a choice; the inverse of [`Pick::choice`].
    pub fn of(what: u8, text: &str) -> Option<Self> {
        let text = text.to_owned();
        Some(match (what, text.as_str()) {
            (0, _) => Self::Service(text),
            (1, _) => Self::Column(text),
            (2, "fields") => Self::Detail(Detail::Fields),
            (2, "message") => Self::Detail(Detail::Message),
            (2, "raw") => Self::Detail(Detail::Raw),
            (3, _) => Self::Filter(text),
            (4, _) => Self::Query(QuerySource::Preset(text)),
            (5, _) => Self::Query(QuerySource::Search),
            (6, _) => Self::Query(QuerySource::Typed),
            (7, _) => Self::Range,
            (8, _) => Self::Type,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_survive_encoding() {
        let name = || "a name".to_owned();
        let picks = [
            Pick::Service(name()),
            Pick::Column(name()),
            Pick::Detail(Detail::Fields),
            Pick::Detail(Detail::Message),
            Pick::Detail(Detail::Raw),
            Pick::Filter(name()),
            Pick::Query(QuerySource::Preset(name())),
            Pick::Query(QuerySource::Search),
            Pick::Query(QuerySource::Typed),
            Pick::Range,
            Pick::Type,
        ];
        for pick in picks {
            let Choice::Pane { pane, what, text } = pick.clone().choice() else { panic!("{pick:?}") };
            assert_eq!((pane, Pick::of(what, &text)), (ID, Some(pick)));
        }
        for window in Window::ALL {
            assert_eq!(window.kind(), Kind::Pane(ID, window as u8));
            assert_eq!(Window::of(window as u8), Some(window));
        }
        for prompt in Prompt::ALL {
            assert_eq!(Prompt::of(prompt as u8), Some(prompt));
        }
    }
}
