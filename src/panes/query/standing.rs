//! Rows that stand on the screen while those of a newer statement are awaited: what was read last stays until there is
//! something newer to be seen.

use super::result::Tab;
use super::state::State;
use crate::app::grid::Grid;
use crate::model::sql::ResultId;

impl State {
    /// The tab that was opened last has the rows of this result stand in its place until its own come; where that one is
    /// gone, those of the result before it.
    pub fn stand(&mut self, shown: Option<ResultId>) {
        let Some((new, others)) = self.tabs.split_last_mut() else { return };
        let rows = |tab: &&Tab| tab.plan.is_none() && tab.grid.as_ref().is_some_and(|grid| grid.count() > 0);
        let of = |id: ResultId| others.iter().filter(rows).find(|tab| tab.id == id);
        // A table of psql's, or a failure, has given way: what was read before it is there.
        let standing = shown.and_then(of).or_else(|| others.last().filter(rows));
        new.before = standing.map(|tab| tab.id);
    }

    /// The result whose rows stand in the place of this one.
    pub fn stands_for(&self, tab: &Tab) -> Option<(&Tab, &Grid)> {
        let before = tab.before.filter(|_| !tab.has_come())?;
        let old = self.tabs.iter().find(|tab| tab.id == before)?;
        old.grid.as_ref().map(|grid| (old, grid))
    }
}
