//! The tour: calls that show the gateway's work, with their expected answers, and the steps of
//! people in between. It is data only; the demo's command makes the calls.

use std::borrow::Cow;

use super::world::World;

pub mod grants;

#[cfg(test)]
mod tests;

use grants::Act;

/// A scene of the tour.
#[derive(Clone, Debug)]
pub enum Scene {
    /// A system calls.
    Call(Call),
    /// A person does something.
    Act(Act),
}

/// A call of the tour.
#[derive(Clone, Debug)]
pub struct Call {
    /// The point that it shows, in one line.
    pub title: &'static str,
    /// The caller: `department/system`.
    pub system: &'static str,
    /// The method.
    pub method: &'static str,
    /// Path and query, exactly as they are to be sent.
    pub target: String,
    /// Header fields beside those that every call has.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The JSON body, if there is one.
    pub body: Option<String>,
    /// The grant of the tour that it names, if it does.
    pub under: Option<&'static str>,
    /// The number of times that it is made in a row; the last answer is the one that is looked at.
    pub times: u32,
    /// The answer that must come back.
    pub expected: Expected,
}

/// An answer that must come back.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The status.
    pub status: u16,
    /// The code in the gateway's problem document; none where the answer is not one.
    pub code: Option<&'static str>,
    /// Texts that the body must hold.
    pub holds: Vec<String>,
    /// Texts that the body must not hold.
    pub lacks: Vec<String>,
}

/// Returns all scenes, in order: access by the catalog's terms, then access by grants.
pub fn scenes() -> Vec<Scene> {
    calls().into_iter().map(Scene::Call).chain(grants::scenes()).collect()
}

/// All calls under the catalog alone, in their order.
pub fn calls() -> Vec<Call> {
    let mut calls = permitted();
    calls.extend(refused_for_what_is_stated());
    calls.extend(refused_by_the_catalog());
    calls.extend(refused_as_unreadable());
    calls.extend([over_the_rate(), asked_beforehand(), looked_up(), looked_into()]);
    calls
}

/// A few of them, for people to paste.
pub fn offered() -> Vec<Call> {
    let mut permitted = permitted();
    permitted.truncate(OFFERED_PERMITTED);
    let refused = refused_for_what_is_stated().into_iter().take(1);
    let unreadable = refused_as_unreadable().into_iter().take(1);
    let asked = [asked_beforehand(), looked_up()];
    permitted.into_iter().chain(refused).chain(unreadable).chain(asked).collect()
}

/// The number of permitted calls that are offered to be pasted.
const OFFERED_PERMITTED: usize = 5;

/// The entry that most calls ask, and the one that shows most masks.
const POPULATION: &str = "/public-security/population/query";

const ASSISTANCE: [(&str, &str); 2] =
    [("Exchange-Purpose", "social-assistance"), ("Exchange-Case", "\"SA-2026-00017\"")];

