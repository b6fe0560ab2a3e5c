//! Environments that are stopped at night: the function that stops and starts the services of a cluster, and the
//! schedules that invoke it. It behaves like the function in the Terraform modules: `stop` stores a service's desired
//! count in its tag, `start` restores it.

use super::{Event, SECOND, World, schedule};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};
use crate::wire::Node;
use serde_json::{Value, json};

/// The tag that stores a service's desired count while it is stopped.
pub(crate) const COUNT: &str = "cockpit:desired-count";

/// A function that stops and starts a cluster.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) region: &'static str,
    pub(crate) name: String,
    pub(crate) cluster: usize,
    pub(crate) modified: Ms,
}

impl Function {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:lambda:{}:{ACCOUNT}:function:{}", self.region, self.name)
    }
}

/// The result of an invocation of a function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Invocation {
    pub(crate) payload: Value,
    /// The lines that the invocation logged.
    pub(crate) log: String,
    /// Whether the function threw an exception.
    pub(crate) failed: bool,
}

/// A schedule of EventBridge Scheduler.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) region: &'static str,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) expression: String,
    pub(crate) zone: String,
    pub(crate) start: Option<Ms>,
    pub(crate) end: Option<Ms>,
    pub(crate) enabled: bool,
    /// The `Target` as it was set.
    pub(crate) target: Node,
    /// The `FlexibleTimeWindow` as it was set.
    pub(crate) window: Node,
    pub(crate) created: Ms,
    pub(crate) modified: Ms,
    /// The number of its current plan; events of earlier plans are ignored.
    pub(crate) number: u64,
}

impl Schedule {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:scheduler:{}:{ACCOUNT}:schedule/default/{}", self.region, self.name)
    }
}

impl World {
    /// Adds a schedule or replaces the one with its name, and plans its next time.
    pub(crate) fn put_schedule(&mut self, mut schedule: Schedule) {
        schedule.number = self.serial();
        let number = schedule.number;
        let same = |s: &&mut Schedule| s.region == schedule.region && s.name == schedule.name;
        if let Some(old) = self.schedules.iter_mut().find(same) {
            *old = schedule;
        } else {
            self.schedules.push(schedule);
        }
        self.plan_schedule(number);
    }

    fn plan_schedule(&mut self, number: u64) {
        let Some(s) = self.schedules.iter().find(|s| s.number == number && s.enabled) else { return };
        if let Some(at) = schedule::next(&s.expression, &s.zone, (self.now, s.created), s.start, s.end) {
            self.schedule(at, Event::Night { number });
        }
    }

    /// Fires a schedule, if it was not changed or deleted in the meantime.
    pub(crate) fn schedule_fires(&mut self, number: u64) {
        self.plan_schedule(number);
        let Some(s) = self.schedules.iter().find(|s| s.number == number) else { return };
        let (region, arn) = (s.region, s.target.str("Arn").unwrap_or_default().to_owned());
        let input = s.target.str("Input").and_then(|i| serde_json::from_str(i).ok()).unwrap_or(Value::Null);
        if let Some(at) = self.functions.iter().position(|f| f.region == region && f.arn() == arn) {
            self.invoke(at, &input);
        }
    }

    /// Performs a scheduled stop now, independent of the schedule's time.
    pub(crate) fn stop_by_schedule(&mut self) -> Option<Invocation> {
        let function = (!self.functions.is_empty()).then_some(0)?;
        Some(self.invoke(function, &json!({"action": "stop"})))
    }

