//! Bytes as the body of a request, the first of them choosing the endpoint: each is answered with JSON, by the forest's own
//! numbers or by a refusal.
//!
//! ```sh
//! cargo install cargo-fuzz --locked
//! cd service
//! mkdir -p fuzz/corpus/requests
//! cargo +nightly fuzz run requests fuzz/corpus/requests fuzz/seeds/requests -- -dict=fuzz/requests.dict -max_total_time=600
//! ```
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/any_request/oracle.rs"]
mod oracle;

use oracle::{ENDPOINTS, check};

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, body)) = bytes.split_first() else { return };
    check(ENDPOINTS[usize::from(first) % ENDPOINTS.len()], body);
});
