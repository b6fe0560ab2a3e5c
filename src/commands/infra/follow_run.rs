//! Starts a run and follows it: prints its events on stderr, shows plans, and asks for approval. The run itself depends
//! on none of this.

use super::account::account;
use super::environment_runs::{resume_run, runs_root, start_error};
use super::environment_units::{Opened, open, report, with_timeout};
use super::pending_approval;
use super::progress;
use super::question;
use super::run_args::RunArgs;
use super::target::Environment;
use crate::app::command::Risk;
use crate::app::safety::{self, Decision};
use crate::cli::{ExitCode, Report};
use crate::commands::confirmation::{Answer, request_confirmation};
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::commands::waiting::wait_for_deadline;
use crate::config::EnvironmentConfig;
use crate::headless;
use crate::infra::Discovered;
use crate::infra::dependents::still_needed;
use crate::infra::prevent_destroy::find_prevented;
use crate::infra::run::events::Reader;
use crate::infra::run::{folder, ordered, requests, start, state_endpoints};
use crate::model::infra::RunState;
use crate::model::infra::run::{Phase, UnitState};
use crate::model::infra::run_event::{Goal, Request, RequestKind, RunEnd, UnitEnd};
use crate::model::text::shell_quote;
use crate::runtime::audit;
use crate::runtime::stop::{StopSignals, unless_stopped};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The polling interval for new events.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Starts a run. Returns its folder and the environment.
pub(super) async fn begin(
    context: &Context,
    arguments: &RunArgs,
    goal: Goal,
    asks: bool,
) -> Result<(PathBuf, EnvironmentConfig), Report> {
    // Nothing has started yet, and Terragrunt may take long to list the units.
    let Opened { config, environment, found } = unless_stopped(open(context, &arguments.target)).await??;
    if found.graph.units().is_empty() {
        return Err(Report::usage(format!("{} has no units", environment.name))
            .hint("`cockpit infra graph` shows where they are searched"));
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
        // If the confirmation is bound to be refused, fail before anything is planned.
        may(context, &environment, risk(goal, false))?;
    }
    let runs = runs_root(config.audit_file.as_deref())?;
    if !arguments.targets.is_empty() {
        print_note(
            "warning: --target plans a part alone: what it leaves out is not what is declared. It is for exceptions.",
        );
    }
    let command = environment.command_scope().command(&command(&environment.name, arguments, goal));
    let mut order = ordered::build_order(&found, &environment, goal, audit::current_process(), command);
    (order.targets, order.replace) = (arguments.targets.clone(), arguments.replace.clone());
    order.parallelism = arguments.parallelism;
    order.skip_snapshots = arguments.skip_snapshots;
    // Checked before the first prompt: a mistyped endpoint must not cost a confirmation.
    if let Some(why) = state_endpoints::other_world(&runs, &order) {
        return Err(start_error(&environment.name, &start::NotStarted::OtherWorld(why)));
    }
    order.account = account(context, config, &environment, &order.units, goal.applies()).await?;
    if goal == Goal::Destroy {
        needed(context, &found, !arguments.targets.is_empty()).await?;
    }
    let run = start::start(&start::this_program(), &runs, &order, Timestamp::now())
        .await
        .map_err(|error| start_error(&environment.name, &error))?;
    Ok((run, environment))
}

/// Refuses to destroy units that others still need, and resources with `prevent_destroy`. For a partial run (`part`)
/// these are only warnings, because it may not touch them.
async fn needed(context: &Context, found: &Discovered, part: bool) -> Result<(), Report> {
    let needed = unless_stopped(with_timeout(context, Box::pin(still_needed(found)))).await??;
    needed.warnings().iter().for_each(|warning| print_note(&format!("warning: {warning}")));
    match needed.refusal() {
        Some(trouble) if part => print_note(&format!("warning: {}", trouble.causes.join("; "))),
        Some(trouble) => return Err(report(trouble)),
        None => {}
    }
    if part {
        return Ok(());
    }
    let prevented = unless_stopped(with_timeout(context, Box::pin(find_prevented(found)))).await??;
    prevented.refusal().map_or(Ok(()), |trouble| Err(report(trouble)))
}

