//! What the libraries of the languages do: fetch, decode, run. A new one is a new word here.

use std::{collections::HashMap, sync::LazyLock};

use super::{Dialect, value::Marks};
use crate::command;

/// What a function does with what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Gives what a server answers.
    Fetches,
    /// Gives what an encoding says.
    Decodes,
    /// Gives what a file holds.
    Reads,
    /// Puts something into a file: the file first, then what.
    Writes,
    /// Gives an environment variable.
    Environment,
    /// Runs text as code of the language.
    Code,
    /// Runs a command.
    Command,
    /// Gives objects from bytes, and runs what these say on the way.
    Unpickles,
    /// Fills a template whose text can hold code.
    Template,
    /// Gives a number, or says yes or no.
    Measures,
}

use Role::{Code, Command, Decodes, Environment, Fetches, Measures, Reads, Template, Unpickles, Writes};

/// Functions by the end of their path; of one word, the whole path. `j` JavaScript, `p` Python, `l` the languages read loosely.
const PATHS: &[(Role, &str, &str)] = &[
    (
        Fetches,
        "j",
        "fetch axios axios.get axios.post axios.request axios.create got got.get got.post request request.get request.post needle needle.get \
         superagent.get superagent.post node-fetch undici.fetch undici.request http.get https.get http.request https.request ky ky.get \
         phin bent wretch centra XMLHttpRequest WebSocket ws EventSource io socket.io-client socket.io-client.io net.connect net.createConnection \
         tls.connect net.Socket dns.resolveTxt dns.promises.resolveTxt cross-fetch isomorphic-fetch follow-redirects.https.get \
         jQuery.get $.get $.ajax $.getJSON $.post ofetch ofetch.ofetch $fetch web3.eth.getTransaction mqtt.connect \
         ethers.JsonRpcProvider ethers.providers.JsonRpcProvider",
    ),
    (
        Fetches,
        "p",
        "requests.get requests.post requests.put requests.request requests.Session requests.session urllib.request.urlopen urllib2.urlopen \
         urllib.urlopen httpx.get httpx.post httpx.Client httpx.AsyncClient aiohttp.ClientSession urllib.request.urlretrieve urllib3.PoolManager \
         http.client.HTTPSConnection http.client.HTTPConnection socket.socket socket.create_connection websocket.create_connection \
         websockets.connect dns.resolver.resolve dns.resolver.query web3.Web3",
    ),
    (
        Fetches,
        "l",
        "Net.HTTP.get Net.HTTP.get_response Net.HTTP.start URI.open OpenURI.open_uri HTTParty.get Faraday.get RestClient.get TCPSocket.new \
         TCPSocket.open curl_exec reqwest.get reqwest.blocking.get ureq.get http.Get http.Post net.Dial WebClient HttpClient HttpURLConnection \
         UnityWebRequest.Get Invoke-WebRequest Invoke-RestMethod file_get_contents fsockopen LWP.Simple.get HTTP.Tiny.new open URL",
    ),
    (
        Decodes,
        "j",
        "atob Buffer.from Buffer buffer.Buffer.from unescape zlib.inflateSync zlib.gunzipSync zlib.unzipSync zlib.brotliDecompressSync \
         zlib.inflateRawSync String.fromCharCode String.fromCodePoint js-base64.decode js-base64.Base64.decode CryptoJS.AES.decrypt \
         crypto-js.AES.decrypt lz-string.decompressFromBase64 lz-string.decompress LZString.decompress Uint8Array.from TextDecoder",
    ),
    (
        Decodes,
        "p",
        "base64.b64decode base64.urlsafe_b64decode base64.b32decode base64.b85decode base64.a85decode base64.b16decode base64.decodebytes \
         binascii.unhexlify binascii.a2b_base64 binascii.a2b_hex bytes.fromhex bytearray.fromhex codecs.decode zlib.decompress bz2.decompress \
         lzma.decompress gzip.decompress chr bytes bytearray",
    ),
    (
        Decodes,
        "l",
        "Base64.decode64 Base64.strict_decode64 Base64.urlsafe_decode64 Zlib.Inflate.inflate base64_decode hex2bin gzinflate gzuncompress \
         gzdecode str_rot13 convert_uudecode strrev pack base64.StdEncoding.DecodeString hex.DecodeString base64.URLEncoding.DecodeString \
         Convert.FromBase64String Base64.getDecoder.decode hex.decode base64.decode STANDARD.decode char.from String.from_utf8 \
         Base.decode64 Base.decode16 base64decode \
         MIME.Base64.decode_base64 decode_base64 chr string byte",
    ),
    (
        Reads,
        "j",
        "fs.readFileSync fs.readFile fs.promises.readFile fs/promises.readFile fs-extra.readFileSync fs-extra.readFile",
    ),
    (Reads, "p", "open io.open pathlib.Path"),
    (
        Reads,
        "l",
        "File.read IO.read fs.read_to_string os.ReadFile File.ReadAllText File.ReadAllBytes ioutil.ReadFile",
    ),
    (
        Writes,
        "j",
        "fs.writeFileSync fs.writeFile fs.promises.writeFile fs/promises.writeFile fs.createWriteStream fs.appendFileSync fs-extra.writeFileSync \
         fs-extra.writeFile fs-extra.outputFile",
    ),
    (
        Writes,
        "l",
        "File.write IO.write fs.write os.WriteFile File.WriteAllText File.WriteAllBytes file_put_contents ioutil.WriteFile",
    ),
    (Environment, "p", "os.getenv os.environ.get"),
    (
        Environment,
        "l",
        "getenv env.var env ENV.fetch os.Getenv System.getenv Environment.GetEnvironmentVariable",
    ),
    (
        Code,
        "j",
        "eval Function GeneratorFunction AsyncFunction execScript vm.runInThisContext vm.runInNewContext vm.runInContext vm.Script \
         vm.compileFunction vm.SourceTextModule setTimeout setInterval setImmediate import require worker_threads.Worker Worker \
         jQuery.globalEval $.globalEval vm2.VM vm2.NodeVM",
    ),
    (
        Code,
        "p",
        "exec eval compile builtins.exec builtins.eval builtins.compile __builtins__.exec __builtins__.eval code.InteractiveInterpreter \
         types.CodeType types.FunctionType runpy.run_path",
    ),
    (
        Code,
        "l",
        "eval evaluate instance_eval class_eval module_eval Kernel.eval create_function loadstring Assembly.Load Assembly.LoadFrom defineClass \
         ScriptEngine.eval GroovyShell.evaluate Invoke-Expression IEX iex ExecuteGlobal Execute CSharpScript.EvaluateAsync binding.eval",
    ),
    (
        Command,
        "j",
        "child_process.exec child_process.execSync child_process.spawn child_process.spawnSync child_process.execFile child_process.execFileSync \
         child_process.fork execa execa.execa execa.execaCommand execa.command shelljs.exec cross-spawn cross-spawn.sync Bun.spawn Bun.spawnSync \
         Deno.Command Deno.run zx.$",
    ),
    (
        Command,
        "p",
        "os.system os.popen subprocess.run subprocess.call subprocess.Popen subprocess.check_output subprocess.check_call subprocess.getoutput \
         subprocess.getstatusoutput os.execv os.execl os.execvp os.spawnl asyncio.create_subprocess_shell asyncio.create_subprocess_exec pty.spawn \
         commands.getoutput os.startfile",
    ),
    (
        Command,
        "l",
        "system exec spawn Kernel.system Kernel.exec Kernel.spawn Open3.capture2 Open3.capture3 Open3.popen3 IO.popen shell_exec passthru popen proc_open \
         pcntl_exec Command.new process.Command.new exec.Command exec.CommandContext Process.Start ProcessStartInfo Runtime.getRuntime.exec \
         ProcessBuilder os.execute io.popen WScript.Shell.Run Shell.Application.ShellExecute vm.ffi Start-Process \
         System.cmd System.shell os.cmd run_command system2 shell Process.run vim.fn.system",
    ),
    (
        Unpickles,
        "p",
        "pickle.loads pickle.load marshal.loads marshal.load dill.loads cloudpickle.loads yaml.load yaml.unsafe_load yaml.full_load yaml.load_all \
         jsonpickle.decode joblib.load torch.load",
    ),
    (Unpickles, "j", "node-serialize.unserialize"),
    (Unpickles, "l", "unserialize Marshal.load YAML.load YAML.unsafe_load"),
    (
        Template,
        "jp",
        "ejs.render ejs.renderFile ejs.compile pug.render pug.compile lodash.template _.template handlebars.compile nunjucks.renderString \
         jinja2.Template doT.template",
    ),
    (
        Measures,
        "jpl",
        "parseInt parseFloat Number Boolean JSON.stringify len int float bool isinstance hash crypto.createHash hashlib.sha256 hashlib.md5 \
         console.log console.error console.warn print expect assert.equal puts p println fmt.Println logging.info ord type hasattr assert \
         assert.ok assert.strictEqual assert.deepEqual",
    ),
];

