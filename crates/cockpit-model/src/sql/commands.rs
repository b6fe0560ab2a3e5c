//! psql's commands in one table: which are supported, which are not, and why. `\?`, completion and docs/query.md use it.

use std::fmt::Write as _;

/// Whether a command is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Works as in psql.
    Full,
    /// Works, but differs in this way.
    Partial(&'static str),
    /// Is not supported, for this reason.
    Unsupported(&'static str),
}

/// A backslash command: its names, arguments, and whether it is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// The names, without `\`.
    pub names: &'static [&'static str],
    /// The arguments.
    pub arguments: &'static str,
    /// The description.
    pub what: &'static str,
    /// Whether it is supported here.
    pub support: Support,
}

/// A group of related commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    pub title: &'static str,
    pub commands: &'static [Command],
}

const fn yes(names: &'static [&'static str], arguments: &'static str, what: &'static str) -> Command {
    Command { names, arguments, what, support: Support::Full }
}

const fn differs(
    names: &'static [&'static str],
    arguments: &'static str,
    what: &'static str,
    how: &'static str,
) -> Command {
    Command { names, arguments, what, support: Support::Partial(how) }
}

const fn no(names: &'static [&'static str], arguments: &'static str, what: &'static str, why: &'static str) -> Command {
    Command { names, arguments, what, support: Support::Unsupported(why) }
}

const LARGE: &str = "large objects are not read or written; use `psql` through `cockpit with-db`";
const LATER: &str = "needs the extended protocol, which connection poolers do not support";

