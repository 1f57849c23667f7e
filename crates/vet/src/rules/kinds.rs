//! Files by their first bytes: what they are, whether their name says so, and what opening one would start.

use crate::{
    code::{self, Dialect},
    command::readable,
    finding::{CheckId, Finding, Severity},
    tree::File,
};

/// What a file is by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    /// Pictures, fonts, sounds, films, data: the name of the form.
    Media(&'static str),
    /// Machine code of a system.
    Program(&'static str),
    /// Something that is opened and can start something.
    Document(&'static str),
    /// An archive that was not opened.
    Archive,
    Empty,
    Unknown,
}

/// First bytes, where they stand, and what they begin.
const MAGIC: &[(usize, &[u8], Form)] = &[
    (0, b"\x89PNG\r\n\x1a\n", Form::Media("PNG picture")),
    (0, b"\xff\xd8\xff", Form::Media("JPEG picture")),
    (0, b"GIF8", Form::Media("GIF picture")),
    (0, b"BM", Form::Media("BMP picture")),
    (0, b"\0\0\x01\0", Form::Media("icon")),
    (0, b"\0\0\x02\0", Form::Media("cursor")),
    (0, b"icns", Form::Media("icon")),
    (8, b"WEBP", Form::Media("WebP picture")),
    (8, b"WAVE", Form::Media("sound")),
    (8, b"AVI ", Form::Media("film")),
    (4, b"ftyp", Form::Media("film or picture")),
    (0, b"II*\0", Form::Media("TIFF picture")),
    (0, b"MM\0*", Form::Media("TIFF picture")),
    (0, b"8BPS", Form::Media("Photoshop picture")),
    (0, b"wOFF", Form::Media("font")),
    (0, b"wOF2", Form::Media("font")),
    (0, b"\0\x01\0\0\0", Form::Media("font")),
    (0, b"OTTO", Form::Media("font")),
    (0, b"true", Form::Media("font")),
    (0, b"ttcf", Form::Media("font")),
    (34, b"LP", Form::Media("font")),
    (0, b"OggS", Form::Media("sound")),
    (0, b"ID3", Form::Media("sound")),
    (0, b"\xff\xfb", Form::Media("sound")),
    (0, b"fLaC", Form::Media("sound")),
    (0, b"\x1aE\xdf\xa3", Form::Media("film")),
    (0, b"SQLite format 3\0", Form::Media("database")),
    (0, b"\x93NUMPY", Form::Media("array")),
    (0, b"PAR1", Form::Media("table")),
    (0, b"ARROW1", Form::Media("table")),
    (0, b"DIRC", Form::Media("index of git")),
    (0, b"PACK", Form::Media("objects of git")),
    (0, b"\xfftOc", Form::Media("index of git")),
    (0, b"\x78\x01", Form::Media("deflated object")),
    (0, b"\x78\x9c", Form::Media("deflated object")),
    (0, b"\x78\xda", Form::Media("deflated object")),
    (0, b"glTF", Form::Media("model")),
    (0, b"\xde\x12\x04\x95", Form::Media("translation")),
    (0, b"\x95\x04\x12\xde", Form::Media("translation")),
    (0, b"TZif", Form::Media("time zone")),
    (0, b"\x7fELF", Form::Program("Linux program")),
    (0, b"MZ", Form::Program("Windows program")),
    (0, b"\xcf\xfa\xed\xfe", Form::Program("macOS program")),
    (0, b"\xce\xfa\xed\xfe", Form::Program("macOS program")),
    (0, b"\xca\xfe\xba\xbe", Form::Program("macOS program or Java class")),
    (0, b"\0asm", Form::Program("WebAssembly program")),
    (0, b"!<arch>\n", Form::Program("library of machine code")),
    (0, b"dex\n", Form::Program("Android program")),
    (0, b"Fas", Form::Program("compiled AppleScript")),
    (0, b"%PDF", Form::Document("PDF")),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Form::Document("Office document or MSI of the old form")),
    (0, b"L\0\0\0\x01\x14\x02\0", Form::Document("Windows shortcut")),
    (0, b"conectix", Form::Document("disk image")),
    (0, b"vhdxfile", Form::Document("disk image")),
    (0x8001, b"CD001", Form::Document("disk image")),
    (0, b"xar!", Form::Document("macOS package")),
    (0, b"ITSF", Form::Document("compiled help")),
    (0, b"{\\rtf", Form::Document("RTF")),
    (0, b"7z\xbc\xaf", Form::Archive),
    (0, b"Rar!", Form::Archive),
    (0, b"\xfd7zXZ", Form::Archive),
    (0, b"\x28\xb5\x2f\xfd", Form::Archive),
    (0, b"PK\x03\x04", Form::Archive),
    (0, b"PK\x05\x06", Form::Archive),
    (0, b"\x1f\x8b", Form::Archive),
    (0, b"MSCF", Form::Archive),
];

/// Endings of pictures, fonts, sounds and films: nothing that is run.
const MEDIA: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "bmp", "ico", "webp", "avif", "tif", "tiff", "woff", "woff2", "ttf", "otf",
    "eot", "mp3", "mp4", "wav", "ogg", "webm", "flac", "mov", "pdf", "psd",
];

