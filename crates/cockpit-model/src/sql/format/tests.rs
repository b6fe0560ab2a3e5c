//! Tests of the output formats. The expected tables are psql 15's output for the same values.

use super::*;

type Row<'a> = Vec<Option<&'a [u8]>>;

fn heads(names: &[&str]) -> Vec<Head> {
    let kind = |name: &str| match name {
        "a" | "bcdef" => Kind::Number,
        "ok" => Kind::Boolean,
        "j" => Kind::Json,
        _ => Kind::Text,
    };
    names
        .iter()
        .map(|name| Head { name: (*name).into(), right: kind(name) == Kind::Number, kind: kind(name) })
        .collect()
}

fn printed(options: &Options, names: &[&str], rows: &[Row]) -> String {
    let mut out = Vec::new();
    let mut writer = Writer::new(heads(names), options, false);
    for row in rows {
        writer.row(row.iter().copied(), &mut out);
    }
    writer.end(&[], &mut out);
    String::from_utf8(out).unwrap()
}

const NAMES: &[&str] = &["a", "b", "名前", "n", "ctl", "z"];

fn rows() -> Vec<Row<'static>> {
    vec![
        vec![Some(b"1"), Some(b"x\ny"), Some("日本".as_bytes()), None, Some(b"t\tb\r\x1b"), Some(b"last\nline2")],
        vec![Some(b"22"), Some(b"longer one"), Some(b"z"), Some(b""), Some(b""), Some(b"p")],
    ]
}

fn with(settings: &[(&str, &str)]) -> Options {
    let mut options = Options::default();
    for (name, value) in settings {
        options.set(name, Some(value)).unwrap();
    }
    options
}

#[test]
fn tables_match_psql() {
    assert_eq!(
        printed(&with(&[]), NAMES, &rows()),
        " a  |     b      | 名前 | n |       ctl       |   z   \n\
         ----+------------+------+---+-----------------+-------\n  \
          1 | x         +| 日本 |   | t       b\\r\\x1B | last +\n    \
            | y          |      |   |                 | line2\n \
         22 | longer one | z    |   |                 | p\n\
         (2 rows)\n\n"
    );
    assert_eq!(
        printed(&with(&[("border", "0")]), NAMES, &rows()),
        "a      b      名前 n       ctl         z   \n\
         -- ---------- ---- - --------------- -----\n \
          1 x         +日本   t       b\\r\\x1B last +\n   \
            y                                 line2\n\
         22 longer one z                      p\n\
         (2 rows)\n\n"
    );
    assert_eq!(
        printed(&with(&[("border", "2")]), NAMES, &rows()),
        "+----+------------+------+---+-----------------+-------+\n\
         | a  |     b      | 名前 | n |       ctl       |   z   |\n\
         +----+------------+------+---+-----------------+-------+\n\
         |  1 | x         +| 日本 |   | t       b\\r\\x1B | last +|\n\
         |    | y          |      |   |                 | line2 |\n\
         | 22 | longer one | z    |   |                 | p     |\n\
         +----+------------+------+---+-----------------+-------+\n\
         (2 rows)\n\n"
    );
    let boxes = printed(&with(&[("border", "2"), ("linestyle", "unicode")]), &["a"], &[vec![Some(b"1")]]);
    assert_eq!(boxes, "┌───┐\n│ a │\n├───┤\n│ 1 │\n└───┘\n(1 row)\n\n");
}

