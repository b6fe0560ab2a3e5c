//! Why a read failed, in words for a person and in a kind for a machine.

/// The kind decides the hint, the retry and the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The service asked us to slow down.
    Throttled,
    /// The identity may not do this.
    Denied,
    /// No credentials, or they are expired or unknown to AWS.
    Credentials,
    /// No connection: refused, reset, DNS, TLS.
    Unreachable,
    /// No answer within the operation's limit.
    Timeout,
    /// An answer that does not follow its protocol.
    Malformed,
    /// The thing that was asked for does not exist.
    NotFound,
    /// The credentials belong to another account than the configuration says.
    WrongAccount,
    /// The service does not take what was asked: a value, or a page token that is too old.
    Invalid,
    /// The service failed on its side.
    Service,
    /// A failure of any other kind.
    Other,
}

impl FailureKind {
    /// The word used in JSON and in tables.
    pub fn word(self) -> &'static str {
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

    /// A hint that fits all failures of this kind.
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
    /// The request itself was never sent: whatever it was to change is as it was.
    pub unsent: bool,
    /// The hint on this failure, where that is more than [`FailureKind::hint`].
    pub hint: Option<String>,
    /// No retry can help as long as this process runs: AWS refuses keys that stand in the environment, and
    /// nobody can change the environment of a process.
    pub lasting: bool,
}

impl Failure {
    /// An answer arrived that does not match the question.
    pub fn other_answer() -> Self {
        Self::new(FailureKind::Malformed, "the answer is not of the kind that was asked for")
    }

    /// Credentials that were renewed to those of another account than what is looked at is in.
    pub fn other_account(theirs: &str, ours: &str) -> Self {
        let message = format!("the credentials are for account {theirs} now, and this is in {ours}");
        let hint = format!("renew those of account {ours}; they are read again by themselves");
        Self::new(FailureKind::WrongAccount, message).hinted(hint)
    }

    /// A failure with its message.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), unsent: false, hint: None, lasting: false }
    }

    /// The same with what to do.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same under another sentence.
    #[must_use]
    pub fn said(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The action that it begins with: `ecs:ListTasks`.
    pub fn action(&self) -> Option<&str> {
        let (action, _) = self.message.split_once(": ")?;
        (action.contains(':') && !action.contains(' ')).then_some(action)
    }

    /// The message without that action.
    pub fn reason(&self) -> &str {
        self.action().map_or(self.message.as_str(), |action| &self.message[action.len() + 2..])
    }

    /// Why, whatever it was that was asked for: of what one may not do what AWS says of the policy, without the names of the
    /// action and of the thing.
    fn cause(&self) -> String {
        let reason = self.reason();
        // Services call the same by codes of their own: `ExpiredToken`, `ExpiredTokenException`.
        let coded = reason.strip_suffix(')').and_then(|reason| reason.rsplit_once(" ("));
        let is_code = |code: &str| code.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.');
        let reason = coded.filter(|(_, code)| is_code(code)).map_or(reason, |(words, _)| words);
        let refused = reason.split_once("is not authorized to perform").filter(|_| self.kind == FailureKind::Denied);
        let Some((_, rest)) = refused else { return reason.to_owned() };
        let why = rest.split_once(" because ").map_or("", |(_, why)| why);
        // The code of the error at its end is the same for all of them.
        let words = why.split_whitespace().filter(|word| !word.contains(':') && !word.starts_with('('));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Whether both have one cause, and the same helps: actions that one policy is to allow are one, one that a policy forbids
    /// is another.
    pub fn is_like(&self, other: &Self) -> bool {
        self.kind == other.kind && self.hint == other.hint && self.cause() == other.cause()
    }

    /// Adds one of those that failed to the others of its cause, or as the first of its own.
    pub fn join<T>(causes: &mut Vec<(Vec<Self>, Vec<T>)>, failure: Self, of: T) {
        match causes.iter_mut().find(|(known, _)| known[0].is_like(&failure)) {
            Some((known, all)) => {
                known.push(failure);
                all.push(of);
            }
            None => causes.push((vec![failure], vec![of])),
        }
    }

    /// Why all of these failed, which have one cause: the whole of one, the reason of several, and of what one may not do the
    /// actions that a policy has to allow.
    pub fn together(all: &[Self]) -> String {
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

    /// The hint on this failure, else on its kind.
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or_else(|| self.kind.hint())
    }

    /// The same, of a request that was never sent.
    #[must_use]
    pub fn unsent(mut self) -> Self {
        self.unsent = true;
        self
    }

    /// The same, of credentials that cannot be renewed while this process runs. Of another kind it says nothing.
    #[must_use]
    pub fn lasting(mut self, lasting: bool) -> Self {
        self.lasting = lasting && self.kind == FailureKind::Credentials;
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
    fn a_key_that_is_refused_is_one_cause_by_whatever_code_a_service_calls_that() {
        let expired = |action: &str, code: &str| {
            Failure::new(FailureKind::Credentials, format!("{action}: the token is expired ({code})"))
        };
        let (first, second) =
            (expired("sts:GetCallerIdentity", "ExpiredToken"), expired("ecs:ListTasks", "ExpiredTokenException"));
        assert!(first.is_like(&second));
        assert_eq!(Failure::together(&[first.clone(), second]), "the token is expired (ExpiredToken)");
        let other =
            Failure::new(FailureKind::Credentials, "sts:GetCallerIdentity: the token is invalid (ExpiredToken)");
        assert!(!first.is_like(&other));
    }

    #[test]
    fn actions_are_denied_for_one_cause_where_the_same_helps() {
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
        assert!(!list.is_like(&none("a:B").hinted("turn it on")), "another hint");
        let other =
            |action: &str| Failure::new(FailureKind::Denied, format!("{action}: not allowed: you are not subscribed"));
        assert!(!list.is_like(&other("ce:GetCostAndUsage")));
        assert!(other("a:B").is_like(&other("a:C")));

        let mut causes = Vec::new();
        for failure in [list, forbidden("a:B"), alarms, forbidden("a:C")] {
            Failure::join(&mut causes, failure, ());
        }
        let told: Vec<String> = causes.iter().map(|(failures, _)| Failure::together(failures)).collect();
        assert_eq!(
            told,
            [
                "not allowed: ecs:ListTasks, cloudwatch:DescribeAlarms",
                "not allowed: a:B, a:C because an explicit deny in a service control policy"
            ]
        );
    }
}