/// Endings of what starts something when it is opened.
const STARTS: &[&str] = &[
    "exe",
    "scr",
    "pif",
    "com",
    "lnk",
    "url",
    "js",
    "jse",
    "vbs",
    "vbe",
    "wsf",
    "hta",
    "bat",
    "cmd",
    "ps1",
    "msi",
    "jar",
    "scpt",
    "applescript",
    "command",
    "app",
    "iso",
    "img",
    "vhd",
    "vhdx",
    "dmg",
    "pkg",
    "reg",
    "chm",
    "cpl",
    "settingcontent-ms",
    "library-ms",
    "search-ms",
    "desktop",
    "webloc",
    "inetloc",
    "fileloc",
    "terminal",
];

/// Endings of what people think they open.
const SEEMS: &[&str] = &[
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "png", "jpg", "jpeg", "mp4", "mov", "csv",
    "zip", "rtf", "md",
];

/// What a file is.
pub(crate) fn form(file: &File) -> Form {
    let bytes = &file.bytes;
    if bytes.is_empty() {
        return Form::Empty;
    }
    let found = MAGIC
        .iter()
        .find(|(at, magic, _)| bytes.get(*at..at + magic.len()) == Some(*magic))
        .map(|(.., form)| *form);
    match found {
        // Text can begin with two or three of these letters.
        Some(
            Form::Media("BMP picture" | "font" | "deflated object" | "sound")
            | Form::Program("compiled AppleScript" | "Windows program"),
        )
        | None
            if is_text(bytes) =>
        {
            Form::Text
        }
        Some(form) => form,
        None if bytes.ends_with(b"koly")
            || bytes.len() > 512 && bytes[bytes.len() - 512..].starts_with(b"koly") =>
        {
            Form::Document("disk image")
        }
        None => Form::Unknown,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let odd = head
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(**byte, b'\n' | b'\r' | b'\t' | 0x1b | 0x0c | 0x08))
        .count();
    odd == 0
        && (std::str::from_utf8(head).is_ok_and(|_| true)
            || std::str::from_utf8(head).is_err_and(|error| error.valid_up_to() + 4 > head.len()))
}

