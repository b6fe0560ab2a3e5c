//! The parts common to every screen: the top line (environment and identity), the tabs, the bottom line with its keys or
//! short message, and the strip of block titles of a view that shows one block at a time.

use super::canvas::Canvas;
use super::symbols::Signs;
use crate::app::command::Id;
use crate::app::data_status::{oldest_late_age, polled};
use crate::app::input::Input;
use crate::app::screen::Purpose;
use crate::app::tunnels::texts::header;
use crate::app::{bottom_line, layout, operation_list, operation_reports, operation_texts};
use crate::model::{FailureKind, Severity, text, time};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// One piece of the top line.
struct Piece {
    text: String,
    style: Style,
    /// The order in which pieces are left out: the highest rank goes first, 0 always stays.
    rank: u8,
    right: bool,
}

/// Draws the top line. The environment's identity always stays; the other pieces are left out by rank.
pub fn top(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let theme = canvas.theme;
    let guarded = canvas.app.environment.guarded;
    let mut pieces = pieces(canvas);
    if let Some((health, [_, short])) = header(canvas.app).filter(|(_, forms)| are_tabs_full(canvas, place, forms)) {
        pieces.push(Piece { text: short, style: theme.health(health), rank: 2, right: true });
    }
    let wide = |canvas: &Canvas<'_, '_>, pieces: &[Piece]| -> u16 {
        pieces.iter().map(|piece| canvas.width(&piece.text) + 2).sum::<u16>()
    };
    while wide(canvas, &pieces) > place.width {
        let Some(least) = pieces.iter().map(|piece| piece.rank).max().filter(|rank| *rank > 0) else { break };
        let Some(at) = pieces.iter().rposition(|piece| piece.rank == least) else { break };
        pieces.remove(at);
    }
    if guarded {
        canvas.put(place.x, place.y, place.width, &" ".repeat(usize::from(place.width)), theme.guarded);
    }
    let style = |piece: &Piece| if guarded { piece.style.patch(theme.guarded) } else { piece.style };
    let mut end = place.right();
    for piece in pieces.iter().filter(|piece| piece.right).rev() {
        let used = canvas.put_right(end.saturating_sub(1), place.y, end, &piece.text, style(piece));
        end = end.saturating_sub(used + 2);
    }
    let mut x = place.x;
    for piece in pieces.iter().filter(|piece| !piece.right) {
        // A piece with its own background gets a blank on both sides, drawn in that background.
        let has_background = piece.style.bg.is_some() || piece.style.add_modifier.contains(Modifier::REVERSED);
        let text = if has_background { format!(" {} ", piece.text) } else { piece.text.clone() };
        let at = if has_background { x } else { x + 1 };
        let used = canvas.put_cut(at, place.y, place.right().saturating_sub(at), &text, style(piece));
        x = at + used + u16::from(!has_background);
    }
}

fn pieces(canvas: &Canvas<'_, '_>) -> Vec<Piece> {
    let app = canvas.app;
    let theme = canvas.theme;
    let environment = &app.environment;
    let mut pieces = Vec::new();
    let mut add = |text: String, style: Style, rank: u8, right: bool| {
        if !text.is_empty() {
            pieces.push(Piece { text: text::sanitize(&text).into_owned(), style, rank, right });
        }
    };
    add(environment.name.clone(), theme.environment, 0, false);
    if environment.guarded {
        add("GUARDED".into(), theme.guarded, 0, false);
    }
    let elsewhere = operation_texts::custom_endpoint(app, &app.estate.endpoints);
    if let Some((word, _)) = &elsewhere {
        add((*word).to_owned(), theme.simulated, 0, false);
    }
    let identity = app.estate.identity.value();
    let failure = app.estate.identity.failure();
    match failure.map(|failure| failure.kind) {
        Some(FailureKind::WrongAccount) => add("✖ WRONG ACCOUNT".into(), theme.alert, 0, false),
        Some(FailureKind::Credentials) => add("✖ NO CREDENTIALS".into(), theme.alert, 0, false),
        Some(_) if identity.is_none() => add("▲ identity not known".into(), theme.degraded, 2, false),
        Some(_) | None => {}
    }
    if let Some(since) = app.screen.paused {
        // Uses the same clock as the right end of this line.
        let clock = time::clock(since + app.ahead, &app.zone());
        add(format!("PAUSED since {}", &clock[..5]), theme.paused, 0, false);
    }
    if app.session.read_only {
        add("READ-ONLY".into(), theme.dim, 3, false);
    }
    add(environment.project.clone(), theme.text, 8, false);
    // An environment that configures only infrastructure has no identity to look up.
    let nowhere = identity.is_none() && environment.is_only_infra();
    add(operation_texts::account(environment, identity), theme.text, 4, false);
    add(environment.region.clone().unwrap_or_default(), theme.text, 6, false);
    add(elsewhere.map(|(_, there)| there).unwrap_or_default(), theme.text, 5, false);
    match identity {
        None if nowhere => {}
        None => add("?".into(), theme.unknown, 5, false),
        Some(identity) => {
            let left = identity.expires.map(|expires| expires.duration_since(app.service_now()));
            let (left, style) = match left {
                None => (String::new(), theme.text),
                Some(left) if left.as_secs() <= 0 => (" EXPIRED".to_owned(), theme.alert),
                Some(left) if left.as_mins() < 15 => (format!(" {}", time::short(left)), theme.degraded),
                Some(left) => (format!(" {}", time::short(left)), theme.text),
            };
            let rank = if style == theme.text { 5 } else { 1 };
            add(format!("{}{left}", identity.short()), style, rank, false);
        }
    }
    add(muted(canvas), theme.degraded, 2, false);
    add(format!("API {:.1}/s", app.poller.rate(app.now).abs()), theme.dim, 9, true);
    add(time::clock_with_zone(app.service_now(), &app.zone()), theme.text, 7, true);
    if let Some(wrong) = time::clock_offset_note(app.ahead + app.set_back) {
        add(format!("▲ {wrong}"), theme.degraded, 1, true);
    }
    pieces
}

