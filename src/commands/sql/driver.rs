//! Carries out what the interpreter of psql's input asks for.

use super::answer::How;
use super::data::{Data, Following};
use super::only_reads::{acting, holds, is_told, lifted, lifting};
use super::outlet::{NO_PROGRAMS, Outlet};
use super::reads::Reads;
use super::report::{OnlyReads, READ_ONLY, failed};
use super::session::{Over, Session};
use crate::cli::{ExitCode, Report};
use crate::commands::say::say;
use crate::commands::way::Way;
use crate::db::{Connection, Settings};
use crate::model::Failure;
use crate::model::sql::describe::Looked;
use crate::model::sql::format::Options;
use crate::model::sql::format::writer::sheet;
use crate::model::sql::guard::{self, Kept};
use crate::model::sql::interpreter::{Action, Answer, Connection as To, Interpreter, Peer, Ran, Rows, Run, Target};
use crate::model::sql::keywords::literal;
use crate::model::sql::{ServerMessage, Transaction};
use crate::model::text::harmless;
use crate::runtime::files;
use std::path::PathBuf;
use std::time::Duration;

/// The most bytes of a look-up that are read.
const LOOKED: usize = 64 << 20;
/// The beginning of the names of statements that have values bound to them.
const OURS: &str = "cockpit_statement";

/// Why a statement is not run that ends the transaction of `-1`.
const ENDS: &str = "not run: with -1 all is one transaction, which this would end: take it out, or leave -1 out";

/// The interpreter with its hands.
pub(super) struct Driver<'a> {
    pub(super) session: Session,
    pub(super) interpreter: Interpreter,
    pub(super) outlet: Outlet<'a>,
    /// Where more of the script comes from.
    pub(super) reads: Reads,
    /// The last failure.
    last: Option<Report>,
    /// Something failed, was told, and it went on.
    pub(super) went_on: bool,
    /// Statements that had values bound to them so far: one that failed in a transaction keeps its name.
    bound: u32,
    /// The way to the server, and how one connected on it last.
    way: &'a Way,
    settings: Settings,
    /// All is one transaction, which belongs to one session.
    pub(super) single: bool,
    /// Why the session only reads, where a rule of safety had it opened so.
    only_reads: Option<OnlyReads>,
    /// The server tells by itself whether it still does.
    told: bool,
    /// How the script is called in errors.
    pub(super) name: String,
}

impl<'a> Driver<'a> {
    pub(super) fn new(session: Session, interpreter: Interpreter, outlet: Outlet<'a>, way: &'a Way) -> Self {
        Self {
            session,
            interpreter,
            outlet,
            reads: Reads::default(),
            last: None,
            went_on: false,
            bound: 0,
            way,
            settings: way.settings.clone(),
            single: false,
            only_reads: None,
            told: false,
            name: "-c".to_owned(),
        }
    }

    /// The session only reads, and why.
    pub(super) fn only_reads(&mut self, why: OnlyReads) {
        self.only_reads = Some(why);
        self.told = is_told(&self.session);
    }

