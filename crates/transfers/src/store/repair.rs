//! A manifest made anew from the segments' headers.
//!
//! Nothing is deleted: segments that have no place in the store are moved into the folder `left-out`, and back when a later repair
//! finds what they continue. Every step can be done again, so a repair that is stopped or killed is taken up by the next.

use std::{ops::ControlFlow, path::Path};

use tracehound_model::Chain;
use tracehound_segments::{
    Commit, Key, Manifest, Note, SegmentsError,
    files::segment_names,
    lock,
    recover::{self, LEFT_OUT, Unreadable, choose, is_whole, leave_out, losses, named, newest_generation},
};

use super::{FORMAT, STORE, TransferLedgerError, segment::Segment};

/// A segment that can be read whole.
type Candidate = recover::Candidate<Segment>;

/// How to repair.
#[derive(Clone, Copy, Debug)]
pub struct Repair {
    /// The chain that the folder is for.
    pub chain: Chain,
    /// Go on where blocks are lost: what lies behind a segment that is damaged or missing is left out.
    pub accept_loss: bool,
}

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Whether the manifest was made anew.
    pub manifest_rebuilt: bool,
    /// Segments of the store.
    pub segments: usize,
    /// Blocks of the store.
    pub blocks: u32,
    /// Segments moved into the folder `left-out`: others hold their blocks, or they are lost.
    pub left_out: Vec<String>,
    /// Segments moved back from there: what they continue is there again.
    pub brought_back: Vec<String>,
}

/// Repairs the store in `dir`. `step` is told of each thing done, and may stop.
///
/// # Errors
/// [`TransferLedgerError::WouldLose`] where blocks cannot be kept and nobody accepted that; [`TransferLedgerError::Stopped`] where
/// `step` ended it; when there is no store, or files cannot be read or moved.
pub fn repair(
    dir: &Path,
    options: Repair,
    step: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<RepairReport, TransferLedgerError> {
    let absent = || TransferLedgerError::from(SegmentsError::Absent { path: dir.to_owned() });
    if !dir.is_dir() {
        return Err(absent());
    }
    let mut step = |what: &str| match step(what) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(TransferLedgerError::Stopped),
    };
    let mut lock = lock(dir)?;
    let chain = options.chain.to_string();
    let manifest = match Manifest::read(dir, STORE.formats) {
        Ok(manifest) => Some(manifest),
        Err(SegmentsError::Manifest { .. } | SegmentsError::Absent { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    // One of another chain is another store's.
    let manifest = manifest.filter(|manifest| manifest.chain == chain);
    let note = Note::read(dir);
    let is_old = manifest.as_ref().is_none_or(|manifest| note.outdates(manifest));
    if segment_names(dir)?.is_empty() && manifest.is_none() {
        return Err(absent());
    }
    let (mut candidates, mut unreadable) = read_candidates(dir, &chain)?;
    let expected = expected(manifest.as_ref(), &candidates);
    let newest = newest_generation(dir, &STORE, manifest.as_ref(), &expected)?
        .max(note.last.map_or(0, |last| last.generation));
    // One store keeps one key, whatever of it is lost.
    let of_manifest = manifest.as_ref().and_then(|manifest| manifest.key);
    let kept = manifest.filter(|manifest| !is_old && is_whole(dir, manifest, &candidates));
    let mut brought_back = Vec::new();
    if kept.is_none() {
        let (left_out, _) = read_candidates(&dir.join(LEFT_OUT), &chain)?;
        brought_back = recover::missed(&candidates, &left_out);
        for name in &brought_back {
            recover::bring_back(dir, name)?;
            step("a segment is brought back")?;
        }
        if !brought_back.is_empty() {
            (candidates, unreadable) = read_candidates(dir, &chain)?;
        }
    }
    let chosen = match &kept {
        Some(manifest) => named(manifest, &candidates),
        None => choose(&candidates.iter().collect::<Vec<_>>()),
    };
    let blocks = chosen.last().map_or(0, |last| last.segment.end().block);
    let mut report = RepairReport {
        manifest_rebuilt: kept.is_none(),
        segments: chosen.len(),
        blocks,
        brought_back,
        ..RepairReport::default()
    };
    let manifest = if let Some(manifest) = kept {
        manifest
    } else {
        let who = (&expected[..], "the manifest names it");
        let mut lost = losses(&chosen, &candidates, &unreadable, who, "blocks");
        if lost.is_empty() && is_old {
            lost.extend(note.last.filter(|last| last.rows > blocks.into()).map(|last| {
                format!(
                    "what lay behind the first {blocks} blocks (the last commit had {} in all)",
                    last.rows
                )
            }));
        }
        if !lost.is_empty() && !options.accept_loss {
            return Err(TransferLedgerError::WouldLose {
                path: dir.to_owned(),
                what: format!(
                    "{blocks} blocks can be kept, and these segments cannot: {}; restore them from a copy, or leave them out with --accept-loss and ingest their blocks again",
                    lost.join("; ")
                ),
            });
        }
        let is_chosen = |name: &str| chosen.iter().any(|own| own.name == name);
        let all = candidates.iter().map(|own| &own.name).chain(unreadable.iter().map(|(name, _)| name));
        for name in all.filter(|name| !is_chosen(name)) {
            leave_out(dir, name, &STORE)?;
            report.left_out.push(name.clone());
            step("a segment is left out")?;
        }
        let of_segment = chosen.first().copied().or(candidates.first());
        let key = of_segment.map(|own| own.segment.key()).or(of_manifest);
        let manifest = Manifest {
            format: FORMAT,
            chain,
            segments: chosen.iter().map(|own| own.name.clone()).collect(),
            replaced: Vec::new(),
            generation: newest + 1,
            key: Some(key.map_or_else(Key::random, Ok)?),
        };
        manifest.replace(dir)?;
        step("the manifest is made anew")?;
        manifest
    };
    lock.committed(Commit { generation: manifest.generation, rows: blocks.into() })?;
    lock.end();
    Ok(report)
}

fn read_candidates(
    dir: &Path,
    chain: &str,
) -> Result<(Vec<Candidate>, Vec<Unreadable>), TransferLedgerError> {
    use tracehound_segments::Segment as _;
    let look = |name: &str| {
        let segment = Segment::open(dir, name, false)?;
        segment.check_sections()?;
        let origin = segment.origin()?;
        Ok((segment, Some(origin)))
    };
    Ok(recover::candidates(dir, chain, &look)?)
}

/// The segments that should lie in the folder by this store's manifest. Another one's tells nothing about them.
fn expected(manifest: Option<&Manifest>, candidates: &[Candidate]) -> Vec<String> {
    let is_own = |manifest: &&Manifest| {
        candidates.is_empty() || candidates.iter().any(|own| Some(own.segment.key()) == manifest.key)
    };
    manifest.filter(is_own).map(|manifest| manifest.segments.clone()).unwrap_or_default()
}