/// Returns the command line that starts the same run.
fn command(environment: &str, arguments: &RunArgs, goal: Goal) -> String {
    let mut words = vec![format!("cockpit infra {} --env {}", goal.name(), shell_quote(environment))];
    for (flag, values) in
        [("--unit", &arguments.target.units), ("--target", &arguments.targets), ("--replace", &arguments.replace)]
    {
        words.extend(values.iter().map(|value| format!("{flag} {}", shell_quote(value))));
    }
    words.join(" ")
}

/// Returns the risk of a run: `Destroy` if resources that hold data are destroyed or replaced.
pub(super) fn risk(goal: Goal, loses_data: bool) -> Risk {
    if loses_data || goal == Goal::Destroy { Risk::Destroy } else { Risk::Disrupt }
}

/// Checks that a confirmation of this risk is possible at all.
fn may(context: &Context, environment: &EnvironmentConfig, risk: Risk) -> Result<(), Report> {
    let global = &context.global;
    let flags =
        safety::Flags { read_only: global.read_only, yes: global.yes, confirm: global.confirmed(&environment.name) };
    match safety::decide(risk, environment, &flags, can_prompt()) {
        Decision::Proceed | Decision::Ask(_) => Ok(()),
        Decision::Refuse(why, hint) => {
            Err(Report::new("refused", format!("nothing was changed: {why}"), ExitCode::Refused).hint(hint))
        }
    }
}

pub(super) fn can_prompt() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// How following a run ended.
pub(super) enum Followed {
    /// The run has ended.
    Ended(RunEnd),
    /// The run continues without this command; the exit code.
    Detached(ExitCode),
    /// The run has no end, but its supervisor is gone.
    Lost,
    /// The run ended before it took this command's requests, and its supervisor is gone.
    RequestMissed,
}

