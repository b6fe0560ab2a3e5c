//! Small changes by control requests, for tests: a name, a count, a load, a broken revision.

use super::World;
use super::billing::CostExplorer;
use super::build::ServiceSpec;
use super::ecs::{Fate, TaskDef};
use super::lifecycle::RollbackOutcome;
use super::tasksets::Controller;
use crate::wire::json;
use serde_json::Value;
use std::sync::Arc;

impl World {
    /// Applies a control request, an object with any number of changes; the functions below list them.
    ///
    /// # Errors
    /// An unknown change, or an invalid value. Changes before it remain applied.
    pub(crate) fn poke(&mut self, request: &Value) -> Result<(), String> {
        let fields = request.as_object().ok_or("the request is not an object")?;
        for (key, value) in fields {
            let known = self.poke_service(key, value)?
                || self.poke_names(key, value)?
                || self.poke_credentials(key, value)?
                || self.poke_logs(key, value)?
                || self.poke_parameters_and_secrets(key, value)?
                || self.poke_others(key, value)?;
            if !known {
                return Err(format!("unknown poke {key:?}"));
            }
        }
        Ok(())
    }

    /// Changes of ECS services, each with the name of a `service`: `set_desired`, `load` (`factor`), `suspend`,
    /// `shape` (`scheduling`, `controller`, `providers`: of capacity), `unhealthy` (`container`: its own checks fail
    /// instead of the target), `note` (`text`), `exec`, `no_capacity`, `rollback` (`ends`: `open`, `hangs`, `fails`);
    /// and with only a name: `delete_service`, `forget_service` (a deleted one), `break_task_definition`
    /// (`family:revision`). Returns whether `key` is one of these.
    fn poke_service(&mut self, key: &str, value: &Value) -> Result<bool, String> {
        match key {
            "set_desired" => {
                let service = self.service_named(text(value, "service")?)?;
                self.set_desired(service, number(value, "desired")? as u32);
            }
            "load" => {
                let service = self.service_named(text(value, "service")?)?;
                let factor = value["factor"].as_f64().ok_or("factor is not a number")?;
                let now = self.now;
                self.services[service].load.set_factor(now, factor);
            }
            "suspend" => {
                let service = self.service_named(text(value, "service")?)?;
                let on = value["on"].as_bool().unwrap_or(true);
                for t in self.scaling.iter_mut().filter(|t| t.service == service) {
                    t.suspended_in = on;
                    t.suspended_out = on;
                    t.suspended_schedule = on;
                }
            }
            "break_task_definition" => self.break_definition(value.as_str().ok_or("it is not a text")?)?,
            "shape" => self.shape(value)?,
            "unhealthy" => {
                let service = self.service_named(text(value, "service")?)?;
                if value["container"].as_bool() == Some(true) {
                    self.checks_fail(service);
                } else {
                    self.targets_fail(service);
                }
            }
            "note" => {
                let service = self.service_named(text(value, "service")?)?;
                self.note(service, text(value, "text")?);
            }
            "exec" => self.switch_exec(value)?,
            "no_capacity" => {
                let service = self.service_named(text(value, "service")?)?;
                self.services[service].no_capacity = value["on"].as_bool().unwrap_or(true);
                self.reconcile_soon(service);
            }
            "delete_service" => {
                let service = self.service_named(value.as_str().ok_or("it is not a text")?)?;
                self.delete_service(service);
            }
            "forget_service" => {
                let name = value.as_str().ok_or("it is not a text")?;
                self.deleted_services.retain(|(_, known), _| known != name);
            }
            "rollback" => {
                let service = self.service_named(text(value, "service")?)?;
                self.services[service].rollback_outcome = RollbackOutcome::parse(text(value, "ends")?)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `rename_service`, `rename_instance` (of RDS), `rename_alarm`: `from`, `to`. Returns whether `key` is one of these.
    fn poke_names(&mut self, key: &str, value: &Value) -> Result<bool, String> {
        match key {
            "rename_service" => self.rename(text(value, "from")?, text(value, "to")?)?,
            "rename_instance" => {
                let (from, to) = (text(value, "from")?, text(value, "to")?);
                let instance = self.databases.instances.iter_mut().find(|i| i.id == from);
                to.clone_into(&mut instance.ok_or("no such instance")?.id);
            }
            "rename_alarm" => {
                let (from, to) = (text(value, "from")?, text(value, "to")?);
                let alarm = self.alarms.iter_mut().find(|a| a.name == from);
                to.clone_into(&mut alarm.ok_or("no such alarm")?.name);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Permissions: `refuse_role` and `trust_role` (an ARN or name), `refuse_action` (`role`, `action`, `by`: see
    /// `roles::Grants`), `role_seconds` (the longest duration of a role session), `approve_sign_in` (a person
    /// confirms the device), `end_sign_ins` (all tokens expire), `require_code` (the MFA code required to assume a
    /// role; `null`: none). Returns whether `key` is one of these.
    fn poke_credentials(&mut self, key: &str, value: &Value) -> Result<bool, String> {
        match key {
            "refuse_role" => self.trust.refuse(value.as_str().ok_or("it is not a text")?),
            "refuse_action" => self.grants.control(value)?,
            "trust_role" => self.trust.allow(value.as_str().ok_or("it is not a text")?),
            "approve_sign_in" => self.sign_in.approved = value.as_bool().unwrap_or(true),
            "end_sign_ins" => self.sign_in.tokens.clear(),
            "require_code" => self.trust.code = value.as_str().map(str::to_owned),
            "role_seconds" => {
                self.trust.longest = Some(value.as_i64().filter(|s| *s > 0).ok_or("it is not a number of seconds")?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Logs and `CloudTrail`: `log_rate` (`group`, `lines` per second), `log_skew` (`group`, `ms` ahead),
    /// `log_region` (`group`, `region`), `write_log` (`group`, `container`, `message`, `age_ms`), `delete_log_group`
    /// (a name), `trail_delay` (seconds), `written` (`operation`, `region`, `input`: a request by another person).
    /// Returns whether `key` is one of these.
    fn poke_logs(&mut self, key: &str, value: &Value) -> Result<bool, String> {
        match key {
            "log_rate" => {
                let lines = value["lines"].as_f64().ok_or("lines is not a number")?;
                self.set_log_rate(text(value, "group")?, lines);
            }
            "log_skew" => {
                let skew = value["ms"].as_i64().ok_or("ms is not a whole number")?;
                self.set_log_skew(text(value, "group")?, skew);
            }
            "log_region" => self.set_log_region(text(value, "group")?, text(value, "region")?)?,
            "write_log" => {
                let age = value["age_ms"].as_i64().unwrap_or(0);
                let to = (text(value, "group")?, value["container"].as_str());
                self.write_log(to, age, text(value, "message")?.to_owned())?;
            }
            "delete_log_group" => {
                self.logs.deleted.insert(value.as_str().ok_or("it is not a text")?.to_owned());
            }
            "trail_delay" => {
                let seconds = value.as_i64().ok_or("it is not a number of seconds")?;
                self.trail.delay = seconds.clamp(0, 86_400) * super::SECOND;
            }
            "written" => {
                let input = value["input"].to_string();
                let input = json::decode(input.as_bytes())?;
                self.record_other_write(
                    text(value, "region")?,
                    text(value, "operation")?,
                    "somebody-else",
                    None,
                    &input,
                );
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `put_parameter` (`name`, `type`, `value`, `key`, `region`), `add_parameters` (`prefix`, `count`, `region`),
    /// `delete_parameter` (a name), `refuse_key` (a KMS key), `fail_rotation` (a database). Returns whether `key` is
    /// one of these.
    fn poke_parameters_and_secrets(&mut self, key: &str, value: &Value) -> Result<bool, String> {
        match key {
            "put_parameter" => self.poke_parameter(value)?,
            "add_parameters" => self.poke_parameters(value)?,
            "delete_parameter" => {
                let name = value.as_str().ok_or("it is not a text")?;
                self.parameters.all.retain(|(_, known), _| known != name);
            }
            "refuse_key" => {
                self.parameters.refused_keys.insert(value.as_str().ok_or("it is not a text")?.to_owned());
            }
            "fail_rotation" => {
                let now = self.now;
                self.failing_rotations.insert(value.as_str().ok_or("it is not a text")?.to_owned(), now);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `cost_explorer` (`enabled`, `off`, `new`), `newer_field` (`operation`, `at`, `field`, `value`: its answers
    /// have it), `pending_change`, `add_clusters` (`region`, `count`), `add_services`, `invalidated` (paths this
    /// month), `add_distribution` (`comment`, `name`), `instance` (`id`, `terminated`, `impaired`, `name`),
    /// `add_users` (a count). Returns whether `key` is one of these.
    fn poke_others(&mut self, key: &str, value: &Value) -> Result<bool, String> {
        match key {
            "cost_explorer" => {
                self.cost_explorer = CostExplorer::parse(value.as_str().ok_or("it is not a text")?)?;
            }
            "newer_field" => self.newer.control(value)?,
            "pending_change" => self.pending_change(value)?,
            "add_clusters" => self.add_clusters(value)?,
            "add_services" => self.add_services(value)?,
            "invalidated" => self.poke_invalidated(value.as_u64().ok_or("it is not a number of paths")?)?,
            "add_distribution" => self.poke_distribution(text(value, "comment")?, text(value, "name")?),
            "instance" => self.poke_instance(value)?,
            "add_users" => self.poke_users(value.as_u64().ok_or("it is not a number of users")?)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Changes the scheduling strategy, controller or capacity providers of a service.
    fn shape(&mut self, value: &Value) -> Result<(), String> {
        let service = self.service_named(text(value, "service")?)?;
        self.services[service].daemon = value["scheduling"] == "DAEMON";
        self.services[service].spot |= value["providers"] == true;
        match value["controller"].as_str() {
            Some("EXTERNAL") => self.set_controller(service, Controller::External),
            Some("CODE_DEPLOY") => self.set_controller(service, Controller::CodeDeploy),
            _ => {}
        }
        Ok(())
    }

    /// Enables ECS Exec for a service and its tasks (`on`), or sets whether their agents reach Session Manager (`connected`).
    fn switch_exec(&mut self, value: &Value) -> Result<(), String> {
        let service = self.service_named(text(value, "service")?)?;
        if let Some(connected) = value["connected"].as_bool() {
            if connected {
                self.unreached.remove(&service);
            } else {
                self.unreached.insert(service);
            }
            return Ok(());
        }
        let on = value["on"].as_bool().unwrap_or(true);
        self.services[service].exec = on;
        // As if its tasks had been started with this setting.
        for task in self.tasks.values_mut().filter(|task| task.service == service) {
            task.exec = on;
        }
        Ok(())
    }

    /// The first service with this name, in any cluster.
    pub(crate) fn service_named(&self, name: &str) -> Result<usize, String> {
        let found = self.service_index.iter().find(|((_, n), _)| n == name).map(|(_, i)| *i);
        found.ok_or_else(|| format!("no service is called {name:?}"))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), String> {
        let service = self.service_named(from)?;
        let cluster = self.services[service].cluster;
        self.service_index.remove(&(cluster, from.to_owned()));
        self.service_index.insert((cluster, to.to_owned()), service);
        to.clone_into(&mut self.services[service].name);
        Ok(())
    }

    /// Makes tasks of `family:revision` fail before they run, from now on.
    fn break_definition(&mut self, name: &str) -> Result<(), String> {
        let (family, revision) = name.rsplit_once(':').ok_or("task_definition is not family:revision")?;
        let revision: u32 = revision.parse().map_err(|_| "the revision is not a number")?;
        for ((_, f), revisions) in &mut self.families {
            if f != family {
                continue;
            }
            if let Some(def) = revisions.iter_mut().find(|d| d.revision == revision) {
                let mut broken = TaskDef::clone(def);
                broken.fate = Fate::ExitsEarly;
                *def = Arc::new(broken);
                return Ok(());
            }
        }
        Err(format!("no task definition is called {name:?}"))
    }

    /// `{"instance", "name", "value"}`: adds a change pending for the maintenance window.
    fn pending_change(&mut self, value: &Value) -> Result<(), String> {
        const KNOWN: &[&str] = &["DBInstanceClass", "AllocatedStorage", "EngineVersion", "MultiAZ"];
        let (id, name) = (text(value, "instance")?, text(value, "name")?);
        if !KNOWN.contains(&name) {
            return Err(format!("name is none of {}", KNOWN.join(", ")));
        }
        let instance = self.databases.instances.iter_mut().find(|i| i.id == id);
        let instance = instance.ok_or_else(|| format!("no database instance is called {id:?}"))?;
        instance.pending.push((name.to_owned(), text(value, "value")?.to_owned()));
        Ok(())
    }

    fn add_clusters(&mut self, value: &Value) -> Result<(), String> {
        let requested = text(value, "region")?;
        let known = self.clusters.iter().map(|cluster| cluster.region).find(|region| *region == requested);
        let region = known.ok_or("there is no cluster in that region")?;
        let count = number(value, "count")?.min(10_000);
        for number in 0..count {
            let name = format!("shop{number:05}-cluster");
            self.clusters.push(super::ecs::Cluster { region, name, insights: false, tags: Vec::new() });
        }
        Ok(())
    }

    fn add_services(&mut self, value: &Value) -> Result<(), String> {
        let name = text(value, "cluster")?;
        let cluster = self.clusters.iter().position(|c| c.name == name).ok_or("no such cluster")?;
        let prefix = value["prefix"].as_str().unwrap_or("extra-");
        let count = number(value, "count")?.min(100_000);
        let desired = value["desired"].as_u64().unwrap_or(1) as u32;
        for n in 0..count {
            let name = format!("{prefix}{n:05}");
            if !self.service_index.contains_key(&(cluster, name.clone())) {
                let repository = "big-app".to_owned();
                self.add_service(ServiceSpec { desired, history: 1, repository, ..ServiceSpec::small(cluster, &name) });
            }
        }
        Ok(())
    }
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value[key].as_str().ok_or_else(|| format!("{key} is missing or not a text"))
}

fn number(value: &Value, key: &str) -> Result<u64, String> {
    value[key].as_u64().ok_or_else(|| format!("{key} is missing or not a whole number"))
}
