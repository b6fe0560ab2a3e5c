//! The windows over the panes: help, palette, actions, raw fields, environments, activity, messages, confirmations.
//! Each is a titled list of lines; choosing a line may run something. Windows with buttons are in [`super::dialog`].

use super::command::PaneId;
use super::command::{Id, Risk};
use super::input::Input;
use super::list::List;
use super::operation::OperationId;

/// The kind of a window.
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
    /// The prompt for an MFA code; it is typed below.
    Code,
    /// A sign-in in progress.
    SignIn,
    /// The findings of `doctor`.
    Checkup,
    /// The choices before an operation: images, revisions; typing filters them.
    Choose(OperationId),
    /// A list of choices in a pane; the number is the pane's own.
    Pane(PaneId, u8),
    /// A long list of choices in a pane, searched fuzzily by what is typed; the number is the pane's own.
    Find(PaneId, u8),
    /// A question answered with numbers or a name.
    Ask(Question),
    /// Asks for the name of a snapshot; the window's service is the database.
    SnapshotName,
    /// An operation's plan, to be confirmed.
    Plan(OperationId),
    /// Asks whether to roll back a deployment in progress.
    Revert(OperationId),
    /// A pane's confirmation of a change; the number is the pane's own.
    Confirm(PaneId, u8),
    /// Asks whether to quit although operations are running.
    Quit,
}

/// The number that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The desired number of tasks.
    Count,
    /// The limits of autoscaling.
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
pub enum ButtonAction {
    /// Confirms.
    Confirm,
    /// Makes the plan again with the option it offers.
    Offer,
    /// Closes the window and changes nothing.
    Cancel,
    /// Closes a window that asks nothing.
    Close,
}

/// A button of a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// The action of the button.
    pub action: ButtonAction,
    /// The label of the button.
    pub label: String,
}

/// The tone of a line; it determines the colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// A heading, or a recommended action.
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
    /// None: the line is only to be read.
    Nothing,
    /// Runs a command of the key map.
    Run(Id),
    /// Opens an environment.
    Environment(String),
    /// Handled by a pane.
    Pane {
        pane: PaneId,
        /// The kind of the choice; the number is the pane's own.
        what: u8,
        /// The chosen entry.
        text: String,
    },
    /// Opens the view of an operation.
    Operation(OperationId),
    /// Deploys the image with this tag or digest.
    Image(String),
    /// Deploys the image that was typed.
    Typed,
    /// Builds the image and deploys it.
    Build,
    /// Rolls back to this revision, or to the previous version.
    Revision(Option<String>),
}

/// A line of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Text at the left: keys, or a time.
    pub left: String,
    pub text: String,
    /// Text after the main text; dimmed if its tone is plain.
    pub note: String,
    /// The tone of the note.
    pub note_tone: Tone,
    /// The risk of the command, if the line is one.
    pub risk: Option<Risk>,
    /// The tone of the line.
    pub tone: Tone,
    /// The effect of choosing the line.
    pub choice: Choice,
}

/// A window over the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    pub kind: Kind,
    /// The title in its frame.
    pub title: String,
    /// All lines; `list.rows` holds the indices of those that match.
    pub lines: Vec<Line>,
    /// The selection and the rows in view.
    pub list: List,
    /// The search text.
    pub query: Input,
    /// The first column shown, for long lines.
    pub column: usize,
    /// The text that `y` copies, if not the selected line.
    pub copy_text: Option<String>,
    /// The full name of the service or database that the window is about.
    pub service: String,
    /// The selected button of a dialog.
    pub button: usize,
    /// Whether a dialog's plan is ready: its buttons are final.
    pub ready: bool,
}

impl Overlay {
    /// A window with these lines.
    pub fn new(kind: Kind, title: impl Into<String>, lines: Vec<Line>) -> Self {
        let mut overlay = Self {
            kind,
            title: title.into(),
            lines,
            list: List::default(),
            query: Input::default(),
            column: 0,
            copy_text: None,
            service: String::new(),
            button: 0,
            ready: false,
        };
        overlay.search();
        overlay
    }