/// A run that this command follows.
pub(super) struct Following<'a> {
    pub(super) context: &'a Context,
    environment: &'a EnvironmentConfig,
    pub(super) run: PathBuf,
    json: bool,
    /// Whether this command asks for approval.
    asks: bool,
    /// Whether approval is wanted but cannot be given here. If the run waits for approval, the command then prints how
    /// to give it and detaches.
    unanswerable: bool,
    reader: Reader,
    pub(super) state: RunState,
    /// Plans that were approved or refused here: unit and hash, because two units of the same code may have the same
    /// plan.
    answered: BTreeSet<(String, String)>,
    /// Whether this command requested the cancellation.
    pub(super) interrupted: bool,
    /// Whether the run was started earlier, perhaps by another user: insufficient flags of this command then do not
    /// cancel it.
    pub(super) started_earlier: bool,
    /// The offset in bytes behind the requests that this command made before it started to follow. An end of the run
    /// counts only if these requests were taken before it.
    request_end: u64,
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
            started_earlier: false,
            request_end: 0,
        }
    }

    /// Follows the run to its end, or until this command detaches.
    pub(super) async fn follow(&mut self, out: &mut dyn io::Write) -> Result<Followed, Report> {
        let mut stops = StopSignals::new().map_err(|error| {
            Report::new("signals", "signal handlers cannot be installed", ExitCode::Failed).caused_by(&error)
        })?;
        loop {
            // Checked before reading: once no supervisor is alive, no more events are added.
            let live = folder::has_supervisor(&self.run).map_err(|error| self.read_error(&error))?;
            let some = self.read(out)?;
            if let Some((_, end)) = self.end() {
                return Ok(Followed::Ended(end));
            }
            if !live && !some {
                return Ok(if self.state.end.is_some() { Followed::RequestMissed } else { Followed::Lost });
            }
            if self.asks
                && let Some(waiting) = self.waiting()
                && let Some(left) = self.review(&waiting, &mut stops, out).await?
            {
                return Ok(Followed::Detached(left));
            }
            if self.unanswerable
                && let Some(waiting) = self.waiting()
                && !pending_approval::is_working(&self.state)
            {
                pending_approval::print_waiting(&waiting, &folder::name(&self.run), &self.environment.name);
                return Ok(Followed::Detached(self.detached()));
            }
            tokio::select! {
                biased;
                stop = stops.next() => if let Some(code) = self.handle_signal(stop, &mut stops, out).await? {
                    return Ok(Followed::Detached(code));
                },
                () = wait_for_deadline(self.context) => return Ok(Followed::Detached(self.time_is_up()?)),
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Returns the end of the run, if it came after this command's requests were taken.
    pub(super) fn end(&self) -> Option<(Timestamp, RunEnd)> {
        self.state.end.filter(|_| self.state.requests_read >= self.request_end)
    }

    pub(super) fn read_error(&self, error: &io::Error) -> Report {
        let text = format!("the run in {} cannot be read", self.run.display());
        Report::new("system", text, ExitCode::Failed).caused_by(error)
    }

    /// Reads and prints new events. Returns whether there were any.
    pub(super) fn read(&mut self, out: &mut dyn io::Write) -> Result<bool, Report> {
        let news = self.reader.read_all(&self.run).map_err(|error| self.read_error(&error))?;
        for event in &news.events {
            self.state.apply(event);
            if self.json {
                let line = headless::json_line(event).unwrap_or_default();
                crate::commands::report_output::print_result(headless::write(out, &line).map(drop))?;
            }
            for line in progress::format_event(event).iter().flat_map(|text| text.lines()) {
                print_note(line);
            }
        }
        Ok(!news.events.is_empty())
    }

    /// Returns the plans that wait for approval, once their wave has no more plans in progress: the user is asked once
    /// for all of them.
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

    /// Shows plans and asks for approval. Returns an exit code if this command detaches from the run instead.
    async fn review(
        &mut self,
        waiting: &[(String, String)],
        stops: &mut StopSignals,
        out: &mut dyn io::Write,
    ) -> Result<Option<ExitCode>, Report> {
        let units: Vec<&str> = waiting.iter().map(|(unit, _)| unit.as_str()).collect();
        for text in question::plan_texts(&self.state, &units)? {
            // The plans are shown where the prompt is; with `--json` only events go to stdout.
            if self.json {
                let _ = crate::runtime::Output::stderr().write_all(text.as_bytes());
            } else {
                crate::commands::report_output::print_result(headless::write(out, &text).map(drop))?;
            }
        }
        let goal = self.state.started.as_ref().map_or(Goal::Apply, |started| started.goal);
        let risk = risk(goal, question::loses_data(&self.state, &units));
        question::print_approval_scope(self.environment, &self.run, &self.state, &units);
        let answer = tokio::select! {
            biased;
            _ = stops.next() => {
                let _ = writeln!(crate::runtime::Output::stderr());
                return Ok(Some(self.detached()));
            }
            () = wait_for_deadline(self.context) => return Ok(Some(self.time_is_up()?)),
            answer = request_confirmation(self.context, self.environment, risk) => answer,
        };
        match answer {
            Ok(Answer::Yes) => {
                for (unit, sha256) in waiting {
                    self.answered.insert((unit.clone(), sha256.clone()));
                    self.request(RequestKind::Approve { unit: unit.clone(), sha256: sha256.clone() })?;
                }
                Ok(None)
            }
            // Nothing is applied without approval; the run stays available to other commands.
            Ok(Answer::EndOfInput) => Ok(Some(self.detached())),
            Ok(Answer::No) => {
                self.request(RequestKind::Cancel { hard: false })?;
                self.answered.extend(waiting.iter().cloned());
                print_note("no: the run is cancelled");
                Ok(None)
            }
            Err(report) => {
                // The flags do not suffice for this risk, so no approval is possible: cancel the run instead of leaving
                // it waiting.
                if !self.started_earlier {
                    self.request(RequestKind::Cancel { hard: false })?;
                }
                Err(report)
            }
        }
    }

    pub(super) fn request(&self, wish: RequestKind) -> Result<u64, Report> {
        send_request(&self.run, wish)
    }

    /// Prints how to follow the run later, and returns the exit code for detaching.
    pub(super) fn detached(&self) -> ExitCode {
        let name = folder::name(&self.run);
        let text = format!(
            "the run continues: `cockpit infra attach {name}` follows it, `cockpit infra cancel {name}` stops it"
        );
        self.context.print_note(&text);
        ExitCode::TimedOut
    }

    pub(super) fn time_is_up(&self) -> Result<ExitCode, Report> {
        print_note("the time is up");
        let read_only_run = self.state.started.as_ref().is_some_and(|started| !started.goal.applies());
        if read_only_run && !self.started_earlier {
            self.request(RequestKind::Cancel { hard: false })?;
            return Ok(ExitCode::TimedOut);
        }
        Ok(self.detached())
    }
}

/// Sends a request to a run. Returns the offset behind the request.
pub(super) fn send_request(run: &Path, wish: RequestKind) -> Result<u64, Report> {
    requests::send(run, &Request { time: Timestamp::now(), by: audit::current_process(), wish })
        .map_err(|error| Report::new("system", "the run cannot be asked", ExitCode::Failed).caused_by(&error))
}

/// Returns the exit code of a run, or the error that summarizes its end.
pub(super) fn run_result(
    followed: &Followed,
    state: &RunState,
    run: &Path,
    interrupted: bool,
) -> Result<ExitCode, Report> {
    let name = folder::name(run);
    match followed {
        Followed::Detached(code) => Ok(*code),
        Followed::Lost | Followed::RequestMissed => {
            Err(Report::new("lost", format!("{name} has no supervisor any more"), ExitCode::TimedOut)
                .cause("its supervisor was killed; its processes continue without it")
                .hint(format!("`cockpit infra resume {name}` resumes it")))
        }
        Followed::Ended(RunEnd::Done) => Ok(ExitCode::Done),
        Followed::Ended(RunEnd::Cancelled) if interrupted => Ok(ExitCode::Interrupted),
        Followed::Ended(end) => {
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
                    report = report.cause(format!("{unit}: {}", progress::describe_end(how)));
                }
            }
            Err(report.hint(format!("`cockpit infra retry {name}` tries failed and blocked units again")))
        }
    }
}

