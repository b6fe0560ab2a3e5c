//! Comparison of running with declared resources: differences that a plan does not show, because the code leaves the
//! values to deployments and scaling, or because the state was not refreshed. Declared means the values in the state
//! from the last apply.

use super::plan::resource_of;
use super::state::Resource;
use crate::database::DbInstance;
use crate::scaling::ScalableTarget;
use crate::service::Service;
use crate::task_definition::TaskDefinition;
use crate::users::Pool;
use serde_json::Value;
use std::collections::BTreeMap;

/// The running resources; `None` for those that were not read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Running<'a> {
    /// Services by name.
    pub services: Option<&'a BTreeMap<String, Service>>,
    /// Task definitions by `family:revision`.
    pub definitions: Option<&'a BTreeMap<String, TaskDefinition>>,
    /// Limits of autoscaling.
    pub scalable: Option<&'a [ScalableTarget]>,
    /// Database instances.
    pub instances: Option<&'a [DbInstance]>,
    /// User pools.
    pub pools: Option<&'a [Pool]>,
}

/// A running resource that differs from its declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub unit: String,
    /// The address of the resource.
    pub address: String,
    /// The compared value: `image of web`.
    pub what: String,
    /// The declared value.
    pub declared: String,
    /// The running value.
    pub running: String,
}

/// Returns the differences, in the order of units and resources. Resources that were not read are not compared.
pub fn differences(states: &[(String, Vec<Resource>)], running: Running<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    let managed =
        || states.iter().flat_map(|(unit, resources)| resources.iter().map(move |resource| (unit.as_str(), resource)));
    for (unit, resource) in managed().filter(|(_, resource)| !resource.is_data) {
        let mut add = |what: String, declared: String, runs: String| {
            let (unit, address) = (unit.to_owned(), resource.address.clone());
            found.push(Difference { unit, address, what, declared, running: runs });
        };
        let text = |name: &str| resource.values[name].as_str().unwrap_or_default();
        match resource.kind.as_str() {
            "aws_cognito_user_pool" => {
                let pool = running.pools.and_then(|all| all.iter().find(|pool| pool.id == text("id")));
                for (what, declared, runs) in pool.map(|pool| of_pool(&resource.values, pool)).unwrap_or_default() {
                    add(what.to_owned(), declared, runs);
                }
            }
            "aws_ecs_service" => {
                let Some(service) = running.services.and_then(|all| all.get(text("name"))) else { continue };
                // A daemon service has no desired count, and another cluster may have a service of the same name.
                let cluster = text("cluster").rsplit('/').next().unwrap_or_default();
                if service.is_daemon() || !(cluster.is_empty() || cluster == service.cluster) {
                    continue;
                }
                let id = format!("service/{}/{}", service.cluster, service.name);
                let scaled = managed().any(|(_, other)| {
                    other.kind == "aws_appautoscaling_target" && other.values["resource_id"] == id.as_str()
                });
                let declared = resource.values["desired_count"].as_u64();
                if let Some(declared) = declared.filter(|count| !scaled && *count != u64::from(service.desired)) {
                    add("count".into(), declared.to_string(), service.desired.to_string());
                }
            }
            "aws_ecs_task_definition" => definition(resource, running, &mut add),
            "aws_appautoscaling_target" => {
                let id = text("resource_id");
                let Some(target) = running.scalable.and_then(|all| all.iter().find(|target| target.resource == id))
                else {
                    continue;
                };
                let limit = |name: &str| resource.values[name].as_u64();
                for (what, declared, runs) in [
                    ("minimum of scaling", limit("min_capacity"), target.min),
                    ("maximum of scaling", limit("max_capacity"), target.max),
                ] {
                    if let Some(declared) = declared.filter(|declared| *declared != u64::from(runs)) {
                        add(what.to_owned(), declared.to_string(), runs.to_string());
                    }
                }
                let service = id.rsplit('/').next().and_then(|name| running.services?.get(name));
                if let (Some(service), Some(min), Some(max)) = (service, limit("min_capacity"), limit("max_capacity"))
                    && !(min..=max).contains(&u64::from(service.desired))
                {
                    add("count beside scaling".into(), format!("{min}–{max}"), service.desired.to_string());
                }
            }
            "aws_db_instance" | "aws_rds_cluster_instance" => {
                let instances = running.instances.unwrap_or_default();
                let Some(instance) = instances.iter().find(|instance| instance.id == text("identifier")) else {
                    continue;
                };
                if !text("instance_class").is_empty() && instance.class != text("instance_class") {
                    add("class".into(), text("instance_class").to_owned(), instance.class.clone());
                }
            }
            _ => {}
        }
    }
    found
}

