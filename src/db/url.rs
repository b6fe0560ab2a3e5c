//! A connection as a URL. Source: PostgreSQL's documentation, "Connection URIs". No part of it is in an error: where a
//! password was not encoded, a piece of it stands anywhere.

use super::options;
use super::settings::{Binding, Roots, Settings, SslMode};
use crate::feeds::sql::Place;
use secrecy::SecretString;
use std::time::Duration;

/// A fault of a URL, and the right form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlError {
    /// The fault, in a sentence.
    pub message: String,
    /// The right form.
    pub hint: String,
}

/// How one is written.
const WRITTEN: &str = "write postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full, where / ? # @ and % in the \
                       password are %2F %3F %23 %40 and %25; the password may stand in PGPASSWORD instead, as it is";

fn wrong<T>(message: impl Into<String>) -> Result<T, UrlError> {
    Err(UrlError { message: message.into(), hint: WRITTEN.into() })
}

/// The error for a value of the URL, which is not shown, or of a variable, which is.
fn bad<T>(value: &Valued, what: &str, hint: &str) -> Result<T, UrlError> {
    let message = match value {
        Valued::Url(_) => format!("a part of the URL is {what}"),
        Valued::Variable(name, text) => format!("`{text}` of {name} is {what}"),
    };
    Err(UrlError { message, hint: format!("{hint}{WRITTEN}") })
}

/// A value, and where it was said.
enum Valued {
    Url(String),
    Variable(&'static str, String),
}

impl Valued {
    fn of(said: Option<String>, name: &'static str, variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        said.map(Self::Url).or_else(|| variable(name).map(|text| Self::Variable(name, text)))
    }

    fn text(&self) -> &str {
        match self {
            Self::Url(text) | Self::Variable(_, text) => text,
        }
    }
}

/// Reads one. What it does not say is asked of `variable` (`PGUSER`, `PGPASSWORD` …), as libpq does.
///
/// # Errors
/// What is wrong with it, without its password.
pub fn parse(url: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Settings, UrlError> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let Some(rest) = rest else { return wrong("a URL begins with postgres:// or postgresql://") };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // What was meant as the end of a password would be taken for a database, and the login for a host that is looked for.
    if path.contains('@') {
        return wrong("the URL has an `@` behind a `/`");
    }
    let (login, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (decoded(user)?, Some(decoded(password)?)),
        None => (decoded(login)?, None),
    };
    if server.contains(',') {
        return wrong("several hosts are not possible here");
    }
    let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, after)) => (host.to_owned(), after.strip_prefix(':')),
        None => match server.rsplit_once(':') {
            Some((host, port)) => (decoded(host)?, Some(port)),
            None => (decoded(server)?, None),
        },
    };
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let mut said = Said {
        host: filled(host),
        port: port.map(str::to_owned).and_then(filled),
        user: filled(user),
        password,
        database: filled(decoded(path)?),
        ..Said::default()
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        said.set(&decoded(name)?, decoded(value)?)?;
    }
    said.settings(variable)
}

/// The parts of a URL.
#[derive(Default)]
struct Said {
    host: Option<String>,
    address: Option<String>,
    port: Option<String>,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    mode: Option<String>,
    root: Option<String>,
    application: Option<String>,
    connect: Option<String>,
    options: Option<String>,
    binding: Option<String>,
}

impl Said {
    fn set(&mut self, name: &str, value: String) -> Result<(), UrlError> {
        let place = match name {
            "host" => &mut self.host,
            "hostaddr" => &mut self.address,
            "port" => &mut self.port,
            "user" => &mut self.user,
            "password" => &mut self.password,
            "dbname" => &mut self.database,
            "sslmode" => &mut self.mode,
            "sslrootcert" => &mut self.root,
            "application_name" => &mut self.application,
            "connect_timeout" => &mut self.connect,
            "options" => &mut self.options,
            "channel_binding" => &mut self.binding,
            // Prisma and others write them; they are not about the connection.
            "schema" | "connection_limit" | "pool_timeout" | "pgbouncer" => return Ok(()),
            _ => {
                return Err(UrlError {
                    message: "the URL has a name behind `?` which is not known here".into(),
                    hint: format!(
                        "known are host, hostaddr, port, user, password, dbname, sslmode, sslrootcert, application_name, \
                         connect_timeout, options and channel_binding; {WRITTEN}"
                    ),
                });
            }
        };
        *place = Some(value);
        Ok(())
    }