pub(super) fn read(file: &File, form: Form) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = file.name().to_ascii_lowercase();
    let parts: Vec<&str> = name.split('.').collect();
    let ending = if parts.len() > 1 { parts[parts.len() - 1] } else { "" };
    let mut add = |id: CheckId, severity: Severity, title: String, shown: &str, attack: &[&'static str]| {
        let finding = Finding::new(id, severity, &file.path, title).attack(attack);
        findings.push(if shown.is_empty() { finding } else { finding.showing(shown) });
    };
    // What it starts comes last, and what it seems to be before it.
    if let [_, .., seems, last] = &parts[..]
        && STARTS.contains(last)
        && SEEMS.contains(&seems.trim())
        && !matches!((*seems, *last), ("md" | "txt" | "csv" | "png", "js" | "ps1"))
    {
        add(
            CheckId::Hide02,
            Severity::High,
            format!("It seems to be a {}, and starts as a {last} when it is opened.", seems.trim()),
            &name,
            &["T1036.007", "T1204.002"],
        );
    }
    if MEDIA.contains(&ending) {
        match form {
            Form::Text => media_of_text(file, ending, &mut add),
            Form::Program(what) => add(
                CheckId::Hide02,
                Severity::High,
                format!("It is a {what}, and its name says {ending}."),
                "",
                &["T1036.008"],
            ),
            _ => {}
        }
    }
    match form {
        Form::Document("Windows shortcut") => shortcut(file, &mut add),
        Form::Document("PDF") => pdf(file, &mut add),
        Form::Document("RTF")
            if contains(&file.bytes, b"\\objupdate")
                || contains(&file.bytes, b"\\objdata") && contains(&file.bytes, b"\\objautlink") =>
        {
            add(
                CheckId::File01,
                Severity::High,
                "Opening the document runs an object that is embedded in it.".into(),
                "",
                &["T1204.002", "T1203"],
            );
        }
        Form::Document("Office document or MSI of the old form") => office_old(file, ending, &mut add),
        Form::Media(what) => after_the_end(file, what, &mut add),
        Form::Text if ending == "url" || ending == "website" => internet_shortcut(file, &mut add),
        Form::Text if ending == "desktop" => desktop(file, &mut add),
        Form::Text if ending == "svg" => drawing(file, &mut add),
        Form::Program("compiled AppleScript") => compiled_script(file, &mut add),
        Form::Unknown | Form::Text if PICKLES.contains(&ending) => pickle(file, &mut add),
        _ => {}
    }
    office_new(file, &mut add);
    findings
}

type Add<'a> = dyn FnMut(CheckId, Severity, String, &str, &[&'static str]) + 'a;

/// Text in a picture or font: a pointer of Git LFS, a page, or code.
fn media_of_text(file: &File, ending: &str, add: &mut Add<'_>) {
    let Some(text) = readable(&file.bytes).filter(|text| !text.starts_with("version https://git-lfs")) else {
        return;
    };
    let markup = text.trim_start().starts_with('<');
    let signs = [
        "require(", "eval(", "function", "=>", "import ", "const ", "var ", "exec(", "#!/", "console.",
        "process.",
    ]
    .iter()
    .filter(|word| text.contains(**word))
    .count();
    let parses = text.len() > 20 && !markup && code::read(&text, Dialect::JavaScript, "js").is_ok();
    if signs >= 2 || signs >= 1 && parses || text.starts_with("#!") {
        let shown = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        add(
            CheckId::Hide02,
            Severity::High,
            format!("It is code, and its name says {ending}."),
            shown,
            &["T1036.008", "T1027.009"],
        );
    }
}

/// What follows the end of a picture.
fn after_the_end(file: &File, what: &str, add: &mut Add<'_>) {
    let bytes = &file.bytes;
    let end = match what {
        "PNG picture" => find(bytes, b"IEND").map(|at| at + 8),
        "JPEG picture" => bytes.windows(2).rposition(|pair| pair == b"\xff\xd9").map(|at| at + 2),
        "GIF picture" => bytes.iter().rposition(|byte| *byte == b';').map(|at| at + 1),
        _ => None,
    };
    let rest = end.and_then(|end| bytes.get(end..)).unwrap_or_default();
    let code = readable(rest).filter(|text| {
        text.len() > 24
            && ["require(", "eval(", "function", "=>", "exec(", "import ", "#!/", "<?php", "<script"]
                .iter()
                .any(|word| text.contains(word))
    });
    let program = [&b"\x7fELF"[..], b"MZ\x90", b"PK\x03\x04"].iter().any(|magic| rest.starts_with(magic));
    if let Some(text) = code {
        add(
            CheckId::Hide02,
            Severity::High,
            format!("Code stands behind the end of the {what}."),
            text.trim_start(),
            &["T1027.003", "T1027.009"],
        );
    } else if program {
        add(
            CheckId::Hide02,
            Severity::High,
            format!("A program or archive stands behind the end of the {what}."),
            "",
            &["T1027.003", "T1027.009"],
        );
    }
}

