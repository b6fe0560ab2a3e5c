//! The messages in JSON: the first message, acknowledgements, the handshake, the end.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The version of the official client whose behaviour this one has. Multiplexing, and no keep-alive within it, are
/// agreed on by comparing versions, and unsigned clients before 1.2.764.0 are to be turned away.
pub const CLIENT_VERSION: &str = "1.2.764.0";

/// The first message on a WebSocket, as text. It has the token in it: it goes to the socket and nowhere else.
pub fn open_data_channel(token: &SecretString, request: Uuid, client: Uuid) -> String {
    serde_json::json!({
        "MessageSchemaVersion": "1.0",
        "RequestId": request.to_string(),
        "TokenValue": token.expose_secret(),
        "ClientId": client.to_string(),
        "ClientVersion": CLIENT_VERSION,
    })
    .to_string()
}

/// The acknowledgement that a message has arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Acknowledge {
    /// The kind of the message, by name.
    #[serde(rename = "AcknowledgedMessageType")]
    pub kind: String,
    /// Its id, as a UUID is written.
    #[serde(rename = "AcknowledgedMessageId")]
    pub id: String,
    /// Its number.
    #[serde(rename = "AcknowledgedMessageSequenceNumber")]
    pub sequence: i64,
    /// Always true.
    #[serde(rename = "IsSequentialMessage")]
    pub sequential: bool,
}

/// The agent's request before the session: actions that the client has to carry out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeRequest {
    /// The agent's version.
    #[serde(default)]
    pub agent_version: String,
    /// The actions that the client has to carry out.
    #[serde(default)]
    pub requested_client_actions: Option<Vec<RequestedAction>>,
}

/// One thing that the client is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RequestedAction {
    /// `SessionType`, `KMSEncryption`, or one that is not known here.
    #[serde(default)]
    pub action_type: String,
    /// Parameters of the action, whose form depends on its type.
    #[serde(default)]
    pub action_parameters: Value,
}

/// The client's answer to the agent's request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeResponse {
    /// The client's version.
    pub client_version: String,
    /// An answer for each action.
    #[serde(default)]
    pub processed_client_actions: Vec<ProcessedAction>,
    /// Errors outside of single actions.
    #[serde(default)]
    pub errors: Option<Vec<String>>,
}

/// The answer to one action.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessedAction {
    /// The type of the action that is answered.
    pub action_type: String,
    /// 1 done, 2 failed, 3 not supported.
    pub action_status: u8,
    /// The result of the action, whose form depends on its type.
    #[serde(default)]
    pub action_result: Value,
    /// The error message of an action that failed.
    #[serde(default)]
    pub error: String,
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

/// The end of a session, as the service tells it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ChannelClosed {
    /// Why, where somebody says so.
    pub output: String,
}

impl ChannelClosed {
    /// Why, in a line. Agents set what went wrong below a rule: `----------ERROR-------`.
    pub fn reason(&self) -> String {
        let lines = self.output.lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with("-----")).collect::<Vec<_>>().join(" ")
    }
}
