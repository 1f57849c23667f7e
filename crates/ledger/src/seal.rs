//! Sealing: a segment's rows, their indexes and what a repair needs, into one file that is never written again.

use std::path::Path;

use rayon::prelude::*;
use tracehound_columns::{
    HashIndexData,
    files::write_durably,
    sections::{self, WORDS},
};
use tracehound_segments::{Id, Key, Origin, files::SEGMENT};
use zerocopy::IntoBytes;

use crate::{
    LedgerError,
    cells::Sums,
    data::{NO_ADDR, Rows, SegmentData},
    hashing::Hashing,
    identity::ids_after,
    segment::{KIND, LIST, SECTIONS},
    store::CELLS,
};

/// Where each owner's outputs lie in a segment. Most owners have one output in their life, which costs its cell alone.
#[derive(Debug, Default)]
struct AddrOutputs {
    /// One cell for each address first seen here.
    new_cell: Vec<u32>,
    /// Addresses seen before this segment that have outputs in it, ascending, global numbers.
    old_addr: Vec<u32>,
    /// One cell for each of `old_addr`.
    old_cell: Vec<u32>,
    /// Lists: how many outputs, then the relative outputs, ascending.
    lists: Vec<u32>,
}

fn addr_outputs(rows: &Rows<'_>) -> AddrOutputs {
    let first = rows.first.addr;
    let is_new = |addr: u32| addr >= first && addr != NO_ADDR;
    let mut old: Vec<(u32, u32)> = Vec::new();
    // Counting sort: how many each new owner has, where its list begins, then the outputs into their lists.
    let mut counts = vec![0u32; rows.scripts.types.len()];
    for (out, &addr) in rows.out_addr.all().iter().enumerate() {
        if is_new(addr) {
            counts[(addr - first) as usize] += 1;
        } else if addr != NO_ADDR {
            old.push((addr, out as u32));
        }
    }
    let mut found = AddrOutputs::default();
    let mut listed = 0u32;
    found.new_cell = counts
        .iter()
        .map(|&count| match count {
            1 => 0,
            // An owner known only from spent outputs outside the ledger has an empty list.
            count => {
                listed += count + 1;
                LIST | (listed - count - 1)
            }
        })
        .collect();
    found.lists = vec![0; listed as usize];
    for (out, &addr) in rows.out_addr.all().iter().enumerate().filter(|&(_, &addr)| is_new(addr)) {
        let cell = &mut found.new_cell[(addr - first) as usize];
        if *cell & LIST == 0 {
            *cell = out as u32;
            continue;
        }
        let at = (*cell & !LIST) as usize;
        found.lists[at] += 1;
        let filled = found.lists[at] as usize;
        found.lists[at + filled] = out as u32;
    }
    old.par_sort_unstable();
    for group in old.chunk_by(|a, b| a.0 == b.0) {
        found.old_addr.push(group[0].0);
        if let [(_, only)] = group {
            found.old_cell.push(*only);
        } else {
            found.old_cell.push(LIST | found.lists.len() as u32);
            found.lists.push(group.len() as u32);
            found.lists.extend(group.iter().map(|&(_, out)| out));
        }
    }
    found
}

/// Rows of `missing` that know their owner, ordered by owner: (owner, row).
fn missing_by_addr(rows: &Rows<'_>) -> Vec<[u32; 2]> {
    let known = rows.missing.all().iter().enumerate().filter(|(_, row)| row.addr != NO_ADDR);
    let mut pairs: Vec<[u32; 2]> = known.map(|(at, row)| [row.addr, at as u32]).collect();
    pairs.sort_unstable();
    pairs
}

/// Writes a segment under its final name, durable when this returns. The manifest does not name it yet. `sums` are those
/// of all cells of the ledger as of the segment's end; `ids` those of its snapshots, as far as they are known: the one
/// before its first block at least.
pub(crate) fn write_segment(
    dir: &Path,
    name: &str,
    data: &SegmentData,
    origin: &Origin,
    key: Key,
    sums: &Sums,
    ids: Vec<Id>,
) -> Result<(), LedgerError> {
    let rows = data.rows();
    let hashing = Hashing::Keyed(key);
    let ids =
        || ids_after(&rows, ids).ok_or_else(|| LedgerError::corrupt(dir, "its rows contradict each other"));
    let tx_hash = |txid| hashing.tx(txid);
    let owner_hash = |rel| {
        let (script_type, payload) = rows.scripts.get(rel).expect("rows being sealed agree");
        hashing.owner(script_type as u8, payload)
    };
    let indexes = || {
        let hashes: Vec<u64> = data.txids.par_iter().map(tx_hash).collect();
        let tx_index = HashIndexData::build(&hashes);
        let hashes: Vec<u64> = (0..data.addr_type.len()).into_par_iter().map(owner_hash).collect();
        (tx_index, HashIndexData::build(&hashes))
    };
    let cells = || {
        let cells: Vec<u32> = data.spent.iter().collect();
        write_durably(&dir.join(format!("{name}.{CELLS}")), &[cells.as_bytes()])
    };
    let ((ids, cells), ((tx_index, addr_index), (by_addr, missing_by_addr))) = rayon::join(
        || rayon::join(ids, cells),
        || rayon::join(indexes, || (addr_outputs(&rows), missing_by_addr(&rows))),
    );
    cells?;
    let ids = ids?;
    let origin = serde_json::to_vec(origin).expect("strings and numbers serialise");
    let sums = sums.of_outputs(data.end().output);
    let sections: [&[u8]; SECTIONS - 1] = [
        data.blocks.as_bytes(),
        data.txids.as_bytes(),
        data.tx_inputs.groups.as_bytes(),
        &data.tx_inputs.counts,
        data.tx_inputs.big.as_bytes(),
        data.tx_outputs.groups.as_bytes(),
        &data.tx_outputs.counts,
        data.tx_outputs.big.as_bytes(),
        data.tx_lock.as_bytes(),
        data.tx_shape.as_bytes(),
        data.in_prev_lo.as_bytes(),
        &data.in_prev_hi,
        data.out_value_lo.as_bytes(),
        &data.out_value_hi,
        data.out_big.as_bytes(),
        data.out_addr.as_bytes(),
        &data.addr_type,
        data.addr_group.as_bytes(),
        &data.addr_payload,
        data.missing.as_bytes(),
        tx_index.dir.as_bytes(),
        tx_index.entries.as_bytes(),
        &tx_index.tags,
        addr_index.dir.as_bytes(),
        addr_index.entries.as_bytes(),
        &addr_index.tags,
        by_addr.new_cell.as_bytes(),
        by_addr.old_addr.as_bytes(),
        by_addr.old_cell.as_bytes(),
        by_addr.lists.as_bytes(),
        missing_by_addr.as_bytes(),
        &origin,
        sums.as_bytes(),
        ids.as_bytes(),
    ];
    let first = data.first;
    let [key_a, key_b] = key.words();
    let words: [u64; WORDS] = [
        first.input,
        first.output,
        u64::from(first.block),
        u64::from(first.tx),
        u64::from(first.addr),
        data.out_addr.len() as u64,
        key_a,
        key_b,
    ];
    sections::write_paged(&dir.join(format!("{name}.{SEGMENT}")), KIND, words, &sections)?;
    Ok(())
}
