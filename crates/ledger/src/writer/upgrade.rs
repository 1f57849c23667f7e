//! Rewriting segments of formats 1 and 2, so that every hash has the ledger's key, every page its checksum, and every
//! snapshot its id.
//!
//! One segment at a time, and no table of owners: memory does not grow with the ledger. The new file is written under a name of its own, the manifest replaced, the old file removed.
//! Stopped or killed after any of these, the ledger is whole, and the next run takes up what is left.

use std::{ops::ControlFlow, path::Path};

use tracehound_model::Chain;
use tracehound_segments::files::read_manifest;

use super::{Writer, WriterOptions, copy_rows};
use crate::{
    LedgerError,
    cell::DESTROYED,
    cells::{Sums, overwritten, raw_cell},
    data::SegmentData,
    segment::Segment,
    store::STORE,
};

/// What an upgrade did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpgradeReport {
    /// Segments rewritten.
    pub rewritten: usize,
    /// Segments there are.
    pub segments: usize,
}

/// Brings the ledger of `chain` in `dir` to this version's format. `step` is told of each thing done, and may stop.
pub fn upgrade(
    dir: &Path,
    chain: Chain,
    step: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<UpgradeReport, LedgerError> {
    if !dir.is_dir() {
        return Err(LedgerError::Absent { path: dir.to_owned() });
    }
    let mut step = |what: &str| match step(what) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LedgerError::Stopped),
    };
    read_manifest(dir, &STORE)?;
    let mut writer = Writer::open_to_rewrite(dir, chain, WriterOptions::default())?;
    step("the ledger has a key")?;
    let mut report = UpgradeReport { rewritten: 0, segments: writer.parts.segments.len() };
    let marks = overwritten(&writer.parts.segments, |out| raw_cell(&writer.parts.segments, out));
    let mut marks = marks.into_iter().peekable();
    let mut sums = Sums::default();
    for at in 0..report.segments {
        let segment = &writer.parts.segments[at];
        sums.add_rows(segment);
        while let Some((out, mark)) = marks.next_if(|(_, mark)| mark & !DESTROYED < segment.end().tx) {
            sums.add(out, mark);
        }
        if segment.ids().is_none() {
            writer.rewrite(at, &sums, &mut step)?;
            report.rewritten += 1;
        }
    }
    Ok(report)
}

impl Writer {
    fn rewrite(
        &mut self,
        at: usize,
        sums: &Sums,
        step: &mut dyn FnMut(&str) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let segment = &self.parts.segments[at];
        segment.check_sections()?;
        let mut data = SegmentData::new(segment.first());
        copy_rows(&mut data, segment, segment.blocks().len(), u32::MAX)?;
        let name = self.write(&data, sums)?;
        step("a segment is written anew")?;
        let old = self.folder.rewrite(at, &name)?;
        step("the manifest names it")?;
        self.parts.segments[at] = Segment::open(self.folder.dir(), &name, true)?;
        self.note_commit()?;
        self.folder.remove(old.as_slice())?;
        step("the old one is removed")
    }
}
