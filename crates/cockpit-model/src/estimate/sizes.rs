//! Costs that depend on size: tasks, databases, instances.

use super::collector::{Item, Sheet};
use super::schedule::belongs_to;
use super::types::HOURS;
use crate::infra::plan::Billed;

/// The free part of a task's ephemeral storage, in GB.
const STORAGE_FREE: f64 = 20.0;

/// Returns the number of a service's tasks that run on demand, and on Spot.
fn split_by_price(one: &Billed, count: f64) -> (f64, f64) {
    let value_of = |name: &str| one.number(name).unwrap_or(0.0);
    let base = value_of("FARGATE.base").min(count);
    let weights = value_of("FARGATE.weight") + value_of("FARGATE_SPOT.weight");
    let spot = if weights > 0.0 { ((count - base) * value_of("FARGATE_SPOT.weight") / weights).floor() } else { 0.0 };
    (count - spot, spot)
}

/// Returns the minimum and maximum number of a service's tasks: its scaling limits, or else its desired count.
fn counts(sheet: &Sheet<'_>, one: &Billed) -> Option<(f64, f64)> {
    let ecs = |target: &&Billed| target.fact("service_namespace").is_none_or(|of| of == "ecs");
    let target = sheet.of_kind("aws_appautoscaling_target").filter(ecs).find(|target| belongs_to(target, one));
    match target {
        Some(target) => Some((target.number("min_capacity")?, target.number("max_capacity")?)),
        None => one.number("desired_count").map(|count| (count, count)),
    }
}

