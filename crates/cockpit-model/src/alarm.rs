//! CloudWatch alarms.

use jiff::{SignedDuration, Timestamp};

/// One metric alarm or composite alarm.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Alarm {
    pub name: String,
    pub state: AlarmState,
    /// Why, as CloudWatch says it.
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
    /// The alarm that suppresses the notifications of a composite alarm while it is raised itself.
    pub suppressor: Option<String>,
    /// Why it notifies nobody now though it is raised, as CloudWatch says it.
    pub suppressed: Option<String>,
    /// Whether it notifies anybody.
    pub actions_enabled: bool,
    /// The actions in any state, as ARNs: topics that are notified, policies that scale.
    pub actions: Vec<String>,
}

/// State of an alarm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub enum AlarmState {
    /// The metric is within its threshold.
    Ok,
    /// The metric is beyond its threshold.
    Alarm,
    /// CloudWatch cannot tell.
    #[default]
    InsufficientData,
}

impl AlarmState {
    /// Reads the API's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "OK" => Self::Ok,
            "ALARM" => Self::Alarm,
            _ => Self::InsufficientData,
        }
    }

    /// The API's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl Alarm {
    /// Whether it is there for autoscaling alone, which made it or has a policy of steps that it sets off: such alarms go
    /// off in normal work and are no news.
    pub fn of_autoscaling(&self) -> bool {
        let steps = !self.actions.is_empty() && self.actions.iter().all(|action| action.contains(":scalingPolicy:"));
        steps || self.name.starts_with("TargetTracking-")
    }

    /// The alarms that a composite one is made of, in their order.
    pub fn children(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let rule = self.rule.as_deref().unwrap_or_default();
        // `ALARM("a")`, `OK(arn:aws:cloudwatch:r:1:alarm:b)`; what else stands in parentheses names no alarm.
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

/// A mute rule of `CloudWatch`: alarms notify nobody for a time; their states still change.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Mute {
    /// The name of the mute rule.
    pub rule: String,
    pub alarms: Vec<String>,
    /// From when on; none where it comes again and again.
    pub from: Option<Timestamp>,
    /// Up to when; none where it comes again and again.
    pub until: Option<Timestamp>,
    /// It comes again and again, and mutes nothing at this moment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

/// The longest name of a rule. Source: `PutAlarmMuteRule`.
const LONGEST: usize = 255;
/// A rule that begins within this time mutes: it begins with a whole minute.
const SOON: SignedDuration = SignedDuration::from_mins(1);
/// How names of the cockpit's own rules begin.
const OURS: &str = "cockpit-mute-";

impl Mute {
    /// The name of the cockpit's own rule for an alarm: there is one for each, so that muting again replaces it.
    pub fn rule_of(alarm: &str) -> String {
        let name = format!("{OURS}{alarm}");
        if name.chars().count() <= LONGEST {
            return name;
        }
        // Names that begin alike must not share a rule.
        let sum = alarm
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let kept: String = name.chars().take(LONGEST - 17).collect();
        format!("{kept}-{sum:016x}")
    }

    /// Whether it is the cockpit's own rule for this alarm.
    pub fn is_ours(&self, alarm: &str) -> bool {
        self.rule == Self::rule_of(alarm)
    }

    /// Whether it mutes this alarm at this time, or will within a minute.
    pub fn mutes(&self, alarm: &str, now: Timestamp) -> bool {
        let soon = now.checked_add(SOON).unwrap_or(now);
        let begun = !self.waits && self.from.is_none_or(|from| from <= soon);
        begun && self.alarms.iter().any(|name| name == alarm) && self.until.is_none_or(|until| until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_children_of_a_composite_alarm_are_those_of_its_rule() {
        let of = |rule: &str| Alarm { rule: Some(rule.into()), ..Alarm::default() }.children();
        assert_eq!(of(r#"ALARM("web cpu") OR (ALARM(db) AND NOT OK("db"))"#), ["web cpu", "db"]);
        assert_eq!(of("ALARM(arn:aws:cloudwatch:eu-west-1:1:alarm:web)"), ["web"]);
        assert_eq!(of("TRUE"), Vec::<String>::new());
        assert_eq!(Alarm::default().children(), Vec::<String>::new());
    }

    #[test]
    fn an_alarm_that_only_scales_is_autoscalings_and_one_that_tells_somebody_too_is_not() {
        let steps = "arn:aws:autoscaling:eu-west-1:1:scalingPolicy:u:resource/ecs/service/shop/web:policyName/in";
        let of = |name: &str, actions: &[&str]| {
            let actions = actions.iter().map(|action| (*action).to_owned()).collect();
            Alarm { name: name.into(), actions, ..Alarm::default() }.of_autoscaling()
        };
        assert!(of("TargetTracking-service/shop/web-AlarmLow-1", &[]) && of("web-cpu-low", &[steps]));
        assert!(!of("web-cpu-low", &[steps, "arn:aws:sns:eu-west-1:1:alerts"]) && !of("web-cpu-low", &[]));
    }

    #[test]
    fn a_rule_of_ours_is_one_for_each_alarm_and_no_longer_than_may_be() {
        assert_eq!(Mute::rule_of("web-cpu"), "cockpit-mute-web-cpu");
        let (one, other) = ("a".repeat(255), format!("{}b", "a".repeat(254)));
        assert_ne!(Mute::rule_of(&one), Mute::rule_of(&other));
        assert_eq!(Mute::rule_of(&one).len(), LONGEST);
        let at = |second| Timestamp::from_second(second).expect("in range");
        let (from, until) = (Some(at(0)), Some(at(60)));
        let mute = Mute { rule: Mute::rule_of("a"), alarms: vec!["a".into()], from, until, ..Mute::default() };
        assert!(mute.mutes("a", at(59)) && !mute.mutes("a", at(60)) && !mute.mutes("b", at(0)));
        assert!(mute.is_ours("a") && !mute.is_ours("b"));
    }

    #[test]
    fn what_is_to_mute_later_does_not_mute_now() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let rule = Mute { rule: "theirs".into(), alarms: vec!["a".into()], ..Mute::default() };
        let tomorrow = Mute { from: Some(at(86_400)), until: Some(at(90_000)), ..rule.clone() };
        assert!(!tomorrow.mutes("a", at(0)) && tomorrow.mutes("a", at(86_340)) && tomorrow.mutes("a", at(89_000)));
        assert!(rule.mutes("a", at(0)), "again and again, and now");
        assert!(!Mute { waits: true, ..rule }.mutes("a", at(0)), "again and again, and not now");
    }
}
