//! The list of timeline events, and their marks on the time axes of charts.

use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::timeline::{Kind, TimelineEvent};
use crate::model::{Health, time};
use crate::ui::canvas::Canvas;
use crate::ui::widgets::chart::{DEPLOYED, FAILOVER, RUN, Sign};
use crate::ui::widgets::table::{self, Cell, Column};
use jiff::Timestamp;
use ratatui::layout::Rect;

/// The mark for a kind of event, and its rank. If several fall on one cell of an axis, the highest rank is drawn.
fn sign(kind: Kind) -> Option<(u8, Sign)> {
    Some(match kind {
        Kind::Change | Kind::Parameter | Kind::Write | Kind::Schedule | Kind::Database => (0, ("•", "changed")),
        Kind::Scaling => (1, ("±", "scaled")),
        Kind::Alarm => (2, ("!", "alarm")),
        Kind::Run => (3, RUN),
        Kind::Deployment => (4, DEPLOYED),
        Kind::Rollback => (5, ("✖", "rolled back")),
        Kind::Failover => (6, FAILOVER),
        Kind::Task | Kind::Service => return None,
    })
}

/// The legend of marks: `◆ deployed  ± scaled`.
pub fn legend(marks: &[(Timestamp, Sign)]) -> String {
    let mut legend: Vec<Sign> = Vec::new();
    for (_, sign) in marks.iter().rev() {
        if !legend.contains(sign) {
            legend.push(*sign);
        }
    }
    legend.iter().map(|(sign, word)| format!("{sign} {word}")).collect::<Vec<_>>().join("  ")
}

/// Returns the events' marks for a time axis, the highest rank last.
pub fn marks(events: &[TimelineEvent]) -> Vec<(Timestamp, Sign)> {
    let mut marks: Vec<(u8, Timestamp, Sign)> = events
        .iter()
        .filter_map(|event| {
            let (rank, sign) = sign(event.kind)?;
            Some((rank, event.at, sign))
        })
        .collect();
    marks.sort_by_key(|(rank, at, _)| (*rank, *at));
    marks.into_iter().map(|(_, at, sign)| (at, sign)).collect()
}

/// Draws the latest events: time, resulting state, kind, subject, event, actor.
pub fn list<'a>(
    canvas: &mut Canvas<'a, '_>,
    block: Block,
    named: &str,
    place: Rect,
    data_status: &DataStatus,
    events: &'a [TimelineEvent],
) {
    let (app, theme) = (canvas.app, canvas.theme);
    let (now, zone) = (app.service_now(), app.zone());
    let short = |event: &'a TimelineEvent| {
        let row = event.about.service().and_then(|name| app.estate.service_row(name));
        row.map_or_else(|| event.about.name(), |row| row.short.as_str())
    };
    let widest = |text: &dyn Fn(&'a TimelineEvent) -> &'a str| {
        events.iter().map(|event| canvas.width(text(event))).max().unwrap_or(0)
    };
    let name = widest(&short);
    let who = widest(&|event| event.who.as_deref().unwrap_or_default());
    let columns = [
        Column::left("", 8, 0).up_to(11),
        Column::left("", 1, 0),
        Column::left("", 10, 2),
        Column::left("", name.clamp(1, 8), 1).up_to(name.min(28)),
        Column::left("", 20, 0).up_to(u16::MAX / 2),
        Column::left("", who.min(8), if who > 0 { 3 } else { 9 }).up_to(who.min(24)),
    ];
    table::block(canvas, block, named, place, &columns, data_status, |key| {
        let event = events.iter().find(|event| event.key == key)?;
        let name = short(event);
        let future = event.is_in_future(now);
        let description =
            if future { format!("{} (in the future: a clock is wrong)", event.what) } else { event.what.clone() };
        let routine = event.health == Health::Healthy || event.health == Health::Changing;
        Some(
            vec![
                Cell::new(time::cell(event.at, now, &zone), theme.dim),
                Cell::new(event.health.sign(), theme.health(event.health)),
                Cell::new(event.kind.name(), theme.dim),
                Cell::new(name, theme.strong).cut_middle(),
                Cell::new(description, if routine { theme.text } else { theme.health(event.health) }),
                Cell::new(event.who.as_deref().unwrap_or_default(), theme.dim),
            ]
            .into(),
        )
    });
}
