//! Carries out the actions that the psql interpreter requests.

use super::answer::ResultHandling;
use super::copy_data::{Data, InlineData};
use super::destination::{NO_PROGRAMS, Outlet};
use super::read_only::{is_still_read_only, lifted_error, refuse_acting, refuse_lifting, server_reports_setting};
use super::report::{READ_ONLY, ReadOnlyReason, statement_error};
use super::script::ScriptSource;
use super::session::{ScriptEnd, Session};
use crate::cli::{ExitCode, Report};
use crate::commands::database_route::ServerRoute;
use crate::commands::progress::print_note;
use crate::db::{Connection, Settings};
use crate::model::Failure;
use crate::model::sql::describe::QueryResult;
use crate::model::sql::format::Options;
use crate::model::sql::format::writer::sheet;
use crate::model::sql::guard::{self, ReadOnlyProtection};
use crate::model::sql::interpreter::{Action, Answer, Connection as To, Interpreter, Peer, Ran, Rows, Run, Target};
use crate::model::sql::keywords::literal;
use crate::model::sql::{ServerMessage, Transaction};
use crate::model::text::sanitize;
use crate::runtime::files;
use std::path::PathBuf;
use std::time::Duration;

/// The maximum size of a look-up's answer, in bytes.
const MAX_LOOKUP: usize = 64 << 20;
/// The name prefix of prepared statements.
const STATEMENT_PREFIX: &str = "cockpit_statement";

/// The error for a statement that would end the transaction of `-1`.
const ENDS_TRANSACTION: &str =
    "not run: with -1 all is one transaction, which this would end: take it out, or leave -1 out";

/// Runs the interpreter and carries out its actions.
pub(super) struct Driver<'a> {
    pub(super) session: Session,
    pub(super) interpreter: Interpreter,
    pub(super) outlet: Outlet<'a>,
    /// The source of the rest of the script.
    pub(super) reads: ScriptSource,
    /// The last failure, if it was not printed yet.
    last: Option<Report>,
    /// Whether a failure was printed and the script continued.
    pub(super) had_failure: bool,
    /// The number of prepared statements so far, for unique names: one that failed within a transaction keeps its name.
    bound: u32,
    /// The way to the server, and the settings of the current connection.
    way: &'a ServerRoute,
    settings: Settings,
    /// Whether everything runs in one transaction, and so in one session.
    pub(super) single: bool,
    /// Why the session is read-only, if a safety rule requires it.
    only_reads: Option<ReadOnlyReason>,
    /// Whether the server reports changes of the read-only setting by itself.
    server_reports: bool,
    /// The name of the script in errors.
    pub(super) name: String,
}

impl<'a> Driver<'a> {
    pub(super) fn new(session: Session, interpreter: Interpreter, outlet: Outlet<'a>, way: &'a ServerRoute) -> Self {
        Self {
            session,
            interpreter,
            outlet,
            reads: ScriptSource::default(),
            last: None,
            had_failure: false,
            bound: 0,
            way,
            settings: way.settings.clone(),
            single: false,
            only_reads: None,
            server_reports: false,
            name: "-c".to_owned(),
        }
    }

    /// Marks the session as read-only, with the reason.
    pub(super) fn set_read_only(&mut self, why: ReadOnlyReason) {
        self.only_reads = Some(why);
        self.server_reports = server_reports_setting(&self.session);
    }

