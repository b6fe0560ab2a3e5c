//! A mute that is asked for, its title and its command line.

use crate::model::text::quoted;
use jiff::SignedDuration;

/// A request to mute or unmute an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The whole name of the alarm.
    pub alarm: String,
    /// For how long it notifies nobody, in whole minutes; none: it notifies again.
    pub length: Option<SignedDuration>,
}

/// The longest that a rule mutes. Source: `PutAlarmMuteRule`.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(15 * 24);

/// `1h`, `90m`, `2d`: as it is typed.
pub fn typed(length: SignedDuration) -> String {
    let minutes = length.as_secs() / 60;
    match minutes {
        _ if minutes % 60 != 0 => format!("{minutes}m"),
        _ => format!("{}h", minutes / 60),
    }
}

impl Request {
    /// The command line that does this, without the environment.
    pub fn typed(&self) -> String {
        let name = quoted(&self.alarm);
        match self.length {
            Some(length) => format!("alarms mute {name} --for {}", typed(length)),
            None => format!("alarms unmute {name}"),
        }
    }

    /// `mute web-cpu for 1h`.
    pub fn title(&self) -> String {
        match self.length {
            Some(length) => format!("mute {} for {}", self.alarm, typed(length)),
            None => format!("unmute {}", self.alarm),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_names_the_alarm_and_how_long() {
        let request = |alarm: &str, minutes: Option<i64>| Request {
            alarm: alarm.into(),
            length: minutes.map(SignedDuration::from_mins),
        };
        assert_eq!(request("web-cpu", Some(60)).typed(), "alarms mute web-cpu --for 1h");
        assert_eq!(request("web cpu", Some(90)).typed(), "alarms mute 'web cpu' --for 90m");
        assert_eq!(request("web-cpu", None).typed(), "alarms unmute web-cpu");
        assert_eq!(
            request("web;5xx>1", None).typed(),
            "alarms unmute 'web;5xx>1'",
            "what a shell would take for itself"
        );
        assert_eq!(request("web-cpu", Some(48 * 60)).title(), "mute web-cpu for 48h");
    }
}
