//! The sentences that are read: greetings, log-ins, terms that are accepted, the signer's word that an address is his, labels, and
//! denials. Harmless words can be put together to bind somebody in endless ways; whole sentences cannot.

use std::sync::LazyLock;

use regex::Regex;

/// What stands for a name, a site, and a number, date or code among the words of a sentence.
pub(super) const NAME: &str = "*";
pub(super) const SITE: &str = "@";
pub(super) const NUMBER: &str = "#";

/// Whether the words of a sentence, in small letters and with blanks between them, are those of one that is read. O(length).
pub(super) fn is_sentence(words: &str) -> bool {
    words.is_empty() || SENTENCES.is_match(words) || DENIALS.is_match(words)
}

static SENTENCES: LazyLock<Regex> = LazyLock::new(|| {
    let month = "(?:january|february|march|april|may|june|july|august|september|october|november|december)";
    let day = "(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)";
    let date = format!("(?:{day} )?(?:# )?(?:{month} )?#(?: #)*");
    let site = r"(?:(?:the|this|our) )?(?:[*@](?: @)?|site|app|application|page|website|service)";
    let held = "(?:(?:this|your|my|the|an?) )?(?:ethereum )?(?:wallet|account|address)(?: address)?(?: #)?";
    let at = format!("(?: (?:to|at|on|for|with) (?:{site}|{held}))?");
    let terms = format!(
        "(?:(?:the|our|its|these|your) )?(?:[*@] )?(?:terms(?: of (?:service|use))?(?: and conditions)?|tos|conditions|(?:privacy \
         |cookie )?policy)(?: (?:of|at|for) {site})?(?: @)?(?: version #)?(?: of (?:{date}|today))?(?: version #)?"
    );
    let accepts = format!(
        "(?:(?:i|you|we) )?(?:read and )?(?:accept|agree to|agreed to) {terms}(?:(?: and)? {terms})*"
    );
    let log_in = "(?:(?:sign|log) (?:in|on)|sign|login|connect|authenticate|verify|continue)";
    let with = format!(
        "(?:(?: (?:with|by))?(?: (?:{held}|ethereum))?(?: with (?:{held}|ethereum|(?:(?:this|the) )?(?:one-time )?code(?: #)?))?)"
    );
    let owns = format!("(?:{date} )?(?:that )?(?:(?:i|you) own {held}|{held} is my own)(?: {date})?");
    let logs_in = format!(
        "(?:please )?(?:click (?:here )?to )?(?:{log_in}{with}{at}(?: with ethereum)?|(?:sign|read) (?:this|the) (?:message|request)|prove {owns}|verify {owns})"
    );
    let by = format!(
        "by (?:signing|connecting|logging|login)(?: (?:in|on))?(?: (?:this|the) (?:message|request))?(?: {held})?{at}"
    );
    let greets = format!(
        "(?:please )?(?:hello|hi|welcome|thanks|thank you)(?: (?:back|there))?{at}(?: for (?:signing|logging|connecting)(?: (?:in|on))?{at})?"
    );
    let is_of_age = "i am (?:over |at least )?#(?: years old| years of age| years)?";
    let clause = format!("(?:{greets}|{by}|{logs_in}|{accepts}|{owns}|{is_of_age})");
    let value = format!("(?: (?:is|of|at))?(?: (?:{date}|@|#))*");
    let label = format!(
        "(?:(?:the|this|your|my) )?(?:(?:ethereum |wallet )?(?:wallet|account|address)|nonce|code|challenge|id|(?:request|session) \
         id|request|session|number|date|time|issued(?: at)?|expiration(?: (?:date|time))?|version|chain(?: id)?|uri|{month}){value}"
    );
    // What stands by itself.
    let alone = "(?:[#@](?: [#@])*|click|here|yes|today|you can close this page(?: at any time)?|resources)";
    let all = format!("(?-u)^(?:{clause}(?:(?: and| or| to)? {clause})*|{label}|(?:{day} )?{date}|{alone})$");
    Regex::new(&all).expect("a pattern that is tested")
});

/// How a sentence begins that denies something; what it denies is looked at word by word.
static DENIALS: LazyLock<Regex> = LazyLock::new(|| {
    let denies = "(?:not|never|no|nothing|cannot|won't|doesn't|don't)";
    let says = format!("(?:(?:will|does|do|can|would|costs?) {denies}|cannot|won't|doesn't|costs? no)");
    let subject = "(?:(?:this|the|our|your) )?(?:request|message|signature|signing|session|login|site|app|service|page|this|it|we)";
    let all = format!("(?-u)^(?:and )?(?:(?:{subject}|this) {says}\\b|(?:no|nothing|never|don't|do not)\\b)");
    Regex::new(&all).expect("a pattern that is tested")
});
