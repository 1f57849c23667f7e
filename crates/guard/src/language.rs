//! Whether every word of a text is one that is read here. Words by which somebody binds himself are endless, in any language; those of
//! greetings, log-ins and terms are few. A text of these alone says nothing of what is anybody's; any other is for a person.

pub(crate) mod agreed;
mod known;
pub(crate) mod written;

use std::{collections::BTreeSet, sync::LazyLock};

use crate::{denial, plain, sign_in};
use known::{NAME, NUMBER, SITE};

/// Words that by themselves give nothing away.
const HARMLESS: &str = "
i a accept account address age agree agreed am an and any app application are as ask at authenticate authentication back be before been
blockchain by can chain challenge click close code conditions connect connecting cookie date day did do does ethereum expiration for from hello
here hi id in is issued it its january february march april may june july august september october november december draft least log
login logging message monday tuesday wednesday thursday friday saturday sunday my noon nonce number of old on one-time or our over own owns page
please policy privacy proof prove proves read request resources see service session sign signature signed signing site terms text
thank thanks that the there these this time to today tomorrow tos uri use utc verify verifying version wallet want wants we website
welcome what which who will with would years yes you your
";

static WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| HARMLESS.split_whitespace().collect());

/// Words behind which a name stands: `welcome to Example`, `the terms of Example Labs`.
const BEFORE_NAMES: &[&str] = &["to", "of", "at", "by", "the", "with"];
/// Words of a name.
const LONGEST_NAME: usize = 3;

/// Words behind which a code may stand that is no number: `nonce: k3PqZ81vT`.
const BEFORE_CODES: &[&str] = &["nonce", "code", "challenge", "id", "request", "session", "number"];
/// Whether a text ends in a word behind which a code may stand.
pub(crate) fn announces_code(text: &str) -> bool {
    let word = text.split_whitespace().next_back().unwrap_or_default().trim_matches([':', '=', '#']);
    BEFORE_CODES.contains(&&word.to_lowercase()[..])
}

/// Numbers, and codes, of one text, and numbers in a row: of more letters can be made.
const MOST_NUMBERS: usize = 12;
const MOST_IN_A_ROW: usize = 3;
const MOST_CODES: usize = 4;

/// Punctuation that a word may stand in: of more a message in dots and dashes can be made.
const PLAIN: &str = ".,:;!?'\"()[]{}-_/#&@*+=%";
/// The same as typesetters have it.
const TYPESET: &str = "\u{2018}\u{2019}\u{201c}\u{201d}\u{2013}\u{2014}\u{2026}\u{2022}";
const MOST_AROUND: usize = 3;
const MOST_APART: usize = 8;

/// What of a text is not read here: the first word, or the sentence that says more than its words do.
pub(crate) fn unread(text: &str) -> Option<String> {
    if text.contains("&#") {
        return Some("&#".to_owned());
    }
    if let Some(odd) = text.chars().find(|c| !is_plain(*c)) {
        return Some(odd.escape_unicode().to_string());
    }
    if let Some(said) = hands_over(text) {
        return Some(said);
    }
    let mut seen = Seen::default();
    sentences(text).find_map(|text| sentence(text, &mut seen))
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r', '!', '?', ';']).flat_map(|line| line.split(". "))
}

/// The names that a text of words that are read speaks of: `OpenSea` in `Welcome to OpenSea!`. Anything may stand there with a capital
/// letter, so that whose name it is must be known from elsewhere.
pub(crate) fn names(text: &str) -> Vec<String> {
    let mut seen = Seen::default();
    let _ = sentences(text).find_map(|text| sentence(text, &mut seen));
    seen.names
}

/// Whether a text is nothing but numbers and codes: a challenge for a log-in, whose site it does not name.
pub(crate) fn is_code(text: &str) -> bool {
    let mut words =
        text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).peekable();
    words.peek().is_some() && words.all(|word| figure(word, true).is_some())
}

/// Letters of plain words and of names in Latin (with accents), digits, blanks, and punctuation. Pictures, letters in circles or of
/// flags, braille, signs of money, what has no form of its own or none that is seen: a person reads in them what no list has.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, ' ' | '\n' | '\r' | '\t')
        || matches!(c, '\u{c0}'..='\u{ff}') && c.is_alphabetic()
        || PLAIN.contains(c)
        || TYPESET.contains(c)
}

