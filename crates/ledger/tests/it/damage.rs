//! Damage: whatever was done to the files, a question is answered rightly or not at all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tracehound_ledger::{AddrNum, Ledger, LedgerError, OutNum, Prev, TxNum, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, Chain, ScriptKey, TxId};

use crate::{
    chain::{Dice, generate},
    queries::{CHAIN, small, write},
    store::{files, replace},
};

/// The ledger that version 0.1.0 wrote, unpacked.
pub(crate) fn old_ledger(dir: &Path) {
    unpack("ledger-0.1.0.tar.gz", dir);
}

/// A ledger of format 2, unpacked.
pub(crate) fn format_2_ledger(dir: &Path) {
    unpack("ledger-format-2.tar.gz", dir);
}

fn unpack(archive: &str, dir: &Path) {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(archive);
    let file = fs::File::open(archive).expect("is in the repository");
    tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(dir).expect("unpacks");
}

/// Its content, as that version's `ledger verify` printed it.
pub(crate) const OLD_CONTENT: &str = "89bfe519798444d53086d988e0261092d30964931c26851d0875acb4a6c27b5b";

pub(crate) fn content(dir: &Path) -> String {
    Ledger::open(dir).expect("opens").verify().expect("right").content
}

/// What the questions are about.
struct Subjects {
    txs: Vec<TxId>,
    owners: Vec<ScriptKey>,
}

impl Subjects {
    fn of(ledger: &Ledger) -> Self {
        let info = ledger.info();
        let txs = (0..info.txs).map(|num| ledger.tx(TxNum(num)).expect("there").txid).collect();
        let owners = (0..info.addresses).map(|num| ledger.script_key(AddrNum(num)).expect("there")).collect();
        Self { txs, owners }
    }
}

/// A transaction with all that `tx` shows of it.
fn ask_tx(ledger: &Ledger, txid: TxId) -> String {
    let Some(tx) = ledger.find_tx(&txid).and_then(|num| ledger.tx(num)) else { return "absent".to_owned() };
    let key = |owner: Option<AddrNum>| owner.and_then(|owner| ledger.script_key(owner));
    let inputs: Vec<_> = ledger
        .inputs(&tx)
        .map(|input| {
            let from = match input.prev {
                Prev::Output(out) => {
                    ledger.tx_of_output(out).and_then(|(tx, _)| ledger.tx(tx)).map(|tx| tx.txid)
                }
                _ => None,
            };
            (input, from, ledger.input_value(&input), key(ledger.input_owner(&input)))
        })
        .collect();
    let outputs: Vec<_> = ledger.outputs(&tx).map(|output| (output, key(output.owner))).collect();
    format!("{tx:?} {:?} {inputs:?} {outputs:?}", ledger.block_of(tx.num))
}

/// What an owner received, and who spent it.
fn ask_owner(ledger: &Ledger, owner: &ScriptKey) -> String {
    let Some(addr) = ledger.find_address(owner) else { return "absent".to_owned() };
    let (activity, cut) = ledger.activity(addr, usize::MAX);
    let received: Vec<_> =
        activity.received.iter().map(|&out| (ledger.output(out), ledger.tx_of_output(out))).collect();
    let missing: Vec<_> = activity
        .spent_missing
        .iter()
        .map(|&input| (ledger.input(input), ledger.tx_of_input(input)))
        .collect();
    format!("{received:?} {missing:?} {cut}")
}

/// Who an owner paid: transactions that spend what it received, and the owners of their outputs.
fn ask_counterparties(ledger: &Ledger, owner: &ScriptKey) -> String {
    let Some(addr) = ledger.find_address(owner) else { return "absent".to_owned() };
    let (activity, _) = ledger.activity(addr, usize::MAX);
    let mut paid = Vec::new();
    for spender in activity.received.iter().filter_map(|&out| ledger.output(out)?.spent_by) {
        let Some(tx) = ledger.tx(spender) else { continue };
        for output in ledger.outputs_hinted(&tx) {
            paid.push((
                tx.txid,
                output.value,
                output.owner.and_then(|owner| ledger.script_key(owner)),
                output.spent_by,
            ));
        }
    }
    format!("{paid:?}")
}

