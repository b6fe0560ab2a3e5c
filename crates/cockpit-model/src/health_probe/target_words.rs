//! Descriptions of the health of load balancer targets.

use crate::target::Target;

/// The reason codes of `DescribeTargetHealth`. Source: the documentation of `TargetHealth` of Elastic Load Balancing.
const REASONS: &[(&str, &str)] = &[
    ("Elb.RegistrationInProgress", "is being registered"),
    ("Elb.InitialHealthChecking", "its first health checks are under way"),
    ("Elb.InternalError", "the load balancer has a fault of its own"),
    ("Target.ResponseCodeMismatch", "answers its health check with another status than is expected"),
    ("Target.Timeout", "does not answer its health check in time"),
    ("Target.FailedHealthChecks", "cannot be connected to for its health check, or sends a malformed answer"),
    ("Target.NotRegistered", "is not registered"),
    ("Target.NotInUse", "gets no traffic: its group or its zone is not used by the load balancer"),
    ("Target.DeregistrationInProgress", "is draining: requests in flight are still served"),
    ("Target.InvalidState", "is stopped or terminated"),
    ("Target.IpUnusable", "has an address that cannot be used: a load balancer has it"),
    ("Target.HealthCheckDisabled", "is not checked: health checks are off"),
];

/// Describes a target and the reason for its health in a sentence.
pub fn describe(target: &Target) -> String {
    let place = match (target.port, &target.az) {
        (Some(port), Some(az)) => format!("{}:{port} in {az}", target.id),
        (Some(port), None) => format!("{}:{port}", target.id),
        (None, _) => target.id.clone(),
    };
    let reason = target.reason.as_deref().unwrap_or_default();
    let known = REASONS.iter().find(|(code, _)| *code == reason).map(|(_, words)| *words);
    let detail = target.description.as_deref().filter(|text| text.contains('[')).map(|text| format!(" ({text})"));
    match (known, reason.is_empty()) {
        (Some(words), _) => format!("{place} {words}{}", detail.unwrap_or_default()),
        (None, false) => format!("{place} is {}: {reason}", target.state),
        (None, true) => format!("{place} is {}", target.state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_reasons_are_sentences_and_unknown_ones_are_unchanged() {
        let of = |reason: &str| Target {
            id: "10.0.1.5".into(),
            port: Some(3000),
            state: "unhealthy".into(),
            reason: Some(reason.into()),
            description: Some("Health checks failed with these codes: [502]".into()),
            ..Target::default()
        };
        assert_eq!(
            describe(&of("Target.ResponseCodeMismatch")),
            "10.0.1.5:3000 answers its health check with another status than is expected (Health checks failed with these codes: [502])"
        );
        assert_eq!(describe(&of("Target.Other")), "10.0.1.5:3000 is unhealthy: Target.Other");
    }
}
