//! Begins a run and follows it: what happens goes to stderr, plans are shown, and a yes is asked for. The run itself needs
//! none of it.

use super::account::account;
use super::opened::{Opened, limited, open, report};
use super::progress;
use super::question;
use super::run_args::RunArgs;
use super::runs_kept::{not_started, place, resumed};
use super::target::Environment;
use super::unanswered;
use crate::app::command::Risk;
use crate::app::safety::{self, Decision};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::say::say;
use crate::commands::waits::over;
use crate::commands::yes::{Answer, answered};
use crate::config::EnvironmentConfig;
use crate::headless;
use crate::infra::Discovered;
use crate::infra::needed::still_needed;
use crate::infra::prevented::prevented;
use crate::infra::run::events::Reader;
use crate::infra::run::{folder, ordered, requests, start, world};
use crate::model::infra::RunState;
use crate::model::infra::run::{Phase, UnitState};
use crate::model::infra::run_event::{Goal, Request, RequestKind, RunEnd, UnitEnd};
use crate::model::text::quoted;
use crate::runtime::audit;
use crate::runtime::stop::{StopSignals, unless_stopped};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The interval between two looks at what happened.
const LOOK: Duration = Duration::from_millis(5);

/// Begins a run: its folder, and the environment.
pub(super) async fn begin(
    context: &Context,
    arguments: &RunArgs,
    goal: Goal,
    asks: bool,
) -> Result<(PathBuf, EnvironmentConfig), Report> {
    // Nothing is begun yet, and Terragrunt may take long to say which units there are.
    let Opened { config, environment, found } = unless_stopped(open(context, &arguments.target)).await??;
    if found.graph.units().is_empty() {
        return Err(Report::usage(format!("{} has no units", environment.name))
            .hint("`cockpit infra graph` says where they are looked for"));
    }
    let named = arguments.targets.iter().chain(&arguments.replace).next();
    if let Some(address) = named.filter(|_| found.graph.units().len() > 1) {
        let names: Vec<&str> = found.graph.units().iter().map(|unit| unit.name.as_str()).collect();
        return Err(Report::usage(format!("{address} is of one unit, and several are meant"))
            .hint(format!("name its unit with --unit: {}", names.join(", "))));
    }
    if goal.applies() && context.global.read_only {
        let report = Report::new("refused", "nothing was changed: --read-only refuses every change", ExitCode::Refused);
        return Err(report.hint("leave --read-only out"));
    }
    if goal.applies() && asks {
        // What would be refused at the end is refused before anything is planned.
        may(context, &environment, risk(goal, false))?;
    }
    let runs = place(config.audit_file.as_deref())?;
    if !arguments.targets.is_empty() {
        say("warning: --target plans a part alone: what it leaves out is not what is declared. It is for exceptions.");
    }
    let command = environment.named().command(&command(&environment.name, arguments, goal));
    let mut order = ordered::order(&found, &environment, goal, audit::who(), command);
    (order.targets, order.replace) = (arguments.targets.clone(), arguments.replace.clone());
    order.parallelism = arguments.parallelism;
    order.skip_snapshots = arguments.skip_snapshots;
    // Before anybody is asked anything: what is typed as an endpoint may be nowhere.
    if let Some(why) = world::other(&runs, &order) {
        return Err(not_started(&environment.name, &start::NotStarted::OtherWorld(why)));
    }
    order.account = account(context, config, &environment, &order.units, goal.applies()).await?;
    if goal == Goal::Destroy {
        needed(context, &found, !arguments.targets.is_empty()).await?;
    }
    let run = start::start(&start::this_program(), &runs, &order, Timestamp::now())
        .await
        .map_err(|error| not_started(&environment.name, &error))?;
    Ok((run, environment))
}

/// Refuses to destroy what others still need, and what code forbids destroying. Of a part alone nobody knows whether it is that.
async fn needed(context: &Context, found: &Discovered, part: bool) -> Result<(), Report> {
    let needed = unless_stopped(limited(context, Box::pin(still_needed(found)))).await??;
    needed.warnings().iter().for_each(|warning| say(&format!("warning: {warning}")));
    match needed.refused() {
        Some(trouble) if part => say(&format!("warning: {}", trouble.causes.join("; "))),
        Some(trouble) => return Err(report(trouble)),
        None => {}
    }
    if part {
        return Ok(());
    }
    let prevented = unless_stopped(limited(context, Box::pin(prevented(found)))).await??;
    prevented.refused().map_or(Ok(()), |trouble| Err(report(trouble)))
}

