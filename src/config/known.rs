//! The one table of known keys. Reading, checking, `config show` and `docs/configuration.md` all
//! come from it: a key that is not here does not exist.

use super::schema::{Known, Place, TableScope};
use super::value::{Kind, Value};

/// A key at the top.
macro_rules! top {
    ($key:literal, $kind:ident, $($field:ident).+, $convert:ident, $wrap:path, $default:literal, $doc:literal, $example:literal) => {
        Known {
            key: $key,
            kind: Kind::$kind,
            place: Place::Top {
                set: |config, value| config.$($field).+ = value.$convert(),
                get: |config| config.$($field).+.clone().map($wrap),
            },
            default: $default,
            doc: $doc,
            example: $example,
        }
    };
}

/// A text of an environment.
macro_rules! text {
    ($key:literal, $kind:ident, $field:ident, $default:literal, $doc:literal, $example:literal) => {
        Known {
            key: $key,
            kind: Kind::$kind,
            place: Place::Environment {
                set: |environment, value| environment.$field = value.text(),
                get: |environment| environment.$field.clone().map(Value::Text),
            },
            default: $default,
            doc: $doc,
            example: $example,
        }
    };
}

/// A list of an environment.
macro_rules! list {
    ($key:literal, $field:ident, $default:literal, $doc:literal, $example:literal) => {
        Known {
            key: $key,
            kind: Kind::Names,
            place: Place::Environment {
                set: |environment, value| environment.$field = value.list(),
                get: |environment| (!environment.$field.is_empty()).then(|| Value::List(environment.$field.clone())),
            },
            default: $default,
            doc: $doc,
            example: $example,
        }
    };
}

/// An interval of an environment.
macro_rules! every {
    ($key:literal, $field:ident, $default:literal, $doc:literal) => {
        Known {
            key: $key,
            kind: Kind::Interval,
            place: Place::Environment {
                set: |environment, value| {
                    if let Some(interval) = value.interval() {
                        environment.refresh.$field = interval;
                    }
                },
                get: |environment| Some(Value::Interval(environment.refresh.$field)),
            },
            default: $default,
            doc: $doc,
            example: concat!("\"", $default, "\""),
        }
    };
}

/// A key in a table of an environment.
macro_rules! part {
    ($table:ident, $field:ident, $kind:ident, $convert:ident, $wrap:path, $default:literal, $doc:literal, $example:literal) => {
        Known {
            key: concat!(stringify!($table), ".", stringify!($field)),
            kind: Kind::$kind,
            place: Place::Environment {
                set: |environment, value| environment.$table.$field = value.$convert(),
                get: |environment| environment.$table.$field.clone().map($wrap),
            },
            default: $default,
            doc: $doc,
            example: $example,
        }
    };
}

/// A text of an environment's tunnel.
macro_rules! tunnel {
    ($field:ident, $default:literal, $doc:literal, $example:literal) => {
        part!(tunnel, $field, Text, text, Value::Text, $default, $doc, $example)
    };
}

/// A text about an environment's database.
macro_rules! database {
    ($field:ident, $default:literal, $doc:literal, $example:literal) => {
        part!(database, $field, Text, text, Value::Text, $default, $doc, $example)
    };
}

/// A list of how an environment is looked at from outside.
macro_rules! health {
    ($field:ident, $default:literal, $doc:literal, $example:literal) => {
        Known {
            key: concat!("health.", stringify!($field)),
            kind: Kind::Names,
            place: Place::Environment {
                set: |environment, value| environment.health.$field = value.list(),
                get: |of| (!of.health.$field.is_empty()).then(|| Value::List(of.health.$field.clone())),
            },
            default: $default,
            doc: $doc,
            example: $example,
        }
    };
}

/// A text about how an image is built.
macro_rules! build {
    ($field:ident, $default:literal, $doc:literal, $example:literal) => {
        Known {
            key: stringify!($field),
            kind: Kind::Text,
            place: Place::Build {
                set: |build, value| build.$field = value.text(),
                get: |build| build.$field.clone().map(Value::Text),
            },
            default: $default,
            doc: $doc,
            example: $example,
        }
    };
}

