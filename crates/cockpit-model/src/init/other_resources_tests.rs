//! Tests of which resources get a configuration line, and which are found without one.

use super::super::discovered::{Balancer, Cluster, DiscoveredResources, Region, Service};
use super::super::group::{Guess, Guesses, group};
use super::super::write::write;
use crate::cdn::Distribution;
use crate::machine::Ec2Instance;

fn seen(change: impl Fn(&mut Region, &mut DiscoveredResources)) -> DiscoveredResources {
    let cluster = |kind: &str, names_parameters| Cluster {
        name: format!("shop-{kind}-cluster"),
        tags: [("Project", "shop"), ("Environment", kind)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        services: vec![Service {
            name: format!("shop-{kind}-web"),
            references_parameters: names_parameters,
            ..Service::default()
        }],
    };
    let mut region = Region {
        name: "eu-west-1".into(),
        clusters: vec![cluster("staging", true), cluster("prod", false)],
        ..Region::default()
    };
    let mut seen = DiscoveredResources { account: Some("123456789012".into()), ..DiscoveredResources::default() };
    change(&mut region, &mut seen);
    seen.regions.push(region);
    seen
}

fn of<'a>(guesses: &'a Guesses, name: &str) -> &'a Guess {
    guesses.environments.iter().find(|guess| guess.name == name).unwrap()
}

fn machine(name: &str, project: Option<&str>, environment: Option<&str>) -> Ec2Instance {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Ec2Instance {
        id: "i-1".into(),
        name: Some(name.into()),
        project: owned(project),
        environment: owned(environment),
        state: "running".into(),
        ..Ec2Instance::default()
    }
}

#[test]
fn resource_found_by_name_or_tags_needs_no_line() {
    let guesses = group(&seen(|region, seen| {
        region.pools = vec![("eu_1".into(), "shop-staging-users".into())];
        region.machines = vec![machine("bastion", Some("shop"), Some("staging"))];
        region.parameters = vec!["/shop/staging/KEY".into()];
        region.balancers = vec![Balancer {
            name: "shop-staging-alb".into(),
            dns: "shop-1.elb.amazonaws.com".into(),
            is_used_by_service: true,
            groups: Vec::new(),
        }];
        seen.hosts = vec![("shop.example".into(), "dualstack.shop-1.elb.amazonaws.com.".into())];
        let comment = "shop-prod site".to_owned();
        seen.distributions = vec![Distribution {
            id: "E1".into(),
            comment,
            aliases: vec!["shop-prod".into()],
            ..Distribution::default()
        }];
    }));
    assert!(guesses.unassigned.is_empty(), "{:?}", guesses.unassigned);
    for guess in &guesses.environments {
        let lines = [
            &guess.user_pools,
            &guess.instances,
            &guess.parameters,
            &guess.target_groups,
            &guess.hosts,
            &guess.distributions,
        ];
        assert!(lines.iter().all(|line| line.is_empty()), "{guess:?}");
    }
}

#[test]
fn resource_that_would_not_be_found_gets_a_line() {
    let all = seen(|region, seen| {
        region.parameters = vec!["/shop/prod/KEY".into(), "/shop/prod/db/URL".into(), "/other/KEY".into()];
        region.machines = vec![machine("shop-prod-bastion", None, None), machine("shop-prod-bastion", None, None)];
        region.balancers = vec![Balancer {
            name: "shop-prod-legacy".into(),
            dns: "legacy-1.elb.amazonaws.com".into(),
            is_used_by_service: false,
            groups: vec!["shop-prod-old".into()],
        }];
        region.logs = vec!["/aws/lambda/shop-staging-mailer".into(), "/aws/lambda/shop-staging-scheduler".into()];
        seen.hosts = vec![
            ("old.shop.example".into(), "legacy-1.elb.amazonaws.com".into()),
            ("*.shop.example".into(), "legacy-1.elb.amazonaws.com".into()),
            ("cdn.shop.example".into(), "d1.cloudfront.net".into()),
        ];
        let comment = "shop-staging_site".to_owned();
        seen.distributions = vec![Distribution {
            id: "E1".into(),
            domain: "d1.cloudfront.net".into(),
            comment,
            ..Distribution::default()
        }];
        seen.profiles = vec!["shop-admin".into(), "shop-read".into()];
    });
    let guesses = group(&all);
    let (staging, prod) = (of(&guesses, "staging"), of(&guesses, "prod"));
    assert_eq!(prod.parameters, ["/shop/prod/"]);
    assert_eq!(prod.instances, ["shop-prod-bastion"]);
    assert_eq!(prod.target_groups, ["shop-prod-old"]);
    assert_eq!(prod.hosts, ["old.shop.example"]);
    assert_eq!((staging.hosts.len(), staging.parameters.len()), (1, 0), "its task definitions name them");
    let text = write(&all, &guesses);
    for line in [
        "# logs = [\"/aws/lambda/shop-staging-*\"]   # groups beside those of the services",
        "# profile = \"shop-admin\"   # of this account in ~/.aws/config: shop-admin, shop-read",
        "parameters = [\"/shop/prod/\"]",
        "[environments.prod.health]\nhosts = [\"old.shop.example\"]",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn unmatched_resource_is_reported_and_a_line_hides_nothing() {
    let guesses = group(&seen(|region, seen| {
        // The second would not be found by its name, but a line for it would hide the first.
        region.pools = vec![
            ("eu_1".into(), "shop-staging-users".into()),
            ("eu_2".into(), "shop-staging_old".into()),
            ("eu_3".into(), "people".into()),
        ];
        region.machines = vec![
            machine("build", None, None),
            Ec2Instance { group: Some("asg".into()), ..machine("node", None, None) },
        ];
        seen.distributions =
            vec![Distribution { id: "E9".into(), domain: "d9.cloudfront.net".into(), ..Distribution::default() }];
    }));
    assert!(of(&guesses, "staging").user_pools.is_empty());
    let rest = guesses.unassigned.join("; ");
    for wanted in
        ["user pools in eu-west-1 match no environment: people", "by tag or name: build (", "E9 (d9.cloudfront.net)"]
    {
        assert!(rest.contains(wanted), "{wanted}: {rest}");
    }
    assert!(!rest.contains("node"), "those of a group come and go: {rest}");
}