/// The command line that starts the same run.
fn command(environment: &str, arguments: &RunArgs, goal: Goal) -> String {
    let mut words = vec![format!("cockpit infra {} --env {}", goal.word(), quoted(environment))];
    for (flag, values) in
        [("--unit", &arguments.target.units), ("--target", &arguments.targets), ("--replace", &arguments.replace)]
    {
        words.extend(values.iter().map(|value| format!("{flag} {}", quoted(value))));
    }
    words.join(" ")
}

/// The risk of a run: data is lost where a resource that holds some is destroyed or replaced.
pub(super) fn risk(goal: Goal, loses_data: bool) -> Risk {
    if loses_data || goal == Goal::Destroy { Risk::Destroy } else { Risk::Disrupt }
}

/// Whether somebody could say yes at all.
fn may(context: &Context, environment: &EnvironmentConfig, risk: Risk) -> Result<(), Report> {
    let global = &context.global;
    let flags =
        safety::Flags { read_only: global.read_only, yes: global.yes, confirm: global.confirmed(&environment.name) };
    match safety::decide(risk, environment, &flags, prompts()) {
        Decision::Go | Decision::Ask(_) => Ok(()),
        Decision::Refuse(why, hint) => {
            Err(Report::new("refused", format!("nothing was changed: {why}"), ExitCode::Refused).hint(hint))
        }
    }
}

pub(super) fn prompts() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// How following ended.
pub(super) enum Followed {
    /// The run is over.
    Over(RunEnd),
    /// The run goes on without this command.
    Left(ExitCode),
    /// Nobody drives the run any more, and it has no end.
    Lost,
    /// It had ended before it took what this command asked for, and nobody drives it any more.
    Unheard,
}

/// A run that is followed.
pub(super) struct Following<'a> {
    pub(super) context: &'a Context,
    environment: &'a EnvironmentConfig,
    pub(super) run: PathBuf,
    json: bool,
    /// This command asks for the yes.
    asks: bool,
    /// It would, and nobody can be asked here: where the run stands at that, it is left and what answers is said.
    unanswerable: bool,
    reader: Reader,
    pub(super) state: RunState,
    /// Plans that were approved here, or refused: unit and hash, as two units of the same code may have the same plan.
    answered: BTreeSet<(String, String)>,
    /// This command asked for the cancel.
    pub(super) interrupted: bool,
    /// It was begun before, perhaps by somebody else: flags that are not enough here are no answer to its question.
    pub(super) begun_before: bool,
    /// The requests that this command made before it followed, up to here (bytes): an end from before that was taken is
    /// none.
    asked: u64,
}

impl<'a> Following<'a> {
    pub(super) fn new(
        context: &'a Context,
        environment: &'a EnvironmentConfig,
        run: &Path,
        json: bool,
        asks: bool,
    ) -> Self {
        Self {
            context,
            environment,
            run: run.to_owned(),
            json,
            asks,
            unanswerable: false,
            reader: Reader::new(0),
            state: RunState::default(),
            answered: BTreeSet::new(),
            interrupted: false,
            begun_before: false,
            asked: 0,
        }
    }

