//! The metric that an alarm watches, as a chart figure.

use crate::alarm::Alarm;
use crate::telemetry::{Area, Figure, MetricIdentity, Statistic};
use crate::units::Unit;

impl Alarm {
    /// Whether it watches exactly this metric and is not an autoscaling alarm.
    pub fn watches(&self, metric: &MetricIdentity) -> bool {
        !self.is_for_autoscaling()
            && self.namespace.as_deref() == Some(metric.namespace.as_str())
            && self.metric.as_deref() == Some(metric.metric.as_str())
            && self.dimensions.len() == metric.dimensions.len()
            && self.dimensions.iter().all(|one| metric.dimensions.contains(one))
    }

    /// Returns the watched metric as a figure; `None` for a composite alarm and for an alarm on a metric expression.
    pub fn figure(&self) -> Option<Figure> {
        let metric = MetricIdentity {
            namespace: self.namespace.clone()?,
            metric: self.metric.clone()?,
            dimensions: self.dimensions.clone(),
        };
        let name = metric.metric.as_str();
        let (measure, scale) = match name {
            "TargetResponseTime" => (Unit::Milliseconds, 1_000),
            _ if name.ends_with("Utilization") => (Unit::Percent, 1),
            _ if name.ends_with("Lag") => (Unit::Milliseconds, 1),
            _ if name.contains("Memory") || name.contains("Storage") || name.starts_with("Bytes") => (Unit::Bytes, 1),
            "ServerlessDatabaseCapacity" => (Unit::Acu, 1),
            _ => (Unit::Count, 1),
        };
        let stat = self.statistic.clone().unwrap_or_else(|| "Average".to_owned());
        Some(Figure {
            area: Area::Service,
            of: self.name.clone(),
            name: name.to_owned(),
            measure,
            scale,
            sums: stat == "Sum",
            statistic: Statistic { metric, stat: stat.into() },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarm_figure_has_the_alarms_metric_and_statistic() {
        let alarm = Alarm {
            name: "slow".into(),
            namespace: Some("AWS/ApplicationELB".into()),
            metric: Some("TargetResponseTime".into()),
            statistic: Some("p99".into()),
            threshold: Some(0.5),
            ..Alarm::default()
        };
        let figure = alarm.figure().expect("it watches a metric");
        assert_eq!((figure.measure, figure.scale, figure.statistic.stat.as_ref()), (Unit::Milliseconds, 1_000, "p99"));
        assert_eq!(Alarm::default().figure(), None);
    }
}
