//! Reads one file into checked entries and errors.

use super::commands::{self, Placed};
use super::diagnose::{Diagnostic, MistakeLocation, SourceFile};
use super::known::{known, names_in};
use super::schema::{Known, TableScope};
use super::tables::{pairs, type_name};
use super::units;
use super::value::{InvalidValue, Value};
use crate::model::names::nearest;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Maximum size of a file in bytes.
pub const MAX_FILE_SIZE: usize = 1024 * 1024;

/// One entry of a file.
#[derive(Debug, Clone)]
pub(super) enum Setting {
    /// An environment exists, regardless of its contents.
    Environment(String),
    /// A known key, possibly of an environment or of a service's build.
    Known(&'static Known, Option<String>, Value),
    /// A known key with an invalid value, which has already been reported.
    Refused(&'static Known, Option<String>),
    /// The keys of a command.
    Keys(String, Vec<String>),
    /// A user-defined command, with the positions of its keys.
    Command(Box<Placed>),
}

/// An entry with its position.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub setting: Setting,
    pub span: Range<usize>,
}

/// Reads a whole file; `name` is its name in messages.
pub(super) fn file(path: &Path, name: &str) -> Result<Arc<SourceFile>, Diagnostic> {
    let wrong = |message: String, hint: &str| Diagnostic {
        location: MistakeLocation::Path(name.to_owned()),
        message,
        hint: Some(hint.to_owned()),
    };
    if is_named_pipe(path) {
        return Err(wrong("this file is a pipe, which may never be written into".into(), "name a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_SIZE as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| wrong(format!("this file cannot be read: {error}"), "check its path and its permissions"))?;
    if bytes.len() > MAX_FILE_SIZE {
        return Err(wrong(
            "this file is larger than 1 MiB".into(),
            "a configuration is a few kilobytes: is it this file?",
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(SourceFile { name: name.to_owned(), text })),
        Err(error) => {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = String::from_utf8_lossy(before).matches('\n').count() + 1;
            Err(wrong(format!("this file is not UTF-8 (line {line})"), "save it as UTF-8"))
        }
    }
}

/// Returns whether a file is a named pipe, which blocks its reader until somebody writes. Pipes passed by a shell (`<(…)`,
/// `/dev/stdin`) have a writer and do not count.
pub fn is_named_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let handed_in = path.starts_with("/dev") || path.starts_with("/proc");
    !handed_in && std::fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo())
}

/// Parses and checks a file's text.
pub(super) fn entries(source: &Arc<SourceFile>) -> (Vec<Entry>, Vec<Diagnostic>) {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut reader = Reader { source, entries: Vec::new(), mistakes: Vec::new() };
    let mut broken = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        broken.push(source.place(span.start).0);
        let message = error.message().lines().next().unwrap_or_default();
        let hint = "the file must be TOML: KEY = VALUE, texts in quotation marks, each environment and each key once";
        reader.wrong(span, format!("this is not TOML: {message}"), hint);
    }
    let toml_errors = reader.mistakes.len();
    reader.top(table.get_ref());
    // A line that is not TOML says nothing reliable about its contents.
    let mut number = 0;
    reader.mistakes.retain(|mistake| {
        number += 1;
        number <= toml_errors || mistake.line_and_column().is_none_or(|(line, _)| !broken.contains(&line))
    });
    (reader.entries, reader.mistakes)
}

struct Reader<'a> {
    source: &'a Arc<SourceFile>,
    entries: Vec<Entry>,
    mistakes: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.mistakes.push(Diagnostic {
            location: MistakeLocation::File(Arc::clone(self.source), span),
            message: message.into(),
            hint: Some(hint.into()),
        });
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (name, span, value) in pairs(table) {
            match name {
                "environments" => match value.get_ref() {
                    DeValue::Table(environments) => self.environments(environments),
                    _ => self.wrong(span, "`environments` must hold tables", "write [environments.NAME]"),
                },
                "build" => match value.get_ref() {
                    DeValue::Table(builds) => self.builds(builds),
                    _ => self.wrong(span, "`build` must hold tables", "write [build.SERVICE]"),
                },
                "commands" => match value.get_ref() {
                    DeValue::Array(elements) => {
                        let mut mistakes = Vec::new();
                        let record = &mut |span, message, hint| mistakes.push((span, message, hint));
                        for placed in commands::read(elements, &span, record) {
                            self.entries
                                .push(Entry { setting: Setting::Command(Box::new(placed)), span: span.clone() });
                        }
                        for (span, message, hint) in mistakes {
                            self.wrong(span, message, hint);
                        }
                    }
                    _ => self.wrong(span, "`commands` must be a list of tables", "write [[commands]]"),
                },
                "keys" => match value.get_ref() {
                    DeValue::Table(keys) => self.keys(keys),
                    _ => self.wrong(span, "`keys` must be a table", "write [keys] and under it COMMAND = KEY"),
                },
                _ => self.pair(TableScope::Top, None, "", name, span, value),
            }
        }
    }

