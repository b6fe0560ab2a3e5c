//! AWS partitions. In China, GovCloud, the isolated regions and the European Sovereign Cloud, ARNs have another prefix,
//! and hosts and the console have other domains. The region's prefix determines the partition.
//!
//! Sources: the list of partitions in the AWS SDKs; "Getting started" of AWS in China and of AWS `GovCloud`.

/// A partition.
struct Partition {
    /// The prefix of its regions.
    regions: &'static str,
    name: &'static str,
    domain: &'static str,
    /// The domain of the console; `None` if unknown.
    console: Option<&'static str>,
}

const fn partition(
    regions: &'static str,
    name: &'static str,
    domain: &'static str,
    console: Option<&'static str>,
) -> Partition {
    Partition { regions, name, domain, console }
}

/// The partition of all regions that match no other prefix.
static COMMON: Partition = partition("", "aws", "amazonaws.com", Some("aws.amazon.com"));
/// All other partitions that the SDKs know.
static OTHERS: &[Partition] = &[
    partition("cn-", "aws-cn", "amazonaws.com.cn", Some("amazonaws.cn")),
    partition("us-gov-", "aws-us-gov", "amazonaws.com", Some("amazonaws-us-gov.com")),
    partition("us-isob-", "aws-iso-b", "sc2s.sgov.gov", None),
    partition("us-isof-", "aws-iso-f", "csp.hci.ic.gov", None),
    partition("us-iso-", "aws-iso", "c2s.ic.gov", None),
    partition("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", None),
    partition("eusc-", "aws-eusc", "amazonaws.eu", None),
];

fn of(region: &str) -> &'static Partition {
    OTHERS.iter().find(|one| region.starts_with(one.regions)).unwrap_or(&COMMON)
}

/// Returns the name of a region's partition, as in ARNs: `aws-cn`.
pub fn name(region: &str) -> &'static str {
    of(region).name
}

/// Returns the domain of the services in a region: `amazonaws.com.cn`.
pub fn domain(region: &str) -> &'static str {
    of(region).domain
}

/// Returns the console URL of a region: `https://eu-west-1.console.aws.amazon.com`; `None` if unknown.
pub fn console(region: &str) -> Option<String> {
    of(region).console.map(|domain| format!("https://{region}.console.{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_determines_partition_domain_and_console() {
        for (region, known) in [
            ("eu-west-1", ("aws", "amazonaws.com", Some("https://eu-west-1.console.aws.amazon.com"))),
            ("cn-north-1", ("aws-cn", "amazonaws.com.cn", Some("https://cn-north-1.console.amazonaws.cn"))),
            (
                "us-gov-west-1",
                ("aws-us-gov", "amazonaws.com", Some("https://us-gov-west-1.console.amazonaws-us-gov.com")),
            ),
            ("us-iso-east-1", ("aws-iso", "c2s.ic.gov", None)),
            ("us-isob-east-1", ("aws-iso-b", "sc2s.sgov.gov", None)),
        ] {
            assert_eq!((name(region), domain(region), console(region).as_deref()), known, "{region}");
        }
    }
}
