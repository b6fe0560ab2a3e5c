//! Tests of site checks: requests, TLS versions, certificates.

use super::super::results::{Certificate, Hop, ProbeError};
use super::*;

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn visit(url: &str, hops: &[(&str, u16, Option<&str>)]) -> Visit {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let hop = |(url, status, location): &(&str, u16, Option<&str>)| Hop {
        url: (*url).into(),
        status: *status,
        location: location.map(str::to_owned),
    };
    Visit {
        host: host.into(),
        secure: scheme == "https",
        path: format!("/{path}"),
        hops: hops.iter().map(hop).collect(),
        error: None,
        took_ms: 12,
    }
}

#[test]
fn path_health_follows_its_final_status() {
    let good = visit(
        "http://a.example/health",
        &[("http://a.example/health", 301, Some("https://a.example/health")), ("https://a.example/health", 200, None)],
    );
    assert_eq!(request(&good).health, Health::Healthy);
    assert_eq!(request(&good).text, "200 at https://a.example/health in 12 ms");
    let bad = visit("https://a.example/health", &[("https://a.example/health", 503, None)]);
    assert_eq!(request(&bad).health, Health::Down);
    let mut lost = bad;
    lost.error = Some(ProbeError::TooManyRedirects);
    assert!(request(&lost).text.contains("more than 5 redirects"));
    assert_eq!(lost.status(), None, "the answer before the trouble is not its status");
}

#[test]
fn missing_https_redirect_is_wrong_only_if_https_exists() {
    let plain = visit("http://a.example/", &[("http://a.example/", 200, None)]);
    assert_eq!(https_redirect(&plain, true).unwrap().health, Health::Degraded);
    assert_eq!(https_redirect(&plain, false).unwrap().health, Health::Healthy);
    let led = visit("http://a.example/", &[("http://a.example/", 301, Some("https://a.example/"))]);
    assert_eq!(https_redirect(&led, true).unwrap().health, Health::Healthy);
    let astray = visit("http://a.example/", &[("http://a.example/", 302, Some("http://b.example/"))]);
    assert_eq!(https_redirect(&astray, true).unwrap().health, Health::Degraded);
    assert!(https_redirect(&visit("https://a.example/", &[("https://a.example/", 200, None)]), true).is_none());
}

#[test]
fn name_and_its_www_end_at_the_same_host() {
    let bare = visit("https://a.example/", &[("https://a.example/", 200, None)]);
    let led = visit(
        "https://www.a.example/",
        &[("https://www.a.example/", 301, Some("https://a.example/")), ("https://a.example/", 200, None)],
    );
    assert_eq!(www(&bare, &led).unwrap().health, Health::Healthy);
    let own = visit("https://www.a.example/", &[("https://www.a.example/", 200, None)]);
    assert_eq!(www(&bare, &own).unwrap().health, Health::Degraded);
}

fn tls(not_after: &str, distrust: Option<&str>) -> Tls {
    Tls {
        host: "a.example".into(),
        versions: vec![("1.2".into(), true), ("1.3".into(), true)],
        certificate: Ok(Certificate {
            names: vec!["a.example".into(), "*.a.example".into()],
            issuer: "Amazon RSA 2048 M02".into(),
            chain: vec!["a.example".into(), "Amazon RSA 2048 M02".into()],
            not_before: None,
            not_after: Some(not_after.parse().unwrap()),
        }),
        distrust: distrust.map(str::to_owned),
    }
}

#[test]
fn certificate_is_described_with_days_names_and_chain() {
    let good = certificate(&tls("2026-08-01T00:00:00Z", None), now());
    assert_eq!(good.health, Health::Healthy);
    assert_eq!(
        good.text,
        "61 days left, to 2026-08-01; for a.example, *.a.example; by Amazon RSA 2048 M02 (chain of 2)"
    );
    assert_eq!(certificate(&tls("2026-06-10T00:00:00Z", None), now()).health, Health::Degraded);
    let over = certificate(&tls("2026-05-30T00:00:00Z", Some("it has expired")), now());
    assert_eq!(over.health, Health::Down);
    assert!(over.text.contains("is not trusted: it has expired; expired 2"), "{}", over.text);
}

#[test]
fn host_without_tls_1_3_is_reported() {
    assert_eq!(versions(&tls("2026-08-01T00:00:00Z", None)).unwrap().text, "speaks TLS 1.2 and 1.3");
    let mut old = tls("2026-08-01T00:00:00Z", None);
    old.versions[1].1 = false;
    assert_eq!(versions(&old).unwrap().health, Health::Degraded);
    old.versions[0].1 = false;
    assert!(versions(&old).is_none(), "the certificate check reports the reason");
}

#[test]
fn missing_validation_record_is_reported_with_its_value() {
    let mut one = AcmCertificate {
        arn: "arn".into(),
        names: vec!["a.example".into()],
        status: "PENDING_VALIDATION".into(),
        not_after: None,
        missing: vec![("a.example".into(), "_x.a.example".into(), "_y.acm-validations.aws".into())],
        ..AcmCertificate::default()
    };
    let check = acm_certificate(&one, now());
    assert_eq!(check.health, Health::Down);
    assert!(check.hint.unwrap().contains("_x.a.example → _y.acm-validations.aws"));
    (one.missing, one.status, one.not_after) =
        (Vec::new(), "ISSUED".into(), Some("2027-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(acm_certificate(&one, now()).health, Health::Healthy);
    one.status = "EXPIRED".into();
    assert_eq!(acm_certificate(&one, now()).health, Health::Down);
}
