//! Where requests go, service by service: to AWS itself, or to an endpoint that a flag, the configuration, a variable or a profile
//! names. What is shown, judged and written down about a change is the place that this change goes to.

use super::format::{host_and_port, without_user};
use core::net::IpAddr;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How AWS itself stands in what is written down of several places.
const AWS: &str = "AWS";
/// Services that are not named, in what is written down of several places.
const ELSE: &str = "else";

/// Where requests go. By default all go to AWS itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Endpoints {
    /// Services that go elsewhere than the others, by their prefix in IAM.
    own: BTreeMap<String, Option<String>>,
    /// All others; none is AWS itself.
    rest: Option<String>,
    /// Whether there are no others.
    only: bool,
}

impl Endpoints {
    /// Of these services, by their prefix in IAM, and of all others. A user and a password are left out.
    pub fn new(own: impl IntoIterator<Item = (String, Option<String>)>, rest: Option<&str>) -> Self {
        let rest = rest.map(without_user);
        let own = own.into_iter().map(|(service, url)| (service, url.as_deref().map(without_user)));
        let own = own.filter(|(_, url)| *url != rest).collect();
        Self { own, rest, only: false }
    }

    /// All services at one place.
    pub fn at(url: &str) -> Self {
        Self::new([], Some(url))
    }

    /// Where a service is, by its prefix in IAM; none is AWS itself.
    pub fn of(&self, service: &str) -> Option<&str> {
        self.own.get(service).unwrap_or(&self.rest).as_deref()
    }

    /// Where an action goes: `ecs:UpdateService`.
    pub fn of_action(&self, action: &str) -> Option<&str> {
        self.of(action.split(':').next().unwrap_or_default())
    }

    /// The endpoints of the services of these actions; of all services where no action is given.
    #[must_use]
    pub fn of_actions<'a>(&self, actions: impl IntoIterator<Item = &'a str>) -> Self {
        let services: BTreeSet<&str> =
            actions.into_iter().filter_map(|action| Some(action.split_once(':')?.0)).collect();
        let places: BTreeSet<Option<&str>> = services.iter().map(|service| self.of(service)).collect();
        match places.len() {
            0 => self.clone(),
            1 => Self { rest: places.into_iter().next().flatten().map(str::to_owned), ..Self::default() },
            _ => Self {
                own: services.iter().map(|one| ((*one).to_owned(), self.of(one).map(str::to_owned))).collect(),
                rest: None,
                only: true,
            },
        }
    }

    fn places(&self) -> impl Iterator<Item = Option<&str>> {
        let rest = (!self.only).then_some(self.rest.as_deref());
        self.own.values().map(Option::as_deref).chain(rest)
    }

    /// Whether all goes to AWS itself.
    pub fn is_aws(&self) -> bool {
        self.places().all(|place| place.is_none())
    }

    /// Whether something goes to AWS itself, and something else does not.
    pub fn is_partly_aws(&self) -> bool {
        !self.is_aws() && self.places().any(|place| place.is_none())
    }

    /// Whether all goes to this machine, as with the simulator and emulators.
    pub fn is_simulated(&self) -> bool {
        self.places().all(|place| place.is_some_and(is_loopback))
    }

    /// As it is written down, and compared: empty is AWS itself; of several places each is named,
    /// `ecs=http://127.0.0.1:4566 else=AWS`.
    pub fn key(&self) -> String {
        if self.own.is_empty() {
            return self.rest.clone().unwrap_or_default();
        }
        let named = |(service, url): (&str, Option<&str>)| format!("{service}={}", url.unwrap_or(AWS));
        let rest = (!self.only).then_some((ELSE, self.rest.as_deref()));
        let all = self.own.iter().map(|(service, url)| (service.as_str(), url.as_deref())).chain(rest);
        all.map(named).collect::<Vec<_>>().join(" ")
    }

    /// The endpoints for a person, where they are not AWS itself: `http://127.0.0.1:4566`, or `ecs, sts at
    /// http://127.0.0.1:4566, all else at AWS itself`.
    pub fn words(&self) -> Option<String> {
        if self.is_aws() {
            return None;
        }
        if self.own.is_empty() {
            return self.rest.clone();
        }
        let mut grouped: BTreeMap<&Option<String>, Vec<&str>> = BTreeMap::new();
        for (service, url) in &self.own {
            grouped.entry(url).or_default().push(service);
        }
        let place = |url: Option<&str>| url.unwrap_or("AWS itself").to_owned();
        let own =
            grouped.iter().rev().map(|(url, services)| format!("{} at {}", services.join(", "), place(url.as_deref())));
        let rest = (!self.only).then(|| format!("all else at {}", place(self.rest.as_deref())));
        Some(own.chain(rest).collect::<Vec<_>>().join(", "))
    }

    /// Whether what was written down as being at a place ([`Self::key`]) is of what is asked here.
    pub fn has(&self, key: &str) -> bool {
        let pairs: Option<Vec<(&str, &str)>> = key.split(' ').map(pair).collect();
        match pairs {
            Some(pairs) => pairs.into_iter().all(|(service, url)| self.of(service).unwrap_or(AWS) == url),
            None => self.places().any(|place| place.unwrap_or_default() == key),
        }
    }
}

