//! What lies over the panes: help, palette, actions, raw fields, environments, activity, a message, what is
//! asked before a change. All are a titled list of lines; choosing a line may run something. Those with
//! buttons are in [`super::dialog`].

use super::App;
use super::command::{self, Command, Id, Risk};
use super::input::Input;
use super::list::List;
use super::logs::windows::{Pick, Window};
use super::operation::OperationId;
use super::{followed, tell};
use crate::model::text;

/// Which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All keys.
    Help,
    /// Any command by its name.
    Palette,
    /// What can be done to the selected thing.
    Actions,
    /// Raw fields.
    Inspect,
    /// Environments.
    Environments,
    /// What happened.
    Activity,
    /// Something to read.
    Message,
    /// What there is to choose from before an operation; typing filters.
    Choose(OperationId),
    /// What the logs have to choose from.
    Logs(Window),
    /// Numbers are typed.
    Ask(Question),
    /// An operation's plan, to be confirmed.
    Plan(OperationId),
    /// Whether a deployment under way is rolled back.
    Revert(OperationId),
    /// Whether to leave though operations go on.
    Quit,
}

/// What numbers are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// How many tasks run.
    Count,
    /// Between which limits autoscaling moves.
    Limits,
}

impl Kind {
    /// Whether it has buttons.
    pub fn is_dialog(self) -> bool {
        matches!(self, Self::Plan(_) | Self::Revert(_) | Self::Quit)
    }
}

/// How a line looks.
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

/// What choosing a line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Nothing: it is there to read.
    Nothing,
    /// Runs a command.
    Run(Id),
    /// Opens an environment.
    Environment(String),
    /// Something of the logs.
    Logs(Pick),
    /// Opens an operation.
    Operation(OperationId),
    /// Deploys this image.
    Image(String),
    /// Deploys the image that was typed.
    Typed,
    /// Builds the image and deploys it.
    Build,
    /// Goes back to this revision, or to the version before.
    Revision(Option<String>),
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// At the left: keys, or a time.
    pub left: String,
    /// The text.
    pub text: String,
    /// After the text, dimmed where its tone is plain.
    pub note: String,
    /// How the note looks.
    pub note_tone: Tone,
    /// What it risks, for commands.
    pub risk: Option<Risk>,
    /// How it looks.
    pub tone: Tone,
    /// What choosing it does.
    pub choice: Choice,
}

/// A window over the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// Which.
    pub kind: Kind,
    /// In its frame.
    pub title: String,
    /// All lines; `list.rows` holds the numbers of those that match.
    pub lines: Vec<Line>,
    /// Selection and window.
    pub list: List,
    /// What is searched for.
    pub query: Input,
    /// The first column shown, for long lines.
    pub column: usize,
    /// What `y` copies, if not the selected line.
    pub copies: Option<String>,
    /// The service that it is about, by its whole name.
    pub service: String,
    /// The selected button of a dialog.
    pub button: usize,
    /// A dialog's plan stands: buttons were chosen for it.
    pub ready: bool,
}