/// The compute capacity of a service's tasks.
enum Capacity {
    /// Fargate, on demand or on Spot.
    Fargate,
    /// Container instances, which are priced separately.
    Instances,
    /// Unknown, with the reason.
    Unknown(&'static str),
}

/// Fargate's capacity providers.
const FARGATE: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

/// Returns the compute capacity of a service's tasks, from its launch type or its capacity providers.
fn capacity(one: &Billed) -> Capacity {
    // Only the names of provider facts contain a dot: `FARGATE.weight`.
    let mut providers = one.facts.iter().filter_map(|(name, number)| Some((name.rsplit_once('.')?.0, number.as_str())));
    if providers.clone().any(|(provider, number)| !FARGATE.contains(&provider) && number != "0") {
        return Capacity::Unknown(
            "a capacity provider that is not Fargate's runs its tasks: what that costs is not in the plan",
        );
    }
    let fargate = providers.any(|(provider, _)| FARGATE.contains(&provider));
    // If there is a strategy, AWS returns an empty launch type.
    match (one.fact("launch_type").filter(|kind| !kind.is_empty()), fargate) {
        (Some("FARGATE"), _) | (_, true) => Capacity::Fargate,
        (Some(_), false) => Capacity::Instances,
        (None, false) => Capacity::Unknown(
            "what runs its tasks is not in the plan: neither launch_type nor a capacity provider of Fargate",
        ),
    }
}

/// Adds the Fargate tasks of a service.
pub fn service(sheet: &mut Sheet<'_>, unit: &str, one: &Billed) {
    let address = one.address.as_str();
    match capacity(one) {
        Capacity::Fargate => {}
        Capacity::Instances => {
            // The cost of tasks on instances is that of the instances.
            sheet.free += 1;
            return;
        }
        Capacity::Unknown(why) => return sheet.unknown(unit, address, 1, why.to_owned()),
    }
    let Some((least, most)) = counts(sheet, one) else {
        return sheet.unknown(unit, address, 1, "how many tasks it has is known only after an apply".to_owned());
    };
    let definition = one.of.as_deref().and_then(|of| sheet.resource_at(unit, of));
    let size = definition.and_then(|of| Some((of.number("cpu")? / 1024.0, of.number("memory")? / 1024.0, of)));
    let Some((cpu, memory, definition)) = size else {
        let why = "how large its tasks are is not in the plan: no task definition with cpu and memory";
        return sheet.unknown(unit, address, 1, why.to_owned());
    };
    if definition.fact("operating_system_family").is_some_and(|family| family != "LINUX") {
        return sheet.unknown(unit, address, 1, "the table has no prices of Fargate for Windows".to_owned());
    }
    let arm = definition.fact("cpu_architecture") == Some("ARM64");
    let (vcpu, gb) =
        if arm { ("fargate.arm64.vcpu", "fargate.arm64.gb") } else { ("fargate.x86_64.vcpu", "fargate.x86_64.gb") };
    let mut parts = vec![(vcpu, cpu * HOURS), (gb, memory * HOURS)];
    let storage = definition.number("size_in_gib").unwrap_or(0.0) - STORAGE_FREE;
    if storage > 0.0 {
        parts.push(("fargate.storage", storage * HOURS));
    }
    let stopped = sheet.schedule.stopped_fraction(one);
    let processor = if arm { " ARM" } else { "" };
    let size = format!("{cpu} vCPU{processor} and {memory} GB");
    let ((few, few_spot), (many, many_spot)) = (split_by_price(one, least), split_by_price(one, most));
    if many > 0.0 || many_spot <= 0.0 {
        let item = Item { what: format!("Fargate task, {size}"), parts: &parts, count: (few, many), stopped };
        sheet.line(unit, address, item);
    }
    if many_spot > 0.0 {
        // The Spot price varies between this fraction of the on-demand price and the whole price.
        match sheet.prices.price_in("fargate.spot_part", "*") {
            Ok(part) => {
                let count = (few_spot * part, many_spot);
                let what =
                    format!("Fargate Spot task, {size}, at {:.0} % of the price and at most all of it", part * 100.0);
                sheet.line(unit, address, Item { what, parts: &parts, count, stopped });
            }
            Err(why) => sheet.unknown(unit, address, 1, why),
        }
    }
    if one.is_true("assign_public_ip") {
        let what = "public IPv4 address of each task".to_owned();
        sheet.line(unit, address, Item { what, parts: &[("address", HOURS)], count: (least, most), stopped });
    }
}

/// Adds an Aurora instance.
pub fn cluster_instance(sheet: &mut Sheet<'_>, unit: &str, one: &Billed) {
    let address = one.address.as_str();
    let Some(class) = one.fact("instance_class") else {
        return sheet.unknown(unit, address, 1, "its class is known only after an apply".to_owned());
    };
    if class != "db.serverless" {
        return sheet.hourly(unit, address, format!("Aurora, {class}"), &format!("aurora.{class}"), 1.0);
    }
    let cluster = one.of.as_deref().and_then(|of| sheet.resource_at(unit, of));
    let limits = cluster.and_then(|cluster| Some((cluster.number("min_capacity")?, cluster.number("max_capacity")?)));
    match limits {
        Some(count) => {
            let what = "Aurora Serverless v2, by ACU".to_owned();
            sheet.line(unit, address, Item { what, parts: &[("aurora.acu", HOURS)], count, stopped: 0.0 });
        }
        None => sheet.unknown(unit, address, 1, "its limits in ACU are not in the plan".to_owned()),
    }
}

/// Adds an RDS instance.
pub fn database(sheet: &mut Sheet<'_>, unit: &str, one: &Billed) {
    let address = one.address.as_str();
    let Some(class) = one.fact("instance_class") else {
        return sheet.unknown(unit, address, 1, "its class is known only after an apply".to_owned());
    };
    // A replica has the engine of its source.
    if let Some(engine) = one.fact("engine").filter(|engine| *engine != "postgres" && !engine.is_empty()) {
        return sheet.unknown(unit, address, 1, format!("the table has prices of PostgreSQL, and not of {engine}"));
    }
    let zones = if one.is_true("multi_az") { 2.0 } else { 1.0 };
    let zones_note = if one.is_true("multi_az") { ", in two zones" } else { "" };
    sheet.hourly(unit, address, format!("PostgreSQL, {class}{zones_note}"), &format!("rds.{class}"), zones);
    match (one.number("allocated_storage"), one.fact("storage_type")) {
        (Some(size), None | Some("gp2" | "gp3")) if size > 0.0 => {
            sheet.monthly(unit, address, format!("its storage by the GB{zones_note}"), "rds.storage", size * zones);
        }
        (_, Some(kind)) if !kind.starts_with("gp") => {
            sheet.unknown(unit, address, 1, format!("its storage: the table has no price of {kind}"));
        }
        // A replica has the storage size of its source, which its plan does not contain.
        _ => sheet.add_usage(unit, address, "rds.storage"),
    }
    sheet.add_usage(unit, address, "rds.backup");
}

/// Adds EC2 instances with the size in `sized`.
pub fn instance(sheet: &mut Sheet<'_>, unit: &str, one: &Billed, sized: &Billed, count: (f64, f64)) {
    let address = one.address.as_str();
    let Some(kind) = sized.fact("instance_type") else {
        return sheet.unknown(unit, address, 1, "its type is known only after an apply".to_owned());
    };
    let mut add_paid = |what: String, price: &str, amount: f64| {
        sheet.line(unit, address, Item { what, parts: &[(price, amount)], count, stopped: 0.0 });
    };
    add_paid(format!("EC2 {kind}, Linux"), &format!("ec2.{kind}"), HOURS);
    let public = sized.is_true("associate_public_ip_address");
    if public {
        add_paid("its public IPv4 address".to_owned(), "address", HOURS);
    }
    match (sized.number("volume_size"), sized.fact("volume_type").unwrap_or("gp3")) {
        (Some(size), volume) => add_paid(format!("its {volume} disk of {size} GB"), &format!("ebs.{volume}"), size),
        (None, _) => sheet.unknown(unit, address, 1, "the plan does not say how large its disk is".to_owned()),
    }
    // The first block device of a template is the root disk; for an instance, block devices are additional disks.
    let more = (sized.number("block_device_mappings").unwrap_or(0.0) - 1.0).max(0.0)
        + sized.number("ebs_block_device").unwrap_or(0.0);
    if more > 0.0 {
        let why =
            format!("its other disks ({more}) are in no sum; one that is an aws_ebs_volume has a line of its own");
        sheet.unknown(unit, address, 1, why);
    }
    if public {
        sheet.add_usage(unit, address, "traffic.out");
    }
}

/// Adds an Auto Scaling group.
pub fn group(sheet: &mut Sheet<'_>, unit: &str, one: &Billed) {
    let count = one.number("min_size").zip(one.number("max_size"));
    if let (Some(template), Some(count)) = (one.of.as_deref().and_then(|of| sheet.resource_at(unit, of)), count) {
        instance(sheet, unit, one, template, count);
    } else {
        let why = "how many instances of which type is not in the plan".to_owned();
        sheet.unknown(unit, &one.address, 1, why);
    }
}
