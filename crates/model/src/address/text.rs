//! Text on the stack.

/// A text being written, long enough for any address: an uncompressed public key has 130 digits.
pub(super) struct Text {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Text {
    const MAX: usize = 136;

    pub(super) const fn new() -> Self {
        Self { bytes: [0; Self::MAX], len: 0 }
    }

    /// Adds one ASCII character.
    pub(super) fn push(&mut self, character: u8) {
        self.bytes[self.len] = character;
        self.len += 1;
    }

    /// Adds ASCII characters.
    pub(super) fn extend(&mut self, characters: &[u8]) {
        self.bytes[self.len..self.len + characters.len()].copy_from_slice(characters);
        self.len += characters.len();
    }

    /// Adds bytes as lower-case hexadecimal digits.
    pub(super) fn extend_hexadecimal(&mut self, bytes: &[u8]) {
        let end = self.len + 2 * bytes.len();
        hex::encode_to_slice(bytes, &mut self.bytes[self.len..end]).expect("two digits a byte");
        self.len = end;
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("only ASCII is added")
    }
}
