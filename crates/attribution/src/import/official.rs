//! Which source ids belong to which published lists. `docs/LISTS.md` says the same for people.
//!
//! An official id stands for a whole list as its publisher writes it. Anything else under such an id (an extract by asset,
//! a table, an advisory of one's own) is an extract: it may add, it ends nobody, and the list is no younger for it.

use tracehound_model::{SourceId, SourceKind};

use super::Format;

/// A list whose id belongs to its publisher.
#[derive(Debug)]
pub struct Official {
    /// Stable name.
    pub id: &'static str,
    /// Human title.
    pub title: &'static str,
    /// Who publishes it.
    pub publisher: &'static str,
    /// Where the publisher keeps it.
    pub url: &'static str,
    /// The formats that are the list itself.
    pub formats: &'static [Format],
    /// Fewer parties than the whole list has had in any version since 2019 (OFAC's other lists: since they are one); what
    /// has less is not taken for a first version of it.
    pub least_parties: u64,
}

/// Every official list.
pub const OFFICIAL: &[Official] = &[
    Official {
        id: "ofac-sdn",
        title: "OFAC Specially Designated Nationals and Blocked Persons List",
        publisher: "U.S. Department of the Treasury, Office of Foreign Assets Control",
        url: "https://sanctionslist.ofac.treas.gov/Home/SdnList",
        formats: &[Format::OfacAdvancedXml, Format::OfacEnhancedXml, Format::OfacSdnXml, Format::OfacSdnCsv],
        least_parties: 6_000,
    },
    Official {
        id: "ofac-consolidated",
        title: "OFAC Consolidated Sanctions List (non-SDN)",
        publisher: "U.S. Department of the Treasury, Office of Foreign Assets Control",
        url: "https://sanctionslist.ofac.treas.gov/Home/ConsolidatedList",
        formats: &[Format::OfacAdvancedXml, Format::OfacEnhancedXml, Format::OfacSdnXml, Format::OfacSdnCsv],
        least_parties: 100,
    },
    Official {
        id: "un-sc",
        title: "United Nations Security Council Consolidated List",
        publisher: "United Nations Security Council",
        url: "https://main.un.org/securitycouncil/en/content/un-sc-consolidated-list",
        formats: &[Format::UnXml],
        least_parties: 400,
    },
    Official {
        id: "uk-sanctions",
        title: "UK Sanctions List",
        publisher: "Foreign, Commonwealth & Development Office",
        url: "https://www.gov.uk/government/publications/the-uk-sanctions-list",
        formats: &[Format::UkXml, Format::UkCsv],
        least_parties: 2_000,
    },
    Official {
        id: "uk-ofsi",
        title: "OFSI consolidated list of financial sanctions targets",
        publisher: "HM Treasury, Office of Financial Sanctions Implementation",
        url: "https://www.gov.uk/government/publications/financial-sanctions-consolidated-list-of-targets",
        formats: &[Format::OfsiXml, Format::UkCsv],
        least_parties: 1_500,
    },
    Official {
        id: "eu-fsf",
        title: "EU consolidated list of financial sanctions",
        publisher: "European Commission",
        url: "https://data.europa.eu/data/datasets/consolidated-list-of-persons-groups-and-entities-subject-to-eu-financial-sanctions",
        formats: &[Format::EuXml, Format::EuCsv],
        least_parties: 2_000,
    },
    Official {
        id: "ch-seco",
        title: "Swiss list of persons, companies and organisations under sanctions",
        publisher: "State Secretariat for Economic Affairs (SECO)",
        url: "https://www.seco.admin.ch/sanctions",
        formats: &[Format::SecoXml],
        least_parties: 1_000,
    },
];

/// What follows the id of a list in the id of its extracts.
const EXTRACT: &str = "-extract";

/// The official list of this id.
pub fn official(id: &SourceId) -> Option<&'static Official> {
    OFFICIAL.iter().find(|list| list.id == id.0)
}

/// The id under which extracts of a list are kept.
pub fn extract_of(id: &SourceId) -> SourceId {
    SourceId(format!("{id}{EXTRACT}"))
}

/// The list that an id means: itself, or the list that it is the extract of.
pub fn list_of(id: &SourceId) -> SourceId {
    SourceId(id.0.strip_suffix(EXTRACT).unwrap_or(&id.0).to_owned())
}

/// The official list that an id is one slip away from: another separator or none (`ofac_sdn`, `ofacsdn`), a letter more, less
/// or changed, or two that changed places (`ofac-snd`).
pub fn near_miss(id: &SourceId) -> Option<&'static Official> {
    if official(&list_of(id)).is_some() {
        return None;
    }
    OFFICIAL.iter().find(|list| is_slip_of(id, &SourceId(list.id.to_owned())))
}

