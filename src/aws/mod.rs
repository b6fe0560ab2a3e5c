//! The only room that talks to AWS: queries in ([`crate::feeds::aws::Query`]), facts out
//! ([`crate::app::event::Answer`]). No other room imports an `aws_*` crate.
//!
//! - [`session`]: one connection to one environment: credentials, clients, retries, time limits.
//! - `credentials`: credentials, loaded once for all waiters; `profiles`: the AWS files, as far as they are read
//!   here; `helper`: the program of a `credential_process`.
//! - [`endpoints`]: the endpoint of each service; [`endpoint_files`]: invalid endpoints in the AWS files.
//! - [`wire`]: the HTTP client shared by all clients; counts requests, measures the servers' clock.
//! - [`service_clock`]: how far the servers' clock is ahead of this machine's.
//! - [`budget`]: rate limits of each API and priority.
//! - [`query`]: one query with all its pages, and its answer.
//! - [`calls`]: the reads and changes of operations; `writer` sends each change once.
//! - [`failure`]: every failure as a sentence.
//! - [`probe`]: tries each read once for `cockpit doctor`; `probe::operations` has the reads of operations.
//! - `ecs_*`, [`ecr`], [`rds`], [`autoscaling`], [`elbv2`], [`cloudwatch`], [`metrics`], [`lambda`],
//!   `logs*`, [`scheduler`], [`sts`], [`secrets`], [`parameters`]: one service each: its requests, and the conversion from the
//!   SDK's types to the model's.
//! - `signed`: requests to services without an SDK crate here ([`ec2`], `ec2_changes`, [`health_reads`], [`machines`],
//!   `cloudfront`, `cognito`, `costs`, `trail`); `protocols`: how they are written and read; `xml`: answers in XML.
//! - `rights`: the permissions of roles, as evaluated by IAM.
//! - `history`, `trail`: past events, for the timeline.
//! - `survey`: the resources of a region, for `cockpit init`.
//! - [`ssm`]: the requests of tunnels and shells; `websocket`: the settings of their WebSocket.
//!
//! This room does not decide what to request when (that is `app`), or what an answer means (`model`).

mod accounts;
mod alarm_mutes;
pub mod autoscaling;
mod autoscaling_changes;
pub mod budget;
pub mod calls;
mod causes;
mod cli_cache;
mod clients;
mod cloudfront;
pub mod cloudwatch;
mod cognito;
pub mod connection;
mod convert;
mod copy_check;
mod costs;
mod credentials;
mod curves;
mod database_token;
mod digest;
pub mod ec2;
mod ec2_changes;
pub mod ecr;
mod ecs_copy;
pub mod ecs_definitions;
pub mod ecs_rollouts;
pub mod ecs_services;
pub mod ecs_tasks;
pub mod ecs_writes;
pub mod elbv2;
pub mod endpoint_files;
pub mod endpoints;
mod environment;
pub mod failure;
pub mod health_reads;
mod helper;
mod history;
mod ingress;
pub mod lambda;
mod live_tail_host;
pub mod logs;
mod logs_groups;
pub mod logs_insights;
pub mod logs_live;
mod logs_page;
pub mod logs_tail;
mod lookup;
pub mod machines;
pub mod metrics;
pub mod mfa;
pub mod pages;
pub mod parameters;
pub mod permissions;
mod pinned;
pub mod probe;
mod profiles;
mod protocols;
mod proxied;
pub mod query;
pub mod rds;
mod rds_history;
mod rds_writes;
mod resource_contents;
mod revisions;
mod rights;
mod same_account;
pub mod scheduler;
mod secret_list;
pub mod secrets;
pub mod service_clock;
pub mod session;
mod sessions;
mod signed;
pub mod ssm;
pub mod sso;
pub mod sts;
mod survey;
pub mod time_limit;
mod trail;
mod verified_reads;
mod websocket;
pub mod wire;
mod writer;
mod xml;

pub use connection::{Connection, Keys};
pub use helper::{HELPER_GRACE, has_running_helpers, pending_helpers, signal_helpers};
pub use probe::Probe;
pub use service_clock::ServiceClock;
pub use session::Session;
