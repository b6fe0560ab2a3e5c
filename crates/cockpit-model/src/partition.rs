//! The partitions of AWS. In those of China, of governments and of Europe alone, ARNs begin otherwise, and hosts and the
//! console have other domains. A region tells by its beginning which one it is in.
//!
//! Sources: the list of partitions that the SDKs of AWS come with; "Getting started" of AWS in China and of AWS `GovCloud`.

/// One of them.
struct Partition {
    /// How its regions begin.
    regions: &'static str,
    name: &'static str,
    domain: &'static str,
    /// The domain of the console; none where it is not known here.
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

/// The one that a region is in which begins like none of the others.
static COMMON: Partition = partition("", "aws", "amazonaws.com", Some("aws.amazon.com"));
/// All others that the SDKs know.
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

/// The name of a region's partition, as ARNs have it: `aws-cn`.
pub fn name(region: &str) -> &'static str {
    of(region).name
}

/// The domain of the services in a region: `amazonaws.com.cn`.
pub fn domain(region: &str) -> &'static str {
    of(region).domain
}

/// Where the console of a region is: `https://eu-west-1.console.aws.amazon.com`; none where it is not known here.
pub fn console(region: &str) -> Option<String> {
    of(region).console.map(|domain| format!("https://{region}.console.{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_tells_how_arns_hosts_and_the_console_are_called_there() {
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
