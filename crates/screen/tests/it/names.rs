//! Names obey the policy.

use tracehound_attribution::Scope;
use tracehound_model::Decision;
use tracehound_screen::{NameCover, Policy, family_gap, name_gap};

use crate::support::{FRESH, at, index, party, sources};

fn cover(
    policy: &Policy,
    change: impl Fn(&mut tracehound_attribution::SourceHistory),
    as_of: &str,
) -> NameCover {
    let mut sources = sources();
    change(&mut sources[1]);
    let index = index(sources, vec![], vec![party("ofac-sdn", "1", "A Name")]);
    NameCover::new(&index, policy, at(as_of))
}

#[test]
fn no_match_clears_only_on_fresh_whole_lists() {
    let strict = Policy::strict();
    let fresh = cover(&strict, |_| (), FRESH);
    assert_eq!((fresh.decide(false, true), fresh.decide(true, true)), (Decision::Allow, Decision::Review));
    assert!(fresh.gaps.is_empty(), "{:?}", fresh.gaps);
    assert_eq!(cover(&strict, |_| (), "2025-06-22T12:00:01Z").decide(false, true), Decision::Incomplete);
    let part = cover(&strict, |ofac| ofac.scopes = vec![Scope::Addresses], FRESH);
    assert_eq!((part.decide(false, true), part.decide(true, true)), (Decision::Incomplete, Decision::Review));
    assert!(part.gaps[0].to_string().contains("lists update"), "{:?}", part.gaps);
}

#[test]
fn a_list_that_the_policy_requires_and_nobody_loaded_is_incomplete() {
    let policy = Policy::parse(
        "version = 1\nname = \"x\"\n[require]\nsources = [\"ofac-sdn\", \"eu-fsf\"]\nmax_age_days = 400",
    )
    .expect("a policy");
    let cover = cover(&policy, |_| (), FRESH);
    assert_eq!(cover.decide(false, true), Decision::Incomplete);
    assert!(cover.gaps.iter().any(|gap| gap.to_string().contains("eu-fsf")), "{:?}", cover.gaps);
}

/// The names of advisories are searched too.
#[test]
fn advisories_that_the_policy_requires_are_asked_of_names_too() {
    for policy in [Policy::strict(), Policy::lists_only()] {
        let until = |as_of: &str| {
            let mut all = sources();
            all[1].vouched[0].until = at("2025-09-30T00:00:00Z");
            NameCover::new(&index(all, vec![], vec![]), &policy, at(as_of))
        };
        let (fresh, stale) = (until("2025-08-30T23:59:59Z"), until("2025-08-31T00:00:00Z"));
        assert_eq!((fresh.decide(false, true), fresh.gaps.len()), (Decision::Allow, 0), "{:?}", fresh.gaps);
        assert_eq!(
            (stale.decide(false, true), stale.decide(true, true)),
            (Decision::Incomplete, Decision::Review)
        );
        assert!(stale.gaps[0].to_string().contains("complete as of 2025-06-01"), "{:?}", stale.gaps);
        let mut without = sources();
        without[0].complete_as_of = None;
        let without = NameCover::new(&index(without, vec![], vec![]), &policy, at(FRESH));
        assert_eq!(without.decide(false, true), Decision::Incomplete);
        assert!(without.gaps[0].to_string().contains("fbi-notices"), "{:?}", without.gaps);
    }
}

#[test]
fn a_script_that_cannot_be_compared_does_not_clear() {
    let cover = cover(&Policy::strict(), |_| (), FRESH);
    let gap = name_gap("สมชาย", true).expect("Thai is not compared");
    assert!(gap.to_string().contains("Thai") && gap.to_string().contains("Latin letters"), "{gap}");
    assert_eq!(
        (cover.decide(false, false), cover.decide(true, false)),
        (Decision::Incomplete, Decision::Review)
    );
    for name in ["Kim Jong Un", "김정은", "محمد", "Владимир"] {
        assert_eq!(name_gap(name, false), None, "{name}");
    }
    assert!(name_gap("キム・ジョンウン", false).is_some_and(|gap| gap.to_string().contains("Japanese kana")));
}

/// Of these neither all spellings are compared nor whole names asked for.
#[test]
fn names_of_other_languages_in_arabic_letters_do_not_clear() {
    for name in ["بوتين", "پوتین", "قديروف", "لافروف", "تشن تشي", "وانغ يي", "روساريو موريو", "سيرغي سوبيانين"]
    {
        let gap = name_gap(name, false).map(|gap| gap.to_string());
        assert!(gap.as_ref().is_some_and(|gap| gap.contains("another language")), "{name}: {gap:?}");
        assert_eq!(name_gap(name, true), None, "{name}");
    }
    for name in [
        "محمد",
        "علی رضایی",
        "طارق العيسمي",
        "فاطمة الزهراء",
        "عبد القدوس مظهری",
        "شفیع علی",
        "نازنین بنیادی",
        "هێمن قادر",
    ] {
        assert_eq!(name_gap(name, false), None, "{name}");
    }
}