fn permitted() -> Vec<Call> {
    let world = World::sample();
    let (person, spouse) = (&world.people()[0], &world.people()[1]);
    let enterprise = &world.enterprises()[0];
    let masked = masked_id(&person.id_number);
    let marriage = serde_json::json!({ "id_number": person.id_number, "scope": "current" });
    vec![
        query(
            "An identity query with a purpose: what is above the clearance is masked",
            POPULATION,
        )
        .by("civil-affairs/assistance-desk")
        .with(&ASSISTANCE)
        .about(&person.id_number)
        .holds([&masked, "张三", "\"1988\"", "141****0001", "330106202600000001"])
        .lacks([&person.id_number, &person.birth_date, "watch_list", "remark", "portrait"]),
        query("The same person for a department with a higher clearance", POPULATION)
            .by("human-resources/pension-desk")
            .with(&[
                ("Exchange-Purpose", "social-insurance"),
                ("Exchange-Operator", "officer-0421"),
            ])
            .about(&person.id_number)
            .holds([&person.id_number, &person.birth_date, "浙A0***Z"])
            .lacks(["watch_list", "remark", "portrait", "engine_number"]),
        query(
            "A marriage, the present state alone: the term binds a parameter",
            "/civil-affairs/marriage/query",
        )
        .by("human-resources/pension-desk")
        .with(&[("Exchange-Purpose", "social-insurance"), ("Exchange-Case", "\"PB-2026-0042\"")])
        .body(marriage.to_string())
        .holds(["已婚", "李*", "330106********9987"])
        .lacks([&spouse.id_number, "history", "registrar_note", "archive"]),
        fetch("An enterprise licence for any department that states a purpose")
            .at(format!("/market-regulation/enterprise-licences/{}", enterprise.code))
            .by("statistics/survey-desk")
            .with(&[("Exchange-Purpose", "statistical-survey")])
            .holds([&enterprise.name, "500000.00", &masked])
            .lacks(["risk_grade", "inspector_note", &person.mobile]),
        fetch("Division codes, for every department, without a purpose")
            .at("/civil-affairs/divisions/330106")
            .by("statistics/survey-desk")
            .holds(["浙江省杭州市西湖区"])
            .lacks(["row_id", "editor_note"]),
        fetch("A district's office lists the allowances of its own region")
            .at("/civil-affairs/minimum-living-allowance/recipients?division=330106")
            .by("west-lake-human-resources/service-hall")
            .with(&DISTRICT)
            .holds(["张三", &masked, "3390.00"])
            .lacks(["visit_note", &person.bank_card]),
        query(
            "A provider's error that repeats what was asked: only declared fields pass",
            POPULATION,
        )
        .by("civil-affairs/assistance-desk")
        .with(&ASSISTANCE)
        .about(NOBODY)
        .ends(404, None)
        .holds([masked_id(NOBODY)])
        .lacks(["SELECT", NOBODY]),
    ]
}

/// A well-formed identity number of no person.
const NOBODY: &str = "330106190001010000";

const DISTRICT: [(&str, &str); 2] =
    [("Exchange-Purpose", "employment-service"), ("Exchange-Operator", "officer-0451")];

fn refused_for_what_is_stated() -> Vec<Call> {
    let person = &World::sample().people()[0];
    vec![
        query("Without a purpose", POPULATION)
            .by("civil-affairs/assistance-desk")
            .with(&ASSISTANCE[1..])
            .about(&person.id_number)
            .ends(403, Some("purpose-missing"))
            .holds(["term/social-assistance"])
            .lacks(["term/pension"]),
        query("For another purpose than the agreed one", POPULATION)
            .by("civil-affairs/assistance-desk")
            .with(&[("Exchange-Purpose", "statistical-survey"), ASSISTANCE[1]])
            .about(&person.id_number)
            .ends(403, Some("purpose-not-allowed")),
        query("Without the officer on whose behalf it is asked", POPULATION)
            .by("human-resources/pension-desk")
            .with(&[("Exchange-Purpose", "social-insurance")])
            .about(&person.id_number)
            .ends(403, Some("operator-missing")),
        query("By a department that has no term", "/civil-affairs/marriage/query")
            .by("market-regulation/licence-desk")
            .with(&[("Exchange-Purpose", "enterprise-supervision")])
            .about(&person.id_number)
            .ends(403, Some("not-authorised"))
            .lacks(["survivor-benefits"]),
    ]
}

fn refused_by_the_catalog() -> Vec<Call> {
    vec![
        fetch("A district's office asks about another region")
            .at("/civil-affairs/minimum-living-allowance/recipients?division=330102")
            .by("west-lake-human-resources/service-hall")
            .with(&DISTRICT)
            .ends(403, Some("parameter-not-allowed")),
        fetch("A whole data set: under an approved grant only")
            .at("/civil-affairs/minimum-living-allowance/export")
            .by("health/clinic-desk")
            .with(&ASSISTANCE[..1])
            .ends(403, Some("approval-required")),
        fetch("An entry on the negative list, and why it is there")
            .at("/public-security/open-cases/query")
            .by("health/clinic-desk")
            .ends(403, Some("non-shared")),
        fetch("An entry that is stopped")
            .at("/market-regulation/food-inspections/FI2026-00001")
            .by("health/disease-control")
            .with(&[("Exchange-Purpose", "disease-control")])
            .ends(403, Some("entry-suspended")),
        fetch("An entry that does not exist")
            .at("/civil-affairs/adoptions/1")
            .by("health/clinic-desk")
            .ends(404, Some("not-in-catalog")),
        fetch("A system that was taken out of service, with a valid certificate")
            .at("/civil-affairs/divisions/330106")
            .by("statistics/legacy-import")
            .ends(403, Some("peer-suspended")),
    ]
}