/// Compares the running revision of a family, and its images.
fn definition(resource: &Resource, running: Running<'_>, add: &mut dyn FnMut(String, String, String)) {
    let family = resource.values["family"].as_str().unwrap_or_default();
    let Some(revision) = resource.values["revision"].as_u64() else { return };
    let declared = format!("{family}:{revision}");
    let of_family = |service: &&Service| {
        let name = service.task_definition.rsplit('/').next().unwrap_or_default();
        name.rsplit_once(':').is_some_and(|(of, _)| of == family) && name != declared
    };
    for service in running.services.into_iter().flat_map(BTreeMap::values).filter(of_family) {
        let runs = service.task_definition.rsplit('/').next().unwrap_or_default().to_owned();
        let images = images(resource);
        let running_definition = running.definitions.and_then(|all| all.get(&runs));
        let mut same_images = running_definition.is_some();
        for container in running_definition.into_iter().flat_map(|running_definition| &running_definition.containers) {
            let Some(image) = images.get(container.name.as_str()).filter(|image| **image != container.image) else {
                continue;
            };
            same_images = false;
            add(format!("image of {} in {}", container.name, service.name), (*image).clone(), container.image.clone());
        }
        let what = if same_images { "task definition (with the same images)" } else { "task definition" };
        add(format!("{what} of {}", service.name), declared.clone(), runs);
    }
}

/// Compares a user pool. Values that were not read or are not declared are skipped.
fn of_pool(values: &Value, pool: &Pool) -> Vec<(&'static str, String, String)> {
    let mut found = Vec::new();
    let mut add = |what: &'static str, declared: Option<String>, runs: Option<String>| {
        if let Some((declared, runs)) = declared.zip(runs).filter(|(declared, runs)| declared != runs) {
            found.push((what, declared, runs));
        }
    };
    add("MFA", values["mfa_configuration"].as_str().map(str::to_owned), pool.mfa.clone());
    let protected = values["deletion_protection"].as_str().map(|word| (word == "ACTIVE").to_string());
    add("deletion protection", protected, pool.protected.map(|on| on.to_string()));
    let declared = &values["password_policy"][0];
    if let Some(policy) = pool.policy {
        let number = |key: &str| declared[key].as_u64().map(|number| number.to_string());
        let on = |key: &str| declared[key].as_bool().map(|on| on.to_string());
        add("minimum length of passwords", number("minimum_length"), Some(policy.length.to_string()));
        add("lower case in passwords", on("require_lowercase"), Some(policy.lowercase.to_string()));
        add("upper case in passwords", on("require_uppercase"), Some(policy.uppercase.to_string()));
        add("numbers in passwords", on("require_numbers"), Some(policy.numbers.to_string()));
        add("symbols in passwords", on("require_symbols"), Some(policy.symbols.to_string()));
        let days = policy.temporary_days.map(|days| days.to_string());
        add("days of temporary passwords", number("temporary_password_validity_days"), days);
    }
    found
}

/// Returns the declared images by container.
fn images(resource: &Resource) -> BTreeMap<String, String> {
    let containers: Value = containers(resource);
    let one =
        |container: &Value| Some((container["name"].as_str()?.to_owned(), container["image"].as_str()?.to_owned()));
    containers.as_array().into_iter().flatten().filter_map(one).collect()
}

