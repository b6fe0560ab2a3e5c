//! Session Manager: sessions to a host and port or to a shell in a container, the WebSocket that carries them, and
//! the agent at the other end.
//!
//! `api` implements the AWS operations (`StartSession`, `ResumeSession`, `TerminateSession`, `ExecuteCommand`),
//! `link` the WebSocket upgrade, `run` the loop of an agent during its session over any number of links (its faults
//! are in `run/faults`), `connection` one connection to the session's target, `alarm` the timer of agents, `shell` the
//! built-in shell, which runs no process of this machine, and `process` the processes that replace it if allowed.
//!
//! Faults, as `POST /_sim/fault`:
//!
//! | operation | kinds |
//! |---|---|
//! | `ssm:StartSession`, `ssm:ResumeSession`, `ecs:ExecuteCommand` | all of `faults`; `empty` omits the token |
//! | `gateway:connect` | `denied`: 403; `signature`: 403 with that reason; `hang`; `reset`; with `delay_ms` |
//! | `gateway:handshake` | `old`, `early`, `silent`, `unknown` (an unknown action); `delay_ms` delays the agent |
//! | `gateway:link` | at once, to each link: `reset`, `close` (`1000 Bye`), `going_away` (1001), `hang` (a black hole), `ended`, `restart` (of the agent) |
//! | `gateway:output`, `gateway:acknowledge` | each message: `drop`, `duplicate`, `reorder`, `damage`, `unknown`, `reset`, `close`; with `delay_ms` |
//! | `gateway:input` | each message of the client, its acknowledgements too: `drop`, `duplicate`, `reorder`, `damage`, `delay`; with `delay_ms` |
//! | `gateway:pace` | `delay`: the agent rests for `delay_ms` after each data message, as the official one does for 1 ms; an agent whose session starts with it also reads at most one frame ahead per connection |
//! | `gateway:dial` | `refused`: the host and port cannot be reached; `hang`: sent data is dropped and nothing answers |
//!
//! Connections that failed for any other reason than such a fault are counted at `GET /_sim/requests`, as errors of
//! `gateway:dial:REASON` (`ConnectionRefused`, `AddrNotAvailable`…, the names of `std::io::ErrorKind`).

mod alarm;
pub(crate) mod api;
mod connection;
pub(crate) mod link;
mod process;
mod run;
mod shell;
pub(crate) mod state;

/// The path prefix of session WebSockets.
pub(crate) const PATH: &str = "/v1/data-channel/";
