//! One tree for data on the wire, and three codecs for it: JSON (`json`), form fields in and XML out (`query`), CBOR
//! (`cbor`). Choosing and answering operations happens elsewhere.

pub(crate) mod cbor;
pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod query;
pub(crate) mod xml;

use jiff::Timestamp;
use std::borrow::Cow;

/// A value in any of the protocols.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Absent: a field with this value is not written.
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    /// A point in time; each protocol has its own format for it.
    Time(Timestamp),
    /// A list and the name of its elements in XML.
    List(&'static str, Vec<Node>),
    Map(Vec<(Cow<'static, str>, Node)>),
    /// An already encoded answer, for results with thousands of entries that are always JSON: building their tree
    /// would cost more than their text. The other protocols omit it.
    Json(String),
}

/// Builds a [`Node::Map`]; values are anything that converts into a [`Node`], `None` is left out.
macro_rules! map {
    ($($key:literal : $value:expr),* $(,)?) => {
        $crate::wire::Node::Map(vec![$((std::borrow::Cow::Borrowed($key), $crate::wire::Node::from($value))),*])
    };
}
pub(crate) use map;

/// A list whose XML elements are named `member`.
pub(crate) fn list<T: Into<Node>>(items: impl IntoIterator<Item = T>) -> Node {
    named_list("member", items)
}

/// A list whose XML elements have another name, as in most of RDS.
pub(crate) fn named_list<T: Into<Node>>(name: &'static str, items: impl IntoIterator<Item = T>) -> Node {
    Node::List(name, items.into_iter().map(Into::into).collect())
}

impl From<bool> for Node {
    fn from(v: bool) -> Self {
        Node::Bool(v)
    }
}
impl From<i64> for Node {
    fn from(v: i64) -> Self {
        Node::Int(v)
    }
}
impl From<i32> for Node {
    fn from(v: i32) -> Self {
        Node::Int(v.into())
    }
}
impl From<u32> for Node {
    fn from(v: u32) -> Self {
        Node::Int(v.into())
    }
}
impl From<usize> for Node {
    fn from(v: usize) -> Self {
        Node::Int(i64::try_from(v).unwrap_or(i64::MAX))
    }
}
impl From<f64> for Node {
    fn from(v: f64) -> Self {
        Node::Float(v)
    }
}
impl From<&str> for Node {
    fn from(v: &str) -> Self {
        Node::Str(v.to_owned())
    }
}
impl From<String> for Node {
    fn from(v: String) -> Self {
        Node::Str(v)
    }
}
impl From<&String> for Node {
    fn from(v: &String) -> Self {
        Node::Str(v.clone())
    }
}
impl From<Timestamp> for Node {
    fn from(v: Timestamp) -> Self {
        Node::Time(v)
    }
}
impl<T: Into<Node>> From<Option<T>> for Node {
    fn from(v: Option<T>) -> Self {
        v.map_or(Node::Null, Into::into)
    }
}

impl Node {
    /// An empty map: the input of a call without parameters.
    pub(crate) fn empty() -> Node {
        Node::Map(Vec::new())
    }

    /// The field of a map, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Node::Map(fields) => fields.iter().find(|(k, v)| k == key && *v != Node::Null).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The mutable field of a map, if this is a map that has it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match self {
            Node::Map(fields) => fields.iter_mut().find(|(k, v)| k == key && *v != Node::Null).map(|(_, v)| v),
            _ => None,
        }
    }

    /// A text field.
    pub(crate) fn str(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::as_str)
    }

    /// This node's text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Node::Str(s) => Some(s),
            _ => None,
        }
    }

    /// An integer field. Numeric text counts too, because all form fields are text.
    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Node::Int(v) => Some(*v),
            Node::Float(v) if v.fract() == 0.0 => Some(*v as i64),
            Node::Str(s) => s.trim().parse().ok(),
            _ => None,
        }
    }

    /// A boolean field.
    pub(crate) fn bool(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Node::Bool(v) => Some(*v),
            Node::Str(s) if s == "true" => Some(true),
            Node::Str(s) if s == "false" => Some(false),
            _ => None,
        }
    }

    /// A point in time: a tagged one, epoch seconds, or ISO 8601 text.
    pub(crate) fn time(&self, key: &str) -> Option<Timestamp> {
        match self.get(key)? {
            Node::Time(t) => Some(*t),
            Node::Int(s) => Timestamp::from_second(*s).ok(),
            Node::Float(s) => Timestamp::from_millisecond((s * 1000.0) as i64).ok(),
            Node::Str(s) => s.parse().ok(),
            _ => None,
        }
    }

    /// The elements of a list field, also of `Name.member.N` form fields. Empty if the field is absent.
    pub(crate) fn items(&self, key: &str) -> &[Node] {
        match self.get(key) {
            Some(Node::List(_, items)) => items,
            Some(Node::Map(fields)) => match fields.as_slice() {
                [(_, Node::List(_, items))] => items,
                _ => &[],
            },
            _ => &[],
        }
    }

    /// The texts of a list field.
    pub(crate) fn strings(&self, key: &str) -> Vec<&str> {
        self.items(key).iter().filter_map(Node::as_str).collect()
    }

    /// Sets or replaces a field of a map; other nodes are unchanged.
    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<Node>) {
        if let Node::Map(fields) = self {
            fields.retain(|(k, _)| k != key);
            fields.push((Cow::Borrowed(key), value.into()));
        }
    }
}
