//! The contents of blocks, a file for each view. Which keys a block's rows have is for `app::rows`.

mod database;
mod facts;
mod logs;
mod operation;
mod overview;
mod service;
mod services;
mod task;

use super::canvas::Canvas;
use super::standing;
use crate::app::screen::{Block, View};
use ratatui::layout::Rect;

/// Draws a block into its place.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect) {
    if place.width < 2 || place.height < 2 {
        return;
    }
    let standing = standing::of(canvas.app, block);
    match block {
        Block::Attention => overview::attention(canvas, place, &standing),
        Block::Services | Block::OverviewServices => services::draw(canvas, block, place, &standing),
        Block::Databases | Block::OverviewDatabases => database::list(canvas, block, place, &standing),
        Block::Tasks => service::tasks(canvas, place, &standing),
        Block::Deployments => service::deployments(canvas, place, &standing),
        Block::Events => service::events(canvas, place, &standing),
        Block::Targets => service::targets(canvas, place, &standing),
        Block::ServiceCurves => service::curves(canvas, place, &standing),
        Block::Containers => task::containers(canvas, place, &standing),
        Block::DatabaseCurves => database::curves(canvas, place, &standing),
        Block::Logs => logs::draw(canvas, place, &standing),
        Block::Progress => operation::progress(canvas, place, &standing),
        Block::OperationLog => operation::log(canvas, place, &standing),
        Block::Scaling | Block::TaskFacts | Block::DatabaseFacts => facts::draw(canvas, block, place, &standing),
    }
}

/// The lines above the blocks about what is opened.
pub fn summary(canvas: &mut Canvas<'_, '_>, place: Rect) {
    match canvas.app.screen.view() {
        View::Service(name) => service::summary(canvas, place, &name),
        View::Task(service, id) => task::summary(canvas, place, &service, &id),
        View::Overview | View::Services | View::Database | View::Pane => {}
        View::Operation(_) => operation::summary(canvas, place),
    }
}
