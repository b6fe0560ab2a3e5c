//! The runbook: what a team does by hand with consoles and command lines, and its counterpart here. Each row names the tests
//! that run its command and press its keys; docs/runbook.md is generated from this table.

use crate::tree::{Tree, root};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

/// An operation: its name, its command, its pane, and the tests of the command and of the pane.
struct Row(&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const PAGE: &str = "docs/runbook.md";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row("check tools, credentials, versions; sign in", "cockpit doctor, login", "all", &["doctor_checks_everything", "doctor_tries_each_read", "doctor_reports_each_unmatched_line_with_its_place_and_a_suggestion", "policy_is_printed_without_requests", "doctor_reports_iam_tunnel_permission_as_allowed_denied_or_unknown", "sign_in_without_browser_shows_its_code_and_serves_later_commands"], &["doctor_runs_once_and_lists_failures_first_with_their_place", "doctor_on_the_screen_shows_the_place_of_a_configuration_line", "sign_in_shows_code_and_page_and_reads_again_when_done"]),
    Row("the whole state of an environment at a glance", "cockpit snapshot, --all", "Overview", &["snapshot_of_every_environment_matches_its_schema", "snapshot_contains_costs_and_the_latest_run", "every_environment_has_a_line_with_its_own_denied_reads"], &["screen_starts_with_all_environments_on_request", "overview_fits_every_size", "environment_list_shows_attention_counts_of_visited_environments"]),
    Row("plan, apply and destroy every unit in its order", "cockpit infra plan, apply, destroy", "Infra", &["units_are_planned_and_applied_in_order_with_the_approved_plans", "terragrunt_units_are_planned_on_real_outputs_and_destroyed_in_reverse_order", "plan_started_ahead_includes_what_was_applied_meanwhile"], &["plan_key_starts_a_run_over_the_marked_units_and_follows_it", "run_is_driven_from_the_pane_and_outlives_its_cockpit", "unit_with_workspace_and_var_files_is_planned_applied_and_destroyed_from_the_pane"]),
    Row("the same for one unit", "cockpit infra plan --unit NAME", "Infra", &["target_warns_replacement_is_planned_and_the_unit_graph_shows_its_resources"], &["plan_key_starts_a_run_over_the_marked_units_and_follows_it", "targeted_plan_of_marked_resources_needs_confirmation"]),
    Row("one unit first, then the rest", "cockpit infra apply --unit NAME", "Infra", &["one_unit_is_applied_first_and_the_rest_use_its_result"], &["plan_key_starts_a_run_over_the_marked_units_and_follows_it"]),
    Row("outputs of a unit", "cockpit infra output", "Infra", &["outputs_and_states_hide_sensitive_values_until_requested_by_name"], &["outputs_state_code_and_cache_of_a_unit_have_a_key_each"]),
    Row("states, imports, validation, format, lint, caches", "cockpit infra state, import, init, validate, fmt, lint, clean", "Infra", &["outputs_and_states_hide_sensitive_values_until_requested_by_name", "broken_code_missing_folders_and_missing_or_wrong_tools_are_reported", "real_tflint_findings_have_rule_file_and_line"], &["outputs_state_code_and_cache_of_a_unit_have_a_key_each", "unit_is_initialised_formatted_imported_into_and_partly_planned", "caches_are_removed_after_confirmation_except_one_with_a_state"]),
    Row("the graph of units as a picture", "cockpit infra graph --format dot, mermaid, svg", "Infra", &["target_warns_replacement_is_planned_and_the_unit_graph_shows_its_resources"], &["moving_in_the_graph_selects_the_unit"]),
    Row("drift of what runs against what is declared", "cockpit infra drift", "Infra", &["drift_is_reported_with_file_line_and_exit_code"], &["drift_run_reports_differences_from_the_declaration", "drift_key_starts_a_drift_run"]),
    Row("workspaces and files of variables", "the same commands", "Infra", &["missing_workspace_is_refused_and_created_only_on_request"], &["unit_with_workspace_and_var_files_is_planned_applied_and_destroyed_from_the_pane", "missing_workspaces_are_created_after_confirmation_and_units_found_again"]),
    Row("a local state moved to S3 with a lock", "cockpit infra migrate-state", "Infra", &["test_state_moves_to_s3_with_its_lock_or_is_restored"], &["states_are_migrated_after_confirmation_and_quitting_warns_of_it"]),
    Row("counts, status, deployments, rollouts of services", "cockpit services", "Services", &["every_list_supports_every_format"], &["service_list_fits_every_size"]),
    Row("tasks, why they stopped, exit codes, restart loops", "cockpit tasks SERVICE", "Services", &["every_list_supports_every_format"], &["navigation_goes_to_services_tasks_and_back"]),
    Row("build and push an image", "cockpit deploy SERVICE --build", "Services", &["image_is_built_pushed_and_deployed_by_digest_and_hooks_get_the_facts"], &["configured_build_is_offered"]),
    Row("deploy, force, watch, roll back", "cockpit deploy, rollback", "Services", &["each_verdict_has_its_exit_code_and_names_the_running_version", "rollback_targets_the_previously_running_revision"], &["deployment_runs_from_key_to_verdict", "rollback_offers_earlier_revisions"]),
    Row("scale a service", "cockpit scale SERVICE N", "Services", &["scale_stop_start_and_schedule_commands_work"], &["scaling_asks_for_a_count_and_offers_to_move_the_limits"]),
    Row("why a service does not scale; its limits, targets, scheduled actions", "cockpit autoscaling, schedule add, rm", "Services", &["every_list_supports_every_format", "scaling_target_changes_and_scheduled_actions_are_added_and_removed"], &["scaling_limits_are_two_numbers", "palette_changes_scaling_targets_and_scheduled_actions"]),
    Row("stop and start an environment; its schedule", "cockpit stop, start, schedule", "Overview", &["scale_stop_start_and_schedule_commands_work"], &["environment_can_be_stopped_with_or_without_databases"]),
    Row("target health, /health over HTTP and HTTPS, redirects", "cockpit health", "Services", &["targets_requests_and_redirects_are_shown_and_guarded_environments_are_not_probed_unasked"], &["health_is_checked_when_its_view_opens_and_escape_closes_it"]),
    Row("certificates, name servers, DNS answers", "cockpit health", "Overview, Services", &["certificates_names_and_name_servers_are_shown_with_their_problems"], &["expiring_certificate_needs_attention_and_opens_the_health_checks", "findings_fit_every_size"]),
    Row("follow the logs of services and functions", "cockpit logs SERVICE -f", "Logs", &["every_new_line_is_printed_without_throttled_requests"], &["moving_up_stops_following_and_follow_key_resumes_it"]),
    Row("search the logs of the past; Insights", "cockpit logs --since --filter, insights", "Logs", &["log_read_is_complete_and_ordered", "insights_query_prints_rows_and_its_cost"], &["search_filter_level_and_mute_select_lines", "insights_query_runs_and_its_table_is_shown"]),
    Row("writer, reader, lag, failover", "cockpit db, failover", "Database", &["every_list_supports_every_format", "failover_plan_lists_connected_clients_and_is_followed_to_the_new_writer"], &["databases_fit_every_size", "failover_plan_lists_connections_or_the_reason_they_are_unknown", "session_follows_a_failover_and_is_marked_while_read_only"]),
    Row("backups: retention, restore window, a snapshot", "cockpit db --snapshot NAME", "Database", &["snapshots_of_clusters_and_instances_are_followed_until_available"], &["snapshot_is_named_planned_and_followed_until_complete"]),
    Row("a tunnel to the private database", "cockpit tunnel", "Database", &["tunnel_survives_a_lost_connection_and_ends_its_session", "instance_is_found_by_name_or_tag_and_started_after_a_yes"], &["one_key_opens_a_tunnel_to_the_writer_and_the_tabs_line_shows_it"]),
    Row("how to connect; the password only when asked for", "cockpit tunnel --show-password", "Database", &["password_is_shown_only_on_request", "connection_details_are_printed_once_and_the_password_only_on_request"], &["copying_a_tunnel_copies_its_connection_settings"]),
    Row("psql: its commands and queries", "cockpit sql -c, -f", "Query", &["output_equals_that_of_psql", "environment_is_reached_through_its_tunnel_and_a_guarded_one_is_read_only"], &["backslash_command_runs_at_once_and_shows_a_grid"]),
    Row("migrations through the tunnel", "cockpit with-db -- COMMAND", "Query", &["with_db_command_gets_the_url_only_by_environment_and_sets_the_exit_code", "configured_command_can_get_the_url_and_keeps_its_arguments_and_exit_code", "with_db_command_logs_in_reads_stdin_and_is_read_only_on_request"], &["database_command_runs_behind_a_tunnel", "migration_file_stops_at_its_first_failure"]),
    Row("parameters: get, put, what is missing", "cockpit params", "Parameters", &["list_contains_referenced_and_other_parameters_and_secrets", "check_finds_missing_wrongly_typed_and_unused_parameters"], &["value_is_shown_on_request_and_hidden_after_half_a_minute_or_with_the_pane", "new_value_is_typed_hidden_and_becomes_a_plan"]),
    Row("what the environment costs", "cockpit cost, cost --estimate", "Overview, Infra", &["costs_are_requested_once_a_day_and_cached_with_their_age", "planned_cost_of_an_environment_is_shown_before_it_is_built"], &["cost_is_read_once_a_day_and_shown_with_age_budget_and_anomaly", "estimated_cost_of_the_plans_is_shown_with_one_key"]),
    Row("alarms: state and why", "cockpit alarms, alarms mute", "Metrics", &["every_list_supports_every_format", "alarms_list_their_state_changes", "alarm_is_muted_by_an_expiring_rule_and_unmuted", "composite_alarm_is_listed_with_the_states_of_its_children"], &["every_attention_row_names_its_subject_and_a_hint", "composite_alarm_shows_curves_and_changes_of_its_children", "mute_key_asks_for_the_length_and_shows_the_plan"]),
    Row("traffic, processor, memory, blocked requests", "cockpit metrics", "Metrics", &["metrics_of_one_screen_are_one_request_per_time_range"], &["all_curves_take_one_request_and_a_comparison_one_more", "metrics_fit_every_size"]),
    Row("invalidate a distribution's cache", "cockpit invalidate PATH", "Services", &["invalidation_is_followed_until_it_is_complete", "invalidation_cost_is_shown_and_other_distributions_are_untouched"], &["distribution_paths_are_typed_explained_and_invalidated"]),
    Row("the user pool", "cockpit users", "Services", &["user_pool_is_counted_by_status_and_users_are_listed_only_on_request", "test_user_pool_is_compared_with_the_terraform_state"], &["user_pool_shows_user_counts_and_password_policy"]),
    Row("instances: checks, start, stop, session", "cockpit instances start, stop, reboot, session", "Services", &["instances_are_listed_and_followed_to_passing_checks_after_each_change", "instance_session_runs_a_command_and_is_audited"], &["instance_is_stopped_rebooted_and_opened_by_keys", "instances_are_shown_with_their_checks_and_fit_every_size"]),
    Row("is my address let in by the balancer", "cockpit health, health allow", "Services", &["own_address_is_looked_up_among_the_allowed_ones", "address_is_allowed_by_hand_and_only_that_rule_is_revoked"], &["health_is_checked_when_its_view_opens_and_escape_closes_it", "own_address_is_allowed_by_a_key_and_removed_again"]),
    Row("protection lifted in order before a destroy", "cockpit infra destroy", "Infra", &["test_deletion_protection_is_lifted_before_a_destroy", "destroy_losses_are_counted_before_the_confirmation"], &["deletion_protection_is_lifted_by_its_own_plan_before_a_destroy"]),
    Row("monitoring agents run and report", "cockpit tasks", "Services", &["sidecar_agents_are_shown_with_version_and_reporting_state"], &["silent_agent_is_shown_on_its_task_and_needs_attention"]),
    Row("a configuration written by looking at the account", "cockpit init", "none: without a configuration there is no environment to show", &["simulated_account_yields_the_shipped_configuration", "found_configuration_is_written_once_and_never_overwrites_a_file"], &[]),
    Row("everything without an account", "cockpit demo", "all", &["simulator_runs_standalone_until_stopped"], &["demo_is_labelled_as_a_demo", "demo_has_a_site_probed_from_outside", "all_scenarios_can_be_shown"]),
    Row("is the firewall on; TLS", "cockpit health --probe-waf", "Services", &["firewall_is_probed_only_on_request_and_is_down_when_it_lets_the_probe_pass"], &["firewall_is_tested_only_by_its_own_key", "findings_fit_every_size"]),
    Row("watch a service scale under load", "cockpit autoscaling SERVICE --watch", "Services", &["watched_service_prints_its_scaling_and_a_final_report"], &["watched_scaling_shows_curves_and_cool_down_and_ends_with_a_report"]),
    Row("the same from CI", "the recipes of docs/ci.md", "none: nobody sits before a pipeline", &["pull_request_gets_its_plan_as_comment_and_summary_and_a_failing_plan_stops_it", "merge_is_applied_and_deployed_and_the_verdict_decides_the_job", "gitlab_gets_the_plan_as_artifact_and_the_verdict_as_junit"], &[]),
    Row("other programs on the database", "cockpit with-db, tunnel, sql --ddl, --er", "Query", &["with_db_command_gets_the_url_only_by_environment_and_sets_the_exit_code", "definitions_recreate_the_same_objects_according_to_pg_dump"], &["copying_a_tunnel_copies_its_connection_settings", "objects_form_a_tree_with_figures_beside_the_table_details"]),
    Row("what happened, in one order", "cockpit timeline", "Overview", &["foreign_deployment_is_listed_once_with_its_author", "writes_of_other_environments_are_counted_and_shown_only_with_all", "changes_before_the_errors_are_ranked"], &["timeline_zooms_with_one_key_and_opens_logs"]),
];

