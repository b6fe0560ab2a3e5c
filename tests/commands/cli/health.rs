//! `cockpit health` as typed: AWS's declarations from the simulator, and a site on loopback as seen from this machine.

use super::*;
use crate::support::Output;
use aws_sim::{ShownCertificate, Site, SiteOptions};
use std::net::Ipv4Addr;
use std::process::Command;

const HOST: &str = "bookmarks.example.com";

/// A production site, a configuration whose probes lead to it, and the world that declares it.
struct Stage {
    home: Home,
    world: World,
    _site: Site,
    _runtime: tokio::runtime::Runtime,
}

impl Stage {
    fn new(certificate: ShownCertificate, firewall: bool) -> Self {
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
        // Plain HTTP redirects to HTTPS there: the address is requested at its own port.
        let config = include_str!("../../../config.toml").to_owned();
        let config = config + &health("prod", &format!("hosts = [\"{HOST}\"]\n")) + &health("staging", "");
        let config = config.replace("http://address.example", &format!("https://{HOST}"));
        let home = Home::with(&config);
        let audit = format!("audit_file = {:?}\n", home.path().join("audit.jsonl").to_str().unwrap());
        home.write("config.toml", audit + &config);
        home.write("authority.pem", &site.authority);
        Self { home, world: World::start(Scenario::Prod), _site: site, _runtime: runtime }
    }

    fn health(&self, arguments: &str) -> Output {
        line(&mut self.on(), &format!("health --env prod -o json {arguments}"))
    }

    fn on(&self) -> Command {
        self.home.on(&self.world)
    }
}

/// The checks of a topic: their health and their messages.
fn checks(report: &Value, topic: &str) -> Vec<(String, String)> {
    let all = report["checks"].as_array().unwrap().iter().filter(|check| check["topic"] == topic);
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    all.map(|check| (text(check, "health"), text(check, "what"))).collect()
}

#[test]
fn targets_requests_and_redirects_are_shown_and_guarded_environments_are_not_probed_unasked() {
    let stage = Stage::new(ShownCertificate::Good, true);
    let output = stage.health("");
    let report = output.json();
    follows_schema(&stage.home, "health", &report);
    assert_eq!((report["probed"].as_bool(), report["requests"].as_array().map(Vec::len)), (Some(false), Some(0)));
    assert!(report["balancers"][0]["dns_name"].as_str().unwrap().contains("elb.amazonaws.com"), "{report:#}");
    let targets = checks(&report, "targets");
    assert!(!targets.is_empty() && targets.iter().all(|(health, _)| health == "healthy"), "{targets:?}");
    let report = stage.health("--probe").json();
    assert_eq!(report["probed"], true);
    let requests = report["requests"].as_array().unwrap();
    let request_to = |url: &str| {
        requests.iter().find(|request| request["url"] == url).unwrap_or_else(|| panic!("{url}: {report:#}"))
    };
    assert_eq!(request_to(&format!("https://{HOST}/health"))["status"], 200);
    let plain = request_to(&format!("http://{HOST}/health"));
    assert_eq!(
        (plain["status"].as_u64(), plain["redirects"][0].as_str()),
        (Some(200), Some(format!("https://{HOST}/health").as_str()))
    );
    assert!(checks(&report, "redirect").iter().all(|(health, _)| health == "healthy"), "{report:#}");
}

