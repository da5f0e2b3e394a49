//! What every store has to do, tried on both: a folder, and a real PostgreSQL server that the tests
//! start themselves. Where Debian's `postgresql` is not installed, its tests say that they are
//! skipped.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

mod bed;
#[path = "../certified/mod.rs"]
mod certified;
mod chain;
mod child;
mod commands;
mod database;
mod failover;
mod folder;
mod proxy;
mod server;
mod suite;
mod tls;

/// The suite, one test a promise, on both kinds of store.
macro_rules! both_keep {
    ($($promise:ident)*) => {
        mod in_a_folder {
            $(#[test]
            fn $promise() {
                crate::suite::$promise(&crate::bed::Bed::folder());
            })*
        }

        mod in_a_database {
            $(#[test]
            fn $promise() {
                if let Some(bed) = crate::bed::Bed::database(stringify!($promise)) {
                    crate::suite::$promise(&bed);
                }
            })*
        }
    };
}

both_keep! {
    what_was_appended_is_found_again
    what_happened_together_is_kept_together_in_its_order
    a_run_that_is_over_is_not_gone_on_with_and_its_debts_are_told
    of_twenty_threads_at_once_one_gets_the_lease
    of_twenty_processes_at_once_one_gets_the_lease
    after_a_killed_holder_the_next_one_goes_on
    whoever_is_forced_out_can_write_nothing_more
    what_was_kept_before_a_take_over_is_there_after_it
    a_frozen_holder_is_not_gone_but_can_be_forced_out
    a_lease_that_was_given_back_is_free_at_once
    each_request_is_handed_on_once
    a_record_from_elsewhere_is_taken_over_if_it_fits
    a_damaged_or_newer_journal_is_refused_with_the_place
    a_journal_that_is_over_hides_no_other_run
    a_run_that_there_is_not_is_not_found
    lines_are_handed_to_copies_as_they_are_kept
    what_could_not_be_read_again_is_not_written
}
