//! The syntax tree of a condition: paths, values, operators.

use serde_json::Value;

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    Compare(Operand, Operator, Operand),
    /// A path alone: whether its value is true.
    Truth(Operand),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Path(Path),
    /// A literal; an unquoted word is text with `loose` set: `17` then also equals the text "17".
    Literal {
        value: Value,
        loose: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    /// The path as it was written.
    pub(super) text: String,
    pub(super) segments: Vec<Segment>,
}

/// The pseudo field for the length of a list.
pub(super) const COUNT: &str = "count";

/// A step of a path: a field, or an element of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Segment {
    /// A field, or an element by its name.
    Name(String),
    /// A quoted element name, which never means a field of the list.
    Quoted(String),
    /// `[2]`: an element by its index.
    Index(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