/// What a pass over everything adds up to.
fn ask_all(ledger: &Ledger) -> String {
    let info = ledger.info();
    let (mut count, mut value, mut owned) = (0, 0, 0);
    ledger.scan(TxNum(0)..TxNum(info.txs), |tx| {
        count += tx.prevs().count();
        value += tx.outputs().map(|(value, _)| value).sum::<u64>();
        owned += tx.owners().flatten().count();
        std::ops::ControlFlow::Continue(())
    });
    let columns: u64 =
        ledger.columns().map(|columns| columns.value_lo.iter().map(|&lo| u64::from(lo)).sum::<u64>()).sum();
    let cells = (0..info.outputs)
        .filter(|&out| ledger.output(OutNum(out)).is_some_and(|out| out.spent_by.is_none()))
        .count();
    let outputs = ledger.output_columns();
    let looked_up: Vec<_> =
        (0..info.outputs).map(OutNum).map(|out| (outputs.value(out), outputs.owner(out))).collect();
    format!(
        "{:?} {:?} {count} {value} {owned} {columns} {cells} {looked_up:?}",
        info.tip, info.missing_inputs
    )
}

type Question<'a> = Box<dyn Fn(&Ledger) -> String + 'a>;

fn questions<'a>(subjects: &'a Subjects, dice: &mut Dice) -> Vec<Question<'a>> {
    let tx = subjects.txs[dice.roll(subjects.txs.len())];
    let owner = &subjects.owners[dice.roll(subjects.owners.len())];
    let other = &subjects.owners[dice.roll(subjects.owners.len())];
    vec![
        Box::new(move |ledger: &Ledger| ask_tx(ledger, tx)),
        Box::new(|ledger: &Ledger| ask_owner(ledger, owner)),
        Box::new(|ledger: &Ledger| ask_counterparties(ledger, other)),
        Box::new(ask_all),
    ]
}

/// Flips one bit after the other in every file and asks: each answer is the right one, or there is none.
fn no_flip_gives_another_answer(dir: &Path, flips_a_file: usize) -> usize {
    let mut dice = Dice(99);
    let subjects = Subjects::of(&Ledger::open(dir).expect("opens"));
    let (mut asked, mut refused) = (0, 0);
    let mut paths = files(dir, "seg");
    paths.extend(files(dir, "spent"));
    for path in paths {
        let right = fs::read(&path).expect("read");
        let whole = Ledger::open(dir).expect("opens");
        for flip in 0..flips_a_file {
            let at =
                (flip * right.len() / flips_a_file + dice.roll(right.len() / flips_a_file + 1)) % right.len();
            let questions = questions(&subjects, &mut dice);
            let answers: Vec<String> = questions.iter().map(|question| question(&whole)).collect();
            whole.confirm().expect("nothing is damaged yet");
            let mut wrong = right.clone();
            wrong[at] ^= 1 << dice.roll(8);
            replace(&path, &wrong);
            for (question, answer) in questions.iter().zip(&answers) {
                asked += 1;
                let found = Ledger::open(dir).and_then(|ledger| {
                    let found = question(&ledger);
                    ledger.confirm().map(|()| found)
                });
                match found {
                    Ok(found) => assert_eq!(found, *answer, "byte {at} of {} flipped", path.display()),
                    Err(_) => refused += 1,
                }
            }
            replace(&path, &right);
        }
    }
    assert!(refused > asked / 10, "the flips hit nothing: {refused} of {asked} refused");
    asked
}

#[test]
fn a_flipped_bit_never_gives_another_answer() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(21, &[], 60), 120);
    let asked = no_flip_gives_another_answer(dir.path(), 90);
    assert!(asked > 1_300, "{asked} questions");
}

#[test]
fn a_flipped_bit_of_a_ledger_of_0_1_0_never_gives_another_answer() {
    let dir = tempfile::tempdir().expect("temporary folder");
    old_ledger(dir.path());
    no_flip_gives_another_answer(dir.path(), 6);
}

fn cells_of(path: &Path) -> Vec<u32> {
    let bytes = fs::read(path).expect("read");
    bytes.as_chunks::<4>().0.iter().map(|cell| u32::from_le_bytes(*cell)).collect()
}

fn write_cells(path: &Path, cells: &[u32]) {
    replace(path, &cells.iter().flat_map(|cell| cell.to_le_bytes()).collect::<Vec<u8>>());
}

