//! A small table held in memory, made by `\d` commands or `\crosstabview`.

/// The content of a sheet, which decides how it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SheetKind {
    /// A pivoted result, printed like a result.
    #[default]
    Result,
    /// A catalogue list. NULL is printed as empty, regardless of the setting for NULL.
    List,
    /// A description of one object: like a list, but never printed as records.
    One,
}

/// A table with its title and footers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The title above the table.
    pub title: Option<String>,
    /// The headings, and whether each column is right-aligned.
    pub columns: Vec<(String, bool)>,
    /// The rows; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Lines below the table. If there are none, the row count is printed instead, unless `counted` is false.
    pub footers: Vec<String>,
    /// Whether the row count is printed.
    pub counted: bool,
    pub kind: SheetKind,
}
