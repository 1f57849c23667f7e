//! A command: which program it is, behind whatever wraps it, and what that does with its arguments.

use super::{
    Effect, Found, Handed,
    decode::{self, decoded},
    shell::Word,
};

/// In which language code stands in a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Language {
    Shell,
    PowerShell,
    JavaScript,
    Python,
    Ruby,
    Php,
    Perl,
    AppleScript,
}

/// What is put before a command and changes nothing of what it does.
const WRAPPERS: &[&str] = &[
    "sudo",
    "doas",
    "env",
    "nohup",
    "time",
    "exec",
    "command",
    "builtin",
    "setsid",
    "xargs",
    "timeout",
    "nice",
    "stdbuf",
    "busybox",
    "start",
    "winpty",
    "caffeinate",
    "cross-env",
    "dotenv",
];

/// Programs that run what they are given on their input or as a file.
const INTERPRETERS: &[(&str, Language)] = &[
    ("sh", Language::Shell),
    ("bash", Language::Shell),
    ("zsh", Language::Shell),
    ("dash", Language::Shell),
    ("ksh", Language::Shell),
    ("ash", Language::Shell),
    ("fish", Language::Shell),
    ("cmd", Language::Shell),
    ("powershell", Language::PowerShell),
    ("pwsh", Language::PowerShell),
    ("node", Language::JavaScript),
    ("nodejs", Language::JavaScript),
    ("bun", Language::JavaScript),
    ("deno", Language::JavaScript),
    ("tsx", Language::JavaScript),
    ("ts-node", Language::JavaScript),
    ("python", Language::Python),
    ("python2", Language::Python),
    ("python3", Language::Python),
    ("py", Language::Python),
    ("ruby", Language::Ruby),
    ("php", Language::Php),
    ("perl", Language::Perl),
    ("osascript", Language::AppleScript),
];

/// Programs that fetch.
const FETCHERS: &[&str] = &[
    "curl",
    "wget",
    "fetch",
    "aria2c",
    "http",
    "https",
    "xh",
    "lynx",
    "nc",
    "ncat",
    "socat",
    "ftp",
    "tftp",
    "scp",
    "iwr",
    "irm",
    "invoke-webrequest",
    "invoke-restmethod",
    "start-bitstransfer",
    "bitsadmin",
    "nslookup",
    "dig",
    "host",
];

/// What of a path holds keys, wallets or passwords.
const SECRETS: &[&str] = &[
    ".ssh",
    ".aws/credentials",
    ".config/solana",
    "id.json",
    "id_rsa",
    "id_ed25519",
    "keychain",
    "Login Data",
    "wallet.dat",
    ".gnupg",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".env",
    "Local Extension Settings",
    "keystore",
    ".kube/config",
    "exodus",
    "Cookies",
    "key4.db",
    "logins.json",
    ".docker/config.json",
];

/// Endings of files that are code, for the programs that run them.
const CODE: &[&str] = &[
    "js",
    "mjs",
    "cjs",
    "ts",
    "mts",
    "cts",
    "tsx",
    "jsx",
    "py",
    "pyw",
    "pyz",
    "pyc",
    "sh",
    "bash",
    "zsh",
    "fish",
    "ksh",
    "bat",
    "cmd",
    "ps1",
    "psm1",
    "rb",
    "php",
    "phar",
    "pl",
    "pm",
    "lua",
    "exe",
    "msi",
    "jar",
    "applescript",
    "scpt",
    "vbs",
    "wsf",
    "hta",
    "dll",
    "command",
    "wasm",
    "run",
    "bin",
    "app",
    "out",
    "elf",
    "coffee",
    "es6",
    "node",
    "rs",
    "go",
    "java",
    "kts",
    "groovy",
    "r",
    "jl",
    "tcl",
    "awk",
    "sed",
    "mk",
    "cmake",
    "in",
    "tmpl",
    "t",
    "com",
    "nu",
    "csx",
    "fsx",
    "ipynb",
    "xsh",
];

