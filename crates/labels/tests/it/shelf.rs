use std::{fs, path::Path};

use base64::Engine as _;
use jiff::civil::{Date, date};
use minisign::{KeyPair, sign};
use tracehound_labels::{
    Label, delta,
    pack::Plan,
    refresh::refresh,
    shelf::{Entry, Shelf, ShelfError, Taken},
    shipped::{ALL, Shipped},
    signature::{Keys, SignatureError},
};
use tracehound_model::Subject;

use crate::made::{address, pack, plan, row};

const TODAY: Date = date(2026, 11, 29);

fn at(number: u64, entity: &str) -> Label {
    row(&format!("eip155:1|{}|{entity}|{entity}|exchange|controls|a/b|50", address(number)))
}

fn signed(file: &Path, key: &KeyPair, place: &str) {
    let bytes = fs::read(file).expect("read");
    let signature = sign(Some(&key.pk), &key.sk, &bytes[..], None, None).expect("signed").into_string();
    fs::write(format!("{}{place}.minisig", file.display()), signature).expect("written");
}

fn keys(keys: &[&KeyPair], needed: usize) -> Keys {
    let texts: Vec<String> = keys.iter().map(|key| key.pk.to_base64()).collect();
    Keys::new(texts.iter().map(String::as_str), needed).expect("keys")
}

fn new_key() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().expect("a key")
}

struct Desk {
    folder: tempfile::TempDir,
    shelf: Shelf,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf::at(folder.path().join("labels"));
        Self { folder, shelf }
    }

    fn file(&self, name: &str, plan: Plan, labels: &[Label]) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        pack(&path, plan, labels, None);
        path
    }

    fn names(&self, number: u64) -> Vec<String> {
        let packs = self.shelf.open().expect("opens");
        let found = packs.about(&Subject::of_text(&address(number)), TODAY);
        found.into_iter().filter_map(|found| found.label.entity).collect()
    }

    fn in_force(&self) -> Vec<(String, u64)> {
        self.shelf
            .list()
            .expect("a list")
            .into_iter()
            .map(|entry: Entry| (entry.name, entry.version))
            .collect()
    }
}

#[test]
fn a_pack_of_ones_own_answers_and_goes_in_one_step() {
    let desk = Desk::new();
    assert_eq!(desk.names(1), [""; 0], "no folder is no pack");
    let file = desk.file("a", plan(1), &[at(1, "Kraken")]);
    let entry = desk.shelf.apply(&file, None, TODAY).expect("taken");
    assert_eq!(entry.keys, None, "private: signed by nobody");
    assert_eq!(desk.names(1), ["Kraken"]);
    let other = Plan { name: "other".to_owned(), ..plan(1) };
    desk.shelf.apply(&desk.file("b", other, &[at(1, "Bitfinex")]), None, TODAY).expect("taken");
    assert_eq!(desk.names(1), ["Kraken", "Bitfinex"], "packs stay apart");
    desk.shelf.remove("made").expect("removed");
    assert_eq!(desk.names(1), ["Bitfinex"]);
    assert!(matches!(desk.shelf.remove("made"), Err(ShelfError::NoSuchPack { .. })));
}

#[test]
fn an_older_too_old_or_not_yet_issued_pack_takes_nothing_back() {
    let desk = Desk::new();
    desk.shelf.apply(&desk.file("two", plan(2), &[at(1, "Kraken")]), None, TODAY).expect("taken");
    for version in [1, 2] {
        let older = desk.file("older", plan(version), &[at(1, "Thief")]);
        let refused = desk.shelf.apply(&older, None, TODAY).expect_err("refused");
        assert!(matches!(refused, ShelfError::Older { in_force: 2, .. }), "{refused}");
    }
    let expired =
        desk.shelf.apply(&desk.file("three", plan(3), &[]), None, date(2027, 5, 1)).expect_err("refused");
    assert!(expired.to_string().contains("too old since 2027-05-01"), "{expired}");
    let future =
        desk.shelf.apply(&desk.file("three", plan(3), &[]), None, date(2026, 10, 31)).expect_err("refused");
    assert!(future.to_string().contains("has not come"), "{future}");
    assert_eq!(desk.in_force(), [("made".to_owned(), 2)]);
    assert_eq!(desk.names(1), ["Kraken"]);
}

