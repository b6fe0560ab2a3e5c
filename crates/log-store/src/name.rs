//! Names with generated parts, as added by `CloudFormation`, CDK, Copilot, Terraform and Pulumi.

/// Returns a name without its generated part: `shop-prod-web` for `shop-prod-web-Service-1A2B3C4D5E6F`. A name without one is
/// returned unchanged.
#[must_use]
pub fn without_generated_suffix(name: &str) -> &str {
    let Some(at) = name.rfind(['-', '_', '/']) else { return name };
    let (head, last) = (&name[..at], &name[at + 1..]);
    if head.is_empty() {
        return name;
    }
    if is_digits_or_hash(last) {
        return head;
    }
    if !is_of_a_stack(last) {
        return name;
    }
    // The logical id before it: `Service` for Copilot, `WebServiceD2A8E1F4` for the CDK.
    let head = without_hash(head);
    head.strip_suffix("-Service").filter(|rest| !rest.is_empty()).unwrap_or(head)
}

/// Returns the generated part, without its separator.
#[must_use]
pub fn generated_suffix(name: &str) -> Option<&str> {
    let last = &name[name.rfind(['-', '_', '/'])? + 1..];
    (without_generated_suffix(name).len() < name.len()).then_some(last)
}

/// Returns whether a part is a `CloudFormation` suffix: 12 or 13 random letters and digits, in capitals for stacks created
/// before 2023, in mixed case since. Source: the physical ids in its documentation.
fn is_of_a_stack(part: &str) -> bool {
    if !(12..=13).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let has = |what: fn(&u8) -> bool| part.as_bytes().iter().any(what);
    let (upper, lower, digit) = (has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase), has(u8::is_ascii_digit));
    match (upper, lower) {
        (true, false) => digit,
        // Compound words change case rarely, random text all the time.
        (true, true) => humps(part) >= 5,
        _ => false,
    }
}

/// Counts the runs of capitals, of lower-case letters with an optional leading capital, and of digits.
fn humps(part: &str) -> usize {
    let kind = |b: u8| {
        if b.is_ascii_digit() {
            0
        } else if b.is_ascii_uppercase() {
            1
        } else {
            2
        }
    };
    let bytes = part.as_bytes();
    let changes = bytes.windows(2).filter(|pair| {
        let (a, b) = (kind(pair[0]), kind(pair[1]));
        a != b && !(a == 1 && b == 2)
    });
    1 + changes.count()
}

/// Returns whether a part is the 20 or more digits of Terraform's `name_prefix`, or the 7 to 40 hexadecimal digits of
/// `random_id` and Pulumi.
fn is_digits_or_hash(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let hash = part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (digits == part.len() && digits >= 20)
        || (hash && (7..=40).contains(&part.len()) && digits > 0 && digits < part.len())
}

/// Removes the 8 upper-case hexadecimal digits that the CDK adds to a logical id.
fn without_hash(head: &str) -> &str {
    let Some(at) = head.len().checked_sub(8).filter(|at| head.is_char_boundary(*at)) else { return head };
    let (before, hash) = head.split_at(at);
    let is_hash =
        hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')) && hash.bytes().any(|b| b.is_ascii_digit());
    if is_hash && before.ends_with(|c: char| c.is_ascii_alphanumeric()) { before } else { head }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_suffixes_are_removed() {
        for (name, expected) in [
            ("shop-prod-web-Service-1A2B3C4D5E6F", "shop-prod-web"),
            ("shop-prod-admin-web-Service-2fXq9Zc1LmPa", "shop-prod-admin-web"),
            ("ShopProd-WebServiceD2A8E1F4-qN2bR8WmZ0aB", "ShopProd-WebService"),
            ("ShopProd-WebService9571FDD8-8HZbVYEo9Rzx", "ShopProd-WebService"),
            ("prod-EcsService-1LWT5GV2V1H9X", "prod-EcsService"),
            ("web-20261120093011123400000001", "web"),
            ("web-3f2a9c1b", "web"),
            ("web-9f3c2e1", "web"),
        ] {
            assert_eq!(without_generated_suffix(name), expected, "{name}");
            assert!(generated_suffix(name).is_some_and(|part| name.ends_with(part)), "{name}");
        }
    }

    #[test]
    fn names_chosen_by_people_are_unchanged() {
        for name in [
            "web",
            "shop-prod-web",
            "svc-0001",
            "orders-notification",
            "shop-Notification",
            "prod-OrderGateway",
            "prod-WebApiGateway",
            "api-v2",
            "web-20261120",
            "app-deadbeef",
            "web-Service",
            "-1A2B3C4D5E6F",
            "日本-サービス",
            "worker-12",
            "payments-ACCOUNTING",
            "a-b",
            "",
            "prod-eu-west-1",
        ] {
            assert_eq!((without_generated_suffix(name), generated_suffix(name)), (name, None), "{name}");
        }
    }
}
