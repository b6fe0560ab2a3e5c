//! What can happen. Everything that changes the [`super::App`] is one of these, in one order.

use super::operation::call::{Answered, CallId};
use super::ticket::Ticket;
use crate::model::key::Key;
use crate::model::logs::{InsightsResult, LiveUpdate, LogEvent, LogGroup, LogPage, LogStream};
use crate::model::timer::Timer;
use crate::model::{
    Alarm, Cluster, DbCluster, DbInstance, Failure, Identity, MetricKey, Point, ScalableTarget, ScalingActivity,
    ScalingPolicy, ScheduledAction, Service, ServiceDeployment, Target, Task, TaskDefinition,
};
use jiff::{SignedDuration, Timestamp};

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Time has come to this. The only way in which the time of day enters.
    Tick(Timestamp),
    /// The service's clock was measured: it is so far ahead of the one that ticks (behind: negative).
    Clock(SignedDuration),
    /// The machine's monotonic clock has come to this, counted from the session's start; an input that
    /// follows came then. Unlike the time of a tick it is never set and never runs faster.
    Elapsed(SignedDuration),
    /// A frame stands on the terminal: when, by the clock of `Elapsed`, and its columns and rows.
    Drawn(SignedDuration, (u16, u16)),
    /// A key was pressed.
    Key(Key),
    /// The terminal says that a key is still held down. Few do.
    Held(Key),
    /// Text was pasted (bracketed paste).
    Paste(String),
    Mouse(Mouse),
    /// The terminal's size is now columns by rows.
    Resize(u16, u16),
    /// The terminal gained or lost the focus.
    Focus(bool),
    /// An answer to a [`super::effect::Effect::Fetch`].
    Answer(Answer),
    /// The reply to a [`super::effect::Effect::Call`].
    Reply(CallId, Box<Answered>),
    /// A line that a program of a call printed.
    Output(CallId, String),
    /// Credentials were refused and read again: whose they are must be asked before anything that
    /// they bring is taken in. With a ticket of the environment they are for.
    Renewed(Ticket),
    /// The terminal came back after a suspension.
    Resumed,
    /// The session ends, by a signal or without a terminal: nobody is asked any more.
    Stopped,
    /// Something the runtime did or could not do, for the activity drawer.
    Notice(Notice),
    /// The file that lines are written into as they come cannot be written.
    TeeEnded(String),
}

/// What the mouse did, at a column and a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// Left button.
    Click(u16, u16),
    WheelUp(u16, u16),
    WheelDown(u16, u16),
}

/// One piece of the answer to a fetch.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Which fetch.
    pub ticket: Ticket,
    /// Requests sent for it since the piece before, retries too.
    pub requests: u32,
    /// What came.
    pub part: Part,
}

/// How far an answer has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// One page; more follow.
    Page(Fact),
    /// The last page: the answer is whole.
    Last(Fact),
    /// It failed here; pages that came before stand, and the whole is partial.
    Failed(Failure),
}

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Who we are.
    Identity(Identity),
    /// The cluster; `None` if there is none of that name.
    Cluster(Option<Cluster>),
    /// Names that are there beside what was asked for, where nothing was found.
    Others(Vec<String>),
    /// Names of services in the cluster.
    ServiceNames(Vec<String>),
    /// Services, and the names that AWS does not know.
    Services(Vec<Service>, Vec<String>),
    TaskIds(Vec<String>),
    /// Tasks (those that are gone are left out).
    Tasks(Vec<Task>),
    TaskDefinition(Box<TaskDefinition>),
    /// A service's newest deployments, newest first.
    Rollouts(Vec<ServiceDeployment>),
    ScalableTargets(Vec<ScalableTarget>),
    ScalingPolicies(Vec<ScalingPolicy>),
    ScheduledActions(Vec<ScheduledAction>),
    /// Schedules that stop and start the environment.
    Schedules(Vec<Timer>),
    /// Scaling activities, newest first.
    ScalingActivities(Vec<ScalingActivity>),
    /// Targets of one group.
    Targets(Vec<Target>),
    /// ARNs of target groups.
    TargetGroups(Vec<String>),
    /// Aurora clusters.
    DbClusters(Vec<DbCluster>),
    /// Database instances.
    DbInstances(Vec<DbInstance>),
    Alarms(Vec<Alarm>),
    /// Points of metrics.
    Metrics(Vec<(MetricKey, Vec<Point>)>),
    /// The last lines of one stream, oldest first.
    TaskLog(Vec<LogEvent>),
    /// A page of events.
    LogPage(LogPage),
    /// Streams of a group.
    LogStreams(Vec<LogStream>),
    LogGroups(Vec<LogGroup>),
    /// A second of a live tail.
    LiveTail(LiveUpdate),
    /// What Insights has found.
    Insights(Box<InsightsResult>),
}

/// A line for the activity drawer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is bad news.
    pub error: bool,
    /// In a sentence.
    pub text: String,
}
