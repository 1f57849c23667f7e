//! A manifest made anew from the segments' headers, and spent cells from the inputs that spend.
//!
//! Nothing is deleted: segments that have no place in the ledger are moved into the folder `left-out`, and back when a
//! later repair finds what they continue. Every step can be done again, so a repair that is stopped or killed is taken
//! up by the next.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use tracehound_columns::{SharedColumn, files::sync_dir};
use tracehound_model::Chain;
use tracehound_segments::{
    Commit, Key, Manifest, Note, SegmentsError,
    files::{segment_names, stems},
    lock,
    recover::{self, LEFT_OUT, Unreadable, choose, is_whole, leave_out, losses, named, newest_generation},
};

use crate::{
    LedgerError,
    cell::{in_snapshot, is_beyond},
    cells::{overwritten, visit_cells_told},
    segment::{Segment, cells_in_header},
    store::{CELLS, FORMAT, FORMAT_UNKEYED, STORE},
    writer::check_sums,
};

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
    /// Spent cells that said something else than the inputs do.
    pub cells_mended: u64,
    /// Spent cells that named transactions which the ledger does not have.
    pub cells_cleared: u64,
    /// Segments of the ledger.
    pub segments: usize,
    /// Blocks of the ledger.
    pub blocks: u32,
    /// Segments moved into the folder `left-out`: others hold their blocks, or they are lost.
    pub left_out: Vec<String>,
    /// Segments moved back from there: what they continue is there again.
    pub brought_back: Vec<String>,
}

