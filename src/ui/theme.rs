//! Styles by meaning. Views name a meaning, never a colour; the theme maps it to a style.
//!
//! A theme file is a small TOML table from meanings to styles: `down = "bold red"`, `guarded = "bold white on red"`,
//! `key = "#8ab4f8"`. `base = "light"` names the theme that supplies everything the file leaves out. The runtime reads
//! the file.

use crate::app::overlay::Tone;
use crate::model::{Health, Severity};
use ratatui::style::{Color, Modifier, Style};
use std::str::FromStr;

macro_rules! theme {
    ($($name:ident: $doc:literal = $dark:literal, $light:literal, $contrast:literal, $plain:literal;)*) => {
        /// The style of each meaning.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Theme {
            $(#[doc = $doc] pub $name: Style,)*
        }

        /// The meanings that a theme file can set, each with its description.
        pub const MEANINGS: &[(&str, &str)] = &[$((stringify!($name), $doc)),*];

        impl Theme {
            /// The default theme: the terminal's own 16 colours on a dark background.
            pub fn dark() -> Self {
                Self { $($name: built_in($dark)),* }
            }

            /// The theme for a terminal with a light background.
            pub fn light() -> Self {
                Self { $($name: built_in($light)),* }
            }

            /// A theme of bright and bold colours, with nothing dimmed.
            pub fn high_contrast() -> Self {
                Self { $($name: built_in($contrast)),* }
            }

            /// A theme without colours (`NO_COLOR`): bold, dimmed, underlined and reversed only.
            pub fn monochrome() -> Self {
                Self { $($name: built_in($plain)),* }
            }

            fn set(&mut self, meaning: &str, style: Style) -> bool {
                match meaning {
                    $(stringify!($name) => self.$name = style,)*
                    _ => return false,
                }
                true
            }
        }
    };
}

theme! {
    text: "Ordinary text." = "", "", "bold white", "";
    dim: "Labels, ages, what matters less, and data whose read failed." = "dim", "dim", "white", "dim";
    strong: "Names and headings." = "bold", "bold", "bold white", "bold";
    border: "Frames." = "dim", "dim", "white", "dim";
    border_focused: "The frame of the focused block." = "cyan", "25", "bold brightyellow", "bold";
    key: "Keys in the bottom line and in help." = "cyan", "25", "bold brightyellow", "bold";
    tab: "The title of the pane that is shown." = "bold reversed", "bold reversed", "bold reversed", "bold reversed";
    selected: "The selected row of the focused block." = "reversed", "reversed", "bold reversed", "reversed";
    marked: "The marker before the selected row of a block without focus." = "dim", "dim", "bold", "dim";
    flash: "A name whose state has just changed." = "bold reversed", "bold reversed", "bold black on brightyellow", "bold reversed underlined";
    environment: "The environment's name." = "bold black on cyan", "bold brightwhite on 25", "bold black on brightwhite", "bold reversed";
    guarded: "The whole top line of a guarded environment." = "bold brightwhite on red", "bold brightwhite on 124", "bold brightwhite on red", "bold reversed";
    simulated: "SIMULATED and READ-ONLY." = "bold black on yellow", "bold black on 220", "bold black on brightyellow", "bold underlined";
    paused: "PAUSED." = "bold black on magenta", "bold brightwhite on 90", "bold black on brightmagenta", "bold underlined reversed";
    alert: "Wrong account, no credentials." = "bold brightwhite on red", "bold brightwhite on 124", "bold brightwhite on red", "bold reversed";
    toast: "A short message at the bottom." = "bold", "bold", "bold brightwhite", "bold";
    healthy: "Healthy." = "green", "28", "bold brightgreen", "";
    changing: "Changing: starting, stopping, being deployed." = "blue", "25", "bold brightcyan", "";
    degraded: "Degraded; warnings." = "yellow", "bold 130", "bold brightyellow", "bold";
    down: "Down; errors." = "bold red", "bold 124", "bold brightred", "bold underlined";
    stopped: "Stopped on purpose." = "dim", "dim", "white", "dim";
    unknown: "Unknown." = "magenta", "90", "bold brightmagenta", "";
    curve: "The first curve of a chart." = "cyan", "25", "bold brightcyan", "";
    curve_second: "The second curve of a chart." = "magenta", "90", "bold brightmagenta", "bold";
    curve_third: "The third curve of a chart." = "blue", "28", "bold brightgreen", "dim";
    threshold: "The line of an alarm's threshold or of a scaling target." = "yellow", "130", "bold brightyellow", "dim";
    deployed: "The mark of a deployment on the time axis." = "bold", "bold", "bold brightwhite", "bold";
}

impl Default for Theme {
    fn default() -> Self {
        Self::dark()
    }
}