#[test]
fn records_match_psql() {
    assert_eq!(
        printed(&with(&[("x", "on")]), NAMES, &rows()),
        "-[ RECORD 1 ]---------\na    | 1\nb    | x              +\n     | y\n名前 | 日本\nn    | \n\
         ctl  | t       b\\r\\x1B\nz    | last           +\n     | line2\n\
         -[ RECORD 2 ]---------\na    | 22\nb    | longer one\n名前 | z\nn    | \nctl  | \nz    | p\n\n"
    );
    let zero = printed(&with(&[("x", "on"), ("border", "0")]), NAMES, &rows());
    assert!(zero.starts_with("* Record 1         \na    1\nb    x              +\n     y\n"), "{zero}");
    let two = printed(&with(&[("x", "on"), ("border", "2")]), NAMES, &rows());
    assert!(
        two.starts_with("+-[ RECORD 1 ]-----------+\n| a    | 1               |\n| b    | x              +|\n"),
        "{two}"
    );
    assert!(two.ends_with("| z    | p               |\n+------+-----------------+\n\n"), "{two}");
    let one = |settings: &[(&str, &str)]| printed(&with(settings), &["a"], &[vec![Some(b"1")]]);
    assert_eq!(one(&[("x", "on")]), "-[ RECORD 1 ]\na | 1\n\n");
    assert_eq!(one(&[("x", "on"), ("border", "2")]), "+-[ RECORD 1 ]-+\n| a | 1 |\n+---+---+\n\n");
    assert_eq!(one(&[("x", "on"), ("t", "on")]), "a | 1\n\n");
    let wide = printed(&with(&[("x", "on")]), &["a", "bcdef"], &[vec![Some(b"12345678901234567890"), Some(b"2")]]);
    assert_eq!(wide, "-[ RECORD 1 ]---------------\na     | 12345678901234567890\nbcdef | 2\n\n");
}

#[test]
fn empty_results_are_marked() {
    assert_eq!(printed(&with(&[]), &["a"], &[]), " a \n---\n(0 rows)\n\n");
    assert_eq!(printed(&with(&[("x", "on")]), &["a"], &[]), "(0 rows)\n\n");
    assert_eq!(printed(&with(&[]), &[], &[vec![]]), "--\n(1 row)\n\n");
    assert_eq!(printed(&with(&[("x", "on")]), &[], &[vec![]]), "(1 row)\n\n");
    assert_eq!(printed(&with(&[("t", "on")]), &["a"], &[]), "\n");
    assert_eq!(printed(&with(&[("format", "json")]), &["a"], &[]), "[]\n");
    assert_eq!(printed(&with(&[("format", "csv")]), &["a"], &[]), "a\n");
    assert_eq!(printed(&with(&[("format", "jsonl")]), &["a"], &[]), "");
}

#[test]
fn titles_footers_null_and_grouping_follow_the_options() {
    let rows = vec![vec![Some(&b"1"[..]), None], vec![Some(b"3000"), Some(b"4")]];
    assert_eq!(
        printed(
            &with(&[("title", "T"), ("null", "∅"), ("footer", "off"), ("numericlocale", "on")]),
            &["a", "bcdef"],
            &rows
        ),
        "       T       \n   a   | bcdef \n-------+-------\n     1 |     ∅\n 3,000 |     4\n\n".replacen(
            "       T       ",
            "       T",
            1
        )
    );
    assert_eq!(printed(&with(&[("t", "on")]), &["a", "b"], &rows[1..]), " 3000 | 4\n\n");
    let auto = |columns: &str| printed(&with(&[("x", "auto"), ("columns", columns)]), &["a", "b"], &rows[1..]);
    assert!(auto("5").starts_with("-[ RECORD 1 ]") && auto("80").starts_with("  a"), "{}", auto("80"));
}

