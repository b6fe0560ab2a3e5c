//! Server answers as table rows, with columns as wide as their contents.

use crate::model::sql::activity_listing::{Heading, Listing, ListingRow, Weight};
use crate::ui::canvas::Canvas;
use crate::ui::theme::Theme;
use crate::ui::widgets::table::{Cell, Column, Row};

/// Maximum width of every column but the last.
const WIDEST: u16 = 28;

/// Computes the columns of a listing.
pub fn columns(canvas: &Canvas<'_, '_>, listing: &Listing) -> Vec<Column> {
    let last = listing.columns.len().saturating_sub(1);
    let column_of = |(number, heading): (usize, &Heading)| {
        let cells = listing.rows.iter().filter_map(|row| row.cells.get(number));
        let widest = cells.map(|cell| canvas.width(&cell.text)).max().unwrap_or(0);
        let width = widest.max(canvas.width(heading.title)).min(WIDEST);
        // Identifying columns stay; columns without any content are left out first.
        let rank = match (number, heading.field) {
            (0, _) => 0,
            (_, "statement" | "finding" | "state" | "blocked_by" | "mode" | "total_ms" | "total_bytes") => 1,
            _ if widest == 0 => 9,
            (number, _) => 2 + number as u8 / 2,
        };
        let column = Column { title: heading.title, width, max_width: width, right: heading.right, rank };
        if number == last && !heading.right {
            Column { width: width.min(16), ..column }.up_to(u16::MAX / 2)
        } else {
            column
        }
    };
    listing.columns.iter().enumerate().map(column_of).collect()
}

/// One row of a listing, coloured by its weight.
pub fn row<'a>(theme: &Theme, row: &'a ListingRow) -> Row<'a> {
    let style = match row.weight {
        Weight::Plain => theme.text,
        Weight::Dim => theme.dim,
        Weight::Warn => theme.severity(crate::model::Severity::Warning),
        Weight::Bad => theme.severity(crate::model::Severity::Critical),
    };
    Row::from(row.cells.iter().map(|cell| Cell::new(cell.text.as_str(), style)).collect::<Vec<_>>())
}