/// Methods of whatever object, where the name alone says it.
const METHODS: &[(Role, &str, &str)] = &[
    (Code, "j", "_compile runInThisContext runInNewContext"),
    (Code, "p", "exec_module load_module"),
    (Code, "l", "instance_eval class_eval InvokeScript evaluate"),
    (Decodes, "jpl", "reverse fromCharCode fromhex decrypt"),
    (Decodes, "l", "unpack unpack1 pack decode64 FromBase64String DecodeString char decodeBase64"),
    (Fetches, "j", "eth_call getTransaction getTransactionReceipt"),
    (
        Fetches,
        "l",
        "DownloadString DownloadData DownloadFile GetStringAsync GetByteArrayAsync openStream readText",
    ),
    (Command, "l", "arg args execute ShellExecute"),
    (
        Measures,
        "jpl",
        "length indexOf includes startsWith endsWith test status statusCode toFixed size lastIndexOf localeCompare getTime send setHeader json_response",
    ),
];

/// Rows of a table by the last word of their paths.
type ByName = HashMap<&'static str, Vec<(Role, &'static str, &'static str)>>;

static BY_NAME: LazyLock<ByName> = LazyLock::new(|| by_name(PATHS));
static BY_METHOD: LazyLock<ByName> = LazyLock::new(|| by_name(METHODS));

