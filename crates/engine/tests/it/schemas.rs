//! The forms of answers are those described in `docs/schemas`.

use std::{collections::BTreeSet, fs, path::PathBuf};

use tracehound_engine::{inputs, schemas};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas"))
}

/// `TRACEHOUND_WRITE_SCHEMAS=1` writes them anew. A change that is not an addition raises [`Document::SCHEMA`].
///
/// [`Document::SCHEMA`]: tracehound_engine::Document::SCHEMA
#[test]
fn the_forms_of_answers_are_those_that_are_described() {
    let mut described = BTreeSet::new();
    for (name, schema) in schemas().into_iter().chain(inputs()) {
        let file = folder().join(format!("{name}.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        if std::env::var_os("TRACEHOUND_WRITE_SCHEMAS").is_some() {
            fs::write(&file, &text).expect("written");
        }
        let known = fs::read_to_string(&file).unwrap_or_default();
        assert!(known == text, "{name}: its form has changed; TRACEHOUND_WRITE_SCHEMAS=1 writes it anew");
        assert!(described.insert(format!("{name}.json")), "{name} twice");
    }
    let there = fs::read_dir(folder()).expect("a folder").map(|file| file.expect("a file").file_name());
    let there: BTreeSet<String> = there.map(|name| name.to_string_lossy().into_owned()).collect();
    assert_eq!(there, described);
}
