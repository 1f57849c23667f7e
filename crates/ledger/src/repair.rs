//! A manifest made anew from the segments' headers, and spent cells from the inputs that spend.
//!
//! Nothing is deleted: segments that have no place in the ledger are moved into the folder `left-out`, and back when a
//! later repair finds what they continue. Every step can be done again, so a repair that is stopped or killed is taken
//! up by the next.

use std::{
    ops::{ControlFlow, Range},
    path::{Path, PathBuf},
};

use tracehound_columns::{SharedColumn, files::sync_dir};
use tracehound_model::Chain;

use crate::{
    LedgerError,
    cell::{in_snapshot, is_beyond},
    cells::{overwritten, visit_cells_told},
    data::{FLAG_AFTER_MISSING_RANGE, First},
    folder::{Commit, Note, Stray, cell_names, generation_of, lock, open_named, segment_names, strays},
    key::Key,
    manifest::{FORMAT, FORMAT_UNKEYED, Manifest},
    segment::{Segment, cells_in_header},
    writer::check_sums,
};

/// Where segments go that have no place in the ledger.
const LEFT_OUT: &str = "left-out";

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

/// A segment that can be read whole.
struct Candidate {
    name: String,
    generation: u64,
    segment: Segment,
}

/// The name of a segment that cannot be used, and why.
type Unreadable = (String, String);

impl Candidate {
    /// Whether this segment continues `before`, in numbers and in block ids.
    fn continues(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else { return self.segment.first() == First::default() };
        let (old, own) = (before.segment.blocks(), self.segment.blocks());
        let (Some(last), Some(first)) = (old.len().checked_sub(1).and_then(|at| old.get(at)), own.get(0))
        else {
            return false;
        };
        let (old_ids, own_ids) = (before.segment.ids(), self.segment.ids());
        let joins = old_ids.zip(own_ids).is_none_or(|(old, own)| old.get(old.len() - 1) == own.get(0));
        self.segment.first() == before.segment.end()
            && joins
            && (first.flags & FLAG_AFTER_MISSING_RANGE != 0 || first.header().prev() == last.hash())
    }
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
    let manifest = match Manifest::read(dir) {
        Ok(manifest) => Some(manifest),
        Err(LedgerError::Manifest { .. } | LedgerError::Absent { .. }) => None,
        Err(error) => return Err(error),
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
    let newest = newest_generation(dir, manifest.as_ref(), &expected.0)?
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
        let mut lost = losses(&chosen, &candidates, &unreadable, &expected);
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
            leave_out(dir, name)?;
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
    let txs = chosen.last().map_or(0, |last| last.segment.end().tx);
    lock.committed(Commit { generation: manifest.generation, txs })?;
    lock.end();
    Ok(report)
}

/// A file of cells beside every segment, of the right length: what they say is made anew later.
fn make_room_for_cells(dir: &Path, name: &str) -> Result<(), LedgerError> {
    // A header that cannot be read is told of when the segment is.
    let Ok(cells) = cells_in_header(dir, name) else { return Ok(()) };
    let path = dir.join(format!("{name}.spent"));
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
    let (mut candidates, mut unreadable) = (Vec::new(), Vec::new());
    for name in segment_names(dir)? {
        make_room_for_cells(dir, &name)?;
        let read = Segment::open(dir, &name, true)
            .and_then(|segment| segment.check_sections().and_then(|()| Ok((segment.origin()?, segment))));
        let (origin, segment) = match read {
            Ok(read) => read,
            Err(error @ LedgerError::Version { .. }) => return Err(error),
            Err(error) => {
                unreadable.push((name, error.to_string()));
                continue;
            }
        };
        if let Some(origin) = origin.as_ref().filter(|origin| origin.chain != chain) {
            unreadable.push((name, format!("it is of {}", origin.chain)));
            continue;
        }
        let generation = origin.map(|origin| origin.generation).or_else(|| generation_of(&name)).unwrap_or(0);
        candidates.push(Candidate { name, generation, segment });
    }
    Ok((candidates, unreadable))
}

/// Whether the manifest is the right one: it names whole segments that continue each other, and no other is newer.
fn is_whole(dir: &Path, manifest: &Manifest, candidates: &[Candidate]) -> bool {
    let Ok(segments) = open_named(dir, manifest, false) else { return false };
    let end = segments.last().map_or(First::default(), Segment::end);
    let all_known = strays(dir, manifest, end)
        .is_ok_and(|strays| strays.iter().all(|(_, stray)| matches!(stray, Stray::Superseded)));
    named(manifest, candidates).len() == manifest.segments.len() && all_known
}

fn named<'a>(manifest: &Manifest, candidates: &'a [Candidate]) -> Vec<&'a Candidate> {
    let find = |name: &String| candidates.iter().find(|candidate| candidate.name == *name);
    manifest.segments.iter().filter_map(find).collect()
}

