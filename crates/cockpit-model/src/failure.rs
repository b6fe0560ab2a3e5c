//! Failed reads: a message for people and a kind for programs.

/// The kind of a failure; it determines the hint, the retry and the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The service throttled the request.
    Throttled,
    /// The identity is not allowed to do this.
    Denied,
    /// No credentials, or they are expired or unknown to AWS.
    Credentials,
    /// No connection: refused, reset, DNS, TLS.
    Unreachable,
    /// No answer within the time limit of the operation.
    Timeout,
    /// An answer that violates its protocol.
    Malformed,
    /// The requested resource does not exist.
    NotFound,
    /// The credentials belong to an account other than the configured one.
    WrongAccount,
    /// The service rejected the request: a value, or a page token that is too old.
    Invalid,
    /// The service failed internally.
    Service,
    /// A failure of any other kind.
    Other,
}

impl FailureKind {
    /// The word used in JSON and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Credentials => "credentials",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Malformed => "malformed",
            Self::NotFound => "not_found",
            Self::WrongAccount => "wrong_account",
            Self::Invalid => "invalid",
            Self::Service => "service",
            Self::Other => "other",
        }
    }

    /// Returns a hint that fits all failures of this kind.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Throttled => "AWS limits this call; it is answered again after a pause",
            Self::Denied => "allow the action named above in this identity's policy, or use another --profile",
            Self::Credentials => {
                "renew them (`aws sso login`, `aws login`) or name another --profile; they are read again by themselves"
            }
            Self::Unreachable => "check the network, the VPN and --endpoint-url",
            Self::Timeout => "the service did not answer in time; it may the next time",
            Self::Malformed => {
                "the answer was not understood: check that --endpoint-url is an AWS endpoint, and that no proxy answers instead"
            }
            Self::NotFound => "check the name, as it was typed or as the configuration has it (`cockpit config show`)",
            Self::WrongAccount => {
                "use the --profile of the configured account, or correct `account` in the configuration"
            }
            Self::Invalid => "correct what the message names",
            Self::Service => "a fault on the side of AWS; it may be over the next time",
            Self::Other => "see --log-file with -vv for the details",
        }
    }
}

/// One failure of one read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// The message of the service or the connection; never contains a secret.
    pub message: String,
    /// Whether the request was never sent, so that it cannot have changed anything.
    pub unsent: bool,
    /// The hint for this failure, if it is more specific than [`FailureKind::hint`].
    pub hint: Option<String>,
    /// Whether no retry can help while this process runs: AWS rejects keys from environment variables, and a process's
    /// environment cannot be changed from outside.
    pub permanent: bool,
}

impl Failure {
    /// Creates the failure for an answer that does not match the request.
    pub fn mismatched_answer() -> Self {
        Self::new(FailureKind::Malformed, "the answer is not of the kind that was asked for")
    }

    /// Creates the failure for renewed credentials that belong to an account other than that of the displayed data.
    pub fn account_changed(theirs: &str, ours: &str) -> Self {
        let message = format!("the credentials are for account {theirs} now, and this is in {ours}");
        let hint = format!("renew those of account {ours}; they are read again by themselves");
        Self::new(FailureKind::WrongAccount, message).with_hint(hint)
    }

