//! Archives by what they are, not by what they are called: zip and its kin, tar, gzip, bzip2; others are refused by name.

use std::io::{self, Cursor, Read};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;

use super::{
    Reader, WITHIN,
    name::{self, Wrong},
};
use crate::{
    finding::{CheckId, Finding, Severity},
    gap::GapKind,
    limits::Limits,
};

/// What begins an archive that is not opened.
const REFUSED: &[(&[u8], &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"MSCF", "cab"),
    (b"xar!", "xar (a macOS package)"),
    (b"\x60\xea", "arj"),
    (b"**ACE**", "ace"),
];

/// Whether it was an archive, and so opened in place of itself or refused by name.
pub(super) fn open(reader: &mut Reader, path: &str, bytes: &[u8], nested: usize) -> bool {
    if let Some((_, format)) = REFUSED.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        reader.gap(path, GapKind::Format, format!("{format} is not opened: send it as zip or tar.gz"));
        return false;
    }
    let is_zip = bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06");
    let is_tar = bytes.get(257..262) == Some(b"ustar");
    let packed = bytes.starts_with(b"\x1f\x8b") || bytes.starts_with(b"BZh");
    if !(is_zip || is_tar || packed) {
        return false;
    }
    if nested >= reader.limits.nesting {
        let most = reader.limits.nesting;
        reader.gap(path, GapKind::TooMany, format!("an archive within {most} others: not opened"));
        return false;
    }
    if is_zip {
        return zip(reader, path, bytes, nested);
    }
    if is_tar {
        tar(reader, path, bytes, bytes.len() as u64, nested);
        return true;
    }
    let most = budget(reader, bytes.len() as u64);
    let unpacked = if bytes.starts_with(b"BZh") {
        read_at_most(MultiBzDecoder::new(bytes), most)
    } else {
        read_at_most(MultiGzDecoder::new(bytes), most)
    };
    let (content, end) = match unpacked {
        Ok(read) => read,
        Err((content, error)) => {
            reader.gap(path, GapKind::Damaged, format!("it does not unpack to its end: {error}"));
            (content, true)
        }
    };
    if !end {
        reader.gap(
            path,
            GapKind::Bomb,
            format!("it unpacks to more than {most} bytes: the rest was not read"),
        );
    }
    if content.get(257..262) == Some(b"ustar") {
        tar(reader, path, &content, bytes.len() as u64, nested);
    } else {
        let inner = path.rsplit(['/', WITHIN]).next().unwrap_or(path).trim_end_matches(".gz");
        let inner = format!("{path}{WITHIN}{inner}");
        reader.add(inner, content, end, nested + 1);
    }
    true
}

/// Bytes that an archive of this size may unpack to.
fn budget(reader: &Reader, packed: u64) -> u64 {
    let honest = packed.saturating_mul(reader.limits.ratio).max(Limits::RATIO_FROM);
    reader.limits.total_bytes.saturating_sub(reader.bytes).min(honest)
}

type ReadTo = Result<(Vec<u8>, bool), (Vec<u8>, io::Error)>;

/// At most so many bytes, and whether that was the end; with an error, what came before it.
fn read_at_most(from: impl Read, most: u64) -> ReadTo {
    let mut content = Vec::new();
    match from.take(most.saturating_add(1)).read_to_end(&mut content) {
        Ok(_) => {
            let end = content.len() as u64 <= most;
            content.truncate(most as usize);
            Ok((content, end))
        }
        Err(error) => Err((content, error)),
    }
}

