//! Servers on loopback that misbehave in every way we could think of.

mod client;
mod download;
mod line;

use std::{net::TcpStream, time::Duration};

use tracehound_testkit::http::send;

/// A key in an address, which must be in no error.
const KEY: &str = "s3cr3t-k3y-in-the-path";

/// A whole answer.
fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Sends a header and then the same bytes for as long as the other side listens.
fn endlessly(stream: &mut TcpStream, head: &str, piece: &[u8], pause: Duration) {
    use std::io::Write;
    send(stream, format!("HTTP/1.1 {head}\r\n\r\n").as_bytes());
    while stream.write_all(piece).is_ok() {
        // A pace for the slow ones, not a wait for anything.
        std::thread::park_timeout(pause);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// An error as it is shown and as it is printed for developers, without the key.
fn words(error: &tracehound_net::HttpError) -> String {
    let words = format!("{error} {error:?}");
    assert!(!words.to_ascii_lowercase().contains("s3cr3t"), "{words}");
    words
}