#[test]
fn a_signed_pack_is_taken_by_enough_of_its_publishers_keys_and_no_other_way() {
    let desk = Desk::new();
    let (a, b, c, thief) = (new_key(), new_key(), new_key(), new_key());
    let file = desk.file("one", plan(1), &[at(1, "Kraken")]);
    let trusted = keys(&[&a, &b, &c], 2);
    let apply = |file: &Path, keys: Option<Keys>| desk.shelf.apply(file, keys, TODAY);

    assert!(matches!(apply(&file, Some(trusted.clone())), Err(ShelfError::Unsigned { .. })));
    signed(&file, &a, "");
    assert!(matches!(apply(&file, None), Err(ShelfError::NoKey { .. })), "signed by whom?");
    let few = apply(&file, Some(trusted.clone())).expect_err("one of two");
    assert!(matches!(few, ShelfError::Signature(SignatureError::TooFew { good: 1, needed: 2 })), "{few}");
    signed(&file, &a, ".1");
    assert!(apply(&file, Some(trusted.clone())).is_err(), "one key that signs twice is one key");
    signed(&file, &thief, ".2");
    assert!(apply(&file, Some(trusted.clone())).is_err(), "a stranger's signature counts for nothing");
    signed(&file, &c, ".3");
    apply(&file, Some(trusted.clone())).expect("two of three");
    assert_eq!(desk.names(1), ["Kraken"]);

    // From now on packs of this name need those keys, whatever is said on the command line.
    let next = desk.file("two", plan(2), &[at(1, "Thief")]);
    assert!(matches!(apply(&next, None), Err(ShelfError::Unsigned { .. })));
    signed(&next, &thief, "");
    assert!(matches!(apply(&next, None), Err(ShelfError::Signature(_))));
    assert!(matches!(apply(&next, Some(keys(&[&thief], 1))), Err(ShelfError::OtherKeys { .. })));
    signed(&next, &b, ".1");
    signed(&next, &c, ".2");
    let mut bytes = fs::read(&next).expect("read");
    *bytes.last_mut().expect("a byte") ^= 1;
    fs::write(&next, &bytes).expect("written");
    assert!(apply(&next, None).is_err(), "another file than was signed");
    assert_eq!((desk.names(1), desk.in_force()), (vec!["Kraken".to_owned()], vec![("made".to_owned(), 1)]));
    *bytes.last_mut().expect("a byte") ^= 1;
    fs::write(&next, &bytes).expect("written");
    apply(&next, None).expect("by the keys that are held");
    assert_eq!(desk.names(1), ["Thief"]);
}

#[test]
fn too_few_keys_and_text_that_is_none_are_refused() {
    let (a, b) = (new_key(), new_key());
    let text = a.pk.to_base64();
    assert!(matches!(
        Keys::new([text.as_str(), text.as_str()], 2),
        Err(SignatureError::Needed { keys: 1, needed: 2 })
    ));
    // The same key under an id of its maker's choice.
    let bytes = base64::engine::general_purpose::STANDARD.decode(&text).expect("Base64");
    let twin: Vec<u8> =
        bytes.iter().enumerate().map(|(at, byte)| if at == 5 { !byte } else { *byte }).collect();
    let twin = base64::engine::general_purpose::STANDARD.encode(twin);
    assert!(matches!(
        Keys::new([text.as_str(), twin.as_str()], 2),
        Err(SignatureError::Needed { keys: 1, needed: 2 })
    ));
    assert!(matches!(Keys::new([text.as_str()], 0), Err(SignatureError::Needed { .. })));
    assert!(matches!(Keys::new(["RWnonsense"], 1), Err(SignatureError::Key(_))));
    let file = format!("untrusted comment: minisign public key\n{}\n", b.pk.to_base64());
    assert_eq!(Keys::new([text.as_str(), file.as_str()], 2).expect("keys").needed(), 2);
}

