//! Temporary grants on the tour: asked for, agreed to, used, ended; for a whole data set, and past a provider
//! that declines.

use jiff::SignedDuration;
use serde_json::{Value, json};
use sluice_core::domain::registry::Role;
use sluice_core::grant::GrantStep;

use super::{ASSISTANCE, Call, POPULATION, Scene, World, fetch, query};

/// Period of the tour's grants.
pub const GRANTED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Something that a person does.
#[derive(Clone, Debug)]
pub struct Act {
    /// The point that it shows, in one line.
    pub title: &'static str,
    /// The person: `department/id`.
    pub by: &'static str,
    /// The grant of the tour that it is about.
    pub grant: &'static str,
    /// The step, or other action.
    pub does: Does,
    /// The state to which that must lead.
    pub ends: &'static str,
}

/// An action of a person on a grant.
#[derive(Clone, Debug)]
pub enum Does {
    /// Writes and requests it; `from` and `until` are added.
    Ask(Value),
    /// Takes a step.
    Take(GrantStep, Role, Option<&'static str>),
    /// Acknowledges that the data received under the grant is deleted.
    Acknowledge(&'static str),
}

/// All scenes about grants, in their order.
pub fn scenes() -> Vec<Scene> {
    let mut scenes = agreed();
    scenes.extend(bulk());
    scenes.extend(escalated());
    scenes
}

/// A request that can be tried, as TOML without its period.
pub fn offered() -> &'static str {
    "entry = \"public-security/population\"\n\
     operations = [\"query\"]\n\
     fields = [\"$.name\", \"$.id_number\", \"$.birth_date\", \"$.mobile\"]\n\
     purpose = \"disease-control\"\n\
     legal_basis = \"中华人民共和国传染病防治法\"\n\
     responsible = \"officer-0604\"\n\
     responsible_at_provider = \"officer-0304\"\n\
     systems = [\"disease-control\"]\n\
     budget = { daily = { persons = 200 } }\n\
     retention = \"P30D\"\n"
}

const OFFICE: &str = "exchange-office/officer-0103";

/// The other approver of the exchange office, as nobody may take two parts in one grant.
const OFFICE_TOO: &str = "exchange-office/officer-0107";

const EPIDEMIC: [(&str, &str); 2] =
    [("Exchange-Purpose", "disease-control"), ("Exchange-Operator", "officer-0641")];

fn agreed() -> Vec<Scene> {
    let person = &World::sample().people()[0];
    let of = |title, by, does, ends| Scene::Act(Act { title, by, grant: "epidemic", does, ends });
    let asked = || {
        query("Under the grant: the fields that it names", POPULATION)
            .by("health/disease-control")
            .with(&EPIDEMIC)
            .about(&person.id_number)
    };
    let used = asked()
        .under("epidemic")
        .holds([&*person.id_number, &person.birth_date, &person.mobile])
        .lacks([&*person.address, "portrait", "watch_list"]);
    let refused = Call { title: "After that it is worth nothing any more", ..asked() };
    vec![
        of(
            "Where the catalog does not reach, a department asks for a time",
            "health/officer-0604",
            Does::Ask(json!({
                "entry": "public-security/population",
                "operations": ["query"],
                "fields": ["$.name", "$.id_number", "$.birth_date", "$.mobile"],
                "purpose": "disease-control",
                "legal_basis": "中华人民共和国传染病防治法",
                "responsible": "officer-0604",
                "responsible_at_provider": "officer-0304",
                "systems": ["disease-control"],
                "budget": { "daily": { "persons": 200 } },
                "retention": "P30D",
            })),
            "requested",
        ),
        of(
            "The provider agrees",
            "public-security/officer-0302",
            Does::Take(GrantStep::Agree, Role::Approver, None),
            "agreed",
        ),
        of(
            "The exchange office opens it",
            OFFICE,
            Does::Take(GrantStep::Open, Role::Approver, None),
            "active",
        ),
        Scene::Call(used),
        of(
            "The provider revokes it",
            "public-security/officer-0302",
            Does::Take(GrantStep::Revoke, Role::Approver, Some("疫情已结束")),
            "revoked",
        ),
        Scene::Call(refused.under("epidemic").ends(403, Some("grant-unknown"))),
        of(
            "The department says that what it has got is deleted",
            "health/officer-0604",
            Does::Acknowledge("已删除，见销毁记录"),
            "acknowledged",
        ),
    ]
}

fn bulk() -> Vec<Scene> {
    let world = World::sample();
    let of = |title, by, does, ends| Scene::Act(Act { title, by, grant: "export", does, ends });
    let recipients = world.people().iter().filter(|person| person.receives_allowance);
    let recipients: Vec<&str> = recipients.take(2).map(|person| &*person.id_number).collect();
    let used = fetch("The whole data set, under that grant alone")
        .at("/civil-affairs/minimum-living-allowance/export")
        .by("health/clinic-desk")
        .with(&[ASSISTANCE[0], EPIDEMIC[1]])
        .under("export")
        .holds([recipients[0], recipients[1], "3390.00"])
        .lacks([&*world.people()[0].bank_card, "visit_note"]);
    vec![
        of(
            "A whole data set weighs more",
            "health/officer-0604",
            Does::Ask(json!({
                "entry": "civil-affairs/minimum-living-allowance",
                "operations": ["export"],
                "fields": ["$.name", "$.id_number", "$.status", "$.monthly_amount"],
                "purpose": "social-assistance",
                "legal_basis": "社会救助暂行办法",
                "responsible": "officer-0604",
                "responsible_at_provider": "officer-0204",
                "budget": { "total": { "requests": 1 } },
                "retention": "P7D",
            })),
            "requested",
        ),
        of(
            "The head of the section that owns the data agrees",
            "civil-affairs/officer-0204",
            Does::Take(GrantStep::Agree, Role::SectionHead, None),
            "agreed",
        ),
        of(
            "Its leader agrees as well",
            "civil-affairs/officer-0205",
            Does::Take(GrantStep::Approve, Role::Leader, None),
            "approved",
        ),
        of(
            "The exchange office opens it, too",
            OFFICE,
            Does::Take(GrantStep::Open, Role::Approver, None),
            "active",
        ),
        Scene::Call(used),
    ]
}

fn escalated() -> Vec<Scene> {
    let person = &World::sample().people()[0];
    let of =
        |title, by, does, ends| Scene::Act(Act { title, by, grant: "supervision", does, ends });
    let used = query("Under the grant that the city has approved", POPULATION)
        .by("market-regulation/licence-desk")
        .with(&[
            ("Exchange-Purpose", "enterprise-supervision"),
            ("Exchange-Operator", "officer-0531"),
        ])
        .about(&person.id_number)
        .under("supervision")
        .holds(["张三", &*person.id_number])
        .lacks([&*person.birth_date, &person.mobile]);
    vec![
        of(
            "Another department asks",
            "market-regulation/officer-0504",
            Does::Ask(json!({
                "entry": "public-security/population",
                "operations": ["query"],
                "fields": ["$.name", "$.id_number"],
                "purpose": "enterprise-supervision",
                "legal_basis": "中华人民共和国市场主体登记管理条例",
                "responsible": "officer-0504",
                "responsible_at_provider": "officer-0304",
            })),
            "requested",
        ),
        of(
            "The provider declines, and says why",
            "public-security/officer-0302",
            Does::Take(GrantStep::Decline, Role::Approver, Some("核验法定代表人可用证照接口")),
            "declined",
        ),
        of(
            "The department takes it to who stands above both",
            "market-regulation/officer-0504",
            Does::Take(GrantStep::Escalate, Role::Applicant, Some("证照接口不含现住址变更")),
            "escalated",
        ),
        of(
            "The exchange office reviews it",
            OFFICE_TOO,
            Does::Take(GrantStep::Review, Role::Approver, None),
            "reviewed",
        ),
        of(
            "The city's leader approves it in the provider's place",
            "city-government/officer-0002",
            Does::Take(GrantStep::Approve, Role::Leader, None),
            "approved",
        ),
        of(
            "Another person of the exchange office opens it",
            OFFICE,
            Does::Take(GrantStep::Open, Role::Approver, None),
            "active",
        ),
        Scene::Call(used),
    ]
}
