//! What there is to choose from in the windows of the logs, and what is chosen.

use super::pane::Detail;

/// What there is to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Groups, and services to be shown or hidden.
    Sources,
    /// Fields to stand in columns, and how much of a line is shown.
    Columns,
    /// Filters by name.
    Filters,
    /// Queries of Insights.
    Insights,
}

/// What is chosen there.
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

/// A query of Insights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A preset, by its name.
    Preset(String),
    /// Lines that have what is looked for.
    Search,
    /// What was typed.
    Typed,
}
