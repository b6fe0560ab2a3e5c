//! Bad input: what goes wrong outside of the cockpit, and the tests that hold what it does then. A row that names no test is
//! not there: who removes a test finds it here.

use crate::runbook::known_tests;

/// What goes wrong, and the tests of it.
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
    Row("every quoting of dotenv", &["every_quoting_is_read", "a_mistake_is_told_with_its_line_and_without_the_value"]),
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
        ],
    ),
    Row(
        "a clock that is wrong",
        &[
            "a_wrong_clock_is_said_in_the_top_line_and_changes_no_age",
            "a_machine_whose_clock_is_wrong_looks_at_the_services_time",
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