    /// Whether typed letters go into its query at once.
    pub fn accepts_typing(&self) -> bool {
        matches!(self.kind, Kind::Palette | Kind::Find(..) | Kind::Choose(_) | Kind::Ask(_) | Kind::SnapshotName)
    }

    /// The selected line.
    pub fn selected(&self) -> Option<&Line> {
        let number: usize = self.list.selected()?.parse().ok()?;
        self.lines.get(number)
    }

    /// The lines in view, each with whether it is selected.
    pub fn shown(&self) -> impl Iterator<Item = (&Line, bool)> {
        let selected = self.list.selected();
        self.list.window().iter().filter_map(move |row| {
            let line = self.lines.get(row.parse::<usize>().ok()?)?;
            Some((line, Some(row.as_str()) == selected))
        })
    }

    /// Replaces the lines and keeps the selection.
    pub fn replace(&mut self, lines: Vec<Line>) {
        if lines != self.lines {
            let choice = self.selected().map(|line| line.choice.clone()).filter(|choice| *choice != Choice::Nothing);
            self.lines = lines;
            self.find();
            // Lines of these windows come and go: the selection follows the line's choice, not its index.
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

    /// Searches for the lines that match the query; selects the first if the window takes typed letters.
    pub fn search(&mut self) {
        self.find();
        if self.accepts_typing() {
            self.list.select(0);
        }
    }

    /// Finds the lines that match the query: fuzzily in the palette, by substring elsewhere.
    fn find(&mut self) {
        let query = self.query.text();
        let numbers: Vec<usize> = match self.kind {
            // The text typed in these windows is an answer, not a search.
            Kind::Ask(_) | Kind::SnapshotName | Kind::Plan(_) | Kind::Revert(_) | Kind::Confirm(..) | Kind::Quit => {
                (0..self.lines.len()).collect()
            }
            // An image whose name is merely similar must not be deployed: no fuzzy search here.
            Kind::Choose(_) => self.choices(query),
            _ if query.is_empty() => (0..self.lines.len()).collect(),
            Kind::Palette | Kind::Find(..) => {
                let names: Vec<&str> = self.lines.iter().map(|line| line.text.as_str()).collect();
                let found = frizbee::Matcher::new(query, &frizbee::Config::default()).match_list(&names);
                let mut numbers: Vec<usize> = found.into_iter().map(|found| found.index as usize).collect();
                let target = command_alias(query).filter(|_| self.kind == Kind::Palette).map(Choice::Run);
                if let Some(at) = target.and_then(|target| self.lines.iter().position(|line| line.choice == target)) {
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
        let wanted = SearchText::new(query);
        let matching = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| wanted.is_in(&line.text) || wanted.is_in(&line.note) || wanted.is_in(&line.left));
        matching.map(|(number, _)| number).collect()
    }

    /// The options that contain the typed text, and the typed text itself unless it equals one of them.
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

/// The command that another program (vim, k9s, psql) has under this name; a fuzzy search would not rank it first.
fn command_alias(query: &str) -> Option<Id> {
    match query.trim().trim_end_matches('!') {
        "q" | "qa" | "exit" => Some(Id::QUIT),
        "ctx" => Some(Id::ENVIRONMENT),
        _ => None,
    }
}

/// A search text, case-sensitive only if it contains a capital.
pub struct SearchText {
    text: String,
    exact: bool,
}

impl SearchText {
    /// A search for the typed text.
    pub fn new(typed: &str) -> Self {
        let exact = typed.chars().any(char::is_uppercase);
        Self { text: if exact { typed.to_owned() } else { typed.to_lowercase() }, exact }
    }

    /// Whether a text contains the search text.
    pub fn is_in(&self, text: &str) -> bool {
        if self.exact { text.contains(&self.text) } else { text.to_lowercase().contains(&self.text) }
    }
}

/// The width of a window over the panes, for a screen width in columns.
pub fn width(columns: u16) -> u16 {
    columns.saturating_sub(8).clamp(20, 110).min(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_aliases_of_other_programs_come_first_in_the_palette() {
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
    fn selected_operation_stays_selected_when_a_newer_one_is_added() {
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