/// All commands, by group.
pub const GROUPS: &[Group] = &[
    Group {
        title: "General",
        commands: &[
            yes(&["q", "quit"], "", "quits; in an included file, ends that file"),
            yes(&["g"], "[(OPTIONS)] [FILE | |COMMAND]", "runs the statement; its result goes to a file or a command"),
            yes(&["gx"], "[(OPTIONS)] [FILE | |COMMAND]", "the same, as records"),
            yes(&["gset"], "[PREFIX]", "runs the statement; the columns of its one row become variables"),
            yes(&["gexec"], "", "runs the statement, then each value of its result as a statement"),
            yes(&["gdesc"], "", "shows the columns of the statement's result, without running it"),
            yes(&["crosstabview"], "[V [H [D [SORT]]]]", "runs the statement and shows its result as a crosstab"),
            yes(&["watch"], "[[i=]SECONDS] [c=TIMES]", "runs the statement again and again, every 2 seconds"),
            yes(&["bind"], "[VALUE]…", "values for `$1`, `$2` … of the next statement, which must be a single one"),
            yes(&["errverbose"], "", "shows the last error in full"),
            yes(&["timing"], "[on|off]", "how long statements take"),
            yes(&["restrict"], "KEY", "accepts no other command until `\\unrestrict`, as in files of pg_dump"),
            yes(&["unrestrict"], "KEY", "ends it"),
            no(&["copyright"], "", "psql's copyright", "this is not psql"),
            no(&["parse", "bind_named", "close_prepared"], "", "prepared statements by name", LATER),
            no(
                &["startpipeline", "endpipeline", "syncpipeline", "flush", "getresults", "sendpipeline"],
                "",
                "pipelines",
                LATER,
            ),
        ],
    },
    Group {
        title: "Help",
        commands: &[
            yes(&["?"], "[commands|variables]", "these commands; variables with a meaning"),
            differs(&["h", "help"], "[STATEMENT]", "the syntax of an SQL statement", "as in PostgreSQL 18"),
        ],
    },
    Group {
        title: "The statement",
        commands: &[
            yes(&["e", "edit"], "[FILE] [LINE]", "the statement, or a file, in an editor"),
            yes(&["ef"], "[FUNCTION [LINE]]", "the definition of a function in an editor"),
            yes(&["ev"], "[VIEW [LINE]]", "the definition of a view in an editor"),
            yes(&["p", "print"], "", "shows the statement"),
            yes(&["r", "reset"], "", "clears it"),
            yes(&["s"], "[FILE]", "the history, shown or written"),
            yes(&["w", "write"], "FILE | |COMMAND", "writes the statement"),
        ],
    },
    Group {
        title: "Input and output",
        commands: &[
            yes(&["copy"], "…", "`COPY` with a file, a command or standard input on the client"),
            yes(&["echo"], "[-n] [TEXT]", "writes a text"),
            yes(&["qecho"], "[-n] [TEXT]", "writes a text where results go"),
            yes(&["warn"], "[-n] [TEXT]", "writes a text to standard error"),
            differs(
                &["i", "include"],
                "FILE",
                "runs a file",
                "on the screen one of 16 MB at most: `cockpit sql -f` runs any",
            ),
            differs(
                &["ir", "include_relative"],
                "FILE",
                "the same, relative to the running file",
                "on the screen one of 16 MB at most",
            ),
            yes(&["o", "out"], "[FILE | |COMMAND]", "sends further results to a file or a command"),
        ],
    },
    Group {
        title: "Conditions",
        commands: &[
            yes(&["if"], "EXPRESSION", "runs what follows if it is true"),
            yes(&["elif"], "EXPRESSION", "otherwise, if it is true"),
            yes(&["else"], "", "else"),
            yes(&["endif"], "", "ends it"),
        ],
    },
    Group {
        title: "Database objects (S: including system objects, +: more)",
        commands: &[
            yes(&["d"], "[S+] [NAME]", "tables, views and sequences; one of them in full"),
            yes(
                &["dt", "di", "dv", "dm", "ds", "dE"],
                "[S+] [PATTERN]",
                "tables, indexes, views, materialized views, sequences, foreign tables",
            ),
            yes(&["dP"], "[itn+] [PATTERN]", "partitioned tables and indexes"),
            yes(&["df"], "[anptw][S+] [PATTERN [TYPE]…]", "functions, also by the types of their arguments"),
            yes(&["da"], "[S] [PATTERN]", "aggregates"),
            yes(&["dn"], "[S+] [PATTERN]", "schemas"),
            yes(&["du", "dg"], "[S+] [PATTERN]", "roles"),
            yes(&["drg"], "[S] [PATTERN]", "memberships of roles"),
            yes(&["dp", "z"], "[S] [PATTERN]", "rights"),
            yes(&["ddp"], "[PATTERN]", "default rights"),
            yes(&["drds"], "[ROLE [DATABASE]]", "settings of roles and databases"),
            differs(&["dx"], "[+] [PATTERN]", "extensions", "`+` is one list of all their objects"),
            yes(&["dT"], "[S+] [PATTERN]", "types"),
            yes(&["dD"], "[S+] [PATTERN]", "domains"),
            yes(&["db"], "[+] [PATTERN]", "tablespaces"),
            yes(&["dL"], "[S+] [PATTERN]", "languages"),
            yes(&["dy"], "[+] [PATTERN]", "event triggers"),
            yes(&["dRp"], "[+] [PATTERN]", "publications; with `+` each with its contents"),
            differs(
                &["dRs"],
                "[PATTERN]",
                "subscriptions",
                "`+` adds nothing, as a connection string may contain a password",
            ),
            differs(
                &["des"],
                "[+] [PATTERN]",
                "foreign servers",
                "without their options, which may contain a password",
            ),
            yes(&["dconfig"], "[+] [PATTERN]", "settings; without a pattern those that are not the defaults"),
            yes(&["dC"], "[+] [PATTERN]", "casts"),
            yes(&["do"], "[S+] [PATTERN [TYPE [TYPE]]]", "operators, also by the types of their arguments"),
            yes(&["dO"], "[S+] [PATTERN]", "collations"),
            yes(&["dX"], "[PATTERN]", "extended statistics"),
            differs(&["dF"], "[PATTERN]", "text search configurations", "`+` adds nothing"),
            yes(&["l", "list"], "[+] [PATTERN]", "databases"),
            yes(&["sf"], "[+] FUNCTION", "the definition of a function"),
            differs(&["sv"], "[+] VIEW", "the definition of a view", "also of a materialized view"),
            yes(&["dA"], "[+] [PATTERN]", "access methods"),
            yes(&["dAc", "dAf"], "[+] [METHOD [TYPE]]", "operator classes and families"),
            yes(&["dAo", "dAp"], "[+] [METHOD [FAMILY]]", "operators and functions of families"),
            yes(&["dc"], "[S+] [PATTERN]", "conversions"),
            yes(&["dd"], "[S] [PATTERN]", "descriptions of objects that no other list covers"),
            differs(
                &["dFd", "dFp", "dFt"],
                "[+] [PATTERN]",
                "text search dictionaries, parsers and templates",
                "`\\dFp+` adds nothing",
            ),
            differs(
                &["det", "deu", "dew"],
                "[+] [PATTERN]",
                "foreign tables with their servers, user mappings, wrappers",
                "without their options, which may contain a password",
            ),
            yes(&["dl", "lo_list"], "[+]", "large objects"),
            no(&["lo_import", "lo_export", "lo_unlink"], "", "large objects", LARGE),
        ],
    },
    Group {
        title: "Output format",
        commands: &[
            yes(&["a"], "", "switches between aligned and unaligned columns"),
            yes(&["C"], "[TITLE]", "the title of results"),
            yes(&["f"], "[SEPARATOR]", "the separator of unaligned output"),
            differs(
                &["pset"],
                "[NAME [VALUE]]",
                "options of the output format",
                "also `json`, `jsonl`, `tsv`, `markdown`, `insert`; neither `asciidoc`, `html`, `latex` nor `troff-ms`, no pager, and box characters are single lines",
            ),
            yes(&["t"], "[on|off]", "rows alone"),
            yes(&["x"], "[on|off|auto]", "records"),
            no(&["H", "T"], "", "HTML", "use `\\pset format markdown` or `json`"),
        ],
    },
    Group {
        title: "The connection",
        commands: &[
            differs(
                &["c", "connect"],
                "[DATABASE [USER [HOST [PORT]]]]",
                "reconnects",
                "a host must be one of the environment's databases, or `writer` or `reader`; in `cockpit sql` the same one",
            ),
            yes(&["conninfo"], "", "shows the current connection"),
            differs(&["encoding"], "[NAME]", "the encoding of the client", "it is always UTF8"),
            no(
                &["password"],
                "[USER]",
                "changes a password",
                "it would have to be typed into this terminal; use `ALTER ROLE` in a session of your own",
            ),
        ],
    },
    Group {
        title: "The system and variables",
        commands: &[
            yes(&["set"], "[NAME [VALUE]…]", "sets a variable; shows all"),
            yes(&["unset"], "NAME", "unsets it"),
            yes(&["prompt"], "[TEXT] NAME", "asks for the value of a variable"),
            yes(&["getenv"], "VARIABLE NAME", "the value of an environment variable"),
            differs(
                &["!"],
                "COMMAND",
                "runs a command in a shell",
                "after a confirmation; `cockpit sql` refuses it, as it starts no programs",
            ),
            yes(&["cd"], "[FOLDER]", "changes the folder for relative file names"),
            no(
                &["setenv"],
                "NAME [VALUE]",
                "sets an environment variable",
                "programs would run in an environment that the session does not show",
            ),
        ],
    },
];

