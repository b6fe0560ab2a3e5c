//! The windows over the panes: help, palette, actions, raw fields, environments, activity, a message, what is asked
//! before a change. All are a titled list of lines; choosing a line may run something. Those with buttons are in
//! [`super::dialog`].

use super::command::PaneId;
use super::command::{Id, Risk};
use super::input::Input;
use super::list::List;
use super::operation::OperationId;

/// Which window it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All keys and commands.
    Help,
    /// Any command by its name.
    Palette,
    /// Actions on the selected thing.
    Actions,
    /// The raw fields of the selected thing.
    Inspect,
    Environments,
    /// The activity of this session, oldest first.
    Activity,
    /// Something to read.
    Message,
    /// An MFA code is asked for; it is typed below.
    Code,
    /// A sign-in that goes on.
    SignIn,
    /// The doctor's findings.
    Checkup,
    /// The choices before an operation: images, revisions; typing filters.
    Choose(OperationId),
    /// A list of choices of a pane; the number is the pane's own.
    Pane(PaneId, u8),
    /// A long list of choices of a pane: what is typed finds entries, fuzzily.
    Find(PaneId, u8),
    /// A question that is answered with numbers or a name.
    Ask(Question),
    /// The name of a snapshot is typed; the window's service is the database.
    Name,
    /// An operation's plan, to be confirmed.
    Plan(OperationId),
    /// Whether a deployment under way is rolled back.
    Revert(OperationId),
    /// A pane's confirmation before it changes something; the number is the pane's own.
    Confirm(PaneId, u8),
    /// Whether to leave though operations go on.
    Quit,
}

/// The number that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// How many tasks are to run.
    Count,
    /// Between which limits autoscaling moves.
    Limits,
}

impl Kind {
    /// Whether it has buttons.
    pub fn is_dialog(self) -> bool {
        matches!(self, Self::Plan(_) | Self::Revert(_) | Self::Confirm(..) | Self::Quit)
    }
}

/// The action of a dialog's button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Does what is asked.
    Yes,
    /// Looks at the same with more.
    Offer,
    /// Leaves, and changes nothing.
    No,
    /// Closes a window in which there is nothing to answer.
    Close,
}

/// A button of a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// The action of the button.
    pub act: Act,
    /// The text on it.
    pub label: String,
}

/// The tone of a line, from which its colour follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// As ordinary text.
    #[default]
    Plain,
    /// A heading, or what to do.
    Strong,
    /// Less important.
    Dim,
    /// Good news.
    Good,
    /// Worth a second thought.
    Warn,
    /// Bad news.
    Bad,
}

/// The effect of choosing a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Nothing: it is there to read.
    Nothing,
    /// Runs a command of the key map.
    Run(Id),
    /// Opens an environment.
    Environment(String),
    /// Something that a pane handles.
    Pane {
        pane: PaneId,
        /// The pane's own, what is chosen.
        what: u8,
        /// The chosen entry.
        text: String,
    },
    /// Opens the pane of an operation.
    Operation(OperationId),
    /// Deploys the image with this tag or digest.
    Image(String),
    /// Deploys the image that was typed.
    Typed,
    /// Builds the image and deploys it.
    Build,
    /// Goes back to this revision, or to the version before.
    Revision(Option<String>),
}

/// A line of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// At the left: keys, or a time.
    pub left: String,
    pub text: String,
    /// After the text, dimmed where its tone is plain.
    pub note: String,
    /// The tone of the note.
    pub note_tone: Tone,
    /// The risk of the command, if the line is one.
    pub risk: Option<Risk>,
    /// The tone of the line.
    pub tone: Tone,
    /// The effect of choosing it.
    pub choice: Choice,
}

/// A window over the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    pub kind: Kind,
    /// The title in its frame.
    pub title: String,
    /// All lines; `list.rows` holds the numbers of those that match.
    pub lines: Vec<Line>,
    /// Selection and window.
    pub list: List,
    /// The search text.
    pub query: Input,
    /// The first column shown, for long lines.
    pub column: usize,
    /// The text that `y` copies, if not the selected line.
    pub copies: Option<String>,
    /// The service, or the database, that it is about, by its whole name.
    pub service: String,
    /// The selected button of a dialog.
    pub button: usize,
    /// Whether a dialog's plan stands: buttons were chosen for it.
    pub ready: bool,
}

impl Overlay {
    /// A window over these lines.
    pub fn new(kind: Kind, title: impl Into<String>, lines: Vec<Line>) -> Self {
        let mut overlay = Self {
            kind,
            title: title.into(),
            lines,
            list: List::default(),
            query: Input::default(),
            column: 0,
            copies: None,
            service: String::new(),
            button: 0,
            ready: false,
        };
        overlay.search();
        overlay
    }

    /// Whether typing goes into its query at once.
    pub fn types(&self) -> bool {
        matches!(self.kind, Kind::Palette | Kind::Find(..) | Kind::Choose(_) | Kind::Ask(_) | Kind::Name)
    }

    /// The line that is selected.
    pub fn selected(&self) -> Option<&Line> {
        let number: usize = self.list.selected()?.parse().ok()?;
        self.lines.get(number)
    }

    /// The lines in the window with whether each is selected.
    pub fn shown(&self) -> impl Iterator<Item = (&Line, bool)> {
        let selected = self.list.selected();
        self.list.window().iter().filter_map(move |row| {
            let line = self.lines.get(row.parse::<usize>().ok()?)?;
            Some((line, Some(row.as_str()) == selected))
        })
    }