#[test]
fn certificates_names_and_name_servers_are_shown_with_their_problems() {
    let stage = Stage::new(ShownCertificate::Good, true);
    let report = stage.health("--probe").json();
    let shown = &report["certificates"][0];
    assert_eq!((shown["host"].as_str(), shown["distrust"].as_str()), (Some(HOST), None), "{report:#}");
    assert!(shown["days_left"].as_i64().unwrap() > 10_000);
    assert_eq!(shown["tls_versions"], json!(["1.2", "1.3"]));
    // The site has an address that Route 53 does not declare, and the registrar lists two of four name servers.
    assert!(!checks(&report, "dns").is_empty() && !checks(&report, "name-servers").is_empty(), "{report:#}");
    let expired = Stage::new(ShownCertificate::Expired, true);
    let output = expired.health("--probe").exits(1);
    let report = output.json();
    assert_eq!(report["certificates"][0]["distrust"], "it has expired");
    assert!(
        checks(&report, "certificate").iter().any(|(health, what)| health == "down" && what.contains("expired")),
        "{report:#}"
    );
    let other = Stage::new(ShownCertificate::OtherName, true).health("--probe").json();
    assert_eq!(other["certificates"][0]["distrust"], "it is for other names");
}

#[test]
fn firewall_is_probed_only_on_request_and_is_down_when_it_lets_the_probe_pass() {
    let stage = Stage::new(ShownCertificate::Good, true);
    let report = stage.health("--probe").json();
    assert_eq!((report["firewall_tried"].as_bool(), checks(&report, "firewall").len()), (Some(false), 0));
    let report = stage.health("--probe-waf").json();
    let firewall = checks(&report, "firewall");
    assert!(!firewall.is_empty() && firewall.iter().all(|(health, _)| health == "healthy"), "{firewall:?}");
    let open = Stage::new(ShownCertificate::Good, false);
    let report = open.health("--probe-waf").exits(1).json();
    assert!(checks(&report, "firewall").iter().any(|(health, _)| health == "down"), "{report:#}");
    line(&mut open.on(), "health --env prod --no-probe --probe-waf").exits(2);
}

#[test]
fn own_address_is_looked_up_among_the_allowed_ones() {
    let stage = Stage::new(ShownCertificate::Good, true);
    let world = World::staging();
    let output = line(&mut stage.home.on(&world), "health --env staging -o json");
    let report = output.json();
    assert_eq!(report["address"], "203.0.113.7", "{report:#}");
    let allowed = checks(&report, "allowed");
    assert!(!allowed.is_empty() && allowed.iter().all(|(health, _)| health == "healthy"), "{allowed:?}");
    assert!(allowed[0].1.contains("203.0.113.0/24"), "{allowed:?}");
    // A denied action is named, and unknown does not mean "no".
    world.fault("ec2:DescribeSecurityGroups", "denied");
    let output = line(&mut stage.home.on(&world), "health --env staging -o json");
    let allowed = checks(&output.json(), "allowed");
    assert!(
        allowed.iter().any(|(health, what)| health == "unknown" && what.contains("ec2:DescribeSecurityGroups")),
        "{allowed:?}"
    );
    assert_ne!(output.code, 0);
}

/// The security group of staging's load balancer, and the sources that its rules allow.
fn let_in(stage: &Stage, world: &World) -> Vec<String> {
    let report = line(&mut stage.home.on(world), "health --env staging -o json").json();
    checks(&report, "allowed").into_iter().map(|(health, what)| format!("{health}: {what}")).collect()
}

