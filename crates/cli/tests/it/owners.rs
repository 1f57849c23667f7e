//! Shell companies: whom listed parties own, and services by their country.

use serde_json::Value;
use tempfile::TempDir;

use crate::screen::{text, tracehound};

const WALLET: &str = "0xE4A618E2Fc5aD76525F555970363ae97AFc1F426";
const AT: &str = "2026-06-01T00:00:00Z";

fn import(data: &TempDir, name: &str, list: &str) {
    let file = data.path().join(name);
    std::fs::write(&file, list).expect("written");
    let file = file.to_string_lossy();
    let output = tracehound(data.path(), &["lists", "import", &file, "--published", "2026-01-01"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// One who is listed, and companies around him.
fn folder() -> TempDir {
    let data = tempfile::tempdir().expect("temporary folder");
    let company = |id: &str, name: &str| {
        format!(
            "{{\"id\":\"{id}\",\"schema\":\"Company\",\"caption\":\"{name}\",\"target\":false,\
             \"properties\":{{\"name\":[\"{name}\"]}}}}\n"
        )
    };
    let owns = |owner: &str, asset: &str, share: &str| {
        let share = if share.is_empty() { String::new() } else { format!(",\"percentage\":[\"{share}\"]") };
        format!(
            "{{\"id\":\"{owner}-{asset}\",\"schema\":\"Ownership\",\"properties\":{{\"owner\":[\"{owner}\"],\
             \"asset\":[\"{asset}\"]{share}}}}}\n"
        )
    };
    let list = [
        "{\"id\":\"x\",\"schema\":\"Person\",\"caption\":\"Xaver Blockedman\",\"target\":true,\"datasets\":[\"made_up\"],\
         \"properties\":{\"name\":[\"Xaver Blockedman\"],\"topics\":[\"sanction\"]}}\n"
            .to_owned(),
        company("hold", "Grünwald Beteiligungen"),
        company("shell", "Zephyr Quartz Trading"),
        company("part", "Marigold Lantern Works"),
        company("dark", "Ostrich Velvet Shipping"),
        company("led", "Pelican Thimble Bank"),
        owns("x", "hold", "50"),
        owns("hold", "shell", "35 %"),
        owns("x", "shell", "15"),
        owns("x", "part", "20"),
        owns("x", "dark", ""),
        "{\"id\":\"d\",\"schema\":\"Directorship\",\"properties\":{\"director\":[\"x\"],\"organization\":[\"led\"],\
         \"role\":[\"Chair\"]}}\n"
            .to_owned(),
        format!(
            "{{\"id\":\"w\",\"schema\":\"CryptoWallet\",\"datasets\":[\"made_up\"],\"properties\":{{\"publicKey\":[\"{WALLET}\"],\
             \"holder\":[\"shell\"]}}}}\n"
        ),
    ];
    import(&data, "made-up.ftm.json", &list.concat());
    data
}

fn ask(data: &TempDir, name: &str) -> Value {
    let args = ["screen", "--name", name, "--as-of", AT, "--policy", "lists-only", "--output", "jsonl"];
    serde_json::from_str(&text(&tracehound(data.path(), &args, ""))).expect("JSON")
}

fn gaps(answer: &Value) -> Vec<&str> {
    let gaps = answer["coverage"]["gaps"].as_array().into_iter().flatten();
    gaps.map(|gap| gap["kind"].as_str().expect("a kind")).collect()
}

#[test]
fn a_company_that_listed_parties_own_by_half_is_for_review_with_the_way() {
    let data = folder();
    let shell = ask(&data, "Zephyr Quartz Trading");
    assert_eq!(shell["decision"], "review");
    let ownership = &shell["matches"][0]["ownership"];
    assert_eq!(ownership["reach"], "half");
    assert_eq!(ownership["share"]["least_ppm"], 500_000);
    let step = |at: usize| (&ownership["path"][at]["owner_name"], &ownership["path"][at]["owned_name"]);
    assert_eq!(step(0), (&Value::from("Grünwald Beteiligungen"), &Value::from("Zephyr Quartz Trading")));
    assert_eq!(step(2), (&Value::from("Xaver Blockedman"), &Value::from("Grünwald Beteiligungen")));

    // A fifth is no half; it is told, and decides nothing.
    let part = ask(&data, "Marigold Lantern Works");
    assert_ne!(part["decision"], "review");
    assert!(part["matches"].as_array().expect("a list").is_empty());
    assert_eq!(part["related"][0]["ownership"]["reach"], "below_half");
    assert!(!gaps(&part).contains(&"ownership_unknown"), "{part}");

    // What is not said is neither nothing nor half.
    let dark = ask(&data, "Ostrich Velvet Shipping");
    assert_eq!((&dark["decision"], gaps(&dark)[0]), (&Value::from("incomplete"), "ownership_unknown"));
    assert_eq!(dark["related"][0]["ownership"]["reach"], "may_be_half");

    // Who is directed by a listed person is told of.
    let led = ask(&data, "Pelican Thimble Bank");
    let tie = &led["related"][0]["relations"][0];
    assert_eq!(
        (&tie["words"], &tie["name"], &tie["listed"]),
        (&"directed (Chair) by".into(), &"Xaver Blockedman".into(), &true.into())
    );

    let args = ["screen", "--name", "Zephyr Quartz Trading", "--as-of", AT];
    let page = text(&tracehound(data.path(), &args, ""));
    assert!(page.contains("owned 50 % by listed parties"), "{page}");
    assert!(page.contains("Xaver Blockedman (listed) owns 50 % of Grünwald Beteiligungen"), "{page}");
    let csv = text(&tracehound(data.path(), &[&args[..], &["--output", "csv"]].concat(), ""));
    let row = csv.lines().nth(1).expect("a row");
    assert!(row.contains(",not listed,") && row.contains("owned 50 % by listed parties"), "{csv}");
}

#[test]
fn an_address_of_such_a_company_is_for_review_with_the_way() {
    let data = folder();
    let args = ["screen", WALLET, "--as-of", AT, "--policy", "lists-only", "--output", "jsonl"];
    let output = tracehound(data.path(), &args, "");
    let verdict: Value = serde_json::from_str(&text(&output)).expect("JSON");
    assert_eq!(
        (output.status.code(), &verdict["reason"]["rule"]),
        (Some(10), &"owned-by-listed-parties".into())
    );
    assert!(verdict["summary"].as_str().expect("a sentence").contains("Xaver Blockedman (listed) owns 15 %"));
    // Nobody lists the company: no word calls it a sanction by itself.
    let summary = verdict["summary"].as_str().expect("a sentence");
    assert!(
        summary.contains("(owned by listed parties, not listed itself)") && !summary.contains("(sanction)"),
        "{summary}"
    );
    assert_eq!(verdict["reason"]["owned"], true);
    let told = text(&tracehound(data.path(), &args[..6], ""));
    assert!(told.contains("not listed itself, counts as sanction") && !told.contains("(sanction)"), "{told}");
    let nodes = verdict["evidence"]["nodes"].as_array().expect("a list");
    let owners = nodes.iter().find(|node| node["kind"] == "ownership").expect("the way");
    assert_eq!(owners["ownership"]["path"].as_array().map(Vec::len), Some(3));

    // A policy that has no rule for it does not let it pass either.
    let policy = data.path().join("old.toml");
    std::fs::write(
        &policy,
        "version = 2\nname = \"old\"\nbasis = \"lists-only\"\n[require]\nsources = [\"opensanctions-made_up\"]\n",
    )
    .expect("written");
    let policy = policy.to_string_lossy();
    let output = tracehound(data.path(), &["screen", WALLET, "--as-of", AT, "--policy", &policy], "");
    assert_eq!(output.status.code(), Some(10), "{}", text(&output));
}

#[test]
fn a_rule_asks_for_the_country_of_a_service() {
    let data = tempfile::tempdir().expect("temporary folder");
    let (island, nowhere) = ("12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S", "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi");
    import(
        &data,
        "actors.yaml",
        "title: t\ncreator: c\nactors:\n  - id: islandex\n    label: IslandEx\n    lastmod: 2025-01-01\n    categories: \
         [exchange]\n    jurisdictions: [SC]\n  - id: nowherex\n    label: NowhereEx\n    lastmod: 2025-01-01\n    \
         categories: [exchange]\n",
    );
    import(
        &data,
        "tags.yaml",
        &format!(
            "title: t\ncreator: c\ncurrency: BTC\nlastmod: 2025-01-01\ncategory: exchange\nconfidence: service_data\nsource: \
             https://example.org\ntags:\n  - address: {island}\n    label: IslandEx\n    actor: islandex\n  - address: \
             {nowhere}\n    label: NowhereEx\n    actor: nowherex\n"
        ),
    );
    let policy = |code: &str| {
        let path = data.path().join(format!("{code}.toml"));
        let text = format!(
            "version = 2\nname = \"p\"\nbasis = \"lists-only\"\n[require]\nsources = [\"actorpack-actors\"]\n[[rule]]\nname = \
             \"offshore\"\nexposure = \"identified\"\ncategories = [\"exchange\"]\njurisdictions = [\"{code}\"]\ndecision = \
             \"review\"\nscore = 50\n"
        );
        std::fs::write(&path, text).expect("written");
        path.to_string_lossy().into_owned()
    };
    let ask = |subject: &str, policy: &str| {
        let args = ["screen", subject, "--as-of", AT, "--policy", policy, "--output", "jsonl"];
        let output = tracehound(data.path(), &args, "");
        let verdict: Value = serde_json::from_str(&text(&output)).expect("JSON");
        (output.status.code().expect("a code"), verdict)
    };
    let (code, verdict) = ask(island, &policy("SC"));
    assert_eq!((code, &verdict["exposures"][0]["jurisdictions"][0]), (10, &"SC".into()));
    let (code, verdict) = ask(island, &policy("KP"));
    assert_eq!((code, &verdict["decision"]), (0, &"allow".into()), "{verdict}");
    // Where nobody tells the country, the rule has no answer.
    let (code, verdict) = ask(nowhere, &policy("SC"));
    assert!(code == 30 && gaps(&verdict).contains(&"jurisdiction_unknown"), "{verdict}");

    for (wrong, said) in [("Seychelles", "such as SC"), ("ZZ", "no country"), ("S", "no country")] {
        let output = tracehound(data.path(), &["policy", "check", &policy(wrong)], "");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(said), "{wrong}: {error}");
    }
}

/// Whom a made-up list of entities names, by one line each.
fn entity(id: &str, schema: &str, target: bool, properties: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"schema\":\"{schema}\",\"caption\":\"{id}\",\"target\":{target},\"datasets\":[\"made_up\"],\
         \"properties\":{{{properties}}}}}\n"
    )
}

fn owns(id: &str, owner: &str, more: &str) -> String {
    entity(id, "Ownership", false, &format!("\"owner\":[\"{owner}\"],\"asset\":[\"c\"]{more}"))
}

/// What is said of a company of which these lines tell, beside a listed person.
fn asked(lines: &[String]) -> Value {
    let data = tempfile::tempdir().expect("temporary folder");
    let listed = "\"name\":[\"Xaver Blockedman\"],\"topics\":[\"sanction\"]";
    let list = [
        entity("x", "Person", true, listed),
        entity("c", "Company", false, "\"name\":[\"Zephyr Quartz Trading\"]"),
        lines.concat(),
    ];
    import(&data, "made-up.ftm.json", &list.concat());
    ask(&data, "Zephyr Quartz Trading")
}

#[test]
fn an_owner_counts_wherever_among_many_he_stands() {
    let small = |at: usize| {
        let more = ",\"percentage\":[\"0.03\"]";
        entity(&format!("p{at}"), "Person", false, "") + &owns(&format!("o{at}"), &format!("p{at}"), more)
    };
    let director = |at: usize| {
        let ends = format!("\"director\":[\"p{at}\"],\"organization\":[\"c\"]");
        entity(&format!("d{at}"), "Directorship", false, &ends)
    };
    let large = owns("o", "x", ",\"percentage\":[\"60\"]");
    for many in [
        (0..1_200).map(small).chain([large.clone()]).collect::<Vec<_>>(),
        (0..1_200).map(director).chain([large.clone()]).collect(),
    ] {
        let answer = asked(&many);
        assert_eq!(answer["decision"], "review", "{}", answer["summary"]);
        assert_eq!(answer["matches"][0]["ownership"]["share"]["least_ppm"], 600_000);
    }
    // The one director who is listed is told of, after as many as are kept.
    let listed = entity("d", "Directorship", false, "\"director\":[\"x\"],\"organization\":[\"c\"]");
    let answer = asked(&(0..1_200).map(director).chain([listed]).collect::<Vec<_>>());
    let first = &answer["related"][0]["relations"][0];
    assert_eq!((&first["name"], &first["listed"]), (&"x".into(), &true.into()), "{answer}");

    // Of a parent no share is said: the one listed among many may own all.
    for count in [1, 201, 1_500] {
        let parents: Vec<String> =
            (1..count).map(|at| format!("\"p{at}\"")).chain(["\"x\"".to_owned()]).collect();
        let parents = format!("\"name\":[\"Zephyr Quartz Trading\"],\"parent\":[{}]", parents.join(","));
        let answer = asked(&[entity("c", "Company", false, &parents)]);
        assert_eq!(
            (&answer["decision"], gaps(&answer)[0]),
            (&"incomplete".into(), "ownership_unknown"),
            "{count}"
        );
    }
}

#[test]
fn two_holdings_of_one_size_may_be_two() {
    for (first, second, decides) in [
        (",\"percentage\":[\"30\"]", ",\"percentage\":[\"30\"]", true),
        (",\"percentage\":[\"25\"]", ",\"percentage\":[\"25.0\"]", true),
        (
            ",\"percentage\":[\"30\"],\"role\":[\"direct\"]",
            ",\"percentage\":[\"30\"],\"role\":[\"trust\"]",
            true,
        ),
        (",\"percentage\":[\"30\"],\"startDate\":[\"2019-01-01\"]", ",\"percentage\":[\"30\"]", true),
        (",\"percentage\":[\"24\"]", ",\"percentage\":[\"24\"]", false),
        // One that has ended is no second one.
        (",\"percentage\":[\"30\"],\"endDate\":[\"2019-01-01\"]", ",\"percentage\":[\"30\"]", false),
    ] {
        let answer = asked(&[owns("o1", "x", first), owns("o2", "x", second)]);
        assert_eq!(gaps(&answer).contains(&"ownership_unknown"), decides, "{first} {second}: {answer}");
        let reach = if decides { "may_be_half" } else { "below_half" };
        assert_eq!(answer["related"][0]["ownership"]["reach"], reach, "{first} {second}");
    }
    // The same record twice, or one record with one share in two spellings, is one holding.
    for lines in [
        vec![owns("o1", "x", ",\"percentage\":[\"30\"]"); 2],
        vec![owns("o1", "x", ",\"percentage\":[\"30\",\"30.0\"]")],
    ] {
        let answer = asked(&lines);
        assert_eq!(answer["related"][0]["ownership"]["reach"], "below_half", "{answer}");
    }
}
