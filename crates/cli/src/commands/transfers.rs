//! What the commands print of ledgers of transfers.

pub(super) mod cluster;
pub(super) mod exposure;
pub(super) mod path;
pub(super) mod source;
pub(super) mod trace;
pub(super) mod tx;

use std::io::{self, Write};

use miette::{Result, miette};
use tracehound_engine::{
    Extent,
    transfers::{
        ledger::{Info, Repaired, Verified},
        tx::Party,
    },
};
use tracehound_model::Gap;

use super::ledger::print_moved;

/// `ledger info`.
pub(super) fn info(out: &mut dyn Write, info: &Info) -> io::Result<()> {
    writeln!(out, "chain         {}", info.chain)?;
    for (name, block) in [("first block", &info.first), ("last block", &info.tip)] {
        let Some(block) = block else { continue };
        writeln!(out, "{name:<13} height {}, {}, {}", block.height, block.time, block.hash)?;
    }
    writeln!(out, "blocks        {}", info.blocks)?;
    for what in &info.lacking {
        writeln!(out, "partial       {what}")?;
    }
    if let Some(watched) = info.watched {
        writeln!(out, "watched       {watched} accounts")?;
    }
    writeln!(out, "transactions  {}", info.txs)?;
    writeln!(out, "movements     {}", info.transfers)?;
    writeln!(out, "accounts      {}", info.accounts)?;
    writeln!(out, "assets        {}", info.assets)?;
    write!(out, "on disk       {} bytes in {} segments", info.disk_bytes, info.segments)?;
    if let Some(each) = info.millibytes_a_transfer {
        let (whole, tenths) = (each / 1_000, each % 1_000 / 100);
        write!(
            out,
            ": {whole}.{tenths} bytes a movement, and {} bytes of transactions' hashes",
            info.hash_bytes
        )?;
    }
    writeln!(out)?;
    if let Some(projected) = &info.projected {
        let gigabytes = projected.disk_bytes / 1_000_000_000;
        writeln!(out, "whole chain   about {gigabytes} GB, from {}", projected.from)?;
    }
    writeln!(out, "snapshot      {}", info.snapshot)
}

/// `ledger verify`.
pub(super) fn verified(out: &mut dyn Write, report: &Verified) -> io::Result<()> {
    writeln!(
        out,
        "whole: {} blocks, {} transactions, {} movements checked, {} of them proved by headers\nsnapshot {}",
        report.blocks, report.txs, report.transfers, report.proved, report.snapshot
    )
}

/// `ledger repair`.
pub(super) fn repaired(out: &mut dyn Write, report: &Repaired) -> io::Result<()> {
    if report.manifest_rebuilt {
        writeln!(out, "the manifest was made anew from {} segments", report.segments)?;
    }
    print_moved(out, &report.brought_back, &report.left_out)?;
    if !report.manifest_rebuilt {
        writeln!(out, "there was nothing to mend")?;
    }
    writeln!(out, "whole: {} blocks\nsnapshot {}", report.blocks, report.snapshot)
}

/// Where the ledger ends, and what was not examined.
fn end(out: &mut dyn Write, ledger: &Extent, gaps: &[Gap]) -> io::Result<()> {
    writeln!(out, "{}", ledger.sentence())?;
    if !gaps.is_empty() {
        writeln!(out, "Coverage gaps")?;
    }
    gaps.iter().try_for_each(|gap| writeln!(out, "  - {gap}"))
}

/// Who somebody is, for a table: address, name, category.
fn cells(party: Option<&Party>) -> [String; 3] {
    let entity = party.and_then(|party| party.entity.as_ref());
    [
        party.map_or_else(String::new, |party| party.address.clone()),
        entity.map_or_else(String::new, |entity| entity.label.clone()),
        entity.map_or_else(String::new, |entity| entity.category.to_string()),
    ]
}

/// Refuses what is asked for and answered over ledgers of Bitcoin alone: an option that is passed over would be an answer to another
/// question.
fn refuse(options: &[(&str, bool)]) -> Result<()> {
    match options.iter().find(|(_, given)| *given) {
        Some((option, _)) => {
            Err(miette!("{option} is there for ledgers of Bitcoin alone: leave it out here"))
        }
        None => Ok(()),
    }
}
