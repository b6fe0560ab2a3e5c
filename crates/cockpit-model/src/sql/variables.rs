//! psql's variables. Those with a special meaning are checked when they are set.

use super::format::options::boolean;
use super::keywords::literal;
use super::token::is_variable_char;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The values that a special variable accepts.
enum Takes {
    /// On or off.
    Boolean,
    /// One of these; the first is the value when it is unset.
    One(&'static [&'static str]),
    Number,
    /// Seconds, with fractions.
    Seconds,
    /// Any text.
    Text,
}

/// The maximum interval of `\watch` in seconds. Source: psql's settings.h, `DEFAULT_WATCH_INTERVAL_MAX`.
const LONGEST_WATCH: f64 = 1_000_000.0;

/// Special variables: accepted values, initial value and description.
/// Source: psql's documentation, "Variables".
const KNOWN: &[(&str, Takes, &str, &str)] = &[
    ("AUTOCOMMIT", Takes::Boolean, "on", "each statement is committed at once; off: `COMMIT` commits"),
    (
        "COMP_KEYWORD_CASE",
        Takes::One(&["preserve-upper", "lower", "upper", "preserve-lower"]),
        "preserve-upper",
        "accepted, without an effect: a key word is completed in the case in which it is begun",
    ),
    ("ECHO", Takes::One(&["none", "errors", "queries", "all"]), "none", "statements are shown before they run"),
    ("ECHO_HIDDEN", Takes::One(&["off", "on", "noexec"]), "off", "the statements of `\\d` and its like are shown"),
    ("FETCH_COUNT", Takes::Number, "0", "accepted, without an effect: results are always streamed"),
    ("HIDE_TABLEAM", Takes::Boolean, "off", "tables are described without their access method"),
    ("HIDE_TOAST_COMPRESSION", Takes::Boolean, "off", "columns are described without their compression"),
    (
        "HISTCONTROL",
        Takes::One(&["none", "ignorespace", "ignoredups", "ignoreboth"]),
        "none",
        "`ignorespace`: statements that begin with a blank are kept out of the history; repeated ones always are",
    ),
    ("HISTSIZE", Takes::Number, "500", "accepted, without an effect: the history has 5,000 statements"),
    ("IGNOREEOF", Takes::Number, "0", "accepted, without an effect"),
    (
        "ON_ERROR_ROLLBACK",
        Takes::One(&["off", "on", "interactive"]),
        "off",
        "an error in a transaction rolls back only its statement",
    ),
    ("ON_ERROR_STOP", Takes::Boolean, "off", "a script ends at its first error"),
    ("PROMPT1", Takes::Text, "%/%R%x%# ", "accepted, without an effect"),
    ("PROMPT2", Takes::Text, "%/%R%x%# ", "accepted, without an effect"),
    ("PROMPT3", Takes::Text, ">> ", "accepted, without an effect"),
    ("QUIET", Takes::Boolean, "off", "fewer messages are printed"),
    (
        "SHOW_ALL_RESULTS",
        Takes::Boolean,
        "on",
        "of several statements at once all results are shown, not only the last",
    ),
    ("SHOW_CONTEXT", Takes::One(&["errors", "never", "always"]), "errors", "when the call stack of a message is shown"),
    ("SINGLELINE", Takes::Boolean, "off", "accepted, without an effect"),
    ("SINGLESTEP", Takes::Boolean, "off", "accepted, without an effect"),
    (
        "VERBOSITY",
        Takes::One(&["default", "verbose", "terse", "sqlstate"]),
        "default",
        "how much of an error is printed",
    ),
    ("WATCH_INTERVAL", Takes::Seconds, "2", "seconds between two runs of `\\watch`"),
];

/// Variables that the program sets, with their descriptions.
pub const PROGRAM_VARIABLES: &[(&str, &str)] = &[
    ("DBNAME", "the database"),
    ("ENCODING", "the encoding of the client"),
    ("ERROR", "whether the last statement failed"),
    ("HOST", "the server"),
    ("LASTOID", "always 0, as no server since 12 gives rows a number"),
    ("LAST_ERROR_MESSAGE", "the last error"),
    ("LAST_ERROR_SQLSTATE", "its code"),
    ("PORT", "the port of the server"),
    ("ROW_COUNT", "rows of the last statement"),
    ("SERVER_VERSION_NAME", "the version of the server"),
    ("SERVER_VERSION_NUM", "the same as a number"),
    ("SQLSTATE", "the code of the last statement's end"),
    ("USER", "the user"),
    ("VERSION", "the psql version whose commands these are"),
    ("VERSION_NAME", "its version"),
    ("VERSION_NUM", "the same as a number"),
];

/// The psql version reported to scripts. Source: the newest version whose commands are all in the table, except those marked
/// as unsupported.
const VERSION: &str = "15";

