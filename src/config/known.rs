//! The table of all known keys. Parsing, checking, `config show` and `docs/configuration.md` are based on it: a key that is
//! not here does not exist.

use super::schema::{Known, Place, TableScope};
use super::value::{Kind, Value};

/// A top-level key.
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

/// A text in an environment.
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

/// A list in an environment.
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

/// An interval in an environment.
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

/// A key in a sub-table of an environment.
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

/// A text about an environment's tunnel.
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

/// A list about an environment's health checks.
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

/// A text about an image build.
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
        "The environment to open if none is named.",
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
        "Whether the mouse is used. With it off, the terminal selects text.",
        "false"
    ),
    top!(
        "audit_file",
        Text,
        audit_file,
        text,
        Value::Text,
        "`audit.jsonl` in the user's state folder",
        "The file in which every change is recorded.",
        "\"/var/log/cockpit/audit.jsonl\""
    ),
    top!(
        "queries",
        Text,
        queries,
        text,
        Value::Text,
        "`queries` in the folder of the user's configuration",
        "A folder of saved queries, one `.sql` file each, which a team can keep in git.",
        "\"db/queries\""
    ),
    top!(
        "hooks.before_deploy",
        Text,
        hooks.before_deploy,
        text,
        Value::Text,
        "none",
        "A command run by `sh` in the folder of this file before the service is changed. If it fails, nothing \
         is changed.",
        "\"./migrate.sh\""
    ),
    top!(
        "hooks.after_deploy",
        Text,
        hooks.after_deploy,
        text,
        Value::Text,
        "none",
        "A command run by `sh` in the folder of this file after a deployment has ended, with any outcome.",
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
        doc: "The build context; the build command runs in it. A relative path starts at the folder of this file.",
        example: "\"../app\"",
    },
    build!(dockerfile, "`Dockerfile`", "The Dockerfile, relative to the context.", "\"apps/web/Dockerfile\""),
    build!(target, "the last stage", "The stage to build.", "\"runner\""),
    build!(program, "whichever there is", "The program that builds and pushes: `docker` or `podman`.", "\"podman\""),
    build!(platform, "that of the task definition", "The target platform.", "\"linux/arm64\""),
    Known {
        key: "project",
        kind: Kind::Text,
        place: Place::Environment {
            set: |environment, value| environment.project = value.text().unwrap_or_default(),
            get: |environment| (!environment.project.is_empty()).then(|| Value::Text(environment.project.clone())),
        },
        default: "none",
        doc: "The project that the environment belongs to.",
        example: "\"bookmark-manager\"",
    },
    text!(
        "account",
        Account,
        account,
        "any account",
        "The account. Data of another account is never shown as this environment's, and nothing is changed there.",
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
        doc: "Time limit of a credential helper (`credential_process`), which may prompt the user.",
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
        "The ECS cluster, by name or ARN. An ARN also provides the region and the account if these are not \
         set, and must not differ from them if they are.",
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
    list! { "target_groups", target_groups, "those of the services", "Names or patterns of target groups in addition to those of the services.", "[\"bookmark-manager-staging-*\"]" },
    list! { "instances", instances, "those with its tags", "Ids, names or patterns of EC2 instances.", "[\"bastion-*\"]" },
    list! { "distributions", distributions, "those with its hosts or name", "Ids, domain names, comments or patterns of CloudFront distributions.", "[\"E2EXAMPLE1DIST\"]" },
    list! { "user_pools", user_pools, "those with its name", "Ids, names or patterns of Cognito user pools.", "[\"pantri-users\"]" },
    list!("alarms", alarms, "none", "Prefixes of alarm names.", "[\"bookmark-manager-staging-\"]"),
    list!(
        "parameters",
        parameters,
        "the paths that its task definitions name",
        "Its parameters in Parameter Store: paths that end with a slash, or whole names.",
        "[\"/bookmark-manager/staging/\"]"
    ),
    list!(
        "logs",
        logs,
        "those of the services",
        "Names or patterns of log groups in addition to those of the services.",
        "[\"/aws/lambda/bookmark-manager-staging-*\"]"
    ),
    list!(
        "log_filters",
        log_filters,
        "none",
        "Named filters for log lines, each `NAME: FILTER`. `@NAME` refers to one wherever a filter is typed.",
        "[\"slow: latency>500ms -healthcheck\"]"
    ),
    list! { "log_queries", log_queries, "none", "Named CloudWatch Logs Insights queries, each `NAME: QUERY`, for `cockpit insights NAME` and `u` in the logs pane.", "[\"slow-routes: filter ms > 500 | stats count(*) by route\"]" },
    Known {
        key: "guarded",
        kind: Kind::Switch,
        place: Place::Environment {
            set: |environment, value| environment.guarded = value.switch().unwrap_or_default(),
            get: |environment| Some(Value::Switch(environment.guarded)),
        },
        default: "false",
        doc: "Raises the risk of every change by one level: a change normally confirmed with a key press must be confirmed by typing.",
        example: "true",
    },
    text!("timezone", Timezone, timezone, "the machine's", "The time zone of displayed times.", "\"Asia/Tokyo\""),
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
        "The name prefix of the EventBridge schedules that stop and start it.",
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
        doc: "The tool that finds, plans and applies the units.",
        example: "\"terragrunt\"",
    },
    part! { infra, dir, Text, text, Value::Text, "needed with `terragrunt`", "The folder in which Terragrunt finds the units. A relative path starts at the folder of this file.", "\"infra/terraform/envs/staging\"" },
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
        doc: "Terraform root modules: `name`, `dir` (a relative path starts at the folder of this file), and optionally \
              `workspace`, `var_files` (relative to `dir`, later ones win) and `depends_on` (names of units to apply \
              first).",
        example: "[{ name = \"pantri\", dir = \"infra/terraform/pantri\", workspace = \"dev\", var_files = [\"dev.tfvars\"], \
                  depends_on = [] }]",
    },
    part! { infra, terraform, Text, text, Value::Text, "`terraform` on PATH", "The Terraform executable. OpenTofu is never chosen automatically.", "\"/opt/terraform-1.11.4/terraform\"" },
    part! { infra, terragrunt, Text, text, Value::Text, "`terragrunt` on PATH", "The Terragrunt executable.", "\"~/.local/bin/terragrunt\"" },
    part! { infra, plugin_dir, Text, text, Value::Text, "as Terraform finds them", "A folder of providers in the layout of Terraform's cache. No registry is then queried for them.", "\"/opt/terraform/providers\"" },
    tunnel! { service, "the only one, if there is one", "The service whose tasks a tunnel passes through.", "\"bookmark-manager-staging-web\"" },
    tunnel! { instance, "none", "An instance (a bastion) that a tunnel passes through instead of a service: its id, its name, or `tag:KEY=VALUE`.", "\"i-0123456789abcdef0\"" },
    tunnel! { container, "the first whose agent runs", "The container in the service's tasks.", "\"web\"" },
    tunnel! { to, "`writer`", "The tunnel's destination: `writer` or `reader` of the database, or a host and port.", "\"reader\"" },
    tunnel! { port, "`5432`", "The local port; `0` selects a free one.", "\"15432\"" },
    tunnel! { database, "as the database says", "The database to connect to.", "\"app\"" },
    tunnel! { user, "as the secret says", "The user to connect as.", "\"app\"" },
    tunnel! { secret, "none", "The Secrets Manager secret with the user and password, in the format used by RDS.", "\"bookmark-manager-staging-db/app\"" },
    tunnel! { parameter, "none", "The Parameter Store parameter with the password, if there is no secret.", "\"/bookmark-manager-staging-db/app\"" },
    database! { database, "as `tunnel.database`", "The database to connect to.", "\"app\"" },
    database! { user, "as `tunnel.user`, or as the secret says", "The user to connect as.", "\"app\"" },
    database! { secret, "as `tunnel.secret`", "The Secrets Manager secret with the user and password, in the format used by RDS.", "\"bookmark-manager-staging-db/app\"" },
    database! { parameter, "as `tunnel.parameter`", "The Parameter Store parameter with the password.", "\"/bookmark-manager-staging-db/app\"" },
    database! { password_env, "none", "The environment variable with the password.", "\"STAGING_PASSWORD\"" },
    part! { database, iam, Switch, switch, Value::Switch, "false", "Whether the password is an IAM token, valid for 15 minutes. The connection is then encrypted.", "true" },
    database! { sslmode, "`prefer`", "libpq's TLS mode: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`. The verified host name is the database's own, even through a tunnel.", "\"verify-full\"" },
    database! { sslrootcert, "`~/.postgresql/root.crt`, else those of this machine", "A file of trusted root certificates, such as the RDS bundle; `system` uses those of this machine.", "\"global-bundle.pem\"" },
    part! { database, statement_timeout, Interval, interval, Value::Interval, "the server's", "Time limit of a statement.", "\"1m\"" },
    part! { database, idle_in_transaction_session_timeout, Interval, interval, Value::Interval, "the server's", "Time limit of an idle transaction.", "\"10m\"" },
    part! { database, result_limit, Size, size, Value::Size, "`4 GiB`", "Maximum disk space of one result on the screen, at which reading stops. Up to ten results are kept at a time, and take at most three times this space together.", "\"20 GiB\"" },
    health! { hosts, "those whose records in Route 53 lead to its load balancers, else the load balancers' own names", "The hosts of the site that `cockpit health` checks.", "[\"example.com\", \"www.example.com\"]" },
    health! { paths, "`/health` and `/api/health`", "Paths that must respond.", "[\"/health\"]" },
    health! { connect, "none", "Redirected connections, as `HOST:PORT=ADDRESS:PORT`; the host may be `*`.", "[\"example.com:443=192.0.2.10:8443\"]" },
    part! { health, resolver, Text, text, Value::Text, "this machine's", "The name server to use, with or without a port.", "\"192.0.2.53\"" },
    part! { health, ca_file, Text, text, Value::Text, "this machine's authorities", "A file of trusted certificates.", "\"authorities.pem\"" },
    part! { health, address_url, Url, text, Value::Text, "`https://checkip.amazonaws.com/`", "The URL that returns this machine's public address as one line of text.", "\"https://checkip.amazonaws.com/\"" },
    part! { health, allow, Switch, switch, Value::Switch, "false", "Whether `cockpit health allow` may let addresses in even if the environment is guarded.", "true" },
    every!("refresh.services", services, "10s", "How often services and deployments are read."),
    every!("refresh.tasks", tasks, "10s", "How often tasks are read."),
    every!("refresh.databases", databases, "30s", "How often databases are read."),
    every!("refresh.alarms", alarms, "30s", "How often alarms are read."),
    every!("refresh.metrics", metrics, "1m", "How often metrics are read. AWS charges for each read."),
    every!("refresh.scaling", scaling, "1m", "How often autoscaling is read."),
    every!("refresh.targets", targets, "20s", "How often the load balancers' targets are read."),
    every!("refresh.identity", identity, "5m", "How often the AWS identity is checked."),
    every!("refresh.watch", watch, "3s", "How often a running deployment is read."),
];

/// Returns the key with this path in these tables.
pub fn known(within: TableScope, key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.within() == within && known.key == key)
}

/// Returns the names allowed in a table: direct keys and sub-tables, each once, in order.
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
