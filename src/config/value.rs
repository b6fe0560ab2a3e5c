//! The values of keys: their kinds, and why a value does not fit.

use super::types::UnitConfig;
use crate::model::format::{is_account, is_region, is_url};
use crate::model::infra::Tool;
use crate::model::key::Key;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

/// The type of value that a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// `true` or `false`.
    Switch,
    /// A duration such as `10s`, `2m`: from one second to one day.
    Interval,
    /// A size such as `4 GiB`, `500 MB`: from one megabyte to a thousand terabytes.
    Size,
    /// 12 digits, in quotation marks.
    Account,
    /// `ap-northeast-1`.
    Region,
    /// `Asia/Tokyo`.
    Timezone,
    /// `http://…` or `https://…`.
    Url,
    /// A list of names or patterns.
    Names,
    /// A key or a list of keys.
    Keys,
    /// `terragrunt` or `terraform`.
    Tool,
    /// The `[[units]]` of Terraform.
    Units,
}

/// A value that was checked against its [`Kind`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text of any kind.
    Text(String),
    /// `true` or `false`.
    Switch(bool),
    /// A duration above zero.
    Interval(SignedDuration),
    /// A number of bytes.
    Size(u64),
    /// Names, patterns or keys.
    List(Vec<String>),
    /// Terragrunt or Terraform.
    Tool(Tool),
    /// The `[[units]]` of Terraform.
    Units(Vec<UnitConfig>),
}

/// Why a value is invalid, and what would be valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue {
    /// The message, a sentence.
    pub message: String,
    /// The correct form.
    pub hint: String,
}

fn misfit<T>(message: impl Into<String>, hint: impl Into<String>) -> Result<T, InvalidValue> {
    Err(InvalidValue { message: message.into(), hint: hint.into() })
}

const LONGEST: SignedDuration = SignedDuration::from_hours(24);

impl Kind {
    /// Returns the kind in the words of the documentation.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Switch => "true or false",
            Self::Interval => "an interval (`10s`, `2m`)",
            Self::Size => "a size (`500 MB`, `4 GiB`)",
            Self::Account => "a text of 12 digits",
            Self::Region => "a region",
            Self::Timezone => "a time zone",
            Self::Url => "a URL",
            Self::Names => "a list of texts",
            Self::Keys => "a key or a list of keys",
            Self::Tool => "`terragrunt` or `terraform`",
            Self::Units => "a list of units",
        }
    }

    /// Returns whether the kind takes a list.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Names | Self::Keys)
    }

    /// Parses one text as a value of this kind.
    pub fn of_text(self, text: &str) -> Result<Value, InvalidValue> {
        let checked = |good: bool, message: String, hint: &str| {
            if good { Ok(Value::Text(text.to_owned())) } else { misfit(message, hint) }
        };
        match self {
            Self::Text => checked(!text.is_empty(), "this is empty".into(), "leave the key out, or write a value"),
            Self::Switch => misfit("this must be true or false", "write it without quotation marks"),
            Self::Interval => interval(text),
            Self::Size => size(text),
            Self::Account => checked(
                is_account(text),
                format!("`{text}` is not an account"),
                "an account has 12 digits: \"123456789012\"",
            ),
            Self::Region => {
                checked(is_region(text), format!("`{text}` is not a region"), "write it as \"ap-northeast-1\"")
            }
            Self::Url => {
                checked(is_url(text), format!("`{text}` is not a URL"), "write it as \"http://127.0.0.1:4566\"")
            }
            Self::Timezone => checked(
                TimeZone::get(text).is_ok(),
                format!("there is no time zone `{text}`"),
                "write its IANA name, such as \"Asia/Tokyo\" or \"UTC\"",
            ),
            Self::Names => misfit("this must be a list", format!("write it as [\"{text}\"]")),
            Self::Tool => Tool::from_name(text).map(Value::Tool).ok_or_else(|| InvalidValue {
                message: format!("`{text}` is neither"),
                hint: "write \"terragrunt\" or \"terraform\"".into(),
            }),
            Self::Units => misfit("this must be a list of units", "write [{ name = \"NAME\", dir = \"FOLDER\" }]"),
            Self::Keys => {
                self.check_element(text)?;
                Ok(Value::List(vec![text.to_owned()]))
            }
        }
    }

    /// Checks whether a text is allowed in a list of this kind.
    pub fn check_element(self, text: &str) -> Result<(), InvalidValue> {
        if self == Self::Keys {
            return match text.parse::<Key>() {
                Ok(_) => Ok(()),
                Err(message) => misfit(message, "keys are written as in docs/keys.md"),
            };
        }
        if text.is_empty() { misfit("an empty name matches nothing", "leave it out") } else { Ok(()) }
    }

    /// Parses the text of an environment variable as a value of this kind.
    pub fn of_variable(self, text: &str) -> Result<Value, InvalidValue> {
        match (self, text) {
            (Self::Switch, "1" | "true") => Ok(Value::Switch(true)),
            (Self::Switch, "0" | "false") => Ok(Value::Switch(false)),
            (Self::Names, _) => Ok(Value::List(text.split(',').map(|name| name.trim().to_owned()).collect())),
            (_, _) => self.of_text(text),
        }
    }
}

