//! The rules for consent. The one place where risk, guarded environments, `--read-only`, `--yes` and `--confirm` are
//! combined, for the screen and the headless commands alike.

use super::command::Risk;
use crate::config::EnvironmentConfig;

/// The risk of letting a database session write that was read-only: later statements are not confirmed, so it carries
/// the risk of whatever they may do.
pub const WRITE_SESSION_RISK: Risk = Risk::Disrupt;

/// The consent that a change requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// A key press; yes is preselected.
    Key,
    /// A key press; no is preselected.
    KeyOnNo,
    /// The environment's name must be typed.
    Typed(String),
}

/// Returns the consent that a change requires on the screen or at a prompt.
pub fn required_consent(risk: Risk, environment: &EnvironmentConfig) -> Consent {
    match risk.raised(environment.guarded) {
        Risk::Read | Risk::Change => Consent::Key,
        Risk::Disrupt => Consent::KeyOnNo,
        Risk::Destroy => Consent::Typed(environment.name.clone()),
    }
}

impl Consent {
    /// Whether the line typed at a prompt means yes. An empty line does only if yes is preselected, which it never is
    /// in a guarded environment.
    pub fn is_given_by(&self, line: &str) -> bool {
        let line = line.trim();
        match self {
            Self::Key => matches!(line, "" | "y" | "Y" | "yes"),
            Self::KeyOnNo => matches!(line, "y" | "Y" | "yes"),
            Self::Typed(name) => line == name,
        }
    }
}

/// The flags of a headless command that concern consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--read-only`.
    pub read_only: bool,
    /// `--yes`.
    pub yes: bool,
    /// `--confirm`.
    pub confirm: Option<String>,
}

/// The decision that follows from the flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Proceed without asking.
    Proceed,
    /// Ask a person.
    Ask(Consent),
    /// Refuse: the reason, and which flags would confirm it.
    Refuse(String, String),
}

/// Decides whether the flags give consent; `prompt` tells whether a person can be asked.
pub fn decide(risk: Risk, environment: &EnvironmentConfig, flags: &Flags, prompt: bool) -> Decision {
    let name = &environment.name;
    if risk == Risk::Read {
        return Decision::Proceed;
    }
    if flags.read_only {
        return Decision::Refuse("--read-only refuses every change".to_owned(), "leave --read-only out".to_owned());
    }
    if let Some(said) = &flags.confirm
        && said != name
    {
        return Decision::Refuse(
            format!("--confirm names {said}, but this is {name}"),
            format!("if you mean {name}, give --confirm {name}"),
        );
    }
    let named = environment.guarded || risk == Risk::Destroy;
    match (flags.yes, named, flags.confirm.is_some()) {
        (true, false, _) | (true, true, true) => Decision::Proceed,
        (true, true, false) | (false, _, _) if prompt => Decision::Ask(required_consent(risk, environment)),
        (true, true, false) => {
            let why = if environment.guarded { format!("{name} is guarded") } else { "it cannot be undone".to_owned() };
            Decision::Refuse(why, format!("confirm it with --yes --confirm {name}"))
        }
        (false, _, _) => {
            let answer = if named { format!("--yes --confirm {name}") } else { "--yes".to_owned() };
            Decision::Refuse(
                "nobody can be asked: standard input is not a terminal".to_owned(),
                format!("confirm it with {answer}"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(guarded: bool) -> EnvironmentConfig {
        EnvironmentConfig { name: "prod".into(), guarded, ..EnvironmentConfig::default() }
    }

    fn flags(yes: bool, confirm: Option<&str>) -> Flags {
        Flags { read_only: false, yes, confirm: confirm.map(str::to_owned) }
    }

    #[test]
    fn flags_give_consent_only_as_documented() {
        let open = environment(false);
        let guarded = environment(true);
        assert_eq!(decide(Risk::Change, &open, &flags(true, None), false), Decision::Proceed);
        assert_eq!(decide(Risk::Disrupt, &open, &flags(true, None), false), Decision::Proceed);
        for (risk, environment, flags) in [
            (Risk::Change, &open, flags(false, None)),
            (Risk::Change, &open, flags(false, Some("prod"))),
            (Risk::Destroy, &open, flags(true, None)),
            (Risk::Change, &guarded, flags(true, None)),
            (Risk::Change, &guarded, flags(true, Some("staging"))),
            (Risk::Change, &open, Flags { read_only: true, yes: true, confirm: None }),
        ] {
            assert!(matches!(decide(risk, environment, &flags, false), Decision::Refuse(..)), "{risk:?} {flags:?}");
        }
        assert_eq!(decide(Risk::Destroy, &open, &flags(true, Some("prod")), false), Decision::Proceed);
        assert_eq!(decide(Risk::Disrupt, &guarded, &flags(true, Some("prod")), false), Decision::Proceed);
    }

    #[test]
    fn bare_enter_never_confirms_in_a_guarded_environment() {
        for risk in [Risk::Change, Risk::Disrupt, Risk::Destroy] {
            let required = required_consent(risk, &environment(true));
            assert!(!required.is_given_by("") && !required.is_given_by("\n") && !required.is_given_by(" "), "{risk:?}");
        }
        assert!(required_consent(Risk::Change, &environment(false)).is_given_by("\n"));
        assert!(!required_consent(Risk::Disrupt, &environment(false)).is_given_by("\n"));
        assert!(required_consent(Risk::Destroy, &environment(false)).is_given_by("prod\n"));
        assert!(!required_consent(Risk::Destroy, &environment(false)).is_given_by("y\n"));
    }

    #[test]
    fn guarded_environment_requires_stronger_consent() {
        let asks = |risk, guarded| decide(risk, &environment(guarded), &Flags::default(), true);
        assert_eq!(asks(Risk::Change, false), Decision::Ask(Consent::Key));
        assert_eq!(asks(Risk::Change, true), Decision::Ask(Consent::KeyOnNo));
        assert_eq!(asks(Risk::Disrupt, true), Decision::Ask(Consent::Typed("prod".into())));
        assert_eq!(asks(Risk::Destroy, false), Decision::Ask(Consent::Typed("prod".into())));
    }
}