#[test]
fn values_are_exact_in_machine_readable_formats() {
    let names = ["a", "b", "ok", "j", "b"];
    let rows = vec![
        vec![Some(&b"1"[..]), Some(b"x|y\n\"q\",\\"), Some(b"t"), Some(b"{\"k\":\n 1}"), None],
        vec![Some(b"NaN"), Some(b""), None, None, Some("日本".as_bytes())],
    ];
    let form = |name: &str| printed(&with(&[("format", name)]), &names, &rows);
    assert_eq!(form("csv"), "a,b,ok,j,b\n1,\"x|y\n\"\"q\"\",\\\",t,\"{\"\"k\"\":\n 1}\",\nNaN,\"\",,,日本\n");
    assert_eq!(form("tsv"), "a\tb\tok\tj\tb\n1\tx|y\\n\"q\",\\\\\tt\t{\"k\":\\n 1}\t\\N\nNaN\t\t\\N\t\\N\t日本\n");
    assert_eq!(
        form("jsonl"),
        "{\"a\":1,\"b\":\"x|y\\n\\\"q\\\",\\\\\",\"ok\":true,\"j\":{\"k\":  1},\"b_2\":null}\n\
         {\"a\":\"NaN\",\"b\":\"\",\"ok\":null,\"j\":null,\"b_2\":\"日本\"}\n"
    );
    let array: Vec<serde_json::Value> = serde_json::from_str(&form("json")).unwrap();
    let lines: Vec<serde_json::Value> = form("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(array, lines);
    assert_eq!(
        form("insert"),
        "INSERT INTO t (a, b, ok, j, b) VALUES (1, E'x|y\n\"q\",\\\\', true, '{\"k\":\n 1}', NULL);\n\
         INSERT INTO t (a, b, ok, j, b) VALUES ('NaN', '', NULL, NULL, '日本');\n"
    );
    assert_eq!(
        printed(&with(&[("format", "markdown")]), &["a", "b"], &[vec![Some(b"1"), Some(b"x|y\nz\x1b")]]),
        "| a | b |\n|---:|---|\n| 1 | x\\|y<br>z␛ |\n"
    );
    assert_eq!(
        printed(&with(&[("format", "unaligned")]), &["a", "b"], &[vec![Some(b"1"), None], vec![None, Some(b"z")]]),
        "a|b\n1|\n|z\n(2 rows)\n"
    );
    assert_eq!(
        printed(
            &with(&[("format", "unaligned"), ("x", "on")]),
            &["a", "b"],
            &[vec![Some(b"1"), None], vec![None, Some(b"z")]]
        ),
        "a|1\nb|\n\na|\nb|z\n"
    );
    assert_eq!(printed(&with(&[("format", "csv"), ("x", "on")]), &["a", "b"], &[vec![Some(b"1"), None]]), "a,1\nb,\n");
}

#[test]
fn terminal_output_is_harmless_and_file_output_is_exact() {
    for (name, format) in Format::NAMES {
        let options = Options { format: *format, ..Options::default() };
        let write = |terminal: bool| {
            let mut out = Vec::new();
            let mut writer = Writer::new(heads(&["b"]), &options, terminal);
            writer.row([Some(&b"a\x1b]0;x\x07b\xff\xc2\x9b"[..])].into_iter(), &mut out);
            writer.end(&[], &mut out);
            out
        };
        let text = String::from_utf8(write(true)).unwrap_or_else(|_| panic!("{name}"));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name}: {text:?}");
        if matches!(format, Format::Csv | Format::Unaligned | Format::Tsv) {
            assert!(write(false).windows(4).any(|bytes| bytes == b"\x1b]0;"), "{name}");
        }
    }
}

#[test]
fn widths_are_fixed_after_the_sampled_rows() {
    let mut out = Vec::new();
    let mut writer = Writer::new(heads(&["a", "b"]), &Options::default(), false);
    let cell = b"x".repeat(10);
    for _ in 0..super::super::aligned::SAMPLE_ROWS {
        writer.row([Some(&b"1"[..]), Some(&cell[..])].into_iter(), &mut out);
    }
    assert!(!out.is_empty(), "the widths are known, and the rows are written");
    out.clear();
    writer.row([Some(&b"12345"[..]), Some("日本\nx".as_bytes())].into_iter(), &mut out);
    assert_eq!(String::from_utf8(out.clone()).unwrap(), " 12345 | 日本      +\n   | x\n");
    let mut held = Vec::new();
    let mut writer = Writer::new(heads(&["a"]), &Options::default(), false);
    writer.row([Some(&b"1"[..])].into_iter(), &mut held);
    assert!(held.is_empty());
    writer.flush(&mut held);
    assert_eq!(held, b" a \n---\n 1\n");
}

