//! The report of `cockpit instances`.

use crate::cli::ExitCode;
use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::Head;
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::model::cdn::belongs;
use crate::model::machine::Ec2Instance;
use crate::model::time::short;
use crate::model::{Failure, Source};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit instances`.
pub const SCHEMA: &str = "cockpit.instances/1";
/// The sources that the report reads.
pub const SOURCES: &[Source] = &[Source::Identity];

/// The list of instances.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct InstanceList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// The instances, by name; `null` if they could not be listed.
    pub instances: Option<Vec<InstanceDto>>,
    /// Failed reads, each with its action.
    pub missing: Vec<String>,
    /// Ids, names and patterns of the configured `instances` that match no instance.
    pub unmatched: Vec<String>,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct InstanceDto {
    /// Its id.
    pub id: String,
    /// Its tag `Name`.
    pub name: Option<String>,
    /// `healthy`, `changing`, `degraded`, `down`, `stopped`.
    pub health: String,
    /// `running`, `stopped`, …
    pub state: String,
    /// The instance type: `t4g.small`.
    pub class: String,
    /// Availability zone.
    pub az: String,
    /// Its private address.
    pub address: Option<String>,
    /// When it was last started.
    pub launched_at: Option<String>,
    /// Seconds since then, while it is running.
    pub up_seconds: Option<i64>,
    /// The system status check, of its host: `ok`, `impaired`, `initializing`, …
    pub system_check: Option<String>,
    /// The instance status check.
    pub instance_check: Option<String>,
    /// The connection of the SSM agent: `Online`, `ConnectionLost`; `null` if it has no agent.
    pub agent: Option<String>,
    /// The agent's version.
    pub agent_version: Option<String>,
    /// CPU utilization in percent.
    pub cpu_percent: Option<f64>,
    /// Memory utilization in percent, if the CloudWatch agent reports it.
    pub memory_percent: Option<f64>,
    /// Utilization of the fullest file system in percent, if the CloudWatch agent reports it.
    pub disk_percent: Option<f64>,
    /// The reasons for its health.
    pub reasons: Vec<String>,
}

/// Builds the list.
pub fn instances(
    input: &SnapshotInput<'_>,
    configured: &[String],
    read: &Result<(Vec<Ec2Instance>, Vec<Failure>), Failure>,
) -> InstanceList {
    let (instances, missing) = match read {
        Ok((machines, missing)) => (
            Some(machines.iter().map(|machine| dto(machine, input.now)).collect()),
            missing.iter().map(|failure| failure.message.clone()).collect(),
        ),
        Err(failure) => (None, vec![failure.message.clone()]),
    };
    let unmatched = read.as_ref().map_or_else(|_| Vec::new(), |(machines, _)| unmatched(configured, machines));
    InstanceList { head: Head::new(SCHEMA, input, SOURCES), instances, missing, unmatched }
}

/// Returns the configured names that match no instance.
fn unmatched(configured: &[String], machines: &[Ec2Instance]) -> Vec<String> {
    let is = |written: &String, machine: &Ec2Instance| {
        let names: Vec<&str> = std::iter::once(machine.id.as_str()).chain(machine.name.as_deref()).collect();
        belongs(&names, std::slice::from_ref(written), &[])
    };
    configured.iter().filter(|written| !machines.iter().any(|machine| is(written, machine))).cloned().collect()
}

fn dto(machine: &Ec2Instance, now: jiff::Timestamp) -> InstanceDto {
    let (health, reasons) = machine.judge();
    InstanceDto {
        id: machine.id.clone(),
        name: machine.name.clone(),
        health: health.name().to_owned(),
        state: machine.state.clone(),
        class: machine.class.clone(),
        az: machine.az.clone(),
        address: machine.address.clone(),
        launched_at: machine.launched.map(|at| at.to_string()),
        up_seconds: machine
            .launched
            .filter(|_| machine.state == "running")
            .map(|at| now.duration_since(at).as_secs().max(0)),
        system_check: machine.system_check.clone(),
        instance_check: machine.instance_check.clone(),
        agent: machine.agent.as_ref().map(|agent| agent.ping.clone()),
        agent_version: machine.agent.as_ref().and_then(|agent| agent.version.clone()),
        cpu_percent: machine.cpu,
        memory_percent: machine.memory,
        disk_percent: machine.disk,
        reasons,
    }
}

impl InstanceList {
    /// Returns the exit code: 3 if something could not be read.
    pub fn exit_code(&self) -> ExitCode {
        match self.head.exit_code() {
            ExitCode::Done if !self.missing.is_empty() => ExitCode::Incomplete,
            code => code,
        }
    }
}

impl Printable for InstanceList {
    fn tables(&self) -> Vec<Table> {
        let empty = if self.instances.is_some() { "no instances" } else { "instances are not known" };
        let columns = [
            left_aligned("INSTANCE"),
            left_aligned("ID"),
            left_aligned("HEALTH"),
            left_aligned("STATE"),
            left_aligned("CLASS").rank(3),
            left_aligned("AZ").rank(4),
            left_aligned("CHECKS").rank(1),
            left_aligned("AGENT").rank(1),
            numbers("CPU %").rank(2),
            numbers("MEM %").rank(2),
            numbers("DISK %").rank(2),
            numbers("UP").rank(3),
            prose("WHY"),
        ];
        let mut table = Table::new(&columns, empty);
        let number = |value: Option<f64>| value.map(|value| format!("{value:.0}"));
        for one in self.instances.iter().flatten() {
            let checks = match (&one.system_check, &one.instance_check) {
                (Some(system), Some(own)) if system == own => Some(system.clone()),
                (Some(system), Some(own)) => Some(format!("{system}/{own}")),
                _ => None,
            };
            table.row([
                one.name.clone(),
                Some(one.id.clone()),
                Some(one.health.clone()),
                Some(one.state.clone()),
                Some(one.class.clone()),
                Some(one.az.clone()),
                checks,
                one.agent.clone(),
                number(one.cpu_percent),
                number(one.memory_percent),
                number(one.disk_percent),
                one.up_seconds.map(|seconds| short(jiff::SignedDuration::from_secs(seconds))),
                (!one.reasons.is_empty()).then(|| one.reasons.join("; ")),
            ]);
        }
        vec![table]
    }
    fn rows(&self) -> Option<Rows> {
        let fields = [
            "id",
            "name",
            "health",
            "state",
            "class",
            "az",
            "address",
            "launched_at",
            "up_seconds",
            "system_check",
            "instance_check",
            "agent",
            "agent_version",
            "cpu_percent",
            "memory_percent",
            "disk_percent",
            "reasons",
        ];
        Some(Rows::new("instances", &fields))
    }
    fn notes(&self) -> Vec<String> {
        let mut notes = self.head.notes();
        notes.extend(self.missing.iter().map(|missing| format!("not read: {missing}")));
        let unmatched = self.unmatched.iter();
        notes.extend(
            unmatched.map(|written| format!("! nothing matches `{written}` (`instances` of the configuration)")),
        );
        notes
    }
}