impl Theme {
    /// The built-in theme of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "dark" => Self::dark(),
            "light" => Self::light(),
            "high-contrast" => Self::high_contrast(),
            "monochrome" => Self::monochrome(),
            _ => return None,
        })
    }

    /// Parses the text of a theme file.
    ///
    /// # Errors
    /// All mistakes in the file, one sentence each.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let table: toml::Table = text.parse().map_err(|mistake: toml::de::Error| vec![mistake.message().to_owned()])?;
        let mut mistakes = Vec::new();
        let mut theme = Self::dark();
        match table.get("base").map(|base| (base.as_str(), base)) {
            None => {}
            Some((Some(name), _)) => match Self::named(name) {
                Some(base) => theme = base,
                None => mistakes.push(format!("base: `{name}` is not a theme: dark, light, high-contrast, monochrome")),
            },
            Some((None, _)) => mistakes.push("base: the name of a theme is a text".to_owned()),
        }
        for (meaning, value) in table.iter().filter(|(meaning, _)| *meaning != "base") {
            let style = match value.as_str().map(style) {
                None => Err("a style is a text such as \"bold red\"".to_owned()),
                Some(style) => style,
            };
            match style {
                Err(mistake) => mistakes.push(format!("{meaning}: {mistake}")),
                Ok(style) => {
                    if !theme.set(meaning, style) {
                        let names: Vec<&str> = MEANINGS.iter().map(|(name, _)| *name).collect();
                        mistakes.push(format!("`{meaning}` is nothing that has a style: {}", names.join(", ")));
                    }
                }
            }
        }
        if mistakes.is_empty() { Ok(theme) } else { Err(mistakes) }
    }

    /// The style for lines of this tone.
    pub fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => self.text,
            Tone::Strong => self.strong,
            Tone::Dim => self.dim,
            Tone::Good => self.healthy,
            Tone::Warn => self.degraded,
            Tone::Bad => self.down,
        }
    }

    /// The style for this health.
    pub fn health(&self, health: Health) -> Style {
        match health {
            Health::Healthy => self.healthy,
            Health::Changing => self.changing,
            Health::Degraded => self.degraded,
            Health::Down => self.down,
            Health::Stopped => self.stopped,
            Health::Unknown => self.unknown,
        }
    }

    /// The style for this severity.
    pub fn severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Critical => self.down,
            Severity::Warning => self.degraded,
            Severity::Note => self.dim,
        }
    }

    /// The styles of a chart's curves, in drawing order.
    pub fn curves(&self) -> [Style; 3] {
        [self.curve, self.curve_second, self.curve_third]
    }
}

fn built_in(words: &str) -> Style {
    // A test checks that the built-in styles parse.
    style(words).unwrap_or_default()
}

/// Parses a style: `bold red on #202020`.
fn style(words: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        style = match word {
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "italic" => style.add_modifier(Modifier::ITALIC),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style.add_modifier(Modifier::REVERSED),
            "on" => style.bg(colour(words.next().unwrap_or_default())?),
            word => style.fg(colour(word)?),
        };
    }
    Ok(style)
}

fn colour(word: &str) -> Result<Color, String> {
    Ok(match word {
        "default" => Color::Reset,
        "black" => Color::Black,
        "red" => Color::Red,
        "green" => Color::Green,
        "yellow" => Color::Yellow,
        "blue" => Color::Blue,
        "magenta" => Color::Magenta,
        "cyan" => Color::Cyan,
        "white" => Color::Gray,
        "brightblack" => Color::DarkGray,
        "brightred" => Color::LightRed,
        "brightgreen" => Color::LightGreen,
        "brightyellow" => Color::LightYellow,
        "brightblue" => Color::LightBlue,
        "brightmagenta" => Color::LightMagenta,
        "brightcyan" => Color::LightCyan,
        "brightwhite" => Color::White,
        other if other.starts_with('#') || other.parse::<u8>().is_ok() => {
            Color::from_str(other).map_err(|_| format!("`{other}` is not a colour"))?
        }
        other => {
            return Err(format!(
                "`{other}` is neither a colour (red, brightred, 0-255, #rrggbb, default) nor bold, dim, italic, \
                 underlined, reversed"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_themes_parse() {
        // `built_in` hides mistakes by returning an empty style, but a coloured meaning always has a foreground.
        for theme in [Theme::dark(), Theme::light(), Theme::high_contrast()] {
            for style in [theme.down, theme.degraded, theme.healthy, theme.guarded, theme.key, theme.curve] {
                assert!(style.fg.is_some(), "{theme:?}");
            }
        }
        for style in [Theme::monochrome().down, Theme::monochrome().guarded] {
            assert_eq!((style.fg, style.bg), (None, None));
            assert!(!style.add_modifier.is_empty());
        }
    }

    #[test]
    fn theme_file_overrides_only_the_meanings_it_names() {
        let theme = Theme::parse("base = \"light\"\ndown = \"bold #ff0000 on 7\"").unwrap();
        assert_eq!(theme.down.fg, Some(Color::Rgb(255, 0, 0)));
        assert_eq!(theme.down.bg, Some(Color::Indexed(7)));
        assert_eq!(theme.key, Theme::light().key);
    }

    #[test]
    fn theme_file_mistakes_are_reported_together() {
        let mistakes = Theme::parse("base = \"pink\"\ndown = \"loud\"\nroof = \"red\"\nkey = 3").unwrap_err();
        assert_eq!(mistakes.len(), 4, "{mistakes:?}");
        assert!(Theme::parse("down = ").is_err());
    }
}
