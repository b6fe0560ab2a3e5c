//! `cockpit health` as it is typed: what AWS declares from the simulator, and a site on loopback as it looks from here.

use super::*;
use aws_sim::{Shown, Site, SiteOptions};
use std::net::Ipv4Addr;
use std::process::Command;
use support::Said;

const HOST: &str = "bookmarks.example.com";

/// A site of production, a configuration whose probes lead to it, and the world that declares it.
struct Stage {
    home: Home,
    world: World,
    _site: Site,
    _runtime: tokio::runtime::Runtime,
}

impl Stage {
    fn new(certificate: Shown, firewall: bool) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = SiteOptions {
            certificate,
            names: vec![HOST.into(), format!("www.{HOST}")],
            addresses: vec![
                (HOST.into(), Ipv4Addr::new(192, 0, 2, 10).into()),
                ("ns.registry.example".into(), Ipv4Addr::LOCALHOST.into()),
            ],
            servers: vec![
                ("com".into(), vec!["ns.registry.example".into()]),
                ("example.com".into(), vec!["ns-1.awsdns-01.com".into(), "ns-2.awsdns-02.net".into()]),
            ],
            firewall,
            ..SiteOptions::default()
        };
        let site = runtime.block_on(Site::start(options)).unwrap();
        let connect: Vec<String> = site.connect().iter().map(|to| format!("\"{to}\"")).collect();
        let health = |name: &str, hosts: &str| {
            format!(
                "\n[environments.{name}.health]\n{hosts}resolver = \"{}\"\nca_file = \"authority.pem\"\nconnect = [{}]\naddress_url = \"http://address.example/address\"\n",
                site.dns,
                connect.join(", ")
            )
        };
        // Plain HTTP leads to HTTPS there: the address is asked for at its own port.
        let config = include_str!("../../config.toml").to_owned();
        let config = config + &health("prod", &format!("hosts = [\"{HOST}\"]\n")) + &health("staging", "");
        let config = config.replace("http://address.example", &format!("https://{HOST}"));
        let home = Home::with(&config);
        let audit = format!("audit_file = {:?}\n", home.path().join("audit.jsonl").to_str().unwrap());
        home.write("config.toml", audit + &config);
        home.write("authority.pem", &site.authority);
        Self { home, world: World::start(Scenario::Prod), _site: site, _runtime: runtime }
    }

    fn health(&self, arguments: &str) -> Said {
        line(&mut self.on(), &format!("health --env prod -o json {arguments}"))
    }

    fn on(&self) -> Command {
        self.home.on(&self.world)
    }
}

/// The checks of a topic: their health and what they say.
fn checks(report: &Value, topic: &str) -> Vec<(String, String)> {
    let all = report["checks"].as_array().unwrap().iter().filter(|check| check["topic"] == topic);
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    all.map(|check| (text(check, "health"), text(check, "what"))).collect()
}

#[test]
fn targets_requests_and_redirects_are_told_and_a_guarded_environment_is_sent_nothing_unasked() {
    let stage = Stage::new(Shown::Good, true);
    let said = stage.health("");
    let report = said.json();
    follows_schema(&stage.home, "health", &report);
    assert_eq!((report["probed"].as_bool(), report["requests"].as_array().map(Vec::len)), (Some(false), Some(0)));
    assert!(report["balancers"][0]["dns_name"].as_str().unwrap().contains("elb.amazonaws.com"), "{report:#}");
    let targets = checks(&report, "targets");
    assert!(!targets.is_empty() && targets.iter().all(|(health, _)| health == "healthy"), "{targets:?}");
    let report = stage.health("--probe").json();
    assert_eq!(report["probed"], true);
    let requests = report["requests"].as_array().unwrap();
    let asked = |url: &str| {
        requests.iter().find(|request| request["url"] == url).unwrap_or_else(|| panic!("{url}: {report:#}"))
    };
    assert_eq!(asked(&format!("https://{HOST}/health"))["status"], 200);
    let plain = asked(&format!("http://{HOST}/health"));
    assert_eq!(
        (plain["status"].as_u64(), plain["redirects"][0].as_str()),
        (Some(200), Some(format!("https://{HOST}/health").as_str()))
    );
    assert!(checks(&report, "redirect").iter().all(|(health, _)| health == "healthy"), "{report:#}");
}

