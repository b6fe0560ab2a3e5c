//! Instances (bastions) that a tunnel goes through: how they are specified and selected.

use super::no_target::{NoTarget, unavailable};
use crate::machine::Ec2Instance;

/// The specification of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceSelector {
    /// An id: `i-0123456789abcdef0`.
    Id(String),
    /// A tag and its value; the name of an instance is its tag `Name`.
    Tag(String, String),
}

/// The state of the selected instance, with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceStatus {
    /// It is running; problems of its agent show when the session is opened.
    Running(String),
    /// It is stopped and would have to be started.
    Stopped(String),
    /// It is changing state, and may be online soon.
    Changing(String),
}

impl InstanceStatus {
    /// Returns the state of an instance.
    ///
    /// # Errors
    /// If it is stopping: its agent will not be online, and it cannot be started yet.
    pub fn of(one: &Ec2Instance) -> Result<Self, NoTarget> {
        let id = one.id.clone();
        match one.state.as_str() {
            "running" => Ok(Self::Running(id)),
            "stopped" => Ok(Self::Stopped(id)),
            "stopping" => Err(unavailable(
                format!("instance {id} is stopping"),
                "try again in a minute: it can be started once it has stopped",
            )),
            _ => Ok(Self::Changing(id)),
        }
    }

    /// Returns the instance id.
    pub fn id(&self) -> &str {
        match self {
            Self::Running(id) | Self::Stopped(id) | Self::Changing(id) => id,
        }
    }
}

/// The prefix of an instance's name or id.
const INSTANCE: &str = "instance:";
/// The prefix of a tag.
const TAG: &str = "tag:";

impl InstanceSelector {
    /// Parses a text that may mean a service or an instance: an id, `instance:NAME` or `tag:KEY=VALUE`. `None` if it is
    /// not an instance.
    pub fn parse(text: &str) -> Option<Self> {
        if is_instance(text) {
            return Some(Self::Id(text.to_owned()));
        }
        // An unset shell variable in `tag:Role=$ROLE` must not select instances with an empty tag.
        let tag = text.strip_prefix(TAG).and_then(|tag| tag.split_once('='));
        if let Some((key, value)) = tag.filter(|(key, value)| !key.is_empty() && !value.is_empty()) {
            return Some(Self::Tag(key.to_owned(), value.to_owned()));
        }
        let name = text.strip_prefix(INSTANCE).filter(|name| !name.is_empty())?;
        Some(Self::parse(name).unwrap_or_else(|| Self::Tag("Name".to_owned(), name.to_owned())))
    }

    /// Parses a configured instance: since only an instance is possible, a bare name is sufficient.
    pub fn configured(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| Self::Tag("Name".to_owned(), text.to_owned()))
    }

    /// Returns a short description.
    pub fn describe(&self) -> String {
        match self {
            Self::Id(id) => format!("instance {id}"),
            Self::Tag(key, value) if key == "Name" => format!("instance {value}"),
            Self::Tag(key, value) => format!("an instance with the tag {key}={value}"),
        }
    }

    /// Selects an instance: a running one, or else the only one that can be started.
    ///
    /// # Errors
    /// If there is none, or the selection is ambiguous.
    pub fn of<'a>(&self, found: impl IntoIterator<Item = &'a Ec2Instance>) -> Result<&'a Ec2Instance, NoTarget> {
        let words = self.describe();
        let candidates: Vec<&Ec2Instance> = found.into_iter().filter(|instance| !instance.is_ending()).collect();
        if let Some(running) = candidates.iter().find(|instance| instance.state == "running") {
            return Ok(running);
        }
        match &candidates[..] {
            [one] => Ok(one),
            [] => Err(unavailable(
                format!("there is no {words}"),
                "look at its id, its name or its tags in the EC2 console",
            )),
            several => {
                let ids: Vec<&str> = several.iter().map(|instance| instance.id.as_str()).collect();
                Err(unavailable(
                    format!("{words} could be several, and none runs"),
                    format!("name one of {}", ids.join(", ")),
                ))
            }
        }
    }
}

/// Whether a text is an instance id.
pub fn is_instance(text: &str) -> bool {
    text.strip_prefix("i-")
        .is_some_and(|digits| [8, 17].contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(id: &str, state: &str) -> Ec2Instance {
        Ec2Instance { id: id.into(), state: state.into(), ..Ec2Instance::default() }
    }

    #[test]
    fn instance_is_specified_by_id_name_or_tag() {
        assert_eq!(
            InstanceSelector::parse("i-0123456789abcdef0"),
            Some(InstanceSelector::Id("i-0123456789abcdef0".into()))
        );
        assert_eq!(
            InstanceSelector::parse("instance:bastion"),
            Some(InstanceSelector::Tag("Name".into(), "bastion".into()))
        );
        assert_eq!(
            InstanceSelector::parse("tag:Role=bastion"),
            Some(InstanceSelector::Tag("Role".into(), "bastion".into()))
        );
        for service in ["web", "app-web", "instance:", "tag:Role", "tag:Role=", "tag:=bastion"] {
            assert_eq!(InstanceSelector::parse(service), None, "{service}");
        }
        assert_eq!(InstanceSelector::configured("bastion"), InstanceSelector::Tag("Name".into(), "bastion".into()));
    }

    #[test]
    fn running_instance_is_preferred_and_terminated_ones_are_ignored() {
        let named = InstanceSelector::configured("bastion");
        let all = [instance("a", "terminated"), instance("b", "stopped"), instance("c", "running")];
        assert_eq!(named.of(&all).unwrap().id, "c");
        assert_eq!(named.of(&all[..2]).unwrap().id, "b");
        assert!(named.of(&all[..1]).unwrap_err().why.contains("there is no instance bastion"));
        let of = |state: &str| InstanceStatus::of(&instance("a", state));
        assert_eq!(of("stopped"), Ok(InstanceStatus::Stopped("a".into())));
        assert_eq!(of("pending"), Ok(InstanceStatus::Changing("a".into())));
        assert!(of("stopping").unwrap_err().why.contains("a is stopping"), "its agent is not waited for");
        let two = [instance("a", "stopped"), instance("b", "stopped")];
        assert!(named.of(&two).unwrap_err().hint.contains("a, b"));
    }
}