    /// Goes on until it is over, with psql's exit code, or until what there is to run was run.
    pub(super) async fn all(&mut self) -> Result<Option<u8>, Over> {
        loop {
            let answer = match self.interpreter.step() {
                Action::Run(run) => Answer::Ran(Box::new(self.statement(&run).await?)),
                Action::Look { statement, shown } => {
                    if shown && self.interpreter.variables().is_on("ECHO_HIDDEN") {
                        say(&statement);
                    }
                    Answer::Rows(
                        self.session
                            .look(&statement, LOOKED)
                            .await?
                            .map(|rows| Looked { columns: rows.columns, rows: rows.rows })
                            .map_err(Box::new),
                    )
                }
                Action::Print { text, target: Target::Errors } => {
                    text.lines().for_each(say);
                    continue;
                }
                Action::Print { text, target } => {
                    self.print(text.as_bytes(), &target)?;
                    continue;
                }
                Action::Show { sheet: table, options } => {
                    let text = sheet(&table, &options, self.outlet.is_terminal());
                    self.print(&text, &Target::Results)?;
                    continue;
                }
                Action::Fail { message, line, file } => {
                    let message = self.placed(file.as_deref(), line, message);
                    self.fail(Report::new("sql", message, ExitCode::Failed));
                    continue;
                }
                Action::Output(target) => Answer::Done(self.outlet.name(&target)),
                Action::Read { path } => self.open(&path).await?,
                Action::Write { text, target } => Answer::Done(match &target {
                    Target::File(path) => files::write(path, &text).map_err(|error| format!("{path}: {error}")),
                    Target::Pipe(_) => Err(NO_PROGRAMS.to_owned()),
                    Target::Results | Target::Output | Target::Errors => {
                        self.print(text.as_bytes(), &target)?;
                        Ok(())
                    }
                }),
                Action::Shell { .. } => Answer::Text(Err(NO_PROGRAMS.to_owned())),
                Action::Edit { .. } | Action::Ask(_) => Answer::Text(Err("a script has nobody to ask".to_owned())),
                Action::History(_) => Answer::Done(Err("a script has no history".to_owned())),
                Action::Environment(name) => match std::env::var(&name) {
                    Err(std::env::VarError::NotPresent) => Answer::Done(Ok(())),
                    value => Answer::Text(value.map_err(|error| format!("{name}: {error}"))),
                },
                Action::Folder(path) => {
                    let path = path.unwrap_or_else(|| "~".to_owned());
                    let gone =
                        std::env::set_current_dir(files::named(&path)).map_err(|error| format!("{path}: {error}"));
                    Answer::Done(gone)
                }
                Action::Connect(to) => {
                    self.connect(to).await?;
                    Answer::Done(Ok(()))
                }
                Action::Wait(milliseconds) => {
                    self.session.wait(Duration::from_millis(milliseconds)).await?;
                    Answer::Done(Ok(()))
                }
                Action::More(_) if self.reads.is_over(&self.interpreter) => return Ok(None),
                Action::More(_) => {
                    // A statement is run as soon as it is there.
                    self.session.feed(&mut self.reads, &mut self.interpreter).await?;
                    continue;
                }
                Action::Quit(code) => return Ok(Some(code)),
            };
            self.interpreter.answer(answer);
        }
    }

    /// `\c`: to another database of the same server, or as another user. What follows is meant for there: where that cannot be
    /// reached it ends, whatever `ON_ERROR_STOP` says.
    async fn connect(&mut self, to: To) -> Result<(), Over> {
        let place = &self.settings.place;
        let here = |host: &String| *host == place.host || Some(host) == place.through.as_ref();
        let elsewhere = to.host.as_ref().is_some_and(|host| !here(host))
            || to.port.as_ref().is_some_and(|port| *port != place.port.to_string());
        let refused = if elsewhere {
            Some("\\c: a script stays on its server: name another environment, or --url")
        } else if self.single {
            Some("\\c: with -1 all is one transaction of one session")
        } else if self.session.transaction() != Transaction::Idle {
            Some("\\c: a transaction is open, which would be lost: end it first")
        } else {
            None
        };
        let database = to.database.unwrap_or_else(|| self.settings.database.clone());
        let user = to.user.unwrap_or_else(|| self.settings.user.clone());
        if let Some(why) = refused {
            return Err(self.unreached(Report::new("sql", why, ExitCode::Failed)));
        }
        let failed = |failure: &Failure| {
            Report::of_failure(
                format!("\\c: no session in {} as {} can be opened", harmless(&database), harmless(&user)),
                failure,
            )
        };
        let anew = self.way.anew(&self.settings, database.clone(), user.clone());
        let settings = match self.session.settings(anew).await? {
            Ok(settings) => settings,
            Err(failure) => return Err(self.unreached(failed(&failure))),
        };
        if let Err(failure) = self.session.connect(&settings).await? {
            return Err(self.unreached(failed(&failure)));
        }
        if self.session.pooled() && settings.read_only {
            return Err(self.unreached(super::report::pooled()));
        }
        self.settings = settings;
        self.told = is_told(&self.session);
        self.interpreter.set_server(&self.session.server());
        self.interpreter.set_transaction(Transaction::Idle);
        if !self.interpreter.variables().is_on("QUIET") {
            say(&format!(
                "You are now connected to database \"{}\" as user \"{}\".",
                harmless(&database),
                harmless(&user)
            ));
        }
        Ok(())
    }

