//! The filter language: `level>=warn service:api status:5xx latency>500ms -healthcheck`.
//!
//! | written | lines that |
//! |---|---|
//! | `word`, `"two words"` | contain it, in smart case |
//! | `/regex/` | match it, in smart case |
//! | `level>=warn`, `level:error` | have this level, or this level and above |
//! | `service:api`, `container:`, `task:`, `group:`, `stream:` | come from there; `*`, `?` and `[a-c]` as in a shell; a service also by the last words of its name |
//! | `status:5xx`, `url:/api/*`, `res.statusCode=500` | have a field like that; `x` stands for a digit |
//! | `latency>500ms`, `bytes<=10` | have a number like that; durations know `ms`, `s`, `m`, `h` |
//! | `@name` | match the filter of this name, which the caller substitutes first ([`Filter::references`]) |
//! | `-term`, `not term` | do not |
//! | `a b`, `a or b`, `(a or b) c` | both, either |

mod read;

use crate::fields;
use crate::level::Level;
use crate::search::Search;
use crate::store::Line;
use crate::{name, pattern};

/// A filter; an empty one matches every line.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    text: String,
    root: Option<Node>,
}

/// Why a filter is invalid, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FilterError {
    /// The mistake, in a sentence.
    pub what: String,
    /// The start of the mistake, in characters.
    pub at: usize,
    /// The length of the mistake, in characters.
    pub length: usize,
}

impl FilterError {
    /// Returns the filter with carets under the mistake.
    #[must_use]
    pub fn with_carets(&self, text: &str) -> String {
        format!("{text}\n{}{}", " ".repeat(self.at), "^".repeat(self.length.max(1)))
    }
}

#[derive(Debug, Clone)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Has(Search),
    Level(Op, Level),
    From(Place, String),
    Field(String, Op, Wanted),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Service,
    Container,
    Task,
    Group,
    Stream,
}

impl Place {
    const ALL: [Self; 5] = [Self::Service, Self::Container, Self::Task, Self::Group, Self::Stream];

    fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Container => "container",
            Self::Task => "task",
            Self::Group => "group",
            Self::Stream => "stream",
        }
    }
}

#[derive(Debug, Clone)]
enum Wanted {
    Text(String),
    Number(f64),
}

impl Filter {
    /// Returns the filter as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether it matches every line.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Returns the fields it refers to, each with the text it is compared with, or `None` for a number. Levels are not
    /// included, because their names are known.
    #[must_use]
    pub fn names(&self) -> Vec<(&str, Option<&str>)> {
        self.root.as_ref().map(Node::names).unwrap_or_default()
    }

    /// Returns whether a line matches.
    pub fn matches(&self, line: &Line<'_>) -> bool {
        self.root.as_ref().is_none_or(|root| root.matches(line))
    }
}

impl Node {
    fn names(&self) -> Vec<(&str, Option<&str>)> {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().flat_map(Self::names).collect(),
            Self::Not(node) => node.names(),
            Self::Has(_) | Self::Level(..) => Vec::new(),
            Self::From(place, wanted) => vec![(place.name(), Some(wanted))],
            Self::Field(name, _, Wanted::Text(text)) => vec![(name, Some(text))],
            Self::Field(name, _, Wanted::Number(_)) => vec![(name, None)],
        }
    }

    fn matches(&self, line: &Line<'_>) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.matches(line)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(line)),
            Self::Not(node) => !node.matches(line),
            Self::Has(search) => search.matches(line.text),
            Self::Level(op, level) => ordered(*op, line.level.cmp(level)),
            Self::From(place, wanted) => {
                let source = line.source;
                match place {
                    Place::Service => is_service(&source.service, wanted),
                    Place::Container => like(&source.container, wanted),
                    Place::Task => source.task.starts_with(wanted.as_str()),
                    Place::Group => like(&source.group, wanted),
                    Place::Stream => like(&source.stream, wanted),
                }
            }
            Self::Field(name, op, wanted) => match (fields::field(line.text, line.kind, name), wanted) {
                (None, _) => false,
                (Some(found), Wanted::Text(text)) => {
                    let same = like(&found, text);
                    if *op == Op::Ne { !same } else { same }
                }
                (Some(found), Wanted::Number(wanted)) => fields::number(&found)
                    .and_then(|found| found.partial_cmp(wanted))
                    .is_some_and(|order| ordered(*op, order)),
            },
        }
    }
}

/// Returns whether `service:WANTED` matches a service. `api` matches one whose name, without a suffix generated by a tool,
/// ends in `-api`.
#[must_use]
pub fn is_service(service: &str, wanted: &str) -> bool {
    let body = name::without_generated_suffix(service);
    let is_suffixed = |name: &str| name.strip_suffix(wanted).is_some_and(|head| head.ends_with(['-', '/', '_']));
    like(service, wanted) || like(body, wanted) || is_suffixed(service) || is_suffixed(body)
}

fn ordered(op: Op, order: std::cmp::Ordering) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
    }
}

/// Returns whether a value matches, ignoring case, as a shell pattern. In three digits, `x` stands for any digit (`5xx`).
fn like(value: &str, wanted: &str) -> bool {
    if wanted.len() == 3 && wanted.bytes().all(|b| b.is_ascii_digit() || b == b'x') && wanted.contains('x') {
        return value.len() == 3
            && value.bytes().zip(wanted.bytes()).all(|(v, w)| v == w || (w == b'x' && v.is_ascii_digit()));
    }
    if !pattern::is_pattern(wanted) {
        return value.eq_ignore_ascii_case(wanted);
    }
    pattern::matches(&wanted.to_lowercase(), &value.to_lowercase())
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