/// Endings of files that are never run.
const NOT_CODE: &[&str] = &[
    "woff", "woff2", "ttf", "otf", "eot", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "bmp", "avif",
    "dict", "dic", "txt", "md", "css", "scss", "map", "lock", "log", "csv", "tsv", "dat", "data", "db",
    "pdf", "mp3", "mp4", "wav", "ini", "cfg", "conf", "xml", "yml", "yaml", "json", "html", "tmp", "bak",
    "cache", "key", "pem", "license", "env",
];

/// Whether a file is code by its name.
pub(crate) fn is_code_file(name: &str) -> bool {
    ending(name).is_some_and(|ending| CODE.contains(&&ending[..]))
}

fn ending(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (_, ending) = name.trim_start_matches('.').rsplit_once('.')?;
    Some(ending.to_ascii_lowercase())
}

/// A command of a pipeline.
pub(super) struct Program<'w> {
    name: String,
    words: &'w [Word],
    /// Whether the name is put together from pieces.
    pub pieced: bool,
    /// Whether it is kept from the screen.
    pub silences: bool,
}

impl<'w> Program<'w> {
    /// The program behind variables, wrappers and marks of make, composer and batch files.
    pub(super) fn of(words: &'w [Word]) -> Option<Self> {
        let mut silences = false;
        let mut at = 0;
        loop {
            let word = words.get(at)?;
            let name = base_name(&word.text);
            let setting = at > 0 && word.text.contains('=') && !word.text.starts_with('-');
            let flag_of_wrapper = at > 0 && (word.text.starts_with('-') || is_duration(&word.text));
            let windows_flag = at > 0 && word.text.starts_with('/') && word.text.len() <= 4;
            if word.text.starts_with(['>', '<']) || setting || flag_of_wrapper || windows_flag {
                silences |= word.text == "/b" || word.text == "/B" || word.text.eq_ignore_ascii_case("/min");
                at += 1;
            } else if WRAPPERS.contains(&&name[..]) {
                silences |= matches!(&name[..], "nohup" | "setsid");
                at += 1;
            } else {
                let pieced = word.pieced && !word.text.starts_with('$');
                return Some(Self { pieced: pieced && is_known(&name), name, words: &words[at..], silences });
            }
        }
    }

