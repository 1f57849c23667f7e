//! A file as text with its lines.

use crate::{
    doc::{self, Format, Node},
    tree::File,
};

/// A file that is text.
pub(crate) struct Source<'t> {
    pub path: &'t str,
    pub text: &'t str,
}

impl<'t> Source<'t> {
    /// The file as text; `None` where it is none.
    pub(crate) fn of(file: &'t File) -> Option<Self> {
        let bytes = &file.bytes[..];
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            // The limit may have cut a character.
            Err(error) if !file.whole && error.valid_up_to() + 4 > bytes.len() => {
                std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return None,
        };
        let binary = text.bytes().take(8192).any(|byte| byte == 0);
        (!binary).then_some(Self { path: &file.path, text })
    }

    /// The last part of the path, in lower case.
    pub(crate) fn name(&self) -> String {
        self.path.rsplit(['/', crate::tree::WITHIN]).next().unwrap_or(self.path).to_ascii_lowercase()
    }

    /// What follows the last dot of the name, in lower case; nothing where there is none.
    pub(crate) fn ending(&self) -> String {
        self.name().rsplit_once('.').map(|(_, ending)| ending.to_owned()).unwrap_or_default()
    }

    /// The text as settings.
    pub(crate) fn doc(&self, format: Format) -> Option<Node> {
        doc::read(self.text, format)
    }

    /// The line, from 1, of a place in the text.
    pub(crate) fn line_at(&self, at: usize) -> u32 {
        1 + self.text.get(..at).unwrap_or(self.text).matches('\n').count() as u32
    }
}