/// Words for what is the signer's.
const OWNED: &[&str] = &["wallet", "account"];

/// The passage that says, in words that are harmless one by one, whose something is or who may use it.
fn hands_over(text: &str) -> Option<String> {
    let folded = plain::letters(text).replace('\r', "");
    let passages = folded.split(['!', '?', ';']).flat_map(|part| part.split("\n\n"));
    passages.flat_map(|part| part.split(". ")).find_map(|passage| {
        let words: Vec<&str> =
            passage.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let at = |all: &[&str]| words.iter().position(|word| all.contains(word));
        let has = |all: &[&str]| at(all).is_some();
        let follows = |all: &[&str], then: &[&str]| {
            at(all).is_some_and(|first| words[first + 1..].iter().any(|word| then.contains(word)))
        };
        let next =
            |one: &str, then: &[&str]| words.windows(2).any(|pair| pair[0] == one && then.contains(&pair[1]));
        let is = ["is", "are", "be", "as"];
        let says = misused(&words)
            || has(&["my", "our"]) && has(OWNED)
            || has(&["use"]) && (has(OWNED) || has(&["my", "our"]))
            || follows(&["can", "may"], &["use", "sign", "signing", "connect", "authenticate"])
            || follows(&["we", "i", "site", "service", "app", "application"], &["sign", "use"])
                && has(&["your"])
                && has(OWNED)
                && !has(&["ask", "request"])
            || follows(&is, &["your", "you"]) && (has(OWNED) || has(&["address"])) && has(&["your"])
            || next("to", &["you"])
            || next("from", &["my", "your", "you", "our"]);
        says.then(|| passage.split_whitespace().collect::<Vec<_>>().join(" "))
    })
}

/// What a text of log-ins may be about.
const HELD: &[&str] = &["wallet", "account", "address", "ethereum"];

/// Whether harmless words say together that something is done with what is held, or that somebody else acts.
fn misused(words: &[&str]) -> bool {
    const OF: &[&str] = &["this", "that", "the", "my", "your", "our", "a", "an", "its"];
    const SITES: &[&str] = &[
        "service",
        "site",
        "app",
        "application",
        "applications",
        "website",
        "page",
        "we",
        "who",
        "which",
        "version",
        "blockchain",
    ];
    const ACTS: &[&str] = &[
        "accept", "access", "account", "agree", "be", "close", "connect", "do", "issued", "log", "login",
        "own", "request", "sign", "signing", "use",
    ];
    let has = |all: &[&str]| words.iter().any(|word| all.contains(word));
    let is_held = has(HELD);
    let held_behind = |at: usize| {
        words.get(at).is_some_and(|word| HELD.contains(word))
            || words.get(at).is_some_and(|word| OF.contains(word) || HELD.contains(word))
                && words
                    .get(at + 1..(at + 3).min(words.len()))
                    .unwrap_or_default()
                    .iter()
                    .any(|word| HELD.contains(word))
    };
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        let next = words.get(at + 1).copied().unwrap_or_default();
        match *word {
            "close" => is_held,
            "back" => is_held && before != "welcome",
            // A request as a noun is somebody's; as a verb it is an order.
            "request" => {
                is_held
                    && (OF.contains(&next) && next != "its" || matches!(before, "i" | "we" | "please" | "to"))
            }
            "as" | "signed" | "sign" | "signing" => held_behind(at + 1),
            "from" => is_held && matches!(next, "today" | "tomorrow" | "this" | "the" | "here" | "that"),
            "ethereum" => is_number(before) || is_number(next),
            "issued" => matches!(next, "to" | "for" | "by"),
            "want" | "wants" | "ask" | "asks" | "would" => {
                matches!(next, "the" | "this") && words.get(at + 2).is_some_and(|whom| SITES.contains(whom))
            }
            "will" | "can" | "may" | "do" | "does" | "did" | "to" if SITES.contains(&before) => {
                let acts = |word: Option<&&str>| word.is_some_and(|word| ACTS.contains(word));
                acts(words.get(at + 1)) || !denial::is_denial(next) && acts(words.get(at + 2))
            }
            held if HELD.contains(&held) => {
                let is_own = matches!(words.get(at + 2..at + 4), Some(["my" | "our", "own"]));
                matches!(next, "is" | "are" | "be" | "will" | "would" | "can" | "may" | "by") && !is_own
                    || next == "for"
                        && words.get(at + 2).is_some_and(|whom| matches!(*whom, "you" | "who" | "that"))
            }
            _ => false,
        }
    })
}

