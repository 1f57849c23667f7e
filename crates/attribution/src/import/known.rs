//! Files that are known and not read, with a word on what to take instead.

use crate::ImportError;

/// The complaint about such a file, told by its first bytes.
pub(super) fn refuse(text: &str) -> Option<ImportError> {
    let (what, instead) = match super::sniff::root_element(text)? {
        "html" | "HTML" => ("a web page", "download the list itself"),
        "document" | "document-content" => ("a spreadsheet out of its archive", "save it as CSV"),
        _ => return None,
    };
    Some(ImportError::KnownButUnread { what, instead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_page_is_no_list() {
        assert!(refuse("<!DOCTYPE html><html><body>").is_some());
        for text in ["address,label\n0x1,2\n", "<Sanctions>", ""] {
            assert!(refuse(text).is_none(), "{text}");
        }
    }
}
