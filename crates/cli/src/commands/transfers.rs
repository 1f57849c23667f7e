//! What the commands print of ledgers of transfers.

pub(super) mod tx;

use std::io::{self, Write};

use tracehound_engine::transfers::ledger::{Info, Verified};

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
