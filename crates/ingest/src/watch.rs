//! Ledgers of some accounts' movements, and making one watch more accounts than it did.
//!
//! Whom a ledger watches is a part of what it is, from its first block on. One that is to watch more is read anew beside it, from the
//! same first block, and takes its place once it has come as far; until then answers come from the old one. So an account that is
//! watched is watched from the ledger's first block, whenever it was added. A run that ended anywhere is taken up by running it again.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use tracehound_model::{Address, Chain};
use tracehound_transfers::{
    BlockNum, Opening, TransferLedger, TransferLedgerError, TransferRows, Writer, WriterOptions,
};
use tracing::info;

use crate::TransferIngestError;

/// What has to be done so that a ledger watches some accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watching {
    /// Nothing: it watches them, or will when it begins, and goes on with these. `None` where it holds everybody's movements.
    GoesOn(Option<BTreeSet<Address>>),
    /// Blocks are to be read anew into a ledger beside it.
    Widens(Widening),
}

/// A ledger that watches more, in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widening {
    /// Where it is made.
    pub dir: PathBuf,
    /// Whom it watches.
    pub watch: BTreeSet<Address>,
    /// What the ledger that it is to replace knows of before its first block.
    pub opening: Opening,
    /// The first block of the ledger that it is to replace.
    pub from: u64,
    /// The last one of it.
    pub to: u64,
}

/// How far a ledger that watches more has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Widened {
    /// It took the other one's place.
    InPlace,
    /// It has come up to this block, and is to be read on; nothing where it has none.
    Behind(Option<u64>),
    /// It begins with this block, later than the other one does: it can never take its place, and is gone.
    TooLate(u64),
}

/// Beside a ledger.
fn beside(dir: &Path, what: &str) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(what);
    dir.with_file_name(name)
}

impl Widening {
    /// How it is written: with what the other one knew, unless it was begun already.
    pub fn writer(&self, chain: Chain, like: &WriterOptions) -> WriterOptions {
        let is_begun = TransferLedger::open(&self.dir, chain).is_ok_and(|begun| begun.block_count() > 0);
        let opening = (!is_begun).then(|| self.opening.clone());
        WriterOptions { opening, watch: Some(self.watch.clone()), ..like.clone() }
    }
}

fn in_the_making(dir: &Path) -> PathBuf {
    beside(dir, "-widened")
}

fn replaced(dir: &Path) -> PathBuf {
    beside(dir, "-replaced")
}

/// What has to be done so that the ledger in `dir` watches these accounts too, besides those that it watches. With nobody it goes on
/// as it is. Ends first what a killed run had begun.
///
/// # Errors
/// When the ledger holds everybody's movements, which is more; when it cannot be read, or a file cannot be moved.
pub fn watching(
    dir: &Path,
    chain: Chain,
    accounts: &BTreeSet<Address>,
) -> Result<Watching, TransferIngestError> {
    end_exchange(dir)?;
    let nobody = || Watching::GoesOn((!accounts.is_empty()).then(|| accounts.clone()));
    let ledger = match TransferLedger::open(dir, chain) {
        Err(error) if error.is_absent() => return Ok(nobody()),
        opened => opened?,
    };
    let Some((first, last)) = ends(&ledger)? else { return Ok(nobody()) };
    let held = held(&ledger)?;
    match held {
        None if accounts.is_empty() => Ok(Watching::GoesOn(None)),
        None => Err(TransferLedgerError::OtherWatch { path: dir.to_owned(), everybody: true }.into()),
        Some(held) if accounts.is_subset(&held) => Ok(Watching::GoesOn(Some(held))),
        Some(mut watch) => {
            watch.extend(accounts);
            let aside = in_the_making(dir);
            // One that was begun for others is of no use.
            let begun = match TransferLedger::open(&aside, chain) {
                Ok(begun) if begun.block_count() > 0 => self::held(&begun)?,
                _ => None,
            };
            if aside.exists() && begun.as_ref() != Some(&watch) {
                remove(&aside)?;
            }
            let opening = ledger.opening()?;
            Ok(Watching::Widens(Widening { dir: aside, watch, opening, from: first, to: last }))
        }
    }
}

