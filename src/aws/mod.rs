//! The only room that speaks to AWS: questions in ([`crate::feeds::aws::Query`]), facts out
//! ([`crate::app::event::Answer`]). No other room imports an `aws_*` crate.
//!
//! - [`session`]: one connection to one environment: credentials, clients, retries, time limits.
//! - `credentials`: whose credentials, loaded once for all who wait; `profiles`: the AWS files, as far as we look
//!   into them; `helper`: the program of a `credential_process`.
//! - [`endpoints`]: where each service is asked; [`endpoint_files`]: what of it stands wrongly in the AWS files.
//! - [`wire`]: the HTTP client that all of them share; counts requests, watches the servers' clock.
//! - [`service_clock`]: how far the servers' clock is ahead of this machine's.
//! - [`budget`]: how often each API may be asked, by whom.
//! - [`ask`]: one question with all its pages, to its answer.
//! - [`calls`]: what operations ask for, reads and changes; how a change is sent once is in `writer`.
//! - [`failure`]: whatever went wrong, in a sentence.
//! - [`probe`]: each read tried once, for `cockpit doctor`; those of operations in `probe_changes`.
//! - `ecs_*`, [`ecr`], [`rds`], [`autoscaling`], [`elbv2`], [`cloudwatch`], [`metrics`], [`lambda`],
//!   `logs*`, [`scheduler`], [`sts`], [`secrets`], [`parameters`]: a service each: the request, and from the SDK's types to the model's.
//! - `signed`: requests of services without an SDK crate here ([`ec2`], `ec2_changes`, [`health_reads`], [`machines`],
//!   `cloudfront`, `cognito`, `costs`, `trail`); `protocols`: how they are written and read; `xml`: answers in XML.
//! - `rights`: what roles may, as IAM judges it.
//! - `history`, `trail`: what happened, for the time line.
//! - `survey`: what is in a region, for `cockpit init`.
//! - [`ssm`]: what tunnels and shells ask AWS; their WebSocket's means are in `websocket`.
//!
//! What does not live here: what to ask when (that is `app`), and what an answer means (`model`).

mod accounts;
mod alarm_mutes;
pub mod ask;
pub mod autoscaling;
mod autoscaling_changes;
mod bound;
pub mod budget;
pub mod calls;
mod carried;
mod causes;
mod clients;
mod cloudfront;
pub mod cloudwatch;
mod cognito;
pub mod connection;
mod contents;
mod convert;
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
mod kept;
pub mod lambda;
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
mod plain_host;
pub mod probe;
mod profiles;
mod protocols;
mod proxied;
pub mod rds;
mod rds_history;
mod rds_writes;
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
mod trail;
mod websocket;
pub mod wire;
pub mod within;
mod writer;
mod xml;

pub use connection::{Connection, Keys};
pub use helper::{HELPER_GRACE, helpers_asked, helpers_run, tell_helpers};
pub use probe::Probe;
pub use service_clock::ServiceClock;
pub use session::Session;
