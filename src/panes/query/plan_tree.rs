//! A plan as it is shown: selected line, visible lines, and the plan it is compared with.

use crate::model::sql::ResultId;
use crate::model::sql::explain::Plan;
use crate::model::sql::explain_table::{self, Line};

/// A plan as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub plan: Plan,
    pub lines: Vec<Line>,
    /// Index of the selected line.
    pub at: usize,
    /// Index of the first visible line.
    pub top: usize,
    /// Number of lines that fit on the screen.
    pub height: usize,
    /// The plan it is compared with.
    pub beside: Option<Beside>,
}

/// Two plans side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// The result of the other plan.
    pub result: ResultId,
    /// The other plan's tab number and statement.
    pub title: String,
    /// The lines of both plans, side by side.
    pub lines: Vec<(Option<Line>, Option<Line>)>,
    /// The verdict on which plan is faster.
    pub verdict: String,
}

impl Tree {
    /// The tree of a plan.
    pub fn new(plan: Plan) -> Self {
        let lines = explain_table::lines(&plan);
        // The slowest node is selected first, because it usually matters most.
        let at = plan.slowest.unwrap_or_default();
        Self { plan, lines, at, top: 0, height: 1, beside: None }
    }

    /// Number of lines.
    pub fn count(&self) -> usize {
        self.beside.as_ref().map_or(self.lines.len(), |beside| beside.lines.len())
    }

    /// Moves the selected line.
    pub fn step(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.count().saturating_sub(1));
        self.fit(self.height);
    }

    /// Sets the number of lines that fit.
    pub fn fit(&mut self, height: usize) {
        self.height = height.max(1);
        self.at = self.at.min(self.count().saturating_sub(1));
        self.top = self.top.clamp((self.at + 1).saturating_sub(self.height), self.at);
        self.top = self.top.min(self.count().saturating_sub(self.height.min(self.count())));
    }

    /// The details of the selected node.
    pub fn about(&self) -> Vec<String> {
        match &self.beside {
            None => explain_table::node_details(&self.plan, self.at),
            Some(_) => Vec::new(),
        }
    }
}
