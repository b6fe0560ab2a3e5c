//! The JSON messages: the opening message, acknowledgements, the handshake, the end of the channel.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The version of the official client that this one imitates. Both sides compare versions to agree on multiplexing
/// and on leaving out its keep-alives; agents are expected to reject unsigned clients older than 1.2.764.0.
pub const CLIENT_VERSION: &str = "1.2.764.0";

/// The first message on a WebSocket, as text. It contains the token, so it must go to the socket and nowhere else.
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

/// The acknowledgement of a received message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Acknowledge {
    /// The name of the message type.
    #[serde(rename = "AcknowledgedMessageType")]
    pub kind: String,
    /// The id of the message, in UUID notation.
    #[serde(rename = "AcknowledgedMessageId")]
    pub id: String,
    /// The sequence number of the message.
    #[serde(rename = "AcknowledgedMessageSequenceNumber")]
    pub sequence: i64,
    /// Always true.
    #[serde(rename = "IsSequentialMessage")]
    pub sequential: bool,
}

/// The agent's handshake request: actions that the client has to perform before the session starts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeRequest {
    /// The agent's version.
    #[serde(default)]
    pub agent_version: String,
    /// The actions that the client has to perform.
    #[serde(default)]
    pub requested_client_actions: Option<Vec<RequestedAction>>,
}

/// An action that the agent requests from the client.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RequestedAction {
    /// `SessionType`, `KMSEncryption`, or an action that is unknown here.
    #[serde(default)]
    pub action_type: String,
    /// Parameters of the action; their form depends on its type.
    #[serde(default)]
    pub action_parameters: Value,
}

/// The client's response to the handshake request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeResponse {
    /// The version of the client.
    pub client_version: String,
    /// The outcome of each action.
    #[serde(default)]
    pub processed_client_actions: Vec<ProcessedAction>,
    /// Errors that belong to no single action.
    #[serde(default)]
    pub errors: Option<Vec<String>>,
}

/// The outcome of one action.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessedAction {
    /// The type of the action.
    pub action_type: String,
    /// 1 success, 2 failed, 3 unsupported.
    pub action_status: u8,
    /// The result of the action; its form depends on its type.
    #[serde(default)]
    pub action_result: Value,
    /// The error message if the action failed.
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

/// The end of a session, as the service announces it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ChannelClosed {
    /// The reason, if one is given.
    pub output: String,
}

impl ChannelClosed {
    /// The reason in one line. Agents put errors below a separator line, `----------ERROR-------`, which is removed.
    pub fn reason(&self) -> String {
        let lines = self.output.lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with("-----")).collect::<Vec<_>>().join(" ")
    }
}
