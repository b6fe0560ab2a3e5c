//! `CloudTrail` write events on the timeline.

use super::event::{About, Kind, TimelineEvent};
use super::facts::TrailEvent;
use super::owners::Owners;
use crate::Health;

/// Maximum delay of `CloudTrail` events. Source: its user guide ("typically within about 5 minutes", "not guaranteed"),
/// and `LookupEvents`, which lists them within 15.
pub const MAX_DELAY: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

/// Writes that occur continuously and change nothing of significance.
const NOISE: &[&str] = &[
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "ConsoleLogin",
    "CreateLogStream",
    "CreateGrant",
    "GenerateDataKey",
    "OpenDataChannel",
    "OpenControlChannel",
    "RetireGrant",
    "RegisterContainerInstance",
    "SubmitTaskStateChange",
    "UpdateInstanceInformation",
    "PutLogEvents",
    "GetSessionToken",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "RunTask",
    // An image push is represented by `PutImage`.
    "InitiateLayerUpload",
    "UploadLayerPart",
    "CompleteLayerUpload",
];

/// Converts recorded writes to events of this environment, or of another one.
pub fn trail_events<'a>(
    events: impl IntoIterator<Item = &'a TrailEvent>,
    services: &[(String, String)],
    databases: &[String],
    owners: Option<&Owners<'_>>,
) -> Vec<TimelineEvent> {
    let known: Vec<&str> = services.iter().map(|(name, _)| name).chain(databases).map(String::as_str).collect();
    let of = |event: &TrailEvent| owners?.other_environment(event, &known).map(str::to_owned);
    let converted =
        |event: &TrailEvent| TimelineEvent { other_environment: of(event), ..happening(event, services, databases) };
    events.into_iter().map(converted).collect()
}

fn happening(event: &TrailEvent, services: &[(String, String)], databases: &[String]) -> TimelineEvent {
    let of_ecs = event.source.starts_with("ecs.") || event.source.contains("autoscaling");
    let names = |wanted: &String| event.names.contains(wanted);
    let service = services.iter().map(|(name, _)| name).find(|name| of_ecs && names(name));
    let database = databases.iter().find(|name| event.source.starts_with("rds.") && names(name));
    let about = if let Some(name) = service {
        About::Service(name.clone())
    } else if let Some(name) = database {
        About::Database(name.clone())
    } else {
        match event.names.first() {
            Some(name) => About::Other(name.clone()),
            None => About::Environment,
        }
    };
    let parameter = event.source.starts_with("ssm.") && event.name.contains("Parameter");
    let kind = if parameter { Kind::Parameter } else { Kind::Write };
    let to = match about.name() {
        "" => String::new(),
        name => format!(" {name}"),
    };
    let through = event.through.as_deref().map(|through| format!(" through {through}")).unwrap_or_default();
    let failed = event.error.as_deref().map(|code| format!(": failed with {code}")).unwrap_or_default();
    let what = format!("{}{to}{through}{failed}", event.name);
    // A failed request changed nothing.
    let health = if event.error.is_some() { Health::Stopped } else { Health::Changing };
    let mut converted = TimelineEvent::new(event.at, kind, about, what, format!("trail/{}", event.id))
        .with_health(health)
        .with_actor(event.by())
        .mark_routine(event.error.is_some() || NOISE.contains(&event.name.as_str()));
    converted.requests.extend(event.request.clone());
    converted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_push_is_represented_by_put_image_only() {
        let written = |name: &str| TrailEvent {
            id: name.into(),
            name: name.into(),
            source: "ecr.amazonaws.com".into(),
            names: vec!["app-web".into()],
            ..TrailEvent::default()
        };
        let all: Vec<TrailEvent> =
            ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"].map(written).into();
        let news = trail_events(&all, &[], &[], None).into_iter().filter(TimelineEvent::is_notable);
        let texts: Vec<String> = news.map(|event| event.what).collect();
        assert_eq!(texts, ["PutImage app-web"]);
    }
}
