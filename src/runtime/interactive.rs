//! The interactive session: takes events from the terminal, signals, the clock and feeds in one order, and draws a frame when
//! something has changed.

mod background_checks;
mod terminal_handover;

use super::audit;
use super::browser::{has_shell, open_link};
use super::clock::Clock;
use super::event_loop::EventLoop;
use super::executor::Executor;
use super::files;
use super::input::{self, FromTerminal, InputThread};
use super::mfa_codes::CodeQueue;
use super::session_end::leave;
use super::signals::Signals;
use super::tee::Tee;
use super::terminal::{self, Guard, Tui};
use crate::app::effect::{self, Effect};
use crate::app::event::{Event, Notice};
use crate::app::keymap::Keymap;
use crate::app::operation::Operation;
use crate::app::operation::call::{Call, CallId, Program};
use crate::app::overlays;
use crate::app::ticket::Ticket;
use crate::app::tunnels::state::ShellPlan;
use crate::app::{App, Table, poll::Wants};
use crate::config::{Config, EnvironmentConfig};
use crate::model::sql::interpreter::Edited;
use crate::ui;
use base64::Engine as _;
use jiff::SignedDuration;
use ratatui::layout::Position;
use std::io::{self, Write as _};
use std::time::Duration;
use tokio::time::Instant;

/// The shortest interval between frames that nobody waits for; a key's frame is drawn at once.
const FRAME: Duration = Duration::from_millis(33);
/// The shortest interval between evaluations of new facts, unless a key needs one.
const TICK: Duration = Duration::from_secs(1);
/// How long to wait for a slow file system before the first key is processed.
const LOOK_BACK: Duration = Duration::from_secs(1);
/// The maximum number of events to process before the next frame.
const BATCH: usize = 128;

/// Why the session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The person left the screen.
    Quit,
    /// A signal, by its number.
    Signal(i32),
    TerminalGone,
}

/// Runs a session until it ends; then restores the terminal. Returns why the session ended, and the operations that were left
/// behind with their outcomes.
///
/// # Errors
/// If the terminal cannot be taken over or drawn on.
pub async fn interactive(
    table: &'static Table,
    (config, environment): (Config, EnvironmentConfig),
    session: crate::app::Session,
    keymap: Keymap,
    theme: ui::theme::Theme,
    clock: Clock,
) -> io::Result<(Ended, Vec<Operation>)> {
    let mouse = config.ui.mouse.unwrap_or(true);
    // Before the terminal is taken: from here on a signal restores it.
    let mut signals = Signals::new()?;
    let guard = Guard::take(mouse)?;
    let mut tui = terminal::open()?;
    let simulated = session.simulated;
    let audit = if simulated { audit::simulated_path() } else { audit::path(config.audit_file.as_deref()) };
    let ours = session.mark.clone();
    let (mut app, effects) = App::new(table, config, environment, session, keymap, Wants::of_screen(), clock.now());
    app.filters = files::saved_filters();
    let (executor, answers) = Executor::new(simulated);
    let codes = CodeQueue::prompt_on_screen(executor.events());
    // Before the first frame, but with a limit: an unresponsive file system must not delay the screen for long.
    let look_back = audit
        .clone()
        .map(|path| tokio::task::spawn_blocking(move || audit::startup_notes(&path, &ours, jiff::Timestamp::now())));
    let event_loop =
        EventLoop::new((executor.with_audit(audit).with_screen().with_clock(clock.clone()), answers), clock.clone());
    let kept_clock = clock;
    let mut run = Run {
        app,
        event_loop,
        tui: &mut tui,
        guard: &guard,
        theme,
        drawn: None,
        started: std::time::Instant::now(),
        tee: None,
        aside: None,
        editing: None,
        codes,
        surveys: tokio::task::JoinSet::new(),
        clock: kept_clock,
        program: None,
    };
    let size = crossterm::terminal::size()?;
    run.app.update(Event::Resize(size.0, size.1));
    if run.app.session.all {
        let environments = overlays::environments(&run.app);
        run.app.screen.overlays.push(environments);
    }
    // The frame is drawn before any request, so that people see at once where they are.
    run.draw(false)?;
    let mut keys = Some(input::start()?);
    for effect in effects {
        if let Some(ended) = run.carry_out(effect)? {
            return Ok((ended, Vec::new()));
        }
    }
    if let Some(look_back) = look_back
        && let Ok(Ok(notices)) = tokio::time::timeout(LOOK_BACK, look_back).await
    {
        for text in notices {
            run.app.update(Event::Notice(Notice { error: true, text }));
        }
    }
    let ended = run.until_end(&mut keys, &mut signals).await;
    let Run { mut app, mut event_loop, .. } = run;
    // Restore the terminal first: whoever leaves should not see a frozen screen, and what they type next is for
    // the shell.
    drop(keys);
    drop((tui, guard));
    // A terminal that is gone cannot show the last frame.
    let ended = match ended {
        Err(_) if terminal::is_gone() => Ok(Ended::TerminalGone),
        ended => ended,
    };
    close_session(&mut app, &mut event_loop, &mut signals).await;
    let left = app.followed.still_running.iter().filter_map(|id| app.operations.get(*id)).cloned().collect();
    Ok((ended?, left))
}

