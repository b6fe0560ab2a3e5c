//! The costs of each resource type.

use super::collector::Sheet;
use super::sizes;
use crate::infra::plan::Billed;

/// Adds the costs of a resource.
pub fn resource(sheet: &mut Sheet<'_>, unit: &str, one: &Billed) {
    let address = one.address.as_str();
    match one.kind().as_str() {
        "aws_ecs_service" => sizes::service(sheet, unit, one),
        "aws_rds_cluster" => {
            sheet.add_usage(unit, address, "aurora.storage");
            // I/O-Optimized storage has other instance prices and no request costs.
            if one.fact("storage_type") == Some("aurora-iopt1") {
                let why = "the table has no prices of Aurora I/O-Optimized".to_owned();
                sheet.unknown(unit, address, 1, why);
            } else {
                sheet.add_usage(unit, address, "aurora.io");
            }
        }
        "aws_rds_cluster_instance" => sizes::cluster_instance(sheet, unit, one),
        "aws_db_instance" => sizes::database(sheet, unit, one),
        "aws_instance" => sizes::instance(sheet, unit, one, one, (1.0, 1.0)),
        "aws_autoscaling_group" => sizes::group(sheet, unit, one),
        "aws_ebs_volume" => {
            let (size, kind) = (one.number("size"), one.fact("type").unwrap_or("gp2"));
            match size {
                Some(size) => {
                    sheet.monthly(unit, address, format!("{kind} volume by the GB"), &format!("ebs.{kind}"), size);
                }
                None => sheet.unknown(unit, address, 1, "its size is known only after an apply".to_owned()),
            }
        }
        "aws_lb" => balancer(sheet, unit, one),
        "aws_nat_gateway" => {
            sheet.hourly(unit, address, "NAT gateway", "nat", 1.0);
            sheet.add_usage(unit, address, "nat.gb");
        }
        "aws_eip" => sheet.hourly(unit, address, "public IPv4 address", "address", 1.0),
        "aws_vpc_endpoint" => endpoint(sheet, unit, one),
        "aws_wafv2_web_acl" => {
            sheet.monthly(unit, address, "web ACL", "waf.acl", 1.0);
            if let Some(rules) = one.number("rule").filter(|rules| *rules > 0.0) {
                sheet.monthly(unit, address, "rules", "waf.rule", rules);
            }
            sheet.add_usage(unit, address, "waf.requests");
        }
        "aws_cloudfront_distribution" => {
            sheet.add_usage(unit, address, "cloudfront.gb");
            sheet.add_usage(unit, address, "cloudfront.requests");
        }
        "aws_route53_zone" => {
            sheet.monthly(unit, address, "hosted zone", "route53.zone", 1.0);
            sheet.add_usage(unit, address, "route53.queries");
        }
        "aws_service_discovery_private_dns_namespace" => {
            sheet.monthly(unit, address, "its hosted zone", "route53.zone", 1.0);
        }
        "aws_route53_health_check" => check(sheet, unit, one),
        "aws_cloudwatch_metric_alarm" => alarm(sheet, unit, one),
        "aws_cloudwatch_composite_alarm" => {
            sheet.monthly(unit, address, "composite alarm", "cloudwatch.composite", 1.0);
        }
        "aws_cloudwatch_dashboard" => sheet.add_usage(unit, address, "cloudwatch.dashboard"),
        "aws_secretsmanager_secret" => sheet.monthly(unit, address, "secret", "secret", 1.0),
        "aws_kms_key" => sheet.monthly(unit, address, "key", "kms.key", 1.0),
        "aws_lambda_function" => {
            sheet.add_usage(unit, address, "lambda.requests");
            let arm = one.fact("architectures") == Some("arm64");
            sheet.add_usage(unit, address, if arm { "lambda.arm64" } else { "lambda.x86_64" });
        }
        "aws_ecs_cluster"
            if one.fact("value").is_some_and(|value| value.starts_with("enabled") || value == "enhanced") =>
        {
            sheet.add_usage(unit, &format!("{address} (Container Insights)"), "cloudwatch.metric");
        }
        // Free of charge, or only the definition of another resource's size.
        _ => sheet.free += 1,
    }
}

