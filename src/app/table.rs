//! All panes and commands, and lookups among them.

use super::command::{Command, Id, PaneId, Scope};
use super::pane::{BlockSpec, Pane};
use super::screen::Block;

/// All panes and all commands.
#[derive(Debug)]
pub struct Table<A: 'static> {
    /// Panes, in the order of their commands.
    pub panes: &'static [&'static Pane<A>],
    /// Commands, in the order of palette and documentation.
    pub commands: &'static [&'static [Command<A>]],
}

impl<A> Table<A> {
    /// The pane with this name; the first pane if there is none.
    pub fn pane(&self, id: PaneId) -> &'static Pane<A> {
        self.panes.iter().find(|pane| pane.id == id).copied().unwrap_or(self.panes[0])
    }

    /// The pane that shows an operation instead of the opened pane: the one without a tab.
    pub fn of_operations(&self) -> &'static Pane<A> {
        self.panes.iter().find(|pane| pane.key.is_empty()).copied().unwrap_or(self.panes[0])
    }

    /// Panes that have a tab, in the order of their keys.
    pub fn tabs(&self) -> Vec<&'static Pane<A>> {
        let mut tabs: Vec<_> = self.panes.iter().copied().filter(|pane| !pane.key.is_empty()).collect();
        // Zero comes after nine, as on a keyboard.
        tabs.sort_by_key(|pane| (pane.key == "0", pane.key));
        tabs
    }

    /// The declaration of a block of any pane.
    pub fn block(&self, block: Block) -> &'static BlockSpec<A> {
        let views = self.panes.iter().flat_map(|pane| pane.views);
        let mut blocks = views.flat_map(|view| view.blocks.iter().chain(view.unfocusable_blocks)).copied();
        blocks.find(|spec| spec.block == block).unwrap_or(self.panes[0].views[0].blocks[0])
    }

    /// All commands: those of the panes and the common ones.
    pub fn commands(&self) -> impl Iterator<Item = &'static Command<A>> + use<A> {
        self.commands.iter().flat_map(|part| part.iter())
    }

    /// The command with this name.
    pub fn by_name(&self, name: &str) -> Option<&'static Command<A>> {
        self.commands().find(|command| command.id.0 == name)
    }

    /// The command with this name; the first command if there is none.
    pub fn command(&self, id: Id) -> &'static Command<A> {
        self.by_name(id.0).unwrap_or(&self.commands[0][0])
    }

    /// The heading of a scope in help and documentation.
    pub fn heading(&self, scope: Scope) -> &'static str {
        match scope {
            Scope::Input => "While typing",
            Scope::Text => "In an editor",
            Scope::Overlay => "In a window over the panes",
            Scope::Pane(name) => self.pane(PaneId(name)).heading,
            Scope::List => "In lists",
            Scope::Global => "Everywhere",
        }
    }

    /// The scopes that have commands, in the order of help and documentation; the scope of pane `first` comes first.
    pub fn scopes(&self, first: Option<PaneId>) -> Vec<Scope> {
        let own = |pane: &&Pane<A>| self.commands().any(|command| command.scope == Scope::Pane(pane.id.0));
        let mut panes: Vec<Scope> = self.panes.iter().copied().filter(own).map(|pane| Scope::Pane(pane.id.0)).collect();
        let here = first.map(|id| Scope::Pane(id.0)).filter(|here| panes.contains(here));
        panes.retain(|scope| Some(*scope) != here);
        let mut scopes: Vec<Scope> = here.into_iter().collect();
        match here {
            // For a pane, global commands come before those of lists.
            Some(_) => scopes.extend([Scope::Global, Scope::List]),
            None => scopes.extend([Scope::List, Scope::Global]),
        }
        scopes.extend(panes);
        scopes.extend([Scope::Text, Scope::Input]);
        scopes
    }
}
