//! Terraform's messages, one in a line of its `-json` stream (machine-readable UI, major version 1). A line that is no
//! JSON, or of a type that is not known, is kept as text.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An action on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Stays as it is.
    NoOp,
    /// Is read, as a data source.
    Read,
    /// Is made.
    Create,
    /// Is changed where it is.
    Update,
    /// Is destroyed and made again, or the other way round.
    Replace,
    /// Is destroyed.
    Delete,
    /// Is taken into the state.
    Import,
    /// Is left alone and no longer in the state: `remove` of the stream, `forget` of a plan.
    Forget,
    /// Has another address in the state, and nothing else.
    Move,
}

/// A line of the stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "snake_case")]
pub enum Message {
    /// Its first line.
    Version {
        /// Terraform's version.
        terraform: String,
        /// The version of the stream: its major number is 1.
        ui: String,
    },
    /// A resource will be changed.
    Planned {
        address: String,
        action: Action,
        /// Terraform's word for why: `cannot_update`, `tainted`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A resource differs from its state.
    Drift {
        address: String,
        /// The action that was done elsewhere.
        action: Action,
    },
    /// Its state is being read.
    RefreshStarted { address: String },
    /// Its state was read.
    Refreshed { address: String },
    /// It is being changed.
    ApplyStarted {
        address: String,
        /// How. A replacement is a delete and a create.
        action: Action,
    },
    /// It is still being changed.
    ApplyProgress {
        address: String,
        /// For how long, in seconds.
        elapsed: u64,
    },
    /// It was changed.
    ApplyDone {
        address: String,
        action: Action,
        /// The id that the provider gives it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// How long it took, in seconds.
        elapsed: u64,
    },
    /// It could not be changed.
    ApplyFailed {
        address: String,
        /// The action that it should have been.
        action: Action,
        /// How long it was tried, in seconds.
        elapsed: u64,
    },
    /// An error or a warning.
    Diagnostic(Diagnostic),
    /// The counts at the end. A failed apply has none.
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
    /// Whether it is an error, no warning.
    pub error: bool,
    /// The summary, in a sentence.
    pub summary: String,
    /// In more; often the provider's own words. May have several lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The address of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The file, as seen from the folder in which Terraform ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The lines of code that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The counts at the end of a plan or an apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub add: u64,
    pub change: u64,
    /// To destroy.
    pub remove: u64,
    #[serde(default)]
    pub import: u64,
}

impl Message {
    /// Reads a line, without its end.
    pub fn parse(line: &str) -> Self {
        serde_json::from_str::<Value>(line).ok().as_ref().and_then(known).unwrap_or_else(|| {
            let said = serde_json::from_str::<Value>(line).ok();
            let said = said.as_ref().and_then(|value| value["@message"].as_str());
            Self::Log { text: said.unwrap_or(line).to_owned() }
        })
    }

    /// How long a change takes by it, in seconds.
    pub(super) fn elapsed_mut(&mut self) -> Option<&mut u64> {
        match self {
            Self::ApplyProgress { elapsed, .. }
            | Self::ApplyDone { elapsed, .. }
            | Self::ApplyFailed { elapsed, .. } => Some(elapsed),
            _ => None,
        }
    }
}

/// A message of a type that is known.
fn known(value: &Value) -> Option<Message> {
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

/// Terraform's word of the stream for what is done to a resource.
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
    fn lines_of_every_known_type_are_read_and_others_are_kept_as_text() {
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
