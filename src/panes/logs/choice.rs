//! The choices in the windows of the Logs pane, what is chosen, and the purposes of typed lines.

use super::state::{Detail, ID};
use crate::app::overlay::{Choice, Kind};

/// A window of choices of this pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Window {
    /// Groups, and services to be shown or hidden.
    Sources,
    /// Fields to stand in columns, and how much of a line is shown.
    Columns,
    /// Saved filters.
    Filters,
    /// Queries of Insights to choose from.
    Insights,
}

/// The entry that is chosen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// A service: shows or hides its lines.
    Service(String),
    /// A field: has a column, or has none.
    Column(String),
    /// How much of a line is shown.
    Detail(Detail),
    /// The filter of this name.
    Filter(String),
    /// A query of Insights: a preset, what is looked for, or what was typed.
    Query(Asked),
    /// Another time to query.
    Range,
    /// A query is to be typed.
    Type,
}

/// Which query Insights is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A preset, by its name.
    Preset(String),
    /// Lines that have what is looked for.
    Search,
    Typed,
}

/// The purpose of a line that is typed in this pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Prompt {
    /// Text or `/regex/` to look for.
    Search,
    Filter,
    /// A time to go to.
    Time,
    /// A file to write into.
    Export,
    /// A file that every line that comes is written into.
    Tee,
    /// A name for the filter.
    Save,
    /// A query of Insights.
    Insights,
}

impl Prompt {
    const ALL: [Self; 7] =
        [Self::Search, Self::Filter, Self::Time, Self::Export, Self::Tee, Self::Save, Self::Insights];

    /// The purpose of a typed line, by its number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|prompt| *prompt as u8 == number)
    }

    /// The label before the line.
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

    /// The window as windows over the panes carry it.
    pub fn kind(self) -> Kind {
        Kind::Pane(ID, self as u8)
    }

    /// The window of this number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|window| *window as u8 == number)
    }
}

impl Pick {
    /// The choice as lines of windows carry it.
    pub fn choice(self) -> Choice {
        let (what, text) = match self {
            Self::Service(name) => (0, name),
            Self::Column(name) => (1, name),
            Self::Detail(Detail::Fields) => (2, "fields".to_owned()),
            Self::Detail(Detail::Message) => (2, "message".to_owned()),
            Self::Detail(Detail::Raw) => (2, "raw".to_owned()),
            Self::Filter(name) => (3, name),
            Self::Query(Asked::Preset(name)) => (4, name),
            Self::Query(Asked::Search) => (5, String::new()),
            Self::Query(Asked::Typed) => (6, String::new()),
            Self::Range => (7, String::new()),
            Self::Type => (8, String::new()),
        };
        Choice::Pane { pane: ID, what, text }
    }

    /// The choice that was carried so.
    pub fn of(what: u8, text: &str) -> Option<Self> {
        let text = text.to_owned();
        Some(match (what, text.as_str()) {
            (0, _) => Self::Service(text),
            (1, _) => Self::Column(text),
            (2, "fields") => Self::Detail(Detail::Fields),
            (2, "message") => Self::Detail(Detail::Message),
            (2, "raw") => Self::Detail(Detail::Raw),
            (3, _) => Self::Filter(text),
            (4, _) => Self::Query(Asked::Preset(text)),
            (5, _) => Self::Query(Asked::Search),
            (6, _) => Self::Query(Asked::Typed),
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
    fn a_choice_comes_back_as_the_same_choice() {
        let name = || "a name".to_owned();
        let picks = [
            Pick::Service(name()),
            Pick::Column(name()),
            Pick::Detail(Detail::Fields),
            Pick::Detail(Detail::Message),
            Pick::Detail(Detail::Raw),
            Pick::Filter(name()),
            Pick::Query(Asked::Preset(name())),
            Pick::Query(Asked::Search),
            Pick::Query(Asked::Typed),
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
