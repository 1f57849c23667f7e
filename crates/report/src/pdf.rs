//! A page as PDF, printed by a browser of the Chromium family where there is one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use wait_timeout::ChildExt;

/// What such browsers are called.
const NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "headless_shell",
    "chrome-headless-shell",
];

/// Where they lie when they are in no folder of `PATH`.
const PLACES: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/// Longest time that a browser gets for a page.
const PATIENCE: Duration = Duration::from_mins(3);

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// No browser.
    #[error(
        "no browser of the Chromium family was found ({} in PATH): install one, name it in TRACEHOUND_CHROMIUM, or print the \
         page from a browser of your own", NAMES.join(", ")
    )]
    NoBrowser,
    /// None where one was said to be.
    #[error("TRACEHOUND_CHROMIUM names {}, and there is no such file", .0.display())]
    NotThere(PathBuf),
    /// It could not be started, or the page not be handed over.
    #[error("{}: {source}", what.display())]
    Io {
        /// The browser, or a file.
        what: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It printed nothing.
    #[error("{} printed no PDF: {said}", browser.display())]
    Nothing {
        /// The browser.
        browser: PathBuf,
        /// The end of what it said.
        said: String,
    },
    /// It did not end.
    #[error("{} did not end within {} s", .0.display(), PATIENCE.as_secs())]
    Slow(PathBuf),
}

/// The browser that is `named`, else the first one that is found.
///
/// # Errors
/// When there is none.
pub fn browser(named: Option<PathBuf>) -> Result<PathBuf, PdfError> {
    if let Some(named) = named {
        return if named.is_file() { Ok(named) } else { Err(PdfError::NotThere(named)) };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path =
        std::env::split_paths(&path).flat_map(|folder| NAMES.iter().map(move |name| folder.join(name)));
    in_path.chain(PLACES.iter().map(PathBuf::from)).find(|file| file.is_file()).ok_or(PdfError::NoBrowser)
}

/// Has `browser` print a page that is held in memory. It gets a profile of its own, which is removed, and nothing to fetch.
///
/// # Errors
/// When it cannot be started, does not end, or prints nothing.
pub fn print(browser: &Path, page: &str) -> Result<Vec<u8>, PdfError> {
    let io = |what: &Path| {
        let what = what.to_owned();
        move |source| PdfError::Io { what, source }
    };
    let folder = tempfile::tempdir().map_err(io(Path::new("a temporary folder")))?;
    let (html, pdf, log) =
        (folder.path().join("report.html"), folder.path().join("report.pdf"), folder.path().join("log"));
    fs::write(&html, page).map_err(io(&html))?;
    let mut print = Command::new(browser);
    print
        .args(["--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"])
        // The page comes from this program, runs nothing and fetches nothing.
        .args(["--no-pdf-header-footer", "--host-resolver-rules=MAP * ~NOTFOUND"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log).map_err(io(&log))?);
    // A browser's sandbox needs a user of its own, which root, as in a container, is not.
    #[cfg(unix)]
    if fs::metadata("/proc/self").is_ok_and(|of| std::os::unix::fs::MetadataExt::uid(&of) == 0) {
        print.arg("--no-sandbox");
    }
    let mut running = print.arg(format!("file://{}", html.display())).spawn().map_err(io(browser))?;
    if running.wait_timeout(PATIENCE).map_err(io(browser))?.is_none() {
        // It is one process tree; what is left of it ends with its parent.
        let _ = running.kill();
        let _ = running.wait();
        return Err(PdfError::Slow(browser.to_owned()));
    }
    match fs::read(&pdf) {
        Ok(bytes) if bytes.starts_with(b"%PDF-") => Ok(bytes),
        _ => {
            let said = fs::read(&log).unwrap_or_default();
            let said = String::from_utf8_lossy(&said);
            let end = said.lines().last().unwrap_or("it said nothing");
            Err(PdfError::Nothing {
                browser: browser.to_owned(),
                said: tracehound_model::text::label(end).into_owned(),
            })
        }
    }
}