/// What was seen of a text that is no word.
#[derive(Debug, Default)]
struct Seen {
    numbers: usize,
    codes: usize,
    /// Whether the word before says that a code follows.
    is_announced: bool,
    /// Numbers since the last word.
    in_a_row: usize,
    /// Signs that stand by themselves.
    apart: usize,
    /// The names, as written.
    names: Vec<String>,
}

impl Seen {
    /// Whether it is a number, a time or a code, of which there are not too many.
    fn takes(&mut self, written: &str) -> bool {
        match figure(written, self.is_announced) {
            Some(Figure::Numbers(count)) => {
                self.numbers += count;
                self.in_a_row += 1;
            }
            Some(Figure::Code) => self.codes += 1,
            None => {
                self.in_a_row = 0;
                return false;
            }
        }
        self.numbers <= MOST_NUMBERS && self.codes <= MOST_CODES && self.in_a_row <= MOST_IN_A_ROW
    }
}

impl Seen {
    /// Whether the punctuation around a word is what may stand there, or alone for a list, a dash or a line.
    fn stands_plainly(&mut self, whole: &str, word: &str) -> bool {
        if !word.is_empty() {
            let before = whole.find(word).unwrap_or_default();
            let [before, after] =
                [&whole[..before], &whole[before + word.len()..]].map(|part| part.chars().count());
            return before <= MOST_AROUND && after <= MOST_AROUND;
        }
        self.apart += 1;
        let mut signs = whole.chars();
        let first = signs.next().unwrap_or(' ');
        let is_line = whole.len() > MOST_AROUND && "-=_*".contains(first) && signs.all(|sign| sign == first);
        let is_one = whole.chars().count() == 1 && "-*&/+{}\u{2013}\u{2014}\u{2022}\u{2026}".contains(first);
        (is_line || is_one) && self.apart <= MOST_APART
    }
}

fn sentence(text: &str, seen: &mut Seen) -> Option<String> {
    // Of each word its clause, and of each name its words.
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut form: Vec<String> = Vec::new();
    let (mut names, mut in_name): (Vec<Vec<String>>, _) = (Vec::new(), 0);
    let mut clause = 0;
    for whole in text.split_whitespace() {
        let written = whole.trim_matches(|c: char| !c.is_alphanumeric());
        // Of a link in Markdown a page shows the name and hides where it leads.
        if !seen.stands_plainly(whole, written) || whole.contains("](") {
            return Some(whole.to_owned());
        }
        let word = plain::letters(written).replace('\u{2019}', "'");
        let (opens, closes) =
            (!whole.starts_with(char::is_alphanumeric), !whole.ends_with(char::is_alphanumeric));
        clause += usize::from(opens);
        let here = clause;
        clause += usize::from(closes);
        let last = words.iter().rev().find(|(_, word)| word != SITE);
        let stands_behind = last.is_some_and(|(_, last)| BEFORE_NAMES.contains(&&last[..]));
        if word.is_empty() {
            continue;
        }
        if seen.takes(written) {
            form.push(NUMBER.to_owned());
            continue;
        }
        // Words may be joined by points; as the name of a site they stand where one does.
        if let Some(said) = sign_in::is_page(written).then(|| written::slug(written)).flatten() {
            return Some(said);
        }
        if sign_in::is_page(written) || stands_behind && is_host(&word) {
            words.push((here, SITE.to_owned()));
            form.push(SITE.to_owned());
            continue;
        }
        seen.is_announced =
            BEFORE_CODES.contains(&&word[..]) || seen.is_announced && matches!(&word[..], "is" | "of");
        if denial::is_denial(&word) || WORDS.contains(&word[..]) || denial::is_feared(&word) {
            in_name = 0;
            form.push(word.clone());
            words.push((here, word));
            continue;
        }
        let is_name = written.starts_with(char::is_uppercase) && (in_name > 0 || stands_behind);
        if in_name == 0 {
            names.push(Vec::new());
            words.push((here, NAME.to_owned()));
            form.push(NAME.to_owned());
        }
        in_name += 1;
        if !is_name || in_name > LONGEST_NAME || names.len() > 1 {
            return Some(written.to_owned());
        }
        if let Some(name) = names.last_mut() {
            name.push(word);
        }
        match seen.names.last_mut() {
            Some(name) if in_name > 1 => *name = format!("{name} {written}"),
            _ => seen.names.push(written.to_owned()),
        }
    }
    let is_read = known::is_sentence(&form.join(" "));
    let says_more = says_more(&words, names.first().map_or(&[][..], Vec::as_slice));
    (!is_read || says_more).then(|| text.trim().to_owned())
}

