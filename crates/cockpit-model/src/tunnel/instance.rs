//! Instances (bastions) that a tunnel goes through: which one is meant, and which of those that are there it is.

use super::no_target::{NoTarget, none};
use crate::machine::Machine;

/// Which instance is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceSelector {
    /// An id: `i-0123456789abcdef0`.
    Id(String),
    /// A tag and its value; the name of an instance is its tag `Name`.
    Tag(String, String),
}

/// How the instance stands that is meant, with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It runs; the session tells a fault of its agent.
    Runs(String),
    /// It would have to be started.
    Stopped(String),
    /// It is on its way to another state, and may be online soon.
    Changes(String),
}

impl Found {
    /// As its state says.
    ///
    /// # Errors
    /// It is on its way down: no agent will be online there, and it cannot be started yet.
    pub fn of(one: &Machine) -> Result<Self, NoTarget> {
        let id = one.id.clone();
        match one.state.as_str() {
            "running" => Ok(Self::Runs(id)),
            "stopped" => Ok(Self::Stopped(id)),
            "stopping" => Err(none(
                format!("instance {id} is stopping"),
                "try again in a minute: it can be started once it has stopped",
            )),
            _ => Ok(Self::Changes(id)),
        }
    }

    /// The id of the instance.
    pub fn id(&self) -> &str {
        match self {
            Self::Runs(id) | Self::Stopped(id) | Self::Changes(id) => id,
        }
    }
}

/// The prefix of a name of an instance, beside its id.
const INSTANCE: &str = "instance:";
/// The prefix of tags.
const TAG: &str = "tag:";

impl InstanceSelector {
    /// Reads what may be a service or an instance: an id, `instance:NAME` or `tag:KEY=VALUE`. None is no instance.
    pub fn parse(text: &str) -> Option<Self> {
        if is_instance(text) {
            return Some(Self::Id(text.to_owned()));
        }
        // `tag:Role=$ROLE` of a shell that has no such variable must not mean whatever has that tag with nothing in it.
        let tag = text.strip_prefix(TAG).and_then(|tag| tag.split_once('='));
        if let Some((key, value)) = tag.filter(|(key, value)| !key.is_empty() && !value.is_empty()) {
            return Some(Self::Tag(key.to_owned(), value.to_owned()));
        }
        let name = text.strip_prefix(INSTANCE).filter(|name| !name.is_empty())?;
        Some(Self::parse(name).unwrap_or_else(|| Self::Tag("Name".to_owned(), name.to_owned())))
    }

    /// Reads what is configured, where only an instance can be meant: a bare name is enough.
    pub fn configured(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| Self::Tag("Name".to_owned(), text.to_owned()))
    }

    /// A few words for a person.
    pub fn words(&self) -> String {
        match self {
            Self::Id(id) => format!("instance {id}"),
            Self::Tag(key, value) if key == "Name" => format!("instance {value}"),
            Self::Tag(key, value) => format!("an instance with the tag {key}={value}"),
        }
    }

    /// The one that is meant among those that were found: one that runs, else the only one that can be started.
    ///
    /// # Errors
    /// There is none, or it is not clear which.
    pub fn of<'a>(&self, found: impl IntoIterator<Item = &'a Machine>) -> Result<&'a Machine, NoTarget> {
        let words = self.words();
        let there: Vec<&Machine> = found.into_iter().filter(|instance| !instance.is_ending()).collect();
        if let Some(runs) = there.iter().find(|instance| instance.state == "running") {
            return Ok(runs);
        }
        match &there[..] {
            [one] => Ok(one),
            [] => Err(none(format!("there is no {words}"), "look at its id, its name or its tags in the EC2 console")),
            several => {
                let ids: Vec<&str> = several.iter().map(|instance| instance.id.as_str()).collect();
                Err(none(format!("{words} could be several, and none runs"), format!("name one of {}", ids.join(", "))))
            }
        }
    }
}

/// Whether this is the id of an instance.
pub fn is_instance(text: &str) -> bool {
    text.strip_prefix("i-")
        .is_some_and(|digits| [8, 17].contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(id: &str, state: &str) -> Machine {
        Machine { id: id.into(), state: state.into(), ..Machine::default() }
    }

    #[test]
    fn an_instance_is_named_by_its_id_its_name_or_a_tag_and_a_service_by_none_of_these() {
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
    fn one_that_runs_is_taken_before_one_that_is_stopped_and_what_is_gone_is_not_there() {
        let named = InstanceSelector::configured("bastion");
        let all = [instance("a", "terminated"), instance("b", "stopped"), instance("c", "running")];
        assert_eq!(named.of(&all).unwrap().id, "c");
        assert_eq!(named.of(&all[..2]).unwrap().id, "b");
        assert!(named.of(&all[..1]).unwrap_err().why.contains("there is no instance bastion"));
        let of = |state: &str| Found::of(&instance("a", state));
        assert_eq!(of("stopped"), Ok(Found::Stopped("a".into())));
        assert_eq!(of("pending"), Ok(Found::Changes("a".into())));
        assert!(of("stopping").unwrap_err().why.contains("a is stopping"), "its agent is not waited for");
        let two = [instance("a", "stopped"), instance("b", "stopped")];
        assert!(named.of(&two).unwrap_err().hint.contains("a, b"));
    }
}
