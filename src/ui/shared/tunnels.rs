//! The list of tunnels.

use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::app::tunnels::block::tunnel_of_row;
use crate::model::time::short;
use crate::model::tunnel::status::Phase;
use crate::ui::canvas::Canvas;
use crate::ui::widgets::table::{self, Cell, Column};
use crate::ui::widgets::units::bytes;
use ratatui::layout::Rect;

/// Draws the list of open tunnels.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let longest =
        app.tunnels.list.iter().map(|tunnel| canvas.width(&tunnel.plan.remote.host_and_port())).max().unwrap_or(0);
    let columns = [
        Column::left("", 1, 0),
        Column::left("LOCAL", 14, 0).up_to(15),
        Column::left("ENV", 8, 3).up_to(16),
        Column::left("STATE", 9, 1),
        Column::left("LEADS TO", 20, 0).up_to(longest.clamp(20, 64)),
        Column::right("SENT", 7, 5),
        Column::right("RECEIVED", 8, 4),
        Column::right("ROUND", 6, 6),
        Column::right("CONN", 4, 2),
        Column::right("RESUMED", 7, 7),
        Column::right("AGE", 4, 5),
        Column::left("", 12, 8).up_to(u16::MAX / 2),
    ];
    table::block(canvas, block, "", place, &columns, data_status, |key| {
        let tunnel = tunnel_of_row(app, key)?;
        let (standing, plan) = (&tunnel.status, &tunnel.plan);
        let health = standing.phase.health();
        let here = plan.environment == app.environment.name;
        let why = match (&standing.reason, standing.waits_for_reader) {
            (Some(reason), _) => reason.as_str(),
            (None, true) => "a local program does not read",
            (None, false) => standing.through.as_deref().unwrap_or_default(),
        };
        let round = standing.round_trip.map(|round| format!("{} ms", round.as_millis())).unwrap_or_default();
        let local = tunnel.local.clone().unwrap_or_else(|| tunnel.port().to_string());
        let bad = standing.phase == Phase::Failed;
        Some(
            vec![
                Cell::new(health.sign(), theme.health(health)),
                Cell::new(local, theme.strong).cut_start(),
                Cell::new(plan.environment.as_str(), if here { theme.text } else { theme.dim }),
                Cell::new(standing.phase.name(), theme.health(health)),
                Cell::new(plan.remote.host_and_port(), theme.text).cut_middle(),
                Cell::new(bytes(standing.sent as f64), theme.text),
                Cell::new(bytes(standing.received as f64), theme.text),
                Cell::new(round, theme.text),
                Cell::new(standing.open.to_string(), theme.text),
                Cell::new(standing.resumes.to_string(), theme.dim),
                Cell::new(short(app.now.duration_since(tunnel.since)), theme.dim),
                Cell::new(why.to_owned(), if bad { theme.health(health) } else { theme.dim }),
            ]
            .into(),
        )
    });
}