/// The alarms that are muted for a limited time: `2 alarms muted to 15:02`.
fn muted(canvas: &Canvas<'_, '_>) -> String {
    let app = canvas.app;
    let (estate, now) = (&app.estate, app.service_now());
    let alarms = estate.alarms.value().into_iter().flatten();
    let mutes = || estate.alarm_mutes.value().into_iter().flatten();
    let names = alarms.filter(|alarm| mutes().any(|mute| mute.mutes(&alarm.name, now) && mute.until.is_some()));
    let names: Vec<&str> = names.map(|alarm| alarm.name.as_str()).collect();
    let until =
        mutes().filter(|mute| names.iter().any(|name| mute.mutes(name, now))).filter_map(|mute| mute.until).max();
    let Some(until) = until else { return String::new() };
    let count = if names.len() == 1 { "1 alarm".to_owned() } else { format!("{} alarms", names.len()) };
    format!("{count} muted to {}", time::moment(until, now, &app.zone()))
}

/// Draws the tabs, running operations, and the counts of the needs-attention list.
pub fn tabs(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let app = canvas.app;
    let theme = canvas.theme;
    let mut x = place.x + 1;
    let (all_tabs, placed) = (app.table.tabs(), layout::tabs(app, place));
    let is_left_out = |id| placed.iter().all(|(pane, _)| pane.id != id);
    // A mark shows that tabs are left out at this end.
    if all_tabs.first().is_some_and(|pane| is_left_out(pane.id)) {
        canvas.put(place.x, place.y, 1, "‹", theme.dim);
    }
    for (pane, tab) in &placed {
        let (digit, title) = (pane.key, pane.title);
        // In narrow tabs only the trailing blank separates neighbours.
        let blank = if tab.width > canvas.width(title) + 3 { " " } else { "" };
        let at = tab.x + blank.len() as u16;
        let shown = app.screen.pane == pane.id && app.screen.operation.is_none();
        if shown {
            canvas.put(tab.x, tab.y, tab.width, &format!("{blank}{digit} {title} "), theme.tab);
        } else {
            canvas.put(at, tab.y, 1, digit, theme.key);
            canvas.put(at + 2, tab.y, tab.right().saturating_sub(at + 2), title, theme.text);
        }
        x = tab.right();
    }
    if all_tabs.last().is_some_and(|pane| is_left_out(pane.id)) {
        canvas.put(x, place.y, 1, "›", theme.dim);
        x += 1;
    }
    let mut end = place.right().saturating_sub(1);
    let counted = |severity: Severity| {
        let count = app.estate.derived.attention.iter().filter(|entry| entry.severity == severity).count();
        (count > 0).then(|| (severity, format!("{} {count}", Signs::severity(severity))))
    };
    let mut counts: Vec<_> = [Severity::Warning, Severity::Critical].into_iter().filter_map(counted).collect();
    let room = end.saturating_sub(x + 1);
    // If there is no room for both counts, the more severe one stays.
    while counts.len() > 1 && counts.iter().map(|(_, text)| canvas.width(text) + 2).sum::<u16>() > room + 2 {
        counts.remove(0);
    }
    for (severity, text) in counts {
        if end > x + canvas.width(&text) {
            end -= canvas.put_right(end, place.y, end - x, &text, theme.severity(severity)) + 2;
        }
    }
    // Shown on every pane, because the counts may be out of date.
    if let Some(age) = oldest_late_age(app, &polled(app)) {
        let text = format!("{} old", time::short(age));
        if end > x + canvas.width(&text) + 2 {
            end -= canvas.put_right(end, place.y, end - x, &text, theme.degraded) + 2;
        }
    }
    end = failures(canvas, place.y, x, end);
    end = tunnels(canvas, place, x, end);
    runs(canvas, place.y, x, end);
}

