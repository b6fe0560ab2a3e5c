//! Messages of Terraform's `-json` stream (machine-readable UI, major version 1), one per line. Lines that are not
//! JSON, or are of an unknown type, are kept as text.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A planned or applied action on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It stays unchanged.
    NoOp,
    /// It is read, as a data source.
    Read,
    /// It is created.
    Create,
    /// It is updated in place.
    Update,
    /// It is destroyed and created again, in either order.
    Replace,
    /// It is destroyed.
    Delete,
    /// It is imported into the state.
    Import,
    /// It is removed from the state without being destroyed: `remove` in the stream, `forget` in a plan.
    Forget,
    /// Only its address in the state changes.
    Move,
}

/// A message of the stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "snake_case")]
pub enum Message {
    /// The first message.
    Version {
        /// Terraform's version.
        terraform: String,
        /// The version of the stream; its major number is 1.
        ui: String,
    },
    /// A planned change of a resource.
    Planned {
        address: String,
        action: Action,
        /// Terraform's reason: `cannot_update`, `tainted`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A resource that differs from its state.
    Drift {
        address: String,
        /// The change that was made outside of Terraform.
        action: Action,
    },
    /// A refresh of a resource has started.
    RefreshStarted { address: String },
    /// A refresh of a resource is complete.
    Refreshed { address: String },
    /// A change of a resource has started.
    ApplyStarted {
        address: String,
        /// The action; a replacement appears as a delete and a create.
        action: Action,
    },
    /// A change of a resource is still in progress.
    ApplyProgress {
        address: String,
        /// Elapsed time in seconds.
        elapsed: u64,
    },
    /// A change of a resource is complete.
    ApplyDone {
        address: String,
        action: Action,
        /// The id assigned by the provider.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Elapsed time in seconds.
        elapsed: u64,
    },
    /// A change of a resource has failed.
    ApplyFailed {
        address: String,
        /// The intended action.
        action: Action,
        /// Elapsed time in seconds.
        elapsed: u64,
    },
    /// An error or a warning.
    Diagnostic(Diagnostic),
    /// The counts at the end. A failed apply has no summary.
    Summary(Summary),
    /// Anything else, as text.
    Log {
        /// The message.
        text: String,
    },
}

/// An error or a warning of Terraform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Whether it is an error rather than a warning.
    pub error: bool,
    /// The summary, as a sentence.
    pub summary: String,
    /// The details, often from the provider; may have several lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The address of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The file, relative to Terraform's working folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line number, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The lines of code that it refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The counts at the end of a plan or an apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub add: u64,
    pub change: u64,
    /// Number of resources to destroy.
    pub remove: u64,
    #[serde(default)]
    pub import: u64,
}

impl Message {
    /// Parses a line, without its line end.
    pub fn parse(line: &str) -> Self {
        serde_json::from_str::<Value>(line).ok().as_ref().and_then(parse_known).unwrap_or_else(|| {
            let message = serde_json::from_str::<Value>(line).ok();
            let message = message.as_ref().and_then(|value| value["@message"].as_str());
            Self::Log { text: message.unwrap_or(line).to_owned() }
        })
    }

    /// Returns the elapsed time of a change, in seconds.
    pub(super) fn elapsed_mut(&mut self) -> Option<&mut u64> {
        match self {
            Self::ApplyProgress { elapsed, .. }
            | Self::ApplyDone { elapsed, .. }
            | Self::ApplyFailed { elapsed, .. } => Some(elapsed),
            _ => None,
        }
    }
}

/// Parses a message of a known type.
fn parse_known(value: &Value) -> Option<Message> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let hook = &value["hook"];
    let (of_hook, of_change) = (&hook["resource"]["addr"], &value["change"]["resource"]["addr"]);
    let elapsed = || hook["elapsed_seconds"].as_f64().map_or(0, |seconds| seconds as u64);
    Some(match value["type"].as_str()? {
        "version" => Message::Version { terraform: text(&value["terraform"])?, ui: text(&value["ui"])? },
        "planned_change" => Message::Planned {
            address: text(of_change)?,
            action: action(&value["change"]["action"])?,
            reason: text(&value["change"]["reason"]),
        },
        "resource_drift" => Message::Drift { address: text(of_change)?, action: action(&value["change"]["action"])? },
        "refresh_start" => Message::RefreshStarted { address: text(of_hook)? },
        "refresh_complete" => Message::Refreshed { address: text(of_hook)? },
        "apply_start" => Message::ApplyStarted { address: text(of_hook)?, action: action(&hook["action"])? },
        "apply_progress" => Message::ApplyProgress { address: text(of_hook)?, elapsed: elapsed() },
        "apply_complete" => Message::ApplyDone {
            address: text(of_hook)?,
            action: action(&hook["action"])?,
            id: text(&hook["id_value"]),
            elapsed: elapsed(),
        },
        "apply_errored" => {
            Message::ApplyFailed { address: text(of_hook)?, action: action(&hook["action"])?, elapsed: elapsed() }
        }
        "diagnostic" => {
            let diagnostic = &value["diagnostic"];
            Message::Diagnostic(Diagnostic {
                error: diagnostic["severity"] == "error",
                summary: text(&diagnostic["summary"])?,
                detail: text(&diagnostic["detail"]).unwrap_or_default(),
                address: text(&diagnostic["address"]),
                file: text(&diagnostic["range"]["filename"]),
                line: diagnostic["range"]["start"]["line"].as_u64(),
                code: text(&diagnostic["snippet"]["code"]),
            })
        }
        "change_summary" => {
            let count = |name: &str| value["changes"][name].as_u64();
            Message::Summary(Summary {
                add: count("add")?,
                change: count("change")?,
                remove: count("remove")?,
                import: count("import").unwrap_or(0),
            })
        }
        _ => return None,
    })
}

/// Parses an action word of the stream.
fn action(word: &Value) -> Option<Action> {
    Some(match word.as_str()? {
        "noop" | "no-op" => Action::NoOp,
        "read" => Action::Read,
        "create" => Action::Create,
        "update" => Action::Update,
        "replace" => Action::Replace,
        "delete" => Action::Delete,
        "import" => Action::Import,
        "remove" | "forget" => Action::Forget,
        "move" => Action::Move,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_line_types_are_parsed_and_others_kept_as_text() {
        let resource = r#""resource":{"addr":"aws_vpc.main","resource_type":"aws_vpc"}"#;
        let cases = [
            (
                format!(r#"{{"type":"planned_change","change":{{{resource},"action":"replace","reason":"tainted"}}}}"#),
                Message::Planned {
                    address: "aws_vpc.main".into(),
                    action: Action::Replace,
                    reason: Some("tainted".into()),
                },
            ),
            (
                format!(
                    r#"{{"type":"apply_complete","hook":{{{resource},"action":"create","id_value":"vpc-1","elapsed_seconds":3}}}}"#
                ),
                Message::ApplyDone {
                    address: "aws_vpc.main".into(),
                    action: Action::Create,
                    id: Some("vpc-1".into()),
                    elapsed: 3,
                },
            ),
            (
                r#"{"type":"change_summary","changes":{"add":1,"change":0,"remove":2,"operation":"plan"}}"#.into(),
                Message::Summary(Summary { add: 1, change: 0, remove: 2, import: 0 }),
            ),
            (r#"{"type":"some_day","@message":"new"}"#.into(), Message::Log { text: "new".into() }),
            ("not JSON {".into(), Message::Log { text: "not JSON {".into() }),
        ];
        for (line, message) in cases {
            assert_eq!(Message::parse(&line), message, "{line}");
        }
    }
}