/// Closes open resources; a signal ends the wait for that.
async fn close_session(app: &mut App, event_loop: &mut EventLoop, signals: &mut Signals) {
    let closing = async {
        leave(app, event_loop).await;
        event_loop.executor.finish_cleanup().await;
    };
    tokio::select! {
        () = closing => {}
        _ = signals.interrupt.recv() => {}
        _ = signals.terminate.recv() => {}
    }
}

/// A text to edit: its query, the text, and the line to start at.
type Editing = (Ticket, Edited, Option<usize>);

struct Run<'a> {
    app: App,
    event_loop: EventLoop,
    tui: &'a mut Tui,
    guard: &'a Guard,
    theme: ui::theme::Theme,
    drawn: Option<Instant>,
    /// When the session began.
    started: std::time::Instant,
    /// The file that log lines are copied into as they arrive.
    tee: Option<Tee>,
    /// A shell that should get the terminal.
    aside: Option<Box<ShellPlan>>,
    /// A text for which the person's own editor should get the terminal.
    editing: Option<Editing>,
    /// Open questions for an MFA code.
    codes: CodeQueue,
    /// Checks of environments that are not opened; they end with the session.
    surveys: tokio::task::JoinSet<()>,
    clock: Clock,
    /// A program that should get the terminal, and the call that waits for its end.
    program: Option<(CallId, Program)>,
}

