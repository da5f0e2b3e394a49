#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut file = data;
    let _ = mdc::observe::Snapshot::read(&mut file);
});
