//! Faults that tests switch on: which requests they affect and how. The broken answers themselves are encoded in
//! `dispatch`; the world does not know about faults.

use crate::clock::Ms;
use serde_json::{Value, json};

/// The effect of a fault on an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The service answers "Rate exceeded".
    Throttle,
    /// A server error, status 500.
    Error,
    /// The correct answer, delayed.
    Delay,
    /// The body is cut in the middle, while the content length is that of the whole body.
    Truncate,
    /// The connection is closed without an answer.
    Reset,
    /// The request is never answered.
    Hang,
    /// Status 200 and a body that does not parse.
    Malformed,
    /// An empty page with a next token.
    Empty,
    /// Every answer carries the same next token.
    Loop,
    /// No policy allows the action.
    Denied,
    /// The token is expired.
    Expired,
    /// The call works, and the answer is a server error.
    Lost,
    /// The call works, and the connection is closed without an answer.
    Cut,
    /// A stream that starts, stays open and sends nothing.
    Silent,
    /// A message of a session is lost.
    Drop,
    /// A message of a session arrives twice.
    Duplicate,
    /// A message of a session arrives after the next one.
    Reorder,
    /// The link of a session is closed with `1000 Bye`.
    Close,
    /// The link of a session is closed with `1001`.
    GoingAway,
    /// The session ends with `channel_closed`.
    Ended,
    /// `start_publication` arrives long before the agent is ready.
    Early,
    /// The agent does not support multiplexing.
    Old,
    /// Messages of unknown types arrive in between.
    Unknown,
    /// The host and port cannot be reached.
    Refused,
    /// The signature does not match the expected one.
    Signature,
    /// A message of a session whose content does not match its digest.
    Damage,
    /// The agent is restarted and has lost its sessions.
    Restart,
}

const KINDS: &[(&str, Kind)] = &[
    ("throttle", Kind::Throttle),
    ("error", Kind::Error),
    ("delay", Kind::Delay),
    ("truncate", Kind::Truncate),
    ("reset", Kind::Reset),
    ("hang", Kind::Hang),
    ("malformed", Kind::Malformed),
    ("empty", Kind::Empty),
    ("loop", Kind::Loop),
    ("denied", Kind::Denied),
    ("expired", Kind::Expired),
    ("lost", Kind::Lost),
    ("error_after", Kind::Lost),
    ("cut", Kind::Cut),
    ("silent", Kind::Silent),
    ("drop", Kind::Drop),
    ("duplicate", Kind::Duplicate),
    ("reorder", Kind::Reorder),
    ("close", Kind::Close),
    ("going_away", Kind::GoingAway),
    ("ended", Kind::Ended),
    ("early", Kind::Early),
    ("old", Kind::Old),
    ("unknown", Kind::Unknown),
    ("refused", Kind::Refused),
    ("signature", Kind::Signature),
    ("damage", Kind::Damage),
    ("restart", Kind::Restart),
];

impl Kind {
    fn name(self) -> &'static str {
        KINDS.iter().find(|(_, k)| *k == self).map_or("", |(n, _)| n)
    }
}

#[derive(Debug)]
struct Fault {
    pattern: String,
    kind: Kind,
    /// The number of matching requests to let through before the first is affected.
    after: u64,
    left: Option<u64>,
    /// When the fault ends, in world time.
    until: Option<Ms>,
    delay_ms: u64,
    hits: u64,
}

/// The faults that apply to one request.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The delay before anything else, in real milliseconds.
    pub(crate) delay_ms: u64,
    /// The first matching fault other than a delay.
    pub(crate) kind: Option<Kind>,
}

