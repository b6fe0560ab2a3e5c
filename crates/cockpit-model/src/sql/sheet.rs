//! A small table that is whole in memory: what `\d` and its like make, what `\crosstabview` makes.

/// The subject of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Of {
    /// A result, turned: it is printed as results are.
    #[default]
    Result,
    /// A list of the catalogue: what is not there is empty, whatever stands for NULL.
    List,
    /// A description of one thing: the same, and never as records.
    One,
}

/// A table with what stands above and below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The title above it.
    pub title: Option<String>,
    /// The headings, and whether a column's values stand at the right.
    pub columns: Vec<(String, bool)>,
    /// The rows; none is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Lines below it. Where there are none, the number of rows stands there, unless `counted` is false.
    pub footers: Vec<String>,
    /// Whether the number of rows is told.
    pub counted: bool,
    pub of: Of,
}
