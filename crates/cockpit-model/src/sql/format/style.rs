//! The lines of tables, and the marks where a value or a heading goes on. Source: print.c, `printTextFormat`.

/// Whether what was written is a name or the beginning of it.
pub(super) fn is_begun(name: &str, written: &str) -> bool {
    !written.is_empty() && name.get(..written.len()).is_some_and(|start| start.eq_ignore_ascii_case(written))
}

/// How lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineStyle {
    /// With `-`, `+` and `|`.
    #[default]
    Ascii,
    /// The same with the marks of psql before version 9.
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

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, style)| *style == self).map_or("ascii", |(name, _)| *name)
    }

    /// Its lines and marks.
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
