//! The rules for a yes. The one place where risk, a guarded environment, `--read-only`, `--yes` and `--confirm` come
//! together; the screen and the headless commands both ask here.

use super::command::Risk;
use crate::config::EnvironmentConfig;

/// Letting the session of a database write that only reads: what it calls after that is seen by no question, so it is of the
/// risk of whatever that may do.
pub const WRITES: Risk = Risk::Disrupt;

/// The kind of consent that a change needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yes {
    /// A key; the yes is selected.
    Key,
    /// A key; the no is selected.
    Chosen,
    /// The environment's name must be typed.
    Typed(String),
}

/// The consent that a change takes on the screen or at a prompt.
pub fn yes(risk: Risk, environment: &EnvironmentConfig) -> Yes {
    match risk.raised(environment.guarded) {
        Risk::Read | Risk::Change => Yes::Key,
        Risk::Disrupt => Yes::Chosen,
        Risk::Destroy => Yes::Typed(environment.name.clone()),
    }
}

impl Yes {
    /// Whether the line that a person typed at a prompt says yes. Nothing at all does only where the yes is
    /// what is selected, which it never is in a guarded environment.
    pub fn said(&self, line: &str) -> bool {
        let line = line.trim();
        match self {
            Self::Key => matches!(line, "" | "y" | "Y" | "yes"),
            Self::Chosen => matches!(line, "y" | "Y" | "yes"),
            Self::Typed(name) => line == name,
        }
    }
}

/// The flags of a headless command that matter for consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--read-only`.
    pub read_only: bool,
    /// `--yes`.
    pub yes: bool,
    /// `--confirm`.
    pub confirm: Option<String>,
}

/// The decision that the flags lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may be done without asking.
    Go,
    /// A person is to be asked.
    Ask(Yes),
    /// It may not be done: why, and what would answer.
    Refuse(String, String),
}

/// Whether flags say yes; `prompt`: there is a person who can be asked.
pub fn decide(risk: Risk, environment: &EnvironmentConfig, flags: &Flags, prompt: bool) -> Decision {
    let name = &environment.name;
    if risk == Risk::Read {
        return Decision::Go;
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
        (true, false, _) | (true, true, true) => Decision::Go,
        (true, true, false) | (false, _, _) if prompt => Decision::Ask(yes(risk, environment)),
        (true, true, false) => {
            let why =
                if environment.guarded { format!("{name} is guarded") } else { "it cannot be taken back".to_owned() };
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
    fn flags_answer_as_the_contract_says() {
        let open = environment(false);
        let guarded = environment(true);
        assert_eq!(decide(Risk::Change, &open, &flags(true, None), false), Decision::Go);
        assert_eq!(decide(Risk::Disrupt, &open, &flags(true, None), false), Decision::Go);
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
        assert_eq!(decide(Risk::Destroy, &open, &flags(true, Some("prod")), false), Decision::Go);
        assert_eq!(decide(Risk::Disrupt, &guarded, &flags(true, Some("prod")), false), Decision::Go);
    }

    #[test]
    fn a_guarded_environment_takes_no_bare_enter() {
        for risk in [Risk::Change, Risk::Disrupt, Risk::Destroy] {
            let asked = yes(risk, &environment(true));
            assert!(!asked.said("") && !asked.said("\n") && !asked.said(" "), "{risk:?}");
        }
        assert!(yes(Risk::Change, &environment(false)).said("\n"));
        assert!(!yes(Risk::Disrupt, &environment(false)).said("\n"));
        assert!(yes(Risk::Destroy, &environment(false)).said("prod\n"));
        assert!(!yes(Risk::Destroy, &environment(false)).said("y\n"));
    }

    #[test]
    fn a_person_is_asked_harder_where_it_is_guarded() {
        let asks = |risk, guarded| decide(risk, &environment(guarded), &Flags::default(), true);
        assert_eq!(asks(Risk::Change, false), Decision::Ask(Yes::Key));
        assert_eq!(asks(Risk::Change, true), Decision::Ask(Yes::Chosen));
        assert_eq!(asks(Risk::Disrupt, true), Decision::Ask(Yes::Typed("prod".into())));
        assert_eq!(asks(Risk::Destroy, false), Decision::Ask(Yes::Typed("prod".into())));
    }
}