/// An abbreviation is listed by what it stands for, and its letters say nothing of that.
#[test]
fn an_abbreviation_of_any_usual_length_does_not_clear() {
    for name in ["ФСБ", "ИГИЛ", "ВГТРКО", "Офицеры ГРУ", "Сеть ВГТРКО"] {
        assert!(name_gap(name, false).is_some_and(|gap| gap.to_string().contains("translation")), "{name}");
    }
}

#[test]
fn what_was_compared_in_part_does_not_clear_where_nothing_matched() {
    for name in ["الحرس الثوري الإيراني", "조선광선은행", "Корпус стражей", "КСИР", "블라디미르 푸틴"]
    {
        assert!(name_gap(name, false).is_some_and(|gap| gap.to_string().contains("translation")), "{name}");
        assert_eq!(name_gap(name, true), None, "{name}");
    }
    for (name, script) in
        [("Νίκος", "Greek"), ("Գևորգ", "Armenian"), ("გიორგი", "Georgian"), ("דוד", "Hebrew")]
    {
        assert!(name_gap(name, false).is_some_and(|gap| gap.to_string().contains(script)), "{name}");
        assert_eq!(name_gap(name, true), None, "{name}");
    }
    for (name, said) in [
        ("山田太郎", "Japanese"),
        ("中国银行", "translation"),
        ("Nоbody At All", "mixes letters"),
        ("Vladimir ?????", "lost"),
        ("Vladi\u{fffd}ir", "lost"),
        ("xn--80adxhks", "a code that is not read"),
        ("%E5%B1%B1%E7%94%B0%E5%A4%AA%E9%83%8E", "Japanese"),
        ("N%2FA", "where there is no name"),
        ("N/A", "where there is no name"),
        ("12345", "is a number"),
        ("\u{1f600}", "has no letter"),
        ("info@example.com", "the address of a mail"),
        ("0x8576acc5c05d6ce88f4e49bf65bdf0c62f91353c", "a number or an address"),
    ] {
        assert_eq!(name_gap(name, true), None, "{name}");
        assert!(name_gap(name, false).is_some_and(|gap| gap.to_string().contains(said)), "{name}");
    }
}

/// Four in five listed companies in Arabic letters have names in translation, which their sound says nothing of.
#[test]
fn an_organisation_in_arabic_letters_is_not_cleared_by_its_sound() {
    for name in [
        "شركة المراعي",
        "شركة النفط الوطنية الإيرانية",
        "شركة ناقلات النفط الإيرانية",
        "وزارت دفاع و پشتیبانی نیروهای مسلح",
        "سازمان انرژی اتمی ایران",
        "قرارگاه سازندگی خاتم الانبیا",
        "البنك المركزي الإيراني",
        "مجموعة فاغنر",
        "شيفاني أورجانيس م م ح",
        "آسيا إنترناشيونال تريد بروفايدر ذ م م",
        "ООО Торговая компания Ромашка",
    ] {
        assert!(name_gap(name, false).is_some_and(|gap| gap.to_string().contains("translation")), "{name}");
        assert_eq!(name_gap(name, true), None, "{name}");
    }
}

/// A gap for ever on an ordinary name makes the answer useless: what can be compared is compared.
#[test]
fn ordinary_names_have_no_gap() {
    for name in [
        "Deutsche Bank AG",
        "Bank of Ireland",
        "Front Office Ltd",
        "James Polk",
        "Institut Pasteur",
        "ООО Ромашка",
        "Иван ПЕТРОВ",
        "Банк Хоум Кредит",
        "علی اسلامی",
        "李家东",
        "王小明",
        "3M",
        "Na Li",
    ] {
        assert_eq!(name_gap(name, false), None, "{name}");
    }
}

/// What stands beside a name in another script says nothing of it.
#[test]
fn a_part_that_is_not_compared_is_told_whatever_stands_beside_it() {
    for name in [
        "Vladimir 블라디미르 푸틴",
        "Mr. 조선광선은행",
        "Bank 정찰총국 USD",
        "to ㄱㅣㅁㅈㅓㅇㅇㅡㄴ",
        "Mr. حزب الله",
        "payment إيغور",
    ] {
        assert!(name_gap(name, false).is_some(), "{name}");
    }
    for name in ["Kim Min-su 김민수", "Mr. 김민수", "김민수, Seoul", "Mr. محمد علی", "Mr. Иван Петров"]
    {
        assert_eq!(name_gap(name, false), None, "{name}");
    }
}

#[test]
fn a_family_name_alone_is_a_gap_that_says_how_many_have_it() {
    let sentence = |persons| family_gap("Putin", persons).map(|gap| gap.to_string());
    assert_eq!(sentence(0), None);
    let (one, two) = (sentence(1).expect("a gap"), sentence(2).expect("a gap"));
    assert!(
        one.contains("a family name alone: 1 listed person has it") && one.contains("given name"),
        "{one}"
    );
    assert!(two.contains("2 listed persons have it"), "{two}");
}