/// All known keys, in the order of the documentation.
pub static KNOWN: &[Known] = &[
    top!(
        "default_environment",
        Text,
        default_environment,
        text,
        Value::Text,
        "none: `--env` is needed",
        "The environment that is opened when none is named.",
        "\"staging\""
    ),
    top! { "ui.theme", Text, ui.theme, text, Value::Text, "`dark`", "`dark`, `light`, `high-contrast` or a file.", "\"light\"" },
    top! { "ui.ascii", Switch, ui.ascii, switch, Value::Switch, "as the terminal draws them", "ASCII signs instead of ● ◐ ▲ ✖ ○.", "true" },
    top!(
        "ui.mouse",
        Switch,
        ui.mouse,
        switch,
        Value::Switch,
        "on",
        "Whether the mouse is used; off leaves selecting text to the terminal.",
        "false"
    ),
    top!(
        "audit_file",
        Text,
        audit_file,
        text,
        Value::Text,
        "`audit.jsonl` in the user's state folder",
        "Where every change is written down.",
        "\"/var/log/cockpit/audit.jsonl\""
    ),
    top!(
        "queries",
        Text,
        queries,
        text,
        Value::Text,
        "`queries` in the folder of the user's configuration",
        "A folder of saved queries, a `.sql` file each, that a team can keep in git.",
        "\"db/queries\""
    ),
    top!(
        "hooks.before_deploy",
        Text,
        hooks.before_deploy,
        text,
        Value::Text,
        "none",
        "A command that is run by `sh` in the folder of this file before the service is changed; where it fails, nothing \
         is.",
        "\"./migrate.sh\""
    ),
    top!(
        "hooks.after_deploy",
        Text,
        hooks.after_deploy,
        text,
        Value::Text,
        "none",
        "A command that is run by `sh` in the folder of this file after a deployment has ended, however it ended.",
        "\"./notify.sh\""
    ),
    Known {
        key: "context",
        kind: Kind::Text,
        place: Place::Build {
            set: |build, value| build.context = value.text().unwrap_or_default(),
            get: |build| (!build.context.is_empty()).then(|| Value::Text(build.context.clone())),
        },
        default: "needed",
        doc: "The folder that is sent to the build; the command runs in it. A relative one begins in the folder of this file.",
        example: "\"../app\"",
    },
    build!(dockerfile, "`Dockerfile`", "The Dockerfile, as seen from the context.", "\"apps/web/Dockerfile\""),
    build!(target, "the last stage", "The stage that is built.", "\"runner\""),
    build!(program, "whichever there is", "What builds and pushes: `docker` or `podman`.", "\"podman\""),
    build!(platform, "that of the task definition", "The platform that is built for.", "\"linux/arm64\""),
    Known {
        key: "project",
        kind: Kind::Text,
        place: Place::Environment {
            set: |environment, value| environment.project = value.text().unwrap_or_default(),
            get: |environment| (!environment.project.is_empty()).then(|| Value::Text(environment.project.clone())),
        },
        default: "none",
        doc: "What it is an environment of.",
        example: "\"bookmark-manager\"",
    },
    text!(
        "account",
        Account,
        account,
        "any account",
        "The account. Facts of another one are never shown as this environment's, and nothing is changed there.",
        "\"123456789012\""
    ),
    text!("region", Region, region, "as the AWS CLI finds it", "The region.", "\"ap-northeast-1\""),
    text!(
        "profile",
        Text,
        profile,
        "as the AWS CLI finds it",
        "A profile of the AWS configuration.",
        "\"staging-admin\""
    ),
    Known {
        key: "credential_timeout",
        kind: Kind::Interval,
        place: Place::Environment {
            set: |environment, value| environment.credential_timeout = value.interval(),
            get: |environment| environment.credential_timeout.map(Value::Interval),
        },
        default: "`1m`",
        doc: "How long a credential helper (`credential_process`) may take: it may ask its user.",
        example: "\"3m\"",
    },
    text!(
        "endpoint_url",
        Url,
        endpoint_url,
        "AWS, or `AWS_ENDPOINT_URL`",
        "Another endpoint for every service: an emulator or the simulator.",
        "\"http://127.0.0.1:4566\""
    ),
    text!(
        "cluster",
        Text,
        cluster,
        "no containers",
        "The ECS cluster, by its name or its ARN. An ARN also says the region and the account where these are not \
         written, and must not say others where they are.",
        "\"bookmark-manager-staging-cluster\""
    ),
    list!(
        "services",
        services,
        "all of the cluster",
        "Names of services, or patterns with `*`, `?` and `[a-c]` as in a shell.",
        "[\"bookmark-manager-staging-web\", \"bookmark-manager-staging-api\"]"
    ),
    list!(
        "databases",
        databases,
        "none",
        "Identifiers of Aurora clusters or RDS instances, or patterns.",
        "[\"bookmark-manager-staging-db\"]"
    ),
    list! { "target_groups", target_groups, "those of the services", "Names or patterns of target groups beside those of the services.", "[\"bookmark-manager-staging-*\"]" },
    list! { "instances", instances, "those with its tags", "Ids, or names or patterns, of EC2 instances.", "[\"bastion-*\"]" },
    list! { "distributions", distributions, "those with its hosts or name", "Ids, domain names or comments of distributions of CloudFront, or patterns of them.", "[\"E2EXAMPLE1DIST\"]" },
    list! { "user_pools", user_pools, "those with its name", "Ids, or names or patterns, of user pools of Cognito.", "[\"pantri-users\"]" },
    list!("alarms", alarms, "none", "Beginnings of alarms' names.", "[\"bookmark-manager-staging-\"]"),
    list!(
        "parameters",
        parameters,
        "the paths that its task definitions name",
        "Where its parameters of Parameter Store lie: paths with a slash at their end, or whole names.",
        "[\"/bookmark-manager/staging/\"]"
    ),
    list!(
        "logs",
        logs,
        "those of the services",
        "Names or patterns of log groups beside those of the services.",
        "[\"/aws/lambda/bookmark-manager-staging-*\"]"
    ),
    list!(
        "log_filters",
        log_filters,
        "none",
        "Filters of log lines, each `NAME: FILTER`; `@NAME` stands for one wherever a filter is typed.",
        "[\"slow: latency>500ms -healthcheck\"]"
    ),
    list! { "log_queries", log_queries, "none", "Queries of CloudWatch Logs Insights, each `NAME: QUERY`: `cockpit insights NAME`, and a line of `u` in the logs pane.", "[\"slow-routes: filter ms > 500 | stats count(*) by route\"]" },
    Known {
        key: "guarded",
        kind: Kind::Switch,
        place: Place::Environment {
            set: |environment, value| environment.guarded = value.switch().unwrap_or_default(),
            get: |environment| Some(Value::Switch(environment.guarded)),
        },
        default: "false",
        doc: "Raises the risk of every change by one: what was confirmed with a key must be typed.",
        example: "true",
    },
    text!("timezone", Timezone, timezone, "the machine's", "Zone of the times shown.", "\"Asia/Tokyo\""),
    text!(
        "scheduler",
        Text,
        scheduler,
        "it is done directly",
        "The Lambda function that stops and starts the environment.",
        "\"bookmark-manager-staging-ecs-scheduler\""
    ),
    text!(
        "schedules",
        Text,
        schedules,
        "no schedule is read",
        "Beginning of the names of the EventBridge schedules that stop and start it.",
        "\"bookmark-manager-staging-\""
    ),
    Known {
        key: "infra.kind",
        kind: Kind::Tool,
        place: Place::Environment {
            set: |environment, value| environment.infra.kind = value.tool(),
            get: |environment| environment.infra.kind.map(Value::Tool),
        },
        default: "no infrastructure as code",
        doc: "What finds, plans and applies the units.",
        example: "\"terragrunt\"",
    },
    part! { infra, dir, Text, text, Value::Text, "needed with `terragrunt`", "The folder whose units Terragrunt finds. A relative one begins in the folder of this file.", "\"infra/terraform/envs/staging\"" },
    Known {
        key: "infra.units",
        kind: Kind::Units,
        place: Place::Environment {
            set: |environment, value| environment.infra.units = value.units(),
            get: |environment| {
                (!environment.infra.units.is_empty()).then(|| Value::Units(environment.infra.units.clone()))
            },
        },
        default: "needed with `terraform`",
        doc: "The roots of Terraform: `name`, `dir` (a relative one begins in the folder of this file), and if need be \
              `workspace`, `var_files` (as seen from `dir`, later ones win) and `depends_on` (names of units that are \
              applied before).",
        example: "[{ name = \"pantri\", dir = \"infra/terraform/pantri\", workspace = \"dev\", var_files = [\"dev.tfvars\"], \
                  depends_on = [] }]",
    },
    part! { infra, terraform, Text, text, Value::Text, "`terraform` on PATH", "Terraform's program. OpenTofu is never taken by itself.", "\"/opt/terraform-1.11.4/terraform\"" },
    part! { infra, terragrunt, Text, text, Value::Text, "`terragrunt` on PATH", "Terragrunt's program.", "\"~/.local/bin/terragrunt\"" },
    part! { infra, plugin_dir, Text, text, Value::Text, "as Terraform finds them", "A folder of providers, laid out as Terraform's own cache is; they are then asked of no registry.", "\"/opt/terraform/providers\"" },
    tunnel! { service, "the only one, if there is one", "The service through whose tasks a tunnel goes.", "\"bookmark-manager-staging-web\"" },
    tunnel! { instance, "none", "An instance (a bastion) that a tunnel goes through instead of a service: its id, its name, or `tag:KEY=VALUE`.", "\"i-0123456789abcdef0\"" },
    tunnel! { container, "the first whose agent runs", "The container of its tasks.", "\"web\"" },
    tunnel! { to, "`writer`", "Where a tunnel leads: `writer` or `reader` of the database, or a host and a port.", "\"reader\"" },
    tunnel! { port, "`5432`", "The local port; `0` takes a free one.", "\"15432\"" },
    tunnel! { database, "as the database says", "The database that is connected to.", "\"app\"" },
    tunnel! { user, "as the secret says", "The user that connects.", "\"app\"" },
    tunnel! { secret, "none", "The secret of Secrets Manager with the user and the password, as RDS keeps them.", "\"bookmark-manager-staging-db/app\"" },
    tunnel! { parameter, "none", "The parameter of Parameter Store with the password, where there is no secret.", "\"/bookmark-manager-staging-db/app\"" },
    database! { database, "as `tunnel.database`", "The database that is connected to.", "\"app\"" },
    database! { user, "as `tunnel.user`, or as the secret says", "The user that connects.", "\"app\"" },
    database! { secret, "as `tunnel.secret`", "The secret of Secrets Manager with the user and the password, as RDS keeps them.", "\"bookmark-manager-staging-db/app\"" },
    database! { parameter, "as `tunnel.parameter`", "The parameter of Parameter Store with the password.", "\"/bookmark-manager-staging-db/app\"" },
    database! { password_env, "none", "The environment variable with the password.", "\"STAGING_PASSWORD\"" },
    part! { database, iam, Switch, switch, Value::Switch, "false", "Whether the password is a token of IAM, good for a quarter of an hour; the connection is then encrypted.", "true" },
    database! { sslmode, "`prefer`", "As libpq has it: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`. The name that is looked at is the database's own, also through a tunnel.", "\"verify-full\"" },
    database! { sslrootcert, "`~/.postgresql/root.crt`, else those of this machine", "A file of certificates of the authorities that are trusted, such as the RDS bundle; `system` is those of this machine.", "\"global-bundle.pem\"" },
    part! { database, statement_timeout, Interval, interval, Value::Interval, "the server's", "The limit for a statement.", "\"1m\"" },
    part! { database, idle_in_transaction_session_timeout, Interval, interval, Value::Interval, "the server's", "The limit for a transaction in which nothing happens.", "\"10m\"" },
    part! { database, result_limit, Size, size, Value::Size, "`4 GiB`", "What one result of the screen may take of this machine's disk; reading stops there. Ten results stay at a time, and take three times as much at most.", "\"20 GiB\"" },
    health! { hosts, "those whose records in Route 53 lead to its load balancers, else the load balancers' own names", "The hosts of the site that `cockpit health` looks at.", "[\"example.com\", \"www.example.com\"]" },
    health! { paths, "`/health` and `/api/health`", "Paths that must answer.", "[\"/health\"]" },
    health! { connect, "none", "Where connections go instead, as `HOST:PORT=ADDRESS:PORT`; the host may be `*`.", "[\"example.com:443=192.0.2.10:8443\"]" },
    part! { health, resolver, Text, text, Value::Text, "this machine's", "A name server to ask instead, with or without a port.", "\"192.0.2.53\"" },
    part! { health, ca_file, Text, text, Value::Text, "this machine's authorities", "A file of certificates to trust instead.", "\"authorities.pem\"" },
    part! { health, address_url, Url, text, Value::Text, "`https://checkip.amazonaws.com/`", "Who tells the public address of this machine, as one line of text.", "\"https://checkip.amazonaws.com/\"" },
    part! { health, allow, Switch, switch, Value::Switch, "false", "Whether `cockpit health allow` may let addresses in though the environment is guarded.", "true" },
    every!("refresh.services", services, "10s", "How often services and deployments are read."),
    every!("refresh.tasks", tasks, "10s", "How often tasks are read."),
    every!("refresh.databases", databases, "30s", "How often databases are read."),
    every!("refresh.alarms", alarms, "30s", "How often alarms are read."),
    every!("refresh.metrics", metrics, "1m", "How often metrics are read: each read costs money."),
    every!("refresh.scaling", scaling, "1m", "How often autoscaling is read."),
    every!("refresh.targets", targets, "20s", "How often the load balancers' targets are read."),
    every!("refresh.identity", identity, "5m", "How often the identity is read."),
    every!("refresh.watch", watch, "3s", "How often a deployment under way is read."),
];

/// The key of this path within these tables.
pub fn known(within: TableScope, key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.within() == within && known.key == key)
}

/// Names that may stand in a table: direct keys and sub-tables, each once, in order.
pub fn names_in(within: TableScope, table: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for known in KNOWN.iter().filter(|known| known.within() == within) {
        let rest = if table.is_empty() {
            Some(known.key)
        } else {
            known.key.strip_prefix(table).and_then(|rest| rest.strip_prefix('.'))
        };
        if let Some(name) = rest.and_then(|rest| rest.split('.').next())
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    if within == TableScope::Top && table.is_empty() {
        names.extend(["keys", "build", "environments"]);
    }
    names
}
