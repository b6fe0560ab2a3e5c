//! NOUNS. What an environment is made of, as plain data: no requests, no clock, no files, no screen.
//!
//! Everything that comes from outside is held in an [`Observed`], so a missing or old value can
//! never pass for a present one. Judgements over the data (health, reasons, the needs-attention
//! list) live here too, because the screen and the snapshot must say the same.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod agent;
pub mod alarm;
mod alarm_watch;
pub mod attention;
pub mod attention_entry;
pub mod audit;
pub mod cdn;
pub mod connection_string;
pub mod costs;
pub mod cron;
pub mod csv;
pub mod database;
pub mod database_health;
pub mod database_history;
pub mod deploy;
pub mod estate;
pub mod failover;
pub mod failure;
pub mod format;
pub mod health;
pub mod health_probe;
pub mod identity;
pub mod image;
pub mod infra;
pub mod init;
mod judge;
pub mod key;
pub mod logs;
pub mod machine;
pub mod metric;
pub mod names;
pub mod observed;
pub mod parameters;
pub mod piece;
pub mod recurrence;
pub mod risk;
pub mod rollout;
pub mod rollout_words;
pub mod scaling;
pub mod scaling_watch;
pub mod schedule;
pub mod service;
pub mod source;
pub mod sql;
pub mod ssl_mode;
pub mod stop;
pub mod target;
pub mod task;
pub mod task_definition;
pub mod telemetry;
pub mod text;
pub mod time;
pub mod timeline;
pub mod timer;
pub mod tunnel;
pub mod units;
pub mod unmatched;
pub mod users;
pub mod wrap;

pub use alarm::{Alarm, AlarmState, Mute};
pub use attention_entry::{Attention, Place};
pub use database::{Database, DatabaseKind, DbCluster, DbInstance, Member, Role};
pub use database_history::{DatabaseEvent, DatabaseSnapshot};
pub use estate::Estate;
pub use failure::{Failure, FailureKind};
pub use health::{Assessment, Health, Reason, Severity};
pub use identity::Identity;
pub use metric::{MetricKey, Point, Series};
pub use observed::{Freshness, Observed};
pub use piece::Piece;
pub use rollout::{RolloutStatus, ServiceDeployment};
pub use scaling::{ScalableTarget, ScalingActivity, ScalingPolicy, ScheduledAction};
pub use service::{Cluster, Deployment, RolloutState, Service, ServiceEvent};
pub use source::Source;
pub use stop::Fault;
pub use target::Target;
pub use task::{Container, Task};
pub use task_definition::TaskDefinition;
pub use unmatched::Unmatched;