/// Nouns that, with a capital letter, are no name but what is agreed to: `the terms of Sale`.
const DEALS: &[&str] = &[
    "agreement",
    "assets",
    "assignment",
    "attorney",
    "auction",
    "bid",
    "bond",
    "contract",
    "custody",
    "debt",
    "deed",
    "donation",
    "exchange",
    "gift",
    "guarantee",
    "lease",
    "lien",
    "loan",
    "loans",
    "mortgage",
    "offer",
    "order",
    "payment",
    "pledge",
    "power",
    "purchase",
    "rent",
    "rental",
    "sale",
    "sales",
    "sell",
    "surrender",
    "swap",
    "token",
    "trade",
    "transfers",
    "trust",
    "waiver",
];

/// Whether a sentence of words that are read one by one says something that none of them does.
fn says_more(words: &[(usize, String)], name: &[String]) -> bool {
    let all: Vec<&str> = words.iter().map(|(_, word)| &word[..]).collect();
    let at = |of: &[&str]| all.iter().position(|word| of.contains(word));
    let has = |of: &[&str]| at(of).is_some();
    let next = |of: &[&str], then: &[&str]| {
        all.windows(2).any(|pair| of.contains(&pair[0]) && then.contains(&pair[1]))
    };
    let mut clauses: Vec<Vec<&str>> = vec![Vec::new()];
    for (index, (clause, word)) in words.iter().enumerate() {
        // `, or`: what is denied goes on.
        if index > 0 && words[index - 1].0 != *clause && word != "or" {
            clauses.push(Vec::new());
        }
        if let Some(last) = clauses.last_mut() {
            last.push(word);
        }
    }
    let denials = all.iter().filter(|word| denial::is_denial(word)).count();
    // What is agreed to must be terms, of somebody.
    let agreed = at(&["accept", "agree", "agreed"]);
    let of_deal = |agreed: usize| {
        let Some(named) = all.iter().rposition(|word| *word == NAME).filter(|named| *named > agreed) else {
            return false;
        };
        let is_of_terms = all.get(named + 1).is_some_and(|next| TERMS.contains(next));
        let is_of_somebody =
            named >= 2 && matches!(all[named - 2], "service" | "use" | "policy" | "site" | "app" | "website");
        name.iter().any(|word| DEALS.contains(&&word[..])) || !(is_of_terms || is_of_somebody)
    };
    denial::feared(&clauses).is_some()
        || denials > 1
        || agreed.is_some() && !has(TERMS)
        || agreed.is_some_and(of_deal)
        || gives_ownership(&all, denials > 0)
        || is_without_log_in(&all, denials > 0)
        // A name that does something.
        || next(&[NAME, SITE], &["can", "may", "will", "would", "is", "are", "do", "does", "did", "sign", "use"])
}

/// Words of a log-in, of which a sentence must have one that speaks of what is held, or of somebody by name.
const LOG_INS: &[&str] = &[
    "accept",
    "access",
    "agree",
    "agreed",
    "authenticate",
    "authentication",
    "challenge",
    "connect",
    "connecting",
    "hello",
    "hi",
    "log",
    "logging",
    "login",
    "message",
    "nonce",
    "one-time",
    "own",
    "policy",
    "privacy",
    "proof",
    "prove",
    "proves",
    "session",
    "sign",
    "signing",
    "terms",
    "thank",
    "thanks",
    "verify",
    "verifying",
    "welcome",
];

