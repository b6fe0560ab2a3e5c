//! Certificate Manager: the certificates of the load balancers.

use super::{ApiError, Call};
use crate::clock::timestamp;
use crate::wire::{Node, list, map};
use crate::world::DAY;
use crate::world::sites::Site;

/// Runs an ACM operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeCertificate" => describe(call),
        "ListCertificates" => Ok(list_certificates(call)),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn list_certificates(call: &Call<'_>) -> Node {
    let in_region = call.world.sites().into_iter().filter(|site| site.region == call.region);
    let rows = in_region.filter_map(|site| {
        let arn = site.certificate()?;
        Some(map! {"CertificateArn": arn, "DomainName": site.host, "Status": site.status, "Type": "AMAZON_ISSUED"})
    });
    map! {"CertificateSummaryList": list(rows.collect::<Vec<_>>())}
}

fn describe(call: &Call<'_>) -> Result<Node, ApiError> {
    let arn = call.input.str("CertificateArn").unwrap_or_default();
    let missing = || ApiError::client("ResourceNotFoundException", format!("Could not find certificate {arn}."));
    let mut sites = call.world.sites().into_iter();
    let site = sites.find(|site| site.certificate().as_deref() == Some(arn)).ok_or_else(missing)?;
    let issued = site.status == "ISSUED";
    let now = call.world.now;
    let start = call.world.start - 100 * DAY;
    let end = start + 395 * DAY;
    let options = site.names().into_iter().map(|name| validation(&site, &name, issued));
    let names = site.names();
    Ok(map! {"Certificate": map! {
        "CertificateArn": arn,
        "DomainName": site.host,
        "SubjectAlternativeNames": list(names),
        "DomainValidationOptions": list(options.collect::<Vec<_>>()),
        "Status": site.status,
        "Type": "AMAZON_ISSUED",
        "CreatedAt": timestamp(start),
        "IssuedAt": issued.then(|| timestamp(start)),
        "NotBefore": issued.then(|| timestamp(start)),
        "NotAfter": issued.then(|| timestamp(end.max(now))),
        "KeyAlgorithm": "RSA_2048",
        "RenewalEligibility": if issued { "ELIGIBLE" } else { "INELIGIBLE" },
    }})
}

fn validation(site: &Site, name: &str, issued: bool) -> Node {
    map! {
        "DomainName": name,
        "ValidationDomain": name,
        "ValidationMethod": "DNS",
        "ValidationStatus": if issued { "SUCCESS" } else { "PENDING_VALIDATION" },
        "ResourceRecord": map! {
            "Name": format!("_{:016x}.{name}.", crate::rng::hash(21, name)),
            "Type": "CNAME",
            "Value": format!("_{:016x}.acm-validations.aws.", crate::rng::hash(22, site.host)),
        },
    }
}
