//! The audit file's entry of each operation: who did what where, what it was before and after.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line of the audit file. Fields are added, never renamed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// When it was written, by the clock of AWS as far as that was known.
    pub time: Timestamp,
    /// How far that clock was ahead of the machine's, in milliseconds; absent where it was not known: `time` is then the
    /// machine's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead_ms: Option<i64>,
    /// Which operation: the same in the line of its beginning and that of its end.
    pub operation: String,
    /// The ARN of the identity.
    pub who: String,
    /// The machine's user, for identities that several people share.
    pub user: String,
    /// The environment's name.
    pub environment: String,
    pub account: String,
    pub region: String,
    /// Where the change went, where that was not AWS itself ([`super::Endpoints::key`]) but an emulator or the like.
    pub endpoint: String,
    /// The machine, so that another one does not take its operations for some that nobody follows any more.
    pub host: String,
    /// The command as it would be typed: `cockpit deploy web --image 9f3c2e1 --env staging`.
    pub command: String,
    /// The state before the change.
    pub before: Value,
    /// The value after the change, or the one that is meant to be.
    pub after: Value,
    /// `started`; at its end `done`, `rolled_back`, `failed`, `unknown`.
    pub outcome: String,
    /// Why, in a sentence.
    pub reason: String,
    /// AWS's request ids of the changes.
    pub request_ids: Vec<String>,
}
