//! Tests of the arguments and of the output.

use super::args::{Action, Arguments};
use super::report::{History, VersionDto};
use crate::headless::emit::Printable as _;
use clap::Parser;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

fn typed(line: &str) -> Result<Action, clap::Error> {
    Line::try_parse_from(line.split(' ')).map(|line| line.arguments.action)
}

#[test]
fn value_has_one_source_and_is_never_an_argument() {
    let Action::Put(put) = typed("params put /a/KEY --stdin --trim").unwrap() else { panic!("put") };
    assert!(put.stdin && put.trim && put.kind.is_none());
    assert!(typed("params put /a/KEY --stdin --editor").is_err());
    assert!(typed("params put /a/KEY s3cret").is_err());
    let Action::Put(put) = typed("params put /a/KEY --type string").unwrap() else { panic!("put") };
    assert_eq!(put.kind, Some(super::args::Type::Plain));
    assert!(typed("params rm").is_err() && typed("params diff").is_err() && typed("params diff a b c").is_err());
}

#[test]
fn value_column_is_shown_only_with_reveal() {
    let version = |value: Option<&str>| VersionDto {
        version: 1,
        kind: "SecureString".into(),
        modified_at: None,
        modified_by: None,
        key: None,
        labels: Vec::new(),
        value: value.map(str::to_owned),
    };
    let history = |value| History {
        schema: super::report::HISTORY.into(),
        environment: "staging".into(),
        name: "/a".into(),
        versions: vec![version(value)],
        shown: crate::headless::TimeDisplay::default(),
    };
    assert_eq!(history(None).tables()[0].columns.len(), 5);
    let shown = history(Some("a\u{1b}[2Jb"));
    let text = shown.tables()[0].text(None);
    assert!(text.contains("VALUE") && !text.contains('\u{1b}'), "{text}");
}