    /// The end because the database is not reached.
    fn unreached(&mut self, report: Report) -> Over {
        if let Some(before) = self.last.take() {
            tell(&before);
        }
        Over::from(report)
    }

    /// The last failure, which was not told yet.
    pub(super) fn last(&mut self) -> Option<Report> {
        self.last.take()
    }

    fn print(&mut self, text: &[u8], target: &Target) -> Result<(), Over> {
        if let Err(why) = self.outlet.begin(target) {
            self.fail(Report::new("output", why, ExitCode::Failed));
            return Ok(());
        }
        self.outlet.take(text);
        self.outlet.end().map_err(|error| super::session::gone(&error))
    }

    fn fail(&mut self, report: Report) {
        // Where it goes on it is told in its place.
        if !self.interpreter.variables().is_on("ON_ERROR_STOP") {
            self.went_on = true;
            return tell(&report);
        }
        if let Some(before) = self.last.replace(report) {
            tell(&before);
        }
    }

    async fn statement(&mut self, run: &Run) -> Result<Ran, Over> {
        if run.echo {
            self.print(format!("{}\n", run.statement).as_bytes(), &Target::Results)?;
        }
        let transaction = self.session.transaction();
        let refused = |message: String| refused(message, transaction);
        let judged = self.only_reads.map(|_| guard::judge(&run.statement)).filter(|_| run.rows != Rows::Describe);
        if let Some(ran) = self.against_the_rules(run, judged.as_ref()) {
            return Ok(self.ended(run, ran));
        }
        let mut statement = run.statement.clone();
        let ours = format!("{OURS}_{}", self.bound);
        if let Some(values) = &run.bind {
            // The simple protocol binds nothing: a prepared statement does.
            self.bound += 1;
            let begin = format!("PREPARE {ours} AS ");
            let prepared = self.session.look(&format!("{begin}{statement}"), 0).await?;
            if let Err(mut said) = prepared {
                said.position = said.position.map(|at| at.saturating_sub(begin.len() as u32));
                return Ok(self.ended(
                    run,
                    Ran { failed: Some(said), transaction: self.session.transaction(), ..Ran::default() },
                ));
            }
            let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
            let list = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
            statement = format!("EXECUTE {ours}{list}");
        }
        if let Some(why) = Connection::cannot_send(&statement) {
            return Ok(self.ended(run, refused(why.to_owned())));
        }
        let file = match &run.copy {
            Some(Peer::File(path)) if is_copy_in(&run.statement) => {
                match self.session.open(files::named(path)).await? {
                    Ok(file) => Some((file, path.clone())),
                    Err(error) => return Ok(self.ended(run, refused(format!("{path}: {error}")))),
                }
            }
            Some(Peer::Program(_)) => return Ok(self.ended(run, refused(NO_PROGRAMS.to_owned()))),
            Some(_) | None => None,
        };
        let target = match &run.copy {
            Some(Peer::File(path)) if !is_copy_in(&run.statement) => Target::File(path.clone()),
            Some(Peer::Standard) => Target::Output,
            _ => run.target.clone(),
        };
        if let Err(why) = self.outlet.begin(&target) {
            return Ok(self.ended(run, refused(why)));
        }
        let told = !run.hidden && !self.interpreter.variables().is_on("QUIET");
        let all = self.interpreter.variables().is_on("SHOW_ALL_RESULTS");
        let mut data = match (file, &run.copy) {
            (Some((file, path)), _) => Data::File(file, path),
            (None, Some(Peer::Standard)) => Data::Input,
            (None, Some(Peer::Following)) => Data::Following(Following::new(&mut self.interpreter, &mut self.reads)),
            (None, _) => Data::None,
        };
        let options = titled(run);
        let how = How { options: &options, rows: run.rows, told, statements: run.statements, all };
        let began = std::time::Instant::now();
        let ran = self.session.run(&statement, &how, &mut data, &mut self.outlet).await?;
        self.interpreter.set_escapes(self.session.escapes());
        self.outlet.end().map_err(|error| super::session::gone(&error))?;
        if self.interpreter.is_timing() && !run.hidden {
            say(&format!("Time: {:.3} ms", began.elapsed().as_secs_f64() * 1000.0));
        }
        if run.bind.is_some() {
            let _ = self.session.look(&format!("DEALLOCATE {ours}"), 0).await?;
        }
        let ran = self.ended(run, ran);
        self.still_holds(run, judged.as_ref()).await?;
        Ok(ran)
    }