#[test]
fn a_delta_goes_on_from_what_is_in_force_and_from_nothing_else() {
    let desk = Desk::new();
    let key = new_key();
    let one = desk.file("one", plan(1), &[at(1, "Kraken"), at(2, "Kraken")]);
    signed(&one, &key, "");
    desk.shelf.apply(&one, Some(keys(&[&key], 1)), TODAY).expect("taken");
    let old = tracehound_labels::Pack::open(&one).expect("opens");
    let previous = Some(old.digest().expect("read"));
    let new = pack(&desk.folder.path().join("two"), plan(2), &[at(1, "Bitfinex"), at(2, "Kraken")], previous);
    let path = desk.folder.path().join("delta");
    let mut text = Vec::new();
    delta::write(&mut text, &old, &new).expect("written");
    fs::write(&path, &text).expect("written");

    assert!(matches!(desk.shelf.apply_delta("made", &path, None, TODAY), Err(ShelfError::Unsigned { .. })));
    signed(&path, &new_key(), "");
    assert!(matches!(desk.shelf.apply_delta("made", &path, None, TODAY), Err(ShelfError::Signature(_))));
    assert_eq!(desk.names(1), ["Kraken"]);
    signed(&path, &key, "");
    desk.shelf.apply_delta("made", &path, None, TODAY).expect("taken");
    assert_eq!(desk.names(1), ["Bitfinex"]);
    assert_eq!(desk.in_force(), [("made".to_owned(), 2)]);
    let again = desk.shelf.apply_delta("made", &path, None, TODAY).expect_err("from another pack now");
    assert!(matches!(again, ShelfError::Delta(delta::DeltaError::Base { .. })), "{again}");
    assert_eq!(desk.names(1), ["Bitfinex"]);
}

#[test]
fn what_a_killed_program_left_is_nobodys_answer_and_goes_with_the_next_change() {
    let desk = Desk::new();
    desk.shelf.apply(&desk.file("one", plan(1), &[at(1, "Kraken")]), None, TODAY).expect("taken");
    let folder = desk.folder.path().join("labels");
    // Killed before the pack was whole, and before it was in force: its file is named before it lies there.
    fs::write(folder.join("next.staged"), b"half a pack").expect("written");
    fs::write(folder.join("packs.tmp"), b"half a list").expect("written");
    let list = fs::read_to_string(folder.join("packs.json")).expect("read");
    let passing = "\"passing\": [\"made-0000000000000000.labels\"]";
    fs::write(folder.join("packs.json"), list.replace("\"passing\": []", passing)).expect("written");
    fs::copy(desk.file("x", plan(9), &[at(1, "Thief")]), folder.join("made-0000000000000000.labels"))
        .expect("copied");
    assert_eq!(desk.names(1), ["Kraken"]);
    desk.shelf.apply(&desk.file("two", plan(2), &[at(1, "Bitfinex")]), None, TODAY).expect("taken");
    assert_eq!(desk.names(1), ["Bitfinex"]);
    let files = fs::read_dir(&folder).expect("a folder");
    let left: Vec<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("text")).collect();
    assert_eq!(left.iter().filter(|name| name.ends_with(".labels")).count(), 1, "{left:?}");
    let unfinished = |name: &String| [".staged", ".tmp"].iter().any(|end| name.ends_with(end));
    assert!(!left.iter().any(unfinished), "{left:?}");
}

#[test]
fn a_pack_in_force_that_is_gone_or_another_is_an_error_and_no_empty_answer() {
    let desk = Desk::new();
    let entry = desk.shelf.apply(&desk.file("one", plan(1), &[at(1, "Kraken")]), None, TODAY).expect("taken");
    let folder = desk.folder.path().join("labels");
    let file = folder.join(format!("made-{}.labels", &entry.sha256[..16]));
    let other = desk.file("other", plan(7), &[]);
    fs::copy(&other, &file).expect("copied");
    let changed = desk.shelf.open().expect_err("another version").to_string();
    assert!(changed.contains("made version 1 is in force and cannot be read"), "{changed}");
    fs::remove_file(&file).expect("removed");
    assert!(desk.shelf.open().is_err());
    // What the message says helps: the same file again.
    desk.shelf.apply(&desk.folder.path().join("one"), None, TODAY).expect("taken again");
    assert_eq!(desk.names(1), ["Kraken"]);
    fs::write(folder.join("packs.json"), b"[").expect("written");
    assert!(matches!(desk.shelf.open(), Err(ShelfError::List { .. })));
}

