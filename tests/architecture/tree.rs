//! The sources as the invariants see them: every Rust file reduced to its code (no comments, empty string literals), without
//! what is compiled only for tests.

use crate::circles;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The root folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project.
#[derive(Clone, Debug)]
pub struct Source {
    /// The unchanged text.
    pub text: String,
    /// Its code only (see [`code`]) without test-only items, followed by each path of its `use` statements in full, so that
    /// `use crate::{aws::Session}` names `crate::aws` too; empty for a test file.
    pub product: String,
}

impl Source {
    fn new(path: &str, text: String) -> Self {
        let mut product = if of_tests(path) { String::new() } else { product(&code(&text)) };
        for path in circles::used(&product) {
            product.push('\n');
            product.push_str(&path.join("::"));
        }
        Self { text, product }
    }
}

/// All files by their path from the root, separated by `/`.
#[derive(Clone, Debug)]
pub struct Tree(BTreeMap<String, Source>);

impl Tree {
    /// Reads the project.
    pub fn read() -> Self {
        let mut found = Vec::new();
        for folder in ["src", "crates", "tests", "benches", "examples"] {
            walk(&root().join(folder), &mut found);
        }
        assert!(found.len() > 300, "the sources exist: {}", found.len());
        Self(
            found
                .into_iter()
                .map(|path| (name(&path), fs::read_to_string(&path).expect("text")))
                .map(with_source)
                .collect(),
        )
    }

    /// The project with code appended to an existing file, or added as a new one.
    pub fn with(&self, path: &str, code: &str) -> Self {
        let mut tree = self.clone();
        let before = tree.0.get(path).map_or("", |source| source.text.as_str());
        let text = format!("{before}{code}\n");
        tree.0.extend([with_source((path.to_owned(), text))]);
        tree
    }

    /// The files below a folder.
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a Source)> {
        let below = move |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.0.iter().filter(move |(path, _)| below(path)).map(|(path, source)| (path.as_str(), source))
    }

    /// Places where product code below a folder contains one of the words, as `path: word`.
    pub fn naming(&self, folder: &str, words: &[&str]) -> Vec<String> {
        let hit = |(path, source): (&str, &Source)| {
            words.iter().find(|word| source.product.contains(**word)).map(|word| format!("{path}: {word}"))
        };
        self.under(folder).filter_map(hit).collect()
    }

    /// Does the same for the whole program: its own crate and its model.
    pub fn naming_anywhere(&self, words: &[&str]) -> Vec<String> {
        ["src", "crates/cockpit-model/src"].map(|folder| self.naming(folder, words)).concat()
    }

    /// Does the same for one file.
    pub fn naming_in(&self, path: &str, words: &[&str]) -> Vec<String> {
        let product = &self.0.get(path).unwrap_or_else(|| panic!("{path} exists")).product;
        words.iter().filter(|word| product.contains(**word)).map(|word| format!("{path}: {word}")).collect()
    }
}

fn with_source((path, text): (String, String)) -> (String, Source) {
    let source = Source::new(&path, text);
    (path, source)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

fn name(path: &Path) -> String {
    let parts = path.strip_prefix(root()).expect("under the root").components();
    parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
}

/// Whether a whole file is for tests: its name or its folder says so, and its parent declares it `#[cfg(test)]`.
fn of_tests(path: &str) -> bool {
    let mut parts = path.trim_end_matches(".rs").split('/');
    let tests = |part: &str| {
        ["tests", "testing", "fixtures", "histories", "benches", "examples"].contains(&part) || part.ends_with("_tests")
    };
    parts.any(tests)
}

/// Returns the code only: comments are removed, string literals emptied, line breaks kept.
pub fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let end = if rest.starts_with("//") {
            at + rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            at + comment(rest)
        } else if let Some(length) = quoted(rest, text[..at].chars().next_back()) {
            out.push_str("\"\"");
            at + length
        } else if let Some(length) = character(rest) {
            out.push_str("' '");
            at + length
        } else {
            let next = rest.chars().next().expect("a character");
            out.push(next);
            at += next.len_utf8();
            continue;
        };
        out.extend(text[at..end].chars().filter(|next| *next == '\n'));
        at = end;
    }
    out
}

/// The length of a `/* … */` comment, which may be nested.
fn comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match rest.as_bytes().get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a string literal at the beginning, plain or raw.
fn quoted(rest: &str, before: Option<char>) -> Option<usize> {
    if let Some(inner) = rest.strip_prefix('"') {
        let mut escaped = false;
        for (at, next) in inner.char_indices() {
            match next {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return Some(at + 2),
                _ => {}
            }
        }
        return Some(rest.len());
    }
    // `br"` counts too, but not the end of an identifier.
    if !rest.starts_with('r')
        || before.is_some_and(|before| before != 'b' && (before.is_alphanumeric() || before == '_'))
    {
        return None;
    }
    let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    let inner = rest[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inner.find(&end).map_or(inner.len(), |at| at + end.len());
    Some(2 + hashes + length)
}

/// The length of a character literal; `None` for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if let Some(escape) = inner.strip_prefix('\\') {
        let end = escape.char_indices().skip(1).find(|(_, next)| *next == '\'')?.0;
        return Some(end + 3);
    }
    let next = inner.chars().next()?;
    inner[next.len_utf8()..].starts_with('\'').then(|| next.len_utf8() + 2)
}

/// Returns the code without `#[cfg(test)]` items, wherever they are in the file.
pub fn product(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        rest = &rest[at + MARK.len()..];
        rest = &rest[item(rest)..];
    }
    out.push_str(rest);
    out
}

/// The length of the item at the beginning: up to its `;`, its `,` (a field or variant), or its closing brace.
fn item(code: &str) -> usize {
    let mut depth = 0_usize;
    let mut brackets = 0_usize;
    for (at, next) in code.char_indices() {
        match next {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '{' => depth += 1,
            // The end of the enclosing item.
            '}' if depth == 0 => return at,
            '}' if depth == 1 && brackets == 0 => return at + 1,
            '}' => depth -= 1,
            ';' | ',' if depth == 0 && brackets == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn comments_and_strings_are_not_code() {
    let text = "let a = \"tokio // not\"; // tokio\nlet b = 'x'; let c: &'static str = r#\"a \"tokio\" b\"#; /* a /* b */ tokio */ let d = '\\'';\n";
    let code = code(text);
    assert!(!code.contains("tokio"), "{code}");
    assert!(code.contains("let d") && code.contains("&'static str"), "{code}");
    assert_eq!(code.lines().count(), text.lines().count());
}

#[test]
fn code_after_a_test_item_is_checked() {
    let code = "#[cfg(test)]\nmod tests;\nfn one() {}\n#[cfg(test)]\nmod more { fn inner() { tokio() } }\nfn two() {}\nstruct S {\n    #[cfg(test)]\n    a: u8,\n    b: u8,\n}\n";
    let left = product(code);
    assert!(!left.contains("tests") && !left.contains("tokio") && !left.contains("a: u8"), "{left}");
    assert!(left.contains("fn one") && left.contains("fn two") && left.contains("b: u8"), "{left}");
}