/// Whether an id is one slip away from a known one or its extracts, or is one of them in another spelling. The same name
/// under another country's code (`us-sc`) is none; an id of four letters is mistyped in one of its two parts.
pub fn is_slip_of(id: &SourceId, known: &SourceId) -> bool {
    if id == known || *id == extract_of(known) {
        return false;
    }
    let near = |one: &str, other: &str| strsim::osa_distance(one, other) <= 1;
    let (whole, known_whole) = (bare(&id.0), bare(&known.0));
    if near(&whole, &bare(&extract_of(known).0)) {
        return true;
    }
    let core = without_extract(&id.0);
    let core_whole = bare(core);
    if core_whole == known_whole {
        return true;
    }
    let ((head, tail), (known_head, known_tail)) = (parts(core), parts(&known.0));
    if tail == known_tail && head != known_head && is_country(&head) {
        return false;
    }
    if known_whole.len() >= TELLING {
        return near(&core_whole, &known_whole);
    }
    (head == known_head && near(&tail, &known_tail)) || (tail == known_tail && near(&head, &known_head))
}

/// Letters and digits from which on an id is like no other by chance.
const TELLING: usize = 5;

fn bare(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// An id without the `-extract`, however often and however written, that it ends with.
fn without_extract(id: &str) -> &str {
    let mut core = id;
    let separator = |c: char| !c.is_ascii_alphanumeric();
    while let Some(rest) = core.strip_suffix("extracts").or_else(|| core.strip_suffix("extract")) {
        core = rest.trim_end_matches(separator);
    }
    core
}

/// What stands before the first separator, and after it.
fn parts(id: &str) -> (String, String) {
    let (head, tail) = id.split_once(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(("", id));
    (head.to_owned(), bare(tail))
}

/// Whether it is the code of a country (ISO 3166-1 alpha-2, 2024).
fn is_country(code: &str) -> bool {
    let codes = COUNTRIES.as_bytes().chunks_exact(2);
    code.len() == 2 && codes.into_iter().any(|known| known == code.as_bytes())
}

const COUNTRIES: &str = concat!(
    "adaeafagaialamaoaqarasatauawaxazbabbbdbebfbgbhbibjblbmbnbobqbrbsbtbvbwbybzcacccdcfcgchcickclcmcncocrcucvcwcxcycz",
    "dedjdkdmdodzeceeegeheresetfifjfkfmfofrgagbgdgegfggghgiglgmgngpgqgrgsgtgugwgyhkhmhnhrhthuidieiliminioiqirisitjejm",
    "jojpkekgkhkikmknkpkrkwkykzlalblclilklrlsltlulvlymamcmdmemfmgmhmkmlmmmnmompmqmrmsmtmumvmwmxmymznancnenfngninlnonp",
    "nrnunzompapepfpgphpkplpmpnprpsptpwpyqarerorsrurwsasbscsdsesgshsisjskslsmsnsosrssstsvsxsysztctdtftgthtjtktltmtntotr",
    "tttvtwtzuaugumusuyuzvavcvevgvivnvuwfwsyeytzazmzw",
);

impl Official {
    /// The head of this list, before a date is known.
    pub(super) fn head(&self) -> super::SourceHead {
        super::SourceHead {
            id: SourceId(self.id.to_owned()),
            kind: SourceKind::Sanctions,
            title: self.title.to_owned(),
            publisher: self.publisher.to_owned(),
            url: Some(self.url.to_owned()),
            published: None,
        }
    }
}

/// The head of the official list `id`, one of [`OFFICIAL`].
pub(super) fn head(id: &str) -> super::SourceHead {
    let list = OFFICIAL.iter().find(|list| list.id == id).expect("an id of the table above");
    list.head()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extract_of_an_extract_is_the_same_extract() {
        let sdn = SourceId("ofac-sdn".to_owned());
        assert_eq!(list_of(&extract_of(&sdn)), sdn);
        assert_eq!(list_of(&sdn), sdn);
        assert!(official(&extract_of(&sdn)).is_none());
    }

    #[test]
    fn a_slip_of_the_separator_is_noticed() {
        for slip in [
            "ofac_sdn",
            "ofac.sdn",
            "ofacsdn",
            "ofac-sdn-",
            "un_sc",
            "ofac-snd",
            "ofac-sdn2",
            "uk-sanction",
            "ofac-sdn-extracts",
            "ofac_sdn_extract",
            // Of short ids too.
            "unsc",
            "un-cs",
            "un-sv",
            "un-sc2",
            "un-s",
            "umn-sc",
            "un_sc_extract",
            "un-sv-extract",
            "ch-sec",
            "ch-sec0",
            "hc-seco",
            "chsec",
            "eu-fcf",
            "eufcf",
            "ue-fsf",
            "uk-osfi",
            "uk-ofs1",
            "uk-ofsi-2",
        ] {
            assert!(near_miss(&SourceId(slip.to_owned())).is_some(), "{slip}");
        }
        for other in [
            "ofac-sdn",
            "ofac-sdn-extract",
            "own-list",
            // The same of another country, and other lists of the same office.
            "us-sc",
            "de-seco",
            "au-fsf",
            "un-list",
            "un-1267",
            "un-names",
            "eu-fiu",
            "eu-list",
            "uk-hmt",
            "uk-ncsc",
            "ch-list",
            "ch-finma",
            "usc",
            "nsc",
            "unsub",
            "acme",
            "own-un-sc",
            "my-uk-ofsi",
        ] {
            assert!(near_miss(&SourceId(other.to_owned())).is_none(), "{other}");
        }
    }
}
