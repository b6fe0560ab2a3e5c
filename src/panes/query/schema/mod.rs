//! The schema tree of the database: schemas, tables, views, functions, types as a tree, and what is known of the
//! selected one.
//!
//! [`state`]: what is kept; [`ask`]: what is asked in the second session; [`rows`]: rows and how they stand; [`update`]: what
//! keys do.

pub mod ask;
pub mod keys;
pub mod rows;
#[cfg(test)]
pub(super) mod samples;
pub mod select;
pub mod state;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use crate::app::layout::{TALL, WIDE, one_of, split_columns, split_rows};
use crate::app::pane::{Data, Layout, Rows};
use crate::app::{App, Spec, View};
use ratatui::layout::Rect;
use state::{DETAIL, TREE};

/// The view of schemas and their objects.
pub static VIEW: View = View {
    name: "query-schema",
    blocks: &[
        &Spec {
            block: TREE,
            title: "Schema",
            header: true,
            columns: &[],
            rows: Rows::Sorted(rows::tree),
            follows_end: false,
            counts: |key| !key.starts_with("n:") && !key.starts_with("g:"),
            subject: rows::subject,
            open: |_| None,
            whole: |_, _| Vec::new(),
            data: Data::Own(rows::tree_status),
        },
        &Spec {
            block: DETAIL,
            title: "Object",
            header: true,
            columns: &[],
            rows: Rows::Lines(rows::details),
            follows_end: false,
            counts: |_| true,
            subject: rows::subject_of_detail,
            open: |_| None,
            whole: |_, _| Vec::new(),
            data: Data::Own(rows::detail_status),
        },
    ],
    beside: &[],
    layout,
    summary: super::layout::summary,
    about: |_| None,
    services: None,
    sources: &[],
};

/// Side by side where it is wide, one below the other where it is high, else one at a time.
fn layout(app: &App, area: Rect, layout: &mut Layout) {
    if area.width < WIDE && area.height < TALL {
        one_of(app, area, layout);
        return;
    }
    let (tree, detail) = if area.width >= WIDE {
        split_columns(area, (area.width * 2 / 5).min(72))
    } else {
        split_rows(area, area.height * 2 / 5)
    };
    layout.blocks = vec![(TREE, tree), (DETAIL, detail)];
}