    fn settings(self, variable: impl Fn(&str) -> Option<String>) -> Result<Settings, UrlError> {
        // What a service would fill in is not taken from elsewhere: that may be another server.
        if variable("PGSERVICE").is_some() && (self.host.is_none() || self.user.is_none() || self.database.is_none()) {
            let message = "PGSERVICE is set, and the file of services is not read here";
            let hint =
                "write the host, the user and the database into the URL, or take PGSERVICE out (env -u PGSERVICE)";
            return Err(UrlError { message: message.into(), hint: hint.into() });
        }
        let port = match Valued::of(self.port, "PGPORT", &variable) {
            None => 5432,
            Some(said) => match said.text().parse::<u16>() {
                Ok(port) if port > 0 => port,
                _ => return bad(&said, "not a port", ""),
            },
        };
        let host = self.host.or_else(|| variable("PGHOST")).unwrap_or_else(|| "localhost".to_owned());
        let user = self.user.or_else(|| variable("PGUSER")).or_else(|| variable("USER"));
        let Some(user) = user else { return wrong("the URL does not say which user connects") };
        let database = self.database.or_else(|| variable("PGDATABASE")).unwrap_or_else(|| user.clone());
        let place =
            Place { host, port, through: self.address.map(|address| format!("{}:{port}", bracketed(&address))) };
        let mut settings = Settings::of(place, user, database);
        let in_url = self.password.is_some();
        settings.password = self.password.or_else(|| variable("PGPASSWORD")).map(SecretString::from);
        let from = if in_url { "the URL" } else { "PGPASSWORD" };
        from.clone_into(&mut settings.password_source);
        if let Some(mode) = Valued::of(self.mode, "PGSSLMODE", &variable) {
            let Some(known) = SslMode::from_name(mode.text()) else {
                let all: Vec<&str> = SslMode::ALL.iter().map(|mode| mode.name()).collect();
                return bad(&mode, "not an sslmode", &format!("there are {}; ", all.join(", ")));
            };
            settings.sslmode = known;
        }
        match self.root.or_else(|| variable("PGSSLROOTCERT")) {
            // As libpq: whoever trusts everybody who is trusted by the system must look at the name.
            Some(root) if root == "system" => {
                settings.roots = Roots::System;
                settings.sslmode = SslMode::VerifyFull;
            }
            Some(root) => settings.roots = Roots::File(root.into()),
            None => {}
        }
        if let Some(application) = self.application.or_else(|| variable("PGAPPNAME")) {
            settings.application = application;
        }
        if let Some(said) = Valued::of(self.options, "PGOPTIONS", &variable) {
            let Some(known) = options::parse_settings(said.text()) else {
                return bad(&said, "not understood as options", "write -c NAME=VALUE or --NAME=VALUE; ");
            };
            settings.read_only = options::are_read_only(&known);
            settings.options = known;
        }
        if let Some(said) = Valued::of(self.binding, "PGCHANNELBINDING", &variable) {
            settings.binding = match said.text() {
                "disable" => Binding::Disable,
                "prefer" => Binding::Prefer,
                "require" => Binding::Require,
                _ => return bad(&said, "not a channel_binding", "there are disable, prefer, require; "),
            };
        }
        if let Some(limit) = Valued::of(self.connect, "PGCONNECT_TIMEOUT", &variable) {
            match limit.text().parse::<u64>() {
                Ok(0) => {}
                Ok(seconds) => settings.connect_timeout = Duration::from_secs(seconds),
                Err(_) => return bad(&limit, "not a number of seconds", ""),
            }
        }
        Ok(settings)
    }
}