/// Windows shortcuts keep what they start as texts of UTF-16 within.
fn shortcut(file: &File, add: &mut Add<'_>) {
    let wide: String = file
        .bytes
        .chunks_exact(2)
        .map(|pair| char::from_u32(u32::from(u16::from_le_bytes([pair[0], pair[1]]))).unwrap_or(' '))
        .collect();
    let odd: String = file
        .bytes
        .get(1..)
        .unwrap_or_default()
        .chunks_exact(2)
        .map(|pair| char::from_u32(u32::from(u16::from_le_bytes([pair[0], pair[1]]))).unwrap_or(' '))
        .collect();
    let narrow: String = file.bytes.iter().map(|byte| char::from(*byte)).collect();
    let programs = [
        "powershell",
        "cmd.exe",
        "mshta",
        "wscript",
        "cscript",
        "rundll32",
        "regsvr32",
        "curl",
        "bitsadmin",
        "certutil",
        "conhost",
        "forfiles",
        "msiexec",
    ];
    for text in [&wide, &odd, &narrow] {
        let lower = text.to_ascii_lowercase();
        if let Some((at, program)) =
            programs.iter().filter_map(|program| Some((lower.find(program)?, program))).min()
        {
            let padded = text.contains(&" ".repeat(200));
            let rest = text.get(at..).unwrap_or_default();
            let shown: String = rest.chars().filter(|c| !c.is_control()).take(400).collect();
            let how = if padded { ", behind hundreds of blanks that hide what" } else { "" };
            add(
                CheckId::File01,
                Severity::High,
                format!("Opening the shortcut starts {program}{how}."),
                &shown,
                &["T1204.002", "T1027.012"],
            );
            return;
        }
    }
    add(
        CheckId::File01,
        Severity::Medium,
        "A Windows shortcut: opening it starts what it points to.".into(),
        "",
        &["T1204.002"],
    );
}

fn pdf(file: &File, add: &mut Add<'_>) {
    let bytes = &file.bytes;
    let starts = contains(bytes, b"/OpenAction") || contains(bytes, b"/AA");
    for (word, what) in [
        (&b"/Launch"[..], "starts a program"),
        (b"/JavaScript", "runs a script"),
        (b"/JS", "runs a script"),
        (b"/EmbeddedFile", "holds another file"),
        (b"/GoToR", "fetches another document"),
        (b"/SubmitForm", "sends what is typed in it"),
    ] {
        if contains(bytes, word) {
            let grave = word == b"/Launch" || starts && (word == b"/JavaScript" || word == b"/JS");
            let severity = if grave { Severity::High } else { Severity::Low };
            add(
                CheckId::File01,
                severity,
                format!("Opening the PDF {what}."),
                &String::from_utf8_lossy(word),
                &["T1204.002"],
            );
            if grave {
                return;
            }
        }
    }
}

/// The old form of Office holds macros in streams whose names stand in UTF-16.
fn office_old(file: &File, ending: &str, add: &mut Add<'_>) {
    let wide = |word: &str| word.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<u8>>();
    if contains(&file.bytes, &wide("_VBA_PROJECT")) || contains(&file.bytes, &wide("VBA")) {
        let auto = ["AutoOpen", "Auto_Open", "Document_Open", "Workbook_Open", "AutoExec"]
            .iter()
            .any(|name| contains(&file.bytes, name.as_bytes()));
        let severity = if auto { Severity::High } else { Severity::Medium };
        add(
            CheckId::File01,
            severity,
            "Opening the document runs macros.".into(),
            "",
            &["T1204.002", "T1059.005"],
        );
    } else if ending == "msi" {
        add(
            CheckId::File01,
            Severity::Medium,
            "An installer: opening it runs what it holds with the rights it asks for.".into(),
            "",
            &["T1218.007"],
        );
    }
}