fn containers(resource: &Resource) -> Value {
    let text = resource.values["container_definitions"].as_str().unwrap_or_default();
    // If it is sensitive as a whole, it is a mask without information.
    serde_json::from_str(text).unwrap_or_default()
}

/// Returns the parameters that task definitions reference, each with its unit and address, under the names that AWS
/// uses.
pub fn parameters(states: &[(String, Vec<Resource>)]) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (unit, resource) in states.iter().flat_map(|(unit, all)| all.iter().map(move |one| (unit, one))) {
        if resource.kind != "aws_ecs_task_definition" || resource.is_data {
            continue;
        }
        let containers = containers(resource);
        for secret in containers.as_array().into_iter().flatten().filter_map(|one| one["secrets"].as_array()).flatten()
        {
            let Some(from) = secret["valueFrom"].as_str() else { continue };
            let name = match from.split_once(":parameter/") {
                Some((_, rest)) => {
                    if rest.contains('/') {
                        format!("/{rest}")
                    } else {
                        rest.to_owned()
                    }
                }
                None if from.starts_with("arn:") => continue,
                None => from.to_owned(),
            };
            found.push((unit.clone(), resource.address.clone(), name));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Returns type, name and modules of a resource address, to find it in code.
pub fn address_parts(address: &str) -> (String, String, Vec<String>) {
    let resource = resource_of(address);
    let mut parts: Vec<&str> = resource.split('.').collect();
    let name = parts.pop().unwrap_or_default().to_owned();
    let kind = parts.pop().unwrap_or_default().to_owned();
    (kind, name, parts.into_iter().filter(|part| *part != "module").map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task_definition::ContainerDefinition;
    use serde_json::json;

    fn resource(address: &str, values: Value) -> Resource {
        let (kind, ..) = address_parts(address);
        Resource { address: address.into(), kind, is_data: false, is_tainted: false, values }
    }

    fn states() -> Vec<(String, Vec<Resource>)> {
        let containers = json!([{"name": "web", "image": "web:1", "secrets": [
            {"name": "A", "valueFrom": "arn:aws:ssm:ap-northeast-1:1:parameter/team/a"},
            {"name": "B", "valueFrom": "arn:aws:ssm:ap-northeast-1:1:parameter/b"},
            {"name": "C", "valueFrom": "arn:aws:secretsmanager:ap-northeast-1:1:secret:c"},
        ]}]);
        let compute = vec![
            resource("aws_ecs_service.web", json!({"name": "web", "desired_count": 1})),
            resource("aws_ecs_service.api", json!({"name": "api", "desired_count": 1})),
            resource(
                "module.web.aws_ecs_task_definition.this[0]",
                json!({"family": "web", "revision": 10, "container_definitions": containers.to_string()}),
            ),
            resource(
                "aws_appautoscaling_target.web",
                json!({"resource_id": "service/team/web", "min_capacity": 1, "max_capacity": 4}),
            ),
        ];
        let db = vec![resource("aws_db_instance.this", json!({"identifier": "db", "instance_class": "db.t4g.micro"}))];
        vec![("compute".into(), compute), ("database".into(), db)]
    }

    #[test]
    fn running_values_that_differ_are_reported_unless_unread() {
        let service = |name: &str, desired, definition: &str| {
            let service = Service {
                name: name.into(),
                cluster: "team".into(),
                desired,
                task_definition: definition.into(),
                ..Service::default()
            };
            (name.to_owned(), service)
        };
        let services = BTreeMap::from([service("web", 6, "web:12"), service("api", 3, "api:2")]);
        let container =
            ContainerDefinition { name: "web".into(), image: "web:2".into(), ..ContainerDefinition::default() };
        let live = TaskDefinition { name: "web:12".into(), containers: vec![container], ..TaskDefinition::default() };
        let definitions = BTreeMap::from([("web:12".to_owned(), live)]);
        let target =
            ScalableTarget { resource: "service/team/web".into(), min: 1, max: 8, ..ScalableTarget::default() };
        let instance = DbInstance { id: "db".into(), class: "db.t4g.large".into(), ..DbInstance::default() };
        let running = Running {
            services: Some(&services),
            definitions: Some(&definitions),
            scalable: Some(std::slice::from_ref(&target)),
            instances: Some(std::slice::from_ref(&instance)),
            pools: None,
        };
        let found: Vec<String> = differences(&states(), running)
            .iter()
            .map(|one| format!("{} {}: {} declared, {} runs", one.address, one.what, one.declared, one.running))
            .collect();
        assert_eq!(
            found,
            [
                "aws_ecs_service.api count: 1 declared, 3 runs",
                "module.web.aws_ecs_task_definition.this[0] image of web in web: web:1 declared, web:2 runs",
                "module.web.aws_ecs_task_definition.this[0] task definition of web: web:10 declared, web:12 runs",
                "aws_appautoscaling_target.web maximum of scaling: 4 declared, 8 runs",
                "aws_appautoscaling_target.web count beside scaling: 1–4 declared, 6 runs",
                "aws_db_instance.this class: db.t4g.micro declared, db.t4g.large runs",
            ]
        );
        assert_eq!(differences(&states(), Running::default()), []);
    }

    #[test]
    fn daemon_and_service_of_another_cluster_are_not_compared() {
        let service = Service { name: "web".into(), cluster: "team".into(), desired: 3, ..Service::default() };
        let counts = |values: Value, service: &Service| {
            let services = BTreeMap::from([("web".to_owned(), service.clone())]);
            let states = vec![("compute".to_owned(), vec![resource("aws_ecs_service.web", values)])];
            differences(&states, Running { services: Some(&services), ..Running::default() }).len()
        };
        let of = |cluster: &str| json!({"name": "web", "desired_count": 1, "cluster": cluster});
        let arn = |name: &str| format!("arn:aws:ecs:ap-northeast-1:1:cluster/{name}");
        assert_eq!([of("team"), of(&arn("team")), of("")].map(|values| counts(values, &service)), [1; 3]);
        assert_eq!([of("other"), of(&arn("other"))].map(|values| counts(values, &service)), [0; 2]);
        let daemon = Service { scheduling: "DAEMON".into(), ..service };
        assert_eq!(counts(of("team"), &daemon), 0);
    }

    #[test]
    fn loosened_password_policy_is_reported() {
        let policy = json!([{"minimum_length": 12, "require_symbols": true, "require_numbers": true}]);
        let values = json!({"id": "p", "mfa_configuration": "OPTIONAL", "password_policy": policy});
        let states = vec![("users".to_owned(), vec![resource("aws_cognito_user_pool.this", values)])];
        let policy = crate::users::Policy { length: 8, symbols: true, numbers: true, ..Default::default() };
        let pool = Pool { id: "p".into(), mfa: Some("OFF".into()), policy: Some(policy), ..Pool::default() };
        let running = Running { pools: Some(std::slice::from_ref(&pool)), ..Running::default() };
        let found: Vec<String> = differences(&states, running)
            .iter()
            .map(|one| format!("{}: {} declared, {} runs", one.what, one.declared, one.running))
            .collect();
        assert_eq!(found, ["MFA: OPTIONAL declared, OFF runs", "minimum length of passwords: 12 declared, 8 runs"]);
        let unread = Pool { id: "p".into(), ..Pool::default() };
        let running = Running { pools: Some(std::slice::from_ref(&unread)), ..Running::default() };
        assert_eq!(differences(&states, running), [], "resources that were not read are not compared");
    }

    #[test]
    fn task_parameters_have_their_aws_names() {
        let names: Vec<String> = parameters(&states()).into_iter().map(|(.., name)| name).collect();
        assert_eq!(names, ["/team/a", "b"]);
    }

    #[test]
    fn address_yields_type_name_and_modules() {
        assert_eq!(
            address_parts("module.a[\"x.y\"].module.b.aws_lb.this[0]"),
            ("aws_lb".into(), "this".into(), vec!["a".into(), "b".into()])
        );
    }
}
