//! The reports of `cockpit config show` and `cockpit config check`.

use crate::cli::ExitCode;
use crate::config::{Loaded, Value, rows};
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::format::without_user;
use serde::Serialize;

/// The report of `cockpit config show`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfigShow {
    /// `cockpit.config/1`.
    pub schema: String,
    /// Files that were read; later ones take precedence.
    pub files: Vec<String>,
    /// Every value.
    pub values: Vec<ValueDto>,
}

/// One configuration value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueDto {
    /// The key: `environments.staging.account`.
    pub key: String,
    /// The value; `null` if the key is not set.
    pub value: serde_json::Value,
    /// The source of the value: `config.toml:12`, `environment variable …`, `flag …`, `default`.
    pub from: String,
    /// The behaviour if there is no value, in words.
    pub otherwise: String,
}

/// The report of `cockpit config check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigCheck {
    /// `cockpit.config-check/1`.
    pub schema: String,
    /// Files that were read.
    pub files: Vec<String>,
    /// Whether the configuration has no mistakes.
    pub ok: bool,
    /// Every mistake.
    pub mistakes: Vec<MistakeDto>,
    /// Warnings in sentences, such as two environments that would write the same Terraform state.
    pub warnings: Vec<String>,
}

/// A mistake in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MistakeDto {
    /// The file; `null` for an environment variable or a flag.
    pub file: Option<String>,
    /// Line number, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// The place: `config.toml:3:5`, `environment variable COCKPIT_UI_ASCII`.
    pub place: String,
    /// The mistake in a sentence.
    pub message: String,
    /// How to correct it.
    pub hint: Option<String>,
    #[serde(skip)]
    text: String,
}

/// Lists every value with its source.
pub fn show(loaded: &Loaded) -> ConfigShow {
    let values = rows(loaded).into_iter().map(|row| ValueDto {
        value: match &row.value {
            None => serde_json::Value::Null,
            // A password within a URL is not printed.
            Some(Value::Text(text)) if row.key.ends_with("endpoint_url") => without_user(text).into(),
            Some(Value::Text(text)) => text.as_str().into(),
            Some(Value::Switch(on)) => (*on).into(),
            Some(Value::Interval(interval)) => crate::model::time::short(*interval).into(),
            Some(value @ Value::Size(_)) => value.to_string().trim_matches('"').into(),
            Some(Value::List(list)) => list.clone().into(),
            Some(Value::Tool(tool)) => tool.name().into(),
            Some(Value::Units(units)) => serde_json::to_value(units).unwrap_or_default(),
        },
        key: row.key,
        from: row.from,
        otherwise: row.default.to_owned(),
    });
    ConfigShow { schema: "cockpit.config/1".to_owned(), files: loaded.files.clone(), values: values.collect() }
}

/// Lists every mistake, and the warnings.
pub fn check(loaded: &Loaded, warnings: Vec<String>) -> ConfigCheck {
    let mistakes = loaded.diagnostics.iter().map(|mistake| {
        let (line, column) = mistake.line_and_column().unzip();
        MistakeDto {
            file: mistake.file().map(str::to_owned),
            line,
            column,
            place: mistake.place(),
            message: mistake.message.clone(),
            hint: mistake.hint.clone(),
            text: mistake.text(),
        }
    });
    ConfigCheck {
        schema: "cockpit.config-check/1".to_owned(),
        files: loaded.files.clone(),
        ok: loaded.diagnostics.is_empty(),
        mistakes: mistakes.collect(),
        warnings,
    }
}

impl ConfigCheck {
    /// Returns 0, or 2 if there is any mistake.
    pub fn exit_code(&self) -> ExitCode {
        if self.ok { ExitCode::Done } else { ExitCode::Usage }
    }
}

impl Printable for ConfigShow {
    fn tables(&self) -> Vec<Table> {
        let mut table = Table::new(&[left_aligned("KEY"), prose("VALUE"), prose("FROM")], "nothing is configured");
        for row in &self.values {
            let value = if row.value.is_null() { format!("– ({})", row.otherwise) } else { row.value.to_string() };
            table.row([Some(row.key.clone()), Some(value), Some(row.from.clone())]);
        }
        vec![table]
    }
}

impl Printable for ConfigCheck {
    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }

    fn notes(&self) -> Vec<String> {
        let files = if self.files.is_empty() { "no file".to_owned() } else { self.files.join(", ") };
        let last = match self.mistakes.len() {
            0 => format!("no mistakes ({files})"),
            1 => format!("1 mistake ({files})"),
            count => format!("{count} mistakes ({files})"),
        };
        let lines =
            self.mistakes.iter().flat_map(|mistake| mistake.text.lines().map(str::to_owned).chain([String::new()]));
        let warnings = self.warnings.iter().map(|warning| format!("warning: {warning}"));
        lines.chain(warnings).chain([last]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Output;
    use crate::config::{Request, load};
    use crate::headless::emit::render;

    #[test]
    fn example_values_are_shown_with_their_source() {
        let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let loaded = load(&Request { folder, ..Request::default() });
        let text = render(&show(&loaded), Output::Table, None).unwrap();
        assert!(text.contains("environments.prod.guarded"), "{text}");
        assert!(
            text.lines().any(|line| line.starts_with("default_environment") && line.ends_with("config.toml:9")),
            "{text}"
        );
        let json = render(&show(&loaded), Output::Json, None).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["values"].as_array().unwrap().len() > 80);
        assert_eq!(render(&check(&loaded, Vec::new()), Output::Table, None).unwrap(), "no mistakes (config.toml)\n");
        assert_eq!(check(&loaded, Vec::new()).exit_code(), ExitCode::Done);
    }

    #[test]
    fn mistakes_are_reported_in_every_format() {
        let loaded = load(&Request { file: Some("/nonexistent/config.toml".into()), ..Request::default() });
        let report = check(&loaded, Vec::new());
        assert_eq!(report.exit_code(), ExitCode::Usage);
        let text = render(&report, Output::Table, None).unwrap();
        assert!(
            text.starts_with("error: this file cannot be read")
                && text.ends_with("1 mistake (/nonexistent/config.toml)\n"),
            "{text}"
        );
        let json: serde_json::Value = serde_json::from_str(&render(&report, Output::Json, None).unwrap()).unwrap();
        assert_eq!(json["mistakes"][0]["file"], "/nonexistent/config.toml");
        assert_eq!(json["mistakes"][0]["line"], serde_json::Value::Null);
    }
}
