//! The repository's own rules. Each rule is a function from text to complaints, tested below it.

mod circles;
mod code;
mod imports;
mod layers;
mod manifests;
mod promises;
mod text;
mod unreached;

use std::{fmt, fs};

use crate::run::{Failure, command, output, root};

/// Something that is not in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    path: String,
    /// From 1; 0 for the file as a whole.
    line: usize,
    message: String,
}

impl Complaint {
    pub(crate) fn file(path: &str, message: impl Into<String>) -> Self {
        Self::line(path, 0, message)
    }

    pub(crate) fn line(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// A file git knows or would take.
pub(crate) struct RepoFile {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// `None` for files that are not text.
    pub(crate) text: Option<String>,
}

/// What follows the last dot of the path: `rs`.
fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Checks the whole repository.
pub(crate) fn run() -> Result<(), Failure> {
    let files = read_files()?;
    let complaints = check(&files);
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    match complaints.len() {
        0 => {
            println!("tidy: {} files in order", files.len());
            Ok(())
        }
        count => Err(Failure::new(format!("tidy: {count} complaints"))),
    }
}

fn read_files() -> Result<Vec<RepoFile>, Failure> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let names = output(command("git", &list))?;
    let mut files = Vec::new();
    for path in names.split('\0').filter(|name| !name.is_empty()) {
        match fs::read(root().join(path)) {
            Ok(bytes) => files.push(RepoFile { path: path.to_owned(), text: String::from_utf8(bytes).ok() }),
            // Deleted, but not yet committed so.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::new(format!("cannot read {path}: {error}"))),
        }
    }
    Ok(files)
}

fn check(files: &[RepoFile]) -> Vec<Complaint> {
    let mut complaints = manifests::check(files);
    complaints.extend(layers::check(files));
    complaints.extend(circles::check(files));
    complaints.extend(unreached::check(files));
    complaints.extend(promises::check(files));
    for file in files {
        complaints.extend(text::stray(&file.path));
        if let Some(text) = &file.text {
            complaints.extend(text::check(&file.path, text));
            if extension(&file.path) == "rs" {
                complaints.extend(code::check(&file.path, text));
            }
        }
    }
    complaints
}
