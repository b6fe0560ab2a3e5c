//! Probes against sites of this machine.

use super::{Probes, Settings};
use crate::model::Health;
use crate::model::health_probe::firewall;
use crate::model::health_probe::results::ProbeError;
use crate::model::health_probe::site::certificate;
use aws_sim::{ShownCertificate, Site, SiteOptions};
use jiff::Timestamp;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const HOST: &str = "bookmarks.example.com";
/// Short, as some of these wait for it.
const LIMIT: Duration = Duration::from_millis(600);

fn options() -> SiteOptions {
    SiteOptions {
        names: vec![HOST.into(), "www.bookmarks.example.com".into()],
        addresses: vec![
            (HOST.into(), Ipv4Addr::new(192, 0, 2, 10).into()),
            ("ns.registry.example".into(), Ipv4Addr::LOCALHOST.into()),
        ],
        servers: vec![
            ("com".into(), vec!["ns.registry.example".into()]),
            ("example.com".into(), vec!["ns-1.awsdns-01.com".into(), "ns-2.awsdns-02.net".into()]),
        ],
        firewall: true,
        ..SiteOptions::default()
    }
}

/// A site and probes that reach it; with them the file of its authority.
async fn site(options: SiteOptions) -> (Site, Probes, tempfile::NamedTempFile) {
    let site = Site::start(options).await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &site.authority).unwrap();
    let connect = site.connect();
    let resolver = site.dns.to_string();
    let settings =
        Settings { resolver: Some(&resolver), ca_file: file.path().to_str(), connect: &connect, limit: Some(LIMIT) };
    let probes = Probes::new(&settings).unwrap();
    (site, probes, file)
}

#[tokio::test]
async fn a_request_is_followed_to_https_and_its_hops_are_kept() {
    let (_site, probes, _file) = site(options()).await;
    let visit = probes.visit(HOST, false, "/health").await;
    assert_eq!(visit.status(), Some(200), "{visit:?}");
    assert_eq!(visit.hops.len(), 2);
    assert_eq!(visit.hops[0].location.as_deref(), Some("https://bookmarks.example.com/health"));
}

#[tokio::test]
async fn no_more_than_five_redirects_are_followed_and_none_to_what_is_no_address_of_the_web() {
    let (_site, probes, _file) = site(options()).await;
    let round = probes.visit(HOST, true, "/loop").await;
    assert_eq!(round.error, Some(ProbeError::TooManyRedirects));
    assert_eq!(round.hops.len(), 6, "the first and five more");
    let astray = probes.visit(HOST, true, "/astray").await;
    assert_eq!(astray.error, Some(ProbeError::BadRedirect("javascript:alert(1)".into())));
}

#[tokio::test]
async fn who_accepts_and_never_answers_ends_at_the_limit() {
    let (_site, probes, _file) = site(options()).await;
    assert_eq!(probes.visit(HOST, true, "/slow").await.error, Some(ProbeError::Timeout));
    let (address, _listener) = aws_sim::unresponsive_address().await.unwrap();
    let connect = [format!("*:80={address}"), format!("*:443={address}")];
    let settings = Settings { resolver: Some("127.0.0.1:9"), connect: &connect, limit: Some(LIMIT), ca_file: None };
    let mute = Probes::new(&settings).unwrap();
    assert_eq!(mute.visit(HOST, false, "/").await.error, Some(ProbeError::Timeout));
    let tls = mute.tls(HOST).await;
    assert_eq!(tls.certificate, Err(ProbeError::Timeout));
    assert!(tls.versions.is_empty(), "it is asked once, not for each version");
}

#[tokio::test]
async fn a_refused_connection_is_told_as_one() {
    let (address, listener) = aws_sim::unresponsive_address().await.unwrap();
    drop(listener);
    let connect = [format!("*:80={address}")];
    let settings = Settings { resolver: Some("127.0.0.1:9"), connect: &connect, limit: Some(LIMIT), ca_file: None };
    let probes = Probes::new(&settings).unwrap();
    assert_eq!(probes.visit(HOST, false, "/").await.error, Some(ProbeError::Refused));
}