impl Run<'_> {
    async fn until_end(&mut self, keys: &mut Option<InputThread>, signals: &mut Signals) -> io::Result<Ended> {
        // For the test that a panic restores the terminal; not in release builds.
        #[cfg(debug_assertions)]
        assert!(std::env::var_os("COCKPIT_PANIC").is_none(), "COCKPIT_PANIC requests a panic");
        loop {
            let (frame_due, until_tick) = (self.frame_due(), self.until_tick());
            let mut urgent = false;
            let mut received = std::time::Instant::now();
            let event = tokio::select! {
                biased;
                _ = signals.hangup.recv() => return Ok(Ended::Signal(1)),
                _ = signals.terminate.recv() => return Ok(Ended::Signal(15)),
                _ = signals.interrupt.recv() => return Ok(Ended::Signal(2)),
                _ = signals.stop.recv() => { self.suspend()?; None }
                _ = signals.window.recv() => {
                    urgent = true;
                    crossterm::terminal::size().ok().map(|(columns, rows)| Event::Resize(columns, rows))
                }
                key = next_key(keys) => {
                    urgent = true;
                    match key {
                        Some(FromTerminal::Event(at, event)) => {
                            received = at;
                            Some(event)
                        }
                        Some(FromTerminal::Gone) | None => return Ok(Ended::TerminalGone),
                    }
                }
                answer = self.event_loop.next() => answer,
                () = tokio::time::sleep_until(frame_due.unwrap_or_else(|| Instant::now() + TICK)), if frame_due.is_some() => None,
                () = tokio::time::sleep(until_tick) => {
                    if terminal::is_gone() {
                        return Ok(Ended::TerminalGone);
                    }
                    None
                }
            };
            // Time first, so that the event is evaluated as of now.
            let (ahead, set_back) = (self.event_loop.ahead(), self.event_loop.set_back());
            if set_back != self.app.set_back
                && let Some(ended) = self.update(Event::ClockSetBack(set_back))?
            {
                return Ok(ended);
            }
            if ahead != self.app.ahead
                && let Some(ended) = self.update(Event::Clock(ahead))?
            {
                return Ok(ended);
            }
            if let Some(ended) = self.update(Event::Tick(self.event_loop.now()))? {
                return Ok(ended);
            }
            if event.is_none() {
                received = std::time::Instant::now();
            }
            self.update(Event::Elapsed(self.since_start(received)))?;
            if let Some(event) = event
                && let Some(ended) = self.update(event)?
            {
                return Ok(ended);
            }
            if let Some(ended) = self.drain(keys, &mut urgent)? {
                return Ok(ended);
            }
            if let Some(ended) = self.give_way(keys, signals).await? {
                return Ok(ended);
            }
            if self.app.redraw && (urgent || self.drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME)) {
                self.draw(urgent)?;
            }
        }
    }

    /// Processes waiting events before drawing, keys before answers. Stops at an event that gives the terminal away.
    fn drain(&mut self, keys: &mut Option<InputThread>, urgent: &mut bool) -> io::Result<Option<Ended>> {
        for _ in 0..BATCH {
            if self.gives_way() {
                break;
            }
            let next = match keys.as_mut().and_then(InputThread::try_recv) {
                Some(FromTerminal::Event(at, event)) => {
                    *urgent = true;
                    self.update(Event::Elapsed(self.since_start(at)))?;
                    event
                }
                Some(FromTerminal::Gone) => return Ok(Some(Ended::TerminalGone)),
                None if *urgent => break,
                None => match self.event_loop.try_next() {
                    Some(event) => event,
                    None => break,
                },
            };
            if let Some(ended) = self.update(next)? {
                return Ok(Some(ended));
            }
        }
        Ok(None)
    }

    /// Returns when a delayed frame is due.
    fn frame_due(&self) -> Option<Instant> {
        self.app.redraw.then(|| self.drawn.map_or_else(Instant::now, |drawn| drawn + FRAME))
    }

    /// Returns the time until the next second begins, or less.
    fn until_tick(&self) -> Duration {
        if let Some(soon) = self.app.next_tick() {
            return soon;
        }
        let into = self.event_loop.now().subsec_nanosecond().clamp(0, 999_999_999) as u64;
        Duration::from_nanos(1_000_000_000 - into).min(TICK)
    }

    /// Returns a moment relative to the start of the session, which times inputs and frames.
    fn since_start(&self, at: std::time::Instant) -> SignedDuration {
        SignedDuration::try_from(at.saturating_duration_since(self.started)).unwrap_or(SignedDuration::MAX)
    }

    fn update(&mut self, event: Event) -> io::Result<Option<Ended>> {
        for effect in self.app.update(event) {
            if let Some(ended) = self.carry_out(effect)? {
                return Ok(Some(ended));
            }
        }
        Ok(None)
    }

    fn carry_out(&mut self, effect: Effect) -> io::Result<Option<Ended>> {
        match self.event_loop.executor.carry_out(effect) {
            Some(Effect::Quit) => return Ok(Some(Ended::Quit)),
            Some(Effect::Suspend) => self.suspend()?,
            Some(Effect::Shell(plan)) => self.aside = Some(plan),
            Some(Effect::Edit { ticket, what, line }) => self.editing = Some((ticket, what, line)),
            Some(Effect::Copy(text)) => {
                // OSC 52: the terminal itself puts the text on the clipboard, even over ssh.
                let coded = base64::engine::general_purpose::STANDARD.encode(text);
                let mut out = io::stdout();
                write!(out, "\x1b]52;c;{coded}\x07")?;
                out.flush()?;
            }
            Some(Effect::Save { path, text }) => {
                let notice = match files::create(&path, &text) {
                    Ok(()) => Notice { error: false, text: format!("{path} is written") },
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Notice {
                        error: true,
                        text: format!("{path} is there already and was left as it is: take another name"),
                    },
                    Err(error) => Notice { error: true, text: format!("{path} could not be written: {error}") },
                };
                self.app.update(Event::Notice(notice));
            }
            Some(Effect::Tee(order)) => {
                if let Err(error) = self.tee(order) {
                    self.tee = None;
                    self.app.update(Event::TeeFailed(error.to_string()));
                }
            }
            Some(Effect::SaveFilter { name, filter }) => {
                if let Err(error) = files::save_filter(&name, filter.as_deref()) {
                    let text = format!("the filter is not kept for later sessions: {error}");
                    self.app.update(Event::Notice(Notice { error: true, text }));
                }
            }
            Some(Effect::OpenUrl(link)) => {
                if let Err(error) = open_link(&link) {
                    self.app.update(Event::Notice(Notice {
                        error: true,
                        text: format!("no browser could be started: {error}"),
                    }));
                }
            }
            Some(Effect::MfaCode(question, code)) => self.codes.answer(question, code),
            Some(Effect::Survey(environment)) => self.survey(*environment),
            Some(Effect::RunDoctor) => self.check_up(),
            Some(Effect::Call { id, call, .. }) => {
                if let Call::Run(program) = *call {
                    self.program = Some((id, program));
                }
            }
            Some(
                Effect::Connect { .. }
                | Effect::Fetch { .. }
                | Effect::CancelFetch(_)
                | Effect::EndCall(_)
                | Effect::SignIn(_),
            )
            | None => {}
        }
        Ok(None)
    }

    /// Opens, closes or writes the file that log lines are copied into.
    fn tee(&mut self, order: effect::Tee) -> io::Result<()> {
        match order {
            effect::Tee::Open(path) => self.tee = Some(Tee::open(&files::expand_path(&path))?),
            effect::Tee::Close => self.tee = None,
            effect::Tee::Lines(text) => {
                if let Some(tee) = &mut self.tee {
                    // One write per line keeps the rotation exact.
                    for line in text.split_inclusive('\n') {
                        tee.write(line)?;
                    }
                    tee.flush()?;
                }
            }
        }
        Ok(())
    }

    /// Draws a frame. `urgent`: a person waits for it.
    fn draw(&mut self, urgent: bool) -> io::Result<()> {
        let start = Instant::now();
        self.app.settle_frame(urgent);
        self.app.redraw = false;
        let settled = Instant::now();
        let (app, theme) = (&self.app, &self.theme);
        let area = self.tui.screen().draw(|frame| {
            let cursor = ui::draw_with(app, theme, frame.buffer_mut());
            if let Some((column, row)) = cursor {
                frame.set_cursor_position(Position::new(column, row));
            }
        })?;
        let size = (area.area.width, area.area.height);
        let drawn = Instant::now();
        self.update(Event::Drawn(self.since_start(drawn.into_std()), size))?;
        // Read by the benchmark.
        tracing::debug!(
            settle_us = (settled - start).as_micros() as u64,
            draw_us = (drawn - settled).as_micros() as u64,
            "frame"
        );
        self.drawn = Some(drawn);
        Ok(())
    }

    /// Restores the terminal, stops the process as the shell expects, and takes the terminal again.
    fn suspend(&mut self) -> io::Result<()> {
        if !has_shell() {
            let text = "no shell would bring it back: this terminal runs nothing else".to_owned();
            self.update(Event::Notice(Notice { error: false, text }))?;
            return Ok(());
        }
        terminal::restore();
        // The whole group: a wrapper that started the cockpit stops too, as after Ctrl-Z.
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        self.retake()
    }

    /// Takes the terminal again, with unknown content on its screen.
    fn retake(&mut self) -> io::Result<()> {
        self.guard.retake()?;
        let (columns, rows) = crossterm::terminal::size()?;
        // A new terminal assumes nothing about the screen. `clear` would query the cursor position, and the answer would
        // be read by the input thread.
        *self.tui = terminal::open()?;
        self.update(Event::Resize(columns, rows))?;
        self.update(Event::Resumed)?;
        Ok(())
    }
}

/// Returns the next message of the terminal; `None` while it is not read.
async fn next_key(keys: &mut Option<InputThread>) -> Option<FromTerminal> {
    match keys {
        Some(keys) => keys.recv().await,
        None => None,
    }
}