fn bracketed(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

/// A part of a URL without its percent signs. What is wrong with it is not shown: it may be a password.
fn decoded(text: &str) -> Result<String, UrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(0) | None => return wrong("a `%` in the URL is not followed by the two digits of a character"),
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[2..];
            }
        }
    }
    String::from_utf8(bytes).or_else(|_| wrong("the URL is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_url_says_where_who_and_how() {
        let url =
            "postgresql://app:p%40ss@db.example:6432/shop%20a?sslmode=verify-full&sslrootcert=/r.pem&connect_timeout=3";
        let settings = parse(url, none).unwrap();
        assert_eq!((settings.place.host.as_str(), settings.place.port), ("db.example", 6432));
        assert_eq!((settings.user.as_str(), settings.database.as_str()), ("app", "shop a"));
        assert_eq!(settings.password.as_ref().unwrap().expose_secret(), "p@ss");
        assert_eq!((settings.sslmode, settings.roots.clone()), (SslMode::VerifyFull, Roots::File("/r.pem".into())));
        assert_eq!(settings.connect_timeout, Duration::from_secs(3));
        assert!(!format!("{settings:?}").contains("p@ss"));
    }

    #[test]
    fn parts_that_a_url_leaves_out_are_those_of_libpq() {
        let known = |name: &str| match name {
            "PGUSER" => Some("me".to_owned()),
            "PGPASSWORD" => Some("hush".to_owned()),
            _ => None,
        };
        let settings = parse("postgres://[::1]", known).unwrap();
        assert_eq!((settings.place.host.as_str(), settings.place.port), ("::1", 5432));
        assert_eq!((settings.user.as_str(), settings.database.as_str()), ("me", "me"));
        assert_eq!(settings.password.unwrap().expose_secret(), "hush");
        let system = parse("postgres://a@b/c?sslrootcert=system&sslmode=require", none).unwrap();
        assert_eq!((system.roots, system.sslmode), (Roots::System, SslMode::VerifyFull));
        let through = parse("postgres://a@db.example/c?hostaddr=127.0.0.1&port=99", none).unwrap();
        assert_eq!(through.place.through.as_deref(), Some("127.0.0.1:99"));
    }

    #[test]
    fn no_mistake_shows_the_password() {
        for url in [
            "postgres://app:hush%zz@h/d",
            "postgres://app:hush@h:x/d",
            "postgres://app:hush@h/d?sslmode=yes",
            "postgres://app:hush@h/d?colour=red",
            "postgres://app:hush@h:0/d",
            "postgres://app:hush@a,b/d",
            "postgres://app:hush@h/d?connect_timeout=soon",
            "mysql://app:hush@h/d",
            "postgres://app:hush/URL77@h:5432/d",
            "postgres://app:7/hush@h:5432/d",
            "postgres://app:12?hush@h:5432/d",
            "postgres://app:12?sslmode=hush@h:5432/d",
            "postgres://app:x@12/hush@h:5432/d",
            "postgres://app:x@12/d?hush@h:5432/d",
            "postgres://app:x@12:hush/d",
        ] {
            let wrong = parse(url, none).unwrap_err();
            assert!(!format!("{wrong:?}").contains("hush") && !wrong.message.contains("URL77"), "{wrong:?}");
            assert!(wrong.hint.contains("%2F %3F %23 %40"), "{wrong:?}");
        }
    }

    #[test]
    fn what_a_variable_says_wrongly_is_shown_with_its_name() {
        let wrong = parse("postgres://a@b/c", |name| (name == "PGPORT").then(|| "x".to_owned())).unwrap_err();
        assert_eq!(wrong.message, "`x` of PGPORT is not a port");
    }

    #[test]
    fn options_are_settings_of_the_session_and_what_is_not_understood_is_not_passed_over() {
        let options = |name: &str| (name == "PGOPTIONS").then(|| "-c default_transaction_read_only=on".to_owned());
        let settings = parse("postgres://a@b/c", options).unwrap();
        assert_eq!(settings.options, [("default_transaction_read_only".to_owned(), "on".to_owned())]);
        assert!(settings.read_only);
        let own = parse("postgres://a@b/c?options=-c%20search_path%3Dapp", options).unwrap();
        assert_eq!((own.options[0].1.as_str(), own.read_only), ("app", false), "the URL has the last word");
        let wrong = parse("postgres://a@b/c", |name| (name == "PGOPTIONS").then(|| "-B 5".to_owned())).unwrap_err();
        assert!(wrong.message.contains("`-B 5` of PGOPTIONS"), "{wrong:?}");
        let wrong = parse("postgres://a:hush@b/c?options=hush", none).unwrap_err();
        assert!(!format!("{wrong:?}").contains("hush") && wrong.hint.contains("-c NAME=VALUE"), "{wrong:?}");
        assert_eq!(parse("postgres://a@b/c?channel_binding=require", none).unwrap().binding, Binding::Require);
        assert!(parse("postgres://a@b/c?channel_binding=yes", none).is_err());
    }

    #[test]
    fn a_service_that_would_fill_in_what_the_url_leaves_out_is_said_not_to_be_read() {
        let service = |name: &str| (name == "PGSERVICE").then(|| "prod".to_owned());
        for url in ["postgres://a@b", "postgres:///c", "postgres://b/c"] {
            assert!(parse(url, service).unwrap_err().message.contains("PGSERVICE"), "{url}");
        }
        assert!(parse("postgres://a@b/c", service).is_ok());
    }

    #[test]
    fn signs_that_cut_nothing_may_stand_in_a_password_as_they_are() {
        let settings = parse("postgres://app:p@s#s@h/d%40e?application_name=me@here", none).unwrap();
        assert_eq!(settings.password.as_ref().unwrap().expose_secret(), "p@s#s");
        assert_eq!((settings.database.as_str(), settings.application.as_str()), ("d@e", "me@here"));
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_is_too_wrong(text in ".{0,60}", after in ".{0,60}") {
            let _ = parse(&text, none);
            let _ = parse(&format!("postgres://{after}"), none);
        }
    }
}
