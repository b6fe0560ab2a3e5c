//! The lines of tables, and the marks where a value or a heading goes on. Source: print.c, `printTextFormat`.

/// Whether what was written is a name or the beginning of it.
pub(super) fn is_begun(name: &str, written: &str) -> bool {
    !written.is_empty() && name.get(..written.len()).is_some_and(|start| start.eq_ignore_ascii_case(written))
}

/// A separator as it is told.
pub(super) fn separator(text: &str) -> String {
    match text {
        "\n" => "<newline>".into(),
        "\0" => "zero byte".into(),
        _ => format!("\"{text}\""),
    }
}

/// How wide the rule above a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeaderWidth {
    /// As its widest value.
    #[default]
    Full,
    /// To the first column's end.
    Column,
    /// As wide as the screen at most.
    Page,
    /// So many cells at most.
    Cells(usize),
}

impl HeaderWidth {
    /// The one of this name, or of a number.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "full" => Some(Self::Full),
            "column" => Some(Self::Column),
            "page" => Some(Self::Page),
            number => number.parse::<usize>().ok().filter(|cells| *cells > 0).map(Self::Cells),
        }
    }

    /// The name, for `\pset xheader_width`.
    pub fn name(self) -> String {
        match self {
            Self::Full => "full".into(),
            Self::Column => "column".into(),
            Self::Page => "page".into(),
            Self::Cells(cells) => cells.to_string(),
        }
    }
}

/// The characters that lines are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineStyle {
    /// With `-`, `+` and `|`.
    #[default]
    Ascii,
    /// ASCII with the marks of psql before version 9.
    OldAscii,
    /// With box characters.
    Unicode,
}

impl LineStyle {
    const ALL: [(&'static str, Self); 3] =
        [("ascii", Self::Ascii), ("old-ascii", Self::OldAscii), ("unicode", Self::Unicode)];

    /// The one of this name, or of the beginning of it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| is_begun(known, name)).map(|(_, style)| *style)
    }

    /// The name of the style, for `\pset linestyle`.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, style)| *style == self).map_or("ascii", |(name, _)| *name)
    }

    /// The characters of the style.
    pub(super) fn rules(self) -> &'static Rules {
        match self {
            Self::Ascii => &ASCII,
            Self::OldAscii => &OLD_ASCII,
            Self::Unicode => &UNICODE,
        }
    }
}

/// The lines of a table, and its marks.
pub(super) struct Rules {
    pub dash: &'static str,
    /// Left, middle and right of the rule above, between and below.
    pub top: [&'static str; 3],
    pub middle: [&'static str; 3],
    pub bottom: [&'static str; 3],
    pub bar: &'static str,
    /// Before a value that goes on: after an end of its line, within it, and where there is no more of it.
    pub bar_on: &'static str,
    pub bar_wrapped: &'static str,
    pub bar_past: &'static str,
    /// Before and behind a heading that goes on.
    pub heading_on: &'static str,
    pub heading_more: &'static str,
    /// Behind a value that goes on in the next line.
    pub more: &'static str,
    /// Before and behind a value whose line was too long.
    pub wrapped_on: &'static str,
    pub wrapped_more: &'static str,
    /// Marks of headings stand at their right.
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
