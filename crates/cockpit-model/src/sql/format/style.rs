//! The lines of tables, and the marks for continued values and headings. Source: print.c, `printTextFormat`.

/// Returns whether the text is a name or an abbreviation of it.
pub(super) fn is_abbreviation(name: &str, written: &str) -> bool {
    !written.is_empty() && name.get(..written.len()).is_some_and(|start| start.eq_ignore_ascii_case(written))
}

/// Returns a separator in quotes, for display.
pub(super) fn separator(text: &str) -> String {
    match text {
        "\n" => "<newline>".into(),
        "\0" => "zero byte".into(),
        _ => format!("\"{text}\""),
    }
}

/// The width of the rule above a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeaderWidth {
    /// As wide as the widest value.
    #[default]
    Full,
    /// Up to the end of the first column.
    Column,
    /// At most as wide as the screen.
    Page,
    /// At most this number of cells.
    Cells(usize),
}

impl HeaderWidth {
    /// Parses a name or a number.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "full" => Some(Self::Full),
            "column" => Some(Self::Column),
            "page" => Some(Self::Page),
            number => number.parse::<usize>().ok().filter(|cells| *cells > 0).map(Self::Cells),
        }
    }

    /// Returns the name, for `\pset xheader_width`.
    pub fn name(self) -> String {
        match self {
            Self::Full => "full".into(),
            Self::Column => "column".into(),
            Self::Page => "page".into(),
            Self::Cells(cells) => cells.to_string(),
        }
    }
}

/// The characters of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineStyle {
    /// `-`, `+` and `|`.
    #[default]
    Ascii,
    /// ASCII with the marks of psql before version 9.
    OldAscii,
    /// Box-drawing characters.
    Unicode,
}

impl LineStyle {
    const ALL: [(&'static str, Self); 3] =
        [("ascii", Self::Ascii), ("old-ascii", Self::OldAscii), ("unicode", Self::Unicode)];

    /// Returns the style with this name or abbreviation.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| is_abbreviation(known, name)).map(|(_, style)| *style)
    }

    /// Returns the name of the style, for `\pset linestyle`.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, style)| *style == self).map_or("ascii", |(name, _)| *name)
    }

    /// Returns the characters of the style.
    pub(super) fn rules(self) -> &'static Rules {
        match self {
            Self::Ascii => &ASCII,
            Self::OldAscii => &OLD_ASCII,
            Self::Unicode => &UNICODE,
        }
    }
}

/// The characters of a table's lines and marks.
pub(super) struct Rules {
    pub dash: &'static str,
    /// Left, middle and right of the top, middle and bottom rules.
    pub top: [&'static str; 3],
    pub middle: [&'static str; 3],
    pub bottom: [&'static str; 3],
    pub bar: &'static str,
    /// Before a continued value: after a line end in it, within a long line, and past its end.
    pub bar_on: &'static str,
    pub bar_wrapped: &'static str,
    pub bar_past: &'static str,
    /// Before and after a continued heading.
    pub heading_on: &'static str,
    pub heading_more: &'static str,
    /// After a value that continues on the next line.
    pub more: &'static str,
    /// Before and after a value whose line was too long.
    pub wrapped_on: &'static str,
    pub wrapped_more: &'static str,
    /// Whether heading marks are on the right.
    pub marks_right: bool,
}

const PLAIN: [&str; 3] = ["+", "+", "+"];

const ASCII: Rules = Rules {
    dash: "-",
    top: PLAIN,
    middle: PLAIN,
    bottom: PLAIN,
    bar: "|",
    bar_on: "|",
    bar_wrapped: "|",
    bar_past: "|",
    heading_on: " ",
    heading_more: "+",
    more: "+",
    wrapped_on: ".",
    wrapped_more: ".",
    marks_right: true,
};

const OLD_ASCII: Rules = Rules {
    bar_on: ":",
    bar_wrapped: ";",
    bar_past: " ",
    heading_on: "+",
    heading_more: " ",
    more: " ",
    wrapped_on: " ",
    wrapped_more: " ",
    marks_right: false,
    ..ASCII
};

const UNICODE: Rules = Rules {
    dash: "─",
    top: ["┌", "┬", "┐"],
    middle: ["├", "┼", "┤"],
    bottom: ["└", "┴", "┘"],
    bar: "│",
    bar_on: "│",
    bar_wrapped: "│",
    bar_past: "│",
    heading_more: "↵",
    more: "↵",
    wrapped_on: "…",
    wrapped_more: "…",
    ..ASCII
};
