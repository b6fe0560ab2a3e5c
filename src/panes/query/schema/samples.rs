//! A database for tests: the server's answers to catalogue queries.

use crate::model::sql::Column;

type Rows = Vec<Vec<Option<String>>>;

fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| Some((*cell).to_owned())).collect()
}

/// The answer to a catalogue query; `None` for any other query.
pub fn answer(purpose: &str, statement: &str) -> Option<(Vec<Column>, Rows)> {
    let rows = match purpose {
        "relations" => relations(),
        "functions" => vec![
            row(&["public", "touch", "", "t", "4711", "f"]),
            row(&["public", "合計", "値 integer", "t", "5002", "a"]),
        ],
        "names" => vec![row(&["n", "public"]), row(&["n", "app"]), row(&["n", "空"])],
        "types" => vec![row(&["t", "e", "6001", "app", "mood"])],
        "sizes" => vec![
            row(&["4711", "1234567", "314572800", "what people keep"]),
            row(&["4712", "-1", "8192", ""]),
            row(&["4713", "12", "16384", ""]),
        ],
        "foreign keys" => vec![
            key(
                "bookmarks_user",
                ("4711", "public", "bookmarks", "4\u{1f}user_id"),
                ("4713", "public", "しおり", "1\u{1f}id"),
            ),
            key(
                "tags_bookmark",
                ("4712", "app", "tags", "1\u{1f}bookmark_id"),
                ("4711", "public", "bookmarks", "1\u{1f}id"),
            ),
        ],
        "detail" => detail(statement),
        _ => return None,
    };
    Some((Vec::new(), rows))
}

fn key(name: &str, from: (&str, &str, &str, &str), to: (&str, &str, &str, &str)) -> Vec<Option<String>> {
    row(&[name, from.0, from.1, from.2, to.0, to.1, to.2, from.3, to.3, "f"])
}

fn relations() -> Rows {
    let of = "id\u{1f}bigint\u{1e}title\u{1f}text\u{1e}Odd\u{1f}jsonb\u{1e}user_id\u{1f}bigint\u{1e}";
    vec![
        row(&["public", "bookmarks", "r", "t", of, "4711"]),
        row(&["app", "tags", "r", "f", "bookmark_id\u{1f}bigint\u{1e}", "4712"]),
        row(&["public", "しおり", "r", "t", "id\u{1f}bigint\u{1e}名前\u{1f}text\u{1e}", "4713"]),
        row(&["app", "recent", "v", "f", "id\u{1f}bigint\u{1e}", "4714"]),
        row(&["public", "bookmarks_pkey", "i", "t", "", "4715"]),
        row(&["pg_catalog", "pg_class", "r", "t", "oid\u{1f}oid\u{1e}", "1259"]),
    ]
}

fn detail(statement: &str) -> Rows {
    let is = |part: &str| statement.contains(part);
    if is("set_config") && is("4711") {
        return [
            ("open", "CREATE TABLE public.bookmarks"),
            ("item", "id bigint NOT NULL"),
            ("item", "title text DEFAULT 'なし'::text"),
            ("item", "CONSTRAINT bookmarks_pkey PRIMARY KEY (id)"),
            ("close", ""),
            ("s", "COMMENT ON TABLE public.bookmarks IS 'what people keep'"),
        ]
        .map(|(kind, line)| row(&[kind, line]))
        .to_vec();
    }
    if is("set_config") {
        return vec![row(&["s", "CREATE OR REPLACE FUNCTION public.touch()\n RETURNS trigger\nAS $$ begin end $$\n"])];
    }
    if is("convalidated") {
        return vec![
            row(&["bookmarks_pkey", "p", "PRIMARY KEY (id)", "t", "", "0"]),
            row(&["bookmarks_user", "f", "FOREIGN KEY (user_id) REFERENCES しおり(id)", "t", "whose", "4713"]),
        ];
    }
    if is("idx_scan") && is("i.indrelid = 4711") {
        let index = |name: &str, bytes: &str, used: &str, unique: &str, like: Option<&str>| {
            let mut index = row(&["public", "bookmarks", name, bytes, used, unique, "t"]);
            index.extend([
                like.map(str::to_owned),
                Some(format!("CREATE INDEX {name} ON public.bookmarks USING btree (title)")),
            ]);
            index
        };
        return vec![
            index("bookmarks_pkey", "24576", "812", "t", None),
            index("bookmarks_title", "16384", "0", "f", None),
            index("bookmarks_title_2", "16384", "3", "f", Some("bookmarks_title")),
        ];
    }
    if is("AS t (schema, name, columns)") {
        return vec![
            row(&["app", "tags", "bookmark_id\u{1f}bigint"]),
            row(&["public", "bookmarks", "*id\u{1f}bigint\u{1e}title\u{1f}text\u{1e}user_id\u{1f}bigint"]),
            row(&["public", "しおり", "*id\u{1f}bigint\u{1e}名前\u{1f}text"]),
        ];
    }
    if is("pg_total_relation_size") {
        let mut rows = vec![row(&["owner", "t", "app"]), row(&["size in all", "b", "314572800"])];
        rows.push(vec![Some("rows estimated".to_owned()), Some("n".to_owned()), None]);
        return rows;
    }
    if is("attidentity") {
        return vec![
            row(&["1", "id", "bigint", "t", "generated always as identity", "p", ""]),
            row(&["2", "title", "text", "f", "'なし'::text", "", "見出し"]),
            row(&["3", "Odd", "jsonb", "f", "", "", ""]),
            row(&["4", "user_id", "bigint", "t", "", "", ""]),
        ];
    }
    vec![row(&["owner", "t", "app"])]
}
