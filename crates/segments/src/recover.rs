//! A store without a manifest that can be believed: the best run of the segments that are there.
//!
//! Nothing is deleted: segments that have no place in the store are moved into the folder [`LEFT_OUT`], and back when a
//! later repair finds what they continue. Each step can be done again, so a repair that is killed is taken up by the next.

use std::path::Path;

use tracehound_columns::files::sync_dir;

use crate::{
    Key, Manifest, Origin, Segment, SegmentsError, Store, Stray,
    files::{SEGMENT, end_of, generation_of, open_named, rows_of, segment_names, stems, strays},
};

/// Where segments go that have no place in the store.
pub const LEFT_OUT: &str = "left-out";

/// A segment that can be read whole.
#[derive(Debug)]
pub struct Candidate<S> {
    /// Its name.
    pub name: String,
    /// The commit with which it came.
    pub generation: u64,
    /// The segment.
    pub segment: S,
}

/// The name of a segment that cannot be used, and why.
pub type Unreadable = (String, String);

/// Maps a segment by its name, checks it, and says where it comes from, where it says so itself.
pub type Look<'a, S> = &'a dyn Fn(&str) -> Result<(S, Option<Origin>), SegmentsError>;

/// Segments that are whole, and those that are not.
pub type Looked<S> = (Vec<Candidate<S>>, Vec<Unreadable>);

/// The segments of a folder that are whole and of this chain, and those that are not, with the reason.
///
/// # Errors
/// When the folder cannot be read, or holds a segment of a version that is not known.
pub fn candidates<S: Segment>(
    dir: &Path,
    chain: &str,
    look: Look<'_, S>,
) -> Result<Looked<S>, SegmentsError> {
    let (mut candidates, mut unreadable) = (Vec::new(), Vec::new());
    for name in segment_names(dir)? {
        let (segment, origin) = match look(&name) {
            Ok(read) => read,
            Err(error @ SegmentsError::Version { .. }) => return Err(error),
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

/// The names of those that earlier repairs left out and that go on where segments of the folder end: one that was missing may have
/// been put back since.
pub fn missed<S: Segment>(candidates: &[Candidate<S>], left_out: &[Candidate<S>]) -> Vec<String> {
    let is_here = |name: &str| candidates.iter().any(|own| own.name == name);
    let all: Vec<&Candidate<S>> =
        candidates.iter().chain(left_out.iter().filter(|own| !is_here(&own.name))).collect();
    let wanted = choose(&all).into_iter().filter(|own| !is_here(&own.name));
    wanted.map(|own| own.name.clone()).collect()
}

/// What would be lost, of the folder's segments and of those that should lie there by whom `expected` names: not rows that others
/// hold, nor those of the folder that a reorg took back. `rows` is what segments are named by the numbers of.
pub fn losses<S: Segment>(
    chosen: &[&Candidate<S>],
    candidates: &[Candidate<S>],
    unreadable: &[Unreadable],
    (expected, who): (&[String], &str),
    rows: &str,
) -> Vec<String> {
    let end = chosen.last().map_or(0, |last| last.rows_at_end());
    let newest = chosen.iter().map(|own| own.generation).max().unwrap_or(0);
    let cut_off = candidates
        .iter()
        .filter(|own| own.rows_at_end() > end && own.generation > newest)
        .map(|own| format!("{} (what comes before it is missing)", own.name));
    let is_beyond = |name: &str| rows_of(name).is_none_or(|held| held.end > end);
    let damaged =
        unreadable.iter().filter(|(name, _)| is_beyond(name)).map(|(name, why)| format!("{name} ({why})"));
    let is_there = |name: &String| {
        candidates.iter().any(|own| own.name == *name) || unreadable.iter().any(|(own, _)| own == name)
    };
    let missing = expected.iter().filter(|name| !is_there(name) && is_beyond(name)).map(|name| {
        let held = match rows_of(name) {
            Some(held) => format!("{} {rows}, from number {}", held.end - held.start, held.start),
            None => format!("an unknown number of {rows}"),
        };
        format!("{name} (its file is not there, and {who}: it held {held})")
    });
    missing.chain(damaged).chain(cut_off).collect()
}

impl<S: Segment> Candidate<S> {
    fn rows_at_end(&self) -> u64 {
        S::rows_before(self.segment.end())
    }
}

/// Whether the manifest is the right one: it names whole segments that continue each other, and no other is newer.
pub fn is_whole<S: Segment>(dir: &Path, manifest: &Manifest, candidates: &[Candidate<S>]) -> bool {
    let Ok(segments) = open_named::<S>(dir, manifest, false) else { return false };
    let all_known = strays::<S>(dir, manifest, end_of(&segments))
        .is_ok_and(|strays| strays.iter().all(|(_, stray)| *stray == Stray::Superseded));
    named(manifest, candidates).len() == manifest.segments.len() && all_known
}

/// The segments that the manifest names, as far as they are among these.
pub fn named<'a, S>(manifest: &Manifest, candidates: &'a [Candidate<S>]) -> Vec<&'a Candidate<S>> {
    let find = |name: &String| candidates.iter().find(|candidate| candidate.name == *name);
    manifest.segments.iter().filter_map(find).collect()
}

/// The run of segments from the first row on that holds the newest commit, and of those the longest. A merge, reorg or
/// upgrade that was killed leaves both the old segments and the new one: the new one is whole.
pub fn choose<'a, S: Segment>(candidates: &[&'a Candidate<S>]) -> Vec<&'a Candidate<S>> {
    let mut order: Vec<&Candidate<S>> = candidates.to_vec();
    order.sort_by_key(|own| (S::rows_before(own.segment.first()), own.rows_at_end()));
    let mut keys: Vec<Option<Key>> = order.iter().map(|own| own.segment.key()).collect();
    keys.sort_unstable();
    keys.dedup();
    let rows = |run: &[&Candidate<S>]| run.last().map_or(0, |last| last.rows_at_end());
    let rank = |run: &[&Candidate<S>]| {
        let newest = run.iter().map(|own| own.generation).max().unwrap_or(0);
        (newest, rows(run))
    };
    let goes_on = |own: &Candidate<S>, before: Option<&Candidate<S>>| {
        own.segment.continues(before.map(|before| &before.segment))
    };
    let mut best: Vec<&Candidate<S>> = Vec::new();
    for key in keys {
        let of_key = |own: &&&Candidate<S>| own.segment.key().is_none() || own.segment.key() == key;
        let group: Vec<&Candidate<S>> = order.iter().filter(of_key).copied().collect();
        // Best run from each segment on, from the back.
        let mut runs: Vec<Vec<&Candidate<S>>> = vec![Vec::new(); group.len()];
        for at in (0..group.len()).rev() {
            let next = (at + 1..group.len())
                .filter(|&next| goes_on(group[next], Some(group[at])))
                .max_by_key(|&next| rank(&runs[next]));
            let mut run = vec![group[at]];
            run.extend(next.iter().flat_map(|&next| runs[next].iter().copied()));
            runs[at] = run;
        }
        let starts = (0..group.len()).filter(|&at| goes_on(group[at], None));
        let run = starts.map(|at| runs[at].clone()).max_by_key(|run| rank(run)).unwrap_or_default();
        if rows(&run) > rows(&best) {
            best = run;
        }
    }
    best
}