/// Whom a ledger watches.
fn held(ledger: &TransferLedger) -> Result<Option<BTreeSet<Address>>, TransferIngestError> {
    let held = ledger.watched().map(|count| {
        (0..count).filter_map(|num| ledger.account(tracehound_transfers::AccountNum(num))).collect()
    });
    ledger.confirm()?;
    Ok(held)
}

/// Heights of a ledger's first and last block.
fn ends(ledger: &TransferLedger) -> Result<Option<(u64, u64)>, TransferIngestError> {
    let height = |num| ledger.block(BlockNum(num)).map(|block| block.height);
    let ends = ledger.block_count().checked_sub(1).and_then(|last| Some((height(0)?, height(last)?)));
    ledger.confirm()?;
    Ok(ends)
}

/// Puts a ledger that was made beside the one in `dir` in its place, if it has come as far.
///
/// # Errors
/// When one of them cannot be read, another writer has the old one, or a folder cannot be moved.
pub fn widen(dir: &Path, chain: Chain, widening: &Widening) -> Result<Widened, TransferIngestError> {
    let made = match TransferLedger::open(&widening.dir, chain) {
        Err(error) if error.is_absent() => return Ok(Widened::Behind(None)),
        opened => opened?,
    };
    let Some((first, last)) = ends(&made)? else { return Ok(Widened::Behind(None)) };
    if first > widening.from {
        drop(made);
        remove(&widening.dir)?;
        return Ok(Widened::TooLate(first));
    }
    if last < widening.to {
        return Ok(Widened::Behind(Some(last)));
    }
    drop(made);
    info!(accounts = widening.watch.len(), "a ledger that watches more takes the place of the one before");
    // Nobody else writes to either meanwhile.
    let writers = [dir, &widening.dir].map(|dir| Writer::open(dir, chain, WriterOptions::default()));
    let [old, new] = writers;
    let (old, new) = (old?, new?);
    rename(dir, &replaced(dir))?;
    rename(&widening.dir, dir)?;
    drop((old, new));
    end_exchange(dir)?;
    Ok(Widened::InPlace)
}

/// Ends an exchange that was begun: one that was killed between its two steps left no ledger in `dir`.
fn end_exchange(dir: &Path) -> Result<(), TransferIngestError> {
    let (old, new) = (replaced(dir), in_the_making(dir));
    if !old.exists() {
        return Ok(());
    }
    match (dir.exists(), new.exists()) {
        // Somebody began another ledger between the two steps: which is to stay is not for us to say.
        (true, true) => Err(moving(
            dir,
            io::Error::new(
                ErrorKind::AlreadyExists,
                format!("{} was to take its place: move one of them away", new.display()),
            ),
        )),
        (true, false) => remove(&old),
        (false, true) => {
            rename(&new, dir)?;
            remove(&old)
        }
        (false, false) => rename(&old, dir),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), TransferIngestError> {
    fs::rename(from, to).map_err(|source| moving(from, source))?;
    // The folder that names both: the step is durable before the next one.
    if let Some(parent) = to.parent() {
        fs::File::open(parent)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| moving(parent, source))?;
    }
    Ok(())
}

fn remove(dir: &Path) -> Result<(), TransferIngestError> {
    fs::remove_dir_all(dir).map_err(|source| moving(dir, source))
}

