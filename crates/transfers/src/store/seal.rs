//! Sealing: a segment's rows and what finds them, into one file that is never written again.

use std::path::Path;

use rayon::prelude::*;
use tracehound_columns::{
    HashIndexData,
    runs::RunsData,
    sections::{self, WORDS},
};
use tracehound_segments::{Id, Key, Origin, files::SEGMENT};
use zerocopy::IntoBytes;

use super::{
    KIND, OF_ACCOUNT, OF_ASSET, SECTIONS, TransferLedgerError, WATCHED_KIND, balances::BalancesData,
    data::SegmentData, identity::ids_of, strings::StringsData,
};

fn runs_of(runs: &RunsData) -> [&[u8]; 3] {
    [runs.groups.as_bytes(), &runs.counts, runs.big.as_bytes()]
}

/// The sections of growing strings.
fn sections_of(strings: &StringsData) -> [&[u8]; 4] {
    let [groups, counts, big] = runs_of(&strings.lengths);
    [groups, counts, big, &strings.bytes]
}

fn index_of(index: &HashIndexData) -> [&[u8]; 3] {
    [index.dir.as_bytes(), index.entries.as_bytes(), &index.tags]
}

/// Writes a segment under its final name, durable when this returns. The manifest does not name it yet. `ids` are those of its
/// snapshots, as far as they are known: the one before its first block at least.
pub(super) fn write_segment(
    dir: &Path,
    name: &str,
    data: &SegmentData,
    origin: &Origin,
    key: Key,
) -> Result<(), TransferLedgerError> {
    let rows = data.rows();
    let wrong = || TransferLedgerError::corrupt(dir, "its rows contradict each other");
    let index_names = |kind: u8, names: &StringsData| {
        let hash = |at: usize| key.hash_name(kind, names.get(at).expect("as many as there are"));
        let hashes: Vec<u64> = (0..names.len()).into_par_iter().map(hash).collect();
        HashIndexData::build(&hashes)
    };
    let index_txs = || {
        let hashes: Vec<u64> = data.hashes.par_iter().map(|hash| key.hash_id(hash)).collect();
        HashIndexData::build(&hashes)
    };
    let ((ids, balances), (txs, (accounts, assets))) = rayon::join(
        || rayon::join(|| ids_of(&rows, data.ids.clone()), || BalancesData::of(&rows)),
        || {
            let names = || (index_names(OF_ACCOUNT, &data.accounts), index_names(OF_ASSET, &data.assets));
            rayon::join(index_txs, names)
        },
    );
    let ids: Vec<Id> = ids.ok_or_else(wrong)?;
    let balances = balances.ok_or_else(wrong)?;
    let origin = serde_json::to_vec(origin).expect("strings and numbers serialise");
    let mut all: Vec<&[u8]> = vec![data.blocks.as_bytes(), data.hashes.as_bytes()];
    all.extend(index_of(&txs));
    all.extend(runs_of(&data.tx_transfers));
    all.extend([data.from.as_bytes(), data.to.as_bytes()]);
    let coded = &data.asset;
    all.extend([&coded.codes, coded.ranks.as_bytes(), coded.rare.as_bytes(), coded.common.as_bytes()]);
    all.push(&data.kind);
    all.extend(sections_of(&data.amounts));
    all.extend(sections_of(&data.accounts));
    all.extend(index_of(&accounts));
    all.extend(sections_of(&data.assets));
    all.extend(index_of(&assets));
    all.push(balances.accounts.as_bytes());
    all.extend(runs_of(&balances.of_account));
    all.push(balances.assets.as_bytes());
    all.extend(runs_of(&balances.transfers));
    all.extend([balances.entries.as_bytes(), balances.long.as_bytes(), balances.effects.as_bytes()]);
    all.push(data.openings.as_bytes());
    all.extend([&origin[..], ids.as_bytes()]);
    debug_assert_eq!(all.len(), SECTIONS - 1, "one column after the other, and the pages' checksums");
    let (first, [a, b]) = (data.first, key.words());
    let words: [u64; WORDS] = [
        first.block.into(),
        first.tx,
        first.transfer,
        first.account.into(),
        first.asset.into(),
        data.begun.word().into(),
        a,
        b,
    ];
    let kind = if data.begun.watched { WATCHED_KIND } else { KIND };
    Ok(sections::write_paged(&dir.join(format!("{name}.{SEGMENT}")), kind, words, &all)?)
}