    fn arguments(&self) -> impl Iterator<Item = &'w str> {
        self.words[1..].iter().map(|word| &word.text[..])
    }

    fn language(&self) -> Option<Language> {
        let name = self.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let found =
            |name: &str| INTERPRETERS.iter().find(|(known, _)| *known == name).map(|(_, language)| *language);
        found(&self.name).or_else(|| found(name))
    }

    fn has_flag(&self, flags: &[&str]) -> bool {
        self.arguments().any(|argument| flags.iter().any(|flag| argument.eq_ignore_ascii_case(flag)))
    }

    /// All of the line after the program.
    fn line(&self) -> String {
        self.arguments().collect::<Vec<_>>().join(" ")
    }

    fn url(&self) -> Option<String> {
        let is_url =
            |text: &&str| text.contains("://") || text.starts_with("ftp.") || text.contains("/dev/tcp/");
        let named = self.arguments().find(is_url);
        named.or_else(|| self.arguments().find(|text| !text.starts_with(['-', '>', '<']))).map(str::to_owned)
    }

    /// What it reads that holds keys or passwords; `printenv` gives all of them.
    fn secret(&self) -> Option<String> {
        if matches!(&self.name[..], "printenv" | "env") {
            return Some("the environment".to_owned());
        }
        let whole = self.line();
        SECRETS.iter().find(|secret| whole.contains(**secret)).map(|secret| (*secret).to_owned())
    }

    fn fetches(&self) -> bool {
        FETCHERS.contains(&&self.name[..]) || (self.name == "certutil" && self.line().contains("urlcache"))
    }

    fn decodes(&self) -> bool {
        match &self.name[..] {
            "base64" | "base32" | "gbase64" => self.has_flag(&["-d", "--decode", "-D", "-di", "-id"]),
            "openssl" => self.has_flag(&["-d"]),
            "xxd" => self.arguments().any(|flag| flag.starts_with('-') && flag.contains('r')),
            "certutil" => self.line().contains("decode"),
            "rev" => true,
            _ => false,
        }
    }

    /// Text that it writes out by itself.
    fn prints(&self) -> Option<String> {
        if !matches!(&self.name[..], "echo" | "printf" | "write-output") {
            return None;
        }
        let mut said = self.arguments().filter(|word| !word.starts_with('-') && !word.starts_with('>'));
        let first = said.next()?;
        let rest: Vec<&str> = said.collect();
        Some(if first.contains('%') && !rest.is_empty() {
            rest.join(" ")
        } else {
            [&[first][..], &rest].concat().join(" ")
        })
    }

    /// What it hands to the next of its pipeline.
    pub(super) fn hands(&self, given: Handed) -> Handed {
        let given = Handed { secret: given.secret.or_else(|| self.secret()), ..given };
        if self.fetches() {
            return Handed { fetched: self.url().or(given.fetched), ..Handed::default() };
        }
        let here = self.arguments().find_map(|word| word.strip_prefix('<')).map(str::to_owned);
        if self.decodes() {
            let text = given.text.clone().or(here).and_then(|text| decoded(text.trim()));
            return Handed { decoded: true, text, ..given };
        }
        match self.prints() {
            Some(text) => {
                let escaped = text.matches("\\x").count() >= 4 || text.matches("\\0").count() >= 4;
                let text = if escaped { decode::unescaped(&text) } else { text };
                Handed { decoded: given.decoded || escaped, text: given.text.clone().or(Some(text)), ..given }
            }
            None if self.name == "cat" && given.text.is_none() => Handed { text: here, ..given },
            None => given,
        }
    }

    /// What it does, given what it is handed.
    pub(super) fn effects(
        &self,
        given: &Handed,
        piped: bool,
        line: u32,
        found: &mut Vec<Found>,
        fetched: &mut Vec<(String, String)>,
    ) {
        let mut tell = |effect: Effect| found.push((effect, line));
        let whole = self.line();
        if self.fetches() {
            let url = self.url().unwrap_or_default();
            let sends = [
                "-d",
                "--data",
                "--data-binary",
                "-F",
                "--form",
                "-T",
                "--upload-file",
                "--post-file",
                "-InFile",
            ]
            .iter()
            .any(|flag| self.arguments().any(|word| word.starts_with(flag)));
            if let Some(secret) = given.secret.clone().or_else(|| self.secret())
                && sends
            {
                tell(Effect::SendsSecrets(secret));
            }
            if let Some(target) = self.saved_to() {
                fetched.push((target, url.clone()));
            }
            tell(Effect::Fetches(url));
            return;
        }
        let language = self.language();
        let runs_input = language.is_some() && self.file().is_none() && self.inline().is_empty();
        let evaluates = matches!(&self.name[..], "eval" | "source" | "." | "iex" | "invoke-expression")
            || (language.is_some() && (runs_input || self.runs_substituted()));
        if evaluates
            && (piped || self.words.iter().any(|word| !word.within.is_empty() || word.text.starts_with('<')))
        {
            match given {
                Handed { fetched: Some(url), .. } => tell(Effect::RunsFetched(url.clone())),
                Handed { decoded: true, text, .. } => tell(Effect::RunsDecoded(text.clone())),
                _ => {}
            }
        }
        // A file that an earlier command of the line fetched.
        let runs = [language.and_then(|_| self.file()), Some(self.words[0].text.clone())];
        for file in runs.into_iter().flatten() {
            let same =
                |(target, _): &&(String, String)| base_name(target) == base_name(&file) && !target.is_empty();
            if let Some((_, url)) = fetched.iter().find(same) {
                tell(Effect::RunsFetched(url.clone()));
            }
        }
        if let Some(url) = self.runs_remote(&whole) {
            tell(Effect::RunsFetched(url));
        }
        if language == Some(Language::PowerShell) || matches!(&self.name[..], "iex" | "invoke-expression") {
            powershell(&self.words[0].text, &whole, &mut tell);
        }
        match (language, self.file()) {
            (Some(_), Some(file)) if is_disguised(&file) => tell(Effect::RunsDisguised(file)),
            (Some(_), Some(file)) => tell(Effect::RunsFile(file)),
            (None, _) => {
                let path = self.words[0].text.trim_start_matches('@');
                let own = path.starts_with("./")
                    || path.starts_with("../")
                    || path.starts_with('.') && path.contains('/');
                if own && self.words[0].text.len() > 2 && !path.starts_with("/dev") {
                    tell(Effect::RunsFile(path.trim_start_matches("./").to_owned()));
                }
            }
            _ => {}
        }
    }

    /// Where what it fetches goes.
    fn saved_to(&self) -> Option<String> {
        let words: Vec<&str> = self.arguments().collect();
        for (at, word) in words.iter().enumerate() {
            if matches!(*word, "-o" | "-O" | "--output" | "--output-document" | "-OutFile" | "-outfile") {
                let next = words.get(at + 1).copied().unwrap_or_default();
                if !next.is_empty() && !next.starts_with('-') && !next.contains("://") {
                    return Some(next.to_owned());
                }
            }
            if let Some(file) = word.strip_prefix('>') {
                return Some(file.to_owned());
            }
        }
        let url = self.url()?;
        let remote_name = self.name == "wget"
            || words.iter().any(|word| matches!(*word, "-O" | "--remote-name" | "-LO" | "-sLO" | "-OL"));
        let last = url.rsplit('/').next()?.split(['?', '#']).next()?;
        (remote_name && !last.is_empty()).then(|| last.to_owned())
    }

    /// Whether what it runs is given by `<(…)` or `$(…)`.
    fn runs_substituted(&self) -> bool {
        self.words[1..].iter().any(|word| !word.within.is_empty())
    }

    /// Programs that run what lies at an address.
    fn runs_remote(&self, whole: &str) -> Option<String> {
        let url = || self.arguments().find(|word| word.contains("://")).map(str::to_owned);
        match &self.name[..] {
            "mshta" | "regsvr32" | "rundll32" | "msiexec" | "osascript" => url(),
            "deno" if whole.starts_with("run") => url(),
            "pip" | "pip3" | "npm" | "npx" | "pnpm" | "yarn" | "bunx" | "uvx" | "gem" | "go" => {
                url().filter(|url| !is_forge(url))
            }
            "python" | "python3" | "py" if whole.contains("-m pip") => url().filter(|url| !is_forge(url)),
            _ => None,
        }
    }

    /// The file that an interpreter is told to run.
    fn file(&self) -> Option<String> {
        self.language()?;
        let mut arguments = self.arguments().skip_while(|word| matches!(*word, "run" | "exec")).peekable();
        while let Some(word) = arguments.next() {
            match word {
                "-r" | "--require" | "--import" | "--loader" | "-W" | "-X" | "-I" | "-O" => {
                    arguments.next();
                }
                "-m" | "-c" | "-e" | "-p" | "-pe" | "--eval" | "--print" | "-Command" | "-command" | "-C"
                | "/c" | "/C" | "-s" | "eval" | "test" | "install" | "add" | "-" | "-enc"
                | "-EncodedCommand" => return None,
                "-File" | "-file" | "-f" => return arguments.next().map(str::to_owned),
                word if word.starts_with(['-', '>', '<', '/']) && !word[1..].contains('/') => {}
                word if word.contains("://") || word.is_empty() || word.starts_with("/dev/fd") => {
                    return None;
                }
                word if self.language() == Some(Language::PowerShell)
                    && ending(word).as_deref() != Some("ps1") =>
                {
                    return None;
                }
                word => return Some(word.trim_start_matches("./").to_owned()),
            }
        }
        None
    }

    /// Code that stands in its arguments.
    pub(super) fn inline(&self) -> Vec<(Language, String)> {
        let Some(language) = self.language() else { return Vec::new() };
        let flags: &[&str] = match language {
            Language::Shell => &["-c", "-lc", "-ic", "-ec", "-xc", "-exc", "/c", "/C", "/k", "-cl"],
            Language::PowerShell => &["-c", "-Command", "-command"],
            Language::JavaScript => &["-e", "-p", "-pe", "--eval", "--print", "eval"],
            Language::Python => &["-c"],
            Language::Php => &["-r"],
            Language::Ruby | Language::Perl | Language::AppleScript => &["-e", "-E", "-ne", "-pe"],
        };
        let mut arguments = self.arguments();
        let Some(_) = arguments.by_ref().find(|word| flags.contains(word)) else { return Vec::new() };
        // `cmd /c` and PowerShell take the rest of the line.
        let code = match (language, &self.name[..]) {
            (Language::PowerShell, _) | (_, "cmd") => arguments.collect::<Vec<_>>().join(" "),
            _ => arguments.next().unwrap_or_default().to_owned(),
        };
        if code.trim().is_empty() { Vec::new() } else { vec![(language, code)] }
    }
}