#[test]
fn shipped_packs_give_way_to_signed_ones_and_to_nothing_else() {
    let desk = Desk::new();
    let small: Vec<Shipped> =
        ALL.iter().filter(|pack| pack.name == "tracehound-constants").copied().collect();
    let taken = |desk: &Desk| desk.shelf.apply_shipped(&small).expect("taken")[0].1;
    assert_eq!(taken(&desk), Taken::New);
    assert_eq!(taken(&desk), Taken::There, "once is enough");
    let entry = desk.shelf.list().expect("a list").remove(0);
    assert!(entry.shipped && entry.keys.is_none());
    let permit2 = Subject::of_text("0x000000000022D473030F116dDEE9F6B43aC78BA3");
    let packs = desk.shelf.open().expect("opens");
    let found = packs.about(&permit2, TODAY);
    assert!(found.iter().any(|found| found.label.label == "Permit2"));
    assert!(found.iter().all(|found| !found.private), "nobody's own");

    // One that was damaged is taken in again.
    let file = fs::read_dir(desk.folder.path().join("labels"))
        .expect("a folder")
        .map(|file| file.expect("a file").path());
    let file =
        file.into_iter().find(|path| path.extension().is_some_and(|end| end == "labels")).expect("a pack");
    fs::remove_file(&file).expect("removed");
    fs::write(&file, b"THLABELS").expect("written");
    assert!(desk.shelf.open().is_err(), "damage is no silence");
    assert_eq!(taken(&desk), Taken::New);
    assert!(!desk.shelf.open().expect("opens").about(&permit2, TODAY).is_empty());

    // A pack of anybody else under its name, and a delta to it, are refused.
    let named = |version| Plan { name: "tracehound-constants".to_owned(), ..plan(version) };
    let file = desk.file("theirs", named(2), &[at(1, "Kraken")]);
    assert!(matches!(desk.shelf.apply(&file, None, TODAY), Err(ShelfError::Shipped { .. })));
    assert!(matches!(
        desk.shelf.apply_delta("tracehound-constants", &file, None, TODAY),
        Err(ShelfError::Shipped { .. })
    ));
    // One that two of three keys have signed follows, and the shipped one does not come back.
    let three = [new_key(), new_key(), new_key()];
    let trusted = keys(&[&three[0], &three[1], &three[2]], 2);
    signed(&file, &three[0], "");
    assert!(desk.shelf.apply(&file, Some(trusted.clone()), TODAY).is_err(), "one of two");
    signed(&file, &three[2], ".1");
    desk.shelf.apply(&file, Some(trusted), TODAY).expect("taken");
    assert_eq!(taken(&desk), Taken::Signed);
    assert_eq!(desk.in_force(), [("tracehound-constants".to_owned(), 2)]);
    assert_eq!(desk.names(1), ["Kraken"]);
    desk.shelf.remove("tracehound-constants").expect("removed");
    assert!(
        matches!(
            desk.shelf.apply(&desk.file("own", named(1), &[at(1, "Kraken")]), None, TODAY),
            Err(ShelfError::Shipped { .. })
        ),
        "the name is theirs whether or not they are in force"
    );
}

