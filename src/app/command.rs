//! The registry: every command once, with its name, its words, its keys, where it applies and what
//! it risks. Key map, palette, help, `docs/keys.md` and confirmation all derive from it.

use crate::model::key::Key;

/// What a command can do to the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Looks only.
    Read,
    /// Changes something that can be changed back: asks.
    Change,
    /// Interrupts those who are served: asks, and leaves Cancel selected.
    Disrupt,
    /// Cannot be taken back: the environment's name must be typed.
    Destroy,
}

impl Risk {
    /// The risk in an environment that is guarded or not.
    #[must_use]
    pub fn raised(self, guarded: bool) -> Self {
        match (self, guarded) {
            (Self::Change, true) => Self::Disrupt,
            (Self::Disrupt, true) => Self::Destroy,
            (risk, _) => risk,
        }
    }

    /// The word in lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "look",
            Self::Change => "change",
            Self::Disrupt => "disrupt",
            Self::Destroy => "destroy",
        }
    }
}

/// Where a command's keys are listened to. The more special scope wins over the more general.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// A line of text is being typed.
    Input,
    /// Something lies over the panes.
    Overlay,
    /// The lines of the logs.
    Logs,
    /// Blocks with rows.
    List,
    /// Everywhere.
    Global,
}

impl Scope {
    /// The heading in help and documentation.
    pub fn title(self) -> &'static str {
        match self {
            Self::Input => "While typing",
            Self::Overlay => "In a window over the panes",
            Self::Logs => "In the logs",
            Self::List => "In lists",
            Self::Global => "Everywhere",
        }
    }
}

macro_rules! commands {
    ($($id:ident, $scope:ident, $risk:ident, $name:literal, $title:literal, [$($key:literal),*], $doc:literal;)*) => {
        /// A command.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Id {
            $(#[doc = $doc] $id,)*
        }

        /// All commands, in the order of help and documentation.
        pub const ALL: &[Command] = &[
            $(Command { id: Id::$id, scope: Scope::$scope, risk: Risk::$risk, name: $name, title: $title, keys: &[$($key),*], doc: $doc },)*
        ];
    };
}

/// One entry of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// Its id.
    pub id: Id,
    /// Where its keys are listened to.
    pub scope: Scope,
    /// What it risks.
    pub risk: Risk,
    /// The name in the configuration and the palette.
    pub name: &'static str,
    /// Two or three words for the bottom line.
    pub title: &'static str,
    /// Default keys, the one to show first.
    pub keys: &'static [&'static str],
    /// One sentence.
    pub doc: &'static str,
}