/// All variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    values: BTreeMap<String, String>,
}

impl Default for Variables {
    fn default() -> Self {
        let mut values: BTreeMap<String, String> =
            KNOWN.iter().map(|(name, _, first, _)| ((*name).into(), (*first).into())).collect();
        for (name, value) in [
            ("ERROR", "false"),
            ("LAST_ERROR_MESSAGE", ""),
            ("LAST_ERROR_SQLSTATE", "00000"),
            ("ROW_COUNT", "0"),
            ("SQLSTATE", "00000"),
            ("ENCODING", "UTF8"),
            ("LASTOID", "0"),
            ("VERSION", &format!("cockpit with the commands of psql {VERSION}")),
            ("VERSION_NAME", VERSION),
            ("VERSION_NUM", &format!("{VERSION}0000")),
        ] {
            values.insert(name.into(), value.into());
        }
        Self { values }
    }
}

impl Variables {
    /// Returns the value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Returns whether an on/off variable is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| boolean(value) == Some(true))
    }

    /// Returns whether a variable is special, so that `\gset` must not set it.
    pub fn is_special(name: &str) -> bool {
        KNOWN.iter().any(|(known, ..)| *known == name)
    }

    /// Sets a variable.
    ///
    /// # Errors
    /// An invalid name, or a value that a special variable does not accept; the message is psql's.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        if name.is_empty() || !name.chars().all(is_variable_char) {
            return Err(format!("invalid variable name: \"{name}\""));
        }
        let mut value = value;
        match KNOWN.iter().find(|(known, ..)| *known == name).map(|(_, takes, ..)| takes) {
            None | Some(Takes::Text) => {}
            Some(Takes::Boolean) if value.is_empty() => value = "on",
            Some(Takes::Boolean) if boolean(value).is_some() => {}
            Some(Takes::Boolean) => {
                return Err(format!("unrecognized value \"{value}\" for \"{name}\": Boolean expected"));
            }
            Some(Takes::Number) if value.parse::<i64>().is_ok() => {}
            Some(Takes::Number) => return Err(format!("invalid value \"{value}\" for \"{name}\": integer expected")),
            Some(Takes::Seconds) => match value.parse::<f64>() {
                Ok(seconds) if (0.0..=LONGEST_WATCH).contains(&seconds) => {}
                Ok(seconds) if seconds < 0.0 => {
                    return Err(format!(
                        "invalid value \"{value}\" for variable \"{name}\": must be greater than 0.00"
                    ));
                }
                Ok(_) => {
                    let most = format!("must be less than {LONGEST_WATCH:.2}");
                    return Err(format!("invalid value \"{value}\" for variable \"{name}\": {most}"));
                }
                Err(_) => return Err(format!("invalid value \"{value}\" for variable \"{name}\"")),
            },
            Some(Takes::One(choices)) => {
                let switch = choices.contains(&"off").then(|| boolean(value)).flatten();
                let lower = value.to_ascii_lowercase();
                let exact = choices.iter().find(|choice| **choice == lower);
                value = match (exact, switch) {
                    (Some(choice), _) => choice,
                    (None, Some(true)) => "on",
                    (None, Some(false)) => "off",
                    (None, None) if value.is_empty() && choices.contains(&"on") => "on",
                    (None, None) => {
                        let list = choices.join(", ");
                        return Err(format!(
                            "unrecognized value \"{value}\" for \"{name}\"\nAvailable values are: {list}."
                        ));
                    }
                };
            }
        }
        self.values.insert(name.into(), value.into());
        Ok(())
    }

    /// Unsets a variable; a special one gets its default.
    ///
    /// # Errors
    /// An invalid name.
    pub fn unset(&mut self, name: &str) -> Result<(), String> {
        if name.is_empty() || !name.chars().all(is_variable_char) {
            return Err(format!("invalid variable name: \"{name}\""));
        }
        match KNOWN.iter().find(|(known, ..)| *known == name) {
            // As in psql: an unset on/off variable is off, even if it is on initially.
            Some((_, Takes::Boolean, ..)) => _ = self.values.insert(name.into(), "off".into()),
            Some((_, Takes::One(choices), ..)) => _ = self.values.insert(name.into(), choices[0].into()),
            Some((_, Takes::Number | Takes::Seconds, first, _)) => {
                self.values.insert(name.into(), (*first).into());
            }
            Some((_, Takes::Text, ..)) | None => _ = self.values.remove(name),
        }
        Ok(())
    }

    /// Returns the value for `:name`, `:'name'`, `:"name"` or `:{?name}`, and the name; `None` if the text stays as it is.
    pub fn substitute(&self, written: &str) -> Option<(String, String)> {
        let inner = written.strip_prefix(':')?;
        let within = |open: &str, close: &str| inner.strip_prefix(open)?.strip_suffix(close);
        if let Some(name) = within("{?", "}") {
            let known = self.values.contains_key(name);
            return Some((if known { "TRUE" } else { "FALSE" }.into(), name.into()));
        }
        if let Some(name) = within("'", "'") {
            return Some((literal(self.get(name)?), name.into()));
        }
        if let Some(name) = within("\"", "\"") {
            return Some((format!("\"{}\"", self.get(name)?.replace('"', "\"\"")), name.into()));
        }
        Some((self.get(inner)?.to_owned(), inner.into()))
    }

    /// Returns all variables, one per line, as `\set` lists them.
    pub fn list(&self) -> String {
        self.values.iter().fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name} = '{value}'");
            text
        })
    }

    /// Returns the help on special variables.
    pub fn help() -> String {
        let known = KNOWN.iter().map(|(name, _, _, what)| (*name, *what));
        known.chain(PROGRAM_VARIABLES.iter().copied()).fold(String::new(), |mut text, (name, what)| {
            let _ = writeln!(text, "  {name:<24} {what}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_variables_accept_the_same_values_as_in_psql() {
        let mut variables = Variables::default();
        assert!(variables.is_on("AUTOCOMMIT") && !variables.is_on("ON_ERROR_STOP"));
        variables.set("ON_ERROR_STOP", "").unwrap();
        assert!(variables.is_on("ON_ERROR_STOP"));
        variables.set("ON_ERROR_ROLLBACK", "Interactive").unwrap();
        assert_eq!(variables.get("ON_ERROR_ROLLBACK"), Some("interactive"));
        variables.set("ON_ERROR_ROLLBACK", "1").unwrap();
        assert_eq!(variables.get("ON_ERROR_ROLLBACK"), Some("on"));
        variables.unset("AUTOCOMMIT").unwrap();
        assert!(!variables.is_on("AUTOCOMMIT"));
        assert_eq!(
            variables.set("ECHO", "x").unwrap_err(),
            "unrecognized value \"x\" for \"ECHO\"\nAvailable values are: none, errors, queries, all."
        );
        assert!(variables.set("AUTOCOMMIT", "maybe").unwrap_err().ends_with("Boolean expected"));
        assert!(variables.set("FETCH_COUNT", "x").is_err() && variables.set("a b", "x").is_err());
        for (name, takes, first, _) in KNOWN {
            assert!(Variables::default().set(name, first).is_ok(), "{name}");
            assert!(!matches!(takes, Takes::One(choices) if !choices.contains(first)), "{name}");
        }
    }

    #[test]
    fn scripts_find_psqls_variables() {
        let mut variables = Variables::default();
        for (name, value) in
            [("LASTOID", "0"), ("VERSION_NUM", "150000"), ("PROMPT1", "%/%R%x%# "), ("WATCH_INTERVAL", "2")]
        {
            assert_eq!(variables.get(name), Some(value), "{name}");
        }
        variables.set("WATCH_INTERVAL", "0.5").unwrap();
        for wrong in ["soon", "-1", "1000001", "", "nan"] {
            assert!(variables.set("WATCH_INTERVAL", wrong).unwrap_err().starts_with("invalid value"), "{wrong}");
        }
        assert_eq!(variables.get("WATCH_INTERVAL"), Some("0.5"));
        variables.unset("WATCH_INTERVAL").unwrap();
        variables.unset("PROMPT1").unwrap();
        assert_eq!((variables.get("WATCH_INTERVAL"), variables.get("PROMPT1")), (Some("2"), None));
    }

    #[test]
    fn each_reference_form_has_its_quotes() {
        let mut variables = Variables::default();
        variables.set("x", "it's \"a\"").unwrap();
        let replaced = |written: &str| variables.substitute(written).map(|(text, _)| text);
        assert_eq!(replaced(":x").as_deref(), Some("it's \"a\""));
        assert_eq!(replaced(":'x'").as_deref(), Some("'it''s \"a\"'"));
        assert_eq!(replaced(":\"x\"").as_deref(), Some("\"it's \"\"a\"\"\""));
        assert_eq!(replaced(":{?x}").as_deref(), Some("TRUE"));
        assert_eq!(replaced(":{?y}").as_deref(), Some("FALSE"));
        assert_eq!((replaced(":y"), replaced(":'y'"), replaced("x")), (None, None, None));
    }

    #[test]
    fn variables_are_listed_by_name() {
        let mut variables = Variables::default();
        variables.set("x", "1").unwrap();
        let list = variables.list();
        assert!(list.starts_with("AUTOCOMMIT = 'on'\n") && list.ends_with("x = '1'\n"), "{list}");
        variables.unset("x").unwrap();
        assert!(variables.get("x").is_none());
        assert!(Variables::help().contains("ON_ERROR_STOP"));
    }
}
