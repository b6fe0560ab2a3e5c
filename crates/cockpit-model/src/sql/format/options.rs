//! The output options: those of `\pset`, the shortcuts `\x`, `\a`, `\t` and `\f`, and `-o` on the command line.

use super::style::{HeaderWidth, LineStyle, is_abbreviation, separator};

/// The name of the aligned format whose columns are narrowed to the width of the screen.
const WRAPPED: &str = "wrapped";

/// The format of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Aligned columns.
    #[default]
    Aligned,
    /// Values joined by a separator.
    Unaligned,
    /// CSV, quoted where needed.
    Csv,
    /// Values joined by tabs; a tab in a value is `\t`, NULL is `\N`, as in `COPY`.
    Tsv,
    /// One array of objects.
    Json,
    /// One object per line.
    JsonLines,
    /// A Markdown table.
    Markdown,
    /// An `INSERT` statement per row.
    Insert,
}

impl Format {
    /// All formats by name. The first name of each is the one that is printed.
    pub const NAMES: &[(&'static str, Self)] = &[
        ("aligned", Self::Aligned),
        ("unaligned", Self::Unaligned),
        ("csv", Self::Csv),
        ("tsv", Self::Tsv),
        ("json", Self::Json),
        ("jsonl", Self::JsonLines),
        ("markdown", Self::Markdown),
        ("insert", Self::Insert),
        ("table", Self::Aligned),
        (WRAPPED, Self::Aligned),
        ("sql", Self::Insert),
    ];

    /// Returns the format with this name, or the only one whose name begins with it.
    pub fn from_name(name: &str) -> Option<Self> {
        let exact = Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut begun = Self::NAMES.iter().filter(|(known, _)| is_abbreviation(known, name));
        exact.or_else(|| begun.next().filter(|_| begun.next().is_none())).map(|(_, format)| *format)
    }

    /// Returns the format for a file name, by its extension.
    pub fn of_file(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (stem, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            _ if stem.is_empty() => None,
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "md" | "markdown" => Some(Self::Markdown),
            "sql" => Some(Self::Insert),
            "txt" => Some(Self::Aligned),
            _ => None,
        }
    }

    /// Returns the name of the format, for `\pset format`.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, format)| *format == self).map_or("aligned", |(name, _)| *name)
    }
}

/// Whether each row is printed as a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expanded {
    /// Never.
    #[default]
    Off,
    /// Always.
    On,
    /// If a row is wider than the screen.
    Auto,
}

/// All output options. The defaults are psql's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The format.
    pub format: Format,
    /// The lines around and between columns, 0 to 3.
    pub border: u8,
    /// The characters of these lines.
    pub style: LineStyle,
    /// Whether columns are narrowed to the width of the screen, with values continued on the next line.
    pub wrapped: bool,
    /// Whether each row is a record.
    pub expanded: Expanded,
    /// The width of the rule above a record.
    pub header_width: HeaderWidth,
    /// The text printed for NULL.
    pub null: String,
    /// The separator between unaligned values.
    pub field_separator: String,
    /// The separator between unaligned rows.
    pub record_separator: String,
    /// The separator between CSV values.
    pub csv_separator: char,
    /// Whether the number of rows is printed.
    pub footer: bool,
    /// Whether only values are printed, without headings or footers.
    pub tuples_only: bool,
    /// The title above each result.
    pub title: Option<String>,
    /// Whether the thousands of numbers are grouped with `,`.
    pub grouped: bool,
    /// The width of the screen in cells; 0 if unknown.
    pub columns: usize,
    /// The table named in `INSERT`.
    pub table: String,
    /// The columns named in `INSERT`, if they differ from the result's.
    pub table_columns: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: Format::Aligned,
            border: 1,
            style: LineStyle::Ascii,
            wrapped: false,
            expanded: Expanded::Off,
            header_width: HeaderWidth::Full,
            null: String::new(),
            field_separator: "|".into(),
            record_separator: "\n".into(),
            csv_separator: ',',
            footer: true,
            tuples_only: false,
            title: None,
            grouped: false,
            columns: 0,
            table: "t".into(),
            table_columns: Vec::new(),
        }
    }
}