impl Overlay {
    /// A window over lines.
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
        matches!(self.kind, Kind::Palette | Kind::Choose(_) | Kind::Ask(_))
    }

    /// The selected line.
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
            if let Some(place) = choice.filter(|_| matches!(self.kind, Kind::Logs(_))).and_then(place) {
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
            Kind::Ask(_) | Kind::Plan(_) | Kind::Revert(_) | Kind::Quit => (0..self.lines.len()).collect(),
            // An image that only looks alike must not be deployed: no fuzziness there.
            Kind::Choose(_) => self.choices(query),
            _ if query.is_empty() => (0..self.lines.len()).collect(),
            Kind::Palette => {
                let names: Vec<&str> = self.lines.iter().map(|line| line.text.as_str()).collect();
                let found = frizbee::Matcher::new(query, &frizbee::Config::default()).match_list(&names);
                found.into_iter().map(|found| found.index as usize).collect()
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

/// A text to look for: capitals count only where one was typed.
pub struct Wanted {
    text: String,
    exact: bool,
}

impl Wanted {
    /// From what was typed.
    pub fn new(typed: &str) -> Self {
        let exact = typed.chars().any(char::is_uppercase);
        Self { text: if exact { typed.to_owned() } else { typed.to_lowercase() }, exact }
    }

    /// Whether a text contains it.
    pub fn is_in(&self, text: &str) -> bool {
        if self.exact { text.contains(&self.text) } else { text.to_lowercase().contains(&self.text) }
    }
}

fn line(left: impl Into<String>, text: impl Into<String>, note: impl Into<String>, choice: Choice) -> Line {
    Line {
        left: left.into(),
        text: text.into(),
        note: note.into(),
        note_tone: Tone::Plain,
        risk: None,
        tone: Tone::Plain,
        choice,
    }
}

fn command_line(app: &App, command: &Command, text: &str, note: &str) -> Line {
    let keys: Vec<String> = app.keymap.keys(command.id).iter().map(|key| key.label()).collect();
    Line { risk: Some(command.risk), ..line(keys.join(" "), text, note, Choice::Run(command.id)) }
}

/// All keys and commands, by scope.
pub fn help(app: &App) -> Overlay {
    let mut lines = Vec::new();
    // The keys of where one is come first.
    let mut scopes = vec![command::Scope::List, command::Scope::Global, command::Scope::Logs, command::Scope::Input];
    if app.screen.view() == super::screen::View::Logs {
        scopes.swap(0, 2);
    }
    for scope in scopes {
        lines.push(line("", format!("── {} ──", scope.title()), "", Choice::Nothing));
        for command in command::ALL.iter().filter(|command| command.scope == scope) {
            let mut entry = command_line(app, command, command.doc, command.name);
            if scope == command::Scope::Input {
                entry.choice = Choice::Nothing;
            }
            lines.push(entry);
        }
    }
    Overlay::new(Kind::Help, "Keys", lines)
}

/// Any command by its name, and each environment.
pub fn palette(app: &App) -> Overlay {
    let commands =
        command::ALL.iter().filter(|command| command.scope != command::Scope::Input && command.id != Id::Palette);
    let mut lines: Vec<Line> = commands.map(|command| command_line(app, command, command.name, command.doc)).collect();
    for environment in &app.config.environments {
        let choice = Choice::Environment(environment.name.clone());
        lines.push(line(
            "",
            format!("environment {}", environment.name),
            format!("Switch to {}.", environment.name),
            choice,
        ));
    }
    Overlay::new(Kind::Palette, "Command", lines)
}

/// What can be done to the selected thing.
pub fn actions(app: &App) -> Overlay {
    let (name, commands) = super::select::actions(app);
    let lines = commands.iter().map(|id| {
        let command = command::get(*id);
        command_line(app, command, command.title, command.doc)
    });
    Overlay::new(Kind::Actions, format!("Actions on {}", text::harmless(&name)), lines.collect())
}

/// The environments of the configuration.
pub fn environments(app: &App) -> Overlay {
    let lines = app.config.environments.iter().map(|environment| {
        let mut notes = vec![environment.project.clone()];
        notes.extend(environment.account.clone());
        notes.extend(environment.region.clone());
        if environment.guarded {
            notes.push("GUARDED".to_owned());
        }
        notes.retain(|note| !note.is_empty());
        let here = if environment.name == app.environment.name { "●" } else { "" };
        let choice = Choice::Environment(environment.name.clone());
        let note_tone = if environment.guarded { Tone::Bad } else { Tone::Plain };
        Line { note_tone, ..line(here, environment.name.clone(), notes.join("  "), choice) }
    });
    let mut overlay = Overlay::new(Kind::Environments, "Environments", lines.collect());
    let place = app.config.environments.iter().position(|environment| environment.name == app.environment.name);
    overlay.list.select(place.unwrap_or(0));
    overlay
}

/// Operations, then what happened in this session, newest first.
pub fn activity(app: &App) -> Overlay {
    Overlay::new(Kind::Activity, "Activity", activities(app))
}

/// The lines of the activity drawer as of now.
pub fn activities(app: &App) -> Vec<Line> {
    let mut lines: Vec<Line> = followed::listed(app).map(|operation| operation_line(app, operation)).collect();
    if !lines.is_empty() {
        lines.push(line("", "", "", Choice::Nothing));
    }
    let zone = app.zone();
    lines.extend(app.activity.iter().rev().map(|entry| Line {
        tone: if entry.error { Tone::Bad } else { Tone::Plain },
        ..line(crate::model::time::clock(entry.at, &zone), entry.text.clone(), "", Choice::Nothing)
    }));
    if lines.is_empty() {
        lines.push(line(
            "",
            "Nothing has happened yet: operations, switches, failures and recoveries are listed here.",
            "",
            Choice::Nothing,
        ));
    }
    lines
}

/// `◐ deploy web  rolling out 1/2  1m12s`, with how it ended in its place.
fn operation_line(app: &App, operation: &super::operation::Operation) -> Line {
    let health = followed::health(operation);
    let clock = crate::model::time::clock(operation.asked, &app.zone());
    let words = match &operation.outcome {
        Some(outcome) => format!("{}: {}", operation.words(), outcome.summary),
        None => format!("{} {}", operation.words(), followed::fraction(operation)).trim_end().to_owned(),
    };
    let note = match operation.ended {
        Some(ended) => format!("{} ago", crate::model::time::short(app.now.duration_since(ended))),
        None => tell::exactly(followed::elapsed(operation, app.now)),
    };
    let tone = match health {
        crate::model::Health::Down | crate::model::Health::Unknown => Tone::Bad,
        crate::model::Health::Healthy => Tone::Good,
        _ => Tone::Strong,
    };
    let text = format!("{}  {words}", followed::named(app, operation));
    Line { tone, ..line(format!("{clock} {}", health.sign()), text, note, Choice::Operation(operation.id)) }
}

/// Raw fields, a line each.
pub fn inspect(title: String, fields: &str) -> Overlay {
    let lines = fields.lines().map(|field| line("", text::harmless(field).into_owned(), "", Choice::Nothing));
    let mut overlay = Overlay::new(Kind::Inspect, title, lines.collect());
    overlay.copies = None;
    overlay
}

/// Something to read, which `y` copies whole: broken to the window's width.
pub fn message(app: &App, title: &str, body: &str) -> Overlay {
    // Its frame, and a cell at each side.
    let cells = usize::from(width(app.screen.size.0).saturating_sub(4));
    let lines = crate::model::wrap::wrap(body, cells).into_iter().map(|text| line("", text, "", Choice::Nothing));
    let mut overlay = Overlay::new(Kind::Message, title, lines.collect());
    overlay.copies = Some(body.to_owned());
    overlay
}

/// How wide a window over the panes is.
pub fn width(columns: u16) -> u16 {
    columns.saturating_sub(8).clamp(20, 110).min(columns)
}