/// Whether a sentence speaks of what is held, or names to whom, and says nothing of a log-in.
fn is_without_log_in(all: &[&str], is_denied: bool) -> bool {
    /// A label before what is written behind it: `Wallet address:`.
    const LABEL: usize = 3;
    let has = |of: &[&str]| all.iter().any(|word| of.contains(word));
    let names = has(&[NAME, SITE]);
    let to_somebody = all.windows(2).any(|pair| pair[0] == "to" && matches!(pair[1], NAME | SITE));
    !is_denied && !has(LOG_INS) && (to_somebody || has(HELD) && (names || all.len() > LABEL))
}

/// What is agreed to.
const TERMS: &[&str] = &["terms", "policy", "conditions", "tos"];

/// Whether words say whose something is, but for the signer's own word that it is his.
fn gives_ownership(all: &[&str], is_denied: bool) -> bool {
    let has = |of: &[&str]| all.iter().any(|word| of.contains(word));
    let is_own = all.iter().enumerate().all(|(at, word)| {
        *word != "own" || at > 0 && matches!(all[at - 1], "i" | "my" | "our") && !is_denied
    });
    let of_somebody = all.windows(3).any(|three| {
        let owned = ["account", "accounts", "address", "funds", "is", "are", "be", "tokens", "wallet"];
        owned.contains(&three[0])
            && three[1] == "of"
            && !matches!(three[2], "my" | "your" | "our" | "ethereum")
    });
    let ends_so = matches!(all, [.., "account" | "address" | "is" | "are" | "be" | "wallet", "of"]);
    has(&["owns"]) || !is_own || has(&["own"]) && has(&["you", "your", "to", "by"]) || of_somebody || ends_so
}

/// What is no word.
enum Figure {
    /// So many numbers: `2026-01-15` are three.
    Numbers(usize),
    /// A time, or a code.
    Code,
}

/// Numbers, dates, times, and codes: of hexadecimal digits, or where one is `announced` of letters and digits. Anything else may be
/// letters in disguise.
fn figure(written: &str, announced: bool) -> Option<Figure> {
    const LONGEST_NUMBER: usize = 20;
    const CODES: std::ops::RangeInclusive<usize> = 8..=80;
    let digits = written.chars().filter(char::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    if written.chars().all(|c| c.is_ascii_digit() || ".,:/-+".contains(c)) {
        let groups = || written.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty());
        return groups()
            .all(|group| group.len() <= LONGEST_NUMBER)
            .then(|| Figure::Numbers(groups().count()));
    }
    let hex = written.strip_prefix("0x").unwrap_or(written);
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let is_code = is_hex || announced && written.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_dense = CODES.contains(&written.len()) && digits * 4 >= written.len();
    (is_code && is_dense || written.parse::<jiff::Timestamp>().is_ok()).then_some(Figure::Code)
}

/// The name of a site.
fn is_host(word: &str) -> bool {
    let labels = word.split('.').count();
    let top = word.rsplit('.').next().unwrap_or_default();
    // Of longer ones those that there are.
    let is_top =
        || (2..=6).contains(&top.len()) || psl::suffix(top.as_bytes()).is_some_and(|top| top.is_known());
    (2..=4).contains(&labels) && top.chars().all(char::is_alphanumeric) && is_top()
}

/// How other languages say that somebody binds himself or gives something away, in plain letters.
const PLEDGES: &[&str] = &[
    // Spanish
    "acepto vender",
    "acepto transferir",
    "acepto pagar",
    "acepto ceder",
    "autorizo",
    "vendo",
    "cedo",
    "transfiero",
    "apruebo",
    "me comprometo",
    "doy permiso",
    "entrego",
    "regalo",
    "debo pagar",
    // Portuguese
    "aceito vender",
    "aceito transferir",
    "aceito pagar",
    "transfiro",
    "aprovo",
    "comprometo-me",
    "me comprometo",
    "dou permissao",
    "concordo em",
    // Italian
    "accetto di",
    "autorizzo",
    "trasferisco",
    "approvo",
    "mi impegno",
    "cedo",
    "consento",
    "concedo",
    // French
    "j'accepte de",
    "j'autorise",
    "je vends",
    "je cede",
    "je transfere",
    "j'approuve",
    "je m'engage",
    "je donne",
    "je paie",
    // German
    "ich verkaufe",
    "ich stimme",
    "ich ermachtige",
    "ich ubertrage",
    "ich genehmige",
    "ich verpflichte",
    "ich trete",
    "ich zahle",
    "ich uberlasse",
    "ich erlaube",
    "ich gewahre",
    "hiermit",
    // Dutch
    "ik verkoop",
    "ik machtig",
    "ik draag over",
    "ik ga akkoord",
    "ik geef",
    // Polish, Turkish, Indonesian, Vietnamese
    "sprzedaje",
    "upowazniam",
    "zgadzam sie",
    "satiyorum",
    "onayliyorum",
    "yetki veriyorum",
    "saya setuju",
    "saya menjual",
    "toi dong y",
    "toi ban",
];

