//! The runbook: what a team does by hand with consoles and command lines, and what stands for each of it here. A row names the
//! test that runs its command and the one that presses its keys; docs/runbook.md is made from this table.

use crate::tree::{Tree, root};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

/// An operation: what it is, what is typed, where it is on the screen, and the tests that hold both.
struct Row(&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const PAGE: &str = "docs/runbook.md";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row("check tools, credentials, versions; sign in", "cockpit doctor, login", "all", &["the_doctor_looks_at_each_thing", "the_doctor_tries_each_read", "the_doctor_tells_each_line_that_names_what_is_not_there_with_its_place_and_what_may_be_meant", "the_policy_is_printed_without_asking_anybody", "doctor_asks_iam_who_may_open_a_tunnel_and_says_allowed_denied_or_why_it_is_not_known", "a_sign_in_without_a_screen_shows_its_code_and_serves_every_command_after_it"], &["the_doctor_is_asked_once_and_shows_what_is_wrong_first_with_its_place", "the_doctor_on_the_screen_tells_a_line_of_the_configuration_with_its_place", "a_sign_in_shows_its_code_and_its_page_and_reads_again_when_it_is_done"]),
    Row("the whole state of an environment at a glance", "cockpit snapshot, --all", "Overview", &["the_snapshot_of_every_environment_follows_its_schema", "the_snapshot_has_what_was_charged_and_the_latest_run", "every_environment_is_a_line_and_what_one_may_not_read_is_told_in_its_own"], &["the_screen_begins_with_all_environments_where_that_is_asked_for", "the_overview_fits_every_size", "the_window_of_environments_tells_what_needed_attention_where_one_was"]),
    Row("plan, apply and destroy every unit in its order", "cockpit infra plan, apply, destroy", "Infra", &["units_are_planned_and_applied_in_their_order_each_plan_as_it_was_approved", "terragrunts_units_are_planned_on_real_outputs_and_destroyed_in_the_other_order", "a_plan_that_was_begun_ahead_is_made_of_what_was_applied_meanwhile"], &["planning_begins_a_run_over_the_marked_units_and_follows_it", "a_run_is_driven_from_the_pane_and_outlives_the_cockpit_that_began_it", "a_unit_in_a_workspace_with_files_of_variables_is_planned_read_applied_and_destroyed_from_the_pane"]),
    Row("the same for one unit", "cockpit infra plan --unit NAME", "Infra", &["a_target_is_warned_of_a_replacement_is_planned_and_the_picture_of_a_unit_is_its_resources"], &["planning_begins_a_run_over_the_marked_units_and_follows_it", "marked_resources_alone_are_planned_after_a_warning"]),
    Row("one unit first, then the rest", "cockpit infra apply --unit NAME", "Infra", &["one_unit_is_applied_first_and_then_the_rest_on_what_it_made"], &["planning_begins_a_run_over_the_marked_units_and_follows_it"]),
    Row("outputs of a unit", "cockpit infra output", "Infra", &["outputs_and_states_of_units_hide_what_is_sensitive_until_it_is_asked_for_by_name"], &["outputs_states_code_and_caches_of_a_unit_are_a_key_each_in_the_pane"]),
    Row("states, imports, validation, format, lint, caches", "cockpit infra state, import, init, validate, fmt, lint, clean", "Infra", &["outputs_and_states_of_units_hide_what_is_sensitive_until_it_is_asked_for_by_name", "broken_code_a_folder_that_is_gone_and_tools_that_are_missing_or_others_are_told", "the_real_tflint_says_what_it_finds_with_rule_file_and_line"], &["outputs_states_code_and_caches_of_a_unit_are_a_key_each_in_the_pane", "a_unit_is_initialised_formatted_and_imports_what_exists_and_a_part_of_it_alone_is_planned", "caches_are_removed_after_a_question_and_one_with_a_state_in_it_stays"]),
    Row("the graph of units as a picture", "cockpit infra graph --format dot, mermaid, svg", "Infra", &["a_target_is_warned_of_a_replacement_is_planned_and_the_picture_of_a_unit_is_its_resources"], &["the_graph_is_moved_in_and_its_box_is_the_selected_unit"]),
    Row("drift of what runs against what is declared", "cockpit infra drift", "Infra", &["what_runs_otherwise_than_it_is_declared_is_told_with_file_and_line_and_an_exit_code"], &["what_runs_and_is_declared_otherwise_is_told_after_a_look_for_drift", "what_runs_is_held_against_what_is_declared_by_a_key"]),
    Row("workspaces and files of variables", "the same commands", "Infra", &["a_workspace_that_is_not_there_is_refused_and_made_only_where_that_is_asked_for"], &["a_unit_in_a_workspace_with_files_of_variables_is_planned_read_applied_and_destroyed_from_the_pane", "workspaces_that_are_not_there_are_made_by_name_after_a_question_and_units_are_looked_for_again"]),
    Row("a local state moved to S3 with a lock", "cockpit infra migrate-state", "Infra", &["test_a_state_moves_to_s3_with_its_lock_or_is_put_back"], &["states_are_moved_to_s3_by_name_after_a_question_and_what_that_leaves_half_way_is_told_on_leaving"]),
    Row("counts, status, deployments, rollouts of services", "cockpit services", "Services", &["every_list_has_every_format"], &["the_list_of_services_fits_every_size"]),
    Row("tasks, why they stopped, exit codes, restart loops", "cockpit tasks SERVICE", "Services", &["every_list_has_every_format"], &["panes_services_tasks_and_back"]),
    Row("build and push an image", "cockpit deploy SERVICE --build", "Services", &["an_image_is_built_pushed_and_deployed_by_its_digest_and_hooks_are_told"], &["a_build_is_offered_where_one_is_configured"]),
    Row("deploy, force, watch, roll back", "cockpit deploy, rollback", "Services", &["each_end_has_its_exit_code_and_says_what_runs", "a_rollback_goes_to_what_ran_before_and_not_to_the_number_before"], &["a_deployment_from_key_to_verdict", "going_back_offers_what_ran_before"]),
    Row("scale a service", "cockpit scale SERVICE N", "Services", &["scale_stop_start_and_the_schedule_as_they_are_typed"], &["scaling_asks_for_a_number_and_offers_to_move_limits"]),
    Row("why a service does not scale; its limits, targets, scheduled actions", "cockpit autoscaling, schedule add, rm", "Services", &["every_list_has_every_format", "a_policy_aims_elsewhere_and_scheduled_actions_come_and_go"], &["limits_are_two_numbers", "a_policy_is_aimed_elsewhere_and_a_scheduled_action_is_added_and_removed_from_the_palette"]),
    Row("stop and start an environment; its schedule", "cockpit stop, start, schedule", "Overview", &["scale_stop_start_and_the_schedule_as_they_are_typed"], &["the_environment_is_stopped_with_or_without_its_databases"]),
    Row("target health, /health over HTTP and HTTPS, redirects", "cockpit health", "Services", &["targets_requests_and_redirects_are_told_and_a_guarded_environment_is_sent_nothing_unasked"], &["how_an_environment_is_reached_is_looked_at_when_somebody_looks_and_left_with_esc"]),
    Row("certificates, name servers, DNS answers", "cockpit health", "Overview, Services", &["certificates_names_and_name_servers_are_told_with_what_is_wrong"], &["a_certificate_that_should_have_been_renewed_is_at_a_glance_and_needs_attention_and_leads_to_the_checks", "what_was_found_from_outside_fits_every_size"]),
    Row("follow the logs of services and functions", "cockpit logs SERVICE -f", "Logs", &["each_new_line_comes_and_no_request_is_throttled"], &["following_lets_go_and_comes_back"]),
    Row("search the logs of the past; Insights", "cockpit logs --since --filter, insights", "Logs", &["a_read_is_whole_and_in_order", "insights_answers_and_says_what_it_cost"], &["search_filter_level_and_mute", "insights_is_asked_and_its_table_is_shown"]),
    Row("writer, reader, lag, failover", "cockpit db, failover", "Database", &["every_list_has_every_format", "a_failover_is_typed_planned_with_who_is_connected_and_followed_to_its_writer"], &["databases_fit_every_size", "the_plan_of_a_failover_names_who_is_connected_or_says_why_that_is_not_known", "a_session_follows_a_failover_and_is_marked_while_the_member_only_reads"]),
    Row("backups: retention, restore window, a snapshot", "cockpit db --snapshot NAME", "Database", &["snapshots_of_clusters_and_instances_are_made_and_followed_until_they_are_whole"], &["a_snapshot_is_named_planned_and_followed_until_it_is_whole"]),
    Row("a tunnel to the private database", "cockpit tunnel", "Database", &["a_tunnel_carries_bytes_over_a_lost_connection_and_ends_its_session_at_aws", "an_instance_is_found_by_its_name_or_a_tag_and_a_stopped_one_is_started_after_a_yes"], &["one_key_opens_a_tunnel_to_the_writer_and_the_line_of_the_tabs_shows_it"]),
    Row("how to connect; the password only when asked for", "cockpit tunnel --show-password", "Database", &["a_password_is_shown_where_it_was_asked_for_and_nowhere_else", "how_programs_connect_is_printed_once_and_the_password_only_where_it_is_asked_for"], &["what_is_copied_of_a_tunnel_is_how_programs_connect_to_it"]),
    Row("psql: its commands and queries", "cockpit sql -c, -f", "Query", &["what_is_printed_is_what_psql_prints", "an_environment_is_reached_through_its_tunnel_and_a_guarded_one_only_reads"], &["a_command_with_a_backslash_runs_at_once_and_its_table_is_a_grid"]),
    Row("migrations through the tunnel", "cockpit with-db -- COMMAND", "Query", &["a_command_has_the_url_in_its_environment_alone_and_gives_its_exit_code", "a_command_of_the_configuration_may_have_the_url_too_and_its_words_and_its_end_are_its_own", "a_command_with_a_database_logs_in_reads_its_input_and_only_reads_where_that_was_asked_for"], &["one_with_a_database_is_run_behind_a_tunnel_that_this_program_opens", "a_file_of_migrations_runs_statement_by_statement_and_ends_at_the_first_that_fails"]),
    Row("parameters: get, put, what is missing", "cockpit params", "Parameters", &["the_list_has_what_task_definitions_name_and_what_lies_beside_with_secrets", "the_check_finds_what_is_missing_of_the_wrong_type_and_unused"], &["a_value_is_shown_where_it_is_asked_for_and_hides_after_half_a_minute_and_when_the_pane_is_left", "a_new_value_is_typed_without_being_shown_and_becomes_a_plan"]),
    Row("what the environment costs", "cockpit cost, cost --estimate", "Overview, Infra", &["what_it_costs_is_asked_once_a_day_and_kept_with_its_age", "what_an_environment_costs_by_its_plans_is_told_before_it_is_built"], &["the_cost_is_asked_once_a_day_and_told_with_its_age_budget_and_what_is_unusual", "what_the_environment_costs_by_its_plans_is_one_key"]),
    Row("alarms: state and why", "cockpit alarms, alarms mute", "Metrics", &["every_list_has_every_format", "alarms_tell_how_their_states_changed", "an_alarm_is_muted_for_a_time_by_a_rule_that_cloudwatch_ends_and_is_let_tell_again", "a_composite_alarm_is_listed_with_the_states_of_those_that_it_is_made_of"], &["every_row_of_attention_says_who_and_what_to_do", "a_composite_alarm_shows_the_curves_and_the_changes_of_those_that_it_is_made_of", "an_alarm_is_muted_with_a_capital_key_that_asks_for_how_long_and_shows_its_plan"]),
    Row("traffic, processor, memory, blocked requests", "cockpit metrics", "Metrics", &["all_metrics_of_a_screen_are_one_request_and_another_time_is_one_more"], &["all_curves_of_the_screen_are_one_question_and_another_time_is_one_more", "metrics_fit_every_size"]),
    Row("invalidate a distribution's cache", "cockpit invalidate PATH", "Services", &["paths_are_invalidated_and_followed_until_they_are_gone_everywhere", "what_an_invalidation_costs_is_said_and_no_other_distribution_is_touched"], &["paths_of_a_distribution_are_typed_explained_and_thrown_away"]),
    Row("the user pool", "cockpit users", "Services", &["the_user_pool_is_counted_by_status_and_nobody_is_shown_unasked", "test_a_user_pool_is_held_against_the_state_that_terraform_wrote"], &["the_user_pool_is_told_by_status_and_by_what_it_asks_of_passwords"]),
    Row("instances: checks, start, stop, session", "cockpit instances start, stop, reboot, session", "Services", &["instances_are_listed_started_stopped_and_restarted_until_their_checks_say_so", "a_session_on_an_instance_runs_a_command_and_stands_in_the_audit_file"], &["an_instance_is_stopped_restarted_and_opened_by_keys", "instances_are_shown_with_their_checks_and_fit_every_size"]),
    Row("is my address let in by the balancer", "cockpit health, health allow", "Services", &["the_address_of_this_machine_is_looked_for_among_those_that_are_let_in", "an_address_is_let_in_by_hand_and_only_that_is_taken_back"], &["how_an_environment_is_reached_is_looked_at_when_somebody_looks_and_left_with_esc", "this_machine_is_let_in_by_a_key_and_what_was_let_in_is_taken_back"]),
    Row("protection lifted in order before a destroy", "cockpit infra destroy", "Infra", &["test_what_guards_resources_is_lifted_before_they_are_destroyed", "what_a_destroy_loses_is_counted_before_anybody_is_asked"], &["what_guards_a_destroy_is_lifted_by_a_plan_of_its_own_before_anything_is_destroyed"]),
    Row("monitoring agents run and report", "cockpit tasks", "Services", &["agents_beside_a_service_are_told_with_their_version_and_whether_they_report"], &["an_agent_that_does_not_report_is_told_of_its_task_and_needs_attention"]),
    Row("a configuration written by looking at the account", "cockpit init", "none: without a configuration there is no environment to show", &["on_the_simulated_account_the_result_is_the_shipped_configuration", "what_was_found_is_written_once_and_what_is_there_is_never_overwritten"], &[]),
    Row("everything without an account", "cockpit demo", "all", &["the_simulator_runs_alone_until_it_is_told_to_end"], &["the_demonstration_says_that_it_is_one", "the_demo_has_a_site_that_is_looked_at_from_outside", "all_scenarios_can_be_shown"]),
    Row("is the firewall on; TLS", "cockpit health --probe-waf", "Services", &["the_firewall_is_tried_only_where_it_is_asked_for_and_one_that_lets_through_is_down"], &["the_firewall_is_tried_by_a_key_of_its_own", "what_was_found_from_outside_fits_every_size"]),
    Row("watch a service scale under load", "cockpit autoscaling SERVICE --watch", "Services", &["a_service_that_is_watched_tells_how_it_scales_and_ends_with_a_report"], &["a_service_is_watched_while_it_scales_with_curves_and_the_cool_down_and_a_report_at_the_end"]),
    Row("the same from CI", "the recipes of docs/ci.md", "none: nobody sits before a pipeline", &["a_pull_request_gets_its_plan_as_a_comment_and_as_the_summary_and_a_plan_that_fails_stops_it", "a_merge_is_applied_and_deployed_and_the_verdict_is_the_end_of_the_job", "gitlab_gets_the_plan_as_an_artifact_and_the_verdict_as_junit"], &[]),
    Row("other programs on the database", "cockpit with-db, tunnel, sql --ddl, --er", "Query", &["a_command_has_the_url_in_its_environment_alone_and_gives_its_exit_code", "definitions_make_the_same_objects_again_as_pg_dump_sees_them"], &["what_is_copied_of_a_tunnel_is_how_programs_connect_to_it", "what_there_is_is_a_tree_with_rows_and_sizes_beside_what_is_known_of_the_selected_table"]),
    Row("what happened, in one order", "cockpit timeline", "Overview", &["a_deployment_of_somebody_else_is_told_once_and_with_who_did_it", "what_was_written_in_another_environment_is_left_out_counted_and_shown_where_everything_is", "what_changed_before_the_errors_began_is_ranked"], &["the_time_line_has_the_whole_place_with_one_key_and_leads_to_logs"]),
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

/// The names of all tests of the sources and of the infrastructure: a function that nothing runs holds nothing.
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

/// Functions below a `#[test]`, with other attributes between, and those of `proptest!`.
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
            // What an attribute needs several lines for ends so.
            marked &= line.starts_with([')', '"']) || line.ends_with(',');
        }
    }
    found
}

#[test]
fn a_function_that_nothing_runs_is_no_test() {
    let text = "#[test]\n#[ignore = \"x\"]\nfn one() {}\n\nfn two() {}\n#[tokio::test(flavor = \"x\")]\nasync fn three() {}\n    \
        #[test]\n    fn four(x in 0..1) {}\n#[test]\nstruct S;\nfn five() {}\n";
    assert_eq!(tests_of(text), ["one", "three", "four"]);
}

#[test]
fn the_runbook_names_tests_that_exist() {
    let known = known_tests();
    for name in ROWS.iter().flat_map(|row| row.3.iter().chain(row.4)) {
        assert!(known.contains(*name), "there is no test {name}");
    }
}

#[test]
fn a_row_has_a_pane_or_says_why_it_has_none() {
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
fn the_page_of_the_runbook_is_this_table() {
    let path = root().join(PAGE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page()).expect("it can be written");
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    assert!(text == page(), "{PAGE} is old: UPDATE_DOCS=1 ./dev test runbook");
}