/// The encoded command, and what is downloaded and run in one.
fn powershell(first: &str, whole: &str, tell: &mut impl FnMut(Effect)) {
    let lower = format!("{first} {whole}").to_ascii_lowercase();
    let runs = ["iex", "invoke-expression", "start-process", "[scriptblock]"]
        .iter()
        .any(|word| lower.contains(word));
    let fetches = [
        "downloadstring",
        "downloadfile",
        "iwr",
        "irm",
        "invoke-webrequest",
        "invoke-restmethod",
        "webclient",
    ];
    if runs && fetches.iter().any(|word| lower.contains(word)) {
        let at = lower.find("http").unwrap_or(0);
        let original = format!("{first} {whole}");
        let url = original.get(at..).unwrap_or_default();
        let end = url.find(['\'', '"', ')', ' ']).unwrap_or(url.len());
        tell(Effect::RunsFetched(url[..end].to_owned()));
    }
    let mut words = whole.split_whitespace();
    while let Some(word) = words.next() {
        let word = word.to_ascii_lowercase();
        if word.len() >= 2
            && "-encodedcommand".starts_with(&word)
            && word.starts_with("-e")
            && word != "-ep"
            && word != "-ex"
        {
            let text = words.next().and_then(decode::utf16);
            tell(Effect::RunsDecoded(text));
        }
    }
    if runs && lower.contains("frombase64string") {
        tell(Effect::RunsDecoded(None));
    }
    if lower.contains("-w hidden") || lower.contains("-windowstyle hidden") || lower.contains("-w h ") {
        tell(Effect::Hides);
    }
}