fn page() -> String {
    let mut out = String::from(
        "# The runbook\n\nWhat a team does by hand with consoles and command lines, and what stands for it here. Each row names the tests that\n\
         run its command and press its keys. Made from `tests/architecture/runbook.rs` (`UPDATE_DOCS=1 ./dev test runbook`); do not\n\
         edit it. Where no test is named, there is none yet.\n\n| # | operation | command | pane | tests of the command | tests of the pane |\n|---|---|---|---|---|---|\n",
    );
    for (at, Row(operation, command, pane, typed, pressed)) in ROWS.iter().enumerate() {
        let tests = |names: &[&str]| match names {
            [] => "–".to_owned(),
            names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        };
        let _ = writeln!(
            out,
            "| {} | {operation} | `{command}` | {pane} | {} | {} |",
            at + 1,
            tests(typed),
            tests(pressed)
        );
    }
    out
}

/// The names of all tests in the sources and of the infrastructure: a function without a test attribute does not count.
pub fn known_tests() -> BTreeSet<String> {
    let tree = Tree::read();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let folders = ["src", "crates", "tests"];
    for (_, source) in folders.iter().flat_map(|folder| tree.under(folder)) {
        known.extend(tests_of(&source.text));
    }
    for file in fs::read_dir(root().join("tests/infrastructure")).expect("a folder") {
        let text = fs::read_to_string(file.expect("an entry").path()).unwrap_or_default();
        let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("def test_")?.split('(').next());
        known.extend(names.map(|name| format!("test_{name}")));
    }
    known
}