    /// Creates a failure with a message.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), unsent: false, hint: None, permanent: false }
    }

    /// Returns the failure with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the failure with another message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Returns the action at the start of the message: `ecs:ListTasks`.
    pub fn action(&self) -> Option<&str> {
        let (action, _) = self.message.split_once(": ")?;
        (action.contains(':') && !action.contains(' ')).then_some(action)
    }

    /// Returns the message without the action.
    pub fn reason(&self) -> &str {
        self.action().map_or(self.message.as_str(), |action| &self.message[action.len() + 2..])
    }

    /// Returns the cause, independent of what was requested: of a denial, only AWS's statement about the policy,
    /// without the names of the action and the resource.
    fn cause(&self) -> String {
        let reason = self.reason();
        // Services use different codes for the same cause: `ExpiredToken`, `ExpiredTokenException`.
        let coded = reason.strip_suffix(')').and_then(|reason| reason.rsplit_once(" ("));
        let is_code = |code: &str| code.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.');
        let reason = coded.filter(|(_, code)| is_code(code)).map_or(reason, |(words, _)| words);
        let refused = reason.split_once("is not authorized to perform").filter(|_| self.kind == FailureKind::Denied);
        let Some((_, rest)) = refused else { return reason.to_owned() };
        let why = rest.split_once(" because ").map_or("", |(_, why)| why);
        // Drop ARNs and the error code at the end, which is the same for all.
        let words = why.split_whitespace().filter(|word| !word.contains(':') && !word.starts_with('('));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Whether both have the same cause and the same remedy. Denials for lack of an allowing policy are alike; a denial
    /// by an explicit deny is different.
    pub fn is_like(&self, other: &Self) -> bool {
        self.kind == other.kind && self.hint == other.hint && self.cause() == other.cause()
    }

    /// Adds a failure to the group with the same cause, or as the first of a new group.
    pub fn add_to_group<T>(causes: &mut Vec<(Vec<Self>, Vec<T>)>, failure: Self, of: T) {
        match causes.iter_mut().find(|(known, _)| known[0].is_like(&failure)) {
            Some((known, all)) => {
                known.push(failure);
                all.push(of);
            }
            None => causes.push((vec![failure], vec![of])),
        }
    }

    /// Describes failures with the same cause: the full message of a single one, the common reason of several, and for
    /// denials the actions that a policy must allow.
    pub fn describe_group(all: &[Self]) -> String {
        match all {
            [] => String::new(),
            [one] => one.message.clone(),
            [first, ..] if first.kind == FailureKind::Denied => {
                let mut actions: Vec<&str> = all.iter().filter_map(Self::action).collect();
                actions.dedup();
                let why = Some(first.cause()).filter(|why| why.contains("explicit deny"));
                let why = why.map(|why| format!(" because {why}")).unwrap_or_default();
                match actions[..] {
                    [] => first.reason().to_owned(),
                    _ => format!("not allowed: {}{why}", actions.join(", ")),
                }
            }
            [first, ..] => first.reason().to_owned(),
        }
    }

    /// Returns the hint for this failure, or else for its kind.
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or_else(|| self.kind.hint())
    }

    /// Returns the failure, marked as a request that was never sent.
    #[must_use]
    pub fn mark_unsent(mut self) -> Self {
        self.unsent = true;
        self
    }

    /// Returns the failure, marked as lasting if it is a credentials failure.
    #[must_use]
    pub fn mark_permanent(mut self, lasting: bool) -> Self {
        self.permanent = lasting && self.kind == FailureKind::Credentials;
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(action: &str, because: &str) -> Failure {
        let said =
            format!("User: arn:aws:iam::1:user/u is not authorized to perform: {action}{because} (AccessDenied)");
        Failure::new(FailureKind::Denied, format!("{action}: not allowed: {said}"))
    }

    #[test]
    fn rejected_key_is_one_cause_for_all_error_codes() {
        let expired = |action: &str, code: &str| {
            Failure::new(FailureKind::Credentials, format!("{action}: the token is expired ({code})"))
        };
        let (first, second) =
            (expired("sts:GetCallerIdentity", "ExpiredToken"), expired("ecs:ListTasks", "ExpiredTokenException"));
        assert!(first.is_like(&second));
        assert_eq!(Failure::describe_group(&[first.clone(), second]), "the token is expired (ExpiredToken)");
        let other =
            Failure::new(FailureKind::Credentials, "sts:GetCallerIdentity: the token is invalid (ExpiredToken)");
        assert!(!first.is_like(&other));
    }

    #[test]
    fn denials_with_the_same_remedy_are_one_cause() {
        let none = |action: &str| {
            denied(action, &format!(" on resource: * because no identity-based policy allows the {action} action"))
        };
        let forbidden = |action: &str| {
            denied(action, " with an explicit deny because an explicit deny in a service control policy")
        };
        let (list, alarms) = (none("ecs:ListTasks"), none("cloudwatch:DescribeAlarms"));
        assert!(list.is_like(&alarms));
        assert!(denied("a:B", "").is_like(&denied("a:C", "")));
        assert!(!list.is_like(&forbidden("cloudwatch:DescribeAlarms")));
        assert!(!list.is_like(&none("a:B").with_hint("turn it on")), "another hint");
        let other =
            |action: &str| Failure::new(FailureKind::Denied, format!("{action}: not allowed: you are not subscribed"));
        assert!(!list.is_like(&other("ce:GetCostAndUsage")));
        assert!(other("a:B").is_like(&other("a:C")));

        let mut causes = Vec::new();
        for failure in [list, forbidden("a:B"), alarms, forbidden("a:C")] {
            Failure::add_to_group(&mut causes, failure, ());
        }
        let messages: Vec<String> = causes.iter().map(|(failures, _)| Failure::describe_group(failures)).collect();
        assert_eq!(
            messages,
            [
                "not allowed: ecs:ListTasks, cloudwatch:DescribeAlarms",
                "not allowed: a:B, a:C because an explicit deny in a service control policy"
            ]
        );
    }
}