    /// Other lines in the place of those that are there: what is selected stays so.
    pub fn replace(&mut self, lines: Vec<Line>) {
        if lines != self.lines {
            let choice = self.selected().map(|line| line.choice.clone()).filter(|choice| *choice != Choice::Nothing);
            self.lines = lines;
            self.find();
            // Lines of these windows come and go: what is selected is what it would do, not where it stands.
            let place = |choice: Choice| {
                let number = self.lines.iter().position(|line| line.choice == choice)?.to_string();
                self.list.rows.iter().position(|row| *row == number)
            };
            let follows = matches!(self.kind, Kind::Pane(..) | Kind::Activity);
            if let Some(place) = choice.filter(|_| follows).and_then(place) {
                self.list.select(place);
            }
        }
    }

    /// Finds the lines that match the query, the first selected where it is typed.
    pub fn search(&mut self) {
        self.find();
        if self.types() {
            self.list.select(0);
        }
    }

    /// Lines that match the query: fuzzily in the palette, plainly elsewhere.
    fn find(&mut self) {
        let query = self.query.text();
        let numbers: Vec<usize> = match self.kind {
            // What is typed there is an answer.
            Kind::Ask(_) | Kind::Name | Kind::Plan(_) | Kind::Revert(_) | Kind::Confirm(..) | Kind::Quit => {
                (0..self.lines.len()).collect()
            }
            // An image that only looks alike must not be deployed: no fuzziness there.
            Kind::Choose(_) => self.choices(query),
            _ if query.is_empty() => (0..self.lines.len()).collect(),
            Kind::Palette | Kind::Find(..) => {
                let names: Vec<&str> = self.lines.iter().map(|line| line.text.as_str()).collect();
                let found = frizbee::Matcher::new(query, &frizbee::Config::default()).match_list(&names);
                let mut numbers: Vec<usize> = found.into_iter().map(|found| found.index as usize).collect();
                let meant = elsewhere(query).filter(|_| self.kind == Kind::Palette).map(Choice::Run);
                if let Some(at) = meant.and_then(|meant| self.lines.iter().position(|line| line.choice == meant)) {
                    numbers.retain(|number| *number != at);
                    numbers.insert(0, at);
                }
                numbers
            }
            _ => self.containing(query),
        };
        let shown = |line: &&Line| line.choice != Choice::Typed;
        let total = self.lines.iter().filter(shown).count().max(numbers.len());
        self.list.set_rows(numbers.iter().map(usize::to_string).collect(), total);
    }

    fn containing(&self, query: &str) -> Vec<usize> {
        let wanted = Wanted::new(query);
        let matching = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| wanted.is_in(&line.text) || wanted.is_in(&line.note) || wanted.is_in(&line.left));
        matching.map(|(number, _)| number).collect()
    }

    /// Options that contain what was typed, and what was typed itself unless it is one of them.
    fn choices(&self, query: &str) -> Vec<usize> {
        let typed = query.trim();
        let mut numbers = if typed.is_empty() { (0..self.lines.len()).collect() } else { self.containing(typed) };
        let same = self.lines.iter().any(|line| line.choice != Choice::Typed && line.text == typed);
        numbers.retain(|number| self.lines[*number].choice != Choice::Typed);
        if !typed.is_empty() && !same {
            numbers.extend(self.lines.iter().position(|line| line.choice == Choice::Typed));
        }
        numbers
    }
}

/// The command that another program (vim, k9s, psql) calls by this name, which a fuzzy search would not find first.
fn elsewhere(query: &str) -> Option<Id> {
    match query.trim().trim_end_matches('!') {
        "q" | "qa" | "exit" => Some(Id::QUIT),
        "ctx" => Some(Id::ENVIRONMENT),
        _ => None,
    }
}

/// A text to look for: capitals count only where one was typed.
pub struct Wanted {
    text: String,
    exact: bool,
}

impl Wanted {
    /// A search: without capitals, in any case.
    pub fn new(typed: &str) -> Self {
        let exact = typed.chars().any(char::is_uppercase);
        Self { text: if exact { typed.to_owned() } else { typed.to_lowercase() }, exact }
    }

    /// Whether a text contains it.
    pub fn is_in(&self, text: &str) -> bool {
        if self.exact { text.contains(&self.text) } else { text.to_lowercase().contains(&self.text) }
    }
}

/// How wide a window over the panes is.
pub fn width(columns: u16) -> u16 {
    columns.saturating_sub(8).clamp(20, 110).min(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_programs_call_a_command_finds_it_first_in_the_palette() {
        let line = |name: &str, id: Id| Line {
            left: String::new(),
            text: name.to_owned(),
            note: String::new(),
            note_tone: Tone::Plain,
            risk: None,
            tone: Tone::Plain,
            choice: Choice::Run(id),
        };
        let lines = vec![line("query", Id("query")), line("environment", Id::ENVIRONMENT), line("quit", Id::QUIT)];
        let mut palette = Overlay::new(Kind::Palette, "", lines);
        for (typed, meant) in [("q", Id::QUIT), ("q!", Id::QUIT), ("ctx", Id::ENVIRONMENT), ("que", Id("query"))] {
            palette.query = Input::new(typed.to_owned());
            palette.search();
            assert_eq!(palette.selected().map(|line| &line.choice), Some(&Choice::Run(meant)), "{typed}");
        }
    }

    #[test]
    fn the_selected_operation_stays_so_where_a_newer_one_comes_in_above_it() {
        let line = |choice: &Choice| Line {
            left: String::new(),
            text: String::new(),
            note: String::new(),
            note_tone: Tone::Plain,
            risk: None,
            tone: Tone::Plain,
            choice: choice.clone(),
        };
        let (older, newer) = (Choice::Operation(OperationId(1)), Choice::Operation(OperationId(2)));
        let mut window = Overlay::new(Kind::Activity, "", vec![line(&older)]);
        window.replace(vec![line(&newer), line(&older)]);
        assert_eq!(window.selected().map(|line| &line.choice), Some(&older));
    }
}
