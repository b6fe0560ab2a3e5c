//! Rows that stay on the screen while those of a newer statement are awaited.

use super::result::Tab;
use super::state::State;
use crate::app::grid::Grid;
use crate::model::sql::ResultId;

impl State {
    /// Lets the newest tab show the rows of this result until its own arrive; if that result is gone, those of the result
    /// before.
    pub fn keep_rows_of(&mut self, shown: Option<ResultId>) {
        let Some((new, others)) = self.tabs.split_last_mut() else { return };
        let rows = |tab: &&Tab| tab.plan.is_none() && tab.grid.as_ref().is_some_and(|grid| grid.count() > 0);
        let of = |id: ResultId| others.iter().filter(rows).find(|tab| tab.id == id);
        // One of psql's tables or a failure was replaced, so the rows read before it are used.
        let standing = shown.and_then(of).or_else(|| others.last().filter(rows));
        new.stand_in_result = standing.map(|tab| tab.id);
    }

    /// The result whose rows are shown in place of this one.
    pub fn rows_shown_for(&self, tab: &Tab) -> Option<(&Tab, &Grid)> {
        let before = tab.stand_in_result.filter(|_| !tab.has_content())?;
        let old = self.tabs.iter().find(|tab| tab.id == before)?;
        old.grid.as_ref().map(|grid| (old, grid))
    }
}
