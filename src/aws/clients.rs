//! The clients of one priority: each service's client is created on first use, and all share one HTTP client.

use crate::app::effect::Priority;
use crate::model::image::Registry;
use aws_config::{Region, SdkConfig};
use aws_sdk_ecs::config::retry::RetryPartition;
use std::sync::OnceLock;

/// The purpose of a set of clients: each has its own retry partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Operator,
    Background,
    /// A change: see [`super::writer`].
    Change,
}

impl From<Priority> for Usage {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Operator => Self::Operator,
            Priority::Background => Self::Background,
        }
    }
}

/// The clients for one purpose.
#[derive(Debug)]
pub(super) struct Clients {
    config: SdkConfig,
    usage: Usage,
    ecs: OnceLock<aws_sdk_ecs::Client>,
    ecr: OnceLock<aws_sdk_ecr::Client>,
    rds: OnceLock<aws_sdk_rds::Client>,
    autoscaling: OnceLock<aws_sdk_applicationautoscaling::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    elbv2: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    scheduler: OnceLock<aws_sdk_scheduler::Client>,
    secretsmanager: OnceLock<aws_sdk_secretsmanager::Client>,
    ssm: OnceLock<aws_sdk_ssm::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

/// Defines a getter: the client of a service, with its own retry partition for this purpose.
macro_rules! client {
    ($name:ident, $service:ident) => {
        pub(super) fn $name(&self) -> &$service::Client {
            self.$name.get_or_init(|| {
                let partition = match self.usage {
                    Usage::Operator => concat!("operator-", stringify!($name)),
                    Usage::Background => concat!("background-", stringify!($name)),
                    Usage::Change => concat!("change-", stringify!($name)),
                };
                let config = $service::config::Builder::from(&self.config)
                    .retry_partition(RetryPartition::new(partition))
                    .build();
                $service::Client::from_conf(config)
            })
        }
    };
}

impl Clients {
    pub(super) fn new(config: SdkConfig, usage: Usage) -> Self {
        Self {
            config,
            usage,
            ecs: OnceLock::new(),
            ecr: OnceLock::new(),
            rds: OnceLock::new(),
            autoscaling: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            elbv2: OnceLock::new(),
            lambda: OnceLock::new(),
            logs: OnceLock::new(),
            scheduler: OnceLock::new(),
            secretsmanager: OnceLock::new(),
            ssm: OnceLock::new(),
            sts: OnceLock::new(),
        }
    }

    client!(ecs, aws_sdk_ecs);
    client!(ecr, aws_sdk_ecr);
    client!(rds, aws_sdk_rds);
    client!(autoscaling, aws_sdk_applicationautoscaling);
    client!(cloudwatch, aws_sdk_cloudwatch);
    client!(elbv2, aws_sdk_elasticloadbalancingv2);
    client!(lambda, aws_sdk_lambda);

    /// ECR in the registry's region: images of another region are not found in the environment's.
    pub(super) fn ecr_at(&self, registry: Option<&Registry>) -> aws_sdk_ecr::Client {
        let here = self.config.region().map(Region::as_ref);
        match registry.map(|registry| registry.region.as_str()) {
            Some(there) if here != Some(there) => {
                let config = aws_sdk_ecr::config::Builder::from(&self.config).region(Region::new(there.to_owned()));
                aws_sdk_ecr::Client::from_conf(config.build())
            }
            _ => self.ecr().clone(),
        }
    }

    /// The logs client, which additionally keeps a live tail on the configured endpoint.
    pub(super) fn logs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.logs.get_or_init(|| {
            let partition = match self.usage {
                Usage::Operator => "operator-logs",
                Usage::Background => "background-logs",
                Usage::Change => "change-logs",
            };
            let config = aws_sdk_cloudwatchlogs::config::Builder::from(&self.config)
                .retry_partition(RetryPartition::new(partition));
            let config = match super::endpoints::of_config(&self.config, "logs") {
                Some(_) => config.interceptor(super::live_tail_host::PlainHost),
                None => config,
            };
            aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
        })
    }

    client!(scheduler, aws_sdk_scheduler);
    client!(secretsmanager, aws_sdk_secretsmanager);
    client!(ssm, aws_sdk_ssm);
    client!(sts, aws_sdk_sts);
}
