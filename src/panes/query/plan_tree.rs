//! A plan as it is shown: which line is selected, which are in view, and what it stands beside.

use crate::model::sql::ResultId;
use crate::model::sql::explain::Plan;
use crate::model::sql::explain_table::{self, Line};

/// A plan as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub plan: Plan,
    pub lines: Vec<Line>,
    /// The line that is selected.
    pub at: usize,
    /// The first line that is shown.
    pub top: usize,
    /// How many lines fit on the screen.
    pub height: usize,
    /// The plan that it stands beside.
    pub beside: Option<Beside>,
}

/// Two plans side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// The result of the other plan.
    pub result: ResultId,
    /// Its number among the tabs, and its statement.
    pub title: String,
    /// The lines of both plans, side by side.
    pub lines: Vec<(Option<Line>, Option<Line>)>,
    /// Which is the faster one, in words.
    pub verdict: String,
}

impl Tree {
    /// The tree of a plan.
    pub fn new(plan: Plan) -> Self {
        let lines = explain_table::lines(&plan);
        // What one came for is selected.
        let at = plan.slowest.unwrap_or_default();
        Self { plan, lines, at, top: 0, height: 1, beside: None }
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.beside.as_ref().map_or(self.lines.len(), |beside| beside.lines.len())
    }

    /// Moves the selected line.
    pub fn step(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.count().saturating_sub(1));
        self.fit(self.height);
    }

    /// Sets how many lines fit.
    pub fn fit(&mut self, height: usize) {
        self.height = height.max(1);
        self.at = self.at.min(self.count().saturating_sub(1));
        self.top = self.top.clamp((self.at + 1).saturating_sub(self.height), self.at);
        self.top = self.top.min(self.count().saturating_sub(self.height.min(self.count())));
    }

    /// The details of the selected node.
    pub fn about(&self) -> Vec<String> {
        match &self.beside {
            None => explain_table::about(&self.plan, self.at),
            Some(_) => Vec::new(),
        }
    }
}