commands! {
    Open, List, Read, "open", "open", ["enter"], "Go into the selected thing.";
    Back, Global, Read, "back", "back", ["esc"], "One level back; never quits.";
    Actions, Global, Read, "actions", "actions", ["x"], "List what can be done to the selected thing.";
    Filter, List, Read, "filter", "filter", ["/"], "Show only the rows that contain a text.";
    Sort, List, Read, "sort", "sort", ["s"], "Sort by the next column; again reverses it first.";
    Inspect, List, Read, "inspect", "fields", ["i"], "Show the raw fields of the selected thing.";
    Copy, List, Read, "copy", "copy", ["y"], "Copy the selected thing's name, also over ssh.";
    Console, List, Read, "console", "AWS console", ["o"], "Open the selected thing in the AWS console, or show its link.";
    Refresh, Global, Read, "refresh", "refresh", ["r"], "Read what is on the screen again, now.";
    Environment, Global, Read, "environment", "environment", ["e"], "Switch to another environment.";
    Help, Global, Read, "help", "help", ["?"], "Show all keys and commands.";
    Palette, Global, Read, "palette", "command", [":"], "Run a command by its name.";
    Zoom, Global, Read, "zoom", "zoom", ["z"], "Give the focused block the whole screen, or take it back.";
    Pause, Global, Read, "pause", "pause", ["p"], "Hold the screen still; again lets it go on.";
    Activity, Global, Read, "activity", "activity", ["ctrl-a"], "Show what happened in this session.";
    PaneOverview, Global, Read, "overview", "Overview", ["1"], "Go to the Overview.";
    PaneServices, Global, Read, "services", "Services", ["2"], "Go to the services.";
    PaneDatabase, Global, Read, "database", "Database", ["4"], "Go to the databases.";
    PaneLogs, Global, Read, "logs", "Logs", ["3"], "Go to the logs.";
    NextBlock, Global, Read, "next-block", "next block", ["tab"], "Focus the next block.";
    PreviousBlock, Global, Read, "previous-block", "previous block", ["shift-tab"], "Focus the previous block.";
    Down, List, Read, "down", "down", ["j", "down"], "One row down.";
    Up, List, Read, "up", "up", ["k", "up"], "One row up.";
    Left, List, Read, "left", "left", ["h", "left"], "To the left: the block beside, or the beginning of a long line.";
    Right, List, Read, "right", "right", ["l", "right"], "To the right: the block beside, or further along a long line.";
    First, List, Read, "first", "first", ["g", "home"], "To the first row.";
    Last, List, Read, "last", "last", ["G", "end"], "To the last row.";
    HalfDown, List, Read, "half-down", "half a page down", ["ctrl-d"], "Half a page down.";
    HalfUp, List, Read, "half-up", "half a page up", ["ctrl-u"], "Half a page up.";
    PageDown, List, Read, "page-down", "page down", ["pagedown", "ctrl-f"], "A page down.";
    PageUp, List, Read, "page-up", "page up", ["pageup", "ctrl-b"], "A page up.";
    NextMatch, List, Read, "next-match", "next match", ["n"], "To the next row that matches.";
    PreviousMatch, List, Read, "previous-match", "previous match", ["N"], "To the previous row that matches.";
    LogsOf, List, Read, "logs-of", "its logs", ["ctrl-l"], "Show the log lines of the selected service or task; of a stopped task its last ones.";
    Deploy, List, Change, "deploy", "deploy", ["D"], "Deploy an image to the selected service: choose it, look at the plan, confirm.";
    RollBack, List, Change, "roll-back", "roll back", ["R"], "Bring back a version of the selected service that ran before; ends a deployment that is under way.";
    Scale, List, Change, "scale", "scale", ["S"], "Change how many tasks of the selected service run.";
    Force, List, Change, "force", "force", ["F"], "Deploy the selected service's task definition again, with new tasks.";
    StopTask, List, Disrupt, "stop-task", "stop task", ["K"], "Stop the selected task; its service starts another in its place.";
    Power, List, Disrupt, "power", "on/off", ["O"], "Stop the environment, or start it with the counts that it had.";
    Watch, List, Read, "watch", "watch", [], "Watch the newest deployment of the selected service, whoever began it.";
    ScalingSuspend, List, Change, "scaling-suspend", "suspend autoscaling", [], "Suspend the autoscaling of the selected service.";
    ScalingResume, List, Change, "scaling-resume", "resume autoscaling", [], "Let the autoscaling of the selected service go on.";
    ScalingLimits, List, Change, "scaling-limits", "limits", [], "Change the limits between which the selected service is scaled.";
    SkipStop, List, Change, "skip-stop", "skip next stop", [], "Skip the next scheduled stop of the environment.";
    SkipStart, List, Change, "skip-start", "skip next start", [], "Skip the next scheduled start of the environment.";
    Suspend, Global, Read, "suspend", "suspend", ["ctrl-z"], "Give the terminal back to the shell; `fg` returns.";
    Quit, Global, Read, "quit", "quit", ["q", "ctrl-c"], "Leave.";
    LogsFollow, Logs, Read, "follow", "follow", ["f"], "Keep the newest line in view, or let go of it.";
    LogsSearch, Logs, Read, "search", "search", ["/"], "Look for a text, or for a /regex/, as it is typed; n and N go on.";
    LogsFilter, Logs, Read, "logs-filter", "filter", ["&"], "Show only lines that pass a filter: level>=warn service:api status:5xx latency>500ms -noise.";
    LogsSave, Logs, Read, "save-filter", "save filter", ["+"], "Save the filter by a name, for this and later sessions: @name is it; -name forgets it.";
    LogsFilters, Logs, Read, "filters", "filters", ["*"], "Choose a filter by its name: saved ones, and `log_filters` of the environment.";
    LogsLevel, Logs, Read, "logs-level", "level", ["v"], "Show all lines, then info and worse, warnings and worse, errors.";
    LogsTime, Logs, Read, "logs-time", "to time", ["t"], "Go to a time; what is older is read.";
    LogsMute, Logs, Read, "mute", "mute", ["-"], "Hide all lines of the selected one's pattern.";
    LogsUnmute, Logs, Read, "unmute", "unmute", ["="], "Show all muted patterns again.";
    LogsMark, Logs, Read, "mark", "mark", ["m"], "Mark the selected line, or take its mark.";
    LogsMarkTo, Logs, Read, "mark-to", "mark to", ["."], "Mark all lines that are shown from the nearest mark to the selected line.";
    LogsCopyMarked, Logs, Read, "copy-marked", "copy marked", ["ctrl-y"], "Copy the marked lines.";
    LogsWrap, Logs, Read, "wrap", "wrap", ["w"], "Break long lines, or cut them.";
    LogsColumns, Logs, Read, "columns", "columns", ["c"], "Choose fields of structured lines that stand in columns of their own.";
    LogsDetail, Logs, Read, "detail", "detail", ["d"], "Show message and fields, the message alone, or the line as it was written.";
    LogsSources, Logs, Read, "sources", "sources", ["a"], "Choose services; see lines a second and state of each group.";
    LogsEarlier, Logs, Read, "earlier", "earlier", ["["], "To the stretch of the histogram before.";
    LogsLater, Logs, Read, "later", "later", ["]"], "To the next stretch of the histogram.";
    LogsLive, Logs, Read, "live", "live tail", ["ctrl-t"], "Follow with a live tail, which costs by the minute, or by polling.";
    LogsTask, Logs, Read, "task", "its task", ["ctrl-o"], "Go to the task that wrote the selected line.";
    LogsInsights, Logs, Read, "insights", "Insights", ["u"], "Ask CloudWatch Logs Insights: presets, or a query of your own, over any time.";
    LogsExport, Logs, Read, "export", "export", ["ctrl-s"], "Write what is shown, or the marked lines, to a file (.jsonl: JSON lines).";
    LogsTee, Logs, Read, "tee", "tee", [">"], "Write every line that comes into a file too, as JSON lines; rotated at 64 MB, 4 are kept.";
    Accept, Input, Read, "accept", "accept", ["enter"], "Take what was typed.";
    Cancel, Input, Read, "cancel", "cancel", ["esc", "ctrl-c"], "Leave what was typed.";
    InputUp, Input, Read, "input-up", "up", ["up", "ctrl-p"], "To the candidate above.";
    InputDown, Input, Read, "input-down", "down", ["down", "ctrl-n"], "To the candidate below.";
    InputPageUp, Input, Read, "input-page-up", "page up", ["pageup"], "A page of candidates or of the text up.";
    InputPageDown, Input, Read, "input-page-down", "page down", ["pagedown"], "A page of candidates or of the text down.";
    InputNext, Input, Read, "input-next", "next", ["tab"], "To the next candidate, or the next button.";
    DeleteBack, Input, Read, "delete-back", "delete back", ["backspace", "ctrl-h"], "Delete the character before the cursor.";
    DeleteHere, Input, Read, "delete-here", "delete", ["delete", "ctrl-d"], "Delete the character at the cursor.";
    DeleteWord, Input, Read, "delete-word", "delete word", ["ctrl-w"], "Delete the word before the cursor.";
    DeleteAll, Input, Read, "delete-all", "delete all", ["ctrl-u"], "Delete all that was typed.";
    CursorLeft, Input, Read, "cursor-left", "cursor left", ["left", "ctrl-b"], "The cursor one character to the left.";
    CursorRight, Input, Read, "cursor-right", "cursor right", ["right", "ctrl-f"], "The cursor one character to the right.";
    CursorStart, Input, Read, "cursor-start", "cursor to the start", ["home", "ctrl-a"], "The cursor to the beginning.";
    CursorEnd, Input, Read, "cursor-end", "cursor to the end", ["end", "ctrl-e"], "The cursor to the end.";
}

