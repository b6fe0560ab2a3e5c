//! Entries of the audit file, one per operation: who changed what and where, with the values before and after.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line of the audit file. Fields are added, never renamed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// When the entry was written, by the clock of AWS if its offset was known.
    pub time: Timestamp,
    /// How far the clock of AWS was ahead of the machine's, in milliseconds; absent if unknown, in which case `time` is
    /// the machine's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead_ms: Option<i64>,
    /// The id of the operation: the same in its first and its last entry.
    pub operation: String,
    /// The ARN of the identity.
    pub who: String,
    /// The local user name, for identities that several people share.
    pub user: String,
    /// The environment's name.
    pub environment: String,
    pub account: String,
    pub region: String,
    /// The endpoint of the change ([`super::Endpoints::key`]) if it was not AWS itself, but an emulator or similar.
    pub endpoint: String,
    /// The host name, so that another machine does not mistake these operations for abandoned ones.
    pub host: String,
    /// The command as it would be typed: `cockpit deploy web --image 9f3c2e1 --env staging`.
    pub command: String,
    /// The state before the change.
    pub before: Value,
    /// The value after the change, or the intended value.
    pub after: Value,
    /// `started`; at the end `done`, `rolled_back`, `failed`, `unknown`.
    pub outcome: String,
    /// The reason, as a sentence.
    pub reason: String,
    /// The AWS request ids of the changes.
    pub request_ids: Vec<String>,
}