    /// Runs until the interpreter ends, with psql's exit code, or until the input is used up (`None`).
    pub(super) async fn run(&mut self) -> Result<Option<u8>, ScriptEnd> {
        loop {
            let answer = match self.interpreter.step() {
                Action::Run(run) => Answer::Ran(Box::new(self.statement(&run).await?)),
                Action::Query { statement, shown } => {
                    if shown && self.interpreter.variables().is_on("ECHO_HIDDEN") {
                        print_note(&statement);
                    }
                    Answer::Rows(
                        self.session
                            .query(&statement, MAX_LOOKUP)
                            .await?
                            .map(|rows| QueryResult { columns: rows.columns, rows: rows.rows })
                            .map_err(Box::new),
                    )
                }
                Action::Print { text, target: Target::Errors } => {
                    text.lines().for_each(print_note);
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
                Action::Output(target) => Answer::Done(self.outlet.redirect(&target)),
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
                Action::Edit { .. } | Action::Prompt(_) => Answer::Text(Err("a script has nobody to ask".to_owned())),
                Action::History(_) => Answer::Done(Err("a script has no history".to_owned())),
                Action::Environment(name) => match std::env::var(&name) {
                    Err(std::env::VarError::NotPresent) => Answer::Done(Ok(())),
                    value => Answer::Text(value.map_err(|error| format!("{name}: {error}"))),
                },
                Action::Folder(path) => {
                    let path = path.unwrap_or_else(|| "~".to_owned());
                    let changed = std::env::set_current_dir(files::expand_path(&path))
                        .map_err(|error| format!("{path}: {error}"));
                    Answer::Done(changed)
                }
                Action::Connect(to) => {
                    self.connect(to).await?;
                    Answer::Done(Ok(()))
                }
                Action::Wait(milliseconds) => {
                    self.session.wait(Duration::from_millis(milliseconds)).await?;
                    Answer::Done(Ok(()))
                }
                Action::NeedInput(_) if self.reads.is_over(&self.interpreter) => return Ok(None),
                Action::NeedInput(_) => {
                    // A statement runs as soon as it is complete.
                    self.session.feed(&mut self.reads, &mut self.interpreter).await?;
                    continue;
                }
                Action::Quit(code) => return Ok(Some(code)),
            };
            self.interpreter.answer(answer);
        }
    }

    /// `\c`: connects to another database of the same server, or as another user. The following statements are meant
    /// for that session, so a failure ends the script even without `ON_ERROR_STOP`.
    async fn connect(&mut self, to: To) -> Result<(), ScriptEnd> {
        let place = &self.settings.place;
        let is_this_server = |host: &String| *host == place.host || Some(host) == place.through.as_ref();
        let elsewhere = to.host.as_ref().is_some_and(|host| !is_this_server(host))
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
            Report::from_failure(
                format!("\\c: no session in {} as {} can be opened", sanitize(&database), sanitize(&user)),
                failure,
            )
        };
        let reconnected = self.way.reconnect_settings(&self.settings, database.clone(), user.clone());
        let settings = match self.session.settings(reconnected).await? {
            Ok(settings) => settings,
            Err(failure) => return Err(self.unreached(failed(&failure))),
        };
        if let Err(failure) = self.session.connect(&settings).await? {
            return Err(self.unreached(failed(&failure)));
        }
        if self.session.pooled() && settings.read_only {
            return Err(self.unreached(super::report::pooler_error()));
        }
        self.settings = settings;
        self.server_reports = server_reports_setting(&self.session);
        self.interpreter.set_server(&self.session.server());
        self.interpreter.set_transaction(Transaction::Idle);
        if !self.interpreter.variables().is_on("QUIET") {
            print_note(&format!(
                "You are now connected to database \"{}\" as user \"{}\".",
                sanitize(&database),
                sanitize(&user)
            ));
        }
        Ok(())
    }

    /// Ends the script because the database cannot be reached.
    fn unreached(&mut self, report: Report) -> ScriptEnd {
        if let Some(before) = self.last.take() {
            print_error(&before);
        }
        ScriptEnd::from(report)
    }

    /// Takes the last failure, which was not printed yet.
    pub(super) fn take_last_failure(&mut self) -> Option<Report> {
        self.last.take()
    }

    fn print(&mut self, text: &[u8], target: &Target) -> Result<(), ScriptEnd> {
        if let Err(why) = self.outlet.begin(target) {
            self.fail(Report::new("output", why, ExitCode::Failed));
            return Ok(());
        }
        self.outlet.buffer(text);
        self.outlet.end().map_err(|error| super::session::output_error(&error))
    }

    fn fail(&mut self, report: Report) {
        // Without `ON_ERROR_STOP` the failure is printed at once, in its place among the output.
        if !self.interpreter.variables().is_on("ON_ERROR_STOP") {
            self.had_failure = true;
            return print_error(&report);
        }
        if let Some(before) = self.last.replace(report) {
            print_error(&before);
        }
    }

