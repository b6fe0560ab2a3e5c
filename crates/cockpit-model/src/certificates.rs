//! Load balancer certificates from ACM: time to expiry, what blocks their renewal, and what to do about it.

use super::attention_entry::{Attention, AttentionSubject};
use super::estate::Estate;
use super::health::{Health, Severity};
use super::health_probe::declared::AcmCertificate;
use super::time::sentence_duration;
use jiff::{SignedDuration, Timestamp};

/// A certificate with less time left than this is overdue for renewal. Source: ACM's user guide, "Managed certificate
/// renewal": renewal begins 60 days before expiry, so with half of that left it is not being renewed.
const RENEWAL_OVERDUE: SignedDuration = SignedDuration::from_hours(30 * 24);
const DAY: i64 = 86_400;

/// The condition of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateStatus {
    /// The severity in the needs-attention list; `None` if nothing is wrong.
    pub severity: Option<Severity>,
    /// Whole days until it expires, if known.
    pub days: Option<i64>,
    /// A few words: `23 days left`.
    pub label: String,
    /// The state, in a sentence.
    pub what: String,
    /// The hint, if there is one.
    pub hint: Option<String>,
}

impl CertificateStatus {
    fn new(severity: Option<Severity>, short: impl Into<String>, what: String, hint: Option<String>) -> Self {
        Self { severity, days: None, label: short.into(), what, hint }
    }

    /// The health that the severity corresponds to.
    pub fn health(&self) -> Health {
        match self.severity {
            Some(Severity::Critical) => Health::Down,
            Some(Severity::Warning | Severity::Note) => Health::Degraded,
            None => Health::Healthy,
        }
    }
}

/// The name to show for a certificate: its first host name.
pub fn name(one: &AcmCertificate) -> &str {
    one.names.first().map_or(one.arn.as_str(), String::as_str)
}

/// Judges the condition of a certificate.
pub fn assess(one: &AcmCertificate, now: Timestamp) -> CertificateStatus {
    let left = one.not_after.map(|end| end.duration_since(now));
    let until = one.not_after.map(|end| format!(", to {}", end.strftime("%Y-%m-%d"))).unwrap_or_default();
    let days = left.map(|left| left.as_secs() / DAY);
    if one.status != "ISSUED" && one.status != "PENDING_VALIDATION" && left.is_none_or(|left| left.is_positive()) {
        let status = one.status.to_ascii_lowercase().replace('_', " ");
        let hint = "put another certificate on the listener: browsers refuse this one";
        let what = format!("the certificate is {status}");
        return CertificateStatus::new(Some(Severity::Critical), status, what, Some(hint.to_owned()));
    }
    if let Some(left) = left.filter(|left| !left.is_positive()) {
        let what =
            format!("the certificate expired {} ago{until}", sentence_duration(left.abs())).replace(", to", ", on");
        let hint = if one.imported {
            "import a new one, or let ACM issue it: browsers refuse the site"
        } else {
            "ACM has not renewed it: prove its names again, or request another one; browsers refuse the site"
        };
        return CertificateStatus::new(Some(Severity::Critical), "expired", what, Some(hint.to_owned()));
    }
    let ends = match days {
        Some(1) => "1 day left".to_owned(),
        Some(days) => format!("{days} days left"),
        None => "not valid yet".to_owned(),
    };
    if let Some((name, record, value)) = one.missing.first() {
        let severity = if one.status == "ISSUED" { Severity::Warning } else { Severity::Critical };
        let more = if one.missing.len() > 1 { format!(" and {} more", one.missing.len() - 1) } else { String::new() };
        let what = format!("the certificate waits for the proof of {name}{more}: {ends}{until}");
        let hint = format!("the zone needs the CNAME {record} → {value}");
        return CertificateStatus::new(Some(severity), format!("{ends}, not proven"), what, Some(hint));
    }
    if let Some(renewal) = one.renewal.as_deref().filter(|renewal| ["FAILED", "PENDING_VALIDATION"].contains(renewal)) {
        let why = if renewal == "FAILED" { "has failed" } else { "waits for a proof" };
        let what = format!("the renewal of the certificate {why}: {ends}{until}");
        let hint = "look at its validation records: `cockpit health` compares them with the zone";
        return CertificateStatus::new(
            Some(Severity::Warning),
            format!("{ends}, renewal {why}"),
            what,
            Some(hint.to_owned()),
        );
    }
    if left.is_some_and(|left| left <= RENEWAL_OVERDUE) {
        let hint = if one.imported {
            "import a new one: ACM renews only what it has issued"
        } else {
            "ACM should have renewed it by now: look at its validation records with `cockpit health`"
        };
        let what = format!("the certificate has {ends}{until}");
        return CertificateStatus::new(Some(Severity::Warning), ends, what, Some(hint.to_owned()));
    }
    CertificateStatus { days, ..CertificateStatus::new(None, ends.clone(), format!("{ends}{until}"), None) }
}

