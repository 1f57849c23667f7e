//! Writes a published list in our own format: `cargo run --release --example export_facts -- LIST > data/…toml`.
//!
//! Claims only, with the parties they name: the thousands of other parties of a sanctions list stay out.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::{error::Error, fs::File, path::Path};

use tracehound_attribution::import::{Options, read, write_advisory};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("give the list's file")?;
    let name = Path::new(&path).file_name().ok_or("not a file")?.to_string_lossy().into_owned();
    let options = Options { file_name: name.clone(), ..Options::default() };
    let imported = read(&mut File::open(&path)?, &options)?;
    println!("# Made by `cargo run --example export_facts -- {name}`; do not edit.");
    println!("# SHA-256 of the list: {}", imported.sha256);
    print!("{}", write_advisory(&imported.snapshot)?);
    Ok(())
}
