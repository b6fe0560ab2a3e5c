//! The addresses a session can connect to, its access mode, and why there may be no address.

use crate::app::App;
pub use crate::app::tunnels::find::is_tunnelled;
use crate::model::sql::Server;
use crate::model::tunnel::remote_end::{POSTGRES, RemoteAddress};

/// The addresses: the writer of each database, followed by its reader.
pub fn places(app: &App) -> Vec<(String, RemoteAddress)> {
    let mut places = Vec::new();
    for row in &app.estate.derived.databases {
        let database = &row.database;
        let port = database.port.unwrap_or(POSTGRES);
        let ends = [("writer", &database.endpoint), ("reader", &database.reader_endpoint)];
        for (word, host) in ends.into_iter().filter_map(|(word, host)| Some((word, host.as_ref()?))) {
            let place = RemoteAddress { host: host.clone(), port, database: database.database.clone() };
            places.push((format!("{} {word}", database.id), place));
        }
    }
    places
}

/// Why there is nothing to connect to, in sentences.
pub fn no_address_reason(app: &App) -> Option<Vec<String>> {
    let name = &app.environment.name;
    if app.environment.databases.is_empty() {
        return Some(vec![
            format!("no database is configured for {name}"),
            "write into the configuration:".to_owned(),
            format!("[environments.{name}]"),
            "databases = [\"NAME\"]".to_owned(),
            format!("[environments.{name}.tunnel]"),
            "secret = \"NAME-OF-THE-SECRET\"".to_owned(),
            "docs/query.md says what else there is".to_owned(),
        ]);
    }
    places(app).is_empty().then(|| vec![format!("no database of {name} was found yet: 4 shows how they stand")])
}

/// Why transactions start read-only, if they do.
pub fn read_only(app: &App) -> Option<String> {
    if app.session.read_only {
        return Some("--read-only".to_owned());
    }
    app.environment.guarded.then(|| format!("{} is guarded", app.environment.name))
}

/// `writer`, `reader`, or that the role is not known.
pub fn role(server: &Server) -> &'static str {
    match server.reader {
        Some(true) => "reader",
        Some(false) => "writer",
        None => "writer or reader?",
    }
}