    /// Invokes a function.
    pub(crate) fn invoke(&mut self, function: usize, input: &Value) -> Invocation {
        let request = self.rng.uuid();
        let at = timestamp(self.now);
        let (payload, line, failed) = match self.act(function, input) {
            Ok(result) => (result.clone(), format!("INFO\t{result}"), false),
            Err(message) => {
                let error = json!({
                    "errorType": "Error",
                    "errorMessage": message,
                    "trace": [format!("Error: {message}"), "    at run (file:///var/task/index.mjs:32:19)"],
                });
                (error.clone(), format!("ERROR\tInvoke Error \t{error}"), true)
            }
        };
        let duration = 180 + self.rng.range(0, 400);
        let log = format!(
            "START RequestId: {request} Version: $LATEST\n{at:.3}\t{request}\t{line}\nEND RequestId: {request}\nREPORT RequestId: {request}\tDuration: {duration}.00 ms\tBilled Duration: {duration} ms\tMemory Size: 128 MB\tMax Memory Used: 92 MB\t\n"
        );
        self.log_invocation(function, &log);
        Invocation { payload, log, failed }
    }

    /// Adds a function's output to its log group, one event per line.
    fn log_invocation(&mut self, function: usize, log: &str) {
        let group = format!("/aws/lambda/{}", self.functions[function].name);
        for line in log.lines() {
            // A deleted group ignores writes.
            let _ = self.write_log((&group, None), 0, line.to_owned());
        }
    }

    fn act(&mut self, function: usize, input: &Value) -> Result<Value, String> {
        let action = &input["action"];
        let stop = match action.as_str() {
            Some("stop") => true,
            Some("start") => false,
            _ => {
                let shown = if action.is_null() { "undefined".to_owned() } else { action.to_string() };
                return Err(format!("action is \"start\" or \"stop\", not {shown}"));
            }
        };
        let cluster = self.functions[function].cluster;
        let every = || self.service_index.range((cluster, String::new())..(cluster + 1, String::new()));
        let names: Vec<String> = match &input["services"] {
            Value::Null => every().map(|((_, name), _)| name.clone()).collect(),
            Value::Array(names) => names.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
            _ => return Err("services is a list of names".to_owned()),
        };
        let (mut changed, mut unchanged, mut skipped, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for name in names {
            let Some(service) = self.find_service(cluster, &name) else {
                gone.push(name);
                continue;
            };
            if self.services[service].daemon {
                skipped.push(name);
                continue;
            }
            let from = self.services[service].desired;
            let to = if stop { self.sleep(service) } else { self.wake(service) };
            if from == to {
                unchanged.push(json!(name));
            } else {
                changed.push(json!({"service": name, "from": from, "to": to}));
            }
        }
        Ok(json!({
            "action": action,
            "cluster": self.clusters[cluster].name,
            "changed": changed,
            "unchanged": unchanged,
            "skipped": skipped,
            "gone": gone,
            "failed": [],
        }))
    }

    /// Stops a service and stores its desired count, even 0; a stopped service keeps the count stored before.
    fn sleep(&mut self, service: usize) -> u32 {
        let desired = self.services[service].desired;
        if desired > 0 || self.tag(service, COUNT).is_none() {
            self.set_tag(service, COUNT, &desired.to_string());
        }
        if desired > 0 {
            self.set_desired(service, 0);
        }
        0
    }

    /// Starts a service with the stored count, or with one task if it was never stopped. A running service is unchanged.
    fn wake(&mut self, service: usize) -> u32 {
        let desired = self.services[service].desired;
        let stored_count =
            self.tag(service, COUNT).map(|value| value.parse::<u32>().ok().filter(|n| *n < 10_000).unwrap_or(1));
        self.services[service].tags.retain(|(key, _)| key != COUNT);
        if desired > 0 {
            return desired;
        }
        let to = stored_count.unwrap_or(1);
        if to > 0 {
            self.set_desired(service, to);
        }
        to
    }

    fn tag(&self, service: usize, key: &str) -> Option<&str> {
        self.services[service].tags.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    fn set_tag(&mut self, service: usize, key: &str, value: &str) {
        let tags = &mut self.services[service].tags;
        tags.retain(|(k, _)| k != key);
        tags.push((key.to_owned(), value.to_owned()));
    }

    /// Puts a world to sleep before its start, as if it had been stopped some hours ago.
    pub(crate) fn fall_asleep(&mut self, function: usize) {
        let start = self.start;
        self.now = start - 300 * SECOND;
        self.invoke(function, &json!({"action": "stop"}));
        self.run_until(start);
    }
}