    /// Follows it to its end, or until somebody leaves.
    pub(super) async fn follow(&mut self, out: &mut dyn io::Write) -> Result<Followed, Report> {
        let mut stops = StopSignals::new().map_err(|error| {
            Report::new("signals", "signal handlers cannot be installed", ExitCode::Failed).caused_by(&error)
        })?;
        loop {
            // Asked first: nothing is added any more where nobody drives it.
            let live = folder::driven(&self.run).map_err(|error| self.unread(&error))?;
            let some = self.read(out)?;
            if let Some((_, end)) = self.end() {
                return Ok(Followed::Over(end));
            }
            if !live && !some {
                return Ok(if self.state.end.is_some() { Followed::Unheard } else { Followed::Lost });
            }
            if self.asks
                && let Some(waiting) = self.waiting()
                && let Some(left) = self.review(&waiting, &mut stops, out).await?
            {
                return Ok(Followed::Left(left));
            }
            if self.unanswerable
                && let Some(waiting) = self.waiting()
                && !unanswered::works(&self.state)
            {
                unanswered::tell(&waiting, &folder::name(&self.run), &self.environment.name);
                return Ok(Followed::Left(self.detached()));
            }
            tokio::select! {
                biased;
                stop = stops.next() => if let Some(code) = self.stop(stop, &mut stops, out).await? {
                    return Ok(Followed::Left(code));
                },
                () = over(self.context) => return Ok(Followed::Left(self.time_is_up()?)),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Its end, where that comes after what this command asked for.
    pub(super) fn end(&self) -> Option<(Timestamp, RunEnd)> {
        self.state.end.filter(|_| self.state.heard >= self.asked)
    }

    pub(super) fn unread(&self, error: &io::Error) -> Report {
        let text = format!("the run in {} cannot be read", self.run.display());
        Report::new("system", text, ExitCode::Failed).caused_by(error)
    }

    /// Reads new events and reports them. Returns whether there were any.
    pub(super) fn read(&mut self, out: &mut dyn io::Write) -> Result<bool, Report> {
        let news = self.reader.read_all(&self.run).map_err(|error| self.unread(&error))?;
        for event in &news.events {
            self.state.fold(event);
            if self.json {
                let line = headless::json_line(event).unwrap_or_default();
                crate::commands::printed::printed(headless::write(out, &line).map(drop))?;
            }
            for line in progress::line(event).iter().flat_map(|text| text.lines()) {
                say(line);
            }
        }
        Ok(!news.events.is_empty())
    }

    /// The plans that wait for a yes, once nothing more of their wave is being made: a person is asked once for all of them.
    fn waiting(&self) -> Option<Vec<(String, String)>> {
        let making = |phase| matches!(phase, Phase::Planning);
        let ready = |unit: &UnitState| unit.phase == Phase::Init && unit.step.as_ref().is_some_and(|step| !step.early);
        let more = self.state.units.values().any(|unit| making(unit.phase) || ready(unit));
        if more && !self.context.global.yes {
            return None;
        }
        let plans = self.state.to_review().map(|(unit, plan)| (unit.to_owned(), plan.sha256.clone()));
        let plans: Vec<(String, String)> = plans.filter(|plan| !self.answered.contains(plan)).collect();
        (!plans.is_empty()).then_some(plans)
    }

    /// Shows plans and asks for a yes to them; a code where the run is left at that.
    async fn review(
        &mut self,
        waiting: &[(String, String)],
        stops: &mut StopSignals,
        out: &mut dyn io::Write,
    ) -> Result<Option<ExitCode>, Report> {
        let units: Vec<&str> = waiting.iter().map(|(unit, _)| unit.as_str()).collect();
        for text in question::texts(&self.state, &units)? {
            // What is asked about is shown where the question is; events alone go to stdout.
            if self.json {
                let _ = crate::runtime::Output::stderr().write_all(text.as_bytes());
            } else {
                crate::commands::printed::printed(headless::write(out, &text).map(drop))?;
            }
        }
        let goal = self.state.started.as_ref().map_or(Goal::Apply, |started| started.goal);
        let risk = risk(goal, question::loses_data(&self.state, &units));
        question::say_bound(self.environment, &self.run, &self.state, &units);
        let answer = tokio::select! {
            biased;
            _ = stops.next() => {
                let _ = writeln!(crate::runtime::Output::stderr());
                return Ok(Some(self.detached()));
            }
            () = over(self.context) => return Ok(Some(self.time_is_up()?)),
            answer = answered(self.context, self.environment, risk) => answer,
        };
        match answer {
            Ok(Answer::Yes) => {
                for (unit, sha256) in waiting {
                    self.answered.insert((unit.clone(), sha256.clone()));
                    self.ask(RequestKind::Approve { unit: unit.clone(), sha256: sha256.clone() })?;
                }
                Ok(None)
            }
            // Nothing is applied without a yes; the run is there for whoever takes it up.
            Ok(Answer::None) => Ok(Some(self.detached())),
            Ok(Answer::No) => {
                self.ask(RequestKind::Cancel { hard: false })?;
                self.answered.extend(waiting.iter().cloned());
                say("no: the run is cancelled");
                Ok(None)
            }
            Err(report) => {
                // Flags that would be enough for less: nobody can say yes, and the run is not left waiting.
                if !self.begun_before {
                    self.ask(RequestKind::Cancel { hard: false })?;
                }
                Err(report)
            }
        }
    }

    pub(super) fn ask(&self, wish: RequestKind) -> Result<u64, Report> {
        ask(&self.run, wish)
    }

    /// The exit code of a command that leaves the run to itself.
    pub(super) fn detached(&self) -> ExitCode {
        let name = folder::name(&self.run);
        let text = format!(
            "the run goes on: `cockpit infra attach {name}` follows it, `cockpit infra cancel {name}` stops it"
        );
        self.context.say(&text);
        ExitCode::TimedOut
    }

    pub(super) fn time_is_up(&self) -> Result<ExitCode, Report> {
        say("the time is up");
        let looks = self.state.started.as_ref().is_some_and(|started| !started.goal.applies());
        if looks && !self.begun_before {
            self.ask(RequestKind::Cancel { hard: false })?;
            return Ok(ExitCode::TimedOut);
        }
        Ok(self.detached())
    }
}

/// Asks something of a run. Returns up to where that must be taken.
pub(super) fn ask(run: &Path, wish: RequestKind) -> Result<u64, Report> {
    requests::ask(run, &Request { time: Timestamp::now(), by: audit::who(), wish })
        .map_err(|error| Report::new("system", "the run cannot be asked", ExitCode::Failed).caused_by(&error))
}

/// The exit code of a run, and what is said at its end.
pub(super) fn ended(followed: &Followed, state: &RunState, run: &Path, interrupted: bool) -> Result<ExitCode, Report> {
    let name = folder::name(run);
    match followed {
        Followed::Left(code) => Ok(*code),
        Followed::Lost | Followed::Unheard => {
            Err(Report::new("lost", format!("{name} has no supervisor any more"), ExitCode::TimedOut)
                .cause("its supervisor was killed; what it began goes on by itself")
                .hint(format!("`cockpit infra resume {name}` resumes it")))
        }
        Followed::Over(RunEnd::Done) => Ok(ExitCode::Done),
        Followed::Over(RunEnd::Cancelled) if interrupted => Ok(ExitCode::Interrupted),
        Followed::Over(end) => {
            let applied = state.units.values().any(|unit| matches!(unit.end, Some(UnitEnd::Done)));
            let begun = state.units.values().any(|unit| unit.approved.is_some());
            let (text, code) = match end {
                RunEnd::Cancelled if !begun => ("nothing was changed: the run was cancelled", ExitCode::Refused),
                RunEnd::Cancelled => ("the run was cancelled", ExitCode::Failed),
                RunEnd::Failed | RunEnd::Done if applied => ("a part of the run failed", ExitCode::Failed),
                RunEnd::Failed | RunEnd::Done => ("the run failed", ExitCode::Failed),
            };
            let mut report = Report::new("infra", text, code);
            for (unit, how) in state.units.iter().filter_map(|(unit, state)| Some((unit, state.end.as_ref()?))) {
                if !matches!(how, UnitEnd::Done | UnitEnd::Unchanged) {
                    report = report.cause(format!("{unit}: {}", progress::ended(how)));
                }
            }
            Err(report.hint(format!("`cockpit infra retry {name}` tries failed and blocked units again")))
        }
    }
}

impl Following<'_> {
    /// Whether this command asked for the cancel.
    pub(super) fn interrupted(&self) -> bool {
        self.interrupted
    }
}

/// Follows a run that was begun before, and asks for the yes where somebody can give it.
pub(super) async fn followed(
    context: &Context,
    run: &Path,
    json: bool,
    asks: bool,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    followed_from(context, run, json, asks, 0, out).await
}

/// Follows a run after something was asked of it, up to here (bytes): it is followed to an end that comes after that.
pub(super) async fn followed_from(
    context: &Context,
    run: &Path,
    json: bool,
    asks: bool,
    asked: u64,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let (_, environment) = super::opened::environment(context, &Environment::default())?;
    let may = asks && !context.global.read_only;
    let can = prompts() || context.global.yes;
    let mut following = Following::new(context, &environment, run, json, may && can);
    following.unanswerable = asks && !prompts() && !(may && can);
    following.begun_before = true;
    following.asked = asked;
    let mut followed = following.follow(out).await?;
    if matches!(followed, Followed::Unheard) {
        // Who drove it was at its end when it was asked: the next one takes it.
        resumed(&environment.name, run).await?;
        followed = following.follow(out).await?;
    }
    ended(&followed, &following.state, run, following.interrupted())
}