    /// The outcome of a statement that is not run, as it is against what the session was opened for.
    fn against_the_rules(&self, run: &Run, judged: Option<&guard::Judged>) -> Option<Ran> {
        let transaction = self.session.transaction();
        if judged.is_some_and(|judged| judged.lifts) {
            return Some(lifting(transaction));
        }
        if judged.is_some_and(|judged| judged.kept == Kept::Not) {
            return Some(acting(transaction));
        }
        let ends = self.single && !run.hidden && guard::judge(&run.statement).step.is_some_and(|step| step.decides());
        ends.then(|| refused(ENDS.to_owned(), transaction))
    }

    /// Checks after a statement that all is still one transaction, and that the session still only reads.
    async fn still_holds(&mut self, run: &Run, judged: Option<&guard::Judged>) -> Result<(), Over> {
        if self.single && self.session.transaction() == Transaction::Idle {
            // Of several statements at once the server takes an end that was not seen before.
            let what =
                "not one transaction: this ended it, and what ran before it is decided; nothing more is run".to_owned();
            let what = self.placed(run.file.as_deref(), run.line, what);
            return Err(self.unreached(Report::new("sql", what, ExitCode::Failed)));
        }
        // What a function did is not seen in the words that called it.
        if let (Some(why), Some(judged)) = (self.only_reads, judged)
            && (self.told || !judged.nature.is_harmless())
            && !holds(&mut self.session, self.told).await?
        {
            return Err(self.unreached(why.refused(lifted())));
        }
        Ok(())
    }

    /// A message with where it is: the script that is run, or the one that is run from it.
    fn placed(&self, file: Option<&str>, line: usize, message: String) -> String {
        match file {
            Some(file) => format!("{file}:{line}: {message}"),
            None if self.name == "-c" => message,
            None => format!("{}:{line}: {message}", self.name),
        }
    }

    /// Tells of a failure where it is.
    fn ended(&mut self, run: &Run, ran: Ran) -> Ran {
        if let Some(said) = &ran.failed {
            let mut report = failed(said, &run.statement);
            if let Some(why) = self.only_reads.filter(|_| said.code == READ_ONLY) {
                report = why.refused(report);
            }
            report.message = self.placed(run.file.as_deref(), run.line, report.message);
            self.fail(report);
        }
        ran
    }

    /// Opens a script that another one names: it is read as it is run, whatever its size.
    async fn open(&mut self, path: &str) -> Result<Answer, Over> {
        let place = match path {
            // Standard input, which is read already.
            "-" if self.reads.is_input() => return Ok(Answer::Text(Ok(String::new()))),
            "-" => PathBuf::from("/dev/stdin"),
            path => files::named(path),
        };
        Ok(match self.session.script(place).await? {
            Ok(file) => {
                self.reads.include(file, &self.interpreter);
                Answer::Opened
            }
            Err(error) => Answer::Text(Err(format!("{path}: {error}"))),
        })
    }
}

/// A statement that was not sent.
fn refused(message: String, transaction: Transaction) -> Ran {
    let said = ServerMessage { severity: "ERROR".to_owned(), message, ..ServerMessage::default() };
    Ran { failed: Some(said), transaction, ..Ran::default() }
}

/// How its results are shown; of one that is repeated with when it ran.
fn titled(run: &Run) -> Options {
    let mut options = run.options.clone();
    if let Some(milliseconds) = run.every {
        let now = jiff::Zoned::now().strftime("%a %b %e %H:%M:%S %Y").to_string();
        let when = format!("{now} (every {}s)\n", milliseconds as f64 / 1000.0);
        options.title = Some(options.title.map_or(when.clone(), |title| format!("{title}\t{when}")));
    }
    options
}

fn is_copy_in(statement: &str) -> bool {
    crate::model::sql::guard::judge(statement).copy == Some(crate::model::sql::copy::Copy::In)
}

/// An error after which it goes on.
pub(super) fn tell(report: &Report) {
    let _ = report.write(&mut crate::runtime::Output::stderr(), false);
}
