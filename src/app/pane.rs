//! What a pane is: data and functions over a state `A`. The panes themselves are in `src/panes`; nothing here, and
//! nothing else in `src/app`, knows one of them.

use super::command::{Command, Id, PaneId, Scope};
use super::effect::Effect;
use super::event::{Answer, Mouse};
use super::overlay::Line;
use ratatui::layout::Rect;
use std::fmt;
use std::time::Duration;

/// A pane.
pub struct Pane<A: 'static> {
    /// Its name, and that of the command that goes to it.
    pub id: PaneId,
    /// On its tab.
    pub title: &'static str,
    /// The key that goes to it, which stands on its tab; empty: it has no tab, and is opened from elsewhere.
    pub key: &'static str,
    /// What that command does, in a sentence.
    pub doc: &'static str,
    /// Over its own commands, in help and documentation.
    pub heading: &'static str,
    /// Its own commands: listened to while it is shown.
    pub commands: &'static [Command<A>],
    /// Its commands that are listened to in every list.
    pub in_lists: &'static [Command<A>],
    /// What can be done to what is selected there, most useful first; those that apply are offered.
    pub actions: &'static [Id],
    /// What it does of itself.
    pub hooks: Hooks<A>,
}

/// A movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each says it all
pub enum Motion {
    Left,
    Right,
    Down,
    Up,
    First,
    Last,
    HalfDown,
    HalfUp,
    PageDown,
    PageUp,
    NextMatch,
    PreviousMatch,
}

/// What a pane does of itself, where it is not what all panes do. A pane names those it needs, and takes
/// the rest from [`Hooks::NONE`].
pub struct Hooks<A: 'static> {
    /// Its key was pressed, or its tab.
    pub entered: fn(&mut A),
    /// A key or the mouse comes: what is shown is brought up to date, so that it means what is seen.
    pub prepare: fn(&mut A),
    /// A movement; false: the list of the focused block moves.
    pub moves: fn(&mut A, Motion) -> bool,
    /// `Esc`: takes back what was opened or typed in it; false: there is nothing.
    pub back: fn(&mut A) -> bool,
    /// `Enter`; none: the selected thing is opened.
    pub open: fn(&mut A) -> Option<Vec<Effect>>,
    /// The raw fields; none: those of the selected thing are shown.
    pub inspect: fn(&mut A) -> Option<Vec<Effect>>,
    /// What is copied; none: the name of the selected thing.
    pub copy: fn(&A) -> Option<String>,
    /// The mouse in one of its blocks; none: it selects rows.
    pub mouse: fn(&mut A, Rect, Mouse) -> Option<Vec<Effect>>,
    /// A line is being typed for it, of this kind: it has changed.
    pub typed: fn(&mut A, u8, &str),
    /// That line is taken.
    pub accepted: fn(&mut A, u8, &str) -> Vec<Effect>,
    /// The lines of a window of its own, as things stand.
    pub lines: fn(&A, u8) -> Vec<Line>,
    /// A line of such a window was chosen.
    pub picked: fn(&mut A, u8, &str) -> Vec<Effect>,
    /// What such a window asks before something that costs: when it changes, it has to be read again.
    pub asks: fn(&A, u8) -> Option<String>,
    /// What is to be asked now, whether it is shown or not, also while the screen is held still.
    pub plan: fn(&mut A) -> Vec<Effect>,
    /// An answer to what it asked.
    pub answer: fn(&mut A, Answer),
    /// Credentials were renewed: what is under way may be another account's.
    pub renewed: fn(&mut A),
    /// How far the service's clock is ahead has changed.
    pub clock: fn(&mut A),
    /// The file that lines are written into as they come cannot be written.
    pub tee_ended: fn(&mut A, &str),
    /// Another environment is about to be opened: nothing of the one before stays.
    pub switched: fn(&mut A) -> Vec<Effect>,
    /// Brings what it shows up to date for a drawing.
    pub settle: fn(&mut A),
    /// How long it can wait for the next tick, where that is less than a second.
    pub next_tick: fn(&A) -> Option<Duration>,
}

impl<A> Hooks<A> {
    /// What all panes do.
    pub const NONE: Self = Self {
        entered: |_| {},
        prepare: |_| {},
        moves: |_, _| false,
        back: |_| false,
        open: |_| None,
        inspect: |_| None,
        copy: |_| None,
        mouse: |_, _, _| None,
        typed: |_, _, _| {},
        accepted: |_, _, _| Vec::new(),
        lines: |_, _| Vec::new(),
        picked: |_, _, _| Vec::new(),
        asks: |_, _| None,
        plan: |_| Vec::new(),
        answer: |_, _| {},
        renewed: |_| {},
        clock: |_| {},
        tee_ended: |_, _| {},
        switched: |_| Vec::new(),
        settle: |_| {},
        next_tick: |_| None,
    };
}

impl<A> fmt::Debug for Pane<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id.0)
    }
}

/// All panes and all commands.
#[derive(Debug)]
pub struct Table<A: 'static> {
    /// Panes, in the order of their commands.
    pub panes: &'static [&'static Pane<A>],
    /// Commands, in the order of palette and documentation.
    pub commands: &'static [&'static [Command<A>]],
}

impl<A> Table<A> {
    /// The pane of this name; the first one where there is none.
    pub fn pane(&self, id: PaneId) -> &'static Pane<A> {
        self.panes.iter().find(|pane| pane.id == id).copied().unwrap_or(self.panes[0])
    }

    /// Panes that have a tab, in the order of their keys.
    pub fn tabs(&self) -> Vec<&'static Pane<A>> {
        let mut tabs: Vec<_> = self.panes.iter().copied().filter(|pane| !pane.key.is_empty()).collect();
        // The zero stands behind the nine, as on a keyboard.
        tabs.sort_by_key(|pane| (pane.key == "0", pane.key));
        tabs
    }

    /// All commands.
    pub fn commands(&self) -> impl Iterator<Item = &'static Command<A>> + use<A> {
        self.commands.iter().flat_map(|part| part.iter())
    }

    /// The command of this name.
    pub fn by_name(&self, name: &str) -> Option<&'static Command<A>> {
        self.commands().find(|command| command.id.0 == name)
    }

    /// The command of this name; the first one where there is none.
    pub fn command(&self, id: Id) -> &'static Command<A> {
        self.by_name(id.0).unwrap_or(&self.commands[0][0])
    }

    /// The heading of a scope in help and documentation.
    pub fn heading(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Input => "While typing",
            Scope::Overlay => "In a window over the panes",
            Scope::Pane(name) => self.pane(PaneId(name)).heading,
            Scope::List => "In lists",
            Scope::Global => "Everywhere",
        }
    }

    /// The scopes that have commands, in the order of help and documentation; those of `first` are first.
    pub fn scopes(&self, first: Option<PaneId>) -> Vec<Scope> {
        let own = |pane: &&Pane<A>| !pane.commands.is_empty();
        let mut panes: Vec<Scope> = self.panes.iter().copied().filter(own).map(|pane| Scope::Pane(pane.id.0)).collect();
        let here = first.map(|id| Scope::Pane(id.0)).filter(|here| panes.contains(here));
        panes.retain(|scope| Some(*scope) != here);
        let mut scopes: Vec<Scope> = here.into_iter().collect();
        match here {
            // What is not of the lists stands where its commands stood.
            Some(_) => scopes.extend([Scope::Global, Scope::List]),
            None => scopes.extend([Scope::List, Scope::Global]),
        }
        scopes.extend(panes);
        scopes.push(Scope::Input);
        scopes
    }
}