#[tokio::test]
async fn a_certificate_is_read_and_judged_whatever_is_wrong_with_it() {
    let (_site, probes, _file) = site(options()).await;
    let good = probes.tls(HOST).await;
    assert_eq!(good.distrust, None, "{good:?}");
    assert_eq!(good.versions, [("1.2".to_owned(), true), ("1.3".to_owned(), true)]);
    let shown = good.certificate.clone().unwrap();
    assert_eq!(shown.names, [HOST, "www.bookmarks.example.com"]);
    assert_eq!((shown.issuer.as_str(), shown.chain.len()), ("simulated authority", 2));
    let now = Timestamp::now();
    assert_eq!(certificate(&good, now).health, Health::Healthy);
    for (kind, why) in
        [(ShownCertificate::Expired, "it has expired"), (ShownCertificate::OtherName, "it is for other names")]
    {
        let (_site, probes, _file) = site(SiteOptions { certificate: kind, ..options() }).await;
        let seen = probes.tls(HOST).await;
        assert_eq!(seen.distrust.as_deref(), Some(why));
        assert_eq!(certificate(&seen, now).health, Health::Down);
        let visit = probes.visit(HOST, true, "/health").await;
        assert_eq!(visit.status(), Some(200), "the site behind it is looked at all the same");
    }
}

#[tokio::test]
async fn an_authority_that_this_machine_does_not_know_is_not_trusted() {
    let site = Site::start(options()).await.unwrap();
    let connect = site.connect();
    let settings = Settings { resolver: Some("127.0.0.1:9"), connect: &connect, limit: Some(LIMIT), ca_file: None };
    let seen = Probes::new(&settings).unwrap().tls(HOST).await;
    assert!(seen.distrust.unwrap().contains("authority"), "{:?}", seen.certificate);
}

#[tokio::test]
async fn names_are_asked_of_the_server_that_is_configured_and_one_that_is_silent_ends_at_the_limit() {
    let (_site, probes, _file) = site(options()).await;
    assert_eq!(probes.names(HOST).await.addresses, Ok(vec!["192.0.2.10".parse().unwrap()]));
    assert_eq!(probes.names("none.example.com").await.addresses, Err(ProbeError::NoAddress));
    assert_eq!(probes.names("silent.example.com").await.addresses, Err(ProbeError::Timeout));
    assert_eq!(probes.names("192.0.2.1").await.addresses, Ok(vec!["192.0.2.1".parse().unwrap()]));
}

#[tokio::test]
async fn a_host_with_addresses_of_ipv6_alone_is_found_and_reached() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address: Ipv6Addr = "2001:db8::10".parse().unwrap();
    let only = SiteOptions { addresses: vec![(HOST.into(), address.into())], ..options() };
    let (site, probes, _file) = site(only).await;
    assert_eq!(probes.names(HOST).await.addresses, Ok(vec![address.into()]));
    let listener = tokio::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.unwrap();
    let connect = [format!("*:80={}", listener.local_addr().unwrap())];
    let answering = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    });
    let resolver = site.dns.to_string();
    let settings = Settings { resolver: Some(&resolver), connect: &connect, limit: Some(LIMIT), ca_file: None };
    let visit = Probes::new(&settings).unwrap().visit(HOST, false, "/health").await;
    assert_eq!((visit.status(), visit.error), (Some(200), None));
    answering.await.unwrap();
}

#[tokio::test]
async fn the_zone_above_tells_the_name_servers() {
    let (_site, probes, _file) = site(options()).await;
    let mut servers = probes.delegation("example.com").await.servers.unwrap();
    servers.sort();
    assert_eq!(servers, ["ns-1.awsdns-01.com.", "ns-2.awsdns-02.net."]);
    assert!(probes.delegation("example.org").await.servers.is_err(), "nobody knows `org` here");
}

#[tokio::test]
async fn a_firewall_is_tried_with_three_requests() {
    let (_site, probes, _file) = site(options()).await;
    let seen = probes.firewall(HOST, true).await;
    assert_eq!((&seen.normal, &seen.injection, &seen.script), (&Ok(200), &Ok(403), &Ok(403)));
    assert_eq!(firewall::firewall(&seen).health, Health::Healthy);
    let (_site, open, _file) = site(SiteOptions { firewall: false, ..options() }).await;
    assert_eq!(firewall::firewall(&open.firewall(HOST, true).await).health, Health::Down);
}

#[tokio::test]
async fn the_public_address_is_what_somebody_outside_sees() {
    let (_site, probes, _file) = site(options()).await;
    assert_eq!(probes.public_address("http://address.example/address").await, Ok("203.0.113.7".parse().unwrap()));
    assert!(probes.public_address("https://address.example/").await.is_err(), "`ok` is no address");
}

#[test]
fn a_wrong_setting_of_the_probes_is_named() {
    let wrong = |settings: Settings<'_>| Probes::new(&settings).map(drop).unwrap_err();
    assert!(wrong(Settings { resolver: Some("example"), ..Settings::default() }).contains("`example`"));
    let connect = ["a:1".to_owned()];
    assert!(wrong(Settings { connect: &connect, ..Settings::default() }).contains("`a:1` is not HOST:PORT"));
    assert!(wrong(Settings { ca_file: Some("/nowhere.pem"), ..Settings::default() }).contains("/nowhere.pem"));
}