/// The new form of Office is an archive, opened like any other: its parts are files here.
fn office_new(file: &File, add: &mut Add<'_>) {
    let path = file.path.to_ascii_lowercase();
    if path.ends_with("vbaproject.bin") {
        add(
            CheckId::File01,
            Severity::High,
            "Opening the document runs macros.".into(),
            "",
            &["T1204.002", "T1059.005"],
        );
    }
    if path.ends_with("settings.xml.rels")
        || path.ends_with("document.xml.rels")
        || path.ends_with("workbook.xml.rels")
    {
        let text = String::from_utf8_lossy(&file.bytes);
        for piece in text.split('<') {
            let template = ["attachedTemplate", "oleObject", "frame", "externalLinkPath"]
                .iter()
                .any(|kind| piece.contains(kind));
            if template && piece.contains("TargetMode=\"External\"") && piece.contains("://") {
                add(
                    CheckId::File01,
                    Severity::High,
                    "Opening the document fetches a template from a server, and runs its macros.".into(),
                    piece,
                    &["T1221", "T1204.002"],
                );
            }
        }
    }
}

fn internet_shortcut(file: &File, add: &mut Add<'_>) {
    let text = String::from_utf8_lossy(&file.bytes);
    for line in text.lines() {
        if let Some(url) = line.trim().strip_prefix("URL=") {
            let grave = url.starts_with("file:")
                || url.starts_with("\\\\")
                || url.starts_with("search-ms:")
                || [".exe", ".lnk", ".hta", ".js", ".vbs", ".bat", ".scr", ".msi"]
                    .iter()
                    .any(|ending| url.to_ascii_lowercase().ends_with(ending));
            let severity = if grave { Severity::High } else { Severity::Low };
            add(
                CheckId::File01,
                severity,
                "Opening the shortcut opens this address.".into(),
                url,
                &["T1204.001"],
            );
        }
    }
}

/// A drawing whose script fetches, decodes or leads elsewhere.
fn drawing(file: &File, add: &mut Add<'_>) {
    let text = String::from_utf8_lossy(&file.bytes);
    let Some(at) = text.find("<script") else { return };
    let does = [
        "eval(",
        "atob(",
        "fetch(",
        "XMLHttpRequest",
        "location",
        "Function(",
        "importScripts",
        "createElement",
    ];
    if let Some(word) = does.iter().find(|word| text[at..].contains(**word)) {
        let title = "Opening the drawing in a browser runs its script.";
        add(CheckId::File01, Severity::High, title.into(), word, &["T1027.009", "T1204.002"]);
    }
}

/// `AppleScript` keeps its texts as they are, of one or two bytes a character.
fn compiled_script(file: &File, add: &mut Add<'_>) {
    let wide = |word: &str| word.bytes().flat_map(|byte| [0, byte]).collect::<Vec<u8>>();
    let runs = ["curl ", "osascript", "base64", "http://", "https://", "/bin/sh", "python"];
    if let Some(word) =
        runs.iter().find(|word| contains(&file.bytes, word.as_bytes()) || contains(&file.bytes, &wide(word)))
    {
        let title = "Opening the compiled script runs commands.";
        add(CheckId::File01, Severity::High, title.into(), word, &["T1059.002", "T1204.002"]);
    }
}

/// Endings of objects that Python reads by doing what they say.
const PICKLES: &[&str] = &["pkl", "pickle", "joblib", "ckpt", "pt", "pth", "dill"];

fn pickle(file: &File, add: &mut Add<'_>) {
    let has = |word: &str| contains(&file.bytes, word.as_bytes());
    let system = (has("posix") || has("cnt\n") || has("cos\n")) && has("system");
    let code = (has("builtins") || has("__builtin__")) && (has("exec") || has("eval"));
    if system || code || has("subprocess") || has("runpy") {
        let title = "Loading the object runs what it says: it names functions that run commands or code.";
        add(CheckId::File01, Severity::High, title.into(), "", &["T1059.006", "T1204.002"]);
    }
}

fn desktop(file: &File, add: &mut Add<'_>) {
    let text = String::from_utf8_lossy(&file.bytes);
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("Exec=")
            && crate::command::read(command)
                .iter()
                .any(|(effect, _)| !matches!(effect, crate::command::Effect::RunsFile(_)))
        {
            add(
                CheckId::File01,
                Severity::High,
                "Opening the shortcut runs a command.".into(),
                command,
                &["T1204.002"],
            );
        }
    }
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    find(bytes, word).is_some()
}
