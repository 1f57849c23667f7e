//! `tracehound lists import` of a signed pack of advisories.

use std::{fs::File, io::Read, io::Write, path::Path};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result, WrapErr};
use tracehound_attribution::folder::AttributionFolder;
use tracehound_engine::lists::ImportedPack;

use super::answered::json;
use crate::{
    args::{Common, ImportArgs, Output},
    files,
};

/// Bytes read to tell a pack from another list.
const HEAD: u64 = 64 << 10;
/// A pack longer than this is none.
const MAX_BYTES: u64 = 64 << 20;
/// A signature or key file longer than this is none.
const MAX_KEY_BYTES: u64 = 4 << 10;

/// The first bytes of a list, by which a pack is told from another. What is read of a pipe does not come again.
pub(super) fn head(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// Imports a pack that begins with `head` and goes on in `file`, with the signature beside it.
pub(super) fn import(
    common: &Common,
    folder: &AttributionFolder,
    path: &Path,
    (head, file): (Vec<u8>, File),
    args: &ImportArgs,
    out: &mut dyn Write,
) -> Result<()> {
    let place = || path.display().to_string();
    let mut bytes = head;
    file.take(MAX_BYTES).read_to_end(&mut bytes).into_diagnostic().wrap_err_with(place)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".minisig");
    let signature =
        text(Path::new(&beside)).wrap_err("a pack of advisories needs its signature beside it")?;
    let key = args.key.as_deref();
    let key = key.map(|key| if Path::new(key).exists() { text(Path::new(key)) } else { Ok(key.to_owned()) });
    let done = folder
        .import_pack(&bytes, &signature, key.transpose()?.as_deref(), args.accept_shrink, Timestamp::now())
        .into_diagnostic()
        .wrap_err_with(place)?;
    let done = ImportedPack::new(place(), done);
    match common.output {
        Output::Json | Output::Jsonl => json(out, common.output, &done),
        Output::Text | Output::Csv => {
            let added: u64 = done.advisories.iter().map(|report| report.added).sum();
            let ImportedPack { file, pack, complete_as_of, advisories } = &done;
            let count = advisories.len();
            writeln!(
                out,
                "{file}: pack {pack}, complete as of {complete_as_of}: {count} advisories, {added} claims new"
            )
            .into_diagnostic()
        }
    }
}

fn text(path: &Path) -> Result<String> {
    files::text(path, MAX_KEY_BYTES).into_diagnostic().wrap_err_with(|| path.display().to_string())
}
