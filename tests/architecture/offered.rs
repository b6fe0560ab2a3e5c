//! Commands suggested by the program's own texts: its command line accepts each of them.

use super::tree::Tree;
use clap::error::ErrorKind;
use cockpit::commands::command_line::command;

/// The values for placeholders in a command. Those not listed get one that is valid as a name, a number and an id.
const STANDS_FOR: [(&str, &str); 9] = [
    ("power", "stop"),
    ("back", "skip"),
    ("metric", "cpu"),
    ("target_before", "cpu=50"),
    ("address", "10.0.0.1"),
    ("databases", ""),
    ("limits", ""),
    ("zone", ""),
    ("moved.unwrap_or_default()", ""),
];

#[test]
fn suggested_commands_are_accepted_by_the_program() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for (path, text) in texts(&Tree::read()) {
        for typed in offered(&text) {
            seen += 1;
            if let Err(why) = takes(&typed) {
                wrong.push(format!("{path}: `{typed}`: {why}"));
            }
        }
    }
    assert!(seen > 200, "the texts exist: {seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn suggested_command_the_program_rejects_is_found() {
    let text = r#"hint(format!("start it with `cockpit start {service}`, or \
        look with `cockpit services {service}`"))"#;
    let offered = offered(text);
    assert_eq!(offered, ["cockpit start 1", "cockpit services 1"]);
    assert!(takes(&offered[0]).is_err() && takes(&offered[1]).is_ok());
    assert!(takes("cockpit scale web 2 --wrong").is_err() && takes("cockpit nothing").is_err());
}

/// The code of each file, without its comments.
fn texts(tree: &Tree) -> impl Iterator<Item = (String, String)> {
    let folders = ["src", "crates/cockpit-model/src"];
    let files = folders.into_iter().flat_map(|folder| tree.under(folder));
    files.filter(|(_, source)| !source.product.is_empty()).map(|(path, source)| {
        let lines = source.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().lines();
        let code: Vec<&str> = lines.filter(|line| !line.trim_start().starts_with("//")).collect();
        (path.to_owned(), code.join("\n"))
    })
}

/// The commands suggested in string literals: from the program's name after a backquote to the next backquote or the end
/// of the string.
fn offered(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in code.split("`cockpit ").skip(1) {
        let typed = rest.split(['`', '"']).next().unwrap_or_default();
        // A string that continues on the next line resumes at its first character.
        let mut lines = typed.split("\\\n");
        let first = lines.next().unwrap_or_default().to_owned();
        let typed = lines.fold(first, |whole, line| whole + line.trim_start());
        found.push(format!("cockpit {}", filled(&typed)));
    }
    found
}

/// The command with a value for each placeholder.
fn filled(typed: &str) -> String {
    let mut out = String::new();
    let mut rest = typed;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(STANDS_FOR.iter().find(|(known, _)| *known == name).map_or("1", |(_, text)| text));
        rest = after;
    }
    out + rest
}

/// Whether the command line accepts it. A general mention of a command may omit required arguments.
fn takes(typed: &str) -> Result<(), String> {
    // A sentence about commands in general.
    if ["cockpit 1", "cockpit COMMAND"].iter().any(|any| typed == *any || typed.starts_with(&format!("{any} "))) {
        return Ok(());
    }
    let placeholder = |word: &str| word.len() > 1 && word.chars().all(|one| one.is_ascii_uppercase() || one == '_');
    let words = typed.split_whitespace().map(|word| if placeholder(word) { "1" } else { word.trim_matches('\'') });
    match command().try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error) => match error.kind() {
            ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Ok(()),
            // A flag named without its value.
            ErrorKind::InvalidValue if error.to_string().contains("a value is required") => Ok(()),
            _ => Err(error.to_string().lines().next().unwrap_or_default().to_owned()),
        },
    }
}