/// The faults that are switched on.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Applies a control request: `{"operation","kind","count","after","seconds","delay_ms"}`, where `seconds` is
    /// world time after `now`; or `{"clear":true}`, restricted to an `operation` or `kind` if given.
    pub(crate) fn control(&mut self, request: &Value, now: Ms) -> Result<(), String> {
        if request["clear"] == json!(true) {
            let (operation, kind) = (request["operation"].as_str(), request["kind"].as_str());
            self.0.retain(|f| operation.is_some_and(|o| o != f.pattern) || kind.is_some_and(|k| !is_named(f.kind, k)));
            return Ok(());
        }
        let pattern = request["operation"].as_str().unwrap_or("*").to_owned();
        if pattern != "*" && !pattern.contains(':') {
            return Err(format!("operation {pattern:?} is not `service:Operation`, `service:*` or `*`"));
        }
        let name = request["kind"].as_str().unwrap_or_default();
        let Some((_, kind)) = KINDS.iter().find(|(n, _)| *n == name) else {
            let known: Vec<&str> = KINDS.iter().map(|(n, _)| *n).collect();
            return Err(format!("kind {name:?} is none of {}", known.join(", ")));
        };
        self.0.push(Fault {
            pattern,
            kind: *kind,
            after: request["after"].as_u64().unwrap_or(0),
            left: request["count"].as_u64(),
            until: request["seconds"].as_f64().map(|s| now + (s.max(0.0) * 1_000.0) as Ms),
            delay_ms: request["delay_ms"].as_u64().unwrap_or(0),
            hits: 0,
        });
        Ok(())
    }

    /// Returns the faults for a request of this operation, and uses up counted faults.
    pub(crate) fn take(&mut self, operation: &str, now: Ms) -> Verdict {
        let mut verdict = Verdict::default();
        self.0.retain(|f| f.until.is_none_or(|until| now < until));
        for fault in &mut self.0 {
            let hit = fault.left != Some(0) && matches(&fault.pattern, operation);
            if !hit || (fault.kind != Kind::Delay && verdict.kind.is_some()) {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.left = fault.left.map(|n| n - 1);
            fault.hits += 1;
            verdict.delay_ms += fault.delay_ms;
            if fault.kind != Kind::Delay {
                verdict.kind = Some(fault.kind);
            }
        }
        self.0.retain(|f| f.left != Some(0));
        verdict
    }

    /// Whether an action is denied now, for IAM policy checks: counted faults are not used up.
    pub(crate) fn denies(&self, action: &str, now: Ms) -> bool {
        let holds = |f: &&Fault| f.left != Some(0) && f.until.is_none_or(|until| now < until);
        let denied = |f: &&Fault| f.kind == Kind::Denied && f.pattern != "*" && matches(&f.pattern, action);
        self.0.iter().filter(holds).any(|f| denied(&f))
    }

    /// The faults, for `GET /_sim/state`.
    pub(crate) fn report(&self) -> Value {
        self.0
            .iter()
            .map(|f| json!({"operation": f.pattern, "kind": f.kind.name(), "left": f.left, "until": f.until.map(|t| crate::clock::timestamp(t).to_string()), "delay_ms": f.delay_ms, "hits": f.hits}))
            .collect()
    }
}

/// Whether a kind has this name (some have two).
fn is_named(kind: Kind, name: &str) -> bool {
    KINDS.iter().any(|(n, k)| *n == name && *k == kind)
}

fn matches(pattern: &str, operation: &str) -> bool {
    pattern == "*"
        || pattern == operation
        || pattern.strip_suffix(":*").is_some_and(|service| operation.split(':').next() == Some(service))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_faults_run_out_and_delays_add_up() {
        let mut f = Faults::default();
        f.control(&json!({"operation": "ecs:*", "kind": "throttle", "count": 1}), 0).unwrap();
        f.control(&json!({"operation": "*", "kind": "delay", "delay_ms": 5}), 0).unwrap();
        assert_eq!(f.take("ecs:ListTasks", 0), Verdict { delay_ms: 5, kind: Some(Kind::Throttle) });
        assert_eq!(f.take("ecs:ListTasks", 0), Verdict { delay_ms: 5, kind: None });
        f.control(&json!({"clear": true}), 0).unwrap();
        assert_eq!(f.take("ecs:ListTasks", 0), Verdict::default());
    }

    #[test]
    fn faults_expire_or_can_be_cleared() {
        let mut f = Faults::default();
        f.control(&json!({"operation": "ecs:*", "kind": "throttle", "seconds": 120}), 1_000).unwrap();
        assert_eq!(f.take("ecs:ListTasks", 120_999).kind, Some(Kind::Throttle));
        assert_eq!(f.take("ecs:ListTasks", 121_000).kind, None);
        assert_eq!(f.report(), json!([]));
        f.control(&json!({"operation": "*", "kind": "expired"}), 0).unwrap();
        f.control(&json!({"operation": "ecs:UpdateService", "kind": "error_after"}), 0).unwrap();
        f.control(&json!({"clear": true, "kind": "expired"}), 0).unwrap();
        assert_eq!(f.take("ecs:UpdateService", 0).kind, Some(Kind::Lost));
        f.control(&json!({"clear": true, "operation": "ecs:UpdateService", "kind": "lost"}), 0).unwrap();
        assert_eq!(f.take("ecs:UpdateService", 0).kind, None);
    }

    #[test]
    fn denial_check_does_not_use_up_the_fault() {
        let mut f = Faults::default();
        f.control(&json!({"operation": "ssm:StartSession", "kind": "denied", "count": 1}), 0).unwrap();
        f.control(&json!({"operation": "ecs:*", "kind": "error"}), 0).unwrap();
        assert!(f.denies("ssm:StartSession", 0) && f.denies("ssm:StartSession", 0));
        assert!(!f.denies("ecs:ExecuteCommand", 0) && !f.denies("ssm:ResumeSession", 0));
        assert_eq!(f.take("ssm:StartSession", 0).kind, Some(Kind::Denied));
        assert!(!f.denies("ssm:StartSession", 0));
    }

    #[test]
    fn invalid_control_requests_name_the_mistake() {
        let mut f = Faults::default();
        assert!(f.control(&json!({"operation": "x:y", "kind": "nope"}), 0).unwrap_err().contains("nope"));
        assert!(f.control(&json!({"operation": "ecs", "kind": "error"}), 0).is_err());
    }
}