/// What a folder holds, by name.
fn lying(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

#[test]
fn a_list_that_is_gone_or_of_another_day_is_no_empty_shelf_and_nothing_is_removed_by_it() {
    let desk = Desk::new();
    let folder = desk.folder.path().join("labels");
    let list = folder.join("packs.json");
    desk.shelf.apply(&desk.file("one", plan(1), &[at(1, "Kraken")]), None, TODAY).expect("taken");
    let of_before = fs::read(&list).expect("read");
    let other = desk.file("two", Plan { name: "other".to_owned(), ..plan(1) }, &[at(2, "Gang")]);
    desk.shelf.apply(&other, None, TODAY).expect("taken");
    let whole = fs::read(&list).expect("read");
    let third = desk.file("three", Plan { name: "third".to_owned(), ..plan(1) }, &[at(3, "Bitfinex")]);
    let packs = lying(&folder);
    for (place, json) in
        [None, Some(&b"[]"[..]), Some(b"{\"packs\": []}"), Some(&of_before)].into_iter().enumerate()
    {
        match json {
            None => fs::remove_file(&list).expect("removed"),
            Some(json) => fs::write(&list, json).expect("written"),
        }
        let said = desk.shelf.open().expect_err("not known what is in force").to_string();
        assert!(said.contains("packs.json") && said.contains(".labels"), "{place}: {said}");
        let readable = desk.shelf.open_readable();
        assert!(readable.unreadable().iter().any(|one| one.entry.is_none()), "{place}: every answer says so");
        assert!(desk.shelf.apply(&third, None, TODAY).is_err(), "{place}: no list is made in its place");
        assert!(desk.shelf.remove("other").is_err(), "{place}");
        let left: Vec<String> = lying(&folder).into_iter().filter(|name| name.ends_with(".labels")).collect();
        let wanted: Vec<String> = packs.iter().filter(|name| name.ends_with(".labels")).cloned().collect();
        assert_eq!(left, wanted, "{place}");
        fs::write(&list, &whole).expect("written");
        assert_eq!(desk.names(2), ["Gang"], "{place}: restored");
    }
    // One of before, which was a bare list, is read as ever.
    let state: serde_json::Value = serde_json::from_slice(&whole).expect("JSON");
    fs::write(&list, state["packs"].to_string()).expect("written");
    assert_eq!(desk.names(2), ["Gang"]);
    let twice = serde_json::json!([state["packs"][0], state["packs"][0], state["packs"][1]]);
    fs::write(&list, twice.to_string()).expect("written");
    assert!(matches!(desk.shelf.open(), Err(ShelfError::List { .. })), "a pack twice");
}

#[test]
fn another_file_of_the_same_name_and_version_is_not_the_pack_that_was_taken_in() {
    let desk = Desk::new();
    let entry = desk.shelf.apply(&desk.file("one", plan(1), &[at(1, "Gang")]), None, TODAY).expect("taken");
    let folder = desk.folder.path().join("labels");
    let file = folder.join(format!("made-{}.labels", &entry.sha256[..16]));
    let list = fs::read_to_string(folder.join("packs.json")).expect("read");
    assert!(list.contains("\"seal\""), "{list}");
    fs::copy(desk.file("swapped", plan(1), &[at(1, "Binance")]), &file).expect("copied");
    let no_seal: String = list.lines().filter(|line| !line.contains("\"seal\"")).collect();
    for json in [&list, &no_seal] {
        fs::write(folder.join("packs.json"), json).expect("written");
        assert!(
            desk.shelf.open().expect_err("another").to_string().contains("is not the pack that was taken in")
        );
        assert_eq!(desk.shelf.open_readable().unreadable().len(), 1, "every answer says so");
    }
    fs::copy(desk.folder.path().join("one"), &file).expect("copied");
    for json in [&list, &no_seal] {
        fs::write(folder.join("packs.json"), json).expect("written");
        assert_eq!(desk.names(1), ["Gang"]);
    }
    // The digest that answers name is looked at too.
    let end = &entry.sha256[60..];
    let other = if end == "0000" { "1111" } else { "0000" };
    fs::write(folder.join("packs.json"), list.replace(end, other)).expect("written");
    assert!(desk.shelf.open().is_err());
}

#[test]
fn a_damaged_pack_is_refused_under_the_name_that_was_given() {
    let desk = Desk::new();
    let file = desk.file("one", plan(1), &[at(1, "Kraken")]);
    let whole = fs::read(&file).expect("read");
    let flipped =
        |place: usize| whole.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == place)).collect();
    let lame: [Vec<u8>; 4] =
        [whole[..whole.len() / 2].to_vec(), Vec::new(), flipped(0), flipped(whole.len() - 1)];
    for bytes in lame {
        fs::write(&file, &bytes).expect("written");
        let refused = desk.shelf.apply(&file, None, TODAY).expect_err("damaged").to_string();
        assert!(refused.contains(&*file.to_string_lossy()) && !refused.contains(".staged"), "{refused}");
    }
}

#[test]
fn the_very_same_pack_is_taken_again_and_another_of_its_version_is_not() {
    let desk = Desk::new();
    let file = desk.file("one", plan(1), &[at(1, "Kraken")]);
    let entry = desk.shelf.apply(&file, None, TODAY).expect("taken");
    assert_eq!(desk.shelf.apply(&file, None, TODAY).expect("there already"), entry);
    let kept = desk.folder.path().join("labels").join(format!("made-{}.labels", &entry.sha256[..16]));
    fs::remove_file(&kept).expect("removed");
    desk.shelf.apply(&file, None, TODAY).expect("what is damaged is mended by it");
    assert_eq!(desk.names(1), ["Kraken"]);
    let other = desk.file("other", plan(1), &[at(1, "Thief")]);
    assert!(matches!(desk.shelf.apply(&other, None, TODAY), Err(ShelfError::Older { .. })));
}

