//! Label files and packs of foreign bytes. The first byte says which: a label file, of which every row that is taken is in the
//! pack it makes and comes out as it went in; or a part of a pack, in an otherwise good one with every checksum right: refused
//! by the check, or all of it is found by its addresses.

#![no_main]

use std::{cell::OnceCell, collections::BTreeMap, fs};

use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use tracehound_columns::sections::{self, Kind, SectionFile, WORDS};
use tracehound_fuzz::{scratch_dir, seeds_wanted};
use tracehound_labels::{
    Label, Pack, Predicate,
    file::{Defaults, Rows, write_csv, write_json},
    pack::{Builder, Licence, Plan},
};

const SMALL: &str = "chain,address,label,entity,category,predicate,source,version,licence,confidence,valid_from,valid_to\n\
    eip155:1,0x28C6c06298d514Db089934071355E5743bf21d60,Binance 14,Binance,exchange,controls,a/b,1/2026-01-02,MIT,50,,\n\
    tron:0x2b6653dc,TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq,\"Order, 1\",NBCTF,terrorism_financing,controls,NBCTF,1,MIT,60,2025-01-01,2027-01-01\n\
    aptos:1,0x1,Framework,Aptos,defi,contract_of,a/b,1/2026-01-02,MIT,70,,\n\
    eip155:10,0x28C6c06298d514Db089934071355E5743bf21d60,DAI,DAI,defi_token,contract_of,c/d,1,MIT,70,,\n";

fn plan() -> Plan {
    Plan {
        name: "fuzzed".to_owned(),
        version: 1,
        issued: date(2026, 1, 2),
        expires: None,
        publisher: "nobody".to_owned(),
        licences: BTreeMap::from([("MIT".to_owned(), Licence { terms: "as said".to_owned() })]),
    }
}

fn read(text: &[u8]) -> Option<(Vec<Label>, usize)> {
    let defaults = Defaults { predicate: Some(Predicate::Controls) };
    let (mut taken, mut refused) = (Vec::new(), 0);
    for row in Rows::of(text, defaults).ok()? {
        match row {
            Ok(label) => taken.push(label),
            Err(_) => refused += 1,
        }
    }
    Some((taken, refused))
}

fn made(labels: &[Label]) -> (Pack, Vec<Label>) {
    let mut builder = Builder::new(plan()).expect("a plan");
    let kept = labels.iter().filter(|label| builder.add(label).is_ok()).cloned().collect();
    let path = FOLDER.with(|folder| folder.path().join("made"));
    builder.write(&path, None).expect("written");
    (Pack::open(&path).expect("opens"), kept)
}

const KIND: Kind = Kind { magic: *b"THLABELS", version: 1, sections: 9 };

/// The parts of a good pack.
fn parts() -> Vec<Vec<u8>> {
    let (labels, _) = read(SMALL.as_bytes()).expect("a label file");
    made(&labels);
    let path = FOLDER.with(|folder| folder.path().join("made"));
    let mut file = SectionFile::open_paged(&path, KIND).expect("opens");
    (0..8).map(|_| file.column::<u8>().expect("a section").to_vec()).collect()
}

thread_local! {
    static FOLDER: tempfile::TempDir = scratch_dir();
    static GOOD: OnceCell<Vec<Vec<u8>>> = const { OnceCell::new() };
}

fn a_file(text: &[u8]) {
    let Some((labels, _)) = read(text) else { return };
    if labels.is_empty() {
        // No JSON lines are no file.
        return;
    }
    for write in [write_csv, write_json] {
        let mut out = Vec::new();
        write(&mut out, labels.clone()).expect("written");
        assert_eq!(read(&out).expect("a label file"), (labels.clone(), 0), "other rows come back");
    }
    let (pack, kept) = made(&labels);
    pack.check().expect("whole");
    for label in &kept {
        assert!(pack.about(&label.subject).contains(label), "{label} is lost");
    }
}

fn a_part(place: usize, content: &[u8]) {
    let mut parts = GOOD.with(|good| good.get_or_init(parts).clone());
    parts[place] = content.to_vec();
    let sections: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let path = FOLDER.with(|folder| folder.path().join("part"));
    // A file that is mapped is never written over.
    drop(fs::remove_file(&path));
    fs::write(&path, sections::encode_paged(KIND, [0; WORDS], &sections)).expect("written");
    let Ok(pack) = Pack::open(&path) else { return };
    let labels: Vec<Label> = pack.labels().take(1_000).collect();
    let found = labels.iter().filter(|label| pack.about(&label.subject).contains(label)).count();
    if pack.check().is_ok() {
        assert_eq!(found, labels.len(), "a label is not found by its address");
    }
}

fuzz_target!(
    init: {
        seeds_wanted(|| {
            let texts = [[&[255][..], SMALL.as_bytes()].concat()];
            let parts = parts().into_iter().zip(0..).map(|(part, place)| [&[place][..], &part].concat());
            texts.into_iter().chain(parts).collect()
        });
    },
    |data: &[u8]| {
        let Some((&number, bytes)) = data.split_first() else { return };
        match number {
            0..8 => a_part(usize::from(number), bytes),
            _ => a_file(bytes),
        }
    }
);
