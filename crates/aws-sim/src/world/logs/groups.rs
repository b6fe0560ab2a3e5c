//! The log groups and streams of a world, and lines written into them on request.

use super::{Event, Shape, Stream};
use crate::clock::Ms;
use crate::rng;
use crate::world::ecs::{Container, Task};
use crate::world::{HOUR, TaskKey, World};
use std::collections::BTreeSet;

impl World {
    /// The streams of a group, by name; none if the group does not exist.
    pub(crate) fn streams(&self, region: &str, group: &str) -> Option<Vec<Stream>> {
        if !self.has_group(region, group) {
            return None;
        }
        let mut found: Vec<Stream> = Vec::new();
        for (key, task) in &self.tasks {
            if self.log_region(self.clusters[key.0].region, group) != region {
                continue;
            }
            let containers = task.def.containers.iter().enumerate();
            let in_group = containers.filter(|(_, c)| c.log.as_ref().is_some_and(|(g, _)| g == group));
            found.extend(in_group.filter_map(|(n, _)| Stream::of_task(self, *key, task, n)));
        }
        found.extend(self.logs.past.iter().filter(|s| s.region == region && s.group == group).cloned());
        let other = self.logs.others.iter().find(|((r, g), _)| *r == region && g == group);
        found.extend(other.into_iter().flat_map(|(_, streams)| streams.iter().cloned()));
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Some(found)
    }

    /// The names of the groups of a region, sorted.
    pub(crate) fn groups(&self, region: &str) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for ((r, _), revisions) in &self.families {
            let groups = revisions.iter().flat_map(|d| &d.containers).filter_map(|c| c.log.as_ref());
            names.extend(groups.map(|(g, _)| g).filter(|g| self.log_region(r, g) == region).cloned());
        }
        names.extend(self.logs.others.keys().filter(|(r, _)| *r == region).map(|(_, g)| g.clone()));
        names.retain(|name| !self.logs.deleted.contains(name));
        names
    }

    /// The region of a group, given the region of the tasks that write into it.
    pub(super) fn log_region(&self, own: &'static str, group: &str) -> &'static str {
        self.logs.elsewhere.get(group).copied().unwrap_or(own)
    }

    /// Moves a group to another region than that of its tasks.
    pub(crate) fn set_log_region(&mut self, group: &str, region: &str) -> Result<(), String> {
        let known = ["ap-northeast-1", "us-east-1"].into_iter().find(|known| *known == region);
        self.logs.elsewhere.insert(group.to_owned(), known.ok_or("it is ap-northeast-1 or us-east-1")?);
        Ok(())
    }

    fn has_group(&self, region: &str, group: &str) -> bool {
        if self.logs.deleted.contains(group) {
            return false;
        }
        let logs_to_group = |c: &Container| c.log.as_ref().is_some_and(|(g, _)| g == group);
        let in_region = |r: &'static str| self.log_region(r, group) == region;
        self.families
            .iter()
            .any(|((r, _), all)| in_region(r) && all.iter().any(|d| d.containers.iter().any(logs_to_group)))
            || self.logs.others.keys().any(|(r, g)| *r == region && g == group)
    }

    /// Keeps the streams of a task that leaves the lists.
    pub(crate) fn keep_streams(&mut self, key: TaskKey, task: &Task) {
        let streams: Vec<Stream> =
            (0..task.def.containers.len()).filter_map(|n| Stream::of_task(self, key, task, n)).collect();
        self.logs.past.extend(streams);
        let oldest = self.now - 24 * HOUR;
        self.logs.past.retain(|s| s.until.is_none_or(|until| until > oldest));
    }

    /// Adds the groups without tasks: those of a scheduler's function and of a database.
    pub(crate) fn add_other_groups(&mut self) {
        let region = "ap-northeast-1";
        for (group, name, shape) in [
            (
                "/aws/lambda/bookmark-manager-staging-ecs-scheduler",
                "2026/11/18/[$LATEST]5f1c0a9be2d74c1d",
                Shape::Lambda,
            ),
            (
                "/aws/rds/instance/bookmark-manager-staging-db/postgresql",
                "bookmark-manager-staging-db.0",
                Shape::Postgres,
            ),
        ] {
            let stream = Stream {
                region,
                group: group.to_owned(),
                name: name.to_owned(),
                shape,
                from: self.start - 48 * HOUR,
                until: None,
                last: Vec::new(),
                salt: rng::hash(self.seed, group),
                rate: shape.rate(),
                main: true,
                storm: false,
                skew: 0,
            };
            self.logs.others.insert((region, group.to_owned()), vec![stream]);
        }
    }

    /// Sets the rate of a group's main containers in lines per second each, from now on.
    pub(crate) fn set_log_rate(&mut self, group: &str, rate: f64) {
        let now = self.now;
        self.logs.rates.entry(group.to_owned()).or_default().push((now, rate.clamp(0.0, 200_000.0)));
    }

    /// Sets how far the clocks of a group's containers are ahead.
    pub(crate) fn set_log_skew(&mut self, group: &str, skew: Ms) {
        self.logs.skews.insert(group.to_owned(), skew);
    }

    /// Writes a line into the first live stream of a group (or of the named container), with a timestamp `age` ms ago.
    pub(crate) fn write_log(
        &mut self,
        (group, container): (&str, Option<&str>),
        age: Ms,
        message: String,
    ) -> Result<String, String> {
        let now = self.now;
        let regions: BTreeSet<&'static str> = self.clusters.iter().map(|c| c.region).collect();
        let streams = regions.iter().find_map(|r| self.streams(r, group)).ok_or("no such group")?;
        let of = |name: &str| container.is_none_or(|container| name.split('/').nth(1) == Some(container));
        let stream = streams.iter().find(|s| s.until.is_none() && of(&s.name)).ok_or("the group has no live stream")?;
        self.logs.serial += 1;
        let event = Event {
            at: now - age,
            ingested: now,
            stream: 0,
            serial: (1 << 61) | self.logs.serial,
            salt: stream.salt,
            message,
        };
        let id = event.id();
        self.logs.written.entry((stream.group.clone(), stream.name.clone())).or_default().push(event);
        Ok(id)
    }
}
