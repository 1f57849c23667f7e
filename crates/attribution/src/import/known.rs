//! Files that are known and not read, with a word on what to take instead.

use crate::ImportError;

/// The complaint about such a file, told by its first bytes.
pub(super) fn refuse(head: &[u8], text: &str) -> Option<ImportError> {
    let found =
        if head.starts_with(b"PK\x03\x04") { Some(archive(head)) } else { xml(text).or_else(|| table(text)) };
    let found = found.or_else(|| json(text));
    found.map(|(what, instead)| ImportError::KnownButUnread { what, instead })
}

fn archive(head: &[u8]) -> (&'static str, &'static str) {
    let has = |name: &[u8]| head.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name));
    if has(b"opendocument.spreadsheet") {
        ("an OpenDocument spreadsheet", "save it as CSV; of the UK Sanctions List take the XML or CSV form")
    } else if has(b"[Content_Types].xml") {
        ("an Excel workbook", "save it as CSV")
    } else if has(b"SDN_ADVANCED.XML") {
        ("a ZIP archive", "unpack it and import the SDN_ADVANCED.XML in it")
    } else if has(b"SDN") {
        ("a ZIP archive of OFAC's SDN list", "take SDN_ADVANCED.XML, which holds more")
    } else {
        ("a ZIP archive", "unpack it and import the list in it")
    }
}

fn xml(text: &str) -> Option<(&'static str, &'static str)> {
    Some(match super::sniff::root_element(text)? {
        "ArrayOfFinancialSanctionsTarget" => {
            ("OFSI's ConList.xml", "take ConList.csv, or the UK Sanctions List as XML, which has replaced it")
        }
        "swiss-sanctions-list" => (
            "SECO's list of Swiss sanctions",
            "there is no reader for it; most of its names stand on the UN and EU lists",
        ),
        "html" | "HTML" => ("a web page", "download the list itself"),
        _ => return None,
    })
}

const OPENSANCTIONS: &str =
    "take the lists it is made from (lists update), or import it as a table of `address,label,category`";

fn json(text: &str) -> Option<(&'static str, &'static str)> {
    let first = text.lines().next()?;
    let of_ftm = text.starts_with('{') && first.contains("\"schema\"") && first.contains("\"properties\"");
    of_ftm.then_some(("FollowTheMoney entities, as OpenSanctions publishes them", OPENSANCTIONS))
}

fn table(text: &str) -> Option<(&'static str, &'static str)> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let cells: Vec<&str> = first.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
    let has = |name: &str| cells.contains(&name);
    let number = |place: usize| cells.get(place).is_some_and(|cell| cell.parse::<u32>().is_ok());
    let remark = cells.get(1).is_some_and(|cell| !cell.is_empty() && cell.parse::<u32>().is_err());
    if number(0) && number(1) && cells.get(2).is_some_and(|kind| matches!(*kind, "aka" | "fka" | "nka")) {
        return Some((
            "OFAC's alt.csv, the aliases of sdn.csv",
            "take SDN_ADVANCED.XML, which holds all in one",
        ));
    }
    if number(0)
        && number(1)
        && first.contains("-0-")
        && cells.len() >= 5
        && !first.contains("\"individual\"")
    {
        return Some((
            "OFAC's add.csv, the postal addresses of sdn.csv",
            "take SDN_ADVANCED.XML, which holds all in one",
        ));
    }
    if number(0) && remark && cells.len() < 12 && first.contains("Digital Currency Address - ") {
        return Some((
            "OFAC's sdn_comments.csv, the rest of long remarks",
            "take SDN_ADVANCED.XML, which holds all in one",
        ));
    }
    if has("source_list_url") && has("entity_number") {
        return Some((
            "the Consolidated Screening List of trade.gov",
            "take the lists themselves, SDN_ADVANCED.XML first: this copy of them would end nobody and be of no day",
        ));
    }
    if has("schema") && has("program_ids") && has("dataset") {
        return Some(("a table of targets, as OpenSanctions publishes it", OPENSANCTIONS));
    }
    if first.starts_with("Name\tStreet_Address") && first.contains("Standard_Order") {
        return Some((
            "the Denied Persons List of BIS",
            "it names persons under export orders, no addresses, and is not read",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_list_is_none_of_these() {
        for text in [
            "address,label\n0x1,2\n",
            "1,2,3\n",
            "36,\"A\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n",
            "<Sanctions>",
        ] {
            assert!(refuse(text.as_bytes(), text).is_none(), "{text}");
        }
    }
}