/// Whether what was written down as a place ([`Endpoints::key`]) is this machine alone, as the simulator and emulators are.
pub fn is_simulated(key: &str) -> bool {
    key.split(' ').all(|word| is_loopback(pair(word).map_or(word, |(_, url)| url)))
}

/// A service and its place, as one of several is written down; none where a word is a place alone.
fn pair(word: &str) -> Option<(&str, &str)> {
    word.split_once('=').filter(|(service, _)| !service.contains(':'))
}

/// Whether a URL is of this machine.
fn is_loopback(url: &str) -> bool {
    let Some(host) = host_and_port(url) else { return false };
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIM: &str = "http://127.0.0.1:4566";

    fn own(services: &[(&str, Option<&str>)], rest: Option<&str>) -> Endpoints {
        let own = services.iter().map(|(service, url)| ((*service).to_owned(), url.map(str::to_owned)));
        Endpoints::new(own, rest)
    }

    #[test]
    fn what_is_said_of_a_change_is_where_that_change_goes() {
        let trial = own(&[("ecs", Some(SIM)), ("sts", Some(SIM))], None);
        assert_eq!(trial.words().as_deref(), Some("ecs, sts at http://127.0.0.1:4566, all else at AWS itself"));
        assert_eq!(trial.key(), "ecs=http://127.0.0.1:4566 sts=http://127.0.0.1:4566 else=AWS");
        assert!(trial.is_partly_aws() && !trial.is_aws() && !trial.is_simulated());
        assert_eq!(trial.of_action("ecs:UpdateService"), Some(SIM));

        let change = trial.of_actions(["ecs:RegisterTaskDefinition", "ecs:UpdateService"]);
        assert_eq!((change.key().as_str(), change.is_simulated()), (SIM, true));
        assert_eq!(change.words().as_deref(), Some(SIM));
        assert!(trial.of_actions(["rds:StopDBCluster"]).is_aws());

        let both = trial.of_actions(["ecs:UpdateService", "application-autoscaling:RegisterScalableTarget"]);
        assert_eq!(both.key(), "application-autoscaling=AWS ecs=http://127.0.0.1:4566");
        assert_eq!(
            both.words().as_deref(),
            Some("ecs at http://127.0.0.1:4566, application-autoscaling at AWS itself")
        );
        assert!(both.is_partly_aws() && !is_simulated(&both.key()));
        assert_eq!(trial.of_actions([]), trial);
    }

    #[test]
    fn one_place_for_all_is_named_by_its_url_and_aws_itself_by_nothing() {
        assert_eq!((Endpoints::default().key().as_str(), Endpoints::default().words()), ("", None));
        assert!(Endpoints::default().is_aws() && !Endpoints::default().is_simulated() && !is_simulated(""));
        let all = own(&[("ecs", Some(SIM))], Some("http://me:secret@127.0.0.1:4566"));
        assert_eq!((all.key().as_str(), all.words().as_deref()), (SIM, Some(SIM)));
        assert!(all.is_simulated() && is_simulated(&all.key()));
    }

    #[test]
    fn only_this_machine_is_simulated() {
        for url in [SIM, "https://localhost", "http://[::1]:1/x", "http://me:x@127.1.2.3", "http://s3.localhost:4566"] {
            assert!(is_simulated(url), "{url}");
        }
        for url in [
            "https://127.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "https://vpce-1.amazonaws.com",
            "127.0.0.1",
        ] {
            assert!(!is_simulated(url), "{url}");
        }
        assert!(
            is_simulated("ecs=http://127.0.0.1:1 rds=http://localhost:2")
                && !is_simulated("ecs=http://127.0.0.1:1 else=AWS")
        );
    }

    #[test]
    fn what_was_written_down_belongs_to_where_it_was_done() {
        let trial = own(&[("ecs", Some(SIM))], None);
        for key in [SIM, "", "ecs=http://127.0.0.1:4566 rds=AWS", "ecs=http://127.0.0.1:4566 else=AWS"] {
            assert!(trial.has(key), "{key}");
        }
        for key in ["http://127.0.0.1:1", "ecs=AWS rds=AWS", "ecs=http://127.0.0.1:4566 rds=http://127.0.0.1:4566"] {
            assert!(!trial.has(key), "{key}");
        }
        assert!(!Endpoints::default().has(SIM) && Endpoints::default().has(""));
        assert!(Endpoints::at("http://x/?a=b").has("http://x/?a=b"));
    }
}