#[test]
fn nobody_takes_a_name_of_the_project_by_one_key_or_by_none() {
    let desk = Desk::new();
    let key = new_key();
    for name in ["tracehound-constants", "tracehound-x", "tracehound_constants", "trace-hound.safe"] {
        let file = desk.file(name, Plan { name: name.to_owned(), ..plan(2) }, &[at(1, "Thief")]);
        assert!(matches!(desk.shelf.apply(&file, None, TODAY), Err(ShelfError::Shipped { .. })), "{name}");
        signed(&file, &key, "");
        let refused = desk.shelf.apply(&file, Some(keys(&[&key], 1)), TODAY);
        assert!(matches!(refused, Err(ShelfError::Shipped { .. })), "{name}");
    }
    assert_eq!(desk.in_force(), []);
}

#[test]
fn a_key_that_is_given_with_a_delta_is_looked_at() {
    let desk = Desk::new();
    let one = desk.file("one", plan(1), &[at(1, "Kraken")]);
    desk.shelf.apply(&one, None, TODAY).expect("taken as one's own");
    let old = tracehound_labels::Pack::open(&one).expect("opens");
    let previous = Some(old.digest().expect("read"));
    let new = pack(&desk.folder.path().join("two"), plan(2), &[at(1, "Bitfinex")], previous);
    let (mut text, path) = (Vec::new(), desk.folder.path().join("delta"));
    delta::write(&mut text, &old, &new).expect("written");
    fs::write(&path, &text).expect("written");
    let trusted = keys(&[&new_key()], 1);
    let refused = desk.shelf.apply_delta("made", &path, Some(&trusted), TODAY);
    assert!(matches!(refused, Err(ShelfError::OtherKeys { .. })));
    assert_eq!(desk.names(1), ["Kraken"]);
    desk.shelf.apply_delta("made", &path, None, TODAY).expect("taken as one's own");
}

#[test]
fn what_a_refresh_says_no_more_is_told() {
    let desk = Desk::new();
    let gang = |number: u64| {
        row(&format!("eip155:1|{}|Gang|Gang|terrorism_financing|controls|a/b|60", address(number)))
    };
    let old =
        pack(&desk.folder.path().join("one"), plan(1), &[at(1, "Kraken"), gang(2), gang(3), gang(4)], None);
    let digest = old.digest().expect("read");
    let now = [at(1, "Kraken"), at(3, "Kraken"), gang(4)];
    let new = pack(&desk.folder.path().join("two"), plan(2), &now, None);
    let lost = refresh(&old, &digest, &new, TODAY).expect("read");
    assert_eq!((lost.goes_on, lost.silent, lost.cleared), (false, 1, 2));
    let cleared: Vec<String> = lost.accusations.iter().map(Label::address).collect();
    assert_eq!(cleared.len(), 2, "{cleared:?}");
    for number in [2, 3] {
        assert!(cleared.iter().any(|found| found.eq_ignore_ascii_case(&address(number))), "{cleared:?}");
    }
    let goes_on = pack(&desk.folder.path().join("three"), plan(2), &now, Some(digest.clone()));
    assert!(refresh(&old, &digest, &goes_on, TODAY).expect("read").goes_on);
    assert_eq!(refresh(&old, &digest, &old, TODAY).expect("read").cleared, 0);
}

