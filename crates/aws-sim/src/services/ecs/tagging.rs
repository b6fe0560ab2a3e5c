//! Tags of services and task definitions.

use super::{Call, definitions, invalid, register, tags};
use crate::services::ApiError;
use crate::wire::{Node, map};
use crate::world::ecs::TaskDef;
use std::sync::Arc;

/// The resource that an ARN names.
enum Tagged {
    Service(usize),
    Definition(Arc<TaskDef>),
}

/// The most tags that a resource may have.
const MOST: usize = 50;

fn find(call: &Call<'_>) -> Result<Tagged, ApiError> {
    let arn = call.input.str("resourceArn").unwrap_or_default();
    let mut parts = arn.splitn(6, ':').skip(5).flat_map(|r| r.splitn(3, '/'));
    let (kind, first, second) = (parts.next(), parts.next(), parts.next());
    let missing = || ApiError::client("ResourceNotFoundException", "The specified resource was not found.");
    match (kind, first, second) {
        (Some("service"), Some(cluster), Some(service)) => {
            let cluster = call.world.find_cluster(call.region, cluster).ok_or_else(missing)?;
            call.world.find_service(cluster, service).map(Tagged::Service).ok_or_else(missing)
        }
        (Some("task-definition"), Some(name), None) => {
            definitions::find(call.world, call.region, name).map(Tagged::Definition).ok_or_else(missing)
        }
        _ => Err(invalid(format!("Invalid resource ARN: {arn}"))),
    }
}

/// Changes the tags of the resource that a call names.
fn change(call: &mut Call<'_>, with: impl FnOnce(&mut Vec<(String, String)>)) -> Result<Node, ApiError> {
    match find(call)? {
        Tagged::Service(at) => with(&mut call.world.services[at].tags),
        Tagged::Definition(def) => {
            let mut changed = TaskDef::clone(&def);
            with(&mut changed.tags);
            register::replace(call, &Arc::new(changed));
        }
    }
    Ok(map! {})
}

/// `TagResource`: sets or replaces tags.
pub(super) fn tag(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let mut given = Vec::new();
    for t in call.input.items("tags") {
        let key = t.str("key").filter(|k| !k.is_empty() && k.chars().count() <= 128);
        let key = key.ok_or_else(|| invalid("Tag key must have 1 to 128 characters."))?;
        if key.starts_with("aws:") {
            return Err(invalid("Tag keys that start with aws: are reserved."));
        }
        let value = t.str("value").unwrap_or_default();
        if value.chars().count() > 256 {
            return Err(invalid("Tag value must have at most 256 characters."));
        }
        given.push((key.to_owned(), value.to_owned()));
    }
    if given.len() > MOST {
        return Err(invalid(format!("A resource can have at most {MOST} tags.")));
    }
    change(call, |tags| {
        for (key, value) in given {
            tags.retain(|(k, _)| *k != key);
            tags.push((key, value));
        }
    })
}

/// `UntagResource`.
pub(super) fn untag(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let keys: Vec<String> = call.input.strings("tagKeys").into_iter().map(ToOwned::to_owned).collect();
    change(call, |tags| tags.retain(|(k, _)| !keys.contains(k)))
}

/// `ListTagsForResource`.
pub(super) fn list_tags(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let tags = match find(call)? {
        Tagged::Service(at) => tags(&call.world.services[at].tags),
        Tagged::Definition(def) => tags(&def.tags),
    };
    Ok(map! {"tags": tags})
}