impl Following<'_> {
    /// Whether this command requested the cancellation.
    pub(super) fn interrupted(&self) -> bool {
        self.interrupted
    }
}

/// Follows a run that was started earlier, and asks for approval if possible.
pub(super) async fn follow_run(
    context: &Context,
    run: &Path,
    json: bool,
    asks: bool,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    follow_run_from(context, run, json, asks, 0, out).await
}

/// Follows a run after a request was sent to it. `request_end` is the offset behind the request: an end before that does not
/// count.
pub(super) async fn follow_run_from(
    context: &Context,
    run: &Path,
    json: bool,
    asks: bool,
    request_end: u64,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let (_, environment) = super::environment_units::environment(context, &Environment::default())?;
    let may_approve = asks && !context.global.read_only;
    let can_approve = can_prompt() || context.global.yes;
    let mut following = Following::new(context, &environment, run, json, may_approve && can_approve);
    following.unanswerable = asks && !can_prompt() && !(may_approve && can_approve);
    following.started_earlier = true;
    following.request_end = request_end;
    let mut followed = following.follow(out).await?;
    if matches!(followed, Followed::RequestMissed) {
        // The supervisor was already ending when the request was sent; a new supervisor takes it.
        resume_run(&environment.name, run).await?;
        followed = following.follow(out).await?;
    }
    run_result(&followed, &following.state, run, following.interrupted())
}