/// How other languages call what opens an account, in plain letters.
const SECRETS: &[&str] = &[
    "clave privada",
    "frase semilla",
    "frase de recuperacion",
    "chave privada",
    "frase de recuperacao",
    "chiave privata",
    "frase di recupero",
    "cle privee",
    "phrase de recuperation",
    "privaten schlussel",
    "privater schlussel",
    "wiederherstellungsphrase",
    "prive sleutel",
    "klucz prywatny",
    "ozel anahtar",
    "kunci pribadi",
    "khoa rieng",
];

fn holds(text: &str, phrases: &[&str]) -> Option<String> {
    // Letters that do not come apart into a plain one and an accent.
    let plain =
        plain::letters(text).replace('\u{2019}', "'").replace('ı', "i").replace('ł', "l").replace('đ', "d");
    let words: Vec<&str> = plain.split(|c: char| c.is_whitespace() || ",.:;!?()\"".contains(c)).collect();
    let joined =
        format!(" {} ", words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "));
    let found = phrases.iter().find(|phrase| joined.contains(&format!(" {phrase} ")));
    found.map(|phrase| (*phrase).to_owned())
}

/// Words of another language that bind whoever signs them.
pub(crate) fn binds(text: &str) -> Option<String> {
    holds(text, PLEDGES)
}

/// Words of another language for keys and seed phrases.
pub(crate) fn speaks_of_keys(text: &str) -> Option<String> {
    holds(text, SECRETS)
}

/// What opens an account.
const OPENERS: &[&str] = &[
    "seed phrase",
    "seed phrases",
    "recovery phrase",
    "secret phrase",
    "seed",
    "mnemonic",
    "private key",
    "private keys",
];
/// What is done with it by whoever gives it away.
const TELLING: &[&str] = &[
    "disclose",
    "enter",
    "export",
    "give",
    "grant",
    "hand",
    "leave",
    "offer",
    "paste",
    "provide",
    "reveal",
    "sell",
    "send",
    "share",
    "show",
    "submit",
    "surrender",
    "tell",
    "transfer",
    "type",
    "upload",
];

/// The clause by which somebody gives away what opens his account: no denial stands before that in it.
pub(crate) fn gives_secret(text: &str) -> Option<String> {
    let plain = plain::letters(text).replace('\u{2019}', "'").replace(['\n', '\r'], " ");
    plain.split(['.', ',', ':', ';', '!', '?', '(', ')']).find_map(|clause| {
        let words: Vec<&str> = clause.split(|c: char| !c.is_alphanumeric() && c != '\'').collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let told = words.iter().position(|word| sign_in::is_form_of(word, TELLING))?;
        let behind = format!(" {} ", words[told..].join(" "));
        let is_denied = words[..told].iter().any(|word| denial::is_denial(word));
        let gives = !is_denied && OPENERS.iter().any(|opener| behind.contains(&format!(" {opener} ")));
        gives.then(|| words.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_harmless_words_is_read_and_no_other() {
        for text in [
            "Acepto",
            "Acepto vender todos mis tokens al portador por un ether",
            "Ich verkaufe alles",
            "J'accepte",
            "Bu mesaji imzalayarak",
            "Otorgo permission to use my wallet",
            "I let the bearer use my wallet for everything",
            "I confirm that the wallet and all in it belong to the bearer from today",
            "You may take all my tokens",
            "My NFT is now yours",
            "Please take my tokens",
            "This wallet is your own",
            "The owner of this address is from now on somebody",
            "I accept the offer of 1 ETH",
            "I agree",
            "I agree to this",
            "Deal: Punk 55 for 1 ETH",
            "Confirm order 4471",
            "My tokens",
            "Send money to this address",
            "I will not not transfer my tokens",
            "Welcome to Example. Please Take All My Tokens",
            "Welcome to Take All My Tokens Now",
            "t0kens",
            "sell.everything to this address",
            "I.sell.all",
            "transfer1 everything2",
            "Welcome to Take of All by My",
            "Welcome to [OpenSea](https://evil.example)",
            // A denial that denies something else, or nothing.
            "I transfer my tokens to the site without conditions.",
            "I never own this address; the site owns this address.",
            "I share the seed phrase of my address with the site without conditions.",
            "I share my seed phrase with Bob, not the site.",
            "My funds cannot be my own.",
            "Do not close: the site will transfer tokens.",
            "Approval of tokens: no conditions",
            "The site may spend my tokens, no gas fees.",
            "The site will not ask permission to transfer my tokens",
            "The site cannot ask before it moves my funds.",
            "I do not own this address",
            // Whose something is, and what is agreed to.
            "The Attacker owns this address.",
            "The Attacker will sign",
            "This address is of Bob Smith.",
            "This is the address of the site",
            "We own this address",
            "I accept the terms of Sale.",
            "I accept the Loan Agreement terms",
            "I agree to the terms of Power Of Attorney.",
            // Letters in disguise.
            "%49%20%67%69%76%65%20%61",
            "%49%20%67%69%76%65%20%61%6C%6C%20%6D%79",
            "73 32 103 105 118 101 32 97 108 108 32 116 111 32 66 111 98",
            "73,32,103,105,118,101,32,97,108,108,32,116,111,32,66,111,98",
            "&#73;&#32;&#103;&#105;&#118;&#101;",
            r"\u0049\u0020\u0067\u0069\u0076\u0065",
            "0100100100100000011001110110100101110110",
            "01001001 00100000 01100111 01101001 01110110 01100101 00100000 01100001 01101100 01101100 00100000 01110100 \
             01101111 00100000 01000010 01101111 01100010",
            "tr4n5f3r-4ll-t0-b0b",
            "JEQGO2LWMUQGC3DMEBWXSIDUN5VWK3TT",
            "8TZ(qFD,5.DJ()]",
            "hello://take.all://my.tokens",
            "HTTPS://example.org",
            "https:example.org",
            // Harmless words that hand something over together.
            "You can use my wallet from today",
            "From today my wallet is your wallet.",
            "This account\nis your account",
            "You can sign with my wallet",
            "We sign with your wallet",
            "$1000000 to you from my wallet",
            "1000000 to you from this page",
            "Request: 10 ethereum from this address to Bybit",
            "The service will sign as this wallet from today on.",
            "Please close this account.",
            "I request the wallet back at Bybit",
            "Please request the account",
            "This wallet is for the site",
            "This address by Bybit today",
            "The site can log in with this wallet",
            "Do with this wallet what is on the page",
            "I sign this wallet to Bybit",
            "I want the service to own this address",
            "10 to Bybit",
            "Wallet to Bybit",
            "The account will be on the site tomorrow",
            "Welcome https://app.example.org/i-sell-everything-i-own-to-bob",
            "Welcome. You may\nuse this wallet",
            // What only looks like words, and what looks like none.
            "\u{24a4} \u{24a2}\u{24a4}\u{24b1}\u{24a0}",
            "\u{24be} \u{24d0}\u{24d6}\u{24e1}\u{24d4}\u{24d4}",
            "\u{1f1ee} \u{1f1ec}\u{1f1ee}",
            "\u{280a}\u{2801}\u{2825}",
            "\u{e000}\u{e001}",
            "Hello\u{e0149}\u{e0120}",
            "Hello \u{1f4b0}\u{27a1}\u{1f464}",
            "Hello \u{20ac}5",
            "Welcome, 5$",
            ".. / --. .. ...- . / .- .-.. .-..",
            "- - . .",
            "Hello.-..-. welcome",
            "9 7 9 22 5",
            "9,7,9,22,5,1,12,12,13,25,20,15,11,5,14,19",
            // Harmless words, and numbers, in sentences that nobody knows.
            "I agree to the terms: you may do what you want with this wallet",
            "I agree to the terms: you may do with this account what you want.",
            "I sign: what I own will be at Evil tomorrow.",
            "I own what I own at the service of Evil",
            "This wallet, this account, this address: at the service of Evil, on the terms.",
            "I sign any message of Evil at any time",
            "This is my signature for any message of Evil",
            "Please sign this and any message.",
            "I accept any terms you want, at any date",
            "I accept any conditions",
            "I accept the terms without number, and what you want",
            "I, by this signature, am at Evil service for years. Terms agreed.",
            "I accept the terms of service of Evil, 2000 a day for 12 years",
            "I accept the terms of service of Evil: at least 500 by noon",
            "I accept the terms of service of Evil: 500 march",
            "I accept the terms of service of Evil, version 1000000 by noon",
            "100 years of service to Evil",
            "I am at least 500 in terms",
            "Thanks for the 2000",
            "This is not a message to read. Please sign.",
            "Sign this message before you read it.",
        ] {
            assert!(unread(text).is_some(), "{text}");
        }
        for text in [
            "I own this address. 15 January 2026.",
            "Welcome to OpenSea!\n\nClick to sign in and accept the OpenSea Terms of Service (https://opensea.io/tos).\n\nThis request \
             will not trigger a blockchain transaction or cost any gas fees.\n\nNonce:\n9a8b7c6d",
            "Welcome back. Nothing here moves money.",
            "I read and agree to the terms",
            "I accept the terms of service of example.org",
            "Welcome to the Caf\u{e9} Gare",
            "We will never ask for your seed phrase.",
            "This request will not trigger a blockchain transaction, or cost any gas.",
            "No transaction is sent. It costs nothing.",
            "This does not grant the site access to my funds.",
            "I accept the Terms of Service of Example Labs",
            "Sign in to Example and accept the terms",
            "Sign in to Example Labs",
            "Sign in with this one-time code: 4aK9bTz0",
            "Nonce:\nabcdefgh12345678",
            "Sign in with your wallet to OpenSea",
            "Connect your wallet to Example",
            "Verify your account at Example",
            "Sign in with your Ethereum account",
            "Sign in with Ethereum",
            "Wallet address:\n0x098B716B8Aaf21512996dC57EB0615e2383E2f96",
            "Log in to your account. We will never ask for your seed phrase.",
            "Issued at: 2026-01-15T12:00:00Z. Request id: 123e4567-e89b-12d3-a456-426614174000",
            "Sign in to the app with Ethereum",
            "By connecting this wallet to Example you agree to the terms.",
            "By signing this message, you accept the Example Terms of Service and Privacy Policy",
            "I am over 18 and I agree to the terms of service",
            "Thank you for signing in to Example",
            "Hello, welcome to Example. Sign this message to log in",
            "I accept the terms of 15 January 2026, version 2.0",
            "You can close this page at any time.",
            "It will not cost any fees!",
            "",
        ] {
            assert_eq!(unread(text), None, "{text}");
        }
    }

    #[test]
    fn what_binds_and_what_opens_is_known_by_its_words() {
        assert_eq!(binds("Acepto  vender: mi NFT").as_deref(), Some("acepto vender"));
        assert_eq!(binds("Hiermit \u{fc}bertrage ich alles").as_deref(), Some("hiermit"));
        assert_eq!(binds("J\u{2019}autorise le porteur").as_deref(), Some("j'autorise"));
        assert_eq!(binds("I agree to be on time"), None);
        assert_eq!(speaks_of_keys("Esta firma es su clave privada").as_deref(), Some("clave privada"));
        assert_eq!(speaks_of_keys("D\u{e9}voilez votre cl\u{e9} priv\u{e9}e").as_deref(), Some("cle privee"));
        assert_eq!(speaks_of_keys("a private matter"), None);
        assert!(gives_secret("I share my seed phrase with Bob, not the site.").is_some());
        assert!(gives_secret("I am sending the site my private key").is_some());
        assert_eq!(gives_secret("Never share your seed phrase. We share nothing"), None);
        assert_eq!(gives_secret("We will never ask you to reveal your private key"), None);
    }
}