#[test]
fn a_folder_that_is_gone_or_of_another_day_is_no_shelf_without_packs() {
    let desk = Desk::new();
    let folder = desk.folder.path().join("labels");
    let key = new_key();
    let one = desk.file("one", plan(1), &[at(1, "Kraken")]);
    signed(&one, &key, "");
    desk.shelf.apply(&one, Some(keys(&[&key], 1)), TODAY).expect("taken");
    let own = desk.file("own", Plan { name: "own".to_owned(), ..plan(1) }, &[at(2, "Gang")]);
    desk.shelf.apply(&own, None, TODAY).expect("taken");
    let of_before = desk.folder.path().join("before");
    fs::rename(&folder, &of_before).expect("gone");

    let said = desk.shelf.open().expect_err("not known").to_string();
    assert!(said.starts_with("made version 1, own version 1 were in force here, by "), "{said}");
    let packs = desk.shelf.open_readable();
    let gone: Vec<_> = packs.unreadable().iter().filter_map(|one| one.entry.as_ref()).collect();
    assert_eq!(gone.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["made", "own"]);
    // One that was signed is taken by its keys alone, and is not replaced by one of before.
    let forged = desk.file("forged", plan(2), &[at(1, "Gang")]);
    assert!(matches!(desk.shelf.apply(&forged, None, TODAY), Err(ShelfError::Unsigned { .. })));
    // Those that are not put right stay a gap.
    let two = desk.file("two", plan(2), &[at(1, "Kraken")]);
    signed(&two, &key, "");
    desk.shelf.apply(&two, None, TODAY).expect("its keys are remembered");
    let said = desk.shelf.open().expect_err("own is gone").to_string();
    assert!(said.starts_with("own version 1 was in force here, by "), "{said}");
    desk.shelf.remove("own").expect("it should be in force no more");
    assert_eq!(desk.in_force(), [("made".to_owned(), 2)]);

    // A folder of before, whole in itself.
    fs::remove_dir_all(&folder).expect("removed");
    fs::rename(&of_before, &folder).expect("restored");
    let said = desk.shelf.open().expect_err("older").to_string();
    assert!(said.starts_with("made version 2 was in force here, by "), "{said}");
    assert_eq!(desk.shelf.open_readable().iter().count(), 2, "what can be read is answered from");
    let three = desk.file("three", plan(3), &[at(1, "Kraken")]);
    signed(&three, &key, "");
    desk.shelf.apply(&three, None, TODAY).expect("a newer one mends it");
    assert_eq!(desk.in_force(), [("made".to_owned(), 3), ("own".to_owned(), 1)]);
    for name in ["made", "own"] {
        desk.shelf.remove(name).expect("removed");
    }
    fs::remove_dir_all(&folder).expect("removed");
    assert_eq!(desk.in_force(), [], "nothing was in force");

    // A note that cannot be read is no empty one.
    fs::write(desk.folder.path().join("labels-in-force.json"), "{").expect("written");
    assert!(matches!(desk.shelf.open(), Err(ShelfError::List { .. })));
    assert!(!desk.shelf.open_readable().unreadable().is_empty());
}

#[test]
fn a_delta_to_a_pack_of_before_or_of_a_day_that_has_not_come_is_not_taken() {
    let desk = Desk::new();
    let two = desk.file("two", plan(2), &[at(1, "Kraken")]);
    desk.shelf.apply(&two, None, TODAY).expect("taken");
    let old = tracehound_labels::Pack::open(&two).expect("opens");
    let path = desk.folder.path().join("delta");
    let to = |plan: Plan| {
        let previous = Some(old.digest().expect("read"));
        let new = pack(&desk.folder.path().join("new"), plan, &[at(1, "Bitfinex")], previous);
        let mut text = Vec::new();
        delta::write(&mut text, &old, &new).expect("written");
        fs::write(&path, &text).expect("written");
        desk.shelf.apply_delta("made", &path, None, TODAY)
    };
    for version in [1, 2] {
        assert!(matches!(to(plan(version)), Err(ShelfError::Older { .. })), "{version}");
    }
    let tomorrow = TODAY.tomorrow().expect("a day");
    assert!(matches!(to(Plan { issued: tomorrow, ..plan(3) }), Err(ShelfError::Day { .. })));
    let past = Plan { issued: date(2026, 1, 1), expires: Some(TODAY), ..plan(3) };
    assert!(matches!(to(past), Err(ShelfError::Day { .. })), "too old");
    assert_eq!(desk.names(1), ["Kraken"]);
    to(Plan { issued: TODAY, ..plan(3) }).expect("taken");
    assert_eq!(desk.names(1), ["Bitfinex"]);
}

#[test]
fn signatures_are_looked_for_up_to_the_ninth() {
    let desk = Desk::new();
    let (first, last) = (new_key(), new_key());
    let file = desk.file("one", plan(1), &[at(1, "Kraken")]);
    signed(&file, &first, "");
    let needed = || Some(keys(&[&first, &last], 2));
    signed(&file, &last, ".9");
    assert!(matches!(desk.shelf.apply(&file, needed(), TODAY), Err(ShelfError::Signature(_))));
    signed(&file, &last, ".8");
    desk.shelf.apply(&file, needed(), TODAY).expect("taken");
}
