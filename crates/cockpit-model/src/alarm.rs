//! CloudWatch alarms.

use jiff::{SignedDuration, Timestamp};

/// One metric alarm or composite alarm.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Alarm {
    pub name: String,
    pub state: AlarmState,
    /// The reason that CloudWatch gives for the state.
    pub reason: String,
    pub since: Option<Timestamp>,
    pub description: Option<String>,
    /// `AWS/ECS`, …
    pub namespace: Option<String>,
    /// The metric's name.
    pub metric: Option<String>,
    /// Dimensions, name and value.
    pub dimensions: Vec<(String, String)>,
    pub threshold: Option<f64>,
    /// `GreaterThanOrEqualToThreshold`, …
    pub comparison: Option<String>,
    /// `Average`, `p99`, …
    pub statistic: Option<String>,
    /// The rule of a composite alarm, such as `ALARM("a") OR ALARM("b")`.
    pub rule: Option<String>,
    /// The alarm that suppresses a composite alarm's notifications while it is itself in ALARM.
    pub suppressor: Option<String>,
    /// The reason that CloudWatch gives for suppressing the actions of an alarm that is in ALARM.
    pub suppressed: Option<String>,
    /// Whether its actions are enabled.
    pub actions_enabled: bool,
    /// The actions of all states, as ARNs: SNS topics to notify, scaling policies to trigger.
    pub actions: Vec<String>,
}

/// State of an alarm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub enum AlarmState {
    /// The metric is within its threshold.
    Ok,
    /// The metric is beyond its threshold.
    Alarm,
    /// CloudWatch has too little data to decide.
    #[default]
    InsufficientData,
}

impl AlarmState {
    /// Parses the API's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "OK" => Self::Ok,
            "ALARM" => Self::Alarm,
            _ => Self::InsufficientData,
        }
    }

    /// The API's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl Alarm {
    /// Whether it only serves autoscaling: autoscaling created it, or all its actions are scaling policies. Such alarms
    /// go off in normal operation and are not reported.
    pub fn is_for_autoscaling(&self) -> bool {
        let steps = !self.actions.is_empty() && self.actions.iter().all(|action| action.contains(":scalingPolicy:"));
        steps || self.name.starts_with("TargetTracking-")
    }

    /// Returns the names of the alarms in the rule of a composite alarm, in order.
    pub fn children(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let rule = self.rule.as_deref().unwrap_or_default();
        // `ALARM("a")`, `OK(arn:aws:cloudwatch:r:1:alarm:b)`; other text around the parentheses is an operator.
        for part in rule.split(['(', ')']) {
            let name = part.trim().trim_matches('"');
            let name = name.rsplit(":alarm:").next().unwrap_or(name);
            let words = ["AND", "OR", "NOT", "ALARM", "OK", "INSUFFICIENT_DATA", "TRUE", "FALSE", ""];
            let last = name.rsplit(' ').next().unwrap_or_default();
            if !words.contains(&last) && !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
            }
        }
        found
    }
}

/// A mute rule of `CloudWatch`: it suspends the notifications of alarms for a time. Their states still change.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Mute {
    /// The name of the mute rule.
    pub rule: String,
    pub alarms: Vec<String>,
    /// When it begins; `None` for a recurring rule.
    pub from: Option<Timestamp>,
    /// When it ends; `None` for a recurring rule.
    pub until: Option<Timestamp>,
    /// Whether it is recurring and not active at this moment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

/// The maximum length of a rule's name, in characters. Source: `PutAlarmMuteRule`.
const MAX_NAME_CHARS: usize = 255;
/// A rule that begins within this time counts as active, because rules begin at a whole minute.
const BEGINS_WITHIN: SignedDuration = SignedDuration::from_mins(1);
/// Prefix of the names of the cockpit's own rules.
const OWN_PREFIX: &str = "cockpit-mute-";