#[test]
fn address_is_allowed_by_hand_and_only_that_rule_is_revoked() {
    let stage = Stage::new(ShownCertificate::Good, true);
    let world = World::staging();
    let on = |text: &str| line(&mut stage.home.on(&world), text);
    // This machine's address, 203.0.113.7, is in the office network.
    let output = on("health allow --env staging --yes").exits(1);
    assert!(output.err.contains("203.0.113.7/32 is let in already: it is in 203.0.113.0/24"), "{}", output.err);
    on("health allow 0.0.0.0/0 --env staging --yes").exits(2);
    on("health allow nobody --env staging --yes").exits(2);
    let plan = on("health allow 192.0.2.9 --env staging --dry-run -o json").exits(0).json();
    let call = &plan["operations"][0]["calls"][0];
    assert_eq!(
        (call["action"].as_str(), call["parameters"]["CidrIp"].as_str(), &call["parameters"]["Ports"]),
        (Some("ec2:AuthorizeSecurityGroupIngress"), Some("192.0.2.9/32"), &json!([80])),
        "{plan:#}"
    );
    let output = on("health allow 192.0.2.9 --env staging --yes -o json").exits(0);
    assert!(
        output.err.contains("EC2 refuses the same rule twice") && output.err.contains("health disallow 192.0.2.9/32"),
        "{}",
        output.err
    );
    assert_eq!(output.json()["operations"][0]["verdict"], "done", "{:#}", output.json());
    assert_eq!(let_in(&stage, &world).len(), 1);
    let output = on("health allow 192.0.2.9 --env staging --yes").exits(1);
    assert!(output.err.contains("added by cockpit"), "{}", output.err);
    // IPv6 addresses, too.
    on("health allow 2001:db8::9 --env staging --yes").exits(0);
    on("health disallow 192.0.2.9/32 --env staging --yes").exits(0);
    let output = on("health disallow 192.0.2.9/32 --env staging --yes").exits(1);
    assert!(output.err.contains("has a rule for 192.0.2.9/32"), "{}", output.err);
    let output = on("health disallow 203.0.113.0/24 --env staging --yes").exits(1);
    assert!(
        output.err.contains("did not add (office)") && output.err.contains("allowed_cidr_blocks"),
        "{}",
        output.err
    );
    let audit = std::fs::read_to_string(stage.home.path().join("audit.jsonl")).unwrap();
    let audit: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done: Vec<&str> =
        audit.iter().filter(|one| one["outcome"] == "done").filter_map(|one| one["command"].as_str()).collect();
    assert_eq!(done.len(), 3, "{audit:#?}");
    assert!(done[0].contains("health allow 192.0.2.9/32"), "{done:?}");
}

#[test]
fn guarded_environment_allows_addresses_by_hand_only_if_configured() {
    let stage = Stage::new(ShownCertificate::Good, true);
    let on = |text: &str| line(&mut stage.on(), text);
    let output = on("health allow 192.0.2.9 --env prod --yes --confirm prod").exits(1);
    assert!(output.err.contains("let in already"), "production is open to the internet: {}", output.err);
    // An IPv6 address is in none of its IPv4 blocks.
    let output = on("health allow 2001:db8::9 --env prod --yes --confirm prod");
    assert!(
        output.err.contains("not let in by hand where it is guarded") && output.err.contains("`allow = true`"),
        "{}",
        output.err
    );
    assert_ne!(output.code, 0);
    let config = std::fs::read_to_string(stage.home.path().join("config.toml")).unwrap();
    stage
        .home
        .write("config.toml", config.replace("[environments.prod.health]", "[environments.prod.health]\nallow = true"));
    on("health allow 2001:db8::9 --env prod --yes --confirm prod").exits(0);
    // A denied action is named, and nothing was changed.
    stage.world.fault("ec2:AuthorizeSecurityGroupIngress", "denied");
    let output = on("health allow 2001:db8::10 --env prod --yes --confirm prod");
    let printed = output.out.clone() + &output.err;
    assert!(
        printed.contains("ec2:AuthorizeSecurityGroupIngress: not allowed") && printed.contains("nothing was changed"),
        "{printed}"
    );
    assert_ne!(output.code, 0);
}

#[test]
fn terraform_website_is_checked_when_none_is_configured() {
    let stage = Stage::new(ShownCertificate::Good, true);
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
    // A failure of Terraform is reported, and the rest is shown.
    std::fs::write(folder.join("main.tf"), "output {").unwrap();
    let broken = report();
    let hosts = checks(&broken, "hosts");
    assert!(hosts.iter().any(|(health, what)| health == "stopped" && what.contains("compute")), "{broken:#}");
    assert!(!checks(&broken, "targets").is_empty() && !broken["hosts"].as_array().unwrap().is_empty(), "{broken:#}");
}