fn by_name(table: &[(Role, &'static str, &'static str)]) -> ByName {
    let mut all = ByName::new();
    for (role, languages, words) in table {
        for word in words.split_ascii_whitespace() {
            let last = word.rsplit('.').next().unwrap_or(word);
            all.entry(last).or_default().push((*role, languages, word));
        }
    }
    all
}

/// What a function of this path does in a language.
pub(super) fn role(path: &str, dialect: Dialect) -> Option<Role> {
    let rows = BY_NAME.get(path.rsplit('.').next().unwrap_or(path))?;
    rows.iter()
        .find(|(_, languages, word)| languages.contains(letter(dialect)) && is(path, word))
        .map(|row| row.0)
}

/// What a method of this name does, whatever it is a method of.
pub(super) fn method(name: &str, dialect: Dialect) -> Option<Role> {
    let rows = BY_METHOD.get(name)?;
    rows.iter().find(|(_, languages, _)| languages.contains(letter(dialect))).map(|row| row.0)
}

const fn letter(dialect: Dialect) -> char {
    match dialect {
        Dialect::JavaScript => 'j',
        Dialect::Python => 'p',
        Dialect::Loose => 'l',
    }
}

fn is(path: &str, word: &str) -> bool {
    path == word || word.contains('.') && path.strip_suffix(word).is_some_and(|rest| rest.ends_with('.'))
}

/// Objects that hold what is global: their members are global too.
pub(super) fn is_global(path: &str) -> bool {
    matches!(
        path,
        "globalThis" | "global" | "window" | "self" | "globals" | "Kernel" | "std" | "root" | "this"
    )
}

/// Whether a file's name or path is one of those that hold keys, wallets or passwords.
pub(super) fn is_secret(path: &str) -> bool {
    const SECRET: &[&str] = &[
        "Login Data",
        "Local Extension Settings",
        "key4.db",
        "logins.json",
        "login.keychain",
        "Library/Keychains",
        ".config/solana",
        "exodus.wallet",
        "wallet.dat",
        ".ssh/id_",
        ".aws/credentials",
        ".gnupg",
        "nkbihfbeogaeaoehlefnkodbefgpgknn",
        "Cookies.binarycookies",
    ];
    SECRET.iter().any(|secret| path.contains(secret))
}

/// What a text looks like that stands in the files.
pub(super) fn looks(text: &str) -> Marks {
    let mut marks = Marks::default();
    if is_url(text) || is_host(text) {
        marks = marks | Marks::ADDRESS;
    }
    if command::is_encoded(text) {
        marks = marks | Marks::ENCODED;
    }
    marks
}

fn is_host(text: &str) -> bool {
    let fits = text.len() < 100
        && text.contains('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    fits && !command::is_code_file(text) && !text.starts_with('.') && !text.ends_with('.') && text.len() > 5
}

/// Whether a text gives away that it is an address of a server.
pub(super) fn is_url(text: &str) -> bool {
    ["http://", "https://", "ws://", "wss://", "ftp://", "tcp://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
}
