//! The write events of `CloudTrail`: who wrote what.

use super::event::{About, Kind, TimelineEvent};
use super::facts::TrailEvent;
use super::owners::Owners;
use crate::Health;

/// `CloudTrail` delivers its events up to this long after they happened. Source: its user guide ("typically within about 5
/// minutes", "not guaranteed"), and `LookupEvents`, which lists them within 15.
pub const LATE: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

/// Writes that go on all the time and change nothing that anybody runs.
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
    // A push is told by its image, `PutImage`.
    "InitiateLayerUpload",
    "UploadLayerPart",
    "CompleteLayerUpload",
];

/// The recorded writes, as events of this environment, or of another one.
pub fn happenings<'a>(
    events: impl IntoIterator<Item = &'a TrailEvent>,
    services: &[(String, String)],
    databases: &[String],
    owners: Option<&Owners<'_>>,
) -> Vec<TimelineEvent> {
    let known: Vec<&str> = services.iter().map(|(name, _)| name).chain(databases).map(String::as_str).collect();
    let of = |event: &TrailEvent| owners?.another(event, &known).map(str::to_owned);
    let made = |event: &TrailEvent| TimelineEvent { of_another: of(event), ..happening(event, services, databases) };
    events.into_iter().map(made).collect()
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
    // What failed has changed nothing.
    let health = if event.error.is_some() { Health::Stopped } else { Health::Changing };
    let mut made = TimelineEvent::new(event.at, kind, about, what, format!("trail/{}", event.id))
        .stands(health)
        .by(event.by())
        .routine(event.error.is_some() || NOISE.contains(&event.name.as_str()));
    made.requests.extend(event.request.clone());
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_told_by_its_image_and_not_by_each_part_of_its_layers() {
        let written = |name: &str| TrailEvent {
            id: name.into(),
            name: name.into(),
            source: "ecr.amazonaws.com".into(),
            names: vec!["app-web".into()],
            ..TrailEvent::default()
        };
        let all: Vec<TrailEvent> =
            ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"].map(written).into();
        let news = happenings(&all, &[], &[], None).into_iter().filter(TimelineEvent::is_news);
        let told: Vec<String> = news.map(|event| event.what).collect();
        assert_eq!(told, ["PutImage app-web"]);
    }
}