/// Returns the command with this name; suffixes of `\d` commands (`S`, `+`) are ignored.
pub fn find(name: &str) -> Option<&'static Command> {
    let all = || GROUPS.iter().flat_map(|group| group.commands);
    let exact = |name: &str| all().find(|command| command.names.contains(&name));
    exact(name).or_else(|| {
        let bare = name.trim_end_matches(['S', '+']);
        let begins =
            || name.starts_with("df").then(|| exact("df")).or_else(|| name.starts_with("dP").then(|| exact("dP")));
        exact(bare).or_else(|| begins().flatten()).filter(|_| bare != name || name.starts_with('d'))
    })
}

/// Returns the help that `\?` prints.
pub fn help() -> String {
    let mut text = String::new();
    for group in GROUPS {
        text.push_str(group.title);
        text.push('\n');
        for command in group.commands.iter().filter(|command| !matches!(command.support, Support::Unsupported(_))) {
            let names: Vec<String> = command.names.iter().map(|name| format!("\\{name}")).collect();
            let head = format!("{} {}", names.join(" "), command.arguments);
            text.push_str(format!("  {head:<34} {}", command.what).trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// Returns the table in docs/query.md.
pub fn markdown() -> String {
    let mut text = String::new();
    for group in GROUPS {
        let _ = writeln!(text, "\n### {}\n\n| command | what it does | here |\n|---|---|---|", group.title);
        for command in group.commands {
            let names: Vec<String> = command.names.iter().map(|name| format!("`\\{name}`")).collect();
            let arguments = command.arguments.replace('|', "\\|");
            let arguments = if arguments.is_empty() { String::new() } else { format!(" {arguments}") };
            let here = match command.support {
                Support::Full => "yes".to_owned(),
                Support::Partial(how) => format!("yes; {how}"),
                Support::Unsupported(why) => format!("no: {why}"),
            };
            let _ = writeln!(text, "| {}{arguments} | {} | {here} |", names.join(" "), command.what);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_can_be_found() {
        let mut names: Vec<&str> =
            GROUPS.iter().flat_map(|group| group.commands).flat_map(|c| c.names).copied().collect();
        let count = names.len();
        for name in &names {
            assert!(find(name).is_some_and(|command| command.names.contains(name)), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for (name, of) in [("dt+", "dt"), ("dS", "d"), ("dfn+", "df"), ("dPi", "dP"), ("l+", "l"), ("sf+", "sf")] {
            assert!(find(name).is_some_and(|command| command.names.contains(&of)), "{name}");
        }
        assert!(find("foo").is_none() && find("").is_none());
    }

    #[test]
    fn help_lists_supported_commands_only() {
        let text = help();
        assert!(text.contains("\\gset [PREFIX]") && !text.contains("lo_import"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 120));
    }

    #[test]
    fn documentation_contains_the_command_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/query.md");
        let (begin, end) = ("<!-- commands: begin -->\n", "<!-- commands: end -->");
        let page = std::fs::read_to_string(path).expect("docs/query.md is there");
        let (before, rest) = page.split_once(begin).expect("a place for the table");
        let (_, after) = rest.split_once(end).expect("its end");
        let wanted = format!("{before}{begin}{}\n{end}{after}", markdown());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &wanted).expect("docs/query.md is written");
        }
        let written = std::fs::read_to_string(path).expect("docs/query.md is there");
        assert_eq!(written, wanted, "run UPDATE_DOCS=1 cargo test documentation_contains_the_command_table");
    }
}