/// Cells of five outputs that nobody spent name a later transaction: `verify` and the next ingest refuse, a repair mends.
fn cells_set_forward_are_found(dir: &Path, chain: Chain) {
    let right = content(dir);
    let path = files(dir, "spent")
        .into_iter()
        .max_by_key(|path| fs::metadata(path).expect("there").len())
        .expect("one");
    let mut cells = cells_of(&path);
    let unspent: Vec<usize> = (0..cells.len()).filter(|&at| cells[at] == 0).take(5).collect();
    assert_eq!(unspent.len(), 5);
    let last = Ledger::open(dir).expect("opens").info().txs - 1;
    for at in unspent {
        cells[at] = last;
    }
    write_cells(&path, &cells);
    assert!(Ledger::open(dir).expect("opens").verify().is_err(), "verify sees them");
    let opened = Writer::open(dir, chain, WriterOptions::default());
    assert!(matches!(opened, Err(LedgerError::Corrupt { .. })), "the next ingest refuses: {opened:?}");
    let report = crate::repair::repaired(dir, chain);
    assert_eq!((report.cells_mended, report.manifest_rebuilt), (5, false));
    assert_eq!(content(dir), right);
    Writer::open(dir, chain, WriterOptions::default()).expect("opens again");
}

#[test]
fn spent_cells_that_name_another_transaction_are_found() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(22, &[], 60), 1_000);
    cells_set_forward_are_found(dir.path(), CHAIN);
    let old = tempfile::tempdir().expect("temporary folder");
    old_ledger(old.path());
    cells_set_forward_are_found(old.path(), Chain::Bitcoin(BitcoinNetwork::Regtest));
}

/// A cell that lost its spender is found even where no question about that output is asked: the writer adds up.
#[test]
fn a_cell_that_was_cleared_is_found_by_the_writer() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(23, &[], 30), 1_000);
    let path = files(dir.path(), "spent").pop().expect("one");
    let mut cells = cells_of(&path);
    let spent = cells.iter().position(|&cell| cell != 0 && cell != u32::MAX).expect("something is spent");
    for content in [0, 1 << 30, u32::MAX] {
        cells[spent] = content;
        write_cells(&path, &cells);
        let opened = Writer::open(dir.path(), CHAIN, small(1_000));
        assert!(matches!(opened, Err(LedgerError::Corrupt { .. })), "{content}: {opened:?}");
    }
}

#[test]
fn a_file_that_was_cut_is_an_error_whenever_it_was() {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(24, &[], 20), 1_000);
    for path in files(dir.path(), "seg").into_iter().chain(files(dir.path(), "spent")) {
        let right = fs::read(&path).expect("read");
        for len in [0, 1, right.len() / 2, right.len() - 4, right.len() - 1] {
            replace(&path, &right[..len]);
            assert!(Ledger::open(dir.path()).is_err(), "{} cut to {len} opens", path.display());
        }
        replace(&path, &right);
        let ledger = Ledger::open(dir.path()).expect("opens");
        ledger.confirm().expect("whole");
        fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .expect("opens")
            .set_len(right.len() as u64 - 1)
            .expect("cut");
        assert!(ledger.confirm().is_err(), "{} cut while it was mapped", path.display());
        replace(&path, &right);
    }
}

#[test]
fn a_writer_does_not_build_on_a_damaged_segment() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let blocks = generate(25, &[], 20);
    write(dir.path(), &blocks, 1_000);
    let only = || -> (PathBuf, Vec<u8>) {
        let path = files(dir.path(), "seg").pop().expect("one");
        let right = fs::read(&path).expect("read");
        (path, right)
    };
    let (mut path, mut right) = only();
    let more = generate(26, &blocks, 20);
    let grown_right = {
        let dir = tempfile::tempdir().expect("temporary folder");
        write(dir.path(), &[blocks.clone(), more.clone()].concat(), 1_000);
        content(dir.path())
    };
    for at in (2_000..right.len()).step_by(211) {
        let mut wrong = right.clone();
        wrong[at] ^= 4;
        replace(&path, &wrong);
        let grown = Writer::open(dir.path(), CHAIN, small(1_000)).and_then(|mut writer| {
            more.iter().try_for_each(|block| writer.append(block))?;
            writer.commit()
        });
        if grown.is_ok() {
            // Nothing of the damaged page was needed, an index that is made anew: what was built is right.
            assert_eq!(content(dir.path()), grown_right, "byte {at}");
        }
        fs::remove_dir_all(dir.path()).expect("removed");
        write(dir.path(), &blocks, 1_000);
        (path, right) = only();
    }
}
