//! Tests on the simulated account.

use super::{folder, run::survey_account};
use crate::aws::{Connection, Keys};
use crate::config::{self, Config};
use crate::model::init::discovered::DiscoveredResources;
use crate::model::init::group::group;
use crate::model::init::write::write;
use aws_sim::{Scenario, Sim, SimOptions};
use std::path::Path;

async fn seen(sim: &Sim, regions: &[&str]) -> DiscoveredResources {
    let endpoint = sim.endpoint();
    let connection = |region: Option<&String>| Connection {
        region: region.cloned(),
        endpoint_url: Some(endpoint.clone()),
        keys: Some(Keys { id: "AKIASIMULATED0000001".into(), secret: "simulated".to_owned().into() }),
        ..Connection::default()
    };
    let regions: Vec<String> = regions.iter().map(|region| (*region).to_owned()).collect();
    survey_account(&regions, None, connection).await.unwrap()
}

/// Sorts the environments and services, whose order has no meaning.
fn sorted(mut config: Config) -> Config {
    config.environments.sort_by(|a, b| a.name.cmp(&b.name));
    for environment in &mut config.environments {
        environment.services.sort();
    }
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_account_yields_the_shipped_configuration() {
    let shipped = config::parse("config.toml", include_str!("../../../config.toml"));
    let shipped = sorted(shipped.config);
    for scenario in [Scenario::Staging, Scenario::Prod, Scenario::Pantri, Scenario::Minimal] {
        let sim = Sim::start(SimOptions { scenario, ..SimOptions::default() }).await.unwrap();
        let mut seen = seen(&sim, &["ap-northeast-1", "us-east-1"]).await;
        assert_eq!(seen.missing, [""; 0]);
        // Everything was read: log groups that the cockpit finds by itself get no line, the other resources do.
        let logs = seen.regions.iter().flat_map(|region| &region.logs);
        assert!(scenario != Scenario::Staging || logs.count() > 0);
        let behind_cdn = scenario == Scenario::Pantri;
        assert_eq!(seen.regions.iter().any(|region| !region.pools.is_empty()), behind_cdn);
        assert_eq!(
            (seen.distributions.len(), seen.hosts.is_empty()),
            if behind_cdn { (2, false) } else { (0, seen.hosts.is_empty()) }
        );
        assert!(seen.regions.iter().any(|region| !region.machines.is_empty()));
        assert!(seen.regions.iter().any(|region| region.balancers.iter().all(|one| one.is_used_by_service)));
        // Tests run in the root folder of the repository.
        seen.code = folder::find_code(Path::new("infra"));
        let text = write(&seen, &group(&seen));
        let made = config::parse("made", &text);
        assert!(made.check_errors().is_ok(), "{text}");
        let made = sorted(made.config);
        for resource in ["E2ELSEWHERE0D", "another-team-users"] {
            assert_eq!(text.contains(resource), behind_cdn, "{resource}: {text}");
        }
        for (ours, theirs) in made.environments.iter().zip(&shipped.environments) {
            assert_eq!(ours, theirs, "{text}");
        }
        assert_eq!(made, shipped, "{text}");
        sim.shutdown();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_region_becomes_a_question() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let seen = seen(&sim, &["eu-west-1"]).await;
    let text = write(&seen, &group(&seen));
    assert!(text.contains("? Nothing was found in eu-west-1"), "{text}");
    assert!(config::parse("made", &text).config.environments.is_empty());
    sim.shutdown();
}
