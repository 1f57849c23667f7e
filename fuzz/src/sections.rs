//! Files of checksummed sections, as the ledger's segments and the screening index are: puts the checksums of altered
//! bytes right. A fuzzer would never get past them, while whoever alters a file on purpose will.

use xxhash_rust::xxh3::xxh3_64;

/// Words before the table of sections: magic, version and eight of the file's own.
const FIXED: usize = 10;

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at * 8..at * 8 + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
}

/// How many sections an intact file has; `None` for a file of another kind.
fn count(good: &[u8]) -> Option<usize> {
    (1..200).find(|sections| {
        let covered = (FIXED + 3 * sections) * 8;
        good.get(..covered).is_some_and(|header| word(good, covered / 8) == Some(xxh3_64(header)))
    })
}

/// Puts right the checksums in `bytes`, an altered copy of the intact file `good`.
pub fn repair(good: &[u8], bytes: &mut [u8]) {
    let Some(sections) = count(good) else { return };
    let end = FIXED + 3 * sections;
    for section in 0..sections {
        let at = FIXED + 3 * section;
        let (Some(offset), Some(len)) = (word(bytes, at), word(bytes, at + 1)) else { return };
        let content = usize::try_from(offset)
            .ok()
            .zip(usize::try_from(offset.saturating_add(len)).ok())
            .and_then(|(start, end)| bytes.get(start..end));
        if let Some(checksum) = content.map(xxh3_64)
            && let Some(place) = bytes.get_mut((at + 2) * 8..(at + 3) * 8)
        {
            place.copy_from_slice(&checksum.to_le_bytes());
        }
    }
    if let Some(checksum) = bytes.get(..end * 8).map(xxh3_64)
        && let Some(place) = bytes.get_mut(end * 8..(end + 1) * 8)
    {
        place.copy_from_slice(&checksum.to_le_bytes());
    }
}

/// The intact file `good` with other content in its last section, checksums and all.
pub fn with_last(good: &[u8], content: &[u8]) -> Vec<u8> {
    let sections = count(good).expect("a file of sections");
    let at = FIXED + 3 * (sections - 1);
    let start = word(good, at).and_then(|start| usize::try_from(start).ok()).expect("it is intact");
    let mut bytes = [&good[..start], content].concat();
    bytes[(at + 1) * 8..(at + 2) * 8].copy_from_slice(&(content.len() as u64).to_le_bytes());
    repair(good, &mut bytes);
    bytes
}