impl Mute {
    /// Returns the name of the cockpit's own rule for an alarm. There is one per alarm, so muting again replaces it.
    pub fn rule_of(alarm: &str) -> String {
        let name = format!("{OWN_PREFIX}{alarm}");
        if name.chars().count() <= MAX_NAME_CHARS {
            return name;
        }
        // Names that differ only in the part that is cut off must not share a rule: append an FNV-1a hash.
        let sum = alarm
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let kept: String = name.chars().take(MAX_NAME_CHARS - 17).collect();
        format!("{kept}-{sum:016x}")
    }

    /// Whether this is the cockpit's own rule for the alarm.
    pub fn is_ours(&self, alarm: &str) -> bool {
        self.rule == Self::rule_of(alarm)
    }

    /// Whether it mutes the alarm at `now` or within the next minute.
    pub fn mutes(&self, alarm: &str, now: Timestamp) -> bool {
        let soon = now.checked_add(BEGINS_WITHIN).unwrap_or(now);
        let begun = !self.waits && self.from.is_none_or(|from| from <= soon);
        begun && self.alarms.iter().any(|name| name == alarm) && self.until.is_none_or(|until| until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_of_a_composite_alarm_come_from_its_rule() {
        let of = |rule: &str| Alarm { rule: Some(rule.into()), ..Alarm::default() }.children();
        assert_eq!(of(r#"ALARM("web cpu") OR (ALARM(db) AND NOT OK("db"))"#), ["web cpu", "db"]);
        assert_eq!(of("ALARM(arn:aws:cloudwatch:eu-west-1:1:alarm:web)"), ["web"]);
        assert_eq!(of("TRUE"), Vec::<String>::new());
        assert_eq!(Alarm::default().children(), Vec::<String>::new());
    }

    #[test]
    fn alarm_with_only_scaling_actions_belongs_to_autoscaling() {
        let steps = "arn:aws:autoscaling:eu-west-1:1:scalingPolicy:u:resource/ecs/service/shop/web:policyName/in";
        let of = |name: &str, actions: &[&str]| {
            let actions = actions.iter().map(|action| (*action).to_owned()).collect();
            Alarm { name: name.into(), actions, ..Alarm::default() }.is_for_autoscaling()
        };
        assert!(of("TargetTracking-service/shop/web-AlarmLow-1", &[]) && of("web-cpu-low", &[steps]));
        assert!(!of("web-cpu-low", &[steps, "arn:aws:sns:eu-west-1:1:alerts"]) && !of("web-cpu-low", &[]));
    }

    #[test]
    fn own_rule_name_is_unique_per_alarm_and_within_the_limit() {
        assert_eq!(Mute::rule_of("web-cpu"), "cockpit-mute-web-cpu");
        let (one, other) = ("a".repeat(255), format!("{}b", "a".repeat(254)));
        assert_ne!(Mute::rule_of(&one), Mute::rule_of(&other));
        assert_eq!(Mute::rule_of(&one).len(), MAX_NAME_CHARS);
        let at = |second| Timestamp::from_second(second).expect("in range");
        let (from, until) = (Some(at(0)), Some(at(60)));
        let mute = Mute { rule: Mute::rule_of("a"), alarms: vec!["a".into()], from, until, ..Mute::default() };
        assert!(mute.mutes("a", at(59)) && !mute.mutes("a", at(60)) && !mute.mutes("b", at(0)));
        assert!(mute.is_ours("a") && !mute.is_ours("b"));
    }

    #[test]
    fn future_mute_rule_does_not_mute_now() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let rule = Mute { rule: "theirs".into(), alarms: vec!["a".into()], ..Mute::default() };
        let tomorrow = Mute { from: Some(at(86_400)), until: Some(at(90_000)), ..rule.clone() };
        assert!(!tomorrow.mutes("a", at(0)) && tomorrow.mutes("a", at(86_340)) && tomorrow.mutes("a", at(89_000)));
        assert!(rule.mutes("a", at(0)), "recurring and active");
        assert!(!Mute { waits: true, ..rule }.mutes("a", at(0)), "recurring and not active");
    }
}