/// Whether an interpreter is told to run what is no code by its name.
fn is_disguised(file: &str) -> bool {
    ending(file).is_some_and(|ending| NOT_CODE.contains(&&ending[..]))
}

/// Where packages and sources are looked after by many.
pub(crate) fn is_forge(url: &str) -> bool {
    const FORGES: &[&str] = &[
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "codeberg.org",
        "githubusercontent.com",
        "npmjs.org",
        "npmjs.com",
        "yarnpkg.com",
        "pypi.org",
        "pythonhosted.org",
        "crates.io",
        "rubygems.org",
        "golang.org",
        "packagist.org",
        "maven.org",
        "npmmirror.com",
        "jsr.io",
        "nodejs.org",
        "python.org",
        "pytorch.org",
        "gradle.org",
        "apache.org",
        "pkg.dev",
        "npm.taobao.org",
        "npm.pkg.github.com",
        "rust-lang.org",
        "nuget.org",
        "gitee.com",
        "sr.ht",
        "gnu.org",
        "kernel.org",
        "debian.org",
        "ubuntu.com",
        "docker.com",
    ];
    let host = host_of(url);
    FORGES
        .iter()
        .any(|forge| host == *forge || host.strip_suffix(forge).is_some_and(|rest| rest.ends_with('.')))
}

/// The host of an address, in lower case.
pub(crate) fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '"', '\'', ' ']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    host.split(':').next().unwrap_or_default().to_ascii_lowercase()
}

fn base_name(path: &str) -> String {
    let path = path.trim_start_matches(['@', '-', '+']).trim_end_matches(';');
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    // A call of PowerShell is written with its brackets: IEX(New-Object …).
    let name = name.split('(').next().unwrap_or_default();
    name.strip_suffix(".exe").unwrap_or(name).to_owned()
}

fn is_duration(text: &str) -> bool {
    text.trim_end_matches(['s', 'm', 'h']).bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty()
}

fn is_known(name: &str) -> bool {
    FETCHERS.contains(&name)
        || INTERPRETERS.iter().any(|(known, _)| *known == name)
        || matches!(name, "eval" | "base64")
}
