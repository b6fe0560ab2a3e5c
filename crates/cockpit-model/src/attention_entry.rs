//! An entry of the needs-attention list.

use super::health::Severity;
use super::source::Source;
use jiff::Timestamp;

/// The thing that an entry is about, so that opening it leads there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The credentials or the account.
    Identity,
    /// A service, by its whole name.
    Service(String),
    /// Several services.
    Services,
    /// A database, by its identifier.
    Database(String),
    /// An alarm, by its name.
    Alarm(String),
    /// A target group that no service is behind, by its name.
    TargetGroup(String),
    /// A certificate of a load balancer, by the first of its hosts.
    Certificate(String),
    /// A source that cannot be read.
    Source(Source),
}

impl Place {
    /// Where it stands among entries that are as bad.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Identity => 0,
            Self::Service(_) | Self::Services => 1,
            Self::Database(_) | Self::TargetGroup(_) => 2,
            Self::Alarm(_) | Self::Certificate(_) => 3,
            Self::Source(_) => 4,
        }
    }
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// How bad it is.
    pub severity: Severity,
    /// The thing that it is about.
    pub place: Place,
    /// The name to show: a service's short name, a database's identifier …
    pub name: String,
    /// The fault, in a sentence.
    pub what: String,
    pub since: Option<Timestamp>,
    /// The hint, in a sentence.
    pub hint: Option<String>,
}