    async fn statement(&mut self, run: &Run) -> Result<Ran, ScriptEnd> {
        if run.echo {
            self.print(format!("{}\n", run.statement).as_bytes(), &Target::Results)?;
        }
        let transaction = self.session.transaction();
        let refused = |message: String| refused(message, transaction);
        let judged = self.only_reads.map(|_| guard::judge(&run.statement)).filter(|_| run.rows != Rows::Describe);
        if let Some(ran) = self.forbidden(run, judged.as_ref()) {
            return Ok(self.ended(run, ran));
        }
        let mut statement = run.statement.clone();
        let prepared_name = format!("{STATEMENT_PREFIX}_{}", self.bound);
        if let Some(values) = &run.bind {
            // The simple query protocol cannot bind values; a prepared statement can.
            self.bound += 1;
            let begin = format!("PREPARE {prepared_name} AS ");
            let prepared = self.session.query(&format!("{begin}{statement}"), 0).await?;
            if let Err(mut message) = prepared {
                message.position = message.position.map(|at| at.saturating_sub(begin.len() as u32));
                return Ok(self.ended(
                    run,
                    Ran { failed: Some(message), transaction: self.session.transaction(), ..Ran::default() },
                ));
            }
            let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
            let list = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
            statement = format!("EXECUTE {prepared_name}{list}");
        }
        if let Some(why) = Connection::unsendable_reason(&statement) {
            return Ok(self.ended(run, refused(why.to_owned())));
        }
        let file = match &run.copy {
            Some(Peer::File(path)) if is_copy_in(&run.statement) => {
                match self.session.open(files::expand_path(path)).await? {
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
        let prints_tags = !run.hidden && !self.interpreter.variables().is_on("QUIET");
        let all = self.interpreter.variables().is_on("SHOW_ALL_RESULTS");
        let mut data = match (file, &run.copy) {
            (Some((file, path)), _) => Data::File(file, path),
            (None, Some(Peer::Standard)) => Data::Input,
            (None, Some(Peer::Following)) => Data::Inline(InlineData::new(&mut self.interpreter, &mut self.reads)),
            (None, _) => Data::None,
        };
        let options = titled(run);
        let how = ResultHandling {
            options: &options,
            rows: run.rows,
            prints_tags,
            statements: run.statements,
            prints_all: all,
        };
        let began = std::time::Instant::now();
        let ran = self.session.run(&statement, &how, &mut data, &mut self.outlet).await?;
        self.interpreter.set_escapes(self.session.escapes());
        self.outlet.end().map_err(|error| super::session::output_error(&error))?;
        if self.interpreter.is_timing() && !run.hidden {
            print_note(&format!("Time: {:.3} ms", began.elapsed().as_secs_f64() * 1000.0));
        }
        if run.bind.is_some() {
            let _ = self.session.query(&format!("DEALLOCATE {prepared_name}"), 0).await?;
        }
        let ran = self.ended(run, ran);
        self.still_holds(run, judged.as_ref()).await?;
        Ok(ran)
    }

    /// Returns the failure of a statement that must not run: it would make the session writable, act despite read-only
    /// transactions, or end the transaction of `-1`.
    fn forbidden(&self, run: &Run, judged: Option<&guard::Judgement>) -> Option<Ran> {
        let transaction = self.session.transaction();
        if judged.is_some_and(|judged| judged.lifts_read_only) {
            return Some(refuse_lifting(transaction));
        }
        if judged.is_some_and(|judged| judged.protection == ReadOnlyProtection::Unprotected) {
            return Some(refuse_acting(transaction));
        }
        let ends = self.single
            && !run.hidden
            && guard::judge(&run.statement).step.is_some_and(|step| step.completes_transaction());
        ends.then(|| refused(ENDS_TRANSACTION.to_owned(), transaction))
    }

    /// Checks after a statement that the single transaction is still open, and that the session is still read-only.
    async fn still_holds(&mut self, run: &Run, judged: Option<&guard::Judgement>) -> Result<(), ScriptEnd> {
        if self.single && self.session.transaction() == Transaction::Idle {
            // The server may receive several statements at once, with an end of the transaction that was not recognised
            // before.
            let what =
                "not one transaction: this ended it, and what ran before it is decided; nothing more is run".to_owned();
            let what = self.placed(run.file.as_deref(), run.line, what);
            return Err(self.unreached(Report::new("sql", what, ExitCode::Failed)));
        }
        // The effect of a function cannot be seen in the statement that calls it.
        if let (Some(why), Some(judged)) = (self.only_reads, judged)
            && (self.server_reports || !judged.nature.is_harmless())
            && !is_still_read_only(&mut self.session, self.server_reports).await?
        {
            return Err(self.unreached(why.into_refusal(lifted_error())));
        }
        Ok(())
    }

    /// Prefixes a message with its place in the script, or in the script included from it.
    fn placed(&self, file: Option<&str>, line: usize, message: String) -> String {
        match file {
            Some(file) => format!("{file}:{line}: {message}"),
            None if self.name == "-c" => message,
            None => format!("{}:{line}: {message}", self.name),
        }
    }

    /// Reports the failure of a statement with its place.
    fn ended(&mut self, run: &Run, ran: Ran) -> Ran {
        if let Some(message) = &ran.failed {
            let mut report = statement_error(message, &run.statement);
            if let Some(why) = self.only_reads.filter(|_| message.code == READ_ONLY) {
                report = why.into_refusal(report);
            }
            report.message = self.placed(run.file.as_deref(), run.line, report.message);
            self.fail(report);
        }
        ran
    }

    /// Opens a script included by another one; it is read as it runs, whatever its size.
    async fn open(&mut self, path: &str) -> Result<Answer, ScriptEnd> {
        let place = match path {
            // Standard input is already being read.
            "-" if self.reads.is_input() => return Ok(Answer::Text(Ok(String::new()))),
            "-" => PathBuf::from("/dev/stdin"),
            path => files::expand_path(path),
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

/// Returns the result of a statement that was not sent.
fn refused(message: String, transaction: Transaction) -> Ran {
    let message = ServerMessage { severity: "ERROR".to_owned(), message, ..ServerMessage::default() };
    Ran { failed: Some(message), transaction, ..Ran::default() }
}

/// Returns the output options; a repeated statement (`\watch`) gets a title with the time.
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

/// Prints an error after which the script continues.
pub(super) fn print_error(report: &Report) {
    let _ = report.write(&mut crate::runtime::Output::stderr(), false);
}