fn refused_as_unreadable() -> Vec<Call> {
    vec![
        fetch("An encoded path that some servers would read as another entry")
            .at("/civil-affairs/divisions/..%2f..%2fpublic-security%2fpopulation")
            .by("statistics/survey-desk")
            .ends(400, Some("request-malformed")),
        fetch("A parameter that the operation does not declare")
            .at("/civil-affairs/divisions/330106?expand=all")
            .by("statistics/survey-desk")
            .ends(400, Some("parameter-not-allowed")),
    ]
}

fn over_the_rate() -> Call {
    let person = &World::sample().people()[0];
    query("Four calls where three at once are agreed", "/human-resources/social-insurance/query")
        .by("market-regulation/licence-desk")
        .with(&[("Exchange-Purpose", "enterprise-supervision")])
        .about(&person.id_number)
        .times(4)
        .ends(429, Some("rate-limited"))
}

fn asked_beforehand() -> Call {
    let person = &World::sample().people()[0];
    let question = serde_json::json!({
        "method": "POST",
        "path": POPULATION,
        "body": { "id_number": person.id_number },
        "purpose": "social-assistance",
    });
    query("Would it be allowed, and what is lacking? Asked without making the call", "/-/decide")
        .by("civil-affairs/assistance-desk")
        .body(question.to_string())
        .holds(["denial", "case-missing", "term/social-assistance"])
        .lacks(["term/pension"])
}

fn looked_up() -> Call {
    fetch("What may this system call now? The catalog, for the one who asks")
        .at("/-/catalog?callable=true")
        .by("civil-affairs/assistance-desk")
        .holds(["public-security/population", "health/immunisation", "人口基本信息"])
        .lacks(["public-security/open-cases", "public-security/vehicle-passes"])
}

fn looked_into() -> Call {
    fetch("What would it see? An entry in full, with the asker's own terms alone")
        .at("/-/catalog/public-security/population")
        .by("civil-affairs/assistance-desk")
        .holds(["term/social-assistance", "SA-20[0-9]{2}-[0-9]{5}", "masked", "id-number"])
        .lacks(["term/pension", "clinic-identity", "human-resources", "disease-control"])
}

/// An identity number as its mask shows it.
fn masked_id(number: &str) -> String {
    format!("{}***************{}", &number[..1], &number[16..])
}

fn query(title: &'static str, target: &str) -> Call {
    Call { method: "POST", ..fetch(title).at(target) }
}

fn fetch(title: &'static str) -> Call {
    Call {
        title,
        system: "",
        method: "GET",
        target: String::new(),
        headers: Vec::new(),
        body: None,
        under: None,
        times: 1,
        expected: Expected { status: 200, code: None, holds: Vec::new(), lacks: Vec::new() },
    }
}

impl Call {
    fn by(self, system: &'static str) -> Call {
        Call { system, ..self }
    }

    fn at(self, target: impl Into<String>) -> Call {
        Call { target: target.into(), ..self }
    }

    fn with(mut self, headers: &[(&'static str, &'static str)]) -> Call {
        self.headers.extend(headers.iter().map(|(name, value)| (*name, Cow::Borrowed(*value))));
        self
    }

    fn under(self, grant: &'static str) -> Call {
        Call { under: Some(grant), ..self }
    }

    fn about(self, id_number: &str) -> Call {
        self.body(serde_json::json!({ "id_number": id_number }).to_string())
    }

    fn body(mut self, body: String) -> Call {
        self.headers.push(("Content-Type", "application/json".into()));
        Call { body: Some(body), ..self }
    }

    fn times(self, times: u32) -> Call {
        Call { times, ..self }
    }

    fn ends(mut self, status: u16, code: Option<&'static str>) -> Call {
        (self.expected.status, self.expected.code) = (status, code);
        self
    }

    fn holds<T: AsRef<str>, const N: usize>(mut self, texts: [T; N]) -> Call {
        self.expected.holds.extend(texts.iter().map(|text| text.as_ref().to_owned()));
        self
    }

    fn lacks<T: AsRef<str>, const N: usize>(mut self, texts: [T; N]) -> Call {
        self.expected.lacks.extend(texts.iter().map(|text| text.as_ref().to_owned()));
        self
    }
}