/// Moves a segment's files into [`LEFT_OUT`].
///
/// # Errors
/// When one cannot be moved.
pub fn leave_out(dir: &Path, name: &str, store: &Store) -> Result<(), SegmentsError> {
    let folder = dir.join(LEFT_OUT);
    std::fs::create_dir_all(&folder).map_err(SegmentsError::io("creating", &folder))?;
    // The file beside it first: it can be made anew, and what has no segment is swept away.
    for extension in store.beside.into_iter().chain([SEGMENT]) {
        let file = format!("{name}.{extension}");
        let from = dir.join(&file);
        if from.exists() {
            std::fs::rename(&from, folder.join(file)).map_err(SegmentsError::io("moving", &from))?;
        }
    }
    sync_dir(&folder)?;
    Ok(sync_dir(dir)?)
}

/// Moves a segment back from [`LEFT_OUT`], without the file beside it.
///
/// # Errors
/// When it cannot be moved.
pub fn bring_back(dir: &Path, name: &str) -> Result<(), SegmentsError> {
    let file = format!("{name}.{SEGMENT}");
    let from = dir.join(LEFT_OUT).join(&file);
    std::fs::rename(&from, dir.join(&file)).map_err(SegmentsError::io("moving", &from))?;
    Ok(sync_dir(dir)?)
}

/// The newest generation that anything tells of: segments that are there, left out or `expected`, and the manifest. What
/// comes after it is nobody's yet.
///
/// # Errors
/// When a folder cannot be read.
pub fn newest_generation(
    dir: &Path,
    store: &Store,
    manifest: Option<&Manifest>,
    expected: &[String],
) -> Result<u64, SegmentsError> {
    let mut names = expected.to_vec();
    for folder in [dir.to_owned(), dir.join(LEFT_OUT)] {
        names.extend(segment_names(&folder)?);
        if let Some(beside) = store.beside {
            names.extend(stems(&folder, beside)?);
        }
    }
    // No store has more commits than this, whatever a damaged name says.
    let told = names.iter().filter_map(|name| generation_of(name)).filter(|told| told >> 48 == 0);
    Ok(told.chain(manifest.map(|manifest| manifest.generation)).max().unwrap_or(0))
}