fn moving(path: &Path, source: io::Error) -> TransferIngestError {
    TransferIngestError::Moving { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use tracehound_model::transfer::{TransferBlock, Unseen};

    use super::*;

    const CHAIN: Chain = Chain::Evm(1);

    fn accounts(names: &[u8]) -> BTreeSet<Address> {
        names.iter().map(|&name| Address::Evm([name; 20])).collect()
    }

    /// Empty blocks of these heights, into a ledger that watches these accounts, or everybody.
    fn made(dir: &Path, heights: std::ops::Range<u8>, watch: Option<BTreeSet<Address>>) {
        let mut writer =
            Writer::open(dir, CHAIN, WriterOptions { watch, ..WriterOptions::default() }).expect("opens");
        for height in heights {
            let block = TransferBlock {
                height: height.into(),
                hash: [height; 32],
                parent: [height.wrapping_sub(1); 32],
                time: height.into(),
                unseen: Unseen::NOTHING,
                txs: Vec::new(),
            };
            writer.append(&block).expect("appends");
        }
        writer.commit().expect("commits");
    }

    fn watched(dir: &Path) -> Option<BTreeSet<Address>> {
        held(&TransferLedger::open(dir, CHAIN).expect("opens")).expect("read")
    }

    #[test]
    fn a_ledger_that_watches_more_takes_the_others_place_once_it_is_as_far() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let dir = folder.path().join("evm-1");
        let plan = |names: &[u8]| watching(&dir, CHAIN, &accounts(names)).expect("planned");
        assert_eq!(plan(&[]), Watching::GoesOn(None), "everybody's");
        assert_eq!(plan(&[1]), Watching::GoesOn(Some(accounts(&[1]))));
        made(&dir, 3..9, Some(accounts(&[1, 2])));
        for known in [&[][..], &[2], &[1, 2]] {
            assert_eq!(plan(known), Watching::GoesOn(Some(accounts(&[1, 2]))), "{known:?}");
        }
        let Watching::Widens(widening) = plan(&[3]) else { panic!("3 is not watched") };
        assert_eq!((&widening.watch, widening.from, widening.to), (&accounts(&[1, 2, 3]), 3, 8));
        let widened = || widen(&dir, CHAIN, &widening).expect("looked at");
        assert_eq!(widened(), Widened::Behind(None));
        made(&widening.dir, 3..7, Some(widening.watch.clone()));
        assert_eq!(widened(), Widened::Behind(Some(6)));
        assert_eq!(watched(&dir), Some(accounts(&[1, 2])), "the one before is in force");
        assert_eq!(plan(&[3]), Watching::Widens(widening.clone()), "goes on");
        // For others it is begun anew.
        assert!(matches!(plan(&[4]), Watching::Widens(_)) && !widening.dir.exists());
        // From files that begin later it never can take its place.
        made(&widening.dir, 5..9, Some(widening.watch.clone()));
        assert_eq!(widened(), Widened::TooLate(5));
        made(&widening.dir, 3..9, Some(widening.watch.clone()));
        assert_eq!(widened(), Widened::InPlace);
        assert_eq!(watched(&dir), Some(accounts(&[1, 2, 3])));
        assert_eq!(fs::read_dir(folder.path()).expect("read").count(), 1, "nothing lies beside it");
    }

    #[test]
    fn an_exchange_that_was_killed_is_ended_and_loses_nothing() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let dir = folder.path().join("evm-1");
        let begin = || {
            made(&dir, 0..3, Some(accounts(&[1])));
            made(&in_the_making(&dir), 0..3, Some(accounts(&[1, 2])));
            fs::rename(&dir, replaced(&dir)).expect("the first step");
        };
        let plan = || watching(&dir, CHAIN, &accounts(&[2]));
        begin();
        assert_eq!(plan().expect("ended"), Watching::GoesOn(Some(accounts(&[1, 2]))));
        // Killed behind the second step.
        made(&replaced(&dir), 0..3, Some(accounts(&[1])));
        assert_eq!(plan().expect("ended"), Watching::GoesOn(Some(accounts(&[1, 2]))));
        assert!(!replaced(&dir).exists());
        // Somebody begins another ledger between the two: nothing is removed.
        fs::remove_dir_all(&dir).expect("removed");
        begin();
        made(&dir, 0..1, None);
        let refused = plan().expect_err("two are there").to_string();
        assert!(refused.contains("evm-1-widened was to take its place"), "{refused}");
        assert!(replaced(&dir).exists() && in_the_making(&dir).exists());
    }

    #[test]
    fn a_ledger_of_everybodys_movements_watches_nobody() {
        let folder = tempfile::tempdir().expect("temporary folder");
        made(folder.path(), 0..2, None);
        let refused = watching(folder.path(), CHAIN, &accounts(&[1])).expect_err("it holds more").to_string();
        assert!(refused.contains("everybody's movements"), "{refused}");
        assert_eq!(watching(folder.path(), CHAIN, &accounts(&[])).expect("planned"), Watching::GoesOn(None));
    }
}
