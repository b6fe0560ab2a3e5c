//! A request to mute or unmute an alarm, its title and its command line.

use crate::model::text::shell_quote;
use jiff::SignedDuration;

/// A request to mute or unmute an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The full name of the alarm.
    pub alarm: String,
    /// How long to mute it, in whole minutes; `None` unmutes it.
    pub length: Option<SignedDuration>,
}

/// The maximum duration of a mute rule. Source: `PutAlarmMuteRule`.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(15 * 24);

/// The duration as it is typed: `1h`, `90m`, `2d`.
pub fn duration_text(length: SignedDuration) -> String {
    let minutes = length.as_secs() / 60;
    match minutes {
        _ if minutes % 60 != 0 => format!("{minutes}m"),
        _ => format!("{}h", minutes / 60),
    }
}

impl Request {
    /// The command line that does this, without the environment.
    pub fn command_line(&self) -> String {
        let name = shell_quote(&self.alarm);
        match self.length {
            Some(length) => format!("alarms mute {name} --for {}", duration_text(length)),
            None => format!("alarms unmute {name}"),
        }
    }

    /// `mute web-cpu for 1h`.
    pub fn title(&self) -> String {
        match self.length {
            Some(length) => format!("mute {} for {}", self.alarm, duration_text(length)),
            None => format!("unmute {}", self.alarm),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_names_the_alarm_and_the_duration() {
        let request = |alarm: &str, minutes: Option<i64>| Request {
            alarm: alarm.into(),
            length: minutes.map(SignedDuration::from_mins),
        };
        assert_eq!(request("web-cpu", Some(60)).command_line(), "alarms mute web-cpu --for 1h");
        assert_eq!(request("web cpu", Some(90)).command_line(), "alarms mute 'web cpu' --for 90m");
        assert_eq!(request("web-cpu", None).command_line(), "alarms unmute web-cpu");
        assert_eq!(
            request("web;5xx>1", None).command_line(),
            "alarms unmute 'web;5xx>1'",
            "what a shell would take for itself"
        );
        assert_eq!(request("web-cpu", Some(48 * 60)).title(), "mute web-cpu for 48h");
    }
}
