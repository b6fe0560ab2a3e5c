//! Health from outside and allowed addresses, driven by keys.

use crate::app::event::{Answer, Event};
use crate::app::operation::outcome::Verdict;
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::Ask;
use crate::feeds::part::Part;
use crate::feeds::probes::Ask as Probe;
use crate::feeds::probes::Fact as Told;
use crate::model::health_probe::declared::{AcmCertificate, Balancer, Listener, Record, Rule, Zone};
use crate::model::health_probe::findings::Finding;
use crate::model::health_probe::results::{Certificate, Delegation, Firewall, Hop, Names, ProbeError, Tls, Visit};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;

#[test]
fn health_is_checked_when_its_view_opens_and_escape_closes_it() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    assert_eq!(app.panes.services.health.requested_at, None, "the view was not opened yet");
    press(&mut app, "2 v", &world);
    let looked = &app.panes.services.health;
    assert!(looked.requested_at.is_some());
    assert!(super::health::is_shown(&app));
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    press(&mut app, "esc", &world);
    assert!(text(&app).contains("Services"), "the list is shown again");
    assert!(!super::health::is_shown(&app));
}

#[test]
fn guarded_environment_gets_no_probes_without_a_key() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    app.environment.guarded = true;
    press(&mut app, "2 v", &world);
    assert!(app.panes.services.health.requested_at.is_some() && !app.panes.services.health.sent);
    let note = super::health::data_status(&app).trouble.unwrap_or_default().1;
    assert!(note.contains("u sends probes"), "{note}");
    press(&mut app, "u", &world);
    assert!(app.panes.services.health.sent);
}

#[test]
fn probe_and_allow_keys_do_nothing_outside_the_health_view() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    app.environment.guarded = true;
    press(&mut app, "2", &world);
    for key in ["u", "w", "A", "X"] {
        press(&mut app, key, &world);
        assert_eq!(app.panes.services.health.requested_at, None, "{key}");
        assert!(app.screen.typing.is_none() && app.screen.overlays.is_empty(), "{key}");
        assert!(text(&app).contains("v shows how the environment is reached"), "{key}: {}", text(&app));
    }
}

/// Answers the pending look with these findings, and completes it.
fn found_from_outside(stage: &mut Stage, found: Vec<Finding>) {
    let ticket = Ticket {
        generation: stage.app.generation(),
        owner: Owner::Pane(super::state::ID.0, 0),
        serial: stage.app.panes.services.health.serial,
    };
    let facts = found.into_iter().map(|finding| Part::Page(Told::Found(Box::new(finding))));
    for part in facts.chain([Part::Last(Told::Done)]) {
        let effects = stage.app.update(Event::Answer(Answer { ticket, requests: 0, part: part.into() }));
        stage.serve(effects);
    }
}

#[test]
fn own_address_is_allowed_by_a_key_and_removed_again() {
    let mut stage = Stage::new((120, 40));
    let listener = |port: u16| Listener { port, ..Listener::default() };
    stage.aws.balancers = vec![Balancer {
        name: "staging-alb".into(),
        security_groups: vec!["sg-1".into()],
        listeners: vec![listener(80), listener(443)],
        ..Balancer::default()
    }];
    let office = |port: u16| Rule {
        group: "sg-1".into(),
        from: Some(port),
        to: Some(port),
        cidr: "203.0.113.0/24".into(),
        description: Some("office".into()),
    };
    stage.aws.rules = vec![office(80), office(443)];
    stage.press("2 v");
    let found =
        vec![Finding::Address(Ok("198.51.100.9".parse().unwrap())), Finding::Rules(Ok(stage.aws.rules.clone()))];
    found_from_outside(&mut stage, found);
    stage.assert_shown("may not reach it");
    let before = stage.app.panes.services.health.serial;
    stage.press("A");
    stage.assert_shown("Allow 198.51.100.9/32");
    stage.assert_shown("the code does not have it");
    stage.assert_shown("cockpit health allow 198.51.100.9/32 --env staging");
    assert!(stage.aws.writes.is_empty(), "nothing is changed before the confirmation");
    stage.press("enter");
    stage.advance_to(4);
    stage.advance_to(8);
    assert_eq!(stage.verdict(), Some(Verdict::Done), "{}", text(&stage.app));
    let added = stage.aws.rules.iter().filter(|rule| rule.cidr == "198.51.100.9/32").count();
    assert_eq!(added, 2, "{:?}", stage.aws.rules);
    // The look is repeated after the change, because its findings are outdated.
    stage.press("esc");
    stage.advance_to(12);
    assert!(stage.app.panes.services.health.serial > before);
    let found =
        vec![Finding::Address(Ok("198.51.100.9".parse().unwrap())), Finding::Rules(Ok(stage.aws.rules.clone()))];
    found_from_outside(&mut stage, found);
    stage.assert_shown("may reach port 80");
    stage.press("X");
    stage.press("enter");
    stage.assert_shown("Disallow 198.51.100.9/32");
    stage.press("enter");
    stage.advance_to(16);
    stage.advance_to(20);
    assert_eq!(stage.verdict(), Some(Verdict::Done), "{}", text(&stage.app));
    assert_eq!(stage.aws.rules.len(), 2, "declared rules stay: {:?}", stage.aws.rules);
}