/// Repairs the ledger in `dir`. `step` is told of each thing done, and may stop.
pub fn repair(
    dir: &Path,
    options: Repair,
    step: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<RepairReport, LedgerError> {
    if !dir.is_dir() {
        return Err(LedgerError::Absent { path: dir.to_owned() });
    }
    let mut step = |what: &str| match step(what) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LedgerError::Stopped),
    };
    let mut lock = lock(dir)?;
    let chain = options.chain.to_string();
    let manifest = match Manifest::read(dir, STORE.formats) {
        Ok(manifest) => Some(manifest),
        Err(SegmentsError::Manifest { .. } | SegmentsError::Absent { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    // One of another chain is another ledger's.
    let manifest = manifest.filter(|manifest| manifest.chain == chain);
    let note = Note::read(dir);
    let is_old = manifest.as_ref().is_none_or(|manifest| note.outdates(manifest));
    if segment_names(dir)?.is_empty() && manifest.is_none() {
        return Err(LedgerError::Absent { path: dir.to_owned() });
    }
    let (mut candidates, mut unreadable) = read_candidates(dir, &chain)?;
    step("every segment has a file of cells")?;
    let expected = expected(dir, manifest.as_ref(), &candidates)?;
    let newest = newest_generation(dir, &STORE, manifest.as_ref(), &expected.0)?
        .max(note.last.map_or(0, |last| last.generation));
    // One ledger keeps one key, whatever of it is lost.
    let of_manifest = manifest.as_ref().and_then(|manifest| manifest.key);
    let key = candidates.iter().find_map(|own| own.segment.key()).or(of_manifest);
    let kept = manifest.filter(|manifest| !is_old && is_whole(dir, manifest, &candidates));
    let mut brought_back = Vec::new();
    if kept.is_none() {
        brought_back = bring_back(dir, &chain, &candidates, &mut step)?;
        if !brought_back.is_empty() {
            (candidates, unreadable) = read_candidates(dir, &chain)?;
        }
    }
    let chosen = match &kept {
        Some(manifest) => named(manifest, &candidates),
        None => choose(&candidates.iter().collect::<Vec<_>>()),
    };
    let mut report = RepairReport {
        manifest_rebuilt: kept.is_none(),
        segments: chosen.len(),
        blocks: chosen.last().map_or(0, |last| last.segment.end().block),
        brought_back,
        ..RepairReport::default()
    };
    if kept.is_none() {
        let mut lost = losses(&chosen, &candidates, &unreadable, (&expected.0, expected.1), "transactions");
        if lost.is_empty() && is_old {
            lost.extend(traces(&chosen, note));
        }
        if !lost.is_empty() && !options.accept_loss {
            return Err(LedgerError::WouldLose {
                path: dir.to_owned(),
                what: format!(
                    "{} blocks can be kept, and these segments cannot: {}; restore them from a copy, or leave them out with --accept-loss and ingest their blocks again",
                    report.blocks,
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
    }
    (report.cells_mended, report.cells_cleared) = mend_cells(&chosen, &mut step)?;
    let segments = open_chosen(dir, &chosen)?;
    check_sums(&segments)?;
    let manifest = if let Some(manifest) = kept {
        manifest
    } else {
        let manifest = manifest_of(&chain, newest, &chosen, key)?;
        manifest.replace(dir)?;
        step("the manifest is made anew")?;
        manifest
    };
    let rows = chosen.last().map_or(0, |last| last.segment.end().tx).into();
    lock.committed(Commit { generation: manifest.generation, rows })?;
    lock.end();
    Ok(report)
}

/// A file of cells beside every segment, of the right length: what they say is made anew later.
fn make_room_for_cells(dir: &Path, name: &str) -> Result<(), LedgerError> {
    // A header that cannot be read is told of when the segment is.
    let Ok(cells) = cells_in_header(dir, name) else { return Ok(()) };
    let path = dir.join(format!("{name}.{CELLS}"));
    if std::fs::metadata(&path).is_ok_and(|found| Some(found.len()) == cells.checked_mul(4)) {
        return Ok(());
    }
    empty_cells(&path, cells).map(|_| ())
}

/// Makes a file of unspent cells under `path`, durable, and maps it.
fn empty_cells(path: &Path, cells: u64) -> Result<SharedColumn, LedgerError> {
    let temporary = path.with_extension("tmp");
    let len = cells.checked_mul(4).ok_or_else(|| LedgerError::corrupt(path, "it has too many cells"))?;
    let write = || {
        let file = std::fs::File::create(&temporary)?;
        file.set_len(len)?;
        file.sync_all()
    };
    write().map_err(LedgerError::io("writing", &temporary))?;
    std::fs::rename(&temporary, path).map_err(LedgerError::io("renaming to", path))?;
    Ok(SharedColumn::open(path, cells as usize, true)?)
}

/// The segments of a folder that are whole and of this chain, and those that are not, with the reason. Each is given a file
/// of cells.
fn read_candidates(dir: &Path, chain: &str) -> Result<(Vec<Candidate>, Vec<Unreadable>), LedgerError> {
    for name in segment_names(dir)? {
        make_room_for_cells(dir, &name)?;
    }
    let look = |name: &str| {
        let segment = Segment::open(dir, name, true)?;
        segment.check_sections()?;
        let origin = segment.origin()?;
        Ok((segment, origin))
    };
    Ok(recover::candidates(dir, chain, &look)?)
}

/// The segments that should lie in the folder, and who says so: this ledger's manifest, or, where none can be read, the
/// cells that lie beside no segment.
fn expected(
    dir: &Path,
    manifest: Option<&Manifest>,
    candidates: &[Candidate],
) -> Result<(Vec<String>, &'static str), LedgerError> {
    let mut keys = candidates.iter().filter_map(|own| own.segment.key()).peekable();
    // Another ledger's manifest tells nothing about this one's segments.
    let is_own = |manifest: &&Manifest| {
        manifest.key.is_none_or(|of_manifest| keys.peek().is_none() || keys.any(|key| key == of_manifest))
    };
    match manifest.filter(is_own) {
        Some(manifest) => Ok((manifest.segments.clone(), "the manifest names it")),
        None => Ok((stems(dir, CELLS)?, "its spent cells are")),
    }
}

/// What tells that transactions were there behind the last of these segments, where no file and no manifest names them.
fn traces(chosen: &[&Candidate], note: Note) -> Option<String> {
    let end = chosen.last().map_or(0, |last| last.segment.end().tx);
    if let Some(last) = note.last {
        return (last.rows > end.into()).then(|| {
            format!("what lay behind transaction number {end} (the last commit had {} in all)", last.rows)
        });
    }
    let beyond = || {
        let cells = chosen.iter().map(|own| {
            (0..own.segment.spent.len()).filter(|&at| is_beyond(own.segment.spent.load(at), end)).count()
        });
        cells.sum::<usize>()
    };
    // A writer that was interrupted leaves such cells too.
    let count = if note.at_work { 0 } else { beyond() };
    (count > 0).then(|| format!("what lay behind transaction number {end} ({count} spent cells name it)"))
}

/// Moves back what earlier repairs left out, as far as it goes on where segments of the folder end: one that was missing
/// may have been put back since.
fn bring_back(
    dir: &Path,
    chain: &str,
    candidates: &[Candidate],
    step: &mut dyn FnMut(&str) -> Result<(), LedgerError>,
) -> Result<Vec<String>, LedgerError> {
    let folder = dir.join(LEFT_OUT);
    let (left_out, _) = read_candidates(&folder, chain)?;
    let names = recover::missed(candidates, &left_out);
    for name in &names {
        // The cells are made anew.
        recover::bring_back(dir, name)?;
        step("a segment is brought back")?;
    }
    Ok(names)
}

/// Makes the cells of these segments from their rows, beside the old ones, and replaces those that differ. Gives how many
/// said something else, and how many named transactions beyond the ledger.
fn mend_cells(
    chosen: &[&Candidate],
    step: &mut dyn FnMut(&str) -> Result<(), LedgerError>,
) -> Result<(u64, u64), LedgerError> {
    let end_tx = chosen.last().map_or(0, |last| last.segment.end().tx);
    let made = |own: &&Candidate| -> Result<(PathBuf, SharedColumn), LedgerError> {
        let path = own.segment.spent_path().with_extension("cells");
        let cells = empty_cells(&path, own.segment.spent.len() as u64)?;
        Ok((path, cells))
    };
    let new: Vec<(PathBuf, SharedColumn)> = chosen.iter().map(made).collect::<Result<_, _>>()?;
    let place = |out: u64| {
        let at = chosen.partition_point(|own| own.segment.first().output <= out).checked_sub(1)?;
        let rel = out - chosen[at].segment.first().output;
        (rel < new[at].1.len() as u64).then_some((at, rel as usize))
    };
    let store = |out: u64, content: u32| {
        if let Some((at, rel)) = place(out) {
            new[at].1.store(rel, content);
        }
    };
    let now = |out: u64| place(out).map_or(0, |(at, rel)| new[at].1.load(rel));
    for own in chosen {
        visit_cells_told(&own.segment, store);
    }
    let keyed = chosen.iter().any(|own| own.segment.key().is_some());
    if keyed {
        for (out, mark) in overwritten(chosen.iter().map(|own| &own.segment), now) {
            store(out, mark);
        }
    }
    let (mut mended, mut cleared) = (0, 0);
    for (own, (path, cells)) in chosen.iter().zip(&new) {
        let old = &own.segment.spent;
        let differ =
            (0..cells.len()).filter(|&at| in_snapshot(old.load(at), end_tx) != cells.load(at)).count();
        let beyond = (0..cells.len()).filter(|&at| is_beyond(old.load(at), end_tx)).count();
        mended += differ as u64;
        cleared += beyond as u64;
        let target = own.segment.spent_path();
        if differ > 0 || beyond > 0 {
            cells.sync(path)?;
            std::fs::rename(path, target).map_err(LedgerError::io("renaming to", target))?;
            step("the cells of a segment are made anew")?;
        } else {
            std::fs::remove_file(path).map_err(LedgerError::io("removing", path))?;
        }
    }
    if let Some(folder) = chosen.first().and_then(|own| own.segment.spent_path().parent()) {
        sync_dir(folder)?;
    }
    Ok((mended, cleared))
}

/// The chosen segments, mapped again: their cells may lie in new files.
fn open_chosen(dir: &Path, chosen: &[&Candidate]) -> Result<Vec<Segment>, SegmentsError> {
    chosen.iter().map(|own| Segment::open(dir, &own.name, false)).collect()
}

fn manifest_of(
    chain: &str,
    newest: u64,
    chosen: &[&Candidate],
    known: Option<Key>,
) -> Result<Manifest, LedgerError> {
    let key = chosen.iter().find_map(|own| own.segment.key());
    let generation = newest + 1;
    let segments = chosen.iter().map(|own| own.name.clone()).collect();
    let format = if key.is_some() || chosen.is_empty() { FORMAT } else { FORMAT_UNKEYED };
    let key = if chosen.is_empty() { Some(known.map_or_else(Key::random, Ok)?) } else { key };
    Ok(Manifest { format, chain: chain.to_owned(), segments, replaced: Vec::new(), generation, key })
}