/// The options in listing order. Those for a pager, HTML or troff are accepted without effect.
const NAMES: &[&str] = &[
    "border",
    "columns",
    "csv_fieldsep",
    "expanded",
    "fieldsep",
    "fieldsep_zero",
    "footer",
    "format",
    "linestyle",
    "null",
    "numericlocale",
    "pager",
    "pager_min_lines",
    "recordsep",
    "recordsep_zero",
    "table",
    "tableattr",
    "title",
    "tuples_only",
    "unicode_border_linestyle",
    "unicode_column_linestyle",
    "unicode_header_linestyle",
    "xheader_width",
];

/// Returns the names of all `\pset` settings.
pub fn names() -> &'static [&'static str] {
    NAMES
}

/// Parses on or off as psql does, including abbreviations. Source: variables.c, `ParseVariableBool`.
pub fn boolean(value: &str) -> Option<bool> {
    let lower = value.to_ascii_lowercase();
    let begins = |word: &str, least: usize| lower.len() >= least && word.starts_with(&lower);
    if lower == "1" || begins("true", 1) || begins("yes", 1) || begins("on", 2) {
        return Some(true);
    }
    (lower == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2)).then_some(false)
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

impl Options {
    /// Sets an option as `\pset NAME VALUE` does. Without a value, on/off options are toggled and others only shown. Returns
    /// psql's confirmation, which is empty for some options that were given a value.
    ///
    /// # Errors
    /// An unknown name or value; the message is psql's.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<String, String> {
        let turned = |now: bool| match value {
            None => Ok(!now),
            Some(value) => boolean(value).ok_or_else(|| match name {
                "x" | "expanded" | "vertical" => {
                    format!("unrecognized value \"{value}\" for \"expanded\"\nAvailable values are: on, off, auto.")
                }
                "t" => format!("unrecognized value \"{value}\" for \"tuples_only\": Boolean expected"),
                _ => format!("unrecognized value \"{value}\" for \"{name}\": Boolean expected"),
            }),
        };
        let number = |least: usize, most: usize| match value {
            None => Ok(None),
            Some(text) => match text.parse::<usize>() {
                Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
                _ => Err(format!("\\pset: {name} must be a number from {least} to {most}")),
            },
        };
        match name {
            "format" => {
                if let Some(value) = value {
                    self.format = Format::from_name(value).ok_or_else(|| {
                        let known: Vec<&str> = Format::NAMES.iter().map(|(name, _)| *name).collect();
                        format!("\\pset: allowed formats are {}", known.join(", "))
                    })?;
                    self.wrapped = self.format == Format::Aligned && is_abbreviation(WRAPPED, value);
                }
            }
            "border" => self.border = number(0, 3)?.map_or(self.border, |number| number as u8),
            "linestyle" => match value {
                None => {}
                Some(style) => {
                    self.style =
                        LineStyle::named(style).ok_or("\\pset: allowed line styles are ascii, old-ascii, unicode")?;
                }
            },
            "x" | "expanded" | "vertical" => {
                self.expanded = match value {
                    Some(value) if value.eq_ignore_ascii_case("auto") => Expanded::Auto,
                    _ if turned(self.expanded != Expanded::Off)? => Expanded::On,
                    _ => Expanded::Off,
                };
            }
            "null" => self.null = value.map_or_else(|| self.null.clone(), str::to_owned),
            "fieldsep" => self.field_separator = value.map_or_else(|| self.field_separator.clone(), str::to_owned),
            "recordsep" => self.record_separator = value.map_or_else(|| self.record_separator.clone(), str::to_owned),
            "fieldsep_zero" => self.field_separator = "\0".into(),
            "recordsep_zero" => self.record_separator = "\0".into(),
            "csv_fieldsep" => {
                if let Some(value) = value {
                    let mut characters = value.chars();
                    let (Some(one), None) = (characters.next(), characters.next()) else {
                        return Err("\\pset: csv_fieldsep must be a single one-byte character".into());
                    };
                    if matches!(one, '"' | '\n' | '\r') || !one.is_ascii() {
                        return Err(
                            "\\pset: csv_fieldsep cannot be a double quote, a newline, or a carriage return".into()
                        );
                    }
                    self.csv_separator = one;
                }
            }
            "footer" => self.footer = turned(self.footer)?,
            "t" | "tuples_only" => self.tuples_only = turned(self.tuples_only)?,
            "title" | "C" => self.title = value.filter(|value| !value.is_empty()).map(str::to_owned),
            "numericlocale" => self.grouped = turned(self.grouped)?,
            "columns" => self.columns = number(0, 100_000)?.unwrap_or(self.columns),
            "table" => self.table = value.map_or_else(|| self.table.clone(), str::to_owned),
            "xheader_width" => {
                const KNOWN: &str = "\\pset: allowed xheader_width values are full, column, page, or a number of cells";
                self.header_width = value.map_or(Some(self.header_width), HeaderWidth::from_name).ok_or(KNOWN)?;
            }
            "pager"
            | "pager_min_lines"
            | "tableattr"
            | "unicode_border_linestyle"
            | "unicode_column_linestyle"
            | "unicode_header_linestyle" => {}
            _ => return Err(format!("\\pset: unknown option: {name}")),
        }
        let silent = value.is_some() && matches!(name, "footer" | "t" | "tuples_only" | "numericlocale");
        Ok(if silent { String::new() } else { self.confirmation(name) })
    }

    /// Returns psql's confirmation of an option.
    fn confirmation(&self, name: &str) -> String {
        match name {
            "format" => format!("Output format is {}.", self.format_name()),
            "border" => format!("Border style is {}.", self.border),
            "linestyle" => format!("Line style is {}.", self.value("linestyle")),
            "x" | "expanded" | "vertical" => match self.expanded {
                Expanded::On => "Expanded display is on.".into(),
                Expanded::Off => "Expanded display is off.".into(),
                Expanded::Auto => "Expanded display is used automatically.".into(),
            },
            "null" => format!("Null display is \"{}\".", self.null),
            "fieldsep" | "fieldsep_zero" => format!("Field separator is {}.", separator(&self.field_separator)),
            "recordsep" | "recordsep_zero" => format!("Record separator is {}.", separator(&self.record_separator)),
            "csv_fieldsep" => format!("Field separator for CSV is \"{}\".", self.csv_separator),
            "footer" => format!("Default footer is {}.", on_off(self.footer)),
            "t" | "tuples_only" => format!("Tuples only is {}.", on_off(self.tuples_only)),
            "title" | "C" => match &self.title {
                Some(title) => format!("Title is \"{title}\"."),
                None => "Title is unset.".into(),
            },
            "numericlocale" => format!("Locale-adjusted numeric output is {}.", on_off(self.grouped)),
            "columns" if self.columns == 0 => "Target width is unset.".into(),
            "columns" => format!("Target width is {}.", self.columns),
            "xheader_width" => match self.header_width {
                HeaderWidth::Cells(cells) => format!("Expanded header width is {cells}."),
                named => format!("Expanded header width is \"{}\".", named.name()),
            },
            "table" => format!("Table of INSERT is \"{}\".", self.table),
            _ => format!("{name} has no effect here."),
        }
    }

    fn format_name(&self) -> &'static str {
        if self.wrapped { WRAPPED } else { self.format.name() }
    }

    fn value(&self, name: &str) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\n', "\\n").replace('\0', "\\0"));
        match name {
            "border" => self.border.to_string(),
            "columns" => self.columns.to_string(),
            "csv_fieldsep" => format!("'{}'", self.csv_separator),
            "expanded" => match self.expanded {
                Expanded::On => "on".into(),
                Expanded::Off => "off".into(),
                Expanded::Auto => "auto".into(),
            },
            "fieldsep" => quoted(&self.field_separator),
            "recordsep" => quoted(&self.record_separator),
            "fieldsep_zero" => on_off(self.field_separator == "\0").into(),
            "recordsep_zero" => on_off(self.record_separator == "\0").into(),
            "footer" => on_off(self.footer).into(),
            "format" => self.format_name().into(),
            "linestyle" => self.style.name().into(),
            "null" => quoted(&self.null),
            "numericlocale" => on_off(self.grouped).into(),
            "table" => quoted(&self.table),
            "title" => self.title.clone().unwrap_or_default(),
            "tuples_only" => on_off(self.tuples_only).into(),
            "xheader_width" => self.header_width.name(),
            _ => String::new(),
        }
    }

    /// Lists all options that have an effect, one per line, as `\pset` does.
    pub fn list(&self) -> String {
        let shown = NAMES.iter().map(|name| (name, self.value(name)));
        let lines = shown.filter(|(name, value)| **name == "title" || !value.is_empty());
        lines.map(|(name, value)| format!("{name:<24} {value}").trim_end().to_owned() + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_set_and_confirmed_as_in_psql() {
        let mut options = Options::default();
        for (name, value, confirmation) in [
            ("format", Some("csv"), "Output format is csv."),
            ("format", Some("u"), "Output format is unaligned."),
            ("border", Some("2"), "Border style is 2."),
            ("null", Some("∅"), "Null display is \"∅\"."),
            ("x", None, "Expanded display is on."),
            ("expanded", Some("auto"), "Expanded display is used automatically."),
            ("expanded", None, "Expanded display is off."),
            ("t", Some("on"), ""),
            ("t", None, "Tuples only is off."),
            ("tuples_only", None, "Tuples only is on."),
            ("title", Some("a"), "Title is \"a\"."),
            ("title", None, "Title is unset."),
            ("recordsep", Some("\n"), "Record separator is <newline>."),
            ("fieldsep_zero", None, "Field separator is zero byte."),
            ("linestyle", Some("u"), "Line style is unicode."),
            ("xheader_width", Some("40"), "Expanded header width is 40."),
            ("xheader_width", Some("page"), "Expanded header width is \"page\"."),
        ] {
            assert_eq!(options.set(name, value), Ok(confirmation.into()), "{name} {value:?}");
        }
        assert_eq!(
            (options.border, options.format, options.tuples_only, options.null.as_str()),
            (2, Format::Unaligned, true, "∅")
        );
    }

    #[test]
    fn unknown_values_change_nothing_and_list_the_known_ones() {
        let mut options = Options::default();
        for (name, value) in [
            ("format", "html"),
            ("border", "x"),
            ("border", "9"),
            ("linestyle", "x"),
            ("footer", "maybe"),
            ("csv_fieldsep", "ab"),
            ("csv_fieldsep", "\""),
            ("colour", "x"),
            ("format", "ja"),
            ("format", ""),
            ("xheader_width", "wide"),
        ] {
            assert!(options.set(name, Some(value)).is_err(), "{name} {value}");
        }
        assert_eq!(options, Options::default());
    }

    #[test]
    fn all_options_are_listed_and_can_be_set() {
        let list = Options::default().list();
        assert!(
            list.contains("border                   1\n") && list.contains("null                     ''\n"),
            "{list}"
        );
        for name in names() {
            assert!(Options::default().set(name, None).is_ok(), "{name}");
        }
    }

    #[test]
    fn file_extension_determines_the_format() {
        for (path, format) in [
            ("a.csv", Some(Format::Csv)),
            ("/tmp/x.y/out.JSONL", Some(Format::JsonLines)),
            ("~/rows.sql", Some(Format::Insert)),
            ("rows", None),
            (".csv", None),
            ("a.csv/rows", None),
            ("a.docx", None),
        ] {
            assert_eq!(Format::of_file(path), format, "{path}");
        }
    }

    #[test]
    fn booleans_may_be_abbreviated() {
        for (value, read) in [("t", Some(true)), ("of", Some(false)), ("o", None), ("1", Some(true)), ("", None)] {
            assert_eq!(boolean(value), read, "{value}");
        }
    }
}
