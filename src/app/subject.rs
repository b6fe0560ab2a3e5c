//! The subject of a row, and the facts shown about it.

use crate::model::Health;
use jiff::Timestamp;

/// The thing that a row stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Services,
    Service(String),
    /// A task: its service's name and its id.
    Task(String, String),
    /// A container of a task.
    Container(String, String),
    /// A deployment of a service.
    Deployment(String, String),
    Database(String),
    /// An instance of a database.
    Instance(String, String),
    Alarm(String),
    /// The reachability of the environment from outside: names, certificates, addresses.
    Reachability,
    /// An EC2 instance, by its id.
    Machine(String),
    /// Log lines from a time on, of a service or of all.
    Logs(Option<String>, Timestamp),
    /// An entry of the attention list that is none of these, by its text.
    Text(String),
}

impl Subject {
    /// The name that `y` copies and titles show.
    pub fn name(&self) -> &str {
        match self {
            Self::Services => "services",
            Self::Reachability => "health",
            Self::Logs(service, _) => service.as_deref().unwrap_or("logs"),
            Self::Service(name) | Self::Database(name) | Self::Alarm(name) | Self::Machine(name) | Self::Text(name) => {
                name
            }
            Self::Task(_, id) | Self::Container(_, id) | Self::Instance(_, id) => id,
            Self::Deployment(_, key) => key.split_once(' ').map_or(key, |(_, id)| id),
        }
    }

    /// The database, and the instance if it is one.
    pub fn database(&self) -> Option<(&str, Option<&str>)> {
        if let Self::Instance(id, instance) = self {
            Some((id, Some(instance)))
        } else if let Self::Database(id) = self {
            Some((id, None))
        } else {
            None
        }
    }

    /// The task's service and id.
    pub fn task(&self) -> Option<(&str, &str)> {
        if let Self::Task(service, id) = self { Some((service, id)) } else { None }
    }
}

/// A labelled line of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The label, shown dimmed at the left.
    pub label: String,
    /// The text after the label.
    pub text: String,
    /// Its health, which gives it a colour.
    pub health: Option<Health>,
}

/// A labelled line without a colour.
pub fn fact(label: &str, text: impl Into<String>) -> Fact {
    Fact { label: label.to_owned(), text: text.into(), health: None }
}

/// A labelled line with a colour.
pub fn bad(label: &str, text: impl Into<String>, health: Health) -> Fact {
    Fact { health: Some(health), ..fact(label, text) }
}
