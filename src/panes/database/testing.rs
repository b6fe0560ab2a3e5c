//! The pane on a stage, with a small server of PostgreSQL behind it that answers as the feed does.

use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::feeds::part::Part;
use crate::feeds::{self, sql};
use crate::model::sql::connected;
use crate::model::sql::{Server, SessionId};
use crate::model::{Failure, FailureKind};
use crate::ui::testing::{Stage, by_hand, environment, now};
use jiff::SignedDuration;

/// The pane, and what was asked of the server.
pub(super) struct Desk {
    pub(super) stage: Stage,
    /// The question that holds the session, and its session.
    pub(super) session: Option<(Ticket, SessionId)>,
    pub(super) left: Vec<Ticket>,
    pub(super) looked: Vec<String>,
    pub(super) signals: Vec<sql::Signal>,
    /// Rows of the next answers.
    pub(super) rows: Vec<Vec<Option<String>>>,
    /// The rows on who is connected; none: the server does not answer.
    pub(super) who: Option<Vec<Vec<Option<String>>>>,
    /// Whether it answers no question.
    pub(super) silent: bool,
    /// The failure that it answers with instead of rows.
    pub(super) refusal: Option<Failure>,
}

pub(super) fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (*cell != "NULL").then(|| (*cell).to_owned())).collect()
}

impl Desk {
    pub(super) fn new(name: &str, size: (u16, u16)) -> Self {
        let mut environment = environment(name);
        environment.database.user = Some("app".into());
        let mut stage = Stage::of(environment, crate::app::Session::default(), size);
        let rows = &stage.app.estate.derived.databases;
        stage.aws.rds = rows.iter().map(|row| row.database.clone()).collect();
        Self {
            stage,
            session: None,
            left: Vec::new(),
            looked: Vec::new(),
            signals: Vec::new(),
            rows: Vec::new(),
            who: Some(vec![row(&["app", "web", "12", "3", "1", "0"])]),
            silent: false,
            refusal: None,
        }
    }

    pub(super) fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let effects = by_hand(&mut self.stage.app, Event::Key(key.parse().unwrap()));
            self.serve(effects);
        }
    }

    /// The session is lost.
    pub(super) fn lose(&mut self) {
        let (ticket, _) = self.session.take().expect("a session");
        let why = Failure::new(FailureKind::Unreachable, "terminating connection due to administrator command");
        self.answered(ticket, Part::Failed(why));
    }

    pub(super) fn to(&mut self, seconds: i64) {
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
                Effect::Leave(ticket) => self.left.push(ticket),
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
                assert!(read_only.is_some(), "what looks only reads");
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
            sql::Ask::Look { purpose, statement, .. } => {
                self.looked.push(statement);
                if self.silent {
                    return;
                }
                if let Some(failure) = self.refusal.clone() {
                    self.answered(ticket, Part::Failed(failure));
                    return;
                }
                let rows = if purpose == connected::PURPOSE { self.who.clone() } else { Some(self.rows.clone()) };
                if let Some(rows) = rows {
                    let looked = sql::Fact::Looked { purpose, columns: Vec::new(), rows };
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