/// The entry of a command.
pub fn get(id: Id) -> &'static Command {
    ALL.iter().find(|command| command.id == id).unwrap_or(&ALL[0])
}

/// The entry of this name.
pub fn by_name(name: &str) -> Option<&'static Command> {
    ALL.iter().find(|command| command.name == name)
}

impl Command {
    /// The default keys, parsed.
    pub fn default_keys(&self) -> Vec<Key> {
        self.keys.iter().filter_map(|key| key.parse().ok()).collect()
    }
}

/// `docs/keys.md`, whole.
pub fn document() -> String {
    use std::fmt::Write as _;
    let mut page = String::from(
        "# Keys\n\nGenerated from the command registry (`src/app/command.rs`); a test compares the two.\n\n\
         Small letters only look; capital letters change something (`G` and `N`, which move, are the two exceptions \
         that every pager has). Any command can be bound to other keys in the configuration: \
         `[keys]`, then `name = \"key\"` or a list of keys.\n",
    );
    for scope in [Scope::Global, Scope::List, Scope::Logs, Scope::Input] {
        let _ = write!(page, "\n## {}\n\n| keys | command | risk | what it does |\n|---|---|---|---|\n", scope.title());
        for command in ALL.iter().filter(|command| command.scope == scope) {
            let keys: Vec<String> = command.default_keys().iter().map(|key| format!("`{}`", key.label())).collect();
            let _ = writeln!(
                page,
                "| {} | `{}` | {} | {} |",
                keys.join(" "),
                command.name,
                command.risk.word(),
                command.doc
            );
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_default_keys_are_keys() {
        for (place, command) in ALL.iter().enumerate() {
            assert_eq!(command.default_keys().len(), command.keys.len(), "{}", command.name);
            assert!(ALL[place + 1..].iter().all(|other| other.name != command.name), "{} twice", command.name);
            assert_eq!(get(command.id).name, command.name);
        }
    }

    #[test]
    fn small_letters_only_look() {
        for command in ALL {
            for key in command.default_keys() {
                let capital = key.text().is_some_and(char::is_uppercase);
                let moves = matches!(command.id, Id::Last | Id::PreviousMatch);
                assert_eq!(capital && !moves, command.risk != Risk::Read, "{}", command.name);
            }
        }
    }

    #[test]
    fn the_documentation_of_keys_is_this_registry() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, document()).expect("docs/keys.md is written");
        }
        let written = std::fs::read_to_string(path).expect("docs/keys.md is there");
        assert_eq!(written, document(), "run UPDATE_DOCS=1 cargo test the_documentation");
    }

    #[test]
    fn a_guarded_environment_raises_each_risk_by_one() {
        assert_eq!(Risk::Read.raised(true), Risk::Read);
        assert_eq!(Risk::Change.raised(true), Risk::Disrupt);
        assert_eq!(Risk::Disrupt.raised(true), Risk::Destroy);
        assert_eq!(Risk::Disrupt.raised(false), Risk::Disrupt);
    }
}
