//! The endpoints of requests per service: AWS itself, or one given by a flag, the configuration, a variable or a
//! profile. Displays, checks and audit records of a change refer to the endpoint that this change goes to.

use super::format::{host_and_port, without_user};
use core::net::IpAddr;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The name of AWS itself in a key with several endpoints.
const AWS: &str = "AWS";
/// The name of all other services in a key with several endpoints.
const ELSE: &str = "else";

/// The endpoints of requests. By default all requests go to AWS itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Endpoints {
    /// Services with an endpoint of their own, by their IAM prefix.
    own: BTreeMap<String, Option<String>>,
    /// The endpoint of all other services; `None` is AWS itself.
    rest: Option<String>,
    /// Whether `own` lists all services in use, so that `rest` does not apply.
    only: bool,
}

impl Endpoints {
    /// Creates it from the endpoints of some services, by their IAM prefix, and that of all others. Users and passwords
    /// are removed from the URLs.
    pub fn new(own: impl IntoIterator<Item = (String, Option<String>)>, rest: Option<&str>) -> Self {
        let rest = rest.map(without_user);
        let own = own.into_iter().map(|(service, url)| (service, url.as_deref().map(without_user)));
        let own = own.filter(|(_, url)| *url != rest).collect();
        Self { own, rest, only: false }
    }

    /// Creates it with one endpoint for all services.
    pub fn at(url: &str) -> Self {
        Self::new([], Some(url))
    }

    /// Returns the endpoint of a service, by its IAM prefix; `None` is AWS itself.
    pub fn of(&self, service: &str) -> Option<&str> {
        self.own.get(service).unwrap_or(&self.rest).as_deref()
    }

    /// Returns the endpoint of an action: `ecs:UpdateService`.
    pub fn of_action(&self, action: &str) -> Option<&str> {
        self.of(action.split(':').next().unwrap_or_default())
    }

    /// Returns the endpoints of the services of these actions; those of all services if there are no actions.
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

    /// Whether all requests go to AWS itself.
    pub fn is_aws(&self) -> bool {
        self.places().all(|place| place.is_none())
    }

    /// Whether some requests go to AWS itself and others do not.
    pub fn is_partly_aws(&self) -> bool {
        !self.is_aws() && self.places().any(|place| place.is_none())
    }

    /// Whether all requests go to this machine, as with the simulator and emulators.
    pub fn is_simulated(&self) -> bool {
        self.places().all(|place| place.is_some_and(is_loopback))
    }

    /// Returns the form for records and comparisons: empty for AWS itself; with several endpoints each is named,
    /// `ecs=http://127.0.0.1:4566 else=AWS`.
    pub fn key(&self) -> String {
        if self.own.is_empty() {
            return self.rest.clone().unwrap_or_default();
        }
        let entry = |(service, url): (&str, Option<&str>)| format!("{service}={}", url.unwrap_or(AWS));
        let rest = (!self.only).then_some((ELSE, self.rest.as_deref()));
        let endpoints = self.own.iter().map(|(service, url)| (service.as_str(), url.as_deref())).chain(rest);
        endpoints.map(entry).collect::<Vec<_>>().join(" ")
    }

    /// Returns the endpoints for display, if they are not AWS itself: `http://127.0.0.1:4566`, or `ecs, sts at
    /// http://127.0.0.1:4566, all else at AWS itself`.
    pub fn label(&self) -> Option<String> {
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

    /// Whether a record with this key ([`Self::key`]) belongs to these endpoints.
    pub fn matches_key(&self, key: &str) -> bool {
        let pairs: Option<Vec<(&str, &str)>> = key.split(' ').map(pair).collect();
        match pairs {
            Some(pairs) => pairs.into_iter().all(|(service, url)| self.of(service).unwrap_or(AWS) == url),
            None => self.places().any(|place| place.unwrap_or_default() == key),
        }
    }
}

/// Whether a recorded key ([`Endpoints::key`]) means only this machine, as with the simulator and emulators.
pub fn is_simulated(key: &str) -> bool {
    key.split(' ').all(|word| is_loopback(pair(word).map_or(word, |(_, url)| url)))
}

/// Splits `service=url`; `None` if the word is just a URL.
fn pair(word: &str) -> Option<(&str, &str)> {
    word.split_once('=').filter(|(service, _)| !service.contains(':'))
}

/// Whether a URL points to this machine.
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
    fn endpoints_of_a_change_are_those_of_its_actions() {
        let trial = own(&[("ecs", Some(SIM)), ("sts", Some(SIM))], None);
        assert_eq!(trial.label().as_deref(), Some("ecs, sts at http://127.0.0.1:4566, all else at AWS itself"));
        assert_eq!(trial.key(), "ecs=http://127.0.0.1:4566 sts=http://127.0.0.1:4566 else=AWS");
        assert!(trial.is_partly_aws() && !trial.is_aws() && !trial.is_simulated());
        assert_eq!(trial.of_action("ecs:UpdateService"), Some(SIM));

        let change = trial.of_actions(["ecs:RegisterTaskDefinition", "ecs:UpdateService"]);
        assert_eq!((change.key().as_str(), change.is_simulated()), (SIM, true));
        assert_eq!(change.label().as_deref(), Some(SIM));
        assert!(trial.of_actions(["rds:StopDBCluster"]).is_aws());

        let both = trial.of_actions(["ecs:UpdateService", "application-autoscaling:RegisterScalableTarget"]);
        assert_eq!(both.key(), "application-autoscaling=AWS ecs=http://127.0.0.1:4566");
        assert_eq!(
            both.label().as_deref(),
            Some("ecs at http://127.0.0.1:4566, application-autoscaling at AWS itself")
        );
        assert!(both.is_partly_aws() && !is_simulated(&both.key()));
        assert_eq!(trial.of_actions([]), trial);
    }

    #[test]
    fn single_endpoint_key_is_its_url_and_empty_for_aws() {
        assert_eq!((Endpoints::default().key().as_str(), Endpoints::default().label()), ("", None));
        assert!(Endpoints::default().is_aws() && !Endpoints::default().is_simulated() && !is_simulated(""));
        let all = own(&[("ecs", Some(SIM))], Some("http://me:secret@127.0.0.1:4566"));
        assert_eq!((all.key().as_str(), all.label().as_deref()), (SIM, Some(SIM)));
        assert!(all.is_simulated() && is_simulated(&all.key()));
    }

    #[test]
    fn only_loopback_endpoints_are_simulated() {
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
    fn record_belongs_to_the_endpoint_of_its_change() {
        let trial = own(&[("ecs", Some(SIM))], None);
        for key in [SIM, "", "ecs=http://127.0.0.1:4566 rds=AWS", "ecs=http://127.0.0.1:4566 else=AWS"] {
            assert!(trial.matches_key(key), "{key}");
        }
        for key in ["http://127.0.0.1:1", "ecs=AWS rds=AWS", "ecs=http://127.0.0.1:4566 rds=http://127.0.0.1:4566"] {
            assert!(!trial.matches_key(key), "{key}");
        }
        assert!(!Endpoints::default().matches_key(SIM) && Endpoints::default().matches_key(""));
        assert!(Endpoints::at("http://x/?a=b").matches_key("http://x/?a=b"));
    }
}