/// Returns the certificate that needs a look first: the most severe, then the one that expires first.
pub fn most_urgent(all: &[AcmCertificate], now: Timestamp) -> Option<(&AcmCertificate, CertificateStatus)> {
    let judged = all.iter().map(|one| (one, assess(one, now)));
    judged.min_by_key(|(one, standing)| {
        let worst = standing.severity.map_or(2, |severity| u8::from(severity != Severity::Critical));
        (worst, one.not_after.unwrap_or(Timestamp::MAX), name(one).to_owned())
    })
}

/// Adds the certificates that need attention to the list.
pub(super) fn attention(estate: &Estate, now: Timestamp, list: &mut Vec<Attention>) {
    for one in estate.certificates.value().into_iter().flatten() {
        let standing = assess(one, now);
        let Some(severity) = standing.severity else { continue };
        let name = name(one).to_owned();
        let place = AttentionSubject::Certificate(name.clone());
        list.push(Attention { severity, subject: place, name, what: standing.what, since: None, hint: standing.hint });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().expect("valid")
    }

    fn one(days: i64) -> AcmCertificate {
        AcmCertificate {
            arn: "arn:aws:acm:eu-west-1:1:certificate/c".into(),
            names: vec!["shop.example".into(), "www.shop.example".into()],
            status: "ISSUED".into(),
            not_after: Some(now() + SignedDuration::from_hours(24 * days)),
            ..AcmCertificate::default()
        }
    }

    #[test]
    fn overdue_renewal_shows_days_left_and_a_hint() {
        let of = |one: &AcmCertificate| {
            let standing = assess(one, now());
            (standing.severity, standing.label, standing.hint.unwrap_or_default())
        };
        assert_eq!(of(&one(200)), (None, "200 days left".into(), String::new()));
        assert_eq!(of(&one(31)).0, None);
        let soon = of(&one(23));
        assert_eq!((soon.0, soon.1.as_str()), (Some(Severity::Warning), "23 days left"));
        assert!(soon.2.contains("should have renewed"), "{soon:?}");
        assert!(of(&AcmCertificate { imported: true, ..one(23) }).2.starts_with("import a new one"));
        let over = assess(&one(-2), now());
        assert_eq!((over.severity, over.label.as_str()), (Some(Severity::Critical), "expired"));
        assert_eq!(over.what, "the certificate expired 2 days ago, on 2026-05-30");
        let missing = vec![("shop.example".into(), "_x.shop.example".into(), "_y.acm-validations.aws".into())];
        let waits = of(&AcmCertificate { missing: missing.clone(), ..one(200) });
        assert_eq!(waits.0, Some(Severity::Warning), "its renewal would fail: {waits:?}");
        assert_eq!(waits.2, "the zone needs the CNAME _x.shop.example → _y.acm-validations.aws");
        let new = AcmCertificate { missing, status: "PENDING_VALIDATION".into(), not_after: None, ..one(0) };
        assert_eq!(of(&new).0, Some(Severity::Critical));
        let failed = of(&AcmCertificate { renewal: Some("FAILED".into()), ..one(50) });
        assert_eq!((failed.0, failed.1.as_str()), (Some(Severity::Warning), "50 days left, renewal has failed"));
        assert_eq!(of(&AcmCertificate { renewal: Some("SUCCESS".into()), ..one(50) }).0, None);
        assert_eq!(of(&AcmCertificate { status: "REVOKED".into(), ..one(50) }).0, Some(Severity::Critical));
    }

    #[test]
    fn certificates_sort_by_severity_and_all_faulty_ones_need_attention() {
        let named = |name: &str, days: i64| AcmCertificate { names: vec![name.into()], ..one(days) };
        let all = vec![named("fine", 300), named("soon", 20), named("over", -1), named("sooner", 5)];
        assert_eq!(most_urgent(&all, now()).map(|(one, _)| name(one)), Some("over"));
        assert_eq!(most_urgent(&all[..2], now()).map(|(one, _)| name(one)), Some("soon"));
        assert_eq!(most_urgent(&[], now()), None);
        let mut estate = Estate::default();
        estate.certificates.record(all, now());
        estate.settle(now());
        let entries: Vec<_> = estate.derived.attention.iter().map(|one| (one.name.as_str(), one.severity)).collect();
        let wanted = [("over", Severity::Critical), ("soon", Severity::Warning), ("sooner", Severity::Warning)];
        assert_eq!(entries, wanted);
        assert_eq!(estate.derived.attention[0].subject, AttentionSubject::Certificate("over".into()));
    }
}