fn endpoint(sheet: &mut Sheet<'_>, unit: &str, one: &Billed) {
    let address = one.address.as_str();
    match one.fact("vpc_endpoint_type") {
        Some("Interface") => {
            let zones = one.number("subnet_ids").filter(|zones| *zones > 0.0).unwrap_or(1.0);
            sheet.hourly(unit, address, "interface endpoint, a zone", "endpoint", zones);
            sheet.add_usage(unit, address, "endpoint.gb");
        }
        // Gateway endpoints (S3 and DynamoDB) are free of charge.
        Some("Gateway") => sheet.free += 1,
        Some(other) => {
            sheet.unknown(unit, address, 1, format!("the table has no price of an endpoint of type {other}"));
        }
        None => sheet.unknown(unit, address, 1, "its type is known only after an apply".to_owned()),
    }
}

fn balancer(sheet: &mut Sheet<'_>, unit: &str, one: &Billed) {
    let address = one.address.as_str();
    let (what, price) = match one.fact("load_balancer_type") {
        None | Some("application") => ("application load balancer", "alb"),
        Some("network") => ("network load balancer", "nlb"),
        Some(other) => {
            return sheet.unknown(
                unit,
                address,
                1,
                format!("the table has no price of a load balancer of type {other}"),
            );
        }
    };
    sheet.hourly(unit, address, what, price, 1.0);
    sheet.add_usage(unit, address, &format!("{price}.lcu"));
    if !one.is_true("internal") {
        // A load balancer has at least two zones, with an address in each.
        let zones = one.number("subnets").filter(|zones| *zones > 0.0).unwrap_or(2.0);
        sheet.hourly(unit, address, "its public IPv4 addresses", "address", zones);
        sheet.add_usage(unit, address, "traffic.out");
    }
}

fn check(sheet: &mut Sheet<'_>, unit: &str, one: &Billed) {
    let address = one.address.as_str();
    if matches!(one.fact("type"), Some("CALCULATED" | "CLOUDWATCH_METRIC" | "RECOVERY_CONTROL")) {
        return sheet.monthly(unit, address, "health check", "route53.check", 1.0);
    }
    // HTTPS, string matching, a 10 s interval and latency measurement are charged separately.
    let kind = one.fact("type").unwrap_or_default();
    let options = [
        kind.starts_with("HTTPS"),
        kind.ends_with("STR_MATCH"),
        one.fact("request_interval") == Some("10"),
        one.is_true("measure_latency"),
    ];
    sheet.monthly(unit, address, "health check", "route53.check", 1.0);
    let options = options.into_iter().filter(|on| *on).count();
    if options > 0 {
        sheet.monthly(
            unit,
            address,
            "its options: HTTPS, words, 10 s, latency",
            "route53.check_option",
            options as f64,
        );
    }
}

/// An alarm is priced by its number of metrics; an anomaly detection alarm counts as three: the metric and both ends of
/// the band.
fn alarm(sheet: &mut Sheet<'_>, unit: &str, one: &Billed) {
    let queries = one.number("metric_query").filter(|queries| *queries > 0.0).unwrap_or(1.0);
    let metrics = if one.fact("threshold_metric_id").is_some_and(|id| !id.is_empty()) { 3.0 } else { queries };
    let high = one.number("period").is_some_and(|period| period < 60.0);
    let (what, price) = if high {
        ("alarm of high resolution, by metrics", "cloudwatch.alarm_high")
    } else {
        ("alarm, by metrics", "cloudwatch.alarm")
    };
    sheet.monthly(unit, &one.address, what, price, metrics);
}