/// The run of segments from the first transaction on that holds the newest commit, and of those the longest. A merge,
/// reorg or upgrade that was killed leaves both the old segments and the new one: the new one is whole.
fn choose<'a>(candidates: &[&'a Candidate]) -> Vec<&'a Candidate> {
    let mut order: Vec<&Candidate> = candidates.to_vec();
    order.sort_by_key(|own| (own.segment.first().tx, own.segment.end().tx));
    let mut keys: Vec<Option<Key>> = order.iter().map(|own| own.segment.key()).collect();
    keys.sort_unstable();
    keys.dedup();
    let rank = |run: &[&Candidate]| {
        let newest = run.iter().map(|own| own.generation).max().unwrap_or(0);
        (newest, run.last().map_or(0, |last| last.segment.end().tx))
    };
    let mut best: Vec<&Candidate> = Vec::new();
    for key in keys {
        let of_key = |own: &&&Candidate| own.segment.key().is_none() || own.segment.key() == key;
        let group: Vec<&Candidate> = order.iter().filter(of_key).copied().collect();
        // Best run from each segment on, from the back.
        let mut runs: Vec<Vec<&Candidate>> = vec![Vec::new(); group.len()];
        for at in (0..group.len()).rev() {
            let next = (at + 1..group.len())
                .filter(|&next| group[next].continues(Some(group[at])))
                .max_by_key(|&next| rank(&runs[next]));
            let mut run = vec![group[at]];
            run.extend(next.iter().flat_map(|&next| runs[next].iter().copied()));
            runs[at] = run;
        }
        let starts = (0..group.len()).filter(|&at| group[at].continues(None));
        let run = starts.map(|at| runs[at].clone()).max_by_key(|run| rank(run)).unwrap_or_default();
        let blocks = |run: &[&Candidate]| run.last().map_or(0, |last| last.segment.end().tx);
        if blocks(&run) > blocks(&best) {
            best = run;
        }
    }
    best
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
        None => Ok((cell_names(dir)?, "its spent cells are")),
    }
}

/// What would be lost, of the folder's segments and of those that should lie there: not blocks that others hold, nor
/// those of the folder that a reorg took back.
fn losses(
    chosen: &[&Candidate],
    candidates: &[Candidate],
    unreadable: &[Unreadable],
    (expected, who): &(Vec<String>, &str),
) -> Vec<String> {
    let end = chosen.last().map_or(0, |last| last.segment.end().tx);
    let newest = chosen.iter().map(|own| own.generation).max().unwrap_or(0);
    let cut_off = candidates
        .iter()
        .filter(|own| own.segment.end().tx > end && own.generation > newest)
        .map(|own| format!("{} (what comes before it is missing)", own.name));
    let is_beyond = |name: &str| transactions_of(name).is_none_or(|txs| txs.end > u64::from(end));
    let damaged =
        unreadable.iter().filter(|(name, _)| is_beyond(name)).map(|(name, why)| format!("{name} ({why})"));
    let is_there = |name: &String| {
        candidates.iter().any(|own| own.name == *name) || unreadable.iter().any(|(own, _)| own == name)
    };
    let missing = expected.iter().filter(|name| !is_there(name) && is_beyond(name)).map(|name| {
        let held = match transactions_of(name) {
            Some(txs) => format!("{} transactions, from number {}", txs.end - txs.start, txs.start),
            None => "an unknown number of transactions".to_owned(),
        };
        format!("{name} (its file is not there, and {who}: it held {held})")
    });
    missing.chain(damaged).chain(cut_off).collect()
}

/// What tells that transactions were there behind the last of these segments, where no file and no manifest names them.
fn traces(chosen: &[&Candidate], note: Note) -> Option<String> {
    let end = chosen.last().map_or(0, |last| last.segment.end().tx);
    if let Some(last) = note.last {
        return (last.txs > end).then(|| {
            format!("what lay behind transaction number {end} (the last commit had {} in all)", last.txs)
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

/// The transactions of a segment, by its name.
fn transactions_of(name: &str) -> Option<Range<u64>> {
    let mut parts = name.split('-');
    let (first, count): (u64, u64) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(first..first.checked_add(count)?)
}

fn leave_out(dir: &Path, name: &str) -> Result<(), LedgerError> {
    let folder = dir.join(LEFT_OUT);
    std::fs::create_dir_all(&folder).map_err(LedgerError::io("creating", &folder))?;
    // The cells first: they can be made anew, and what has no segment is swept away.
    for extension in ["spent", "seg"] {
        let file = format!("{name}.{extension}");
        let from = dir.join(&file);
        if from.exists() {
            std::fs::rename(&from, folder.join(file)).map_err(LedgerError::io("moving", &from))?;
        }
    }
    sync_dir(&folder)?;
    Ok(sync_dir(dir)?)
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
    let is_here = |name: &str| candidates.iter().any(|own| own.name == name);
    let all: Vec<&Candidate> =
        candidates.iter().chain(left_out.iter().filter(|own| !is_here(&own.name))).collect();
    let wanted = choose(&all).into_iter().filter(|own| !is_here(&own.name));
    let names: Vec<String> = wanted.map(|own| own.name.clone()).collect();
    for name in &names {
        // The cells are made anew.
        let file = format!("{name}.seg");
        let from = folder.join(&file);
        std::fs::rename(&from, dir.join(&file)).map_err(LedgerError::io("moving", &from))?;
        sync_dir(dir)?;
        step("a segment is brought back")?;
    }
    Ok(names)
}

/// The newest generation that anything tells of: segments that are there, left out or missing, and the manifest. What comes
/// after it is nobody's yet.
fn newest_generation(
    dir: &Path,
    manifest: Option<&Manifest>,
    expected: &[String],
) -> Result<u64, LedgerError> {
    let mut names = expected.to_vec();
    for folder in [dir.to_owned(), dir.join(LEFT_OUT)] {
        names.extend(segment_names(&folder)?);
        names.extend(cell_names(&folder)?);
    }
    // No ledger has more commits than this, whatever a damaged name says.
    let told = names.iter().filter_map(|name| generation_of(name)).filter(|told| told >> 48 == 0);
    Ok(told.chain(manifest.map(|manifest| manifest.generation)).max().unwrap_or(0))
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
fn open_chosen(dir: &Path, chosen: &[&Candidate]) -> Result<Vec<Segment>, LedgerError> {
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
