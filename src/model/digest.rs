//! Digests of values: what was shown or stored before is recognised as the same.

use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// Lower-case hex SHA-256 of the JSON of a value. Maps of the model are sorted, so equal values give equal texts.
pub fn of<T: Serialize + ?Sized>(value: &T) -> String {
    let mut sink = Sink(Sha256::new(), Vec::with_capacity(BUFFER));
    let written = serde_json::to_writer(&mut sink, value);
    debug_assert!(written.is_ok(), "model values always have a JSON form");
    let _ = sink.flush();
    hex::encode(sink.0.finalize())
}

const BUFFER: usize = 16 * 1024;

struct Sink(Sha256, Vec<u8>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.extend_from_slice(bytes);
        if self.1.len() >= BUFFER {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.update(&self.1);
        self.1.clear();
        Ok(())
    }
}
