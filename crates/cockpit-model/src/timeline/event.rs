//! An event of the time line.

use crate::Health;
use jiff::{SignedDuration, Timestamp};

/// Events later than now by more than this come from a clock that is wrong: the service's answers tell its time to a second.
pub const AHEAD: SignedDuration = SignedDuration::from_secs(5);

/// An event of the time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEvent {
    /// When, by the service's clock.
    pub at: Timestamp,
    pub kind: Kind,
    pub about: About,
    /// The event, in a sentence.
    pub what: String,
    /// The actor, where that is known.
    pub who: Option<String>,
    /// The health, after the event, of what it is about.
    pub health: Health,
    /// Whether it is routine (a task that starts, a steady state): shown only with `--all`.
    pub routine: bool,
    /// The environment that it belongs to, where that is another one of the account. Shown only with `--all`.
    pub of_another: Option<String>,
    /// Identifies it: events with the same key are the same event.
    pub key: String,
    /// Request ids, where they are known: the same request in two sources is one thing.
    pub requests: Vec<String>,
}

/// The kinds of events, in the order in which those of one moment are listed: causes before effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A change by the cockpit, from the audit file.
    Change,
    /// A run over units of Terraform.
    Run,
    /// A parameter was written or deleted.
    Parameter,
    /// A write of somebody, from `CloudTrail`.
    Write,
    /// A schedule that stops or starts the environment.
    Schedule,
    Deployment,
    /// A deployment that was rolled back, or failed.
    Rollback,
    /// The writer of a database moved.
    Failover,
    /// Any other event of RDS.
    Database,
    Scaling,
    /// A task has ended.
    Task,
    /// An event of an ECS service.
    Service,
    Alarm,
}

impl Kind {
    /// All kinds, in their order.
    pub const ALL: [Self; 13] = [
        Self::Change,
        Self::Run,
        Self::Parameter,
        Self::Write,
        Self::Schedule,
        Self::Deployment,
        Self::Rollback,
        Self::Failover,
        Self::Database,
        Self::Scaling,
        Self::Task,
        Self::Service,
        Self::Alarm,
    ];

    /// The word for this kind.
    pub fn word(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Run => "run",
            Self::Parameter => "parameter",
            Self::Write => "write",
            Self::Schedule => "schedule",
            Self::Deployment => "deployment",
            Self::Rollback => "rollback",
            Self::Failover => "failover",
            Self::Database => "database",
            Self::Scaling => "scaling",
            Self::Task => "task",
            Self::Service => "service",
            Self::Alarm => "alarm",
        }
    }
}

/// The thing that it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    Service(String),
    Database(String),
    Alarm(String),
    /// A run over units, by its id.
    Run(String),
    /// Something of AWS by its name.
    Other(String),
    Environment,
}

impl About {
    /// Its name; empty for the environment.
    pub fn name(&self) -> &str {
        match self {
            Self::Service(name) | Self::Database(name) | Self::Alarm(name) | Self::Run(name) | Self::Other(name) => {
                name
            }
            Self::Environment => "",
        }
    }

    /// The service, where it is one.
    pub fn service(&self) -> Option<&str> {
        if let Self::Service(name) = self { Some(name) } else { None }
    }
}

impl TimelineEvent {
    /// An event with only its required fields.
    pub fn new(at: Timestamp, kind: Kind, about: About, what: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            at,
            kind,
            about,
            what: what.into(),
            who: None,
            health: Health::Healthy,
            routine: false,
            of_another: None,
            key: key.into(),
            requests: Vec::new(),
        }
    }

    /// The same with the health after the event.
    #[must_use]
    pub fn stands(mut self, health: Health) -> Self {
        self.health = health;
        self
    }

    /// The same with the person or role that did it.
    #[must_use]
    pub fn by(mut self, who: Option<String>) -> Self {
        self.who = who.filter(|who| !who.is_empty());
        self
    }

    /// The same, marked as routine or not.
    #[must_use]
    pub fn routine(mut self, routine: bool) -> Self {
        self.routine = routine;
        self
    }

    /// Whether it is shown without `--all`.
    pub fn is_news(&self) -> bool {
        !self.routine && self.of_another.is_none()
    }

    /// Whether its time is in the future: some clock is wrong.
    pub fn is_of_the_future(&self, now: Timestamp) -> bool {
        self.at.duration_since(now) > AHEAD
    }

    /// The fields that a filter finds by their names; `service` and `level` are known beside them.
    pub const FIELDS: [&str; 3] = ["kind", "name", "who"];

    /// The text that a filter looks into: what is shown, and its fields by name.
    pub fn text(&self) -> String {
        let field = |name: &str, value: &str| {
            if value.is_empty() {
                String::new()
            } else if value.contains([' ', '"', '=']) {
                format!(" {name}={value:?}")
            } else {
                format!(" {name}={value}")
            }
        };
        let who = self.who.as_deref().unwrap_or_default();
        let fields = Self::FIELDS.into_iter().zip([self.kind.word(), self.about.name(), who]);
        let fields: String = fields.map(|(name, value)| field(name, value)).collect();
        format!("{}{fields}", self.what)
    }
}