fn zip(reader: &mut Reader, path: &str, bytes: &[u8], nested: usize) -> bool {
    let mut archive = match zip::ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(error) => {
            reader.gap(path, GapKind::Damaged, format!("it is no zip that can be read: {error}"));
            return false;
        }
    };
    let started = reader.bytes;
    let most = budget(reader, bytes.len() as u64);
    let mut seen = std::collections::BTreeSet::new();
    for index in 0..archive.len() {
        // Without opening it first: the name of an encrypted entry is told too.
        let (raw, mode, encrypted, is_dir) = match archive.by_index_raw(index) {
            Ok(entry) => {
                let raw = String::from_utf8_lossy(entry.name_raw()).into_owned();
                (raw, entry.unix_mode(), entry.encrypted(), entry.is_dir())
            }
            Err(error) => {
                reader.gap(path, GapKind::Damaged, format!("entry {index} cannot be read: {error}"));
                continue;
            }
        };
        let inner = entry_path(reader, path, &raw, nested);
        if !reader.may_go_on(&inner) {
            return true;
        }
        if is_dir || raw.ends_with(['/', '\\']) {
            continue;
        }
        if !seen.insert(inner.clone()) {
            let title =
                "Two entries of the archive have one name: which of them is unpacked depends on the program.";
            let finding = Finding::new(CheckId::Arc01, Severity::Low, &inner, title);
            reader.tree.findings.push(finding.attack(&["T1036"]));
        }
        if encrypted {
            reader.gap(&inner, GapKind::Encrypted, "it takes a password: not read");
            let title = "The archive takes a password, so that no scanner on the way could read it.";
            let finding = Finding::new(CheckId::Arc01, Severity::Low, path, title);
            reader.tree.findings.push(finding.attack(&["T1027.013"]));
            continue;
        }
        let spent = reader.bytes - started;
        let room = reader.room().min(most.saturating_sub(spent));
        let content = match archive.by_index(index) {
            Ok(entry) => read_at_most(entry, room),
            Err(error) => {
                reader.gap(&inner, GapKind::Format, format!("it cannot be unpacked: {error}"));
                continue;
            }
        };
        let is_link = mode.is_some_and(|mode| mode & 0o170_000 == 0o120_000);
        match content {
            Ok((target, true)) if is_link => link(reader, &inner, &raw, &String::from_utf8_lossy(&target)),
            Ok((content, end)) => {
                if !end && spent + content.len() as u64 >= most {
                    reader.gap(
                        path,
                        GapKind::Bomb,
                        format!("it unpacks to more than {most} bytes: the rest was not read"),
                    );
                    return true;
                }
                reader.add(inner, content, end, nested + 1);
            }
            Err((content, error)) => {
                reader.gap(&inner, GapKind::Damaged, format!("it does not unpack to its end: {error}"));
                reader.add(inner, content, true, nested + 1);
            }
        }
    }
    true
}

fn tar(reader: &mut Reader, path: &str, bytes: &[u8], packed: u64, nested: usize) {
    let mut archive = tar::Archive::new(bytes);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => {
            return reader.gap(path, GapKind::Damaged, format!("it is no tar that can be read: {error}"));
        }
    };
    let (started, most) = (reader.bytes, budget(reader, packed).max(bytes.len() as u64));
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return reader.gap(path, GapKind::Damaged, format!("it breaks off: {error}")),
        };
        let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() {
            continue;
        }
        let inner = entry_path(reader, path, &raw, nested);
        if !reader.may_go_on(&inner) {
            return;
        }
        if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.link_name_bytes().map(|target| String::from_utf8_lossy(&target).into_owned());
            // A hard link's target counts from the top of the archive.
            let from = if kind.is_symlink() { raw.as_str() } else { "" };
            link(reader, &inner, from, &target.unwrap_or_default());
        } else if kind.is_file() || kind.is_contiguous() {
            let room = reader.room().min(most.saturating_sub(reader.bytes - started));
            match read_at_most(entry, room) {
                Ok((content, end)) => reader.add(inner, content, end, nested + 1),
                Err((content, error)) => {
                    reader.gap(&inner, GapKind::Damaged, format!("it breaks off: {error}"));
                    reader.add(inner, content, true, nested + 1);
                }
            }
        } else if !kind.is_dir() {
            reader.gap(&inner, GapKind::NotAFile, "a device, pipe or sparse file: not read");
        }
    }
}

/// The entry's path from the top of what was sent. What is wrong with its name is told.
fn entry_path(reader: &mut Reader, archive: &str, raw: &str, nested: usize) -> String {
    let (inside, wrong) = name::inside(raw, &reader.limits);
    let path = if nested == 0 { inside } else { format!("{archive}{WITHIN}{inside}") };
    let told = match wrong {
        None => return path,
        Some(Wrong::Outside) => {
            (Severity::High, "Unpacking writes outside the folder: the name leads out of it.")
        }
        Some(Wrong::Hidden) => {
            (Severity::High, "The name holds characters that are not seen, and shows itself as another.")
        }
        Some(Wrong::Long) => (Severity::Low, "The name is longer than a path may be, and was cut."),
    };
    let finding = Finding::new(CheckId::Arc01, told.0, &path, told.1).showing(raw);
    reader.tree.findings.push(finding.attack(&["T1036"]));
    path
}

fn link(reader: &mut Reader, path: &str, raw: &str, target: &str) {
    if name::leads_out(raw, target) {
        reader.gap(path, GapKind::NotAFile, "a link that leads out of the archive: not followed");
        let title =
            "A link in the archive leads out of the folder: what is unpacked after it is written there.";
        let finding = Finding::new(CheckId::Arc01, Severity::High, path, title).showing(target);
        reader.tree.findings.push(finding.attack(&["T1036"]));
    }
}
