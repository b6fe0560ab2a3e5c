//! Control requests that act as another person or machine would: pushing an image, deploying. They return the result;
//! simple changes of the world are in `poke`.

use super::World;
use super::ecs::TaskDef;
use super::fate::Fate;
use super::registry::Push;
use crate::wire::map;
use serde_json::{Map, Value, json};
use std::sync::Arc;

impl World {
    /// Applies a control request: `push_image` (`repository`, `tag`, `digest`?, `fate`?, `processors`?), `deploy`
    /// (`service`, `task_definition` or `image`), `stop_by_schedule`, `scheduled_actions` (`false` removes those of
    /// Application Auto Scaling), and everything that `poke` supports. The answer contains `ok` and the result of
    /// each.
    pub(crate) fn control(&mut self, request: &Value) -> Result<Value, String> {
        let fields = request.as_object().ok_or("the request is not an object")?;
        let mut answer = json!({"ok": true});
        let mut rest = Map::new();
        for (key, value) in fields {
            let left = match key.as_str() {
                "push_image" => self.push_image(value)?,
                "stop_by_schedule" => match self.stop_by_schedule() {
                    Some(done) => done.payload,
                    None => return Err("there is no scheduler here".to_owned()),
                },
                "scheduled_actions" => {
                    // With `false` only the schedules remain; the actions cannot be restored.
                    if *value == json!(false) {
                        self.scaling.iter_mut().for_each(|t| t.actions.clear());
                    }
                    json!({})
                }
                "deploy" => self.deploy_as_another(value)?,
                _ => {
                    rest.insert(key.clone(), value.clone());
                    continue;
                }
            };
            if let (Some(answer), Value::Object(left)) = (answer.as_object_mut(), left) {
                answer.extend(left);
            }
        }
        self.poke(&Value::Object(rest))?;
        Ok(answer)
    }

    /// Adds an image, as `docker push` does.
    fn push_image(&mut self, value: &Value) -> Result<Value, String> {
        let name = super::poke::text(value, "repository")?;
        // A reference with its registry is accepted as a name too.
        let name = name.split_once(".amazonaws.com/").map_or(name, |(_, name)| name);
        let tag = super::poke::text(value, "tag")?;
        let region = self.registry.repositories.keys().find(|(_, n)| n == name).map(|(region, _)| *region);
        let region = region.ok_or_else(|| format!("no repository is called {name:?}"))?;
        let fate = match value["fate"].as_str() {
            Some(fate) => Fate::parse(fate)?,
            None => Fate::parse(tag).unwrap_or(Fate::Fine),
        };
        let processors: Vec<&str> = match value["processors"].as_array() {
            Some(listed) => listed.iter().filter_map(Value::as_str).collect(),
            None => vec!["amd64"],
        };
        if processors.is_empty() {
            return Err("processors is empty".to_owned());
        }
        let counts = value["findings"].as_array().map(|all| all.iter().map(|n| n.as_u64().unwrap_or(0) as u32));
        let counts = counts.and_then(|all| <[u32; 4]>::try_from(all.collect::<Vec<_>>()).ok());
        let (at, findings) = (self.now, Some(counts.unwrap_or([0, 0, 1, 5])));
        let push = Push { region, repository: name, tag, processors: &processors, fate, findings, at };
        let digest = self.push_from_outside(&push, value["digest"].as_str());
        Ok(json!({"digest": digest}))
    }

    /// Another person deploys a task definition, or the running one with another image.
    fn deploy_as_another(&mut self, value: &Value) -> Result<Value, String> {
        let service = self.service_named(super::poke::text(value, "service")?)?;
        let current = Arc::clone(&self.services[service].deployments[0].def);
        let def = match (value["task_definition"].as_str(), value["image"].as_str()) {
            (Some(name), _) => {
                let name = name.rsplit('/').next().unwrap_or(name);
                let all = self.families.values().flatten();
                let found =
                    all.filter(|d| d.region == current.region).find(|d| format!("{}:{}", d.family, d.revision) == name);
                Arc::clone(found.ok_or_else(|| format!("no task definition is called {name:?}"))?)
            }
            (None, Some(image)) => self.revise(&current, image),
            (None, None) => current,
        };
        self.record_other_deploy(service, &def);
        let deployment = self.deploy(service, Arc::clone(&def));
        Ok(json!({"deployment": format!("ecs-svc/{deployment}"), "task_definition": def.arn()}))
    }

    /// Records another person's deployment in `CloudTrail`.
    fn record_other_deploy(&mut self, service: usize, def: &TaskDef) {
        let s = &self.services[service];
        let c = &self.clusters[s.cluster];
        let definition = format!("{}:{}", def.family, def.revision);
        let input = map! {"cluster": &c.name, "service": &s.name, "taskDefinition": definition};
        let region = c.region;
        self.record_other_write(region, "ecs:UpdateService", "somebody-else", None, &input);
    }

    /// Another person deploys the second newest image of the table.
    pub(crate) fn other_deploy(&mut self, service: usize) {
        let current = Arc::clone(&self.services[service].deployments[0].def);
        let def = self.revise(&current, "c0ffee2");
        self.record_other_deploy(service, &def);
        self.deploy(service, def);
    }

    /// Registers a new revision of a definition whose first container has another image: a tag, a digest, or a full reference.
    pub(crate) fn revise(&mut self, def: &TaskDef, image: &str) -> Arc<TaskDef> {
        let mut next = TaskDef::clone(def);
        let old = next.containers.first().map(|c| c.image.clone()).unwrap_or_default();
        let repository = old.split('@').next().unwrap_or(&old);
        let repository = repository.rsplit_once(':').map_or(repository, |(name, _)| name);
        let image = if image.contains('/') {
            image.to_owned()
        } else if image.starts_with("sha256:") {
            format!("{repository}@{image}")
        } else {
            format!("{repository}:{image}")
        };
        if let Some(first) = next.containers.first_mut() {
            first.image.clone_from(&image);
        }
        if let Some(containers) = next.raw.as_mut().and_then(|raw| raw.get_mut("containerDefinitions"))
            && let crate::wire::Node::List(_, containers) = containers
            && let Some(first) = containers.first_mut()
        {
            first.set("image", image);
        }
        let revisions = self.families.entry((def.region, def.family.clone())).or_default();
        next.revision = revisions.last().map_or(1, |d| d.revision + 1);
        next.registered = self.now;
        next.fate = Fate::Fine;
        let next = Arc::new(next);
        revisions.push(Arc::clone(&next));
        next
    }
}
