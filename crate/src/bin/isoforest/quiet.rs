//! Decoding without a word of panics: bytes of a corrupted Parquet file can make the decoder panic, which the library
//! turns into an error; its user should see that one line and not the panic's message, too.

use std::{cell::Cell, panic, sync::Once};

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `decode`; panics that are caught within are not written to standard error.
pub fn quietly<T>(decode: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let ordinary = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !DECODING.get() {
                ordinary(panic);
            }
        }));
    });
    DECODING.set(true);
    let result = decode();
    DECODING.set(false);
    result
}
