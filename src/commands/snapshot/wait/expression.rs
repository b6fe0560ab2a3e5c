//! The parts of a condition: paths, values, operators.

use serde_json::Value;

/// A part of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    Compare(Operand, Operator, Operand),
    /// A path alone: whether it is true.
    Truth(Operand),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Path(Path),
    /// A value; a bare word is text, with `loose` set: `17` is then also the text "17".
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

/// The length of a list.
pub(super) const COUNT: &str = "count";

/// A step of a path: a field, or an element of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Segment {
    /// A field, or an element by its name.
    Name(String),
    /// An element by its name and never a field of a list: it stood in quotation marks.
    Quoted(String),
    /// `[2]`: an element by its place.
    Place(usize),
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
