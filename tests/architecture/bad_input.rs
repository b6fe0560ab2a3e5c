//! Bad input: what goes wrong outside of the cockpit, and the tests that hold what it does then. A row that names no test is
//! not there: who removes a test finds it here.

use crate::runbook::known_tests;

/// A kind of bad input, and the tests of it.
struct Row(&'static str, &'static [&'static str]);

const ROWS: &[Row] = &[
    Row(
        "no permission for a call: the action is named, the rest stands",
        &[
            "a_call_that_is_not_allowed_is_named_by_each_command_and_the_rest_stands",
            "what_may_not_be_read_is_named_with_its_action_and_the_rest_stands",
            "one_denied_source_leaves_the_others",
        ],
    ),
    Row("a region without the service: its name is not there", &["an_endpoint_that_is_not_there_is_named"]),
    Row("Cost Explorer not enabled, or enabled today", &["where_cost_explorer_is_not_enabled_it_is_said_what_to_do"]),
    Row("ten thousand parameters", &["ten_thousand_parameters_are_listed_and_checked"]),
    Row(
        "a parameter of 8 kB with newlines and quotes",
        &["a_value_with_everything_in_it_comes_back_as_it_was_and_is_in_no_other_place"],
    ),
    Row(
        "every quoting of dotenv",
        &["every_quoting_is_read", "a_mistake_is_reported_with_its_line_and_without_the_value"],
    ),
    Row(
        "a certificate that expired",
        &[
            "a_certificate_is_read_and_judged_whatever_is_wrong_with_it",
            "certificates_names_and_name_servers_are_told_with_what_is_wrong",
        ],
    ),
    Row(
        "a name server that does not answer",
        &["names_are_asked_of_the_server_that_is_configured_and_one_that_is_silent_ends_at_the_limit"],
    ),
    Row("a host that accepts and never answers", &["who_accepts_and_never_answers_ends_at_the_limit"]),
    Row("a host of IPv6 alone", &["a_host_with_addresses_of_ipv6_alone_is_found_and_reached"]),
    Row(
        "a proxy",
        &[
            "targets_requests_and_redirects_are_told_and_a_guarded_environment_is_sent_nothing_unasked",
            "over_tls_a_tunnel_goes_through_the_proxy_of_the_environment_unless_that_is_excepted",
            "a_proxy_is_spoken_to_over_tls_where_its_address_says_so_for_requests_and_the_session_alike",
        ],
    ),
    Row(
        "a clock that is wrong",
        &[
            "a_wrong_clock_is_said_in_the_top_line_and_changes_no_age",
            "a_machine_whose_clock_is_wrong_looks_at_the_services_time",
        ],
    ),
    Row(
        "a clock that is set back while the screen is open",
        &[
            "time_goes_on_where_the_machines_clock_is_set_back",
            "a_clock_that_is_set_back_is_told_and_only_the_machines_own_error_is_called_wrong",
        ],
    ),
    Row(
        "a tunnel that is offered and is gone, does not answer, is another environment's, or has no room for its socket's name",
        &[
            "a_tunnel_that_ended_without_a_word_is_taken_away_and_another_one_is_opened",
            "a_tunnel_that_does_not_answer_is_not_used",
            "a_tunnel_of_another_environment_or_through_something_else_is_not_used",
            "a_tunnel_whose_socket_would_have_too_long_a_name_is_opened_all_the_same",
            "nothing_is_taken_from_a_folder_that_others_may_write_to",
        ],
    ),
    Row("an event from the future", &["an_event_of_the_future_is_marked_and_a_clock_of_seconds_is_not"]),
    Row("CloudTrail a quarter of an hour late", &["cloudtrail_that_is_late_leaves_the_rest_and_says_so"]),
    Row(
        "a hook that never ends",
        &[
            "an_interrupt_in_a_build_or_a_hook_ends_with_130_and_ends_what_they_started",
            "one_that_never_ends_can_be_stopped_and_nobody_waits_for_it_then",
        ],
    ),
    Row("a hook that prints 100 MB", &["a_hundred_megabytes_are_read_and_only_their_end_is_kept"]),
    Row(
        "an account with nothing in it for init",
        &["an_account_with_nothing_in_it_has_no_environment", "an_account_with_nothing_in_it_is_a_question"],
    ),
    Row(
        "an account with 300 clusters for init",
        &[
            "an_account_with_three_hundred_clusters_is_written_whole_and_can_be_read_again",
            "three_hundred_clusters_are_three_hundred_environments",
        ],
    ),
    Row(
        "users by the thousand, and no list where none could be read",
        &["a_thousand_users_are_all_read_page_by_page_and_a_refusal_is_no_empty_list"],
    ),
    Row(
        "code that is broken, a folder that is missing, units in a circle",
        &[
            "terragrunt_units_are_found_whole_or_not_at_all",
            "broken_code_a_folder_that_is_gone_and_tools_that_are_missing_or_others_are_told",
        ],
    ),
    Row(
        "a variable without a value, and a provider that is nowhere",
        &["a_variable_without_a_value_and_a_provider_that_is_nowhere_fail_their_unit_with_what_is_missing"],
    ),
    Row(
        "Terraform or Terragrunt of another version, or none",
        &[
            "broken_code_a_folder_that_is_gone_and_tools_that_are_missing_or_others_are_told",
            "a_version_outside_of_the_range_and_another_program_are_refused_with_what_to_install",
        ],
    ),
    Row(
        "a state that nobody has written",
        &[
            "a_unit_of_terraform_that_reads_a_state_of_which_nothing_was_applied_is_blocked_by_that_unit",
            "terragrunts_units_are_planned_on_real_outputs_and_destroyed_in_the_other_order",
        ],
    ),
    Row("outputs that are made up", &["a_plan_on_made_up_outputs_is_read_and_never_applied"]),
    Row(
        "a lock of a state that somebody holds",
        &[
            "a_lock_that_somebody_else_holds_is_waited_for_and_nothing_is_planned_meanwhile",
            "a_lock_that_stays_held_is_told_with_who_holds_it_since_when_and_what_looks_at_it",
            "test_a_lock_that_a_killed_terraform_left_is_shown_and_released",
        ],
    ),
    Row(
        "credentials of another account than a run's",
        &[
            "whose_account_it_is_is_asked_again_before_an_apply_and_another_one_changes_nothing",
            "what_changes_a_state_without_a_run_is_refused_with_credentials_of_another_account",
        ],
    ),
    Row(
        "a workspace that is not there",
        &[
            "a_workspace_that_does_not_exist_is_not_made",
            "a_workspace_that_is_not_there_is_refused_and_made_only_where_that_is_asked_for",
        ],
    ),
    Row(
        "a disk that is full during a run",
        &["events_wait_while_the_disk_is_full_and_are_written_in_their_order_after_that"],
    ),
    Row("a last line of events that was torn", &["a_run_whose_supervisor_was_killed_goes_on_where_it_was"]),
    Row("a supervisor that is killed, and a second one", &["a_run_has_one_supervisor_and_a_signal_to_it_is_a_cancel"]),
    Row(
        "a clock that is set back during a run",
        &[
            "a_clock_that_jumps_back_changes_no_order",
            "runs_of_one_second_are_named_in_the_order_in_which_they_were_begun",
        ],
    ),
    Row("a unit's folder that vanishes during a run", &["a_unit_whose_folder_is_removed_fails_and_says_which"]),
    Row(
        "lines of Terraform that are no JSON, and messages nobody knows",
        &["lines_of_every_known_type_are_read_and_others_are_kept_as_text"],
    ),
    Row(
        "a plan file of another version, or another one",
        &[
            "a_plan_file_of_another_version_of_terraform_is_not_shown_and_not_applied",
            "a_plan_file_that_is_another_one_is_not_applied",
        ],
    ),
    Row(
        "two hundred megabytes that Terraform says",
        &["two_hundred_megabytes_that_are_said_take_no_more_memory_than_a_little"],
    ),
    Row(
        "what an apply was making when it was killed",
        &[
            "what_terraform_was_making_when_it_was_killed_is_named_also_after_a_retry",
            "what_a_run_may_have_left_is_looked_for_and_its_imports_are_written_into_its_unit_once",
        ],
    ),
    Row("a state that could not be written", &["a_state_that_could_not_be_written_is_shown_and_pushed_after_a_yes"]),
    Row(
        "a state of AWS itself, and an endpoint that was typed",
        &["a_state_of_aws_itself_is_not_planned_against_an_endpoint_that_was_typed"],
    ),
    Row(
        "a message of a session that is cut off at any byte",
        &[
            "a_message_cut_off_at_any_byte_is_refused",
            "every_recorded_message_cut_off_at_any_byte_is_refused",
            "a_link_that_is_cut_at_any_byte_again_and_again_loses_none_of_a_transfer",
        ],
    ),
    Row(
        "a message with a wrong digest, a huge length or a type that nobody knows",
        &[
            "a_changed_payload_is_refused_but_for_the_two_kinds_that_have_no_digest",
            "huge_lengths_are_refused",
            "a_payload_of_another_length_than_is_said_is_refused",
            "a_kind_that_nobody_knows_keeps_its_name",
        ],
    ),
    Row(
        "multiplexing of another version, length or stream",
        &[
            "smux_with_another_version_command_or_stream_is_an_error_or_nothing_and_never_somebody_elses_bytes",
            "the_longest_frame_that_the_length_can_say_is_taken",
            "broken_multiplexing_ends_the_session_with_its_reason",
        ],
    ),
    Row(
        "a handshake that never comes",
        &[
            "an_agent_that_says_nothing_is_tried_again_with_another_session",
            "what_is_ended_before_it_is_open_has_begun_nothing_and_says_so",
        ],
    ),
    Row(
        "a token that is refused, an address of a session that is none",
        &[
            "a_token_that_is_refused_is_told_and_another_session_is_opened",
            "an_address_that_is_none_is_told_and_another_session_is_opened",
            "an_address_at_which_nobody_or_somebody_else_listens_is_told_and_another_session_is_opened",
        ],
    ),
    Row("403 when a session is resumed", &["a_refused_link_and_a_late_agent_are_told_and_overcome"]),
    Row("an agent that is too old", &["an_old_agent_serves_one_connection_after_the_other"]),
    Row(
        "a far side that refuses, or drops what is sent",
        &[
            "a_port_that_refuses_is_told_within_a_second",
            "a_far_side_that_drops_what_is_sent_is_told_long_before_anybody_gives_up",
            "a_database_that_refuses_or_drops_is_told_from_each_other_and_in_time",
        ],
    ),
    Row(
        "a thousand connections at once, and one that says nothing",
        &[
            "a_thousand_connections_at_once_are_each_served",
            "many_connections_at_once_each_get_their_own_bytes",
            "a_connection_that_says_nothing_keeps_its_session_and_a_session_without_one_is_left_to_time_out",
        ],
    ),
    Row(
        "a local port that is taken",
        &[
            "a_local_port_that_is_taken_is_told_with_one_that_is_free",
            "a_taken_port_is_reported_with_the_next_free_one",
        ],
    ),
    Row("Session Manager and a database of IPv6 alone", &["a_service_and_a_far_side_that_have_ipv6_alone_are_reached"]),
    Row(
        "every trouble of a session's link in the middle of a transfer",
        &["every_fault_with_every_transfer_is_byte_exact_or_a_reset"],
    ),
    Row(
        "policies that deny a tunnel, and those that IAM does not tell",
        &["doctor_asks_iam_who_may_open_a_tunnel_and_says_allowed_denied_or_why_it_is_not_known"],
    ),
    Row(
        "SQL whose quotes, comments, dollars, parentheses or routines have no end",
        &[
            "a_literal_without_an_end_says_so",
            "a_statement_that_is_not_over_says_what_is_open",
            "begin_and_end_count_in_routines_alone",
        ],
    ),
    Row(
        "SQL that deceives who takes it apart",
        &[
            "semicolons_in_literals_and_comments_end_no_statement",
            "a_text_is_taken_apart_into_the_statements_that_psql_sends",
        ],
    ),
    Row(
        "bytes of zero, bytes that are no text, 1,600 columns, none, two of one name",
        &["rows_of_every_shape_are_kept_as_they_came"],
    ),
    Row(
        "a database without an encoding (SQL_ASCII)",
        &["bytes_of_a_database_without_an_encoding_are_refused_as_text_and_read_as_bytes"],
    ),
    Row("a value that acts on a terminal", &["no_form_acts_on_a_terminal_and_a_file_gets_the_bytes"]),
    Row("a value of 100 MB", &["a_value_of_a_hundred_megabytes_is_kept_on_the_disk_and_its_beginning_is_shown"]),
    Row("a megabyte pasted into the editor", &["a_megabyte_is_pasted_and_edited"]),
    Row(
        "letters two cells wide in the editor",
        &[
            "the_terminals_cursor_stands_behind_wide_characters",
            "a_text_is_found_as_it_is_typed_and_on_to_the_next_place_behind_wide_letters_too",
        ],
    ),
    Row(
        "SQL that a formatter does not know",
        &["no_token_is_changed_or_lost", "psqls_commands_and_comments_stay_as_they_are"],
    ),
    Row(
        "COPY FROM STDIN where there is no input, and data of one that fails",
        &[
            "a_copy_gives_rows_or_says_where_data_come_from_and_the_session_goes_on",
            "data_of_a_copy_that_fails_are_no_statements_and_a_full_disk_is_that_of_the_file_that_is_named",
        ],
    ),
    Row(
        "a server that takes nothing in",
        &["a_copy_that_the_server_does_not_take_in_is_interrupted_and_only_the_first_of_several_has_the_data"],
    ),
    Row(
        "a server that dies within a row, a COPY, a transaction",
        &[
            "a_server_that_dies_within_a_row_or_a_copy_is_lost_and_what_came_is_told",
            "a_server_that_dies_within_a_transaction_leaves_it_known_as_open",
            "a_session_that_is_lost_says_so_and_takes_its_statement_with_it",
        ],
    ),
    Row(
        "a wrong password, host or database, no entry in pg_hba.conf, too many connections",
        &["who_is_not_let_in_is_told_why_and_what_to_do"],
    ),
    Row(
        "a certificate of another host, one of nobody, one that expired",
        &[
            "a_certificate_is_looked_at_as_the_mode_says_by_the_hosts_real_name",
            "a_certificate_that_expired_is_refused_where_it_is_looked_at",
        ],
    ),
    Row(
        "a pooler between",
        &[
            "through_pgbouncer_that_pools_transactions_everything_works_and_nothing_that_is_set_reaches_the_application",
            "through_pgbouncer_that_pools_sessions_what_is_set_holds_for_the_session_alone",
            "cockpit_sql_works_through_pgbouncer_and_is_no_read_only_session_where_it_cannot_be_one",
        ],
    ),
    Row(
        "RDS Proxy between",
        &["through_rds_proxy_what_is_set_holds_and_a_statement_is_cancelled_that_takes_no_request"],
    ),
    Row(
        "a server that is none of PostgreSQL's own",
        &[
            "a_server_like_redshift_runs_statements_and_says_what_of_the_catalogue_it_lacks",
            "a_server_without_the_catalogue_runs_statements_and_says_what_is_not_known",
        ],
    ),
    Row(
        "a full disk below a result",
        &["a_result_that_finds_no_room_is_stopped_cancelled_and_says_so_and_the_session_goes_on"],
    ),
    Row(
        "twenty million rows of which a screen was looked at",
        &["twenty_million_rows_that_are_closed_after_a_screen_are_cancelled_at_the_server_at_once"],
    ),
    Row(
        "a process whose number another one has by now",
        &["a_process_that_got_the_number_of_one_that_ended_is_left_alone", "a_process_is_named_by_when_it_began_too"],
    ),
    Row(
        "a script that connects to where it cannot",
        &["what_pg_dumpall_writes_is_run_and_a_script_stays_on_its_server"],
    ),
    Row(
        "a right that is missing for what a server is at",
        &[
            "what_may_not_be_seen_is_said_with_the_right_that_it_takes",
            "every_question_is_answered_by_a_real_server_and_what_is_hidden_is_said",
        ],
    ),
];

#[test]
fn every_bad_input_has_tests_that_exist() {
    let known = known_tests();
    for Row(what, names) in ROWS {
        assert!(!names.is_empty(), "{what}");
        for name in *names {
            assert!(known.contains(*name), "{what}: there is no test {name}");
        }
    }
}
