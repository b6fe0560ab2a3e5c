//! The report of `cockpit db --activity`: the current activity of a server, as a table and as JSON.

use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::model::sql::activity_listing::Listing;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// Schema of `cockpit db --activity`.
pub const SCHEMA: &str = "cockpit.activity/1";

/// The activity of a server.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Activity {
    /// `cockpit.activity/1`.
    pub schema: String,
    /// The server's host name.
    pub host: String,
    /// `writer` or `reader`, as the server reports it; `null` if it does not.
    pub role: Option<String>,
    /// The requested list: `sessions`, `locks` …
    pub what: String,
    /// One object per row. The fields depend on the requested list; times are in seconds or milliseconds and sizes in
    /// bytes, as their names say, and unknown values are `null`. The whole list is `null` if the query failed;
    /// `missing` then has the reason.
    pub rows: Option<Vec<Map<String, Value>>>,
    /// The missing columns, with the privilege that each requires.
    pub missing: Vec<String>,
    #[serde(skip)]
    #[schemars(skip)]
    pub(super) listing: Option<Listing>,
}

impl Activity {
    /// Makes the report of an answer, or of the reason why there is none.
    pub(super) fn new(host: &str, reader: Option<bool>, what: String, answer: Result<Listing, String>) -> Self {
        let role = reader.map(|reader| if reader { "reader" } else { "writer" }.to_owned());
        let (listing, missing) = match answer {
            Ok(listing) => (Some(listing.clone()), listing.notes),
            Err(why) => (None, vec![why]),
        };
        let rows = listing.as_ref().map(|listing| {
            let object = |row: &crate::model::sql::activity_listing::ListingRow| {
                let fields = listing.columns.iter().map(|column| column.field.to_owned());
                fields.zip(row.cells.iter().map(|cell| cell.value.clone())).collect()
            };
            listing.rows.iter().map(object).collect()
        });
        Self { schema: SCHEMA.to_owned(), host: host.to_owned(), role, what, rows, missing, listing }
    }
}

impl Printable for Activity {
    fn tables(&self) -> Vec<Table> {
        let Some(listing) = &self.listing else { return Vec::new() };
        let columns: Vec<_> = listing
            .columns
            .iter()
            .map(|column| match column.field {
                "statement" | "finding" => prose(column.title),
                _ if column.right => numbers(column.title),
                _ => left_aligned(column.title),
            })
            .collect();
        let mut table = Table::new(&columns, listing.empty);
        for row in &listing.rows {
            table.row(row.cells.iter().map(|cell| Some(cell.text.clone()).filter(|text| !text.is_empty())));
        }
        vec![table]
    }

    fn rows(&self) -> Option<Rows> {
        let fields: Vec<&str> =
            self.listing.iter().flat_map(|listing| listing.columns).map(|column| column.field).collect();
        Some(Rows::new("rows", &fields))
    }

    fn notes(&self) -> Vec<String> {
        self.missing.iter().map(|text| format!("! {text}")).collect()
    }
}

/// Examples of all kinds of rows, for the schema test.
#[cfg(test)]
pub fn examples() -> Vec<Value> {
    use crate::model::sql::activity::ACTIVITY_QUERIES;
    use crate::model::sql::activity_listing::listing;
    let rows = vec![vec![Some("1".to_owned()); 20]];
    let activities = ACTIVITY_QUERIES.iter().map(|question| {
        let answer = Ok(listing(*question, &rows));
        Activity::new("db.example", Some(true), question.purpose().to_owned(), answer)
    });
    let missing = Activity::new("db.example", None, "statements".to_owned(), Err("no right".to_owned()));
    activities.chain([missing]).filter_map(|activity| serde_json::to_value(activity).ok()).collect()
}
