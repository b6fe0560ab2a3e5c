//! Commands that the program's own texts offer: each is one that its command line takes.

use super::tree::Tree;
use clap::error::ErrorKind;
use cockpit::commands::line::command;

/// The values for placeholders in a command: a text that is a name, a number and an id at once, save for these.
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
fn a_command_that_a_text_offers_is_one_that_the_program_takes() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for (path, text) in texts(&Tree::read()) {
        for typed in offered(&text) {
            seen += 1;
            if let Err(why) = takes(&typed) {
                wrong.push(format!("{path}: `{typed}`: {why}"));
            }
        }
    }
    assert!(seen > 200, "the texts are there: {seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_command_that_the_program_does_not_take_is_found() {
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

/// The commands that are offered in strings: what begins with the program's name behind a backquote, to the next one or
/// to the end of the string.
fn offered(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in code.split("`cockpit ").skip(1) {
        let typed = rest.split(['`', '"']).next().unwrap_or_default();
        // A string that goes on in the next line goes on where that begins.
        let mut lines = typed.split("\\\n");
        let first = lines.next().unwrap_or_default().to_owned();
        let typed = lines.fold(first, |whole, line| whole + line.trim_start());
        found.push(format!("cockpit {}", filled(&typed)));
    }
    found
}

/// The same with something in the place of each placeholder.
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

/// Whether the command line takes it. What is said of a command in general may leave out what it needs.
fn takes(typed: &str) -> Result<(), String> {
    // A sentence about any command.
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
            // A flag that is named without its value.
            ErrorKind::InvalidValue if error.to_string().contains("a value is required") => Ok(()),
            _ => Err(error.to_string().lines().next().unwrap_or_default().to_owned()),
        },
    }
}
