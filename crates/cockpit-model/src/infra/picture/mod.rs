//! Graph pictures of units and of a unit's resources: their layout in screen cells, and output for other programs.

pub mod cells;
pub mod fold;
pub mod formats;
pub mod layout;
pub mod order;
#[cfg(test)]
mod tests;

pub use cells::Stroke;
pub use layout::{Frame, Layout};

/// A graph to draw: boxes and their dependencies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The boxes.
    pub nodes: Vec<Node>,
    /// Edges from a dependency to the box that needs it, as box indices.
    pub edges: Vec<(usize, usize)>,
}

/// A box of the graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The id: a unit's name, or the address of a resource, a module, or a type in a module.
    pub id: String,
    /// The first line in the box.
    pub label: String,
    /// The second line in the box.
    pub note: String,
    /// The action on it, as Terraform's sign; empty if there is none or it is unknown.
    pub sign: String,
    /// Whether it is on the critical path, which determines the total duration.
    pub critical: bool,
}

impl Picture {
    /// Marks the boxes on the longest path, given the duration of each.
    pub fn mark_critical(&mut self, weights: &[u64]) {
        for at in order::critical(self.nodes.len(), &self.edges, weights) {
            self.nodes[at].critical = true;
        }
    }

    /// Returns the picture without edges that are implied by others (transitive reduction).
    #[must_use]
    pub fn reduced(mut self) -> Self {
        self.edges = order::reduced(self.nodes.len(), &self.edges);
        self
    }
}