    fn environments(&mut self, table: &DeTable<'_>) {
        for (name, span, value) in pairs(table) {
            let DeValue::Table(inside) = value.get_ref() else {
                self.wrong(span, format!("`{name}` must be a table"), format!("write [environments.{name}]"));
                continue;
            };
            if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
                self.wrong(span, "an environment's name must have no blanks", "it is what `--env` names: `staging`");
                continue;
            }
            self.entries.push(Entry { setting: Setting::Environment(name.to_owned()), span });
            for (key, span, value) in pairs(inside) {
                self.pair(TableScope::Environment, Some(name), "", key, span, value);
            }
        }
    }

    fn builds(&mut self, table: &DeTable<'_>) {
        for (name, span, value) in pairs(table) {
            let DeValue::Table(inside) = value.get_ref() else {
                self.wrong(span, format!("`{name}` must be a table"), format!("write [build.{name}]"));
                continue;
            };
            for (key, span, value) in pairs(inside) {
                self.pair(TableScope::Build, Some(name), "", key, span, value);
            }
            if inside.get("context").is_none() {
                let hint = "write `context = \"FOLDER\"`: the folder that is sent to the build";
                self.wrong(span, format!("[build.{name}] has no `context`"), hint);
            }
        }
    }

    fn keys(&mut self, table: &DeTable<'_>) {
        for (name, span, value) in pairs(table) {
            if let Some(Value::List(keys)) = self.value(super::value::Kind::Keys, name, value) {
                self.entries.push(Entry { setting: Setting::Keys(name.to_owned(), keys), span });
            }
        }
    }

    /// Reads a key, or a table of keys, within `table`.
    fn pair(
        &mut self,
        within: TableScope,
        of: Option<&str>,
        table: &str,
        name: &str,
        span: Range<usize>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let key = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
        if let Some(known) = known(within, &key) {
            let of = of.map(str::to_owned);
            let setting = match self.value(known.kind, name, value) {
                Some(value) => Setting::Known(known, of, value),
                None => Setting::Refused(known, of),
            };
            self.entries.push(Entry { setting, span });
            return;
        }
        let deeper = names_in(within, &key);
        match (deeper.is_empty(), value.get_ref()) {
            (false, DeValue::Table(fields)) => {
                if fields.is_empty() && key == "infra" {
                    self.wrong(span, "this table is empty", format!("it holds: {}", deeper.join(", ")));
                }
                for (name, span, value) in pairs(fields) {
                    self.pair(within, of, &key, name, span, value);
                }
            }
            (false, _) => {
                self.wrong(span, format!("`{name}` must be a table"), format!("it holds: {}", deeper.join(", ")));
            }
            (true, _) => {
                let names = names_in(within, table);
                let near = nearest(name, names.iter().copied());
                let mean = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                self.wrong(span, format!("unknown key `{name}`"), format!("{mean}known here: {}", names.join(", ")));
            }
        }
    }

    fn value(&mut self, kind: super::value::Kind, name: &str, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let span = value.span();
        let fitted = match value.get_ref() {
            DeValue::String(text) => kind.of_text(text),
            DeValue::Boolean(on) if kind == super::value::Kind::Switch => Ok(Value::Switch(*on)),
            DeValue::Array(elements) if kind == super::value::Kind::Units => {
                let mut mistakes = Vec::new();
                let units =
                    units::read(elements, &span, &mut |span, message, hint| mistakes.push((span, message, hint)));
                let sound = mistakes.is_empty();
                for (span, message, hint) in mistakes {
                    self.wrong(span, message, hint);
                }
                // A partial list would be a smaller environment.
                return sound.then_some(Value::Units(units));
            }
            DeValue::Array(elements) if kind.is_list() => {
                let mut list = Vec::new();
                for element in elements {
                    match element.get_ref() {
                        DeValue::String(text) => match kind.check_element(text) {
                            Ok(()) => list.push(text.to_string()),
                            Err(misfit) => self.wrong(element.span(), misfit.message, misfit.hint),
                        },
                        other => {
                            let message = format!("a text must stand here, not {}", type_name(other));
                            self.wrong(element.span(), message, "put it in quotation marks");
                        }
                    }
                }
                Ok(Value::List(list))
            }
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) if kind != super::value::Kind::Switch => {
                Err(InvalidValue {
                    message: format!("`{name}` must be {}, not {}", kind.words(), type_name(value.get_ref())),
                    hint: match kind {
                        super::value::Kind::Interval => "write it with its unit: \"10s\"",
                        super::value::Kind::Size => "write it with its unit: \"4 GiB\"",
                        _ => "put it in quotation marks",
                    }
                    .to_owned(),
                })
            }
            other => Err(InvalidValue {
                message: format!("`{name}` must be {}, not {}", kind.words(), type_name(other)),
                hint: "see docs/configuration.md".to_owned(),
            }),
        };
        match fitted {
            Ok(value) => Some(value),
            Err(misfit) => {
                self.wrong(span, misfit.message, misfit.hint);
                None
            }
        }
    }
}
