//! The Database pane with a small PostgreSQL server behind it that answers as the feed does.

use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::feeds::part::Part;
use crate::feeds::{self, sql};
use crate::model::sql::open_sessions;
use crate::model::sql::{Server, SessionId};
use crate::model::{Failure, FailureKind};
use crate::ui::testing::{Stage, environment, now, user_input};
use jiff::SignedDuration;

/// The pane, and a record of the requests to its server.
pub(super) struct Harness {
    pub(super) stage: Stage,
    /// The request that holds the session open, and its session.
    pub(super) session: Option<(Ticket, SessionId)>,
    pub(super) left_tickets: Vec<Ticket>,
    pub(super) listings: Vec<String>,
    pub(super) signals: Vec<sql::Signal>,
    /// Rows of the next answers.
    pub(super) rows: Vec<Vec<Option<String>>>,
    /// Rows of the connected sessions; `None` makes the server not answer.
    pub(super) connected_rows: Option<Vec<Vec<Option<String>>>>,
    /// Whether the server answers nothing.
    pub(super) silent: bool,
    /// A failure that the server answers with instead of rows.
    pub(super) refusal: Option<Failure>,
}

pub(super) fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (*cell != "NULL").then(|| (*cell).to_owned())).collect()
}

impl Harness {
    pub(super) fn new(name: &str, size: (u16, u16)) -> Self {
        let mut environment = environment(name);
        environment.database.user = Some("app".into());
        let mut stage = Stage::with_environment(environment, crate::app::Session::default(), size);
        let rows = &stage.app.estate.derived.databases;
        stage.aws.rds = rows.iter().map(|row| row.database.clone()).collect();
        Self {
            stage,
            session: None,
            left_tickets: Vec::new(),
            listings: Vec::new(),
            signals: Vec::new(),
            rows: Vec::new(),
            connected_rows: Some(vec![row(&["app", "web", "12", "3", "1", "0"])]),
            silent: false,
            refusal: None,
        }
    }

    pub(super) fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let effects = user_input(&mut self.stage.app, Event::Key(key.parse().unwrap()));
            self.serve(effects);
        }
    }

    /// Simulates the loss of the session.
    pub(super) fn lose(&mut self) {
        let (ticket, _) = self.session.take().expect("a session");
        let why = Failure::new(FailureKind::Unreachable, "terminating connection due to administrator command");
        self.answered(ticket, Part::Failed(why));
    }

    pub(super) fn advance_to(&mut self, seconds: i64) {
        let at = now() + SignedDuration::from_secs(seconds);
        self.stage.aws.now = at;
        let effects = self.stage.app.update(Event::Tick(at));
        self.serve(effects);
    }

    fn serve(&mut self, effects: Vec<Effect>) {
        let mut others = Vec::new();
        for effect in effects {
            match effect {
                Effect::Fetch { ticket, ask: feeds::Ask::Sql(ask), .. } => self.asked(ticket, ask),
                Effect::CancelFetch(ticket) => self.left_tickets.push(ticket),
                other => others.push(other),
            }
        }
        self.stage.serve(others);
    }

    fn answered(&mut self, ticket: Ticket, part: Part<sql::Fact>) {
        let answer = Answer { ticket, requests: 0, part: part.into() };
        let effects = self.stage.app.update(Event::Answer(answer));
        self.serve(effects);
    }

    fn asked(&mut self, ticket: Ticket, ask: sql::Ask) {
        match ask {
            sql::Ask::Connect { session, place, read_only, .. } => {
                assert!(read_only.is_some(), "the session is read-only");
                self.session = Some((ticket, session));
                let server = Server {
                    host: place.host,
                    port: place.port,
                    user: "app".into(),
                    version: "15.18".into(),
                    reader: Some(false),
                    ..Server::default()
                };
                self.answered(ticket, Part::Page(sql::Fact::Connected(Box::new(server))));
            }
            sql::Ask::Query { purpose, statement, .. } => {
                self.listings.push(statement);
                if self.silent {
                    return;
                }
                if let Some(failure) = self.refusal.clone() {
                    self.answered(ticket, Part::Failed(failure));
                    return;
                }
                let rows = if purpose == open_sessions::PURPOSE {
                    self.connected_rows.clone()
                } else {
                    Some(self.rows.clone())
                };
                if let Some(rows) = rows {
                    let looked = sql::Fact::QueryRows { purpose, columns: Vec::new(), rows };
                    self.answered(ticket, Part::Last(looked));
                }
            }
            sql::Ask::Signal { order, .. } => {
                self.signals.push(*order);
                self.answered(ticket, Part::Last(sql::Fact::Done));
            }
            other => panic!("{other:?}"),
        }
    }
}
