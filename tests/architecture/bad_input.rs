//! Bad input: failures outside of the cockpit, and the tests of its behaviour then. Every row must name existing tests, so that
//! removing such a test is noticed here.

use crate::runbook::known_tests;

/// A kind of bad input, and its tests.
struct Row(&'static str, &'static [&'static str]);

const ROWS: &[Row] = &[
    Row(
        "no permission for a call: the action is named, the rest is shown",
        &[
            "denied_call_is_named_by_each_command_and_the_rest_is_shown",
            "denied_reads_are_reported_and_other_checks_remain",
            "one_denied_source_keeps_the_others",
        ],
    ),
    Row("a region without the service: its host name does not exist", &["unreachable_endpoint_is_named"]),
    Row("Cost Explorer not enabled, or enabled today", &["disabled_cost_explorer_is_reported_with_a_remedy"]),
    Row("ten thousand parameters", &["ten_thousand_parameters_are_listed_and_checked"]),
    Row(
        "a parameter of 8 kB with newlines and quotes",
        &["value_with_any_characters_round_trips_and_appears_nowhere_else"],
    ),
    Row("every quoting style of dotenv", &["every_kind_of_quoting_is_parsed", "error_has_a_line_and_no_value"]),
    Row(
        "an expired certificate",
        &[
            "a_certificate_is_read_and_judged_whatever_is_wrong_with_it",
            "certificates_names_and_name_servers_are_shown_with_their_problems",
        ],
    ),
    Row(
        "a name server that does not answer",
        &["names_are_asked_of_the_server_that_is_configured_and_one_that_is_silent_ends_at_the_limit"],
    ),
    Row("a host that accepts and never answers", &["who_accepts_and_never_answers_ends_at_the_limit"]),
    Row("a host with only IPv6", &["a_host_with_addresses_of_ipv6_alone_is_found_and_reached"]),
    Row(
        "a proxy",
        &[
            "targets_requests_and_redirects_are_shown_and_guarded_environments_are_not_probed_unasked",
            "tls_tunnel_uses_the_environment_proxy_unless_excluded",
            "https_proxy_is_used_over_tls_for_requests_and_sessions",
        ],
    ),
    Row(
        "a wrong clock",
        &[
            "wrong_clock_is_shown_in_the_top_line_and_changes_no_age",
            "range_follows_the_service_clock_if_the_machine_clock_is_wrong",
        ],
    ),
    Row(
        "a clock that is set back while the screen is open",
        &["time_continues_when_the_machines_clock_is_set_back", "clock_set_back_is_logged_and_not_reported_as_wrong"],
    ),
    Row(
        "an offered tunnel that is gone, unresponsive, of another environment, or with too long a socket path",
        &[
            "silently_dead_tunnel_is_removed_and_replaced",
            "unresponsive_tunnel_is_not_reused",
            "tunnel_of_another_environment_or_route_is_not_reused",
            "tunnel_with_too_long_a_socket_path_still_opens",
            "folder_writable_by_others_is_ignored",
        ],
    ),
    Row("an event from the future", &["future_event_is_recognized_beyond_the_tolerance"]),
    Row("CloudTrail delayed by a quarter of an hour", &["late_cloudtrail_is_reported_and_the_rest_is_shown"]),
    Row(
        "a hook that never ends",
        &[
            "interrupt_during_a_build_or_hook_exits_130_and_kills_its_children",
            "endless_command_can_be_stopped_and_is_not_awaited",
        ],
    ),
    Row("a hook that prints 100 MB", &["only_the_end_of_a_huge_output_is_kept"]),
    Row("an empty account for init", &["empty_account_has_no_environment", "empty_account_gives_a_question"]),
    Row(
        "an account with 300 clusters for init",
        &[
            "account_with_three_hundred_clusters_is_written_completely_and_loads_again",
            "three_hundred_clusters_give_three_hundred_environments",
        ],
    ),
    Row(
        "thousands of users, and no empty list if none could be read",
        &["thousand_users_are_read_page_by_page_and_a_refusal_is_not_an_empty_list"],
    ),
    Row(
        "broken code, a missing folder, units in a cycle",
        &[
            "terragrunt_units_are_found_completely_or_not_at_all",
            "broken_code_missing_folders_and_missing_or_wrong_tools_are_reported",
        ],
    ),
    Row(
        "a variable without a value, and a missing provider",
        &["missing_variable_value_or_provider_fails_its_unit_and_is_named"],
    ),
    Row(
        "another version of Terraform or Terragrunt, or none",
        &[
            "broken_code_missing_folders_and_missing_or_wrong_tools_are_reported",
            "unsupported_version_or_program_is_refused_with_an_installation_hint",
        ],
    ),
    Row(
        "a state that does not exist yet",
        &[
            "terraform_unit_reading_an_unapplied_state_is_blocked_by_that_unit",
            "terragrunt_units_are_planned_on_real_outputs_and_destroyed_in_reverse_order",
        ],
    ),
    Row("mock outputs", &["plan_on_mock_outputs_is_shown_and_never_applied"]),
    Row(
        "a held state lock",
        &[
            "foreign_state_lock_is_waited_for_and_nothing_is_planned_meanwhile",
            "lasting_state_lock_is_reported_with_holder_time_and_inspect_command",
            "test_lock_left_by_a_killed_terraform_is_shown_and_released",
        ],
    ),
    Row(
        "credentials of an account other than the run's",
        &[
            "account_is_checked_again_before_an_apply_and_another_account_changes_nothing",
            "state_change_outside_a_run_is_refused_with_credentials_of_another_account",
        ],
    ),
    Row(
        "a missing workspace",
        &["missing_workspace_is_not_created", "missing_workspace_is_refused_and_created_only_on_request"],
    ),
    Row("a full disk during a run", &["events_wait_for_a_full_disk_and_keep_their_order"]),
    Row("a torn last line of events", &["run_continues_after_its_supervisor_was_killed"]),
    Row("a killed supervisor, and a second one", &["run_has_one_supervisor_and_a_signal_to_it_is_a_cancel"]),
    Row(
        "a clock that is set back during a run",
        &["clock_jumping_back_does_not_change_the_order", "names_of_runs_in_one_second_sort_by_start"],
    ),
    Row("a unit's folder that vanishes during a run", &["unit_with_removed_folder_fails_and_names_the_folder"]),
    Row(
        "Terraform output that is not JSON, and unknown messages",
        &["known_line_types_are_parsed_and_others_kept_as_text"],
    ),
    Row(
        "a plan file of another version, or a replaced one",
        &["plan_file_of_another_terraform_version_is_neither_shown_nor_applied", "replaced_plan_file_is_not_applied"],
    ),
    Row(
        "two hundred megabytes of Terraform output",
        &["two_hundred_megabytes_of_output_use_no_more_memory_than_a_little"],
    ),
    Row(
        "resources in creation when an apply was killed",
        &[
            "resources_in_creation_at_a_kill_are_named_even_after_a_retry",
            "leftovers_of_a_run_are_searched_and_their_imports_written_into_the_unit_once",
        ],
    ),
    Row("an unwritten state", &["unwritten_state_is_shown_and_pushed_after_a_yes"]),
    Row(
        "a state stored in AWS, and a custom endpoint",
        &["state_stored_in_aws_is_not_planned_against_a_custom_endpoint"],
    ),
    Row(
        "a session message truncated at any byte",
        &[
            "truncated_message_is_rejected_at_any_byte",
            "recorded_messages_truncated_at_any_byte_are_rejected",
            "transfer_survives_links_cut_at_any_byte",
        ],
    ),
    Row(
        "a message with a wrong digest, a huge length or an unknown type",
        &[
            "changed_payload_is_rejected_except_for_kinds_without_digest",
            "huge_lengths_are_rejected",
            "payload_length_mismatch_is_rejected",
            "unknown_kind_keeps_its_name",
        ],
    ),
    Row(
        "multiplexing of another version, length or stream",
        &[
            "invalid_smux_never_delivers_bytes_to_another_stream",
            "frame_of_maximum_length_is_accepted",
            "broken_multiplexing_ends_the_session_with_its_reason",
        ],
    ),
    Row(
        "a handshake that never arrives",
        &[
            "unresponsive_agent_is_retried_with_another_session",
            "tunnel_ended_before_opening_starts_nothing_and_reports_it",
        ],
    ),
    Row(
        "a refused token, an invalid session address",
        &[
            "refused_token_is_reported_and_another_session_opened",
            "invalid_address_is_reported_and_another_session_opened",
            "wrong_address_is_reported_and_another_session_opened",
        ],
    ),
    Row("403 when a session is resumed", &["refused_link_and_late_agent_are_reported_and_overcome"]),
    Row("an agent that is too old", &["old_agent_serves_one_connection_after_the_other"]),
    Row(
        "a remote that refuses connections, or drops packets",
        &[
            "refused_port_is_reported_within_a_second",
            "silent_far_side_is_reported_within_seconds",
            "refusing_and_dropping_databases_are_distinguished_in_time",
        ],
    ),
    Row(
        "a thousand connections at once, and a silent one",
        &[
            "thousand_concurrent_connections_are_all_served",
            "many_connections_at_once_each_get_their_own_bytes",
            "idle_connection_keeps_its_session_alive_and_an_unused_session_times_out",
        ],
    ),
    Row(
        "a local port in use",
        &["taken_local_port_is_reported_with_a_free_one", "taken_port_is_reported_with_the_next_free_one"],
    ),
    Row("Session Manager and a database with only alone", &["ipv6_only_service_and_far_side_are_reached"]),
    Row("every link fault in the middle of a transfer", &["every_fault_with_every_transfer_is_byte_exact_or_a_reset"]),
    Row(
        "policies that deny a tunnel, and those that IAM does not reveal",
        &["doctor_reports_iam_tunnel_permission_as_allowed_denied_or_unknown"],
    ),
    Row(
        "SQL with unterminated quotes, comments, dollar quotes, parentheses or routines",
        &[
            "unterminated_literal_is_marked",
            "incomplete_statement_reports_what_is_open",
            "begin_and_end_count_only_in_routines",
        ],
    ),
    Row(
        "SQL that misleads a splitter",
        &["semicolons_in_literals_and_comments_end_no_statement", "text_is_split_into_the_statements_psql_sends"],
    ),
    Row(
        "zero bytes, bytes that are not text, 1,600 columns, no columns, duplicate names",
        &["rows_of_every_shape_are_stored_unchanged"],
    ),
    Row("a database without an encoding (SQL_ASCII)", &["sql_ascii_bytes_are_refused_as_text_and_readable_as_bytea"]),
    Row("a value with terminal escapes", &["terminal_output_is_harmless_and_file_output_is_exact"]),
    Row("a value of 100 MB", &["hundred_megabyte_value_is_kept_on_disk_and_its_beginning_shown"]),
    Row("a megabyte pasted into the editor", &["megabyte_of_text_can_be_pasted_and_edited"]),
    Row(
        "characters two cells wide in the editor",
        &["terminal_cursor_is_placed_after_wide_characters", "incremental_search_finds_matches_after_wide_characters"],
    ),
    Row("SQL unknown to the know", &["formatting_keeps_every_token", "psql_commands_and_comments_are_kept"]),
    Row(
        "COPY FROM STDIN without input, and the data of a failing one",
        &[
            "copy_returns_rows_or_explains_its_data_source_and_the_session_continues",
            "data_of_a_failed_copy_is_not_run_and_a_full_disk_names_the_file",
        ],
    ),
    Row("a server that accepts no data", &["blocked_copy_is_interrupted_and_only_the_first_of_several_gets_the_data"]),
    Row(
        "a server that dies within a row, a COPY, a transaction",
        &[
            "server_dying_within_a_row_or_copy_is_lost_and_received_rows_are_reported",
            "transaction_of_a_dead_server_is_known_as_open",
            "lost_session_is_reported_and_fails_its_statement",
        ],
    ),
    Row(
        "a wrong password, host or database, no entry in pg_hba.conf, too many connections",
        &["refused_login_is_reported_with_reason_and_remedy"],
    ),
    Row(
        "a certificate of another host, an untrusted one, an expired one",
        &[
            "certificate_is_verified_per_sslmode_against_the_real_host_name",
            "expired_certificate_is_refused_when_verified",
        ],
    ),
    Row(
        "a pooler in between",
        &[
            "transaction_pooling_works_and_settings_do_not_reach_the_application",
            "session_pooling_keeps_settings_within_the_session",
            "cockpit_sql_works_through_pgbouncer_and_refuses_an_impossible_read_only_session",
        ],
    ),
    Row("RDS Proxy in between", &["rds_proxy_keeps_settings_and_statements_are_cancelled_without_cancel_requests"]),
    Row(
        "a server that is not PostgreSQL",
        &[
            "redshift_like_server_runs_statements_and_missing_catalogue_parts_are_reported",
            "server_without_catalogue_runs_statements_and_unknowns_are_reported",
        ],
    ),
    Row("a full disk during a result", &["result_that_fills_the_disk_is_cancelled_and_the_session_continues"]),
    Row(
        "twenty million rows of which one screen was shown",
        &["closing_a_huge_result_cancels_it_at_the_server_at_once"],
    ),
    Row(
        "a reused process id",
        &["backend_with_a_reused_pid_is_left_alone", "process_is_identified_by_its_start_time_too"],
    ),
    Row("a script that connects to another server", &["pg_dumpall_output_runs_and_a_script_stays_on_its_server"]),
    Row(
        "a missing right to see the activity of a server",
        &[
            "hidden_data_is_reported_with_the_required_right",
            "every_activity_query_works_on_a_real_server_and_hidden_parts_are_reported",
        ],
    ),
];

#[test]
fn every_bad_input_names_existing_tests() {
    let known = known_tests();
    for Row(what, names) in ROWS {
        assert!(!names.is_empty(), "{what}");
        for name in *names {
            assert!(known.contains(*name), "{what}: there is no test {name}");
        }
    }
}