/// Functions after `#[test]`, possibly with other attributes in between, including those inside `proptest!`.
fn tests_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim_start) {
        let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some(name) = name {
            found.extend(name.split('(').next().filter(|_| std::mem::take(&mut marked)).map(str::to_owned));
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            // The lines of a multi-line attribute end like this.
            marked &= line.starts_with([')', '"']) || line.ends_with(',');
        }
    }
    found
}

#[test]
fn function_without_test_attribute_is_not_a_test() {
    let text = "#[test]\n#[ignore = \"x\"]\nfn one() {}\n\nfn two() {}\n#[tokio::test(flavor = \"x\")]\nasync fn three() {}\n    \
        #[test]\n    fn four(x in 0..1) {}\n#[test]\nstruct S;\nfn five() {}\n";
    assert_eq!(tests_of(text), ["one", "three", "four"]);
}

#[test]
fn runbook_names_existing_tests() {
    let known = known_tests();
    for name in ROWS.iter().flat_map(|row| row.3.iter().chain(row.4)) {
        assert!(known.contains(*name), "there is no test {name}");
    }
}

#[test]
fn row_has_a_pane_or_the_reason_for_none() {
    for Row(operation, _, pane, typed, pressed) in ROWS {
        assert!(!typed.is_empty(), "{operation}: no test types it");
        if pressed.is_empty() {
            assert!(pane.starts_with("none: "), "{operation}: no test presses its keys");
        } else {
            assert!(!pane.starts_with("none"), "{operation}");
        }
    }
}

#[test]
fn runbook_page_matches_this_table() {
    let path = root().join(PAGE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page()).expect("the page can be written");
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    assert!(text == page(), "{PAGE} is outdated: run UPDATE_DOCS=1 ./dev test runbook");
}