/// Draws tunnels that are open or that failed. If the tabs leave no room, the top line shows them instead.
fn tunnels(canvas: &mut Canvas<'_, '_>, place: Rect, x: u16, end: u16) -> u16 {
    let shown = header(canvas.app).filter(|(_, forms)| !are_tabs_full(canvas, place, forms));
    let Some((health, forms)) = shown else { return end };
    put_first(canvas, place.y, x, end, &forms, canvas.theme.health(health))
}

/// Whether the tabs and the counts at the right leave no room for the tunnels.
fn are_tabs_full(canvas: &Canvas<'_, '_>, place: Rect, [_, short]: &[String; 2]) -> bool {
    /// Width of the two needs-attention counts; `AGE` is the width of the age beside them.
    const COUNTS: u16 = 12;
    const AGE: u16 = 10;
    let counts = COUNTS + if oldest_late_age(canvas.app, &polled(canvas.app)).is_some() { AGE } else { 0 };
    let tabs = layout::tabs(canvas.app, place);
    let end = tabs.last().map_or(place.x, |(_, tab)| tab.right());
    end + 2 + canvas.width(short) + counts > place.right()
}

/// Draws failed operations that nobody has acknowledged. Returns the right end of the space left for others.
fn failures(canvas: &mut Canvas<'_, '_>, y: u16, x: u16, end: u16) -> u16 {
    let app = canvas.app;
    let count = operation_list::unacknowledged(app).count();
    let Some(newest) = operation_list::unacknowledged(app).next() else { return end };
    let health = operation_reports::health(newest);
    let (sign, more) = (health.sign(), if count > 1 { format!(" +{}", count - 1) } else { String::new() });
    let forms = [
        format!("{sign} {} {}{more}", operation_list::qualified_title(app, newest), newest.status_label()),
        format!("{sign} {}{more}", operation_list::qualified_title(app, newest)),
        format!("{sign}{}", if count > 1 { count.to_string() } else { String::new() }),
    ];
    put_first(canvas, y, x, end, &forms, canvas.theme.health(health))
}

/// Draws the running operations.
fn runs(canvas: &mut Canvas<'_, '_>, y: u16, x: u16, end: u16) {
    let app = canvas.app;
    let operations = operation_list::running(app)
        .map(|newest| (operation_list::qualified_title(app, newest), operation_reports::fraction(newest)));
    let panes =
        operation_list::activities(app).filter(|going| going.is_running).map(|going| (going.title, going.fraction));
    let mut running = operations.chain(panes);
    let Some((named, fraction)) = running.next() else { return };
    let count = 1 + running.count();
    let more = if count > 1 { format!(" +{}", count - 1) } else { String::new() };
    let forms = [
        format!("run ◐ {named} {fraction}{more}").replace("  ", " ").trim_end().to_owned(),
        format!("◐ {named}{more}"),
        format!("◐ {fraction}{more}").trim_end().to_owned(),
        "◐".to_owned(),
    ];
    put_first(canvas, y, x, end, &forms, canvas.theme.changing);
}

/// Draws the first form that fits before `end`. Returns the right end of the space left for others.
fn put_first(canvas: &mut Canvas<'_, '_>, y: u16, x: u16, end: u16, forms: &[String], style: Style) -> u16 {
    let room = end.saturating_sub(x + 1);
    let Some(text) = forms.iter().find(|text| canvas.width(text) <= room) else { return end };
    let used = canvas.put_right(end, y, room, text, style);
    end.saturating_sub(used + 2)
}

/// Draws the titles of all blocks of a view that shows one block at a time.
pub fn strip(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let app = canvas.app;
    let theme = canvas.theme;
    let focused = app.focused();
    let mut x = place.x + 1;
    for spec in app.view().blocks {
        let count = super::widgets::frame::count(app, spec.block);
        let count = if count > 0 { format!(" {count}") } else { String::new() };
        let text = format!(" {}{count} ", spec.title);
        let style = if spec.block == focused { theme.tab } else { theme.dim };
        x += canvas.put(x, place.y, place.right().saturating_sub(x), &text, style);
    }
}

/// Number of columns kept visible for typed text behind a long prompt.
const TYPED: u16 = 24;

