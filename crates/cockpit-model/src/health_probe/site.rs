//! Checks of requests and certificates of a site.

use super::declared::{AcmCertificate, normalize_name};
use super::findings::{Check, Topic};
use super::results::{Tls, Visit};
use crate::health::Health;
use crate::time::sentence_duration;
use jiff::{SignedDuration, Timestamp};

/// A certificate with less time left is overdue for renewal: ACM renews 60 days before expiry, others 30.
const RENEWAL_OVERDUE: SignedDuration = SignedDuration::from_hours(14 * 24);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Checks the answer of a path.
pub fn request(visit: &Visit) -> Check {
    let check = |health, words: String| Check::new(Topic::Request, visit.url(), health, words);
    if let Some(trouble) = &visit.error {
        return check(Health::Down, trouble.describe());
    }
    let Some(last) = visit.hops.last() else { return check(Health::Unknown, "no answer".to_owned()) };
    let final_url = match visit.hops.len() {
        1 => String::new(),
        _ => format!(" at {}", last.url),
    };
    let words = format!("{}{final_url} in {} ms", last.status, visit.took_ms);
    match last.status {
        200..=399 => check(Health::Healthy, words),
        403 => check(Health::Degraded, words).with_hint("it is refused: look at `allowed` and at the firewall"),
        502..=504 => {
            check(Health::Down, words).with_hint("the load balancer has no target that answers: look at `targets`")
        }
        _ => check(Health::Down, words),
    }
}

/// Checks that a request without TLS is redirected to HTTPS. `secure`: the site supports HTTPS.
pub fn https_redirect(visit: &Visit, secure: bool) -> Option<Check> {
    if visit.secure {
        return None;
    }
    let first = visit.hops.first()?;
    let check = |health, words: String| Check::new(Topic::Redirect, visit.url(), health, words);
    let to = first.location.as_deref();
    Some(match to {
        Some(to) if to.starts_with("https://") => check(Health::Healthy, format!("{} to {to}", first.status)),
        Some(to) => check(Health::Degraded, format!("{} to {to}, which is not HTTPS", first.status)),
        None if secure => check(Health::Degraded, format!("{} without being led to HTTPS", first.status))
            .with_hint("the listener of port 80 should redirect to HTTPS"),
        None => check(Health::Healthy, format!("{}; there is no HTTPS to lead to", first.status)),
    })
}

/// Checks that a name and its `www` variant redirect to one of them.
pub fn www(bare: &Visit, www: &Visit) -> Option<Check> {
    let final_host = |visit: &Visit| {
        let url = &visit.hops.last()?.url;
        Some(url.split("://").nth(1)?.split(['/', ':']).next()?.to_owned())
    };
    let (one, other) = (final_host(bare)?, final_host(www)?);
    let check = |health, words: String| Check::new(Topic::Redirect, www.url(), health, words);
    Some(if normalize_name(&one) == normalize_name(&other) {
        check(Health::Healthy, format!("both names end at {one}"))
    } else {
        check(
            Health::Degraded,
            format!("{} and {} each answer for themselves: neither leads to the other", bare.host, www.host),
        )
    })
}

/// Returns the remaining validity of a certificate, as health and in words.
pub fn remaining_validity(not_after: Timestamp, now: Timestamp) -> (Health, String) {
    let left = not_after.duration_since(now);
    let date = not_after.strftime("%Y-%m-%d");
    if left.is_negative() {
        return (Health::Down, format!("expired {} ago, on {date}", sentence_duration(left.abs())));
    }
    let days = left.as_secs() / DAY.as_secs();
    let words = format!("{days} {} left, to {date}", if days == 1 { "day" } else { "days" });
    (if left < RENEWAL_OVERDUE { Health::Degraded } else { Health::Healthy }, words)
}

/// Checks the certificate that a host presents.
pub fn certificate(seen: &Tls, now: Timestamp) -> Check {
    let check = |health, words: String| Check::new(Topic::Certificate, seen.host.clone(), health, words);
    let shown = match &seen.certificate {
        Err(trouble) => return check(Health::Down, trouble.describe()),
        Ok(shown) => shown,
    };
    let (mut health, mut words) = match shown.not_after {
        Some(end) => remaining_validity(end, now),
        None => (Health::Unknown, "does not say how long it holds".to_owned()),
    };
    if let Some(why) = &seen.distrust {
        health = Health::Down;
        words = format!("is not trusted: {why}; {words}");
    }
    let names = if shown.names.is_empty() { "no name".to_owned() } else { shown.names.join(", ") };
    let chain = match shown.chain.len() {
        0 | 1 => "no chain sent".to_owned(),
        more => format!("chain of {more}"),
    };
    let check = check(health, format!("{words}; for {names}; by {} ({chain})", shown.issuer));
    match health {
        Health::Degraded => check.with_hint("it should have been renewed by now: look at its validation records"),
        Health::Down if seen.distrust.is_some() => {
            check.with_hint("browsers refuse it: look at its names, its chain and its end")
        }
        _ => check,
    }
}

/// Checks the TLS versions that a host supports.
pub fn versions(seen: &Tls) -> Option<Check> {
    let supported: Vec<&str> = seen.versions.iter().filter(|(_, on)| *on).map(|(name, _)| name.as_str()).collect();
    if seen.versions.is_empty() || supported.is_empty() {
        return None;
    }
    let check = |health, words: String| Check::new(Topic::Tls, seen.host.clone(), health, words);
    Some(if supported.contains(&"1.3") {
        check(Health::Healthy, format!("speaks TLS {}", supported.join(" and ")))
    } else {
        check(Health::Degraded, format!("speaks TLS {}, and not 1.3", supported.join(" and ")))
            .with_hint("take a security policy of the listener with TLS 1.3: ELBSecurityPolicy-TLS13-1-2-2021-06")
    })
}

/// Checks an ACM certificate.
pub fn acm_certificate(one: &AcmCertificate, now: Timestamp) -> Check {
    let subject = one.names.first().cloned().unwrap_or_else(|| one.arn.clone());
    let check = |health, words: String| Check::new(Topic::Certificate, subject.clone(), health, words);
    if let Some((name, record, value)) = one.missing.first() {
        let more = if one.missing.len() > 1 { format!(" and {} more", one.missing.len() - 1) } else { String::new() };
        let health = if one.status == "ISSUED" { Health::Degraded } else { Health::Down };
        return check(health, format!("ACM waits for the proof of {name}{more} ({})", one.status))
            .with_hint(format!("the zone needs the CNAME {record} → {value}"));
    }
    match (one.status.as_str(), one.not_after) {
        ("ISSUED", Some(end)) => {
            let (health, words) = remaining_validity(end, now);
            let renewed = if one.imported { "imported, and not renewed by itself" } else { "renewed by itself" };
            check(health, format!("ACM: issued, {words}, {renewed}"))
        }
        ("ISSUED", None) => check(Health::Healthy, "ACM: issued".to_owned()),
        ("PENDING_VALIDATION", _) => check(Health::Changing, "ACM validates it".to_owned()),
        (status, _) => check(Health::Down, format!("ACM: {}", status.to_ascii_lowercase().replace('_', " "))),
    }
}

#[cfg(test)]
#[path = "site_tests.rs"]
mod tests;