#[test]
fn certificates_names_and_name_servers_are_told_with_what_is_wrong() {
    let stage = Stage::new(Shown::Good, true);
    let report = stage.health("--probe").json();
    let shown = &report["certificates"][0];
    assert_eq!((shown["host"].as_str(), shown["distrust"].as_str()), (Some(HOST), None), "{report:#}");
    assert!(shown["days_left"].as_i64().unwrap() > 10_000);
    assert_eq!(shown["tls_versions"], json!(["1.2", "1.3"]));
    // The site has an address that Route 53 does not declare, and the registrar names two of four name servers.
    assert!(!checks(&report, "dns").is_empty() && !checks(&report, "name-servers").is_empty(), "{report:#}");
    let expired = Stage::new(Shown::Expired, true);
    let said = expired.health("--probe").coded(1);
    let report = said.json();
    assert_eq!(report["certificates"][0]["distrust"], "it has expired");
    assert!(
        checks(&report, "certificate").iter().any(|(health, what)| health == "down" && what.contains("expired")),
        "{report:#}"
    );
    let other = Stage::new(Shown::OtherName, true).health("--probe").json();
    assert_eq!(other["certificates"][0]["distrust"], "it is for other names");
}

#[test]
fn the_firewall_is_tried_only_where_it_is_asked_for_and_one_that_lets_through_is_down() {
    let stage = Stage::new(Shown::Good, true);
    let report = stage.health("--probe").json();
    assert_eq!((report["firewall_tried"].as_bool(), checks(&report, "firewall").len()), (Some(false), 0));
    let report = stage.health("--probe-waf").json();
    let firewall = checks(&report, "firewall");
    assert!(!firewall.is_empty() && firewall.iter().all(|(health, _)| health == "healthy"), "{firewall:?}");
    let open = Stage::new(Shown::Good, false);
    let report = open.health("--probe-waf").coded(1).json();
    assert!(checks(&report, "firewall").iter().any(|(health, _)| health == "down"), "{report:#}");
    line(&mut open.on(), "health --env prod --no-probe --probe-waf").coded(2);
}

#[test]
fn the_address_of_this_machine_is_looked_for_among_those_that_are_let_in() {
    let stage = Stage::new(Shown::Good, true);
    let world = World::staging();
    let said = line(&mut stage.home.on(&world), "health --env staging -o json");
    let report = said.json();
    assert_eq!(report["address"], "203.0.113.7", "{report:#}");
    let allowed = checks(&report, "allowed");
    assert!(!allowed.is_empty() && allowed.iter().all(|(health, _)| health == "healthy"), "{allowed:?}");
    assert!(allowed[0].1.contains("203.0.113.0/24"), "{allowed:?}");
    // An action that is not allowed is named, and unknown is no "no".
    world.fault("ec2:DescribeSecurityGroups", "denied");
    let said = line(&mut stage.home.on(&world), "health --env staging -o json");
    let allowed = checks(&said.json(), "allowed");
    assert!(
        allowed.iter().any(|(health, what)| health == "unknown" && what.contains("ec2:DescribeSecurityGroups")),
        "{allowed:?}"
    );
    assert_ne!(said.code, 0);
}

/// The security group of staging's load balancer, and what its rules let in.
fn let_in(stage: &Stage, world: &World) -> Vec<String> {
    let report = line(&mut stage.home.on(world), "health --env staging -o json").json();
    checks(&report, "allowed").into_iter().map(|(health, what)| format!("{health}: {what}")).collect()
}

#[test]
fn an_address_is_let_in_by_hand_and_only_that_is_taken_back() {
    let stage = Stage::new(Shown::Good, true);
    let world = World::staging();
    let on = |text: &str| line(&mut stage.home.on(&world), text);
    // That of this machine, 203.0.113.7, is in the office's network.
    let said = on("health allow --env staging --yes").coded(1);
    assert!(said.err.contains("203.0.113.7/32 is let in already: it is in 203.0.113.0/24"), "{}", said.err);
    on("health allow 0.0.0.0/0 --env staging --yes").coded(2);
    on("health allow nobody --env staging --yes").coded(2);
    let plan = on("health allow 192.0.2.9 --env staging --dry-run -o json").coded(0).json();
    let call = &plan["operations"][0]["calls"][0];
    assert_eq!(
        (call["action"].as_str(), call["parameters"]["CidrIp"].as_str(), &call["parameters"]["Ports"]),
        (Some("ec2:AuthorizeSecurityGroupIngress"), Some("192.0.2.9/32"), &json!([80])),
        "{plan:#}"
    );
    let said = on("health allow 192.0.2.9 --env staging --yes -o json").coded(0);
    assert!(
        said.err.contains("EC2 refuses the same rule twice") && said.err.contains("health disallow 192.0.2.9/32"),
        "{}",
        said.err
    );
    assert_eq!(said.json()["operations"][0]["verdict"], "done", "{:#}", said.json());
    assert_eq!(let_in(&stage, &world).len(), 1);
    let said = on("health allow 192.0.2.9 --env staging --yes").coded(1);
    assert!(said.err.contains("added by cockpit"), "{}", said.err);
    // The second kind of addresses, too.
    on("health allow 2001:db8::9 --env staging --yes").coded(0);
    on("health disallow 192.0.2.9/32 --env staging --yes").coded(0);
    let said = on("health disallow 192.0.2.9/32 --env staging --yes").coded(1);
    assert!(said.err.contains("has a rule for 192.0.2.9/32"), "{}", said.err);
    let said = on("health disallow 203.0.113.0/24 --env staging --yes").coded(1);
    assert!(said.err.contains("did not add (office)") && said.err.contains("allowed_cidr_blocks"), "{}", said.err);
    let audit = std::fs::read_to_string(stage.home.path().join("audit.jsonl")).unwrap();
    let audit: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done: Vec<&str> =
        audit.iter().filter(|one| one["outcome"] == "done").filter_map(|one| one["command"].as_str()).collect();
    assert_eq!(done.len(), 3, "{audit:#?}");
    assert!(done[0].contains("health allow 192.0.2.9/32"), "{done:?}");
}