/// Draws the keys, a line being typed, or a short message. Returns the cursor position.
pub fn bottom(canvas: &mut Canvas<'_, '_>, place: Rect) -> Option<(u16, u16)> {
    let app = canvas.app;
    let theme = canvas.theme;
    if let Some(typing) = app.screen.typing.as_ref().filter(|typing| typing.purpose != Purpose::Window) {
        let before = match typing.purpose {
            Purpose::Pane { .. } if !typing.prompt.is_empty() => &typing.prompt,
            Purpose::Pane { label, .. } => label,
            Purpose::Code => "MFA code ",
            Purpose::Filter(_) | Purpose::Window => "/",
        };
        let masked = typing.hidden.then(|| Input::new("•".repeat(typing.input.text().chars().count())));
        let input = masked.as_ref().unwrap_or(&typing.input);
        let width = (place.width / 2).max(canvas.width(before).saturating_add(TYPED)).min(place.width);
        let used = typed(canvas, Rect { width, ..place }, before, input);
        let right = Rect { x: place.x + width, width: place.width - width, ..place };
        match app.screen.toast.as_ref().filter(|(text, _)| app.stray_input.is_showing(text)) {
            // Explains why typing shows no text.
            Some((text, _)) => {
                canvas.put_cut(right.x, right.y, right.width, text, theme.toast);
            }
            None => key_hints(canvas, right),
        }
        return Some((used, place.y));
    }
    if let Some((toast, _)) = &app.screen.toast {
        let mut room = place.width.saturating_sub(2);
        // A message that is cut here can be read in full in the activity drawer.
        if let Some(key) = app.keymap.label(Id::ACTIVITY).filter(|_| canvas.width(toast) > room) {
            let end = place.right().saturating_sub(1);
            room = room.saturating_sub(canvas.put_right(end, place.y, room, &format!(" {key}"), theme.key));
        }
        canvas.put_cut(place.x + 1, place.y, room, toast, theme.toast);
        return None;
    }
    // An overlay draws its own keys.
    if app.screen.overlays.is_empty() {
        key_hints(canvas, place);
    }
    None
}

/// Draws a prompt and the line being typed behind it, keeping the cursor's end in view. Returns the cursor's column.
pub fn typed(canvas: &mut Canvas<'_, '_>, place: Rect, before: &str, input: &Input) -> u16 {
    let theme = canvas.theme;
    let start = canvas.put(place.x + 1, place.y, place.width.saturating_sub(1), before, theme.key);
    let x = place.x + 1 + start;
    let room = place.right().saturating_sub(x + 1);
    let (head, tail) = input.text().split_at(input.before_cursor().len());
    let head = text::sanitize(head);
    let shown = text::cut_start(&head, usize::from(room));
    let used = canvas.put(x, place.y, room, &shown, theme.text);
    canvas.put(x + used, place.y, room.saturating_sub(used), tail, theme.text);
    x + used
}

/// Draws as many keys as fit without being cut.
pub fn key_hints(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let app = canvas.app;
    let theme = canvas.theme;
    let commands = bottom_line::commands(app);
    let is_editing = app.editing() && app.screen.typing.is_none() && app.screen.overlays.is_empty();
    let label = |id: Id| if is_editing { app.keymap.label_beside_text(id) } else { app.keymap.label(id) };
    let entry = |id: Id| Some((label(id)?, app.table.command(id).title));
    let wide = |canvas: &Canvas<'_, '_>, id: Id| {
        entry(id).map_or(0, |(key, title)| canvas.width(&key) + 1 + canvas.width(title) + 2)
    };
    // Help leads to every key that does not fit, so it is always shown.
    let help = if commands.contains(&Id::HELP) { wide(canvas, Id::HELP) } else { 0 };
    let total: u16 = commands.iter().map(|id| wide(canvas, *id)).sum();
    let (mut x, right) = (place.x + 1, place.right() + 1);
    let crowded = place.x + 1 + total > right;
    for id in commands.iter().copied().filter(|id| !(crowded && *id == Id::HELP)) {
        if x + wide(canvas, id) + if crowded { help } else { 0 } > right {
            break;
        }
        x += put_key(canvas, x, place, entry(id), theme);
    }
    if crowded && help > 0 {
        put_key(canvas, x, place, entry(Id::HELP), theme);
    }
}

fn put_key(
    canvas: &mut Canvas<'_, '_>,
    x: u16,
    place: Rect,
    entry: Option<(String, &'static str)>,
    theme: &super::Theme,
) -> u16 {
    let Some((key, title)) = entry else { return 0 };
    let room = place.right().saturating_sub(x);
    canvas.put_all(x, place.y, room, &[(&key, theme.key), (" ", theme.dim), (title, theme.dim)]) + 2
}

/// Draws the message for a terminal that is too small.
pub fn too_small(canvas: &mut Canvas<'_, '_>) {
    let area = canvas.area();
    let lines = operation_texts::too_small(canvas.app, (area.width, area.height));
    let first = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (y, line) in (first..area.bottom()).zip(&lines) {
        let left = area.width.saturating_sub(canvas.width(line)) / 2;
        canvas.put(area.x + left, y, area.width, line, canvas.theme.text);
    }
}