#[test]
fn firewall_is_tested_only_by_its_own_key() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    let mut tried = |keys: &str| -> Vec<(bool, bool)> {
        let mut orders = Vec::new();
        for key in keys.split(' ') {
            let effects = user_input(&mut app, Event::Key(key.parse().unwrap()));
            orders.extend(effects.iter().filter_map(|effect| match effect {
                crate::app::effect::Effect::Fetch { ask: Ask::Probes(Probe::Run(order)), .. } => {
                    Some((order.send, order.waf))
                }
                _ => None,
            }));
            world.answer(&mut app, effects);
        }
        orders
    };
    assert_eq!(tried("2 v"), [(true, false)], "no request that a firewall must refuse is sent unasked");
    assert_eq!(tried("u"), [(true, false)]);
    assert_eq!(tried("w"), [(true, true)]);
}

/// A DNS zone whose only record points to another load balancer.
fn zone(host: &str) -> Zone {
    let record = Record {
        name: host.into(),
        kind: "A".into(),
        alias_target: Some("elsewhere.elb.amazonaws.com".into()),
        values: Vec::new(),
    };
    Zone {
        id: "Z1".into(),
        name: "bookmark-manager.example".into(),
        servers: vec!["ns-1.awsdns-1.com".into()],
        records: vec![record],
    }
}

/// One finding of each kind.
fn everything() -> Vec<Finding> {
    let host = "staging.bookmark-manager.example";
    let far = |path: &str, status: u16, to: Option<&str>| Visit {
        host: host.into(),
        secure: path != "/",
        path: path.into(),
        hops: vec![Hop {
            url: format!("https://{host}{path}"),
            status,
            location: to.map(|to| format!("https://{host}{to}")),
        }],
        error: None,
        took_ms: 41,
    };
    let end = |days: i64| Some(now() + jiff::SignedDuration::from_hours(24 * days + 1));
    let balancer = Balancer {
        name: "staging-alb".into(),
        dns_name: "staging-alb-1.ap-northeast-1.elb.amazonaws.com".into(),
        scheme: "internet-facing".into(),
        state: "active".into(),
        security_groups: vec!["sg-1".into()],
        listeners: vec![Listener { port: 443, protocol: "HTTPS".into(), certificates: vec!["c".into()] }],
        ..Balancer::default()
    };
    let rule = Rule {
        group: "sg-1".into(),
        from: Some(443),
        to: Some(443),
        cidr: "203.0.113.0/24".into(),
        description: Some("office".into()),
    };
    let missing = vec![("www.bookmark-manager.example".into(), "_x.www".into(), "_y.acm-validations.aws".into())];
    let shown = Certificate {
        names: vec![host.into()],
        issuer: "Amazon RSA 2048 M02".into(),
        chain: vec![host.into(), "Amazon Root CA 1".into()],
        not_before: end(-100),
        not_after: end(9),
    };
    vec![
        Finding::Balancers(Ok(vec![balancer])),
        Finding::Rules(Ok(vec![rule])),
        Finding::Zones(Ok(vec![zone(host)])),
        Finding::AcmCertificates(Ok(vec![AcmCertificate {
            arn: "c".into(),
            names: vec![host.into()],
            status: "ISSUED".into(),
            not_after: end(9),
            missing,
            ..AcmCertificate::default()
        }])),
        Finding::Outputs(Vec::new(), vec!["the outputs of network could not be read".into()]),
        Finding::Hosts(vec![host.into()]),
        Finding::Address(Ok("198.51.100.9".parse().unwrap())),
        Finding::Visit(far("/health", 200, None)),
        Finding::Visit(far("/api/health", 503, None)),
        Finding::Visit(far("/", 301, Some("/health"))),
        Finding::Visit(Visit { error: Some(ProbeError::Timeout), hops: Vec::new(), ..far("/slow", 0, None) }),
        Finding::Tls(Tls {
            host: host.into(),
            versions: vec![("1.2".into(), true), ("1.3".into(), false)],
            certificate: Ok(shown),
            distrust: None,
        }),
        Finding::Names(Names { name: host.into(), addresses: Ok(vec!["198.51.100.80".parse().unwrap()]) }),
        Finding::Delegation(Delegation {
            zone: "bookmark-manager.example".into(),
            servers: Ok(vec!["ns-9.elsewhere.example".into()]),
        }),
        Finding::Firewall(Firewall {
            url: format!("https://{host}/"),
            normal: Ok(200),
            injection: Ok(403),
            script: Ok(200),
        }),
    ]
}

#[test]
fn findings_fit_every_size() {
    for (name, size) in [
        ("health_60x15", (60, 15)),
        ("health_80x24", (80, 24)),
        ("health_120x40", (120, 40)),
        ("health_200x60", (200, 60)),
    ] {
        let mut stage = Stage::new(size);
        stage.press("2 v w");
        found_from_outside(&mut stage, everything());
        assert_screen(name, &stage.app);
    }
    let mut stage = Stage::new((200, 60));
    stage.press("2 v w");
    found_from_outside(&mut stage, everything());
    for text in [
        "503",
        "no answer in time",
        "ns-9.elsewhere.example",
        "9 days left",
        "not 1.3",
        "may not reach it",
        "the outputs of network could not be read",
        "waits for the proof of www.bookmark-manager.example",
        "is not blocked",
    ] {
        stage.assert_shown(text);
    }
    // Enter shows a finding completely, with its hint.
    let place = super::health::checks(&stage.app).iter().position(|check| check.hint.is_some()).unwrap();
    let hint = super::health::checks(&stage.app)[place].hint.clone().unwrap();
    stage.app.screen.list(super::state::HEALTH).select(place);
    stage.press("enter");
    stage.assert_shown(&hint.split_whitespace().take(3).collect::<Vec<_>>().join(" "));
}