#[test]
fn sheet_has_its_own_title_and_footers() {
    let sheet = Sheet {
        title: Some("Table \"public.t\"".into()),
        columns: vec![("Column".into(), false)],
        rows: vec![vec![Some("a".into())], vec![None]],
        footers: vec!["Indexes:".into(), "    \"i\" btree (a)".into()],
        ..Sheet::default()
    };
    let text = String::from_utf8(super::sheet(&sheet, &Options::default(), true)).unwrap();
    assert_eq!(text, "Table \"public.t\"\n Column \n--------\n a\n \nIndexes:\n    \"i\" btree (a)\n\n");
    let none = Sheet { footers: Vec::new(), ..sheet };
    assert!(!String::from_utf8(super::sheet(&none, &Options::default(), true)).unwrap().contains("rows"));
}

#[test]
fn failed_statement_has_no_row_count() {
    let written = |format: Format, rows: usize| {
        let mut out = Vec::new();
        let mut writer = Writer::new(heads(&["a"]), &Options { format, ..Options::default() }, false);
        for _ in 0..rows {
            writer.row([Some(&b"1"[..])].into_iter(), &mut out);
        }
        writer.abort(&mut out);
        String::from_utf8(out).unwrap()
    };
    for (format, one) in [
        (Format::Aligned, " a \n---\n 1\n\n"),
        (Format::Unaligned, "a\n1\n"),
        (Format::Csv, "a\n1\n"),
        (Format::JsonLines, "{\"a\":1}\n"),
    ] {
        assert_eq!((written(format, 1).as_str(), written(format, 0).as_str()), (one, ""), "{format:?}");
    }
    assert!(written(Format::Json, 1).ends_with("]\n"), "it can be read as far as it goes");
}

/// Compared with psql 15.
#[test]
fn footers_are_set_off_from_records() {
    let sheet = Sheet {
        columns: vec![("Type".into(), false)],
        rows: vec![vec![Some("integer".into())]],
        footers: vec!["Owned by: t.id".into()],
        counted: true,
        ..Sheet::default()
    };
    let options = Options { expanded: Expanded::On, ..Options::default() };
    let text = String::from_utf8(super::sheet(&sheet, &options, false)).unwrap();
    assert_eq!(text, "-[ RECORD 1 ]-\nType | integer\n\nOwned by: t.id\n\n");
}

/// As in `print_aligned_vertical_line` of psql 16.
#[test]
fn rule_above_a_record_has_the_configured_width() {
    let row = vec![Some(&b"1"[..]), Some(b"a value of twenty-one")];
    let rule = |width: &str, border: &str| {
        let options = with(&[("x", "on"), ("border", border), ("columns", "20"), ("xheader_width", width)]);
        printed(&options, &["n", "text of it"], std::slice::from_ref(&row))
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(rule("full", "1"), "-[ RECORD 1 ]---------------------");
    assert_eq!(rule("column", "1"), "-[ RECORD 1 ]");
    assert_eq!(rule("page", "1"), "-[ RECORD 1 ]-------");
    assert_eq!(rule("25", "1"), "-[ RECORD 1 ]------------");
    assert_eq!(rule("full", "2"), "+-[ RECORD 1 ]-----------------------+");
}

#[test]
fn bytes_that_are_not_utf8_are_inserted_unchanged() {
    let options = Options { format: Format::Insert, ..Options::default() };
    let mut out = Vec::new();
    let mut writer = Writer::new(heads(&["b"]), &options, false);
    writer.row([Some(&b"caf\xe9'\\"[..])].into_iter(), &mut out);
    assert_eq!(out, b"INSERT INTO t (b) VALUES (E'caf\xe9''\\\\');\n");
}
