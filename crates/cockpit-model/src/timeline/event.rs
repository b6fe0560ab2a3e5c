//! Events of the timeline.

use crate::Health;
use jiff::{SignedDuration, Timestamp};

/// An event further in the future than this has a time from a wrong clock, because service responses are accurate to a
/// second.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_secs(5);

/// An event of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEvent {
    /// When it happened, by the clock of AWS.
    pub at: Timestamp,
    pub kind: Kind,
    pub about: About,
    /// The event, as a sentence.
    pub what: String,
    /// The actor, if known.
    pub who: Option<String>,
    /// The health of its subject after the event.
    pub health: Health,
    /// Whether it is routine (a task start, a steady state), which is only shown with `--all`.
    pub routine: bool,
    /// The other environment of the account that it belongs to, if any; such events are only shown with `--all`.
    pub other_environment: Option<String>,
    /// Its identity: events with the same key are the same event.
    pub key: String,
    /// Request ids, if known: the same request in two sources is a single event.
    pub requests: Vec<String>,
}

/// The kinds of events, in the display order for events at the same time: causes before effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A change by the cockpit, from the audit file.
    Change,
    /// A run over Terraform units.
    Run,
    /// A parameter was written or deleted.
    Parameter,
    /// A write event of `CloudTrail`.
    Write,
    /// A schedule that stops or starts the environment.
    Schedule,
    Deployment,
    /// A deployment that failed or was rolled back.
    Rollback,
    /// A failover: the writer of a database moved.
    Failover,
    /// Any other RDS event.
    Database,
    Scaling,
    /// A stopped task.
    Task,
    /// An event of an ECS service.
    Service,
    Alarm,
}

impl Kind {
    /// All kinds, in order.
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

    /// Returns the word for this kind.
    pub fn name(self) -> &'static str {
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

/// The subject of an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    Service(String),
    Database(String),
    Alarm(String),
    /// A run over units, by its id.
    Run(String),
    /// Another AWS resource, by its name.
    Other(String),
    Environment,
}

impl About {
    /// Returns its name; empty for the environment.
    pub fn name(&self) -> &str {
        match self {
            Self::Service(name) | Self::Database(name) | Self::Alarm(name) | Self::Run(name) | Self::Other(name) => {
                name
            }
            Self::Environment => "",
        }
    }

    /// Returns the service, if it is one.
    pub fn service(&self) -> Option<&str> {
        if let Self::Service(name) = self { Some(name) } else { None }
    }
}

impl TimelineEvent {
    /// Creates an event with the required fields.
    pub fn new(at: Timestamp, kind: Kind, about: About, what: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            at,
            kind,
            about,
            what: what.into(),
            who: None,
            health: Health::Healthy,
            routine: false,
            other_environment: None,
            key: key.into(),
            requests: Vec::new(),
        }
    }

    /// Returns the event with the health of its subject.
    #[must_use]
    pub fn with_health(mut self, health: Health) -> Self {
        self.health = health;
        self
    }

    /// Returns the event with its actor.
    #[must_use]
    pub fn with_actor(mut self, who: Option<String>) -> Self {
        self.who = who.filter(|who| !who.is_empty());
        self
    }

    /// Returns the event, marked as routine or not.
    #[must_use]
    pub fn mark_routine(mut self, routine: bool) -> Self {
        self.routine = routine;
        self
    }

    /// Whether it is shown without `--all`.
    pub fn is_notable(&self) -> bool {
        !self.routine && self.other_environment.is_none()
    }

    /// Whether its time is in the future because of a wrong clock.
    pub fn is_in_future(&self, now: Timestamp) -> bool {
        self.at.duration_since(now) > MAX_AHEAD
    }

    /// The fields that filters can use by name, in addition to `service` and `level`.
    pub const FIELDS: [&str; 3] = ["kind", "name", "who"];

    /// Returns the text that filters search: the displayed text, and the fields by name.
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
        let fields = Self::FIELDS.into_iter().zip([self.kind.name(), self.about.name(), who]);
        let fields: String = fields.map(|(name, value)| field(name, value)).collect();
        format!("{}{fields}", self.what)
    }
}
