//! Pictures of graphs: of units, and of the resources of one. Where boxes and lines are, as cells of a screen; and the same
//! as text for other programs.

pub mod cells;
pub mod fold;
pub mod formats;
pub mod layout;
pub mod order;
#[cfg(test)]
mod tests;

pub use cells::Stroke;
pub use layout::{Frame, Layout};

/// A graph to be drawn: boxes, and which is needed by which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// The boxes.
    pub nodes: Vec<Node>,
    /// From what is needed to what needs it, as numbers of boxes.
    pub edges: Vec<(usize, usize)>,
}

/// A box of the graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The key: the name of a unit, the address of a resource, of a module, or of a type in a module.
    pub id: String,
    /// The first line in the box.
    pub label: String,
    /// The second line in the box.
    pub note: String,
    /// The action on it, as Terraform's sign; empty for none, or not known.
    pub sign: String,
    /// Whether it is on the critical path: the whole takes as long as these.
    pub critical: bool,
}

impl Picture {
    /// Marks the boxes on the path that takes longest, where each takes so long.
    pub fn mark_critical(&mut self, weights: &[u64]) {
        for at in order::critical(self.nodes.len(), &self.edges, weights) {
            self.nodes[at].critical = true;
        }
    }

    /// The picture without edges that others imply: what needs a thing through another need not be told to need it.
    #[must_use]
    pub fn reduced(mut self) -> Self {
        self.edges = order::reduced(self.nodes.len(), &self.edges);
        self
    }
}