#[test]
fn a_guarded_environment_lets_nobody_in_by_hand_unless_that_is_configured() {
    let stage = Stage::new(Shown::Good, true);
    let on = |text: &str| line(&mut stage.on(), text);
    let said = on("health allow 192.0.2.9 --env prod --yes --confirm prod").coded(1);
    assert!(said.err.contains("let in already"), "production is open to the internet: {}", said.err);
    // An address of the other kind is in none of its blocks.
    let said = on("health allow 2001:db8::9 --env prod --yes --confirm prod");
    assert!(
        said.err.contains("not let in by hand where it is guarded") && said.err.contains("`allow = true`"),
        "{}",
        said.err
    );
    assert_ne!(said.code, 0);
    let config = std::fs::read_to_string(stage.home.path().join("config.toml")).unwrap();
    stage
        .home
        .write("config.toml", config.replace("[environments.prod.health]", "[environments.prod.health]\nallow = true"));
    on("health allow 2001:db8::9 --env prod --yes --confirm prod").coded(0);
    // What may not be done is named, and nothing was changed.
    stage.world.fault("ec2:AuthorizeSecurityGroupIngress", "denied");
    let said = on("health allow 2001:db8::10 --env prod --yes --confirm prod");
    let told = said.out.clone() + &said.err;
    assert!(
        told.contains("ec2:AuthorizeSecurityGroupIngress: not allowed") && told.contains("nothing was changed"),
        "{told}"
    );
    assert_ne!(said.code, 0);
}

#[test]
fn a_website_that_terraform_has_is_looked_at_where_the_configuration_names_none() {
    let stage = Stage::new(Shown::Good, true);
    let world = World::staging();
    let path = stage.home.path().join("config.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let units = "kind = \"terraform\"\nunits = [{ name = \"compute\", dir = \"compute\" }]\n";
    let terragrunt = "kind = \"terragrunt\"\ndir = \"infra/terraform/envs/staging\"\n";
    assert!(config.contains(terragrunt), "{config}");
    std::fs::write(&path, config.replace(terragrunt, units)).unwrap();
    let folder = stage.home.path().join("compute");
    std::fs::create_dir_all(&folder).unwrap();
    let code = format!(
        "output \"website_url\" {{ value = \"https://{HOST}/\" }}\noutput \"alb_dns_name\" {{ value = \"web-1.elb.amazonaws.com\" }}\n"
    );
    std::fs::write(folder.join("main.tf"), code).unwrap();
    let report = || line(&mut stage.home.on(&world), "health --env staging -o json").json();
    let before = report();
    assert!(before["hosts"][0].as_str().unwrap().contains("elb.amazonaws.com"), "nothing is applied: {before:#}");
    let applied = Command::new("terraform")
        .args(["apply", "-auto-approve", "-input=false"])
        .env_clear()
        .envs(stage.home.variables(None))
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let after = report();
    assert_eq!(after["hosts"], json!([HOST]), "{after:#}");
    let hosts = checks(&after, "hosts");
    assert_eq!(hosts, [("healthy".to_owned(), "named by the output website_url of the unit compute".to_owned())]);
    let urls: Vec<&str> = after["requests"].as_array().unwrap().iter().filter_map(|one| one["url"].as_str()).collect();
    assert!(urls.contains(&format!("https://{HOST}/health").as_str()), "{urls:?}");
    // What Terraform cannot say is said, and the rest stands.
    std::fs::write(folder.join("main.tf"), "output {").unwrap();
    let broken = report();
    let hosts = checks(&broken, "hosts");
    assert!(hosts.iter().any(|(health, what)| health == "stopped" && what.contains("compute")), "{broken:#}");
    assert!(!checks(&broken, "targets").is_empty() && !broken["hosts"].as_array().unwrap().is_empty(), "{broken:#}");
}