fn interval(text: &str) -> Result<Value, InvalidValue> {
    let Some(interval) = crate::model::time::duration(text) else {
        return misfit(format!("`{text}` is not an interval"), "write it as \"10s\", \"2m\" or \"1h30m\"");
    };
    if interval < SignedDuration::from_secs(1) {
        return misfit(format!("`{text}` is too short"), "the shortest interval is \"1s\"");
    }
    if interval > LONGEST {
        return misfit(format!("`{text}` is too long"), "the longest interval is \"24h\"");
    }
    Ok(Value::Interval(interval))
}

/// Units of a size. A bare number is refused, because some would read it as bytes and others as megabytes.
const UNITS: [(&str, u64); 6] = [
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

fn size(text: &str) -> Result<Value, InvalidValue> {
    let unit = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?.trim_end(), bytes)));
    let number = unit.and_then(|(number, bytes)| Some((number.parse::<f64>().ok()?, bytes)));
    let bytes = number.map(|(number, bytes)| number * *bytes as f64).filter(|bytes| bytes.is_finite());
    let Some(bytes) = bytes else {
        return misfit(format!("`{text}` is not a size"), "write it as \"4 GiB\" or \"500 MB\"");
    };
    if !(1e6..=1e15).contains(&bytes) {
        return misfit(format!("`{text}` is not a size for this"), "it is from \"1 MB\" to \"1000 TB\"");
    }
    Ok(Value::Size(bytes as u64))
}

/// Formats a size as it would be in the file, in the largest unit that divides it.
fn written(bytes: u64) -> String {
    let exact = UNITS.iter().filter(|(_, unit)| bytes.is_multiple_of(*unit)).max_by_key(|(_, unit)| *unit);
    exact.map_or_else(|| format!("{} MB", bytes as f64 / 1e6), |(name, unit)| format!("{} {name}", bytes / unit))
}

impl Value {
    /// Returns the size, if the value is one.
    pub fn size(self) -> Option<u64> {
        match self {
            Self::Size(bytes) => Some(bytes),
            Self::Text(_) | Self::Switch(_) | Self::Interval(_) | Self::List(_) | Self::Tool(_) | Self::Units(_) => {
                None
            }
        }
    }

    /// Returns the text, if the value is one.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Switch(_) | Self::Interval(_) | Self::Size(_) | Self::List(_) | Self::Tool(_) | Self::Units(_) => {
                None
            }
        }
    }

    /// Returns the switch, if the value is one.
    pub fn switch(self) -> Option<bool> {
        match self {
            Self::Switch(on) => Some(on),
            Self::Text(_) | Self::Interval(_) | Self::Size(_) | Self::List(_) | Self::Tool(_) | Self::Units(_) => None,
        }
    }

    /// Returns the interval, if the value is one.
    pub fn interval(self) -> Option<SignedDuration> {
        match self {
            Self::Interval(interval) => Some(interval),
            Self::Text(_) | Self::Switch(_) | Self::Size(_) | Self::List(_) | Self::Tool(_) | Self::Units(_) => None,
        }
    }

    /// Returns the list; empty if the value is not one.
    pub fn list(self) -> Vec<String> {
        match self {
            Self::List(list) => list,
            Self::Text(_) | Self::Switch(_) | Self::Interval(_) | Self::Size(_) | Self::Tool(_) | Self::Units(_) => {
                Vec::new()
            }
        }
    }

    /// Returns the tool, if the value is one.
    pub fn tool(self) -> Option<Tool> {
        match self {
            Self::Tool(tool) => Some(tool),
            Self::Text(_) | Self::Switch(_) | Self::Interval(_) | Self::Size(_) | Self::List(_) | Self::Units(_) => {
                None
            }
        }
    }

    /// Returns the units; empty if the value is not a list of units.
    pub fn units(self) -> Vec<UnitConfig> {
        match self {
            Self::Units(units) => units,
            Self::Text(_) | Self::Switch(_) | Self::Interval(_) | Self::Size(_) | Self::List(_) | Self::Tool(_) => {
                Vec::new()
            }
        }
    }
}

/// Formats the value as it would be in the file.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        match self {
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Switch(on) => write!(f, "{on}"),
            Self::Tool(tool) => write!(f, "\"{}\"", tool.name()),
            Self::Units(units) => f.write_str(&super::units::to_toml(units)),
            Self::Interval(interval) => write!(f, "\"{}\"", crate::model::time::short(*interval)),
            Self::Size(bytes) => write!(f, "\"{}\"", written(*bytes)),
            Self::List(list) => {
                write!(f, "[{}]", list.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
            }
        }
    }
}
