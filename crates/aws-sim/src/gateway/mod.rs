//! Session Manager: sessions to a host and port or to a shell in a container, the WebSocket that carries them, and the
//! agent at its other end.
//!
//! `api` is what AWS answers (`StartSession`, `ResumeSession`, `TerminateSession`, `ExecuteCommand`), `link` the
//! WebSocket's upgrade, `run` an agent's loop for as long as its session goes on, over any number of links (its faults in `run/harm`), `connection`
//! one connection to what the session leads to, `alarm` what wakes an agent in time, `shell` the built-in shell, which runs no process of this machine,
//! `process` the processes that are run instead where that was allowed.
//!
//! Faults, as `POST /_sim/fault`:
//!
//! | operation | kinds |
//! |---|---|
//! | `ssm:StartSession`, `ssm:ResumeSession`, `ecs:ExecuteCommand` | all of `faults`; `empty` leaves the token away |
//! | `gateway:connect` | `denied`: 403; `signature`: 403 with that reason; `hang`; `reset`; with `delay_ms` |
//! | `gateway:handshake` | `old`, `early`, `silent`, `unknown` (an unknown action); with `delay_ms` the agent is late |
//! | `gateway:link` | at once, to each link: `reset`, `close` (`1000 Bye`), `going_away` (1001), `hang` (a black hole), `ended`, `restart` (of the agent) |
//! | `gateway:output`, `gateway:acknowledge` | each message: `drop`, `duplicate`, `reorder`, `damage`, `unknown`, `reset`, `close`; with `delay_ms` |
//! | `gateway:input` | each message of the client, its acknowledgements too: `drop`, `duplicate`, `reorder`, `damage`, `delay`; with `delay_ms` |
//! | `gateway:pace` | `delay`: an agent that rests for `delay_ms` after each message of data, as the official one does for 1 ms; one whose session begins with it also reads no more than a frame of each connection ahead |
//! | `gateway:dial` | `refused`: the host and port cannot be reached; `hang`: what is sent there is dropped, and nobody answers |
//!
//! Connections that could not be made for another reason than such a fault are counted at `GET /_sim/requests`, as
//! errors of `gateway:dial:REASON` (`ConnectionRefused`, `AddrNotAvailable`…, as `std::io::ErrorKind` has them).

mod alarm;
pub(crate) mod api;
mod connection;
pub(crate) mod link;
mod process;
mod run;
mod shell;
pub(crate) mod state;

/// Where the WebSockets of sessions are.
pub(crate) const PATH: &str = "/v1/data-channel/";
